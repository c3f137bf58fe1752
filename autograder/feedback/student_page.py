"""One submission's feedback as a self-contained HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from autograder.checking.question import Assignment, step_id
from autograder.checking.result import AssignmentResult, StepResult
from autograder.feedback.drawing import Drawing
from autograder.feedback.pages import template
from autograder.feedback.words import (
    STATE_WORDS,
    STATES,
    broken_words,
    came_back,
    compared_words,
    first_broken,
    state_of,
)


class StudentPages:
    """The pages of one assignment: what all of them share is made once."""

    def __init__(self, assignment: Assignment) -> None:
        self._title = assignment.title
        self._drawing = Drawing(assignment.rubric)
        self._names = {
            step_id(question, step): question.label(step.values[0]) if len(step.values) == 1 else step.name
            for question in assignment.rubric.questions
            for step in question.steps
        }
        self._template = template("submission.html")

    def page(self, file: str, result: AssignmentResult, cell_errors: Sequence[str] = ()) -> str:
        """The page of a graded submission; all text of the student's is escaped."""
        steps = {step.step: step for step in result.steps}
        broken = first_broken(result.steps)
        counts = Counter(map(state_of, result.steps))
        return self._template.render(
            title=self._title,
            file=file,
            result=result,
            chain=self._drawing.of_student(steps),
            counts=[(state, STATE_WORDS[state], counts[state]) for state in STATES],
            broken=broken,
            broken_words=broken_words(broken) if broken else "",
            cell_errors=cell_errors,
            name=self._names.__getitem__,
            state=state_of,
            came_back=came_back,
            compared_words=compared_words,
            follows=_follows,
            compared=any(step.compared for step in result.steps),
            status="",
        )

    def page_of_ungraded(self, file: str, status: str) -> str:
        """The page of a submission that could not be graded: why, and what to do."""
        return self._template.render(title=self._title, file=file, result=None, status=status, chain=Markup(""))


def _follows(step: StepResult) -> str:
    """What a value that is off on the lecture's numbers is right with."""
    return came_back(step) if step.status == "right" and step.basis else ""
