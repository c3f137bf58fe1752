"""Charts of a class as SVG: each has a title, a description in words, and shapes that are told apart in grey."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from autograder.feedback.class_figures import MisconceptionFigures, StepFigures
from autograder.feedback.words import STATE_WORDS, STATES

WIDTH = 480
ROW = 22
LABELS = 150
_FILLS = {"right": "bar-right", "follows": "bar-follows", "wrong": "bar-wrong", "not reached": "bar-not-reached"}


def score_chart(bins: Sequence[tuple[float, float, int]]) -> Markup:
    """Students by score, as columns."""
    height, floor, left = 190, 158, 10
    most = max((students for _, _, students in bins), default=0)
    wide = (WIDTH - 2 * left) / max(1, len(bins))
    parts = []
    for i, (low, _, students) in enumerate(bins):
        x = round(left + i * wide)
        tall = round(124 * students / most) if most else 0
        middle = x + round(wide / 2)
        parts.append(
            Markup('<rect class="bar-plain" x="{}" y="{}" width="{}" height="{}"/>').format(
                x + 1, floor - tall, round(wide) - 2, tall
            )
        )
        if students:
            parts.append(_text(middle, floor - tall - 5, f"{students}", "middle"))
        if len(bins) <= 10 or i % 5 == 0:
            parts.append(_text(x + 1, floor + 16, f"{low:g}", "start", "soft"))
    if bins:
        parts.append(_text(WIDTH - left, floor + 16, f"{bins[-1][1]:g}", "end", "soft"))
    parts.append(Markup('<path class="axis" d="M{} {}H{}"/>').format(left, floor, WIDTH - left))
    parts.append(_text(WIDTH // 2, height - 2, "points", "middle", "soft"))
    said = "; ".join(f"{low:g} to {high:g} points: {n}" for low, high, n in bins if n) or "nobody was graded"
    return _chart("scores", "Students by score", said + ".", height, parts)


def step_chart(steps: Sequence[StepFigures]) -> Markup:
    """Each step along the chain: how many have it right, right from a slip, wrong, not reached."""
    parts, wide = [], WIDTH - LABELS - 56
    students = max((sum(step.states.values()) for step in steps), default=0)
    for row, step in enumerate(steps):
        y = row * ROW + 6
        parts.append(_text(LABELS - 8, y + 12, step.step, "end"))
        x = LABELS
        below = 0
        for state in STATES:
            below += step.states[state]
            end = LABELS + (round(wide * below / students) if students else 0)
            if end > x:
                parts.append(
                    Markup('<rect class="{}" x="{}" y="{}" width="{}" height="16"/>').format(
                        _FILLS[state], x, y, end - x
                    )
                )
            x = end
        parts.append(_text(WIDTH - 4, y + 12, f"{100 * step.success:.0f} %", "end"))
    said = "; ".join(f"{s.step}: {100 * s.success:.0f} % have its points" for s in steps)
    return _chart("steps-chart", "Success along the chain", said + ".", len(steps) * ROW + 10, parts)


def misconception_chart(found: Sequence[MisconceptionFigures], most: int = 12) -> Markup:
    """The most frequent misconceptions by how many students show each."""
    shown = found[:most]
    top = max((m.students for m in shown), default=1)
    parts = []
    for row, m in enumerate(shown):
        y = row * 40 + 4
        parts.append(_text(0, y + 12, _short(m.name), "start"))
        parts.append(
            Markup('<rect class="bar-wrong" x="0" y="{}" width="{}" height="12"/>').format(
                y + 18, max(2, round((WIDTH - 60) * m.students / top))
            )
        )
        parts.append(_text(max(2, round((WIDTH - 60) * m.students / top)) + 8, y + 29, f"{m.students}", "start"))
    said = "; ".join(f"{m.name}: {m.students}" for m in shown)
    return _chart("ideas-chart", "Misconceptions by students", said + ".", len(shown) * 40 + 6, parts)


def legend() -> list[tuple[str, str]]:
    """The bars' kinds and what they mean."""
    return [(_FILLS[state], STATE_WORDS[state]) for state in STATES]


PATTERNS = Markup(
    '<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="bar-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect class="bar-wrong-ground" width="6" height="6"/><path class="bar-wrong-line" d="M0 0V6"/></pattern>'
    '<pattern id="bar-dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect class="bar-follows-ground" width="6" height="6"/><circle class="bar-follows-dot" cx="3" cy="3" r="1"/>'
    "</pattern></defs></svg>"
)


def _chart(name: str, title: str, description: str, height: int, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{n}-title {n}-desc">'
        '<title id="{n}-title">{t}</title><desc id="{n}-desc">{d}</desc>{p}</svg>'
    ).format(w=WIDTH, h=height, n=name, t=title, d=description, p=Markup("").join(parts))


def _text(x: int, y: int, text: str, anchor: str, kind: str = "") -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>').format(x, y, anchor, kind, text)


def _short(text: str) -> str:
    return text if len(text) <= 62 else text[:61] + "…"
