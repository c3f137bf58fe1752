"""Which names may a student's function use? Told from the source alone, and rather too many than too few."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import CodeType

from autograder.submission.compiled import compiled, once_a_class

# With these a name can be reached without being written down.
_REFLECTION = {"globals", "locals", "vars", "eval", "exec", "getattr", "__dict__", "__globals__", "__import__"}
_WORD = re.compile(r"[^\W\d]\w*")


class Uses:
    """Answers whether a function may use other ones, directly or through what it uses.

    A function is linked to every name and word in it, and what stands at the top of a cell links all its names to
    each other; what a function may use is all that can be reached over such links. A cell that is no Python links
    everything.

    >>> Uses(["def f(x): return g(x)", "def g(x): return x", "def h(x): return x"])("f", ["g"])
    True
    """

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = cells
        self._links: dict[str, set[str]] | None = None
        self._everything = False

    def __call__(self, function: str, names: Iterable[str]) -> bool:
        """Whether `function` may use any of `names` (itself aside)."""
        links = self._read()
        if self._everything:
            return True
        reached, waiting = {function}, [function]
        while waiting:
            for name in links.get(waiting.pop(), ()):
                if name not in reached:
                    reached.add(name)
                    waiting.append(name)
        return bool(reached & _REFLECTION) or any(name in reached for name in names if name != function)

    def _read(self) -> dict[str, set[str]]:
        if self._links is None:
            self._links = {}
            try:
                for cell in self._cells:
                    for name, words in once_a_class(_links_of, cell).items():
                        self._links.setdefault(name, set()).update(words)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._everything = True
        return self._links


def _links_of(cell: str) -> dict[str, set[str]]:
    _, top = compiled(cell)
    links: dict[str, set[str]] = {}
    words = set(top.co_names) | _words_in_texts(top.co_consts)
    for part in top.co_consts:
        if isinstance(part, CodeType) and part.co_name.isidentifier():
            links.setdefault(part.co_name, set()).update(_words(part))
        elif isinstance(part, CodeType):  # a lambda or a comprehension
            words |= _words(part) | _words_in_texts(part.co_consts)
    for name in words:
        links.setdefault(name, set()).update(words)
    return links


def _words(code: CodeType) -> set[str]:
    """Every name in a function or class, with what stands inside it, and every word of its texts but the docstring."""
    found = {*code.co_names, *code.co_freevars, *_words_in_texts(code.co_consts[1:])}
    for part in code.co_consts:
        if isinstance(part, CodeType):
            found |= _words(part)
    return found


def _words_in_texts(constants: Iterable[object]) -> set[str]:
    return {word for text in constants if isinstance(text, str) for word in _WORD.findall(text)}
