"""The one file that runs beside student code: runs cells, calls functions, turns answers into plain numbers.

It imports only the standard library and NumPy, and holds nothing worth stealing: no expected value, no check.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import numbers
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from autograder.student.answers import Answer, Failed, NotANumber, Plain, Returned

MAX_DEPTH = 6
MAX_ELEMENTS = 100_000
MAX_WORDS = 300
TOO_SLOW = "took too long and was stopped"


class TooSlow(BaseException):
    """Raised inside student code when its time is over; not an `Exception`, so `except Exception` lets it pass."""


# ---------------------------------------------------------------------------------------------------------
# Answers


def plain(value: Any, depth: int = 0) -> Plain:
    """Turn what a student's function returned into numbers, or say what came instead.

    Numbers and arrays become float64; lists, tuples and object arrays become lists; all else
    becomes a `NotANumber`. Never raises and never follows more than `MAX_DEPTH` levels.
    """
    if value is None:
        return NotANumber("nothing", "None")
    if value is Ellipsis:
        return NotANumber("placeholder", "... (the placeholder)")
    if isinstance(value, (str, bytes, np.str_, np.bytes_)):
        return NotANumber("text", "text")
    if isinstance(value, np.ndarray):
        return _plain_array(value, depth)
    if isinstance(value, (numbers.Number, np.generic, Decimal)):
        return _plain_number(value)
    if isinstance(value, (list, tuple)):
        if depth >= MAX_DEPTH or len(value) > MAX_ELEMENTS:
            return NotANumber("too much", "more nested values than any answer needs")
        return [plain(item, depth + 1) for item in value]
    return NotANumber("object", f"{_article(_type_name(value))} of the type `{_type_name(value)}`")


def _plain_number(value: Any) -> Plain:
    try:
        number = complex(value) if isinstance(value, (complex, np.complexfloating)) else float(value)
    except OverflowError:
        return NotANumber("huge number", "a number too large for a float")
    except Exception:  # noqa: BLE001 - a student's own number class may raise anything
        return NotANumber("object", f"an object of the type `{_type_name(value)}`")
    if isinstance(number, complex):
        return number.real if number.imag == 0 else NotANumber("complex number", "a complex number")
    return number


def _plain_array(value: np.ndarray[Any, Any], depth: int) -> Plain:
    array = np.asarray(value)
    if array.size > MAX_ELEMENTS:
        return NotANumber("too much", f"an array of {array.size} elements")
    if array.dtype.kind in "biuf":
        return np.array(array, dtype=np.float64, order="C")
    if array.dtype.kind == "c":
        if np.any(array.imag != 0):
            return NotANumber("complex number", "an array of complex numbers")
        return np.array(array.real, dtype=np.float64, order="C")
    if array.dtype.kind == "O":
        return plain(array.item() if array.ndim == 0 else list(array), depth + 1)
    return NotANumber("text" if array.dtype.kind in "US" else "object", f"an array of dtype {array.dtype}")


def _type_name(value: Any) -> str:
    return type(value).__name__[:60]


def _article(type_name: str) -> str:
    return "a value" if type_name in {"dict", "set", "range", "slice", "generator"} else "an object"


# ---------------------------------------------------------------------------------------------------------
# Cells


class _Inert:
    """Stands in for what only shows things (plots, displays, progress bars): accepts everything, does nothing."""

    def __call__(self, *_args: Any, **_kwargs: Any) -> _Inert:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name == "subplots":
            return lambda *_args, **_kwargs: (self, self)
        return self

    def __setattr__(self, _name: str, _value: Any) -> None:
        return None

    def __getitem__(self, _key: Any) -> _Inert:
        return self

    def __setitem__(self, _key: Any, _value: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __enter__(self) -> _Inert:
        return self

    def __exit__(self, *_args: Any) -> None:
        return None


class _InertModule(types.ModuleType):
    """A module of `_Inert` names; progress bars hand their iterable through."""

    __path__: list[str] = []  # noqa: RUF012 - the import system reads it from the module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name in {"tqdm", "track", "progress_bar"}:
            return lambda iterable=None, *_args, **_kwargs: _Inert() if iterable is None else iterable
        if name == "trange":
            return lambda *args, **_kwargs: range(*args)
        if name == "auto" or name == "notebook":
            return self
        return _Inert()


class _Shell:
    """Answers `get_ipython()`: magics and shell lines do nothing, `%time` runs its statement."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def run_line_magic(self, name: str, line: str, *_args: Any, **_kwargs: Any) -> Any:
        if name not in {"time", "prun"}:
            return None
        try:
            return eval(compile(line, "<%time>", "eval"), self._namespace)
        except SyntaxError:
            exec(compile(line, "<%time>", "exec"), self._namespace)  # noqa: S102 - this is what it is for
            return None

    def getoutput(self, *_args: Any, **_kwargs: Any) -> list[str]:
        return []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return lambda *_args, **_kwargs: None


def new_namespace(inert_modules: Sequence[str]) -> dict[str, Any]:
    """A fresh `__main__`-like namespace in which the cells of one submission run.

    Importing one of `inert_modules` (or a submodule) gives a stand-in that does nothing, so that a
    cell that plots or displays runs the same wherever it is graded.
    """
    inert = frozenset(inert_modules)
    original_import = builtins.__import__

    def import_(
        name: str,
        globals_: Mapping[str, Any] | None = None,
        locals_: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        if level == 0 and name.partition(".")[0] in inert:
            return _InertModule(name)
        return original_import(name, globals_, locals_, fromlist or (), level)

    namespace: dict[str, Any] = {"__name__": "__main__", "__doc__": None}
    shell = _Shell(namespace)
    own_builtins = dict(vars(builtins))
    own_builtins["__import__"] = import_
    own_builtins["get_ipython"] = lambda: shell
    own_builtins["display"] = lambda *_args, **_kwargs: None
    own_builtins["input"] = _no_input
    namespace["__builtins__"] = own_builtins
    return namespace


def _no_input(*_args: Any) -> str:
    raise EOFError("nobody is there to answer input() while grading")


class _Discard(io.TextIOBase):
    """Takes any amount of output and keeps none of it."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Throw away what student code prints."""
    with contextlib.redirect_stdout(_Discard()), contextlib.redirect_stderr(_Discard()):
        yield


def run_cell(source: str, namespace: dict[str, Any], number: int) -> str | None:
    """Run one cell; return what went wrong in words, or None. A cell that raises stops only itself."""
    try:
        with quiet():
            exec(compile(source, f"<cell {number}>", "exec"), namespace)  # noqa: S102 - this is what it is for
    except TooSlow:
        return TOO_SLOW
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt must not leave either
        return error_words(error)
    return None


# ---------------------------------------------------------------------------------------------------------
# Calls


def call(namespace: dict[str, Any], name: str, arguments: Sequence[Any]) -> Answer:
    """Call function `name` of the namespace and turn what comes back into plain numbers."""
    function = namespace.get(name)
    if not callable(function):
        return Failed("missing", f"there is no function `{name}`")
    try:
        with quiet(), np.errstate(all="ignore"):
            value = function(*arguments)
            return Returned(plain(value), tuple(plain(argument) for argument in arguments))
    except TooSlow:
        return Failed("too slow", f"`{name}` {TOO_SLOW}")
    except BaseException as error:  # noqa: BLE001 - whatever student code raises is its answer
        return Failed("raised", f"`{name}` raised {error_words(error)}")


@contextlib.contextmanager
def replaced_names(namespace: dict[str, Any], stand_ins: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Let `stand_ins` answer under their names; afterwards everything is as it was."""
    absent = object()
    before = {name: namespace.get(name, absent) for name in stand_ins}
    namespace.update(stand_ins)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is absent:
                namespace.pop(name, None)
            else:
                namespace[name] = value


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def error_words(error: BaseException) -> str:
    """Type and message of an exception on one line, without control characters, cut to a sane length."""
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 - an evil __str__ is the student's, not ours
        message = ""
    name = type(error).__name__[:60]
    text = f"{name}: {message[:MAX_WORDS]}" if message else name
    return _CONTROL.sub(" ", text)[:MAX_WORDS].strip()
