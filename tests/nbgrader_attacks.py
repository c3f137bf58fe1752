"""Hostile notebooks against nbgrader: each earns its sigmoid (1 point) and tries to win the other 19.

An attack changes the notebook that a student hands in; some also put files beside it. `@COURSE@` in code is the course
folder, `@HOME@` the home folder of whoever grades: behind walls `~` is another.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attacks import EVIL, WIN, WRONG, tries
from nbgrader_course import at_the_end
from right_variants import PLAIN

Notebook = dict[str, Any]
Attack = Callable[[Notebook, Path], Notebook | bytes | None]
HTML = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\"><svg onload=\"document.title='pwned'\">"
LINKS = (
    "[click](javascript:alert(1)) $\\href{javascript:alert(1)}{x}$ <a href='javascript:alert(1)'>x</a> [f](evil.html)"
)


def honest(released: Notebook, code: str = "answer = 4.0") -> Notebook:
    """A right sigmoid, the other functions wrong, then `code`."""
    return at_the_end(released, [PLAIN["sigmoid"], WRONG, WIN, code])


def tests_of(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]


def without_tests(notebook: Notebook, folder: Path) -> Notebook:
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in tests_of(notebook)]
    return notebook


def no_course_cells(notebook: Notebook, folder: Path) -> Notebook:
    notebook["cells"] = [cell for cell in notebook["cells"] if "nbgrader" not in cell["metadata"]]
    return notebook


def tests_twice(notebook: Notebook, folder: Path) -> Notebook:
    for cell in copy.deepcopy(tests_of(notebook)):
        notebook["cells"].append({**cell, "id": cell["id"] + "x", "source": "4.0"})
        notebook["cells"].insert(0, {**cell, "id": cell["id"] + "y", "source": "4.0"})
    return notebook


def tests_emptied(notebook: Notebook, folder: Path) -> Notebook:
    for cell in tests_of(notebook):
        cell["source"] = ""
    return notebook


def with_outputs(text: str) -> Attack:
    def attack(notebook: Notebook, folder: Path) -> Notebook:
        for cell in tests_of(notebook):
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": 1}
            ]
        return notebook

    return attack


def with_marks(**marks: Any) -> Attack:
    def attack(notebook: Notebook, folder: Path) -> Notebook:
        for cell in tests_of(notebook):
            cell["metadata"]["nbgrader"].update(marks)
        return notebook

    return attack


def tests_as_text(notebook: Notebook, folder: Path) -> Notebook:
    for cell in tests_of(notebook):
        cell["cell_type"] = "markdown"
        del cell["outputs"], cell["execution_count"]
    return notebook


def odd_metadata(value: Any) -> Attack:
    def attack(notebook: Notebook, folder: Path) -> Notebook:
        for cell in notebook["cells"][:5]:
            cell["metadata"]["nbgrader"] = value
        return notebook

    return attack


def odd_structure(notebook: Notebook, folder: Path) -> Notebook:
    notebook["cells"] += [{}, {"cell_type": "code"}, {"cell_type": "evil", "source": 7, "metadata": []}, "text", None]
    notebook["metadata"] = {
        "kernelspec": {"name": "/bin/sh"},
        "language_info": {"name": HTML},
        "widgets": HTML,
        "title": HTML,
    }
    return notebook


def reports(notebook: Notebook, folder: Path) -> Notebook:
    output = {"output_type": "display_data", "data": {"text/html": HTML, "image/svg+xml": HTML}, "metadata": {}}
    error = {"output_type": "error", "ename": HTML, "evalue": HTML, "traceback": [HTML]}
    notebook["cells"] += [
        {"cell_type": "markdown", "metadata": {}, "source": HTML + LINKS, "attachments": {"a": {"text/html": HTML}}},
        {"cell_type": "markdown", "metadata": {}, "source": f"```\n{HTML}\n````\n\n{HTML}\n~~~\n$$\n{HTML}\n$$"},
        {"cell_type": "raw", "metadata": {"raw_mimetype": "text/html"}, "source": HTML},
        {"cell_type": "code", "metadata": {"magics_language": HTML}, "source": f'"""{HTML}"""', "outputs": [output, error]},
        {"cell_type": "code", "id": HTML, "metadata": {"tags": [HTML], "nbgrader": {"grade_id": HTML, "task": True}}, "source": "1"},
    ]  # fmt: skip
    notebook["metadata"] |= {"title": HTML, "widgets": {"application/vnd.jupyter.widget-state+json": {"state": HTML}}}
    notebook["cells"][0]["source"] = HTML  # a locked text of the course
    (folder / "evil.html").write_text(HTML, encoding="utf-8")
    return notebook


def files_beside(notebook: Notebook, folder: Path) -> Notebook:
    course = folder.parents[2]
    for name in ("nbgrader_config.py", "gradebook.db", "numpy.py", "xor_checks.py", "deep/er/autograder.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("raise SystemExit('planted')", encoding="utf-8")
    (folder / "link.txt").symlink_to(course / "source" / "xor_backprop" / "xor_backprop.ipynb")
    (folder / "link_folder").symlink_to(course / "source")
    return notebook


def link_to_solution(notebook: Notebook, folder: Path) -> None:
    course = folder.parents[2]
    (folder / "xor_backprop.ipynb").symlink_to(course / "source" / "xor_backprop" / "xor_backprop.ipynb")


def surrogates(notebook: Notebook, folder: Path) -> bytes:
    notebook["cells"].append({"cell_type": "code", "metadata": {}, "outputs": [], "source": "x = '\ud800\x00\x1b[31m'"})
    return json.dumps(notebook).encode()


def many_cells(notebook: Notebook, folder: Path) -> Notebook:
    notebook["cells"] += [{"cell_type": "markdown", "metadata": {}, "source": "x"}] * 20_000
    return notebook


def home_beside(course: Path) -> Path:
    """The home folder of whoever grades `course`; never the real one, where an attack could do harm."""
    return course.parent / "home"


def by_code(code: str) -> Attack:
    def attack(notebook: Notebook, folder: Path) -> Notebook:
        course = folder.parents[2]
        return at_the_end(notebook, [code.replace("@COURSE@", str(course)).replace("@HOME@", str(home_beside(course)))])

    return attack


PATCHES = """
for n in ('allclose', 'isclose', 'all', 'array_equal', 'abs'): setattr(np, n, lambda *a, **k: True)
import sys, IPython
ip = get_ipython()
sys.displayhook = lambda *a: print('4.0')
for name in ('run_cell', 'run_code', 'showtraceback'): setattr(ip, name, lambda *a, **k: 4.0)
IPython.core.interactiveshell.InteractiveShell.run_cell = lambda *a, **k: 4.0
"""
ATTACKS: dict[str, tuple[Attack, float]] = {
    "patched NumPy and IPython": (by_code(PATCHES), 1),
    "equal to everything": (by_code(EVIL.format(base="float") + "answer = Evil(0.1)"), 1),
    "test cells deleted": (without_tests, 1),
    "all cells of the course deleted": (no_course_cells, 1),
    "test cells twice": (tests_twice, 1),
    "test cells emptied": (tests_emptied, 1),
    "results handed in": (with_outputs("4.0"), 1),
    "huge result handed in": (with_outputs("1e6"), 1),
    "negative result handed in": (with_outputs("-1"), 1),
    "more points": (with_marks(points=1000), 1),
    "negative points": (with_marks(points=-5), 1),
    "graded by hand": (with_marks(solution=True), 1),
    "not graded": (with_marks(grade=False, locked=False), 1),
    "other ids": (with_marks(grade_id="q1"), 1),
    "test cells as text": (tests_as_text, 1),
    "old schema": (with_marks(schema_version=1), 1),
    "metadata is text": (odd_metadata("x"), 1),
    "metadata is a list": (odd_metadata([1]), 1),
    "metadata is empty": (odd_metadata({}), 1),
    "odd structure": (odd_structure, 1),
    "reports": (reports, 1),
    "files beside": (files_beside, 1),
    "link to the solution": (link_to_solution, 0),
    "surrogates": (surrogates, 1),
    "20,000 cells": (many_cells, 1),
    "gradebook": (by_code(tries("import sqlite3\nd = sqlite3.connect('@COURSE@/gradebook.db')\nd.execute('UPDATE grade SET manual_score = 4')\nd.commit()")), 1),
    "gradebook as a file": (by_code(tries("open('@COURSE@/gradebook.db', 'r+b').write(b'x')")), 1),
    "configuration": (by_code(tries("open('@COURSE@/nbgrader_config.py', 'a').write('raise SystemExit')")), 1),
    "configuration at home": (by_code(tries("open('@HOME@/.jupyter/nbgrader_config.py', 'w').write('x = 1')")), 1),
    "source read": (by_code(tries("assert 'SOLUTION' in open('@COURSE@/source/xor_backprop/xor_backprop.ipynb').read()")), 1),
    "neighbours read": (by_code(tries("import os\nassert len(os.listdir('@COURSE@/submitted')) > 1")), 1),
    "environment says validate": (by_code("import os\nos.environ['NBGRADER_EXECUTION'] = 'validate'\nos.environ['NBGRADER_VALIDATING'] = '1'"), 1),
}  # fmt: skip
