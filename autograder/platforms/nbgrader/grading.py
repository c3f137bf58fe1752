"""In the place of nbgrader's `Execute`: grades our assignments with our engine, executes any other."""

from __future__ import annotations

import textwrap
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute

from autograder.checking.result import QuestionResult
from autograder.course import load_assignment
from autograder.errors import UserError
from autograder.feedback.text import one_line
from autograder.feedback.words import MARKS, state_of, step_words
from autograder.grading.one import Outcome
from autograder.platforms.nbgrader.gradebook import CourseCell, CourseNotebook
from autograder.platforms.nbgrader.run import refusing, run_of

WIDTH = 96  # nbgrader's pages do not wrap an output's lines


class GradeOrExecute(Execute):  # type: ignore[misc]
    """Student code of our assignments runs in our student process; a test cell gets its points and words as outputs.

    The points are nbgrader's partial score: the test cell's result, a plain number from 0 to the cell's points.
    """

    def __call__(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Grade even where `--no-execute` switches execution off: no output of a student's ever earns points."""
        ids = resources["nbgrader"]
        with refusing(self.log):
            course = run_of(self).notebook(ids["assignment"], ids["notebook"])
            if course is not None:
                return self._grade(nb, resources, course)
        stock: tuple[NotebookNode, Any] = super().__call__(nb, resources)
        return stock

    def _grade(self, nb: NotebookNode, resources: Any, course: CourseNotebook) -> tuple[NotebookNode, Any]:
        run, ids = run_of(self), resources["nbgrader"]
        tests = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in nb.cells}
        if not all(test.name in tests for test in course.tests):
            raise UserError("a test cell is missing: Autograde.exporter_class must be ours; call configure(c) last")
        removed = run.remove_others(ids["student"], ids["assignment"])
        if removed:
            self.log.warning("Not part of the assignment, left out: %s", ", ".join(removed))
        path = run.folder("submitted", ids["student"], ids["assignment"]) / f"{ids['notebook']}.ipynb"
        outcome = run.grade(path, course.assignment)
        for number, test in enumerate(course.tests, start=1):
            cell = tests[test.name]
            cell.execution_count = number
            cell.outputs = outputs(test, course.assignment, outcome, number)
        nb.metadata["autograder"] = {"assignment": course.assignment, "status": outcome.status}
        return nb, resources


def outputs(test: CourseCell, assignment: str, outcome: Outcome, number: int) -> list[NotebookNode]:
    """A test cell's outputs: what became of each step in words, and the points as its result."""
    assert test.max_score is not None
    if outcome.result is None:
        words, earned = f"0 of {test.max_score:g} points: {outcome.status}", 0.0
    else:
        result = next(q for q in outcome.result.questions if q.question == test.question)
        words, earned = question_words(result), result.earned
    if test.question == load_assignment(assignment).rubric.questions[0].name and outcome.cell_errors:
        words = "\n".join([*(f"when it ran, {error}" for error in outcome.cell_errors), words])
    score = repr(float(min(max(earned, 0.0), test.max_score)))
    return [
        new_output("stream", name="stdout", text=f"{words}\n"),
        new_output("execute_result", data={"text/plain": score}, execution_count=number),
    ]


def question_words(result: QuestionResult) -> str:
    """A question's points, and a line for each step."""
    lines = [f"{result.earned:g} of {result.points:g} points"]
    for step in result.steps:
        name = step.step.partition(".")[2]
        line = f"{MARKS[state_of(step)]} {name}, {step.earned:g} of {step.points:g}: {one_line(step_words(step))}"
        lines += textwrap.wrap(line, WIDTH, subsequent_indent="    ")
    return "\n".join(lines)
