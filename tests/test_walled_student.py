"""A student behind walls: what one question's calls do costs no other question anything."""

import pytest
from right_variants import VARIANTS

from autograder.checking.engine import grade
from autograder.course import load_settings
from autograder.grading.one import grade_file
from autograder.student.answers import Calls, Failed, Returned
from autograder.student.in_process import InProcessStudent
from autograder.submission.cells import python_source
from autograder.submission.source import CellsSource


def result_of(assignment, students, *cells):
    with students.open(cells) as student:
        return grade(assignment, student, CellsSource(cells)), student


def lost(result):
    return [step.step for step in result.steps if step.earned < step.points]


@pytest.mark.parametrize("name", VARIANTS)
def test_answers_in_the_form_that_is_due_are_judged_like_all_others(assignment, students, name):
    """From behind walls all numbers of a question come at once; in process each answer is looked at by itself."""
    cells = [python_source(cell) for cell in VARIANTS[name]]
    spoiled = "before = forward\ndef forward(x, W, b, u, c):\n    z_in, z_out, f_in, f_out = before(x, W, b, u, c)\n"
    spoiled += "    return z_in, z_out + 5e-5, f_in * 1.5, f_out"
    inert = load_settings(assignment.name).imports.inert
    for all_cells in (cells, [*cells, spoiled]):
        at_once, _ = result_of(assignment, students, *all_cells)
        by_itself = grade(assignment, InProcessStudent(all_cells, inert_modules=inert))
        assert at_once.to_dict() == by_itself.to_dict()
    assert "q2.f_in" in lost(at_once)


POLLUTED = [
    "spoiled = False",
    "right_sigmoid = sigmoid",
    "right_loss = l2_loss",
    "def sigmoid(z):\n    global spoiled\n    spoiled = True\n    return right_sigmoid(z)",
    "def l2_loss(y, f_out): return None if spoiled else right_loss(y, f_out)",
]


def test_what_a_call_leaves_behind_costs_no_other_question(assignment, students):
    """All are asked in turn first; what that spoils is asked again, alone."""
    result, _ = result_of(assignment, students, *VARIANTS["plain"], *POLLUTED)
    assert lost(result) == []
    step = next(step for step in result.steps if step.step == "q3.value")
    assert step.basis == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import os; os._exit(0)", "ended its process"),
        ("import os; os.abort()", "ended its process"),
        ("import ctypes; ctypes.string_at(0)", "ended its process"),
        ("raise SystemExit", "SystemExit"),
        ("while True: pass", "took too long"),
        ("import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    while True: pass", "took too long"),
    ],
)
def test_a_function_that_leaves_or_hangs_costs_only_its_own_point(assignment, students, reference_source, body, said):
    result, _ = result_of(assignment, students, reference_source, f"def l2_loss(y, f_out):\n    {body}\n")
    assert lost(result) == ["q3.value"]
    step = next(step for step in result.steps if step.step == "q3.value")
    assert said in step.words


def test_a_cell_that_ends_the_process_is_left_out(assignment, students, reference_source):
    result, student = result_of(assignment, students, reference_source, "import os\nos._exit(3)", "x = 1")
    assert result.earned == 20
    assert student.cell_errors == ["cell 2: ended its process; it was left out"]


def test_questions_in_turn_and_alone(students):
    cells = ["n = 0\ndef f(x):\n    global n\n    n += 1\n    return n\ndef g(x): raise KeyError(x)"]
    with students.open(cells) as student:
        f, g = Calls("f", ((1.0,), (2.0,))), Calls("g", ((1.0,), (2.0,)))
        in_turn = student.ask_in_turn([(f, None), (g, None), (f, None)])
        assert in_turn == [[Returned(1.0), Returned(2.0)], [Failed("raised", "`g` raised KeyError: 1.0")],
                           [Returned(3.0), Returned(4.0)]]  # fmt: skip
        assert student.ask(f) == [Returned(1.0), Returned(2.0)]
        assert student.ask(Calls("h", ((),))) == [Failed("missing", "there is no function `h`")]


def test_in_turn_ends_with_the_question_that_ends_the_process(students):
    with students.open(["import os\ndef f(x): return x\ndef g(x): os._exit(0)"]) as student:
        f, g = Calls("f", ((1.0,),)), Calls("g", ((1.0,),))
        assert student.ask_in_turn([(f, None), (g, None), (f, None), (f, None)]) == [
            [Returned(1.0)],
            [Failed("left", "`g` ended its process")],
        ]
        assert student.ask_in_turn([(f, None), (f, None)]) == [[Returned(1.0)], [Returned(1.0)]]


def test_of_many_cells_that_raise_the_first_are_told(students, reference_source, tmp_path):
    path = tmp_path / "many.py"
    path.write_text(f"# %%\n{reference_source}" + "\n# %%\n1 / 0\n" * 30, encoding="utf-8")
    outcome = grade_file(path, "xor_backprop", students)
    assert outcome.result.earned == 20
    assert len(outcome.cell_errors) == 21
    assert outcome.cell_errors[-1] == "… and 10 more cells"
