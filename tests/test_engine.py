"""The scoring rules of the contract, one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checking.engine import grade
from autograder.checking.values import Tolerance, WrongForm, in_form
from autograder.course import assemble, load_settings
from autograder.student.answers import NotANumber
from autograder.student.beside import Values
from autograder.student.in_process import InProcessStudent
from autograder.student.wire import Decoder


class Subclass(np.ndarray):
    """An array of a student's own kind."""


def as_plain(value):
    """A value as it arrives at the grader."""
    values = Values()
    message = {"form": values.form(value), "words": [list(entry) for entry in values.words]}
    return Decoder(message, memoryview(b"".join(values.numbers))).values()[0]


def result_of(assignment, *cells, call_seconds=2.0):
    return grade(assignment, InProcessStudent(cells, call_seconds=call_seconds))


def lost(result):
    return {step.step for step in result.steps if step.earned < step.points}


def earned(result):
    return {step.step for step in result.steps if step.earned}


def words(result, step):
    return next(s.words for s in result.steps if s.step == step)


# Rule 2: tolerance
def test_tolerance_is_absolute_plus_relative():
    tolerance = Tolerance(1e-4, 1e-3)
    assert tolerance.close(np.array(1.00109), np.array(1.0))
    assert not tolerance.close(np.array(1.00111), np.array(1.0))
    assert tolerance.close(np.array(9e-5), np.array(0.0))
    assert not tolerance.close(np.array(1.1e-4), np.array(0.0))


def test_tolerance_is_set_in_one_place_and_for_one_step_too(assignment, reference_source):
    off = reference_source + "\nright = l2_loss\ndef l2_loss(y, f_out): return right(y, f_out) + 0.01\n"
    assert lost(result_of(assignment, off)) == {"q3.value"}  # q9 gets its second chance
    settings = load_settings("xor_backprop")
    wide = settings.model_copy(
        update={
            "tolerance": settings.tolerance.model_copy(
                update={"steps": {"q3.value": type(settings.tolerance)(absolute=0.02)}}
            )
        }
    )
    assert lost(result_of(assemble("xor_backprop", wide), off)) == set()


# Rule 3: form
@pytest.mark.parametrize(
    "value", [0.5, np.float32(0.5), np.array(0.5), np.array([0.5]), np.array([[0.5]]), [0.5], (0.5,), 1, True]
)
def test_counts_as_a_scalar(value):
    assert in_form(as_plain(value), ()).shape == ()


@pytest.mark.parametrize(
    "value", [[1, 2], (1.0, 2), np.array([1, 2]), np.array([[1], [2]]), np.array([[1, 2]]), [[1], [2]], [np.array([1.0]), np.array([2.0])],
              np.array([1, 2], dtype=np.int8), np.array([1 + 0j, 2]), np.array([1, 2.0], dtype=object), np.array([[1.0, 2.0]]).view(Subclass)]
)  # fmt: skip
def test_counts_as_an_array_of_two(value):
    np.testing.assert_array_equal(in_form(as_plain(value), (2,)), [1, 2])


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "None"), ("0.5", "text"), (float("nan"), "NaN"), (float("inf"), "infinite"), ([1, 2, 3], "a list of 3 values"),
     (np.ones((2, 2)), "shape (2, 2)"), (10**400, "too large"), ({"a": 1}, "dict"), ((i for i in "ab"), "generator"), (object(), "object"),
     ([1, None], "None"), ([[1], [2, 3]], "different shapes"), (np.array(["a"]), "dtype"), (1j, "complex"), (0.5, "a number"), (..., "placeholder")],
)  # fmt: skip
def test_anything_else_does_not_count_and_is_described(value, said):
    form = in_form(as_plain(value), (2,))
    assert isinstance(form, WrongForm)
    assert said in form.words


def test_a_matrix_must_be_the_right_way_round(assignment, reference_source):
    result = result_of(assignment, reference_source.replace("np.outer(x, delta)", "np.outer(delta, x)"))
    assert lost(result) == {"q6.dL_dW"}
    assert "transpose" in words(result, "q6.dL_dW")


def test_self_referential_and_deep_values_are_described():
    loop = []
    loop.append(loop)
    assert isinstance(in_form(as_plain(loop), (2,)), WrongForm)
    assert isinstance(as_plain(np.zeros(200_000)), NotANumber)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.complex_numbers(),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=8,
)


@given(json_like, st.sampled_from([(), (2,), (2, 2), (3,)]))
def test_any_value_is_brought_into_form_or_described(value, shape):
    form = in_form(as_plain(value), shape)
    assert form.words if isinstance(form, WrongForm) else (form.shape == shape and np.all(np.isfinite(form)))


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [("return None", "wrong", "did you forget a `return`?"), ("pass", "wrong", "did you forget a `return`?"), ("return ...", "wrong", "not attempted"),
     ("return 'x'", "wrong", "text came back"), ("return np.nan * z", "wrong", "NaN"), ("raise ValueError('oh')", "could not be run", "ValueError: oh"),
     ("return undefined", "could not be run", "NameError"), ("raise SystemExit", "could not be run", "SystemExit"), ("exit()", "could not be run", "SystemExit"),
     ("while True: pass", "could not be run", "too long")],
)  # fmt: skip
def test_what_came_back_is_said_and_costs_only_its_own_point(assignment, reference_source, body, status, said):
    own = f"\nright = sigmoid\ndef sigmoid(z):\n    {body}\n"
    result = result_of(assignment, reference_source + own, call_seconds=0.2)
    assert lost(result) == {"q1.value"}
    step = result.steps[0]
    assert step.status == status
    assert said in step.words
    assert step.attempted is (body != "return ...")


def test_a_missing_function_costs_only_its_own_points(assignment, reference_source):
    result = result_of(assignment, reference_source + "\ndel forward\n")
    assert lost(result) == {f"q2.{v}" for v in ("z_in", "z_out", "f_in", "f_out")}
    assert "there is no function `forward`" in words(result, "q2.z_in")


def test_one_bad_value_of_several_costs_only_its_own_point(assignment, reference_source):
    result = result_of(
        assignment,
        reference_source.replace("return z_in, z_out, f_in, f_out", "return z_in, None, f_in, f_out"),
    )
    assert lost(result) == {"q2.z_out"}


def test_a_wrong_number_of_values_costs_the_steps_it_touches(assignment, reference_source):
    result = result_of(
        assignment, reference_source.replace("return z_in, z_out, f_in, f_out", "return z_in, z_out, f_in")
    )
    assert lost(result) == {f"q2.{v}" for v in ("z_in", "z_out", "f_in", "f_out")}
    assert "a list of 3 values came back where 4 values are due" in words(result, "q2.z_in")


def test_what_is_due_is_said_as_the_function_should_return_it(assignment, reference_source):
    flat = reference_source.replace("return parameters, losses", "return (*parameters, losses)")
    said = "a list of 5 values came back where 2 values are due: ((W_end, b_end, u_end, c_end), losses)"
    assert said in words(result_of(assignment, flat), "q9.losses")


# Rule 4: an early mistake costs only its own points
def test_a_later_value_that_follows_from_an_own_wrong_one_is_right(assignment, reference_source):
    result = result_of(assignment, reference_source.replace("z_in = W.T @ x + b", "z_in = W.T @ x - b"))
    assert lost(result) == {"q2.z_in"}
    assert {s.step: s.basis for s in result.steps}["q2.z_out"] == "own earlier values"


def test_a_later_value_that_does_not_follow_is_wrong(assignment, reference_source):
    source = reference_source.replace("z_in = W.T @ x + b", "z_in = W.T @ x - b").replace(
        "z_out = sigmoid(z_in)", "z_out = np.tanh(z_in)"
    )
    assert lost(result_of(assignment, source)) == {"q2.z_in", "q2.z_out"}


def test_a_constant_that_follows_from_a_constant_earns_nothing(assignment, reference_source):
    source = reference_source.replace("z_in = W.T @ x + b", "z_in = np.zeros(2)")
    result = result_of(assignment, source)
    assert lost(result) == {
        "q2.z_in",
        "q2.z_out",
    }  # z_out is σ(0) for every input; f_in varies with u and c again
    assert "same for every input" in words(result, "q2.z_out")


def test_a_constant_with_tiny_noise_earns_nothing(assignment, reference_source):
    source = reference_source.replace("z_in = W.T @ x + b", "z_in = np.zeros(2) + 1e-9 * x")
    assert lost(result_of(assignment, source)) == {"q2.z_in", "q2.z_out"}


def test_a_wrong_helper_costs_only_its_own_question(assignment, reference_source):
    source = reference_source.replace("activation * (1.0 - activation)", "activation")
    result = result_of(assignment, source)
    assert lost(result) == {"q4.value"}
    assert {s.basis for s in result.steps if s.step.startswith(("q5.df", "q6.dz", "q8"))} == {
        "reference's earlier functions"
    }


def test_second_chance_uses_only_earlier_functions(assignment, reference_source):
    """`l2_loss` comes after `forward`: a forward pass that calls a wrong `l2_loss` is not helped."""
    source = reference_source.replace("0.5 * (y - f_out) ** 2", "(y - f_out)").replace(
        "f_in = u @ z_out + c", "f_in = u @ z_out + c + l2_loss(1.0, 0.0)"
    )
    assert "q2.f_in" in lost(result_of(assignment, source))


def test_credit_is_never_lost_by_the_second_chance(assignment, reference_source):
    """Own functions of another form that fit together: with the reference's in their place they would fail."""
    source = reference_source.replace(
        "return z_in, z_out, f_in, f_out",
        "return {'z_in': z_in, 'z_out': z_out, 'f_in': f_in, 'f_out': f_out}",
    )
    source = source.replace(
        "z_in, z_out, f_in, f_out = forward(x, W, b, u, c)",
        "z_in, z_out, f_in, f_out = forward(x, W, b, u, c).values()",
    )
    source = source.replace("forward(x, W, b, u, c)[3]", "forward(x, W, b, u, c)['f_out']")
    assert lost(result_of(assignment, source)) == {f"q2.{v}" for v in ("z_in", "z_out", "f_in", "f_out")}


def test_losses_follow_from_own_wrong_training(assignment, reference_source):
    source = reference_source.replace(
        "for x, y in zip(X, Y, strict=True):\n            W",
        "for x, y in list(zip(X, Y))[::-1]:\n            W",
    )
    result = result_of(assignment, source)
    assert lost(result) == {"q9.parameters"}
    assert {s.step: s.basis for s in result.steps}["q9.losses"] == "own earlier values"


# q7's second point
@pytest.mark.parametrize("body", ["return None", "return ...", "return 0.0", "return parameter * 0"])
def test_a_stub_does_not_earn_the_point_for_unchanged_arguments(assignment, reference_source, body):
    result = result_of(
        assignment, reference_source + f"\ndef sgd_update(parameter, gradient, learning_rate):\n    {body}\n"
    )
    assert lost(result) == {"q7.value", "q7.unchanged"}


def test_a_change_in_place_is_seen(assignment, reference_source):
    own = "\ndef sgd_update(parameter, gradient, learning_rate):\n    parameter -= learning_rate * gradient\n    return parameter\n"
    result = result_of(assignment, reference_source + own)
    assert lost(result) == {"q7.unchanged"}
    assert "`parameter` in place" in words(result, "q7.unchanged")


def test_wrong_but_unchanged_keeps_its_second_point(assignment, reference_source):
    own = "\ndef sgd_update(parameter, gradient, learning_rate):\n    return parameter + learning_rate * gradient\n"
    assert lost(result_of(assignment, reference_source + own)) == {"q7.value"}


# The whole
def test_an_empty_submission_earns_nothing(assignment):
    result = result_of(assignment, "")
    assert result.earned == 0
    assert {step.status for step in result.steps} == {"could not be run"}


def test_a_cell_that_raises_stops_only_itself(assignment, reference_source):
    student = InProcessStudent(["1/0", reference_source, "raise SystemExit"])
    assert grade(assignment, student).earned == 20
    assert student.cell_errors == ["cell 1: ZeroDivisionError: division by zero", "cell 3: SystemExit"]


def test_a_cell_that_never_ends_is_stopped(assignment, reference_source):
    student = InProcessStudent(
        [reference_source, "while True:\n    try:\n        pass\n    except Exception:\n        pass"],
        cell_seconds=0.3,
    )
    assert grade(assignment, student).earned == 20
    assert student.cell_errors == ["cell 2: took too long and was stopped"]


def test_results_are_json_ready(assignment, reference_source):
    import json

    data = json.loads(json.dumps(result_of(assignment, reference_source).to_dict()))
    assert data["earned"] == data["points"] == 20
    assert [q["question"] for q in data["questions"]] == [f"q{i}" for i in range(1, 10)]


def test_nothing_reaches_around_the_student():
    """No file of `checking` or of the rubric touches a namespace: they know `Student` only."""
    from pathlib import Path

    import autograder

    root = Path(autograder.__file__).parent
    for folder in ("checking", "rubrics"):
        for path in (root / folder).glob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert "in_process" not in text, path
            assert "beside" not in text, path
            assert ".namespace" not in text, path
