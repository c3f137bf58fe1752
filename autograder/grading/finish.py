"""Finishes a graded submission: its result, its feedback page, and its row in the journal."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import UserError
from autograder.grading.feedback_files import feedback_path, write_feedback
from autograder.grading.grades_file import result_path, write_result
from autograder.grading.job import Job
from autograder.grading.journal import Journal, Row
from autograder.grading.one import Outcome
from autograder.grading.submissions import Found
from autograder.version_digest import digest


def make_room(submissions: Iterable[Found], out: Path) -> None:
    """Make the folders of the results, before any work is done for nothing.

    Raises
    ------
    UserError : they cannot be made or written into, or a folder stands where a file is due
    """
    for folder in (out, result_path("x", out).parent, feedback_path("x", out).parent):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise UserError(f"{folder}: a file stands where a folder is due") from None
        except OSError as error:
            raise UserError(f"{folder}: {error.strerror}") from None
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(f"{folder}: {os.strerror(errno.EACCES)}")
    for found in submissions:
        for path in (result_path(found.file, out), feedback_path(found.file, out)):
            if path.is_dir():
                raise UserError(f"{path}: a folder stands where a file is due")


def finish(outcome: Outcome, found: Found, job: Job) -> Row:
    """Write what there is to write of one submission; what a grades file needs of it."""
    write_result(outcome, job.out)
    write_feedback(outcome, job.assignment, job.out)
    return Row.of(outcome, key_of(found, job))


def is_finished(found: Found, job: Job, journal: Journal) -> bool:
    """Whether all of a submission is there already, and still holds."""
    written = result_path(found.file, job.out).is_file() and feedback_path(found.file, job.out).is_file()
    return written and journal.holds(found.file, lambda: key_of(found, job))


def key_of(found: Found, job: Job) -> str:
    """Changes when the submission, the rubric, its settings or the walls change."""
    content = found.problem.encode() or _content(found)
    text = f"{digest(job.assignment)} {job.unsafe} {found.file}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass") + content).hexdigest()


def _content(found: Found) -> bytes:
    try:
        return found.path.read_bytes()
    except OSError as error:  # its row says so; once it can be read, it is graded
        return f"cannot be read: {error.strerror}".encode()
