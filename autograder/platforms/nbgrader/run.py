"""What one run of nbgrader's converter shares over its submissions: the course's notebooks, and the students."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.converters.base import BaseConverter

from autograder.course import load_settings
from autograder.errors import UserError
from autograder.grading.one import Outcome, grade_file
from autograder.grading.students import Students, open_students
from autograder.platforms.nbgrader.gradebook import CourseNotebook, find_notebook
from autograder.student.host import HostEnded

KEPT = {"timestamp.txt", "submission_secret.txt"}  # nbgrader's own files beside a submission


class Refused(SystemExit, KeyboardInterrupt):
    """Ends nbgrader with a status and no traceback.

    Its converter takes it for a key press, and then removes what is half done.
    """


@contextmanager
def refusing(log: Any) -> Iterator[None]:
    """A `UserError` holds for the whole class: it ends the run with its one line. Other errors are one submission's."""
    try:
        yield
    except UserError as error:
        log.error("%s", error)
        raise Refused(1) from None


@dataclass(eq=False)
class Run:
    """One run of `nbgrader autograde`; students' processes are given back when the converter is gone."""

    coursedir: Any
    _notebooks: dict[tuple[str, str], CourseNotebook | None] = field(default_factory=dict)
    _students: dict[str, Students] = field(default_factory=dict)

    def notebook(self, assignment_id: str, notebook_id: str) -> CourseNotebook | None:
        """The course's side of a notebook; None where it is none of ours.

        Raises
        ------
        UserError : it does not fit the installed grader
        """
        key = (assignment_id, notebook_id)
        if key not in self._notebooks:
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                self._notebooks[key] = find_notebook(gradebook, assignment_id, notebook_id)
        return self._notebooks[key]

    def folder(self, step: str, student: str, assignment_id: str) -> Path:
        """A submission's folder in one of nbgrader's steps ("submitted", "autograded")."""
        directory = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(directory, student, assignment_id))

    def grade(self, path: Path, assignment: str) -> Outcome:
        """Grade a submission's notebook behind walls.

        Raises
        ------
        UserError : untrusted code cannot be walled in here
        """
        if path.is_symlink():
            return Outcome(path.name, "not a notebook: a link came")
        try:
            return grade_file(path, assignment, self._open(assignment))
        except HostEnded:
            self._students.pop(assignment).shut_down()
            return grade_file(path, assignment, self._open(assignment))

    def shut_down(self) -> None:
        """Give back what was taken from the machine."""
        while self._students:
            self._students.popitem()[1].shut_down()

    def _open(self, assignment: str) -> Students:
        if assignment not in self._students:
            self._students[assignment] = open_students(load_settings(assignment))
        return self._students[assignment]

    def remove_others(self, student: str, assignment_id: str) -> list[str]:
        """Take everything out of a submission's graded folder that is neither a notebook nor the course's own file.

        nbgrader copied it from the submission, and would copy it on into the feedback. Returns what was removed.
        """
        folder, source = self.folder("autograded", student, assignment_id), self.folder("source", ".", assignment_id)
        removed = []
        for path in sorted(folder.rglob("*"), reverse=True):  # what is inside a folder before the folder
            relative = path.relative_to(folder)
            top = len(relative.parts) == 1
            if top and (path.suffix == ".ipynb" or path.name in KEPT) and path.is_file() and not path.is_symlink():
                continue
            if path.is_dir() and not path.is_symlink():
                if not any(path.iterdir()):
                    path.rmdir()
            elif not (source / relative).is_file():
                path.unlink()
                removed.append(relative.as_posix())
        return removed


_runs: weakref.WeakKeyDictionary[BaseConverter, Run] = weakref.WeakKeyDictionary()


def run_of(part: Any) -> Run:
    """The run that an exporter or preprocessor belongs to."""
    converter = part
    while not isinstance(converter, BaseConverter):
        converter = converter.parent
        if converter is None:
            raise TypeError(f"{type(part).__name__} works within nbgrader's converters only")
    if converter not in _runs:
        run = _runs[converter] = Run(converter.coursedir)
        weakref.finalize(converter, run.shut_down)
    return _runs[converter]
