"""How a derivation's graph is drawn, as data; what follows from what is not said here but by the derivation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Layout:
    """Places and symbols.

    Parameters
    ----------
    spots : by step id, the (column, row) where it stands, from (0, 0) at the top left; fractions stand between
    symbols : by a value's name or a step's id, how it is written: "z_{in}" has an index, "a / b" is a fraction
    headings : (column, row, text) of words above a part of the graph
    """

    spots: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    headings: tuple[tuple[float, float, str], ...] = ()
