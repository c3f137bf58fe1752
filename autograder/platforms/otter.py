"""otter-grader's plugin: `otter run`, `otter grade` and Gradescope grade with our engine.

otter-grader calls the plugin's events in this order: `before_grading` (the submission lies in the working
directory), `before_execution` (we grade, and give otter-grader an empty notebook to execute), `after_grading`
(we put our results in place of its own).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
from otter.plugins import AbstractOtterPlugin
from otter.test_files import GradingResults, TestCase
from otter.test_files.abstract_test import TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile

from autograder.checking.question import Assignment, step_id
from autograder.checking.result import AssignmentResult, StepResult
from autograder.course import load_assignment, load_settings
from autograder.errors import UserError
from autograder.feedback.text import feedback_text, place
from autograder.feedback.words import step_words
from autograder.grading.one import Outcome, grade_file
from autograder.grading.students import open_students
from autograder.version_digest import digest

KERNEL = {"name": "python3", "display_name": "Python 3"}


class Plugin(AbstractOtterPlugin):  # type: ignore[misc]
    """Configured in `otter_config.json` with the assignment's name and the digest of the grader that built the zip."""

    def __init__(self, submission_path: str | None, submission_metadata: Any, plugin_config: dict[str, Any]) -> None:
        super().__init__(submission_path, submission_metadata, plugin_config)
        self.assignment: str = plugin_config["assignment"]
        self.outcome: Outcome | None = None
        if plugin_config["digest"] != digest(self.assignment):
            raise UserError(
                f"this autograder zip was built with another version of {self.assignment!r}: "
                "run `autograder build` again"
            )

    def before_grading(self, config: Any) -> None:
        """Leave nothing in the submission's folder but the submission itself, and the zip file that it came in.

        `otter grade --ext zip` copies that file back out of the container, and gives up a submission without it.
        """
        config.grade_from_log = False
        submission = Path(self.submission_path)
        for path in submission.parent.iterdir():
            if path == submission or (path.suffix == ".zip" and path.is_file() and not path.is_symlink()):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def before_execution(self, submission: nbformat.NotebookNode) -> nbformat.NotebookNode:
        """Grade; what otter-grader executes afterwards holds nothing of the student's."""
        students = open_students(load_settings(self.assignment))
        try:
            self.outcome = grade_file(Path(self.submission_path), self.assignment, students)
        finally:
            students.shut_down()
        empty: nbformat.NotebookNode = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL})
        return empty

    def after_grading(self, results: GradingResults) -> None:
        """Put a question's steps in place of otter-grader's test cases."""
        assert self.outcome is not None
        assignment = load_assignment(self.assignment)
        if self.outcome.result is None:
            files = _ungraded(assignment, self.outcome.status)
        else:
            files = _graded(self.outcome.result)
        results.results = {file.name: file for file in files}

    def generate_report(self) -> str:
        """What came of each question, for the instructor's log."""
        assert self.outcome is not None
        if self.outcome.result is None:
            return self.outcome.status
        return feedback_text(self.outcome.result, self.outcome.cell_errors)


def _graded(result: AssignmentResult) -> list[ExceptionTestFile]:
    return [
        _test_file(
            question.question,
            [(step.step, step.points, step.earned > 0, _words(step)) for step in question.steps],
        )
        for question in result.questions
    ]


def _words(step: StepResult) -> str:
    """What came back and the hint; where a step is lost, the place in the lecture, too."""
    words = step_words(step)
    if step.status == "right" or not step.place:
        return words
    return f"{words}{'' if words.endswith(('.', '?', '!')) else '.'} {place(step)}"


def _ungraded(assignment: Assignment, status: str) -> list[ExceptionTestFile]:
    return [
        _test_file(q.name, [(step_id(q, s), assignment.points[step_id(q, s)], False, status) for s in q.steps])
        for q in assignment.rubric.questions
    ]


def _test_file(name: str, steps: list[tuple[str, float, bool, str]]) -> ExceptionTestFile:
    """A question as otter-grader stores it: a hidden test case with points for each step, plain data only."""
    cases, results = [], []
    for step, points, passed, words in steps:
        message = f"{'✅' if passed else '❌'} {points if passed else 0:g} of {points:g} points: {words}"
        # On a question that passes, otter-grader shows success messages only.
        case = TestCase(step, "", True, points, message if passed and words != "right" else None, None)
        cases.append(case)
        results.append(TestCaseResult(case, message, passed))
    file = ExceptionTestFile(name, name, cases, all_or_nothing=False)
    file.test_case_results = results
    return file
