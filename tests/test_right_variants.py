"""Differently written right solutions get full marks; a solution that types in the lecture's numbers gets none."""

import pytest
from right_variants import VARIANTS

from autograder.checking.engine import grade
from autograder.course import load_settings
from autograder.student.in_process import InProcessStudent
from autograder.submission.cells import python_source

INERT = load_settings("xor_backprop").imports.inert


def test_there_are_many():
    assert len(VARIANTS) >= 25


@pytest.mark.parametrize("name", VARIANTS)
def test_right_variant_gets_full_marks(assignment, name):
    cells = [python_source(cell) for cell in VARIANTS[name]]
    result = grade(assignment, InProcessStudent(cells, inert_modules=INERT))
    lost = [(step.step, step.words) for step in result.steps if step.earned < step.points]
    assert not lost
    assert result.earned == result.points == 20


def test_right_variants_get_full_marks_behind_the_walls(assignment, students):
    lost = {}
    for name, sources in VARIANTS.items():
        with students.open([python_source(cell) for cell in sources]) as student:
            result = grade(assignment, student)
        if result.earned < 20:
            lost[name] = [(step.step, step.words) for step in result.steps if step.earned < step.points]
    assert not lost


def test_second_chance_behind_the_walls_gives_what_the_reference_gives(assignment, students):
    """Its answers arrive as NumPy's numbers, as the reference returns them: `f_out.item()` works on them."""
    cells = [*VARIANTS["NumPy's own methods on numbers"], "def forward(x, W, b, u, c): return None"]
    results = [grade(assignment, InProcessStudent(cells))]
    with students.open(cells) as student:
        results.append(grade(assignment, student))
    assert [result.earned for result in results] == [16, 16]


LECTURE_NUMBERS = """
import numpy as np
def sigmoid(z): return np.array([0.3705, 0.7389])
def forward(x, W, b, u, c): return [-0.53, 1.04], [0.3705, 0.7389], 1.1270, 0.7553
def l2_loss(y, f_out): return 0.0299
def sigmoid_derivative(z): return [0.2332, 0.1929]
def output_layer_gradients(y, z_out, f_in, f_out): return -0.2447, 0.1848, [-0.0168, -0.0334], -0.0452
def hidden_layer_gradients(x, z_in, u, a, s): return [-0.22, 0.58], [0.2332, 0.193], [[0.0023, -0.0051], [0, 0]], [0.0023, -0.0051]
def sgd_update(parameter, gradient, learning_rate): return -0.2116
def train_step(x, y, W, b, u, c, learning_rate): return [[-0.0712, 0.9425], [0.22, 0.46]], [-0.4612, 0.1025], [-0.2116, 0.5967], 0.8026
def train(X, Y, W, b, u, c, learning_rate, epochs): return train_step(0, 0, W, b, u, c, 0), [0.03] * epochs
"""


def test_typing_in_the_lectures_numbers_earns_nothing(assignment):
    result = grade(assignment, InProcessStudent([LECTURE_NUMBERS]))
    assert [step.step for step in result.steps if step.earned] == []
