"""A notebook that holds a student's code, the course's own cells, and nothing else of what was handed in.

nbgrader shows the graded notebook in the formgrader, signed in as the instructor, and turns it into feedback pages.
Both pass on whatever HTML is in text, outputs, attachments or metadata. So of what a student handed in only the text
of the cells is kept: code as code, any other text as a block of plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.platforms.nbgrader.gradebook import CourseCell, CourseNotebook
from autograder.submission.notebook import Cell

MAX_CELLS, MAX_CHARACTERS = 300, 50_000  # of a student's cells, and of one; more is not shown, but graded
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
UNGRADED = "not graded yet"
_HIDDEN = re.compile(r"^[^\n]*BEGIN HIDDEN TESTS.*?END HIDDEN TESTS[^\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_DEFINITION = re.compile(r"^def \w+\(", re.MULTILINE)
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass
class _Placed:
    """A cell of the new notebook, and the course's cell that it is, if any."""

    cell: NotebookNode
    course: CourseCell | None = None


def restored(course: CourseNotebook, handed_in: Sequence[Cell]) -> NotebookNode:
    """The notebook that nbgrader is to go on with, in format 4.5.

    The student's cells stay in their order. The course's locked cells and test cells are there exactly once, whatever
    was done to them; a test cell says that it is not graded yet, which earns nothing.
    """
    placed: list[_Placed] = []
    for cell, own in _matched(course, _shown(handed_in)):
        if own is None:
            placed.append(_Placed(_own_cell(cell)))
        elif own.solution:
            placed.append(_Placed(_answer(own, cell), own))
        else:
            if _clean(cell.source).strip() not in _texts(own):
                placed.append(_Placed(_own_cell(cell)))  # what was written over it is theirs, too
            placed.append(_Placed(_course_cell(own), own))
    _put_back(course, placed)
    cells = [entry.cell for entry in placed]
    for number, made in enumerate(cells):
        made["id"] = f"cell-{number:03d}"
    metadata = {"kernelspec": dict(KERNEL), "autograder": {"assignment": course.assignment}}
    notebook: NotebookNode = new_notebook(cells=cells, metadata=metadata)
    return notebook


def _matched(course: CourseNotebook, handed_in: Sequence[Cell]) -> list[tuple[Cell, CourseCell | None]]:
    """Each cell with the course's cell that it is: by nbgrader's id, or else, as editors lose ids, by what it says.

    Of several the first counts.
    """
    ids = [_grade_id(cell) for cell in handed_in]
    left = [cell for cell in course.cells if cell.name not in ids]
    matched: list[tuple[Cell, CourseCell | None]] = []
    seen: set[str] = set()
    for cell, name in zip(handed_in, ids, strict=True):
        own = course.by_name.get(name)
        if own is None:
            own = next((other for other in left if other.name not in seen and _says_the_same(cell, other)), None)
        if own is not None and own.name in seen:
            own = None
        if own is not None:
            seen.add(own.name)
        matched.append((cell, own))
    return matched


def _says_the_same(cell: Cell, own: CourseCell) -> bool:
    if own.solution:
        defined = _DEFINITION.search(own.source)
        return cell.code and defined is not None and defined[0] in cell.source
    return cell.source.strip() in _texts(own)


def _texts(own: CourseCell) -> set[str]:
    """A locked cell's text as the instructor has it, and as students got it."""
    return {own.source.strip(), _HIDDEN.sub("", own.source).strip()}


def _put_back(course: CourseNotebook, placed: list[_Placed]) -> None:
    """Insert the course's cells that are missing, each after the one that it follows in the course's notebook."""
    position = 0
    for cell in course.cells:
        at = next((index for index, entry in enumerate(placed) if entry.course is cell), None)
        if at is None and not cell.solution:
            at = position
            placed.insert(at, _Placed(_course_cell(cell), cell))
        position = position if at is None else at + 1


def _shown(handed_in: Sequence[Cell]) -> list[Cell]:
    """As many of the cells as a page can show."""
    if len(handed_in) <= MAX_CELLS:
        return list(handed_in)
    cut = f"Here {len(handed_in) - MAX_CELLS} more cells followed. They were graded; they stand in the submitted file."
    return [*handed_in[:MAX_CELLS], Cell(cut, False, False, {})]


def _grade_id(cell: Cell) -> str:
    marks = cell.metadata.get("nbgrader")
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    return name if isinstance(name, str) else ""


def _answer(own: CourseCell, cell: Cell) -> NotebookNode:
    made: NotebookNode = new_code_cell(_clean(cell.source), metadata={"deletable": False, "nbgrader": own.metadata()})
    return made


def _course_cell(own: CourseCell) -> NotebookNode:
    made: NotebookNode
    if own.max_score is None:  # without nbgrader's marks, which it would only check again: the text is the course's own
        made = new_code_cell(own.source) if own.cell_type == "code" else new_markdown_cell(own.source)
    else:
        made = new_code_cell(own.source, metadata={"deletable": False, "editable": False, "nbgrader": own.metadata()})
        made.outputs = [new_output("error", ename="NotGraded", evalue=UNGRADED, traceback=[UNGRADED])]
    return made


def _own_cell(cell: Cell) -> NotebookNode:
    """A cell of the student's own: code as it is, anything else as a block of plain text."""
    made: NotebookNode = new_code_cell(_clean(cell.source)) if cell.code else new_markdown_cell(_as_text(cell.source))
    return made


def _as_text(source: str) -> str:
    """Markdown that shows `source` letter by letter."""
    text = _clean(source)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _clean(source: str) -> str:
    """Text that a page can show: no control codes, no lone surrogates, not without end."""
    text = _NOT_TEXT.sub("\ufffd", source.replace("\r\n", "\n"))
    if len(text) > MAX_CHARACTERS:
        text = (
            f"{text[:MAX_CHARACTERS]}\n# {len(text) - MAX_CHARACTERS} more characters are not shown; they were graded"
        )
    return text
