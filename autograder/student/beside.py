"""The one file that runs beside student code: runs cells, answers calls with plain numbers, gives up all power first.

The grader starts it as a program of its own (`python -I beside.py`). It imports only the standard library and
NumPy and holds nothing worth stealing: no expected value, no check, no path of the project. The grader imports it,
too, for what both sides must do alike: the packets, and calling a function.

A packet is the length of a JSON text (4 bytes, big endian), the text, and raw float64 numbers. The text holds a form,
which says what the numbers are, in tokens with blanks between them:

    .        a number            #       an integer          ~       a NumPy number
    a2,3     an array of that shape      ( … )   a list of values
    !0       no number: entry 0 of the text's "words", a pair (kind, words)

Nothing is ever pickled. What runs after a fork is written to touch little memory: each page that is touched is
copied, and that, not the student's lines, is what grading costs.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import _thread
import builtins
import contextlib
import ctypes
import gc
import io
import json
import math
import numbers
import os
import re
import resource
import shutil
import signal
import socket
import struct
import sys
import threading
import time
import types
from array import array as PythonArray
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

MAX_DEPTH = 6
MAX_ELEMENTS = 8000  # in all that one question is answered with
MAX_WORDS = 300
MAX_PACKET = 120_000  # less than what a socket takes at once, and what malloc takes from fresh memory each time
FLOAT = np.dtype("<f8")
_FLOAT64 = np.float64
# Without the layers of `json.loads`, which cost a fork some forty pages.
_scan: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
_pack_float = struct.Struct("<d").pack
LEAST_SECONDS = 0.2  # for a cell, also where those before it took all the time that there is for cells
GRADER_GONE = 77  # exit status
TOO_SLOW = "took too long and was stopped"


class TooSlow(BaseException):
    """Raised inside student code when its time is over; not an `Exception`, so `except Exception` lets it pass."""


# ---------------------------------------------------------------------------------------------------------
# Packets


class Malformed(Exception):
    """A packet that is none."""


def pack(message: dict[str, Any], buffers: Sequence[bytes] = ()) -> bytes:
    """A message and the buffers that its arrays speak of, in order."""
    text = json.dumps(message).encode("ascii")
    return b"".join([struct.pack(">I", len(text)), text, *buffers])


def unpack(packet: bytes) -> tuple[dict[str, Any], memoryview]:
    """The message of a packet and the bytes behind it.

    Raises
    ------
    Malformed : it is no packet
    """
    if len(packet) < 4:
        raise Malformed("too short")
    (length,) = struct.unpack_from(">I", packet)
    if length > len(packet) - 4:
        raise Malformed("its length is wrong")
    try:
        message, end = _scan(str(packet[4 : 4 + length], "ascii"), 0)
    except (ValueError, StopIteration, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(message, dict) or end != length:
        raise Malformed("not a JSON object")
    return message, memoryview(packet)[4 + length :]


class Values:
    """Turns values into forms; collects the numbers and words that the forms speak of."""

    def __init__(self) -> None:
        self.numbers: list[bytes] = []
        self.words: list[tuple[str, str]] = []
        self._room = MAX_ELEMENTS
        self._full = ""  # what stands for everything from the value on that was too much

    def form(self, value: Any, depth: int = 0) -> str:
        """The form of a value, or of a description of what it is; never raises, follows `MAX_DEPTH` levels at most."""
        kind = type(value)
        if kind is float or kind is _FLOAT64:
            return self._float(value)
        if kind is np.ndarray or isinstance(value, np.ndarray):
            return self._array(np.asarray(value), depth)
        if kind is tuple or isinstance(value, (list, tuple)):
            if depth >= MAX_DEPTH or not self._takes(len(value) + 1):
                return self.no_number("too much", "more nested values than any answer needs")
            return f"( {' '.join([self.form(item, depth + 1) for item in value])} )"
        if value is None:
            return self.no_number("nothing", "None")
        if value is Ellipsis:
            return self.no_number("placeholder", "... (the placeholder)")
        if isinstance(value, (str, bytes, np.str_, np.bytes_)):
            return self.no_number("text", "text")
        if isinstance(value, (numbers.Number, np.generic, Decimal)):
            return self._other_number(value)
        if isinstance(value, PythonArray) and value.typecode != "u":
            return self._array(np.array(value), depth)
        return self.no_number("object", f"an object of the type `{_type_name(value)}`")

    def no_number(self, kind: str, words: str) -> str:
        """The form of what stands where a number was due and something else came."""
        if self._full:
            return self._full
        if not self._takes(40):
            self._full = f"!{len(self.words)}"
            kind, words = "too much", words if kind == "too much" else "more values than any answer needs"
        self.words.append((kind, words))
        return f"!{len(self.words) - 1}"

    def _takes(self, elements: int) -> bool:
        self._room -= elements
        return self._room >= 0

    def _float(self, value: float) -> str:
        self.numbers.append(_pack_float(value))
        return "."

    def _array(self, array: Any, depth: int) -> str:
        if array.dtype.kind == "O":
            return self.form(array.item() if array.ndim == 0 else list(array), depth + 1)
        if array.dtype.names is not None:
            return self.no_number("object", "an array of records")
        if array.dtype.kind not in "biufc":
            return self.no_number("text" if array.dtype.kind in "US" else "object", f"an array of dtype {array.dtype}")
        if array.ndim > MAX_DEPTH or max(array.shape, default=0) > MAX_ELEMENTS or not self._takes(array.size + 4):
            return self.no_number("too much", f"an array of {array.size} elements")
        if array.dtype.kind == "c":
            if np.any(array.imag != 0):
                return self.no_number("complex number", "an array of complex numbers")
            array = array.real
        self.numbers.append((array if array.dtype is FLOAT else array.astype(FLOAT)).tobytes())
        return "a" + ",".join(map(str, array.shape))

    def _other_number(self, value: Any) -> str:
        number = _number(value)
        return self.no_number(*number) if isinstance(number, tuple) else self._float(number)


def _number(value: Any) -> float | tuple[str, str]:
    """A number of any kind as a float, or kind and words of what it is."""
    try:
        number = complex(value) if isinstance(value, (complex, np.complexfloating)) else float(value)
    except OverflowError:
        return "huge number", "a number too large for a float"
    except Exception:  # noqa: BLE001 - a student's own number class may raise anything
        return "object", f"an object of the type `{_type_name(value)}`"
    if isinstance(number, complex):
        return number.real if number.imag == 0 else ("complex number", "a complex number")
    return number


def _type_name(value: Any) -> str:
    return str(type(value).__name__)[:60]


def values_in(form: str, data: memoryview) -> list[Any]:
    """The values of a trusted packet, lists as tuples (the grader's own decoder is stricter)."""
    floats, position = data.cast("d"), 0
    opened: list[list[Any]] = [[]]
    for token in form.split():
        if token == "(":
            opened.append([])
        elif token == ")":
            value = tuple(opened.pop())
            opened[-1].append(value)
        elif token[0] == "a":
            shape = [int(size) for size in token[1:].split(",")]
            end = position + math.prod(shape)
            opened[-1].append(np.array(floats[position:end]).reshape(shape))
            position = end
        else:
            number = floats[position]
            opened[-1].append(number if token == "." else int(number) if token == "#" else _FLOAT64(number))
            position += 1
    return opened[0]


# ---------------------------------------------------------------------------------------------------------
# Cells


class _Inert:
    """Stands in for what only shows things (plots, displays, widgets): accepts everything, does nothing.

    It counts as 0 in arithmetic, compares as false, and unpacks into as many of its kind as `parts` says.
    """

    parts = 0

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        """Whatever it is made of."""

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _subplots if name == "subplots" else _parts(_PARTS[name]) if name in _PARTS else self

    def __setattr__(self, _name: str, _value: Any) -> None:
        return None

    def __getitem__(self, _key: Any) -> Any:
        return self

    def __setitem__(self, _key: Any, _value: Any) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter([_INERT] * self.parts)

    def __len__(self) -> int:
        return self.parts

    def __bool__(self) -> bool:
        return True

    def __float__(self) -> float:
        return 0.0

    def __format__(self, _spec: str) -> str:
        return ""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_args: Any) -> None:
        return None

    def _itself(self, *_args: Any) -> Any:
        return self

    def _no(self, _other: Any) -> bool:
        return False

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _itself
    __pow__ = __neg__ = __abs__ = __matmul__ = __rmatmul__ = _itself
    __lt__ = __le__ = __gt__ = __ge__ = _no


_INERT = _Inert()
_PARTS = {"plot": 1, "semilogy": 1, "semilogx": 1, "loglog": 1, "fill": 1, "xlim": 2, "ylim": 2, "get_xlim": 2,
          "get_ylim": 2, "get_size_inches": 2, "hist": 3, "axis": 4}  # fmt: skip


def _parts(count: int) -> Callable[..., _Inert]:
    """A function that gives something inert which unpacks into `count`."""

    def give(*_args: Any, **_kwargs: Any) -> _Inert:
        inert = _Inert()
        inert.__dict__["parts"] = count
        return inert

    return give


def _subplots(nrows: Any = 1, ncols: Any = 1, *_args: Any, **_kwargs: Any) -> tuple[Any, Any]:
    """A figure and its axes, as matplotlib gives them: one alone, else an array of them."""
    try:
        axes = np.empty((int(nrows), int(ncols)), dtype=object)
        for index in np.ndindex(axes.shape):
            axes[index] = _INERT
    except (TypeError, ValueError):
        return _INERT, _INERT
    axes = axes.squeeze()
    return _INERT, axes.item() if axes.size == 1 else axes


class _InertClass(type):
    """A class that can be called, asked for whatever it offers, derived from, and given to `isinstance`."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _INERT


class _Progress(_Inert):
    """A progress bar around an iterable, which it hands through."""

    def __init__(self, iterable: Any = None, *_args: Any, **_kwargs: Any) -> None:
        super().__init__()
        self.__dict__["iterable"] = () if iterable is None else iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__dict__["iterable"])

    def __len__(self) -> int:
        return len(self.__dict__["iterable"])


class _ProgressBars(_Inert):
    """What makes progress bars: `tqdm(…)`, and all that hangs on it (`tqdm.write`, `tqdm.trange`)."""

    def __call__(self, iterable: Any = None, *_args: Any, **_kwargs: Any) -> Any:
        return _Progress(iterable)

    def __getattr__(self, name: str) -> Any:
        return _BARS[name] if name in _BARS else super().__getattr__(name)


_BARS: dict[str, Any] = {
    **dict.fromkeys(("tqdm", "track", "progress_bar", "tqdm_notebook"), _ProgressBars()),
    "trange": lambda *numbers, **_kwargs: _Progress(range(*numbers)),
    "tenumerate": lambda iterable, start=0, *_args, **_kwargs: _Progress(enumerate(iterable, start)),
    "tzip": lambda *iterables, **_kwargs: _Progress(zip(*iterables)),  # noqa: B905 - as the real one
}


class _InertModule(types.ModuleType):
    """A module of inert names: classes where they begin with a capital; progress bars hand their iterable through."""

    __path__: list[str] = []  # noqa: RUF012 - the import system reads it from the module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        if name in _BARS:
            return _BARS[name]
        if name in {"auto", "notebook", "contrib", "std"}:
            return self
        if name[:1].isupper():
            return _InertClass(name, (_Inert,), {})
        return getattr(_INERT, name)


class _Shell:
    """Answers `get_ipython()`: magics and shell lines do nothing, `%time` runs its statement."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def run_line_magic(self, name: str, line: str, *_args: Any, **_kwargs: Any) -> Any:
        if name not in {"time", "prun"}:
            return None
        try:
            return eval(compile(line, "<%time>", "eval", dont_inherit=True), self._namespace)
        except SyntaxError:
            exec(compile(line, "<%time>", "exec", dont_inherit=True), self._namespace)  # noqa: S102 - this is what it is for
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


_DISCARD = _Discard()


class Quiet:
    """Throw away what student code prints."""

    def __enter__(self) -> None:
        self._before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = _DISCARD

    def __exit__(self, *_exception: object) -> None:
        sys.stdout, sys.stderr = self._before


class TimeLimit:
    """Raise `TooSlow` in the main thread after `seconds`, and every half second while student code swallows it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        here = threading.current_thread() is threading.main_thread()
        self._can = here and hasattr(signal, "setitimer")

    def __enter__(self) -> None:
        if self._can:
            self._before = _signal.signal(_ALARM, _ring)
            signal.setitimer(_CLOCK, self._seconds, 0.5)

    def __exit__(self, *_exception: object) -> None:
        if self._can:
            signal.setitimer(_CLOCK, 0)
            _signal.signal(_ALARM, self._before)


# As plain integers: turning them into the enumerations of `signal` and back costs a fork a dozen pages.
_ALARM, _CLOCK = int(getattr(signal, "SIGALRM", 0)), int(getattr(signal, "ITIMER_REAL", 0))
_DEFAULT = int(signal.SIG_DFL)


def _ring(_number: int, _frame: Any) -> None:
    raise TooSlow


def run_cell(source: str, namespace: dict[str, Any], number: int, seconds: float) -> str | None:
    """Run one cell; return what went wrong in words, or None. A cell that raises stops only itself."""
    try:
        with Quiet(), TimeLimit(seconds):
            exec(compile(source, f"<cell {number}>", "exec", dont_inherit=True), namespace)  # noqa: S102 - this is what it is for
    except TooSlow:
        return TOO_SLOW
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt must not leave either
        return error_words(error)
    return None


# ---------------------------------------------------------------------------------------------------------
# Calls


def call(namespace: Mapping[str, Any], name: str, arguments: Sequence[Any], values: Values, report: bool) -> Any:
    """Call function `name`: the form of its value, or a pair (reason, words).

    With `report` the form is `( value ( arguments … ) )`: the arguments as they are after the call.
    """
    function = namespace.get(name)
    if not callable(function):
        later = ": the name was bound to something else later" if name in namespace else ""
        return "missing", f"there is no function `{name}`{later}"
    numbers = len(values.numbers)
    try:
        form = values.form(function(*arguments))
        return f"( {form} {values.form(arguments)} )" if report else form
    except TooSlow:
        failed = "too slow", f"`{name}` {TOO_SLOW}"
    except BaseException as error:  # noqa: BLE001 - whatever student code raises is its answer
        failed = "raised", f"`{name}` raised {error_words(error)}"
    del values.numbers[numbers:]  # it may have been stopped in the middle of being told
    return failed


CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def error_words(error: BaseException) -> str:
    """Type and message of an exception on one line, without control characters, cut to a sane length."""
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 - an evil __str__ is the student's, not ours
        message = ""
    name = _type_name(error)
    text = f"{name}: {message[:MAX_WORDS]}" if message else name
    return CONTROL.sub(" ", text)[:MAX_WORDS].strip()


# ---------------------------------------------------------------------------------------------------------
# The student process: a fork for each submission, and one for each question asked


def receive(channel: socket.socket) -> tuple[dict[str, Any], memoryview]:
    """The next packet; ends the process when the grader is gone."""
    packet = channel.recv(MAX_PACKET)
    if not packet:
        os._exit(GRADER_GONE)
    return unpack(packet)


def serve(channel: socket.socket, namespace: dict[str, Any], prepare_fork: Callable[[], None]) -> None:
    """Run the cells of one submission, then answer questions, in a fork of this process or in this very one."""
    order, data = receive(channel)
    text = bytearray(data)
    while len(text) < order["bytes"]:
        text += receive(channel)[1]
    said, until = 0.0, time.monotonic() + order["all_seconds"]
    for number, source in enumerate(json.loads(text), start=1):
        if not source.strip():
            continue
        now = time.monotonic()
        if now >= said + order["silence"]:
            channel.send(pack({"id": order["id"], "cell": number}))
            said = now
        error = run_cell(source, namespace, number, min(order["seconds"], max(until - now, LEAST_SECONDS)))
        if error is not None:
            channel.send(pack({"id": order["id"], "cell": number, "error": error}))
    _silence()
    _signal.signal(_ALARM, _DEFAULT)
    gc.freeze()
    channel.send(pack({"id": order["id"], "end": "done"}))
    ends = {end: pack({"end": end}) for end in ("done", "too slow", "left")}
    while True:
        question, numbers = receive(channel)
        if not question["fork"]:
            _answer(channel, namespace, question, numbers)
            continue
        # A process with one thread needs none of what Python does around a fork (new seeds, new locks).
        pid = os.fork() if _thread._count() else _fork()
        if pid == 0:
            prepare_fork()
            _answer(channel, namespace, question, numbers)
            while question["more"]:
                question, numbers = receive(channel)
                _answer(channel, namespace, question, numbers)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if status == GRADER_GONE << 8:
            os._exit(0)
        channel.send(ends["done" if status == 0 else "too slow" if os.WTERMSIG(status) == signal.SIGALRM else "left"])


_libc_fork = ctypes.PyDLL(None).fork  # keeps the interpreter's lock, as the new process must have it


def _fork() -> int:
    pid: int = _libc_fork()
    if pid < 0:
        raise BlockingIOError("no new process")
    return pid


_set_error_handling = np.seterr


def _silence() -> None:
    """Division by zero and the like give inf or nan, without a warning: it is the value that counts."""
    _set_error_handling(all="ignore")


def _answer(channel: socket.socket, namespace: dict[str, Any], question: dict[str, Any], numbers: memoryview) -> None:
    """Answer one question in this process; its clock ends a call that is too slow, and the process with it."""
    give_back = question["replaced"] and replace_functions(
        namespace,
        question["function"],
        {name: _stand_in(channel, question["id"], name) for name in question["replaced"]},
    )
    values, forms, failed = Values(), [], None
    name, seconds, report = question["function"], question["seconds"], question["report"]
    for arguments in values_in(question["form"], numbers):
        signal.setitimer(_CLOCK, seconds)
        form = call(namespace, name, arguments, values, report)
        if type(form) is not str:
            failed = form
            break
        forms.append(form)
    signal.setitimer(_CLOCK, 0)
    answer = {"id": question["id"], "form": " ".join(forms), "words": values.words, "failed": failed}
    if give_back:
        give_back()
    channel.send(pack(answer, values.numbers))


_NOTHING = object()


def replace_functions(
    namespace: dict[str, Any], asked: str, stand_ins: Mapping[str, Callable[..., Any]]
) -> Callable[[], None]:
    """Let each name mean its stand-in; the function returned undoes it.

    A plain function is replaced wherever it is known by another name, too (`act = sigmoid`, a default value, a table of
    functions): it keeps its place and gets the stand-in's code.
    """
    before = {name: namespace.get(name, _NOTHING) for name in stand_ins}
    bodies: list[tuple[Any, Any, Any, Any]] = []
    for name, stand_in in stand_ins.items():
        own = before[name]
        others = [body[0] for body in bodies] + [namespace.get(asked)]
        if (
            type(own) is types.FunctionType
            and not own.__code__.co_freevars
            and all(own is not other for other in others)
        ):
            bodies.append((own, own.__code__, own.__defaults__, own.__kwdefaults__))
            own.__code__, own.__defaults__, own.__kwdefaults__ = _HANDS_ON, None, {"_to": stand_in}
        namespace[name] = stand_in

    def give_back() -> None:
        for own, *parts in bodies:
            own.__code__, own.__defaults__, own.__kwdefaults__ = parts
        for name, value in before.items():
            if value is _NOTHING:
                namespace.pop(name, None)
            else:
                namespace[name] = value

    return give_back


_HANDS_ON = (lambda *arguments, _to, **named: _to(*arguments, **named)).__code__


def _stand_in(channel: socket.socket, question: str, name: str) -> Callable[..., Any]:
    """A function that asks the grader for the reference's answer, once for the same arguments."""
    known: dict[bytes, tuple[str, memoryview]] = {}
    start = json.dumps({"id": question, "function": name})[:-1]

    def ask_the_grader(*arguments: Any, **named: Any) -> Any:
        values = Values()
        form = values.form([*arguments, *named.values()])
        if named or values.words:
            call = {"id": question, "function": name, "names": list(named), "form": form, "words": values.words}
            packet = pack(call, values.numbers)
        else:  # the same by hand: this is called many times
            text = f'{start}, "names": [], "form": "{form}"}}'.encode("ascii")
            packet = b"".join([struct.pack(">I", len(text)), text, *values.numbers])
        if packet not in known:
            channel.send(packet)
            message, data = receive(channel)
            if "failed" in message:
                raise ValueError(message["failed"])
            known[packet] = message["form"], data
        return values_in(*known[packet])[0]

    ask_the_grader.__name__ = name
    return ask_the_grader


# ---------------------------------------------------------------------------------------------------------
# Walls: what to do is decided by the grader (walls.py); here it is only done

_libc = ctypes.CDLL(None, use_errno=True)
_LANDLOCK_CREATE_RULESET, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT_SELF = 444, 445, 446
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)  # fmt: skip
_READ, _READ_DIR = 1 << 2, 1 << 3
# Below the scratch folder: plain files and folders, no links, sockets, pipes or devices.
_WRITE_BELOW = 1 << 1 | _READ | _READ_DIR | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 14


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def die_with_parent() -> None:
    """Be killed when the parent ends, however it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def enter_namespaces(as_root: bool) -> None:
    """Leave the machine's users, processes, network, mounts and IPC behind; returns as process 1 of a new world."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
    _check(_libc.unshare(flags if as_root else flags | CLONE_NEWUSER), "unshare")
    if not as_root:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w") as stream:  # noqa: PTH123
                stream.write(text)
    _check(_libc.mount(None, b"/", None, 0x44000, None), "mount")  # MS_REC | MS_PRIVATE: nothing gets out
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    die_with_parent()


def mount_scratch(path: str, size: int) -> None:
    """A small file system in memory for one submission's files."""
    _check(
        _libc.mount(b"scratch", path.encode(), b"tmpfs", 6, f"size={size},nr_inodes=1024,mode=0777".encode()), "mount"
    )


def open_to_others(folder: str, kept: Sequence[str]) -> None:
    """Put a folder in the place of one that another user cannot enter; in it only those below it that are `kept`."""
    descriptors = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in kept]
    _check(_libc.mount(b"kept", folder.encode(), b"tmpfs", 6, b"size=64k,nr_inodes=256,mode=0755"), "mount")
    before = os.umask(0o022)
    for path, descriptor in zip(kept, descriptors):  # noqa: B905 - as many as there are
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
        source = f"/proc/self/fd/{descriptor}".encode()
        _check(_libc.mount(source, path.encode(), None, 0x5000, None), "mount")  # MS_BIND | MS_REC
        os.close(descriptor)
    os.umask(before)


def open_ruleset(plan: dict[str, Any]) -> int:
    """A Landlock ruleset that handles every kind of file access and allows reading where the plan says."""
    handled = struct.pack("<QQQ", plan["handled"], 0, 0)[
        : 8 if plan["landlock"] < 4 else 16 if plan["landlock"] < 6 else 24
    ]
    ruleset = _check(_libc.syscall(_LANDLOCK_CREATE_RULESET, handled, len(handled), 0), "landlock")
    for path in plan["readable"]:
        allow(ruleset, path, _READ | _READ_DIR if os.path.isdir(path) else _READ)  # noqa: PTH112
    return ruleset


def allow(ruleset: int, path: str, access: int) -> None:
    """Allow `access` below `path`."""
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("<Qi", access, descriptor)
        _check(_libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0), f"landlock rule for {path}")
    finally:
        os.close(descriptor)


class InnerWalls:
    """The walls that a student process raises around itself; made ready before the fork."""

    def __init__(self, plan: dict[str, Any], ruleset: int) -> None:
        self.uid, self.ruleset = plan["uid"], ruleset
        self.rlimits = [(int(getattr(resource, name)), (value, value)) for name, value in plan["rlimits"].items()]
        program = bytes.fromhex(plan["seccomp"])
        self._program = ctypes.create_string_buffer(program, len(program))
        self.filter = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(self._program)) if program else b""

    def raise_them(self) -> None:
        """In the order in which each still can be raised."""
        for limit, values in self.rlimits:
            resource.setrlimit(limit, values)
        if self.uid:
            os.setgroups([])
            os.setresgid(self.uid, self.uid, self.uid)
            os.setresuid(self.uid, self.uid, self.uid)
        _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        die_with_parent()
        _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        if self.ruleset >= 0:
            _check(_libc.syscall(_LANDLOCK_RESTRICT_SELF, self.ruleset, 0), "landlock")
            os.close(self.ruleset)
        if self.filter:
            _check(_libc.prctl(_PR_SET_SECCOMP, 2, self.filter, 0, 0), "seccomp")


# ---------------------------------------------------------------------------------------------------------
# The host: has loaded NumPy and nothing else of interest, and forks a student process for each submission


class Host:
    """Answers the grader's orders: `open` a student process (its channel comes along), `close` it and clean up."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.plan, _ = receive(control)
        self.student = 0
        self.status = 0
        self.untouched = 0
        if self.plan["namespaces"]:
            enter_namespaces(os.geteuid() == 0)
        for folder, kept in self.plan["closed"].items():
            open_to_others(folder, kept)
        if self.plan["mount"]:
            self._mount()
        self.ruleset = open_ruleset(self.plan) if self.plan["landlock"] else -1
        self.walls = InnerWalls(self.plan, self.ruleset)
        self.namespace = new_namespace(self.plan["inert"])  # each student process has its own copy
        self.control.send(pack({"ready": os.getpid()}))

    def run(self) -> None:
        """Obey until the grader is gone; then leave no process behind."""
        while True:
            data, descriptors, _, _ = socket.recv_fds(self.control, MAX_PACKET, 1)
            if not data:
                self.close()
                return
            order, _ = unpack(data)
            if order["do"] == "open":
                self.open(descriptors[0])
            else:
                self.close()
            self.control.send(pack({"done": order["do"], "status": self.status}))

    def open(self, descriptor: int) -> None:
        """Fork a student process that speaks on `descriptor`."""
        if self.plan["scratch"] and self.ruleset >= 0:
            allow(self.ruleset, self.plan["scratch"], self.plan["handled"] & _WRITE_BELOW)
        self.student = _fork()
        if self.student == 0:
            try:
                self._become_student(descriptor)
            finally:
                os._exit(1)
        os.close(descriptor)

    def _mount(self) -> None:
        mount_scratch(self.plan["scratch"], self.plan["scratch_bytes"])
        self.untouched = os.stat(self.plan["scratch"]).st_ctime_ns  # noqa: PTH116 - also of what was deleted again

    def _become_student(self, descriptor: int) -> None:
        channel = socket.socket(fileno=os.dup(descriptor))
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        keep = sorted({0, 1, 2, channel.fileno(), max(self.ruleset, 0)})
        for low, high in zip(keep, [*keep[1:], 65536]):  # noqa: B905 - Python 3.10 has no pairwise default
            if high > low + 1:
                os.closerange(low + 1, high)
        os.chdir(self.plan["scratch"] or "/")
        try:
            self.walls.raise_them()
        except Exception as error:  # noqa: BLE001 - whatever it is, a wall is missing
            channel.send(pack({"walls": error_words(error)}))
            return
        channel.send(pack({"walls": ""}))
        serve(channel, self.namespace, _nothing if self.plan["namespaces"] else die_with_parent)

    def close(self) -> None:
        """Kill the student process and all that it left, and empty its folder."""
        if self.student:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.student, signal.SIGKILL)
            self._kill_the_rest()
            _, self.status = os.waitpid(self.student, 0)  # of one that had ended before, how it did
            self.student = 0
            while True:
                try:
                    os.waitpid(-1, 0)
                except ChildProcessError:
                    break
        if self.plan["mount"] and os.stat(self.plan["scratch"]).st_ctime_ns != self.untouched:  # noqa: PTH116
            _check(_libc.umount2(self.plan["scratch"].encode(), 2), "umount")  # MNT_DETACH
            self._mount()
        elif self.plan["scratch"] and not self.plan["mount"]:
            for name in os.listdir(self.plan["scratch"]):  # noqa: PTH208
                path = f"{self.plan['scratch']}/{name}"
                shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else os.unlink(path)  # noqa: PTH108, PTH112

    def _kill_the_rest(self) -> None:
        """Processes that moved out of the student process's family: all of this world, or all of this uid."""
        if self.plan["namespaces"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        elif self.plan["uid"]:
            pid = os.fork()
            if pid == 0:
                os.setresuid(self.plan["uid"], self.plan["uid"], self.plan["uid"])
                with contextlib.suppress(ProcessLookupError):
                    os.kill(-1, signal.SIGKILL)
                os._exit(0)
            os.waitpid(pid, 0)


def _nothing() -> None:
    """What there is to do in a fork where the namespaces end with their first process."""


def warm_up() -> None:
    """Go once through all that a student process does, so that what is made on first use is made before any fork."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    namespace = new_namespace(())
    source = "import numpy as np\ndef f(x, W):\n    return 1 / (1 + np.exp(-(W.T @ x))), x @ x, np.outer(x, x)"
    run_cell(source, namespace, 1, 9)
    values = Values()
    form = " ".join(values.form((np.ones(2), np.ones((2, 2)))) for _ in range(3))
    question = {"id": "", "function": "f", "form": form, "replaced": [], "seconds": 9.0, "report": True}
    ours.send(pack(question, values.numbers))
    _answer(theirs, namespace, *receive(theirs))
    ours.close()
    theirs.close()


# Names that NumPy 2 took away, for notebooks written with the 1.26 that students may have.
OLD_NAMES = {
    "float_": "float64", "complex_": "complex128", "Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf",
    "NaN": "nan", "product": "prod", "cumproduct": "cumprod", "alltrue": "all", "sometrue": "any", "round_": "round",
    "mat": "asmatrix", "row_stack": "vstack",
}  # fmt: skip


def give_old_names() -> None:
    """What worked with the oldest NumPy that students may have works in grading, too."""
    for old, new in OLD_NAMES.items():
        if old not in vars(np):
            setattr(np, old, getattr(np, new))


def forget_packages() -> None:
    """What is installed beside NumPy cannot be opened behind the walls: to a student it is not there."""
    library = os.path.dirname(os.__file__)  # noqa: PTH120
    sys.path[:] = [library, f"{library}/lib-dynload"]
    sys.meta_path[:] = [
        find for find in sys.meta_path if getattr(find, "__module__", "").startswith("_frozen_importlib")
    ]


def main() -> None:
    """Started by the grader with the control channel's descriptor."""
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            __import__(name)
    give_old_names()
    forget_packages()
    control = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent()
    host = Host(control)
    warm_up()
    gc.collect()
    gc.freeze()  # what is here stays: forks then write to fewer pages
    host.run()


# What students import most; loaded once, so that it need not be read from disk behind the walls. No more than that:
# each megabyte makes every fork slower.
PRELOADED = """
math cmath random functools itertools collections typing dataclasses enum copy time datetime string operator abc
warnings textwrap pprint timeit inspect traceback csv heapq bisect array weakref fractions unicodedata
""".split()  # noqa: SIM905

if __name__ == "__main__":
    main()
