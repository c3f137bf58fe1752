"""Writes a symbol such as "∂f_{out} / ∂f_{in}" as plain text, HTML or SVG."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup, escape

_INDEX = re.compile(r"_\{([^}]*)\}")
LONG = 9  # letters that fit a node at full size


def plain(symbol: str) -> str:
    """For a title or a terminal: "∂f_out/∂f_in"."""
    return _INDEX.sub(r"_\1", symbol).replace(" / ", "/")


@cache
def html(symbol: str) -> Markup:
    """In a line of text, with indices set low."""
    return Markup(_INDEX.sub(r"<sub>\1</sub>", str(escape(symbol.replace(" / ", "/")))))


@cache
def svg(symbol: str, y: int) -> Markup:
    """Centred at (0, y), a fraction stacked over its line."""
    top, slash, bottom = symbol.partition(" / ")
    if not slash:
        return _line(symbol, y + 5)
    width = 7 * max(len(plain(top)), len(plain(bottom))) // 2 + 2
    rule = Markup('<path class="rule" d="M{} {}H{}"/>').format(-width, y, width)
    return _line(top, y - 7, "fraction") + rule + _line(bottom, y + 13, "fraction")


def _line(symbol: str, y: int, kind: str = "") -> Markup:
    kind = kind or ("long" if len(plain(symbol)) > LONG else "")
    spans = Markup("")
    for number, part in enumerate(_INDEX.split(symbol)):
        if not part:
            continue
        if number % 2:
            spans += Markup('<tspan class="sub" dy="4">{}</tspan>').format(part)
        elif number:
            spans += Markup('<tspan dy="-4">{}</tspan>').format(part)
        else:
            spans += escape(part)
    return Markup('<text class="sym {}" y="{}">{}</text>').format(kind, y, spans)
