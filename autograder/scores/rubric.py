"""Per-step points as the LMS's rubric: its criteria have to be the assignment's questions or steps."""

from __future__ import annotations

from decimal import Decimal

from autograder.errors import UserError
from autograder.scores.decimals import rounded, shown
from autograder.scores.grades import GradeRow, Grades, Part
from autograder.scores.target import Column, Criterion, Filling


class Mismatch(Exception):
    """This row's points do not fit the rubric."""


def check_rubric(column: Column, grades: Grades) -> None:
    """See that the rubric's criteria and the assignment's questions or steps are the same.

    A criterion is a question or step when its description is the name ("q2", "q2.z_in") or starts with it.

    Raises
    ------
    UserError : a criterion or a question is left over, or the points differ
    """
    if not column.rubric:
        raise UserError(f"{column.title}: there is no rubric; leave out --rubric, or attach one")
    expected = _parts(column, grades)
    named = {criterion.description: _name(criterion, set(expected)) for criterion in column.rubric}
    strange = [description for description, name in named.items() if not name]
    if strange:
        raise UserError(f"{column.title}: rubric criterion {strange[0]!r} is no question or step of {grades.path}")
    left = expected.keys() - set(named.values())
    if left or len(set(named.values())) < len(column.rubric):
        raise UserError(f"{column.title}: the rubric has no criterion, or two, for {', '.join(sorted(left)) or 'one'}")
    for criterion in column.rubric:
        points = expected[named[criterion.description] or ""] * column.maximum / grades.maximum
        if rounded(points, 5) != rounded(criterion.points, 5):
            said = f"{shown(criterion.points)} points, {shown(rounded(points, 5))} are due"
            raise UserError(f"{column.title}: rubric criterion {criterion.description!r} has {said}")


def fill(column: Column, grades: Grades, row: GradeRow, places: int) -> tuple[Filling, ...]:
    """A row's points as a filled rubric.

    Raises
    ------
    Mismatch : no level of a criterion has these points, or the row does not tell its steps
    """
    expected = _parts(column, grades)
    by_step = not expected.keys() <= grades.questions.keys()
    earned: dict[str, Part] = {part.name: part for part in (row.steps if by_step else row.questions)}
    fillings = []
    for criterion in column.rubric:
        name = _name(criterion, set(expected)) or ""
        if name not in earned:
            raise Mismatch(f"rubric mismatch: nothing tells what {name} earned")
        points = rounded(earned[name].earned * column.maximum / grades.maximum, places)
        level = ""
        if criterion.levels:
            fits = [level for level in criterion.levels if rounded(level.points, places) == points]
            if not fits:
                raise Mismatch(f"rubric mismatch: {criterion.description!r} has no level of {shown(points)} points")
            level = fits[0].id
        fillings.append(Filling(criterion=criterion.id, points=points, level=level))
    return tuple(fillings)


def _parts(column: Column, grades: Grades) -> dict[str, Decimal]:
    """The questions, or the steps where the rubric's criteria are steps, with their points."""
    steps: dict[str, Decimal] = {}
    for row in grades.rows:
        if row.steps:
            steps = {step.name: step.points for step in row.steps}
            break
    by_step = any(criterion.description.split()[0].rstrip(":") in steps for criterion in column.rubric)
    return steps if by_step else grades.questions


def _name(criterion: Criterion, names: set[str]) -> str | None:
    words = criterion.description.split()
    first = words[0].rstrip(":") if words else ""
    return criterion.description if criterion.description in names else first if first in names else None
