"""The grader's side of the packets: nothing that comes from the student's process is believed to be well-formed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, get_args

import numpy as np

from autograder.student import beside
from autograder.student.answers import Answer, Failed, Kind, NotANumber, Plain, Reason, Returned
from autograder.student.beside import Malformed

KINDS: tuple[str, ...] = get_args(Kind)
REASONS: tuple[str, ...] = get_args(Reason)


class Decoder:
    """Reads values of one packet; its arrays take their elements from the buffers behind the message."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0

    def answer(self, answer: Any) -> Answer:
        """One call's answer.

        Raises
        ------
        Malformed : it is none
        """
        if not isinstance(answer, dict):
            raise Malformed("an answer is no object")
        if "failed" in answer:
            if answer["failed"] not in REASONS:
                raise Malformed("an unknown reason")
            return Failed(answer["failed"], words(answer.get("words")))
        arguments = answer.get("arguments")
        if "value" not in answer or not isinstance(arguments, list):
            raise Malformed("an answer without value and arguments")
        value = self.value(answer["value"])
        return Returned(value, tuple(self.value(argument) for argument in arguments))

    def value(self, tree: Any, depth: int = 0) -> Plain:
        """One value.

        Raises
        ------
        Malformed : it is none
        """
        if isinstance(tree, (int, float)) and not isinstance(tree, bool):
            try:
                return float(tree)
            except OverflowError:
                return NotANumber("huge number", "a number too large for a float")
        if isinstance(tree, list) and depth <= beside.MAX_DEPTH:
            return [self.value(part, depth + 1) for part in tree]
        if isinstance(tree, dict) and "not" in tree:
            if tree["not"] not in KINDS:
                raise Malformed("an unknown kind")
            return NotANumber(tree["not"], words(tree.get("words")))
        if isinstance(tree, dict) and "shape" in tree:
            return self._array(tree["shape"])
        raise Malformed("no value")

    def _array(self, shape: Any) -> Plain:
        sizes = isinstance(shape, list) and all(type(n) is int and 0 <= n <= beside.MAX_ELEMENTS for n in shape)
        if not sizes or len(shape) > beside.MAX_DEPTH:
            raise Malformed("no shape")
        count = math.prod(shape)
        end = self._position + 8 * count
        if count > beside.MAX_ELEMENTS or end > len(self._data):
            raise Malformed("an array without its elements")
        array = np.frombuffer(self._data[self._position : end], dtype="<f8").reshape(shape).copy()
        self._position = end
        checked: Plain = array
        return checked


def words(text: Any) -> str:
    """Text of the student's side as one short line without control characters."""
    if not isinstance(text, str):
        raise Malformed("no text")
    return beside.CONTROL.sub(" ", text)[: beside.MAX_WORDS].strip()


def question(
    identity: str, function: str, cases: Sequence[Sequence[Any]], replaced: Sequence[str], seconds: float
) -> bytes:
    """The packet that asks a question."""
    values = beside.Values()
    tree = [[_trusted(values, argument) for argument in arguments] for arguments in cases]
    message = {"id": identity, "function": function, "cases": tree, "replaced": list(replaced), "seconds": seconds}
    return beside.pack(message, values.buffers)


def _trusted(values: beside.Values, value: Any) -> Any:
    """A value of ours, which arrives as what it was: integers (an epoch count), NumPy's numbers (`.item()` works)."""
    if type(value) is int:
        return value
    if isinstance(value, tuple):
        return [_trusted(values, part) for part in value]
    return values.add(np.asarray(value) if isinstance(value, np.floating) else value)


def stand_in_answer(function: Callable[..., Any], message: dict[str, Any], data: memoryview) -> bytes:
    """Answer a call of a stand-in with the reference's function, which may refuse what it is called with."""
    arguments, names = message.get("arguments"), message.get("names")
    if not isinstance(arguments, list) or not isinstance(names, list) or len(names) > len(arguments):
        raise Malformed("a call without arguments")
    decoder = Decoder(data)
    plain = [_argument(decoder.value(argument)) for argument in arguments]
    positional = len(plain) - len(names)
    try:
        with np.errstate(all="ignore"):
            value = function(*plain[:positional], **dict(zip(map(str, names), plain[positional:], strict=True)))
    except Exception as error:  # noqa: BLE001 - called with anything at all; the caller is told
        return beside.pack({"failed": beside.error_words(error)})
    values = beside.Values()
    return beside.pack({"value": _trusted(values, value)}, values.buffers)


def _argument(value: Plain) -> Any:
    if isinstance(value, NotANumber):
        return None
    return [_argument(part) for part in value] if isinstance(value, list) else value
