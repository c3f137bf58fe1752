"""Grades one submission file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.checking.engine import grade
from autograder.checking.question import Assignment
from autograder.checking.result import AssignmentResult
from autograder.course import load_assignment
from autograder.errors import UserError
from autograder.grading.students import Students
from autograder.grading.submissions import Found
from autograder.student.beside import error_words
from autograder.student.host import HostEnded
from autograder.submission.notebook import Notebook, Unreadable, defines_any, read
from autograder.submission.source import CellsSource

COMPLETED = "Completed"
MOST_CELL_ERRORS = 20  # that are told
MOST_LETTERS = 100  # of a name that a student's file gives


@dataclass(frozen=True)
class Outcome:
    """What became of one submission.

    Parameters
    ----------
    file : its name in the grades file
    status : "Completed", or why it could not be graded
    result : None where it could not be graded
    cell_errors : what its cells raised when they ran
    unsafe : whether its code ran without walls
    """

    file: str
    status: str
    result: AssignmentResult | None = None
    cell_errors: tuple[str, ...] = ()
    unsafe: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """The outcome that `to_dict` gave, read back from JSON."""
        return cls(
            data["file"],
            data["status"],
            None if data["result"] is None else AssignmentResult.from_dict(data["result"]),
            tuple(data["cell_errors"]),
            bool(data.get("unsafe_in_process")),
        )

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
            **({"unsafe_in_process": True} if self.unsafe else {}),
            "result": graded,
        }


def outcome_of(found: Found, assignment_name: str, students: Students) -> Outcome:
    """Grade one submission, or say why it cannot be graded.

    Raises
    ------
    UserError : untrusted code cannot be walled in here
    HostEnded : the process that students are forked from is gone
    """
    if found.problem:
        return Outcome(found.file, found.problem)
    try:
        return grade_file(found.path, assignment_name, students, file=found.file)
    except (UserError, HostEnded):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the rest of the class its grades
        words = f"the grader itself failed on this file ({error_words(error)}); please report it"
        return Outcome(found.file, words)


def grade_file(path: Path, assignment_name: str, students: Students, *, file: str | None = None) -> Outcome:
    """Grade one notebook or script; never raises because of what is in it.

    `students` run its code; `file` is its name in the grades file, by default the file's own.
    """
    assignment = load_assignment(assignment_name)
    file = path.name if file is None else file
    try:
        notebook = read(path)
        _refuse_other_assignments(notebook, assignment)
    except Unreadable as error:
        return Outcome(file, str(error))
    with students.open(notebook.cells) as student:
        result = grade(assignment, student, CellsSource(notebook.cells))
        return Outcome(file, COMPLETED, result, _first(student.cell_errors), students.unsafe)


def _first(errors: list[str]) -> tuple[str, ...]:
    more = len(errors) - MOST_CELL_ERRORS
    return (*errors[:MOST_CELL_ERRORS], f"… and {more} more cells") if more > 0 else tuple(errors)


def _refuse_other_assignments(notebook: Notebook, assignment: Assignment) -> None:
    if notebook.assignment and notebook.assignment != assignment.name:
        named = notebook.assignment[:MOST_LETTERS] + ("…" if len(notebook.assignment) > MOST_LETTERS else "")
        raise Unreadable(f"another assignment: the notebook is for {named!r}, not {assignment.name!r}")
    if not defines_any(notebook, assignment.functions):
        raise Unreadable(f"another assignment? It defines none of the functions of {assignment.name!r}")
