"""No words of a student's own about hidden inputs, or about what the reference answered, reach a result."""

import json

import pytest

from autograder.checking.engine import grade
from autograder.student.in_process import InProcessStudent

CARRIERS = [
    "raise ValueError('carried', {values})",
    "raise type('carried' + repr({values}), (Exception,), {{}})()",
    "return type('carried' + repr({values}), (), {{}})()",
    "return [1.0, type('carried', (), {{}})(), 2.0, 3.0]",
    "return np.zeros(1, dtype=[('carried', float)])",
]


def words_of(assignment, reference_source, function):
    student = InProcessStudent(["import numpy as np", reference_source, function])
    return json.dumps(grade(assignment, student).to_dict())


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nothing_is_carried_out_of_hidden_inputs(assignment, reference_source, carrier):
    """The lecture's own case is right, so that the first failure is on a hidden one."""
    body = carrier.format(values="(x, W, b)")
    own = f"right = forward\ndef forward(x, W, b, u, c):\n    if abs(c - 0.78) < 1e-9: return right(x, W, b, u, c)\n    {body}"
    told = words_of(assignment, reference_source, own)
    assert "carried" not in told
    assert "not shown" in told or "of another type" in told or "values are due" in told


@pytest.mark.parametrize("carrier", CARRIERS)
def test_nothing_is_carried_out_of_the_reference(assignment, reference_source, carrier):
    """A sign is wrong in what it calls, so that there is a second chance, and then it tells what the stand-in said."""
    body = carrier.format(values="forward(x, W, b, u, c)")
    own = (
        "wrong = forward\ndef forward(*args): return [-v for v in wrong(*args)]\n"
        f"def train_step(x, y, W, b, u, c, learning_rate):\n    if forward(x, W, b, u, c)[3] < 0: return 0\n    {body}"
    )
    assert "carried" not in words_of(assignment, reference_source, own)


def test_on_the_lectures_numbers_the_message_is_told(assignment, reference_source):
    told = words_of(assignment, reference_source, "def l2_loss(y, f_out): raise ValueError('what I wrote')")
    assert "`l2_loss` raised ValueError: what I wrote" in told
