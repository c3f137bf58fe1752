"""What a student's function can answer: plain numbers, or a described failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Reason = Literal["missing", "raised", "too slow", "left"]
Kind = Literal["nothing", "placeholder", "text", "huge number", "complex number", "object", "too much"]


@dataclass(frozen=True)
class NotANumber:
    """Stands where a number was due and something else came back.

    `words` describes what came ("None", "text", "an object of type dict"); it is the only thing
    that leaves the student's side, so it never holds the object itself.
    """

    kind: Kind
    words: str


Plain: TypeAlias = float | Array | list["Plain"] | NotANumber


@dataclass(frozen=True)
class Returned:
    """A call that came back.

    `value` is what the function returned; `arguments`, where they were asked for, are the call's arguments as they
    were *after* it, in order, so that a change in place can be seen.
    """

    value: Plain
    arguments: tuple[Plain, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A call that gave no value: there is no such function, it raised, it took too long, it left."""

    reason: Reason
    words: str


Answer: TypeAlias = Returned | Failed
Replacements: TypeAlias = Mapping[str, Callable[..., Any]]


class Answers(Sequence[Answer]):
    """What came back from several calls, taken apart only when it is looked at.

    Parameters
    ----------
    form, numbers : as they came, where each call gave a value that holds nothing but numbers; "" otherwise
    """

    def __init__(self, take_apart: Callable[[], list[Answer]], form: str = "", numbers: Array | None = None) -> None:
        self._take_apart = take_apart
        self.form = form
        self.numbers = numbers

    @cached_property
    def _answers(self) -> list[Answer]:
        return self._take_apart()

    @overload
    def __getitem__(self, index: int) -> Answer: ...
    @overload
    def __getitem__(self, index: slice) -> list[Answer]: ...
    def __getitem__(self, index: int | slice) -> Answer | list[Answer]:
        return self._answers[index]

    def __len__(self) -> int:
        return len(self._answers)

    def __eq__(self, other: object) -> bool:
        return self._answers == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._answers)


@dataclass(frozen=True, eq=False)
class Calls:
    """What is asked at once: a function, and the arguments of each call; the same object is asked again and again.

    Parameters
    ----------
    arguments : for each call its arguments, in order
    report_arguments : whether the answers tell the arguments after the call, too
    """

    function: str
    arguments: tuple[tuple[Any, ...], ...]
    report_arguments: bool = False


class Student(Protocol):
    """All that a check can ask of a submission."""

    def ask(self, calls: Calls, replaced: Replacements | None = None) -> Sequence[Answer]:
        """Call the student's function as `calls` say, with copies of the arguments.

        The calls start from the state after the cells ran, and leave no trace in it. `replaced` names functions that
        answer in place of the student's own for these calls. The first call that fails is the last.
        """
        ...

    def ask_in_turn(self, questions: Sequence[tuple[Calls, Replacements | None]]) -> list[Sequence[Answer]]:
        """Ask several questions one after the other, from one state that is not kept clean.

        Much cheaper than asking each alone, but a call sees what all earlier ones left that were asked in turn: so what
        is right counts, and what is not is to be asked again, alone, unless calls are known to leave nothing.
        Ends early, with the last answer a failure, where the process ends.
        """
        ...
