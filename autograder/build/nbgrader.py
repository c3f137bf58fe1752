"""The course folder that nbgrader takes: the source notebook, what goes with it, and `nbgrader_config.py`."""

from __future__ import annotations

import textwrap
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from autograder.build.master import checks_module, filled
from autograder.build.stubs import FunctionText
from autograder.checking.question import Assignment
from autograder.course import home, load_assignment
from autograder.submission.marks import STUB, hidden_test

CONFIG_FILE = "nbgrader_config.py"
CONFIGURE = """# Last: it builds on what stands above.
try:
    from autograder.platforms.nbgrader import configure

    configure(c)
except Exception as error:  # nbgrader would go on, and run student code without walls
    reason = f"nothing is autograded: autograder cannot be loaded: {error}"

    def refuse(**_):
        raise SystemExit(reason)

    c.Autograde.pre_convert_hook = refuse
"""
CONFIG = f'''"""nbgrader's settings for this course folder."""

c = get_config()  # noqa: F821 - nbgrader provides it
c.CourseDirectory.course_id = "backprop"  # as your JupyterHub calls the course

{CONFIGURE}'''
INDENT = " " * 4
BEGIN_SOLUTION, END_SOLUTION = f"{INDENT}### BEGIN SOLUTION", f"{INDENT}### END SOLUTION"
NOT_HANDED_OUT = {"notebook.md", "settings.toml", "README.md"}  # the README is about otter-grader


def source_folder(name: str, course: Path) -> Path:
    """Where an assignment's source lies in a course folder."""
    return course / "source" / name


def source_files(name: str) -> dict[str, bytes]:
    """Everything of an assignment's source folder, by file name."""
    files = {f"{name}.ipynb": _notebook_bytes(source_notebook(load_assignment(name)))}
    for path in sorted((home() / "assignments" / name).iterdir()):
        if path.is_file() and path.name not in NOT_HANDED_OUT:
            files[path.name] = path.read_bytes()
    return files


def add_config(course: Path) -> str:
    """Write `nbgrader_config.py` where there is none; what there is now in one line, or the lines to add by hand."""
    path = course / CONFIG_FILE
    if not path.exists():
        path.write_text(CONFIG, encoding="utf-8")
        return f"nbgrader's configuration in {path}"
    if "autograder.platforms.nbgrader" in path.read_text(encoding="utf-8", errors="replace"):
        return f"{path} was there and is kept"
    return f"{path} was there and is kept; at its end add:\n{CONFIGURE}"


def source_notebook(assignment: Assignment) -> nbformat.NotebookNode:
    """The instructor's notebook: solution regions, locked text, locked test cells with points and a hidden test.

    Raises
    ------
    UserError : the master text asks for a stub or check that does not exist, or leaves one out
    """
    checks = checks_module(assignment.name)
    questions = {question.name: question for question in assignment.rubric.questions}

    def test_cells(question: str) -> list[nbformat.NotebookNode]:
        points = assignment.question_points(questions[question])
        source = _test(assignment.name, question, points, checks)
        return [_marked(new_code_cell(source), question, grade=True, locked=True, points=points)]

    notebook = filled(assignment, _answer_cells, test_cells)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "markdown":
            _marked(cell, f"text-{number:02d}", locked=True)
    notebook.metadata["autograder"] = {"assignment": assignment.name}
    return notebook


def _answer_cells(question: str, function: FunctionText) -> list[nbformat.NotebookNode]:
    source = "\n".join([function.head, BEGIN_SOLUTION, function.body, END_SOLUTION])
    cell = new_code_cell(source, metadata={STUB: textwrap.dedent(function.placeholder)})
    return [_marked(cell, f"{question}-answer", solution=True)]


def _test(assignment: str, question: str, points: float, checks: str) -> str:
    worth = f"{points:g} {'point' if points == 1 else 'points'}"
    return "\n".join(
        [
            f"# Question {question.removeprefix('q')}, {worth}: the lecture's numbers",
            f"from {checks} import check",
            f'check("{question}", globals())',
            'print("The public check passes. Grading uses other numbers, too.")',
            "### BEGIN HIDDEN TESTS",
            *hidden_test(assignment, question),
            "### END HIDDEN TESTS",
        ]
    )


def _marked(
    cell: nbformat.NotebookNode,
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> nbformat.NotebookNode:
    """The cell with nbgrader's metadata, as its schema 3 has them."""
    marks = {"schema_version": 3, "grade_id": grade_id, "grade": grade, "solution": solution, "locked": locked}
    cell.metadata["nbgrader"] = {**marks, "task": False, **({} if points is None else {"points": points})}
    return cell


def _notebook_bytes(notebook: nbformat.NotebookNode) -> bytes:
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook, version=4)
    return (text + "\n").encode("utf-8")
