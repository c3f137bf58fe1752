"""Every named misconception loses exactly its own steps' points and is diagnosed by name."""

import re
from collections import Counter

import pytest

from autograder.checking.engine import grade
from autograder.checking.wrong_version import wrong_version
from autograder.course import load_misconceptions
from autograder.student.in_process import InProcessStudent

MISCONCEPTIONS = load_misconceptions("xor_backprop")


GRADED = {}


def grade_with(assignment, reference_source, misconception):
    """The result of one who has this misconception and does all else right; graded once for all tests."""
    if misconception.name not in GRADED:
        student = InProcessStudent([reference_source])
        function, wrong = wrong_version(assignment.rubric, misconception)
        student.namespace[function] = wrong
        GRADED[misconception.name] = grade(assignment, student)
    return GRADED[misconception.name]


def test_there_are_many_over_all_questions():
    assert len(MISCONCEPTIONS) >= 60
    assert {m.question for m in MISCONCEPTIONS} == {f"q{i}" for i in range(1, 10)}


@pytest.mark.parametrize("misconception", MISCONCEPTIONS, ids=lambda m: m.name.replace(" ", "_"))
def test_loses_only_its_own_steps_and_is_named(assignment, reference_source, misconception):
    result = grade_with(assignment, reference_source, misconception)
    lost = [step for step in result.steps if step.earned < step.points]
    assert [step.step for step in lost] == list(misconception.steps)
    for step in lost:
        assert step.misconception in {misconception.name, *misconception.same_as}, step.words
        assert step.hint


def test_algebraic_duplicates_are_listed_and_real(assignment, reference_source):
    by_name = {m.name: m for m in MISCONCEPTIONS}
    duplicates = [m for m in MISCONCEPTIONS if m.same_as]
    assert duplicates
    for misconception in duplicates:
        for other in misconception.same_as:
            assert by_name[other].steps == misconception.steps
        lost = [s for s in grade_with(assignment, reference_source, misconception).steps if not s.earned]
        assert {step.misconception for step in lost} <= set(misconception.same_as)


def test_hints_give_no_answer_away():
    """A hint is one or two sentences in words: no code, no formula of the reference."""
    code = re.compile(r"np\.|\*\*|@|exp\(|\bdef\b|return|==|sigmoid\(z\) \* ")
    for misconception in MISCONCEPTIONS:
        assert len(misconception.hint) > 20, misconception.name
        assert not code.search(misconception.hint), misconception.name


def test_names_are_unique():
    assert max(Counter(m.name for m in MISCONCEPTIONS).values()) == 1
