"""From the reviewable master text to a notebook: filled in, and as otter-grader's `otter assign` takes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_raw_cell

from autograder.build.stubs import FunctionText, cut
from autograder.checking.question import Assignment
from autograder.course import home, reference_path
from autograder.errors import UserError

BEGIN_ANSWER, END_ANSWER = "    # BEGIN SOLUTION NO PROMPT", "    # END SOLUTION"
_MAKES_GRADER = re.compile(r"^grader\s*=", re.MULTILINE)
BEGIN_PROMPT, END_PROMPT = '    """ # BEGIN PROMPT', '    """ # END PROMPT'


def master_path(name: str) -> Path:
    """The master notebook's text."""
    return home() / "assignments" / name / "notebook.md"


def checks_module(name: str) -> str:
    """The module of public checks beside the master: the one file `*_checks.py`."""
    found = sorted(path.stem for path in (home() / "assignments" / name).glob("*_checks.py"))
    if len(found) != 1:
        raise UserError(f"{home() / 'assignments' / name}: one file `*_checks.py` is due, {len(found)} are there")
    return found[0]


def otter_master(assignment: Assignment, plugin: dict[str, Any], checks_module: str) -> nbformat.NotebookNode:
    """The notebook for `otter assign`: the master text with each stub, its answer and its public check filled in.

    Raises
    ------
    UserError : the text asks for a stub or check that does not exist, or leaves one out
    """
    notebook = filled(assignment, _question_cells, lambda question: _check_cells(question, checks_module))
    own_start = any(cell.cell_type == "code" and _MAKES_GRADER.search(cell.source) for cell in notebook.cells)
    config = json.dumps(_config(plugin, own_start=own_start), indent=1)
    notebook.cells.insert(0, new_raw_cell(f"# ASSIGNMENT CONFIG\n{config}"))
    return notebook


def filled(
    assignment: Assignment,
    question_cells: Callable[[str, FunctionText], list[nbformat.NotebookNode]],
    check_cells: Callable[[str], list[nbformat.NotebookNode]],
) -> nbformat.NotebookNode:
    """The master text as a notebook, with the cells that a platform has for a question's function and for its check.

    `question_cells` gets the question's name and its function, `check_cells` the question's name.

    Raises
    ------
    UserError : the text asks for a stub or check that does not exist, or leaves one out
    """
    path = master_path(assignment.name)
    functions = cut(reference_path(assignment.name).read_text(encoding="utf-8"), str(reference_path(assignment.name)))
    text = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md")
    cells = []
    questions = {question.name: question for question in assignment.rubric.questions}
    asked, checked = [], []
    for cell in text.cells:
        stub, check = cell.metadata.pop("stub", None), cell.metadata.pop("check", None)
        if stub is not None:
            if stub not in functions:
                raise UserError(f"{path}: there is no function {stub!r} in the reference")
            question = next((q for q in questions.values() if q.function == stub), None)
            if question is None:
                raise UserError(f"{path}: the rubric asks no question for {stub!r}")
            asked.append(question.name)
            cells += question_cells(question.name, functions[stub])
        elif check is not None:
            if not asked or asked[-1] != check:
                raise UserError(f"{path}: the check {check!r} does not follow its own stub")
            checked.append(check)
            cells += check_cells(check)
        else:
            cells.append(cell)
    if asked != list(questions) or checked != list(questions):
        raise UserError(f"{path}: stubs and checks must be those of {', '.join(questions)}, in this order")
    notebook: nbformat.NotebookNode = nbformat.v4.new_notebook(cells=cells, metadata=text.metadata)
    notebook.metadata.pop("jupytext", None)
    notebook.metadata.setdefault("kernelspec", {"display_name": "Python 3", "language": "python", "name": "python3"})
    return notebook


def _config(plugin: dict[str, Any], *, own_start: bool) -> dict[str, Any]:
    """The settings of `otter assign`; results stay hidden on Gradescope until grades are published.

    With `own_start` the master text makes its own `grader`, and otter-grader's first cell stays away.
    """
    return {
        "init_cell": not own_start,
        "check_all_cell": False,
        "export_cell": {"pdf": False, "run_tests": False, "ignore_log": True},
        "tests": {"files": True, "ok_format": False},
        "generate": {
            "show_hidden": True,
            "force_public_test_summary": False,
            "plugins": [plugin],
        },
    }


def _question_cells(question: str, function: FunctionText) -> list[nbformat.NotebookNode]:
    solution = "\n".join(
        [
            function.head,
            BEGIN_PROMPT,
            function.placeholder,
            END_PROMPT,
            BEGIN_ANSWER,
            function.body,
            END_ANSWER,
        ]
    )
    return [
        new_raw_cell(f"# BEGIN QUESTION\nname: {question}\npoints: 0"),
        new_raw_cell("# BEGIN SOLUTION"),
        new_code_cell(solution),
        new_raw_cell("# END SOLUTION"),
    ]


def _check_cells(question: str, checks_module: str) -> list[nbformat.NotebookNode]:
    test = (
        '""" # BEGIN TEST CONFIG\nhidden: false\npoints: 0\n'
        "success_message: The public check passes. Grading uses other numbers, too.\n"
        '""" # END TEST CONFIG\n'
        f"def test_lecture_numbers(env):\n    from {checks_module} import check\n    check({question!r}, env)\n"
    )
    return [
        new_raw_cell("# BEGIN TESTS"),
        new_code_cell(test),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
    ]


def without_markers(source: str) -> str:
    """A solution cell without otter-grader's markers and without the stub's placeholder."""
    kept, in_prompt = [], False
    for line in source.splitlines():
        if line in {BEGIN_PROMPT, END_PROMPT}:
            in_prompt = line == BEGIN_PROMPT
        elif not in_prompt and line not in {BEGIN_ANSWER, END_ANSWER}:
            kept.append(line)
    return "\n".join(kept)
