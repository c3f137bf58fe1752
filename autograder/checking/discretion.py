"""What is told of answers: nothing that student code has written, which could be hidden inputs, or what the reference
answers. Messages of exceptions are left out, and names of classes that are not Python's.

What a function raises on the lecture's numbers is asked for anew, of a process that knows nothing else (`Run.tell`).
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace

from autograder.student.answers import Answer, Answers, Failed, NotANumber, Plain, Returned

_KNOWN = {
    name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)
}
_KNOWN |= {"LinAlgError", "AxisError"}
_TYPES = {name for name, value in vars(builtins).items() if isinstance(value, type)} | {
    "function",
    "generator",
    "module",
    "Tensor",
    "DataFrame",
    "Series",
    "matrix",
}


def discreet(answers: Sequence[Answer], function: str) -> Sequence[Answer]:
    """The answers of `function` without what a student's code has written."""
    if isinstance(answers, Answers) and answers.form:
        return answers  # nothing but numbers
    return [_discreet(answer, function) for answer in answers]


def _discreet(answer: Answer, function: str) -> Answer:
    if isinstance(answer, Returned):
        value = _value(answer.value)
        return answer if value is answer.value else replace(answer, value=value)
    return _discreet_failure(answer, function)


def _discreet_failure(failure: Failed, function: str) -> Failed:
    """What a call failed with, as a known exception's name at most."""
    if failure.reason != "raised":
        return failure
    name = failure.words.removeprefix(f"`{function}` raised ").partition(":")[0]
    what = name if name in _KNOWN else "an exception of its own"
    return Failed("raised", f"`{function}` raised {what} (on inputs that are not shown)")


def _value(value: Plain) -> Plain:
    if isinstance(value, list):
        parts = [_value(part) for part in value]
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    if isinstance(value, NotANumber) and value.kind == "object":
        name = value.words.partition("`")[2].rstrip("`")
        return value if name in _TYPES else NotANumber("object", "an object of another type")
    return value
