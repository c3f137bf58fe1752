"""From the reviewable master text to the notebook that otter-grader's `otter assign` takes."""

from __future__ import annotations

import json
import re
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


def otter_master(assignment: Assignment, plugin: dict[str, Any], checks_module: str) -> nbformat.NotebookNode:
    """The notebook for `otter assign`: the master text with each stub, its answer and its public check filled in.

    Raises
    ------
    UserError : the text asks for a stub or check that does not exist, or leaves one out
    """
    path = master_path(assignment.name)
    functions = cut(reference_path(assignment.name).read_text(encoding="utf-8"), str(reference_path(assignment.name)))
    text = jupytext.reads(path.read_text(encoding="utf-8"), fmt="md")
    own_start = any(cell.cell_type == "code" and _MAKES_GRADER.search(cell.source) for cell in text.cells)
    config = _config(plugin, own_start=own_start)
    cells = [new_raw_cell("# ASSIGNMENT CONFIG\n" + json.dumps(config, indent=1))]
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
            cells += _question_cells(question.name, functions[stub])
        elif check is not None:
            if not asked or asked[-1] != check:
                raise UserError(f"{path}: the check {check!r} does not follow its own stub")
            checked.append(check)
            cells += _check_cells(check, checks_module)
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
