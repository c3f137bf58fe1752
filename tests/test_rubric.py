"""The rubric says what the reference says, on the cases of grading and on random ones."""

import random

import numpy as np
import pytest

from autograder.checking.derivation import pick
from autograder.checking.question import flat, step_id
from autograder.rubrics import xor_backprop as rubric_module
from autograder.rubrics.xor_backprop import GRADIENTS, draw, draws, network


def flatten(value, names):
    if isinstance(names, str):
        return {names: value}
    return {name: found for part, sub in zip(value, names, strict=True) for name, found in flatten(part, sub).items()}


@pytest.mark.parametrize("question", rubric_module.rubric.questions, ids=lambda q: q.function)
def test_every_value_agrees_with_the_reference_function(assignment, question):
    for inputs in question.cases:
        arguments = [inputs[name] for name in question.inputs]
        reference = flatten(assignment.reference[question.function](*arguments), question.returns)
        for name, value in pick(network, question.outputs, inputs).items():
            np.testing.assert_allclose(value, reference[name], rtol=1e-12, atol=1e-14)


def test_agrees_with_the_reference_on_other_random_draws(assignment):
    rng = random.Random(7)
    for _ in range(20):
        known = draw(rng)
        for question in rubric_module.rubric.questions:
            if not set(question.inputs) <= set(known) | set(network.values):
                continue
            inputs = pick(network, question.inputs, known)
            value = assignment.reference[question.function](*inputs.values())
            for name, reference in flatten(value, question.returns).items():
                np.testing.assert_allclose(network.resolve(name, inputs), reference, rtol=1e-12)


def test_random_gradients_are_of_order_a_tenth():
    for known in (known for q in rubric_module.rubric.questions for known in draws(q.name)[1:]):
        sizes = np.concatenate([np.abs(np.ravel(g)) for g in pick(network, GRADIENTS, known).values()])
        assert sizes.min() > 0.02
        assert sizes.max() < 0.3


def test_points_are_those_of_the_contract(assignment):
    points = {q.name: assignment.question_points(q) for q in assignment.rubric.questions}
    assert points == {"q1": 1, "q2": 4, "q3": 1, "q4": 1, "q5": 4, "q6": 4, "q7": 2, "q8": 2, "q9": 1}
    assert assignment.total == 20
    assert assignment.points["q9.parameters"] == assignment.points["q9.losses"] == 0.5


def test_signatures_are_the_references(assignment):
    import inspect

    for question in assignment.rubric.questions:
        parameters = tuple(inspect.signature(assignment.reference[question.function]).parameters)
        assert parameters == question.inputs


def test_every_returned_value_is_graded_by_one_step(assignment):
    for question in assignment.rubric.questions:
        assert [name for step in question.steps for name in step.values] == list(flat(question.returns))
        assert all(step_id(question, step) in assignment.points for step in question.steps)


def test_the_edges_are_the_lectures_chain():
    assert network.values["dL_du"].parents == ("dL_df_out", "df_out_df_in", "z_out")
    assert {"x", "dL_df_out", "df_out_df_in", "df_in_dz_out", "dz_out_dz_in"} == set(network.values["dL_dW"].parents)
    assert network.ancestors("f_out") >= {"z_in", "z_out", "f_in", "W", "b", "u", "c", "x"}


def test_no_question_is_asked_with_the_random_numbers_of_another():
    """What student code sees in one question must not tell it the values of another."""
    seen: dict[float, str] = {}
    for question in rubric_module.rubric.questions:
        lecture = {round(float(v), 9) for value in question.cases[0].values() for v in np.ravel(value)}
        own = {round(float(v), 9) for inputs in question.cases for value in inputs.values() for v in np.ravel(value)}
        for number in own - lecture:
            if abs(number) in {0.0, 1.0, 2.0, 3.0, 0.5} or abs(number) == 0.22:
                continue
            other = seen.setdefault(number, question.name)
            shared_lecture = number in LECTURE_NUMBERS
            assert other == question.name or shared_lecture, (number, other, question.name)


LECTURE_NUMBERS = {
    round(float(v), 9)
    for value in pick(
        network, list(network.values)[:20], {**rubric_module.LECTURE, "z": 0.0, "parameter": 0.0, "gradient": 0.0}
    ).values()
    for v in np.ravel(value)
} | {round(float(v), 9) for value in rubric_module.LECTURE.values() for v in np.ravel(value)}
