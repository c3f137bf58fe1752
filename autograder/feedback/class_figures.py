"""A class in figures, collected from one result after the other in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from autograder.checking.question import Assignment, step_id
from autograder.checking.result import AssignmentResult, StepResult
from autograder.feedback.items import Item, ItemAnalysis
from autograder.feedback.words import STATES, State, first_broken, state_of

MOST_REASONS = 50  # a student's text is in a reason: what goes beyond is counted together
OTHER_REASONS = "other reasons"


@dataclass(frozen=True)
class StepFigures:
    """One step in the class.

    Parameters
    ----------
    states : how many students have it right, right from an earlier slip, wrong, not reached
    first_slips : how many chains break here first
    """

    step: str
    function: str
    points: float
    states: Mapping[State, int]
    first_slips: int
    item: Item

    @property
    def success(self) -> float:
        """The share of the graded students who earned its points."""
        students = sum(self.states.values())
        return (self.states["right"] + self.states["follows"]) / students if students else 0.0


@dataclass(frozen=True)
class MisconceptionFigures:
    """How many students show one misconception."""

    name: str
    step: str
    hint: str
    students: int


class ClassFigures:
    """Collects results; a result and its text are forgotten as soon as they are counted."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self._functions = {step_id(q, s): q.function for q in assignment.rubric.questions for s in q.steps}
        self._states: dict[str, Counter[State]] = {step: Counter() for step in self._functions}
        self._first_slips: Counter[str] = Counter()
        self._shown: Counter[str] = Counter()
        self.analysis = ItemAnalysis([assignment.points[step] for step in self._functions])
        self.failures: Counter[str] = Counter()
        self.perfect = 0

    def add(self, result: AssignmentResult | None, status: str) -> None:
        """Count one submission; `result` is None where it could not be graded, and `status` says why."""
        if result is None:
            known = status in self.failures or len(self.failures) < MOST_REASONS
            self.failures[status if known else OTHER_REASONS] += 1
            return
        steps: dict[str, StepResult] = {step.step: step for step in result.steps}
        for step, states in self._states.items():
            states[state_of(steps[step])] += 1
        broken = first_broken(steps.values())
        if broken is None:
            self.perfect += 1
        else:
            self._first_slips[broken.step] += 1
        self._shown.update({step.misconception for step in steps.values() if step.misconception})
        self.analysis.add([steps[step].earned for step in self._states])

    @property
    def graded(self) -> int:
        """How many were graded."""
        return self.analysis.students

    @property
    def failed(self) -> int:
        """How many could not be graded."""
        return self.failures.total()

    def steps(self) -> list[StepFigures]:
        """All steps along the chain."""
        return [
            StepFigures(
                step=step,
                function=self._functions[step],
                points=self.assignment.points[step],
                states={state: states[state] for state in STATES},
                first_slips=self._first_slips[step],
                item=item,
            )
            for (step, states), item in zip(self._states.items(), self.analysis.items(), strict=True)
        ]

    def misconceptions(self) -> list[MisconceptionFigures]:
        """Those that somebody shows, the most frequent first."""
        known = {entry.name: entry for entry in self.assignment.misconceptions}
        return [
            MisconceptionFigures(name, known[name].steps[0], known[name].hint, students)
            for name, students in sorted(self._shown.items(), key=lambda pair: (-pair[1], pair[0]))
            if name in known
        ]

    def bins(self) -> list[tuple[float, float, int]]:
        """The distribution of scores in at most 20 bins: from, to (the last inclusive), students."""
        total = self.assignment.total
        count = max(1, min(20, round(total)))
        width = total / count
        found = [0] * count
        for score, students in self.analysis.totals.items():
            found[min(count - 1, int(score / width + 1e-9)) if width else 0] += students
        return [(i * width, (i + 1) * width, students) for i, students in enumerate(found)]

    def to_dict(self) -> dict[str, Any]:
        """All figures as JSON-ready data."""
        analysis = self.analysis
        return {
            "assignment": self.assignment.name,
            "points": self.assignment.total,
            "graded": self.graded,
            "not_graded": [{"reason": reason, "submissions": n} for reason, n in self.failures.most_common()],
            "all_right": self.perfect,
            "scores": {
                "mean": analysis.mean, "median": analysis.median, "standard_deviation": analysis.deviation,
                "cronbach_alpha": analysis.alpha,
                "distribution": [{"score": score, "submissions": n} for score, n in analysis.totals.items()],
            },
            "steps": [step_row(step) for step in self.steps()],
            "misconceptions": [
                {"misconception": m.name, "step": m.step, "submissions": m.students, "hint": m.hint}
                for m in self.misconceptions()
            ],
        }  # fmt: skip


def step_row(step: StepFigures) -> dict[str, Any]:
    """One step's figures as a flat row."""
    return {
        "step": step.step, "function": step.function, "points": step.points,
        **{state.replace(" ", "_"): count for state, count in step.states.items()},
        "success_rate": step.success, "first_slips": step.first_slips,
        "difficulty": step.item.difficulty, "discrimination_upper_lower": step.item.discrimination,
        "item_total_correlation": step.item.item_total, "item_rest_correlation": step.item.item_rest,
    }  # fmt: skip
