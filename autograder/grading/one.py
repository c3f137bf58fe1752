"""Grades one submission file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.checking.engine import grade
from autograder.checking.question import Assignment
from autograder.checking.result import AssignmentResult
from autograder.course import Settings, load_assignment, load_settings
from autograder.student.in_process import InProcessStudent
from autograder.submission.notebook import Notebook, Unreadable, defined_names, read

COMPLETED = "Completed"


@dataclass(frozen=True)
class Outcome:
    """What became of one submission.

    Parameters
    ----------
    file : its name in the grades file
    status : "Completed", or why it could not be graded
    result : None where it could not be graded
    cell_errors : what its cells raised when they ran
    """

    file: str
    status: str
    result: AssignmentResult | None = None
    cell_errors: tuple[str, ...] = ()

    @property
    def graded(self) -> bool:
        """Whether it was graded completely."""
        return self.result is not None

    def to_dict(self) -> dict[str, Any]:
        """The whole outcome as JSON-ready data."""
        graded = self.result.to_dict() if self.result else None
        return {
            "file": self.file,
            "status": self.status,
            "cell_errors": list(self.cell_errors),
            "result": graded,
        }


def grade_file(path: Path, assignment_name: str, *, file: str | None = None) -> Outcome:
    """Grade one notebook or script; never raises because of what is in it.

    `file` is its name in the grades file, by default the file's own.
    """
    assignment, settings = load_assignment(assignment_name), load_settings(assignment_name)
    file = path.name if file is None else file
    try:
        notebook = read(path)
        _refuse_other_assignments(notebook, assignment)
    except Unreadable as error:
        return Outcome(file, str(error))
    return grade_notebook(notebook, assignment, settings, file)


def grade_notebook(notebook: Notebook, assignment: Assignment, settings: Settings, file: str) -> Outcome:
    """Run the cells of a submission that was read, and grade it."""
    student = InProcessStudent(
        notebook.cells,
        inert_modules=settings.imports.inert,
        cell_seconds=settings.limits.cell_seconds,
        call_seconds=settings.limits.call_seconds,
    )
    return Outcome(file, COMPLETED, grade(assignment, student), tuple(student.cell_errors))


def _refuse_other_assignments(notebook: Notebook, assignment: Assignment) -> None:
    if notebook.assignment and notebook.assignment != assignment.name:
        raise Unreadable(f"another assignment: the notebook is for {notebook.assignment!r}, not {assignment.name!r}")
    if not defined_names(notebook) & set(assignment.functions):
        raise Unreadable(f"another assignment? It defines none of the functions of {assignment.name!r}")
