"""A derivation as data: named values, and how each follows from others by parameter name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Value:
    """One named value of the derivation; `parents` are the names it follows from."""

    name: str
    parents: tuple[str, ...]
    function: Callable[..., Any]


class Derivation:
    """The computational graph of an assignment.

    Declared with a decorator: a function's name is the value's name, its parameters are the edges.

    >>> network = Derivation()
    >>> @network.value
    ... def f_in(u, z_out, c): return u @ z_out + c
    """

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}

    def value(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Add `function` as the value of the same name; return it unchanged."""
        name = function.__name__
        if name in self.values:
            raise ValueError(f"the value {name!r} is declared twice")
        self.values[name] = Value(name, tuple(inspect.signature(function).parameters), function)
        return function

    def resolve(self, name: str, known: Mapping[str, Any]) -> Any:
        """The value `name` as it follows from `known`.

        A name in `known` is taken from there; any other follows from its own parents.

        Raises
        ------
        KeyError : a needed name is neither known nor declared
        """
        return self._resolve(name, dict(known))

    def follow(self, name: str, known: Mapping[str, Any]) -> Any:
        """Like `resolve`, but `name` itself is computed even where `known` holds it."""
        return self._resolve(name, {key: value for key, value in known.items() if key != name})

    def ancestors(self, name: str) -> frozenset[str]:
        """All names that `name` follows from, directly or through others."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            value = self.values.get(waiting.pop())
            for parent in value.parents if value else ():
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return frozenset(found)

    def _resolve(self, name: str, memory: dict[str, Any]) -> Any:
        if name not in memory:
            value = self.values[name]
            memory[name] = value.function(*(self._resolve(parent, memory) for parent in value.parents))
        return memory[name]


def pick(derivation: Derivation, names: Iterable[str], known: Mapping[str, Any]) -> dict[str, Any]:
    """Resolve several names from the same known values."""
    memory = dict(known)
    return {name: derivation._resolve(name, memory) for name in names}
