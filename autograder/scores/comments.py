"""The comment that a student reads; its mark tells what is already there, so that it is never added twice."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable
from decimal import Decimal

from autograder.scores.decimals import rounded, shown
from autograder.scores.grades import GradeRow, Part

HEAD = "Autograder:"
_MARK = r"\[autograder [0-9a-f]{8}\]"
_OURS = re.compile(rf"\s*(?:<p>)?{HEAD}(?:(?!{HEAD}).)*?{_MARK}(?:</p>)?\s*", re.DOTALL)


def mark(*parts: str) -> str:
    """A short mark for a comment: the same for the same content, so that a second run finds it."""
    return f"[autograder {hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:8]}]"


def comment_text(row: GradeRow, score: Decimal, maximum: Decimal, lms_maximum: Decimal, places: int, detail: str,
                 extra: str = "") -> str:  # fmt: skip
    """The comment for one submission: the score, and for `detail` "steps" what each question and step earned.

    With "words" also what came back where a step lost its points, and the hint.

    `extra` goes into the mark: what else is sent with the comment.
    """
    assert row.points is not None
    head = f"{HEAD} {shown(rounded(row.points, places))} of {shown(maximum)} points"
    if maximum != lms_maximum:
        head += f" (here: {shown(score)} of {shown(lms_maximum)})"
    lines = [head]
    if not row.completed:
        lines.append(f"Not graded completely: {row.status}")
    if detail in {"steps", "words"}:
        lines += [_question(question, row.steps, places) for question in row.questions]
    if detail == "words":
        lost = [step for step in row.steps if step.earned < step.points and step.words]
        lines += [f"{step.name}: {_no_mark(step.words)}" for step in lost]
    text = "\n".join(lines)
    return f"{text}\n{mark(text, extra)}"


def _question(question: Part, steps: Iterable[Part], places: int) -> str:
    line = f"{question.name}: {_of(question, places)}"
    own = [step for step in steps if step.name.split(".")[0] == question.name]
    lost = [step for step in own if step.earned < step.points]
    if lost and len(own) > 1:
        line += " (" + ", ".join(f"{step.name.partition('.')[2]} {_of(step, places)}" for step in lost) + ")"
    return line


def _no_mark(words: str) -> str:
    """Words of a student's code, which must not look like a mark or a comment of ours."""
    return re.sub(r"autograder", "auto-grader", words, flags=re.IGNORECASE)


def _of(part: Part, places: int) -> str:
    return f"{shown(rounded(part.earned, places))} of {shown(part.points)}"


def mark_of(comment: str) -> str:
    """The mark at the end of a comment of ours."""
    found = re.findall(_MARK, comment)
    return found[-1] if found else ""


def holds(comments: Iterable[str] | None, comment: str) -> bool:
    """Whether `comment` stands among the LMS's comments, however the LMS formats them."""
    wanted = mark_of(comment)
    return any(wanted in text for text in comments or ())


def joined(existing: str, ours: str) -> str:
    """For an LMS with one comment field: a teacher's words stay, an older comment of ours goes."""
    kept = _OURS.sub("\n", existing).strip()
    return f"{kept}\n\n{ours}" if kept else ours


def as_html(text: str) -> str:
    """Plain text as an HTML paragraph."""
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br>") + "</p>"
