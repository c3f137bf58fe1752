"""A submission's feedback in short as plain text: for otter-grader, nbgrader, an LMS comment, a log."""

from __future__ import annotations

import re
from collections.abc import Iterable

from autograder.checking.result import AssignmentResult, StepResult
from autograder.feedback.words import MARKS, first_broken, state_of, step_words

# Marks that turn the direction of the text around them, and with it what a reader takes a name to be.
_TURNS_TEXT = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def feedback_text(result: AssignmentResult, cell_errors: Iterable[str] = ()) -> str:
    """All steps, a line each; the first broken link gets the place in the lecture, too.

    It holds student-controlled text (exceptions): whoever shows it as HTML escapes it.
    """
    broken = first_broken(result.steps)
    lines = [f"{result.earned:g} of {result.points:g} points"]
    if broken is not None:
        lines.append(f"The chain breaks first at {broken.step}." + (f" {place(broken)}" if broken.place else ""))
    lines += [f"A cell raised an error: {one_line(error)}" for error in cell_errors]
    lines += [step_line(step) for step in result.steps]
    return "\n".join(lines)


def step_line(step: StepResult) -> str:
    """One step: mark, id, points, what came back and the hint."""
    words = one_line(step_words(step))
    return f"{MARKS[state_of(step)]} {step.step:<18} {step.earned:g}/{step.points:g}  {words}"


def place(step: StepResult) -> str:
    """Where to read it up."""
    return f"In the lecture: {step.place}." if step.place else ""


def one_line(text: str) -> str:
    """Text without line breaks and control characters."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)


def in_reading_order(text: str) -> str:
    """Text without what would show it in another order than it is written in."""
    return text if text.isascii() else _TURNS_TEXT.sub("�", text)
