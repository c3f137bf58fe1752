"""The computational graph of an assignment: what stands where, and what follows from what.

A node is a step; its edges come from the derivation alone: the parameters of its values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autograder.checking.question import Question, Rubric, Step, step_id


@dataclass(frozen=True)
class Node:
    """One step with values.

    Parameters
    ----------
    step : its id
    marked_by : ids of all steps whose result it shows: its own, and those of its question that check no value
    symbol : how it is written
    parents : ids of the steps that it follows from
    given : symbols of the inputs that it follows from
    column, row : where it stands
    """

    step: str
    marked_by: tuple[str, ...]
    symbol: str
    parents: tuple[str, ...]
    given: tuple[str, ...]
    column: float
    row: float


def chain(rubric: Rubric) -> tuple[Node, ...]:
    """The nodes in notebook order."""
    owner = {
        value: step_id(question, step)
        for question in reversed(rubric.questions)
        for step in reversed(question.steps)
        for value in step.values
    }
    found: dict[str, tuple[Question, Step, tuple[str, ...], tuple[str, ...]]] = {}
    for question in rubric.questions:
        for step in question.steps:
            if step.values:
                this = step_id(question, step)
                names = dict.fromkeys(name for value in step.values for name in _sources(rubric, value, owner))
                parents = tuple(dict.fromkeys(owner[name] for name in names if name in owner and owner[name] != this))
                given = tuple(rubric.layout.symbols.get(name, name) for name in names if name not in owner)
                found[this] = question, step, parents, given
    spots = rubric.layout.spots or _by_depth({this: parents for this, (_, _, parents, _) in found.items()})
    free = max((row for _, row in spots.values()), default=-1.0) + 1
    unplaced = [this for this in found if this not in spots]
    return tuple(
        Node(
            step=this,
            marked_by=(this, *_without_values(question, step)),
            symbol=_symbol(rubric, question, step),
            parents=parents,
            given=given,
            column=spots[this][0] if this in spots else float(unplaced.index(this)),
            row=spots[this][1] if this in spots else free,
        )
        for this, (question, step, parents, given) in found.items()
    )


def _sources(rubric: Rubric, value: str, owner: Mapping[str, str]) -> Iterator[str]:
    """Values of steps and given inputs that `value` follows from; what no step asks for is passed through."""
    for parent in rubric.derivation.values[value].parents:
        if parent in owner or parent not in rubric.derivation.values:
            yield parent
        else:
            yield from _sources(rubric, parent, owner)


def _without_values(question: Question, step: Step) -> list[str]:
    last = [other for other in question.steps if other.values][-1]
    return [step_id(question, other) for other in question.steps if not other.values] if step is last else []


def _symbol(rubric: Rubric, question: Question, step: Step) -> str:
    symbols = rubric.layout.symbols
    this = step_id(question, step)
    return symbols[this] if this in symbols else ", ".join(symbols.get(v, question.label(v)) for v in step.values)


def _by_depth(parents: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[float, float]]:
    """Without a layout: as far down as the longest way to it, side by side with what is as far."""
    depth: dict[str, int] = {}

    def deep(step: str) -> int:
        if step not in depth:
            depth[step] = 0  # a question may be asked before what it follows from, but nothing follows from itself
            depth[step] = 1 + max((deep(parent) for parent in parents[step]), default=-1)
        return depth[step]

    beside: Counter[int] = Counter()
    spots = {}
    for step in parents:
        row = deep(step)
        spots[step] = float(beside[row]), float(row)
        beside[row] += 1
    return spots
