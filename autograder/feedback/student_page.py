"""One submission's feedback as a self-contained HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from autograder.checking.question import Assignment, step_id
from autograder.checking.result import AssignmentResult, StepResult
from autograder.feedback.drawing import Drawing
from autograder.feedback.pages import macros, template
from autograder.feedback.words import STATE_WORDS, STATES, came_back, first_broken, state_of

DIFFERENT_STEPS = 4096  # how many rendered lines are kept: in a class most are the same
MOST_OTHERS = 8


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
        self._line = lru_cache(DIFFERENT_STEPS)(self._render_line)
        self._rows = lru_cache(DIFFERENT_STEPS)(_render_rows)

    def page(self, file: str, result: AssignmentResult, cell_errors: Sequence[str] = ()) -> str:
        """The page of a graded submission; all text of the student's is escaped."""
        steps = {step.step: step for step in result.steps}
        counts = Counter(map(state_of, steps.values()))
        broken = first_broken(steps.values())
        others = [step for step in steps.values() if state_of(step) == "wrong" and step is not broken]
        return self._template.render(
            title=self._title,
            file=file,
            result=result,
            chain=self._drawing.of_student(steps),
            counts=[(state, STATE_WORDS[state], counts[state]) for state in STATES],
            broken=broken,
            others=others[:MOST_OTHERS],
            cell_errors=cell_errors,
            state=state_of,
            came_back=came_back,
            questions=[
                (
                    question,
                    Markup("".join([self._line(step) for step in question.steps])),
                    Markup("".join([self._rows(question.question, step) for step in question.steps])),
                )
                for question in result.questions
            ],
            compared=any(step.compared for step in steps.values()),
        )

    def page_of_ungraded(self, file: str, status: str) -> str:
        """The page of a submission that could not be graded: why, and what to do."""
        return self._template.render(title=self._title, file=file, result=None, status=status)

    def _render_line(self, step: StepResult) -> Markup:
        name, words = self._names[step.step], came_back(step)
        # "`z_in` is not what is needed": its name stands before it anyway
        words = words.removeprefix(f"`{name}` ").removeprefix(f"`{name}`: ")
        return Markup(macros("parts.html").line(step, name, state_of(step), words))


def _render_rows(question: str, step: StepResult) -> Markup:
    follows = came_back(step) if step.status == "right" and step.basis else ""
    return Markup(macros("parts.html").rows(question, step, follows))
