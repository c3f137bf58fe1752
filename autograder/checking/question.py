"""Assignment, question and step as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from autograder.checking.derivation import Derivation, pick
from autograder.checking.layout import Layout
from autograder.checking.misconception import Misconception
from autograder.checking.values import Tolerance, as_reference
from autograder.student.answers import Array

Inputs = Mapping[str, Any]
Names: TypeAlias = str | tuple["Names", ...]
# Reads one more value from the student for a case: gets a function that calls the question's function with
# some inputs changed and gives its values by name (None if that call failed), and the case's inputs.
Observation = Callable[[Callable[..., "dict[str, Any] | None"], Inputs], Any]


@dataclass(frozen=True)
class Step:
    """What earns points: one or more returned values, or arguments that are left as they were.

    `values` are names of the derivation that the question's function returns.
    """

    name: str
    values: tuple[str, ...] = ()
    checks: Literal["values", "arguments unchanged"] = "values"
    place: str = ""
    """where the lecture treats it"""


@dataclass(frozen=True)
class Question:
    """One function that the student writes.

    Parameters
    ----------
    name : as in the grades file, "q2"
    function : the function's name
    inputs : its parameters, in order; names of the derivation or given by the cases
    returns : the names of what it returns, nested as it nests them
    steps : what earns points, in the order of the returned values
    cases : the inputs it is asked with
    observes : for a returned value, further values that it follows from and that are read from the student's
        own function: `{"losses": {"path": own_path}}`
    labels : what to call values whose name in the derivation says nothing to a student
    public : how many of the first cases are the lecture's own numbers, which a student may be told of value by value
    """

    name: str
    function: str
    inputs: tuple[str, ...]
    returns: Names
    steps: tuple[Step, ...]
    cases: tuple[Inputs, ...]
    observes: Mapping[str, Mapping[str, Observation]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    public: int = 0

    def label(self, name: str) -> str:
        """What a returned value is called when a student is told of it."""
        return self.labels.get(name, name)

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The names of `returns`, flat and in order."""
        return flat(self.returns)


def flat(names: Names) -> tuple[str, ...]:
    """Nested names, flat and in order."""
    return (names,) if isinstance(names, str) else tuple(name for part in names for name in flat(part))


@dataclass(frozen=True)
class Rubric:
    """An assignment's derivation and the questions asked along it, in notebook order.

    `layout` says how its graph is drawn; without one it is laid out by what follows from what.
    """

    derivation: Derivation
    questions: tuple[Question, ...]
    layout: Layout = field(default_factory=Layout)

    def expected(self, question: Question) -> tuple[dict[str, Array], ...]:
        """The reference's values for each case of a question; computed once."""
        if question.name not in self._expected:
            self._expected[question.name] = tuple(
                {name: as_reference(value) for name, value in pick(self.derivation, question.outputs, inputs).items()}
                for inputs in question.cases
            )
        return self._expected[question.name]

    @cached_property
    def _expected(self) -> dict[str, tuple[dict[str, Array], ...]]:
        return {}


@dataclass(frozen=True)
class Assignment:
    """All that grading needs to know.

    Parameters
    ----------
    points : points of each step by its id ("q2.z_in")
    tolerances : by step id; steps that are not named have `tolerance`
    reference : the reference's functions by name; they stand in for a student's own in a second chance
    """

    name: str
    title: str
    rubric: Rubric
    points: Mapping[str, float]
    tolerance: Tolerance
    tolerances: Mapping[str, Tolerance]
    reference: Mapping[str, Callable[..., Any]]
    misconceptions: tuple[Misconception, ...] = ()

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions that the student writes, in notebook order."""
        return tuple(question.function for question in self.rubric.questions)

    @property
    def total(self) -> float:
        """The points that can be earned."""
        return sum(self.points.values())

    def question_points(self, question: Question) -> float:
        """The points that one question is worth."""
        return sum(self.points[step_id(question, step)] for step in question.steps)

    def tolerance_of(self, step: str) -> Tolerance:
        """The tolerance of the step with this id."""
        return self.tolerances.get(step, self.tolerance)


def step_id(question: Question, step: Step) -> str:
    """The name of a step in settings, results and reports: "q2.z_in"."""
    return f"{question.name}.{step.name}"
