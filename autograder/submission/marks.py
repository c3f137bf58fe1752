"""What marks our cells in an nbgrader notebook: the line that says which question a test cell is for."""

from __future__ import annotations

import re

STUB = "autograder_stub"  # in an answer cell's metadata: what stands in the release in place of the solution region
_MODULE = "autograder.platforms.nbgrader.hidden"
_LINE = re.compile(r'^question_points\("(\w+)", "(\w+)", globals\(\)\)$', re.MULTILINE)


def hidden_test(assignment: str, question: str) -> list[str]:
    """The lines of a test cell's hidden test."""
    return [f"from {_MODULE} import question_points", f'question_points("{assignment}", "{question}", globals())']


def asked_by(source: str) -> tuple[str, str] | None:
    """The assignment and the question that a test cell's source is for; None where it is none of ours."""
    found = _LINE.search(source)
    return (found[1], found[2]) if found and _MODULE in source else None
