"""Assignment, question and step as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from autograder.checking.columns import AsItComes, Column, Names
from autograder.checking.derivation import Derivation, pick
from autograder.checking.layout import Layout
from autograder.checking.misconception import Misconception
from autograder.checking.values import Tolerance, as_reference
from autograder.student.answers import Array, Calls

Inputs = Mapping[str, Any]
Prediction: TypeAlias = "list[Array] | None"
"""What a misconception gives for the values it spoils, in order; None where it cannot be fed."""


@dataclass(frozen=True, eq=False)
class Observation:
    """How one more value is read from a student's own function, by calling it with some of a case's inputs changed.

    Parameters
    ----------
    changes : for a case's inputs, the changes of each further call
    read : the value, from what these calls returned by name, in order (None for one that failed), and at the end
        what the case itself returned; None where it cannot be read
    """

    changes: Callable[[Inputs], Sequence[Mapping[str, Any]]]
    read: Callable[[Sequence[Mapping[str, Any] | None]], Any]


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
        own function: `{"losses": {"path": Observation(…)}}`
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
    def calls(self) -> Calls:
        """The question as it is asked: one call a case."""
        watched = any(step.checks == "arguments unchanged" for step in self.steps)
        return self._calls(self.cases, report_arguments=watched)

    @cached_property
    def public_calls(self) -> Calls:
        """The calls with the lecture's own numbers alone."""
        return self._calls(self.cases[: self.public])

    def further_calls(self, observation: Observation) -> tuple[list[int], Calls]:
        """How many further calls an observation makes for each case, and all these calls."""
        if observation not in self._further:
            changed = [[{**inputs, **change} for change in observation.changes(inputs)] for inputs in self.cases]
            calls = self._calls([inputs for further in changed for inputs in further])
            self._further[observation] = [len(further) for further in changed], calls
        return self._further[observation]

    @cached_property
    def _further(self) -> dict[Observation, tuple[list[int], Calls]]:
        return {}

    def earlier_parents(self, name: str, derivation: Derivation) -> frozenset[str]:
        """The values returned before `name` that it follows from."""
        if name not in self._earlier_parents:
            earlier = self.outputs[: self.outputs.index(name)]
            self._earlier_parents[name] = derivation.ancestors(name) & frozenset(earlier)
        return self._earlier_parents[name]

    @cached_property
    def _earlier_parents(self) -> dict[str, frozenset[str]]:
        return {}

    def _calls(self, cases: Sequence[Inputs], *, report_arguments: bool = False) -> Calls:
        arguments = tuple(tuple(inputs[name] for name in self.inputs) for inputs in cases)
        return Calls(self.function, arguments, report_arguments)

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

    def flat_expected(self, question: Question) -> dict[str, Column]:
        """For each returned value the reference's numbers over all cases; computed once."""
        if question.name not in self._flat_expected:
            expected = self.expected(question)
            self._flat_expected[question.name] = {
                name: Column.of([case[name] for case in expected]) for name in question.outputs
            }
        return self._flat_expected[question.name]

    def as_it_comes(self, question: Question) -> AsItComes:
        """The reference's answers as a student's arrive; computed once."""
        if question.name not in self._as_it_comes:
            sent = question.calls.arguments if question.calls.report_arguments else None
            self._as_it_comes[question.name] = AsItComes.of(
                question.returns, self.expected(question), sent, question.public
            )
        return self._as_it_comes[question.name]

    @cached_property
    def _as_it_comes(self) -> dict[str, AsItComes]:
        return {}

    @cached_property
    def _flat_expected(self) -> dict[str, dict[str, Column]]:
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

    def misconceptions_of(self, step: str) -> list[Misconception]:
        """The misconceptions that spoil the step with this id, in the order of the table."""
        return self._by_step.get(step, [])

    @cached_property
    def _by_step(self) -> dict[str, list[Misconception]]:
        found: dict[str, list[Misconception]] = {}
        for misconception in self.misconceptions:
            for step in misconception.steps:
                found.setdefault(step, []).append(misconception)
        return found

    @cached_property
    def predictions(self) -> dict[str, list[Prediction]]:
        """By a misconception's name what it gives in each case where all else is right; filled as it is needed."""
        return {}

    def question_points(self, question: Question) -> float:
        """The points that one question is worth."""
        return sum(self.points[step_id(question, step)] for step in question.steps)

    def tolerance_of(self, step: str) -> Tolerance:
        """The tolerance of the step with this id."""
        return self.tolerances.get(step, self.tolerance)


def step_id(question: Question, step: Step) -> str:
    """The name of a step in settings, results and reports: "q2.z_in"."""
    return f"{question.name}.{step.name}"
