"""The grader's side of the packets: nothing that comes from the student's process is believed to be well-formed."""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, get_args

import numpy as np

from autograder.student import beside
from autograder.student.answers import Answer, Answers, Array, Calls, Failed, Kind, NotANumber, Plain, Reason, Returned
from autograder.student.beside import Malformed

KINDS: tuple[str, ...] = get_args(Kind)
REASONS: tuple[str, ...] = get_args(Reason)


MAX_REMEMBERED = 1024  # bytes of a stand-in's arguments, and of a form
MAX_ARGUMENT = 500  # numbers in one argument of a stand-in: a reference fed with more could take memory and time
_TOKEN = re.compile(r"\.|\(|\)|![0-9]{1,4}|a(?:[0-9]{1,9}(?:,[0-9]{1,9})*)?")


class _NumberAt(int):
    """Where among the numbers one number stands."""


class _ArrayAt(NamedTuple):
    start: int
    stop: int
    shape: tuple[int, ...]


class _WordsAt(int):
    """Which entry of the words says what stands here."""


_Layout: TypeAlias = "_NumberAt | _ArrayAt | _WordsAt | list[_Layout]"


def _layouts(form: str) -> tuple[list[_Layout], int]:
    """Where the values of a form are, and how many numbers it speaks of; most answers to a question have the same form.

    Raises
    ------
    Malformed : it is none
    """
    return _known_layouts(form) if len(form) <= MAX_REMEMBERED else _read_layouts(form)


def _read_layouts(form: str) -> tuple[list[_Layout], int]:
    """See `_layouts`."""
    position = 0
    opened: list[list[_Layout]] = [[]]
    for token in form.split():
        if not _TOKEN.fullmatch(token):
            raise Malformed("no form")
        if token == "(":
            if len(opened) > beside.MAX_DEPTH + 2:  # an answer with its arguments stands in a list of its own
                raise Malformed("too deep a form")
            opened.append([])
        elif token == ")":
            if len(opened) == 1:
                raise Malformed("a list ends that never began")
            values = opened.pop()
            opened[-1].append(values)
        elif token[0] == "!":
            opened[-1].append(_WordsAt(token[1:]))
        elif token == ".":
            opened[-1].append(_NumberAt(position))
            position += 1
        else:
            shape = tuple(map(int, token[1:].split(","))) if len(token) > 1 else ()
            size = math.prod(shape)
            if len(shape) > beside.MAX_DEPTH or max((size, *shape)) > beside.MAX_ELEMENTS:
                raise Malformed("too large an array")
            opened[-1].append(_ArrayAt(position, position + size, shape))
            position += size
    if len(opened) > 1:
        raise Malformed("a list that never ends")
    return opened[0], position


_known_layouts = functools.lru_cache(maxsize=128)(_read_layouts)


class Decoder:
    """Reads the values of one packet.

    Raises
    ------
    Malformed : form, numbers and words do not fit together
    """

    def __init__(self, message: Mapping[str, Any], data: memoryview) -> None:
        form, words_ = message.get("form"), message.get("words", [])
        if not isinstance(form, str) or not isinstance(words_, list):
            raise Malformed("no form")
        self._layouts, count = _layouts(form)
        if len(data) != 8 * count:
            raise Malformed("other numbers than the form speaks of")
        self.array: Array = np.frombuffer(data, dtype="<f8")
        self._words = words_

    def values(self) -> list[Plain]:
        """The values at the top of the form."""
        self._floats = self.array.tolist()
        return [self._value(layout) for layout in self._layouts]

    def _value(self, layout: _Layout) -> Plain:
        if type(layout) is _NumberAt:
            number: float = self._floats[layout]
            return number
        if type(layout) is _ArrayAt:
            return self.array[layout.start : layout.stop].reshape(layout.shape)
        if isinstance(layout, list):
            return [self._value(part) for part in layout]
        assert isinstance(layout, _WordsAt)
        entry = self._words[layout] if layout < len(self._words) else None
        if not isinstance(entry, list) or len(entry) != 2 or entry[0] not in KINDS:
            raise Malformed("words of no known kind")
        return NotANumber(entry[0], words(entry[1]))


def answers_in(message: Mapping[str, Any], data: memoryview, counts: tuple[int, ...], report: bool) -> Sequence[Answer]:
    """The answers to one question.

    Parameters
    ----------
    counts : how many arguments each case has
    report : whether each answer tells of its arguments, too

    Raises
    ------
    Malformed : they are none, or fewer than were asked for without a failure at the end
    """
    form = message.get("form")
    plain = isinstance(form, str) and len(form) <= MAX_REMEMBERED and not message.get("failed")
    if plain and _holds_only_numbers(form, counts, report):
        decoder = Decoder(message, data)  # which says whether the numbers fit
        return Answers(lambda: _answers(decoder.values(), counts, report), str(form), decoder.array)
    values = Decoder(message, data).values()
    failed = message.get("failed")
    if len(values) + bool(failed) > len(counts):
        raise Malformed("more answers than questions")
    answers = _answers(values, counts, report)
    if len(values) < len(counts) and not failed:
        raise Malformed("fewer answers than questions")
    if failed:
        if not isinstance(failed, list) or len(failed) != 2 or failed[0] not in REASONS:
            raise Malformed("an unknown reason")
        answers.append(Failed(failed[0], words(failed[1])))
    return answers


def _answers(values: Sequence[Plain], counts: Sequence[int], report: bool) -> list[Answer]:
    return [_returned(v, n) if report else Returned(v) for v, n in zip(values, counts, strict=False)]


@functools.lru_cache(maxsize=256)
def _holds_only_numbers(form: str, counts: tuple[int, ...], report: bool) -> bool:
    """Whether each call gave a value without words; most answers to a question have the same form."""
    layouts, _ = _layouts(form)
    if "!" in form or len(layouts) != len(counts):
        return False
    return not report or all(
        isinstance(layout, list) and len(layout) == 2 and isinstance(layout[1], list) and len(layout[1]) == count
        for layout, count in zip(layouts, counts, strict=True)
    )


def _returned(value: Plain, count: int) -> Returned:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], list) or len(value[1]) != count:
        raise Malformed("other arguments than were sent")
    return Returned(value[0], tuple(value[1]))


def words(text: Any) -> str:
    """Text of the student's side as one short line without control characters."""
    if not isinstance(text, str):
        raise Malformed("no text")
    return beside.CONTROL.sub(" ", text)[: beside.MAX_WORDS].strip()


@functools.lru_cache(maxsize=256)
def question_body(calls: Calls) -> tuple[str, bytes]:
    """Form and numbers of the arguments of `calls`."""
    values = beside.Values()
    form = " ".join(_trusted(values, arguments) for arguments in calls.arguments)
    if values.words:
        raise ValueError(f"a case cannot be sent: {values.words[0][1]}")
    return form, b"".join(values.numbers)


def _trusted(values: beside.Values, value: Any) -> str:
    """A value of ours, which arrives as what it was: integers (an epoch count), NumPy's numbers (`.item()` works)."""
    if isinstance(value, tuple):
        return f"( {' '.join(_trusted(values, part) for part in value)} )"
    if type(value) is int or isinstance(value, np.floating):
        values.form(float(value))
        return "#" if type(value) is int else "~"
    return values.form(value)


def stand_in_answer(function: Callable[..., Any], message: dict[str, Any], data: memoryview) -> bytes:
    """Answer a call of a stand-in with the reference's function, which may refuse what it is called with."""
    form, names = message.get("form"), message.get("names")
    if message.get("words") or names or not isinstance(form, str) or len(data) > MAX_REMEMBERED:
        return _stand_in_answer(function, message, data)
    return _known_answer(function, form, bytes(data))


@functools.lru_cache(maxsize=2048)
def _known_answer(function: Callable[..., Any], form: str, numbers: bytes) -> bytes:
    """The answer to a plain call; with the same inputs a whole class makes the same calls."""
    return _stand_in_answer(function, {"form": form, "names": []}, memoryview(numbers))


def _stand_in_answer(function: Callable[..., Any], message: Mapping[str, Any], data: memoryview) -> bytes:
    names, values = message.get("names"), Decoder(message, data).values()
    if len(values) != 1 or not isinstance(values[0], list):
        raise Malformed("a call without arguments")
    plain = [_argument(value) for value in values[0]]
    if not isinstance(names, list) or len(names) > len(plain):
        raise Malformed("a call with more names than arguments")
    if any(isinstance(value, np.ndarray) and (value.size > MAX_ARGUMENT or value.ndim > 2) for value in plain):
        return beside.pack({"failed": "ValueError: larger arguments than this network has"})
    positional = len(plain) - len(names)
    named = dict(zip(map(str, names), plain[positional:], strict=True))
    if not named.keys() <= inspect.signature(function).parameters.keys():  # a student's own names, in their order
        positional, named = len(plain), {}
    try:
        with np.errstate(all="ignore"):
            value = function(*plain[:positional], **named)
    except Exception as error:  # noqa: BLE001 - called with anything at all; the caller is told
        return beside.pack({"failed": beside.error_words(error)})
    answer = beside.Values()
    return beside.pack({"form": _trusted(answer, value)}, answer.numbers)


def _argument(value: Plain) -> Any:
    """What the reference is called with: lists of numbers, as a student may use for vectors and matrices, as arrays."""
    if isinstance(value, NotANumber):
        return None
    if not isinstance(value, list):
        return value
    parts = [_argument(part) for part in value]
    if any(part is None or isinstance(part, list) for part in parts):
        return parts
    try:
        return np.array(parts, dtype=np.float64)
    except ValueError:  # entries of different shapes
        return parts
