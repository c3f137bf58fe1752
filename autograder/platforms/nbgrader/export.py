"""For `nbgrader export --exporter=…`: the grades file of `autograder grade`, from nbgrader's gradebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin

from autograder.course import load_assignment
from autograder.errors import UserError
from autograder.grading.grades_file import FILE_NAME, write_table
from autograder.grading.one import COMPLETED
from autograder.platforms.nbgrader.gradebook import CourseNotebook, find_notebook

Line = tuple[str, dict[str, float] | None, float, str]


class FinalGrades(ExportPlugin):  # type: ignore[misc]
    """Writes `final_grades.csv`, or the file that `--to` names: a row a student.

    Points are the gradebook's, so what a grader changed by hand counts; a late penalty is taken from the total. Who
    handed in nothing, or still waits for autograding or for a grader, has a status that says so.
    """

    def export(self, gradebook: Gradebook) -> None:
        """See `ExportPlugin`."""
        try:
            assignment_id, notebook_id, course = self._ours(gradebook)
            path = Path(self.to or FILE_NAME)
            write_table(
                self._lines(gradebook, assignment_id, notebook_id, course), load_assignment(course.assignment), path
            )
        except UserError as error:
            self.parent.fail("%s", error)
        except OSError as error:
            self.parent.fail("%s: %s", self.to or FILE_NAME, error.strerror)
        else:
            self.log.info("Grades of %s in %s", assignment_id, path)

    def _ours(self, gradebook: Gradebook) -> tuple[str, str, CourseNotebook]:
        """The one notebook of ours among the assignments asked for."""
        wanted = [str(name) for name in self.assignment]
        found = [
            (assignment.name, notebook.name, course)
            for assignment in gradebook.assignments
            if not wanted or assignment.name in wanted
            for notebook in assignment.notebooks
            if (course := find_notebook(gradebook, assignment.name, notebook.name)) is not None
        ]
        if len(found) != 1:
            names = ", ".join(f"{assignment}/{notebook}" for assignment, notebook, _ in found)
            raise UserError(
                f"name one of {names} with --assignment"
                if found
                else f"no assignment of autograder's is in the gradebook{' by this name' if wanted else ''}"
            )
        return found[0]

    def _lines(
        self, gradebook: Gradebook, assignment_id: str, notebook_id: str, course: CourseNotebook
    ) -> Iterator[Line]:
        wanted = {str(student) for student in self.student}
        coursedir: CourseDirectory = self.parent.coursedir
        questions = {test.name: test.question for test in course.tests}
        notebook = f"{notebook_id}.ipynb"
        handed_in = NbGraderAPI(coursedir, parent=self.parent).get_submitted_students(assignment_id)
        for student in sorted({student.id for student in gradebook.students} | handed_in):
            if wanted and student not in wanted:
                continue
            graded, submitted, source = (
                Path(coursedir.format_path(directory, name, assignment_id))
                for directory, name in (
                    (coursedir.autograded_directory, student),
                    (coursedir.submitted_directory, student),
                    (coursedir.source_directory, "."),
                )
            )
            status = _status(graded / notebook) or _why_not(submitted, source, notebook)
            points, penalty = None, 0.0
            try:
                submission = gradebook.find_submission_notebook(notebook_id, assignment_id, student)
            except MissingEntry:
                if student not in handed_in:
                    status = "nothing was handed in"
            else:
                points = {questions[grade.name]: float(grade.score) for grade in submission.grades}
                penalty = float(submission.late_submission_penalty or 0.0)
                if any(grade.needs_manual_grade for grade in submission.grades) and status == COMPLETED:
                    status = "waits for a grader: its score was changed by hand before it was autograded again"
            yield f"{student}/{assignment_id}/{notebook}", points, penalty, status


def _status(path: Path) -> str:
    """What grading said of a submission, from the notebook that it left; empty where it left none."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        return str(data["metadata"]["autograder"]["status"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _why_not(submitted: Path, source: Path, notebook: str) -> str:
    """Why a submission was not autograded: a notebook by another name, or what nbgrader cannot copy."""
    if submitted.is_dir() and not (submitted / notebook).exists():
        return f"not autograded: no {notebook} was handed in"
    for path in sorted(submitted.rglob("*")):
        name = path.relative_to(submitted)
        if path.is_dir() and (source / name).is_file():
            return f"not autograded: {str(name)!r} is a folder in the submission and a file of the course; remove it"
        if path.is_symlink() and not path.exists():
            return f"not autograded: {str(name)!r} in the submission is a link that leads nowhere; remove it"
    return "not autograded: run `nbgrader autograde`"
