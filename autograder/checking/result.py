"""Results as plain data, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["right", "wrong", "could not be run"]
Basis = Literal["", "own earlier values", "reference's earlier functions"]
Agreement = Literal["exact", "close", "off", "no number"]


@dataclass(frozen=True)
class Compared:
    """How one value compared with the reference's on public inputs: the lecture's own numbers, never hidden ones.

    Parameters
    ----------
    value : what it is called when a student is told of it
    agreement : exact (to 1e-7, as in the notebook), close (within the tolerance), off, or no number at all
    difference : the largest |answer − reference| over the entries, to two significant digits; None for no number
    """

    value: str
    agreement: Agreement
    difference: float | None = None


@dataclass(frozen=True)
class StepResult:
    """What became of one step.

    Parameters
    ----------
    step : its id, "q2.z_in"
    status : right, wrong, or could not be run (no such function, an exception, too slow)
    attempted : False where only the stub's placeholder came back
    basis : what a right answer follows from where it is not simply the reference's value
    words : what came back, for the student
    misconception, hint : the known wrong idea that the answers match, if any
    place : where the lecture treats it
    given : with "own earlier values", which of them are not the reference's
    compared : its values on public inputs
    """

    step: str
    points: float
    earned: float
    status: Status
    words: str
    attempted: bool = True
    basis: Basis = ""
    misconception: str = ""
    hint: str = ""
    place: str = ""
    given: tuple[str, ...] = ()
    compared: tuple[Compared, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The step as JSON-ready data."""
        return {**vars(self), "given": list(self.given), "compared": [dict(vars(one)) for one in self.compared]}


@dataclass(frozen=True)
class QuestionResult:
    """The steps of one question."""

    question: str
    function: str
    steps: tuple[StepResult, ...]

    @property
    def points(self) -> float:
        """Points that can be earned."""
        return sum(step.points for step in self.steps)

    @property
    def earned(self) -> float:
        """Points that were earned."""
        return sum(step.earned for step in self.steps)


@dataclass(frozen=True)
class AssignmentResult:
    """The questions of one submission, in notebook order."""

    assignment: str
    questions: tuple[QuestionResult, ...]

    @property
    def points(self) -> float:
        """Points that can be earned."""
        return sum(question.points for question in self.questions)

    @property
    def earned(self) -> float:
        """Points that were earned."""
        return sum(question.earned for question in self.questions)

    @property
    def steps(self) -> tuple[StepResult, ...]:
        """All steps, in notebook order."""
        return tuple(step for question in self.questions for step in question.steps)

    def by_question(self) -> dict[str, float]:
        """Points earned by question name."""
        return {question.question: question.earned for question in self.questions}

    def to_dict(self) -> dict[str, Any]:
        """The whole result as JSON-ready data."""
        return {
            "assignment": self.assignment,
            "points": self.points,
            "earned": self.earned,
            "questions": [
                {
                    "question": question.question,
                    "function": question.function,
                    "points": question.points,
                    "earned": question.earned,
                    "steps": [step.to_dict() for step in question.steps],
                }
                for question in self.questions
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> AssignmentResult:
        """The result that `to_dict` gave, read back from JSON.

        Raises
        ------
        KeyError, TypeError : it is not what `to_dict` gives
        """
        return cls(
            data["assignment"],
            tuple(
                QuestionResult(question["question"], question["function"], tuple(map(_step, question["steps"])))
                for question in data["questions"]
            ),
        )


def _step(data: Mapping[str, Any]) -> StepResult:
    compared = tuple(Compared(**one) for one in data.get("compared", ()))
    return StepResult(**{**data, "given": tuple(data.get("given", ())), "compared": compared})
