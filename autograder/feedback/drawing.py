"""Draws the chain as SVG: a student's, with the state of each link, or a class's, with its success rates.

Colours and fonts are the style sheet's; states differ in shape and mark, too. Coordinates are whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from autograder.checking.question import Rubric
from autograder.checking.result import StepResult
from autograder.feedback import symbols
from autograder.feedback.chain import Node, chain
from autograder.feedback.words import STATE_WORDS, State, broken_words, first_broken, state_of

COLUMN, ROW = 120, 86
HALF_WIDTH, HALF_HEIGHT = 45, 29
LEFT, TOP = 52, 72
MOST_GIVEN = 4
_WORST: tuple[State, ...] = ("wrong", "not reached", "follows", "right")

# A node's outline by state, and its mark, which the page's list uses, too.
_H, _V = HALF_WIDTH, HALF_HEIGHT
_CUT = f"M{-_H + 12} {-_V}H{_H - 12}L{_H} {-_V + 12}V{_V - 12}L{_H - 12} {_V}H{-_H + 12}L{-_H} {_V - 12}V{-_V + 12}Z"
_BOX = f'x="{-_H}" y="{-_V}" width="{2 * _H}" height="{2 * _V}"'
_INNER = f'x="{-_H + 4}" y="{-_V + 4}" width="{2 * _H - 8}" height="{2 * _V - 8}"'
_AT = f'x="{_H - 8}" y="{-_V + 6}"'
DEFINITIONS = Markup(
    '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="hatch-ground" width="7" height="7"/><path class="hatch-line" d="M0 0V7"/></pattern>'
    '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="tip" d="M0 1L7 4L0 7Z"/></marker>'
    '<marker id="tip-broken" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="5" markerHeight="5" orient="auto">'
    '<path class="tip-broken" d="M0 1L7 4L0 7Z"/></marker>'
    '<g id="m-right" class="m right"><circle r="9"/><path d="M-4 0L-1 3L4 -3"/></g>'
    '<g id="m-follows" class="m follows"><rect x="-8" y="-8" width="16" height="16" rx="3"/>'
    '<path d="M-4 3C-4 -3 2 -4 4 1M4 1L1 0M4 1L5 -3"/></g>'
    '<g id="m-wrong" class="m wrong"><path class="plate" d="M-4 -9H4L9 -4V4L4 9H-4L-9 4V-4Z"/>'
    '<path d="M-4 -4L4 4M4 -4L-4 4"/></g>'
    '<g id="m-not-reached" class="m not-reached"><circle r="9"/><path d="M-4 0H4"/></g>'
    f'<g id="s-right" class="s right"><rect {_BOX} rx="14"/><use href="#m-right" {_AT}/></g>'
    f'<g id="s-follows" class="s follows"><rect {_BOX} rx="4"/><rect class="inner" {_INNER} rx="2"/>'
    f'<use href="#m-follows" {_AT}/></g>'
    f'<g id="s-wrong" class="s wrong"><path d="{_CUT}"/><use href="#m-wrong" {_AT}/></g>'
    f'<g id="s-not-reached" class="s not-reached"><rect {_BOX} rx="14"/><use href="#m-not-reached" {_AT}/></g>'
)


@dataclass(frozen=True)
class _Placed:
    node: Node
    x: int
    y: int
    inside: Markup
    incoming: tuple[str, ...]


class Drawing:
    """The graph of one assignment, laid out once and drawn for many."""

    def __init__(self, rubric: Rubric) -> None:
        nodes = chain(rubric)
        at = {node.step: (LEFT + round(COLUMN * node.column), TOP + round(ROW * node.row)) for node in nodes}
        headings = [
            (LEFT - HALF_WIDTH + round(COLUMN * x), TOP + round(ROW * y), text) for x, y, text in rubric.layout.headings
        ]
        self.width = max((x for x, _ in at.values()), default=0) + LEFT
        self.height = max((y for _, y in at.values()), default=0) + HALF_HEIGHT + 24
        self._placed = [
            _Placed(
                node,
                *at[node.step],
                _inside(node),
                tuple(_edge(at[p], at[node.step], at.values()) for p in node.parents),
            )
            for node in nodes
        ]
        edges = "".join(f"<path d='{curve}'/>" for placed in self._placed for curve in placed.incoming)
        self._nodes: dict[tuple[str, ...], str] = {}
        self._edges = Markup(f'<g class="edges">{edges}</g>')
        self._headings = Markup("").join(
            Markup('<text class="lane" x="{}" y="{}">{}</text>').format(x, y, text) for x, y, text in headings
        )

    @property
    def open(self) -> Markup:
        """The start of the drawing up to its title."""
        return Markup('<svg class="chain" viewBox="0 0 {} {}" role="group" aria-labelledby="chain-title">').format(
            self.width, self.height
        )

    def of_student(self, steps: Mapping[str, StepResult]) -> Markup:
        """One student's chain; each node leads to its step's line in the page."""
        broken = first_broken(steps.values())
        nodes, flag = [], ""
        for placed in self._placed:
            ids = placed.node.marked_by
            states = [state_of(steps[step]) for step in ids]
            state = states[0] if len(ids) == 1 else min(states, key=_WORST.index)
            if broken is not None and broken.step in ids:
                flag = self._flag(placed, broken_words(broken))
                nodes.append(self._node(placed, state, broken.step, broken_words(broken)))
            else:
                nodes.append(self._node(placed, state, ids[0], ""))
        title = Markup("<title id='chain-title'>The chain, link by link</title>")
        return (
            self.open + title + Markup("<defs>{}</defs>").format(DEFINITIONS) + self._headings + self._edges
            + Markup("".join(nodes) + flag + "</svg>")
        )  # fmt: skip

    def of_class(self, shares: Mapping[str, float], worst: str, flag: str) -> Markup:
        """A class's chain: each node filled as far as the class's share of its points, from 0 to 1.

        `worst` is the step where most chains break first, and `flag` says how many; "" for none.
        """
        nodes, flagged = [], ""
        for placed in self._placed:
            share = sum(shares[step] for step in placed.node.marked_by) / len(placed.node.marked_by)
            if worst in placed.node.marked_by:
                flagged = self._flag(placed, flag)
            percent = f"{100 * share:.0f} %"
            nodes.append(
                Markup(
                    '<a href="#step-{}" transform="translate({} {})"><title>{}: {} of the points</title>'
                    '<rect class="track" {} rx="8"/><rect class="filled" x="{}" y="{}" width="{}" height="6"/>'
                    '{}<text class="given small" y="17">{}</text></a>'
                ).format(
                    placed.node.step, placed.x, placed.y, symbols.plain(placed.node.symbol), percent, Markup(_BOX),
                    -HALF_WIDTH + 5, HALF_HEIGHT - 10, round((2 * HALF_WIDTH - 10) * share),
                    symbols.svg(placed.node.symbol, -11), percent,
                )
            )  # fmt: skip
        title = Markup("<title id='chain-title'>The chain, and how much of each link the class has right</title>")
        return (
            self.open + title + Markup("<defs>{}</defs>").format(DEFINITIONS) + self._headings + self._edges
            + Markup("").join(nodes) + Markup(flagged) + Markup("</svg>")
        )  # fmt: skip

    def _node(self, placed: _Placed, state: State, target: str, first: str) -> str:
        key = placed.node.step, state, target, first
        if key not in self._nodes:
            name = escape(symbols.plain(placed.node.symbol))
            self._nodes[key] = (
                f'<a href="#{escape(target)}" transform="translate({placed.x} {placed.y})">'
                f"<title>{name}: {STATE_WORDS[state]}{', ' + first if first else ''}</title>"
                f'<use href="#s-{state.replace(" ", "-")}"/>{placed.inside}</a>'
            )
        return self._nodes[key]

    def _flag(self, placed: _Placed, text: str) -> str:
        """The broken link: its edges, a ring around it, and what to call it."""
        half = 4 + round(3.4 * len(text))
        edges = "".join(f'<path d="{curve}"/>' for curve in placed.incoming)
        return (
            f'<g class="broken" aria-hidden="true"><g class="broken-edges">{edges}</g>'
            f'<g transform="translate({placed.x} {placed.y})"><rect class="ring" x="{-HALF_WIDTH - 5}" '
            f'y="{-HALF_HEIGHT - 5}" width="{2 * HALF_WIDTH + 10}" height="{2 * HALF_HEIGHT + 10}" rx="16"/>'
            f'<rect class="flag" x="{-half}" y="{HALF_HEIGHT - 2}" width="{2 * half}" height="18" rx="9"/>'
            f'<text class="flag-words" y="{HALF_HEIGHT + 11}">{escape(text)}</text></g></g>'
        )


def _inside(node: Node) -> Markup:
    """Its symbol, and below it the inputs that are given."""
    if not node.given:
        return symbols.svg(node.symbol, 0)
    given = ", ".join(symbols.plain(symbol) for symbol in node.given[:MOST_GIVEN])
    more = ", …" if len(node.given) > MOST_GIVEN else ""
    return symbols.svg(node.symbol, -8) + Markup('<text class="given" y="22">{}</text>').format(given + more)


def _edge(start: tuple[int, int], end: tuple[int, int], boxes: Iterable[tuple[int, int]]) -> str:
    """An edge from one node's rim to another's; on its way over other columns it keeps between their boxes."""
    (x1, y1), (x2, y2) = start, end
    if x1 == x2:
        way = 1 if y2 > y1 else -1
        return f"M{x1} {y1 + way * HALF_HEIGHT}V{y2 - way * (HALF_HEIGHT + 2)}"
    way = 1 if x2 > x1 else -1
    crossed = [(x, y) for x, y in boxes if way * x1 < way * x < way * x2]
    x1, x2 = x1 + way * HALF_WIDTH, x2 - way * (HALF_WIDTH + 2)
    between = ROW // 2  # half way to a box one row on
    heights = {y1, y2} | {y + side * between for _, y in crossed for side in (-1, 1)}
    free = [height for height in heights if all(abs(y - height) > HALF_HEIGHT for _, y in crossed)]
    if not crossed or not free:
        return f"M{x1} {y1}{_bend(x1, y1, x2, y2)}"
    height = min(free, key=lambda height: (abs(height - y1) + abs(height - y2), height))
    near, far = sorted((min(x for x, _ in crossed) - HALF_WIDTH, max(x for x, _ in crossed) + HALF_WIDTH))[::way]
    return f"M{x1} {y1}{_bend(x1, y1, near, height)}H{far}{_bend(far, height, x2, y2)}"


def _bend(x1: int, y1: int, x2: int, y2: int) -> str:
    """A curve that leaves and arrives sideways."""
    bend = max(24, abs(x2 - x1) // 2) * (1 if x2 > x1 else -1)
    return f"C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
