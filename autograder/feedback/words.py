"""One step's result as one line of text: the same words in every platform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from autograder.checking.result import StepResult

State = Literal["right", "follows", "wrong", "not reached"]
STATES: tuple[State, ...] = ("right", "follows", "wrong", "not reached")
STATE_WORDS: dict[State, str] = {
    "right": "right",
    "follows": "right, given an earlier slip",
    "wrong": "wrong",
    "not reached": "not reached",
}
MARKS: dict[State, str] = {"right": "✓", "follows": "↷", "wrong": "✗", "not reached": "–"}


def state_of(step: StepResult) -> State:
    """What the drawn chain shows of a step.

    "follows": it earned its points from the student's own earlier values, or with the reference's earlier functions.
    "not reached": no value came back that could be right or wrong.
    """
    if step.status == "right":
        return "follows" if step.basis else "right"
    return "wrong" if step.attempted and step.status == "wrong" else "not reached"


def first_broken(steps: Iterable[StepResult]) -> StepResult | None:
    """The first step, in notebook order, that did not earn its points."""
    return next((step for step in steps if step.status != "right"), None)


def step_words(step: StepResult) -> str:
    """What became of a step: right and given what, or what came back, and the hint if a wrong idea is known."""
    if step.status == "right":
        return _right(step)
    return f"{step.words}. {step.hint}" if step.hint else step.words


def came_back(step: StepResult) -> str:
    """The same without the hint."""
    return _right(step) if step.status == "right" else step.words


def broken_words(step: StepResult) -> str:
    """What a flag at the first broken link says."""
    if not step.attempted:
        return "go on here"
    return "first slip" if step.status == "wrong" else "stops here"


def listed(names: Iterable[str]) -> str:
    """Names as English lists them: "a", "a and b", "a, b and c"."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _right(step: StepResult) -> str:
    if step.basis == "own earlier values":
        return f"right, given your {listed(step.given)}" if step.given else "right, given your own earlier values"
    return "right, once the functions before it are" if step.basis else "right"
