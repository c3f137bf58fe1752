"""What the course's side says of a notebook: whether it is one of our assignments, and its cells.

Read from nbgrader's gradebook, where `nbgrader generate_assignment` put them; nothing that a student hands in is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nbgrader.api import Gradebook, MissingEntry

from autograder.checking.question import Assignment
from autograder.course import load_assignment
from autograder.errors import UserError
from autograder.submission.marks import asked_by


@dataclass(frozen=True)
class CourseCell:
    """A cell that nbgrader keeps: an answer cell, a test cell, or locked text.

    Parameters
    ----------
    name : nbgrader's grade_id
    source : the instructor's text, hidden tests included; of an answer cell the stub
    max_score : None unless it is a test cell
    question : the question that a test cell is for, else ""
    """

    name: str
    cell_type: str
    locked: bool
    solution: bool
    source: str
    checksum: str
    max_score: float | None = None
    question: str = ""

    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of the cell, as its schema 3 has them."""
        points = {} if self.max_score is None else {"points": self.max_score}
        return {
            "schema_version": 3,
            "grade": self.max_score is not None,
            "grade_id": self.name,
            "locked": self.locked,
            "solution": self.solution,
            "task": False,
            "cell_type": self.cell_type,
            "checksum": self.checksum,
            **points,
        }


@dataclass(frozen=True)
class CourseNotebook:
    """One of our notebooks in the course: which assignment it is, and its cells in order."""

    assignment: str
    cells: tuple[CourseCell, ...]

    @cached_property
    def by_name(self) -> Mapping[str, CourseCell]:
        """The cells by nbgrader's grade_id."""
        return {cell.name: cell for cell in self.cells}

    @property
    def tests(self) -> tuple[CourseCell, ...]:
        """The test cells."""
        return tuple(cell for cell in self.cells if cell.max_score is not None)


def find_notebook(gradebook: Gradebook, assignment_id: str, notebook_id: str) -> CourseNotebook | None:
    """The notebook as the gradebook has it; None where it is none of ours.

    Raises
    ------
    UserError : it is one of ours, but its questions or points are not those of the installed grader
    """
    try:
        found = gradebook.find_notebook(notebook_id, assignment_id)
    except MissingEntry:
        return None
    asked = {cell.name: asked_by(cell.source or "") for cell in found.source_cells}
    ours = sorted({assignment for assignment, _ in filter(None, asked.values())})
    if not ours:
        return None
    scores = {cell.name: float(cell.max_score) for cell in found.grade_cells}
    solutions = {cell.name for cell in found.solution_cells}
    cells = tuple(
        CourseCell(
            name=cell.name,
            cell_type=cell.cell_type,
            locked=bool(cell.locked),
            solution=cell.name in solutions,
            source=cell.source or "",
            checksum=cell.checksum or "",
            max_score=scores.get(cell.name),
            question=(asked[cell.name] or ("", ""))[1] if cell.name in scores else "",
        )
        for cell in found.source_cells
    )
    notebook = CourseNotebook(ours[0], cells)
    _insist(notebook, load_assignment(ours[0]), f"{assignment_id}/{notebook_id}")
    return notebook


def _insist(notebook: CourseNotebook, assignment: Assignment, where: str) -> None:
    """That the gradebook and the installed grader speak of the same questions and points."""
    again = f"run `autograder build {assignment.name} --for nbgrader` and `nbgrader generate_assignment` again"
    questions = {question.name: assignment.question_points(question) for question in assignment.rubric.questions}
    found = [cell.question for cell in notebook.tests]
    if sorted(found) != sorted(questions):
        raise UserError(
            f"{where}: there must be one test cell for each of {', '.join(questions)}, "
            f"but the gradebook has {', '.join(name or 'one of another kind' for name in found)}: {again}"
        )
    for cell in notebook.tests:
        if cell.max_score != questions[cell.question]:
            raise UserError(
                f"{where}: {cell.question} is worth {cell.max_score:g} in the gradebook and "
                f"{questions[cell.question]:g} in the settings of {assignment.name}: {again}"
            )
