"""The hidden test of a test cell: what `nbgrader validate` runs on the instructor's own notebook."""

from __future__ import annotations

import os
from typing import Any

from autograder.checking.engine import grade
from autograder.course import load_assignment, load_settings
from autograder.errors import UserError
from autograder.student.in_process import InProcessStudent


def question_points(assignment: str, question: str, namespace: dict[str, Any]) -> float:
    """Points of one question for the functions in `namespace`, as nbgrader's partial score.

    Only for the instructor's own notebook: there is no wall around it.

    Raises
    ------
    UserError : nbgrader runs it to grade a submission, so `configure` is missing in the course's configuration
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        raise UserError(
            f"{assignment} is not graded by running its cells: nbgrader_config.py must call "
            "autograder.platforms.nbgrader.configure(c)"
        )
    student = InProcessStudent([], inert_modules=load_settings(assignment).imports.inert)
    student.namespace = namespace
    return float(grade(load_assignment(assignment), student).by_question()[question])
