"""One step's result as one line of text: the same words in every platform."""

from __future__ import annotations

from autograder.checking.result import StepResult

_BASIS = {
    "": "right",
    "own earlier values": "right, given your own earlier values",
    "reference's earlier functions": "right, once the functions before it are",
}


def step_words(step: StepResult) -> str:
    """What became of a step: right and given what, or what came back, and the hint if a wrong idea is known."""
    if step.status == "right":
        return _BASIS[step.basis]
    return f"{step.words}. {step.hint}" if step.hint else step.words
