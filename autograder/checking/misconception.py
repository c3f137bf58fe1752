"""Misconceptions as data: named wrong versions of steps, with a hint that names the idea."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Misconception:
    """One wrong idea.

    Parameters
    ----------
    name : in words, unique in the assignment
    steps : ids of the steps that it spoils ("q5.dL_df_out"), all of one question
    hint : for the student; points at the idea and never gives the answer
    function : the wrong version of those steps' values: its parameters are names of the derivation (inputs of
        the question or earlier values), its result is the value, or the values in order as a tuple
    same_as : names of other misconceptions that come to the same numbers (algebraic duplicates)
    """

    name: str
    steps: tuple[str, ...]
    hint: str
    function: Callable[..., Any]
    same_as: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """The question whose steps it spoils."""
        return self.steps[0].partition(".")[0]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the values that the wrong version takes."""
        return tuple(inspect.signature(self.function).parameters)


class MisconceptionTable:
    """Collects misconceptions as they are declared.

    >>> table = MisconceptionTable()
    >>> table.add("bias forgotten", "q2.z_in", lambda W, x: W.T @ x, "Each unit has one more input that is always on.")
    """

    def __init__(self) -> None:
        self.entries: list[Misconception] = []

    def add(
        self, name: str, steps: str, function: Callable[..., Any], hint: str, *, same_as: tuple[str, ...] = ()
    ) -> None:
        """Declare `function` as the wrong version `name` of `steps` (ids, separated by blanks)."""
        if any(entry.name == name for entry in self.entries):
            raise ValueError(f"the misconception {name!r} is declared twice")
        self.entries.append(Misconception(name, tuple(steps.split()), hint, function, same_as))
