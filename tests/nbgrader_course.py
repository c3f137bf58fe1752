"""A course folder graded by real nbgrader, and submissions for it."""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checking.engine import grade
from autograder.checking.question import Assignment
from autograder.checking.wrong_version import wrong_version
from autograder.student.in_process import InProcessStudent

NAME = "xor_backprop"
HERE = Path(__file__).parent
CLASS = HERE / "sample_class" / "notebooks"
TEMPLATE = HERE.parent / "student_template" / NAME / f"{NAME}.ipynb"
BIN = Path(sys.executable).parent
EXPORTER = "--exporter=autograder.platforms.nbgrader.export.FinalGrades"
QUESTIONS = [f"q{i}" for i in range(1, 10)]


class Course:
    """A course folder as `autograder build --for nbgrader` writes it, with one assignment released."""

    def __init__(self, root: Path, more_config: str = "", environment: dict[str, str] | None = None) -> None:
        self.root = root
        self.environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **(environment or {})}
        self.command("autograder", "build", NAME, "--for", "nbgrader", "--out", root)
        config = root / "nbgrader_config.py"
        config.write_text(config.read_text(encoding="utf-8") + more_config, encoding="utf-8")

    def command(self, *command: object, cwd: Path | None = None, status: int = 0) -> str:
        """Run a command in the course folder; what it printed."""
        done = subprocess.run(
            [BIN / str(command[0]), *map(str, command[1:])],
            cwd=cwd or (self.root if self.root.exists() else None), env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1500,
        )  # fmt: skip
        assert done.returncode == status, done.stdout[-6000:]
        return done.stdout

    def release(self) -> None:
        """`nbgrader generate_assignment`; `clear` goes back to what the gradebook is after it."""
        self.nbgrader("generate_assignment", NAME)
        shutil.copy(self.root / "gradebook.db", self.root / "gradebook.db.released")

    def nbgrader(self, *arguments: object, cwd: Path | None = None, status: int = 0) -> str:
        """Run `nbgrader` in the course folder; what it printed."""
        return self.command("nbgrader", *arguments, cwd=cwd, status=status)

    @property
    def released(self) -> dict[str, Any]:
        """The notebook that students get."""
        path = self.root / "release" / NAME / f"{NAME}.ipynb"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def submission(self, student: str) -> Path:
        """Where a student's notebook lies when it was collected."""
        return self.root / "submitted" / student / NAME / f"{NAME}.ipynb"

    def hand_in(self, student: str, notebook: dict[str, Any] | bytes) -> Path:
        """Put a notebook where `nbgrader collect` puts it."""
        path = self.submission(student)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode())
        return path

    def graded(self, student: str) -> dict[str, Any]:
        """A student's notebook as `nbgrader autograde` left it."""
        path = self.root / "autograded" / student / NAME / f"{NAME}.ipynb"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def feedback(self, student: str) -> str:
        """A student's feedback page."""
        return (self.root / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")

    def rows(self) -> dict[str, dict[str, str]]:
        """The rows of the exported grades file by student."""
        (self.root / "final_grades.csv").unlink(missing_ok=True)
        self.nbgrader("export", EXPORTER, "--to", "final_grades.csv", "--ExportPlugin.assignment", NAME)
        with (self.root / "final_grades.csv").open(newline="", encoding="utf-8") as stream:
            return {row["file"].partition("/")[0]: row for row in csv.DictReader(stream)}

    def scores(self) -> dict[str, dict[str, float]]:
        """Exported points by student and question."""
        return {
            student: {q: float(row[q]) for q in QUESTIONS}
            for student, row in self.rows().items()
            if student != "points-per-question"
        }


def student_of(path: Path) -> str:
    """`ada` for `ada_vectorised.ipynb`."""
    return path.stem.partition("_")[0]


def expected_grades() -> dict[str, dict[str, float]]:
    """What each student of the sample class must get, by question."""
    with (HERE / "sample_class" / "expected_grades.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["file"] != "points-per-question"]
    return {student_of(Path(row["file"])): {q: float(row[q]) for q in QUESTIONS} for row in rows}


def from_sample(released: dict[str, Any], path: Path) -> dict[str, Any] | bytes:
    """The sample class's notebook as its student would hand it in with nbgrader: the release, filled in.

    A file that is no such notebook is handed in as it is.
    """
    content = path.read_bytes()
    if path.name.startswith(("pavel", "quinn", "rosa")):
        return content
    given = {"".join(cell["source"]) for cell in json.loads(TEMPLATE.read_text(encoding="utf-8"))["cells"]}
    sample = json.loads(content)
    cells = ["".join(cell["source"]) for cell in sample["cells"] if cell["cell_type"] == "code"]
    return filled_in(released, [cell for cell in cells if cell not in given])


def filled_in(released: dict[str, Any], cells: list[str]) -> dict[str, Any]:
    """The release with `cells` written into its stubs where they define a question's function, else put before them."""
    made = copy.deepcopy(released)
    first = next(i for i, cell in enumerate(made["cells"]) if is_answer(cell))
    own = []
    for source in cells:
        name = function_of(source)
        answer = next((c for c in made["cells"] if is_answer(c) and function_of(c["source"]) == name), None)
        if name and answer is not None:
            answer["source"] = source
        else:
            own.append(source)
    made["cells"][first:first] = map(code_cell, range(len(own)), own)
    return made


def at_the_end(released: dict[str, Any], cells: list[str]) -> dict[str, Any]:
    """The release with untouched stubs, and `cells` at its end, where they take the stubs' place."""
    made = copy.deepcopy(released)
    made["cells"] += map(code_cell, range(len(cells)), cells)
    return made


def code_cell(number: int, source: str) -> dict[str, Any]:
    """A cell that a student added."""
    return {"cell_type": "code", "execution_count": None, "id": f"own-{number}", "metadata": {}, "outputs": [], "source": source}  # fmt: skip


def function_of(source: str | list[str]) -> str:
    """The one top-level function that a cell defines and nothing else, or ""."""
    names = re.findall(r"^def (\w+)\(", "".join(source), re.MULTILINE)
    return names[0] if len(names) == 1 else ""


def is_answer(cell: dict[str, Any]) -> bool:
    """Whether it is one of the release's answer cells."""
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


RECORDED = """
import numpy as np
from numpy import inf, nan
_calls = {calls!r}
def _values(part):
    if isinstance(part, dict): return np.array(part["array"])
    return tuple(map(_values, part)) if isinstance(part, tuple) else part
def {name}(*arguments):
    after, value = _calls[repr([np.asarray(a, float).tolist() for a in arguments])]
    for argument, new in zip(arguments, after):
        if isinstance(argument, np.ndarray): argument[...] = new
    return _values(value)
"""


def misconception_cells(
    assignment: Assignment, reference: str, misconception: Any
) -> tuple[list[str], dict[str, float]]:
    """A notebook of a student with one misconception, and the engine's points for it by question.

    The wrong function has no source of its own, so its calls are recorded while the engine grades it in this process, and
    the notebook's function answers from the record.
    """
    student = InProcessStudent([reference])
    function, wrong = wrong_version(assignment.rubric, misconception)
    calls: dict[str, Any] = {}

    def recorded(*arguments: Any) -> Any:
        key = repr([np.asarray(a, float).tolist() for a in arguments])
        value = wrong(*arguments)
        calls[key] = ([np.asarray(a, float).tolist() for a in arguments], _plain(value))
        return value

    student.namespace[function] = recorded
    points = grade(assignment, student).by_question()
    return [reference, RECORDED.format(calls=calls, name=function)], points


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return {"array": value.tolist()}
    if isinstance(value, (tuple, list)):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, (np.generic, np.ndarray)) else value


def hand_in_class(course: Course, choose: Callable[[Path], bool] = lambda path: True) -> list[str]:
    """Hand in the sample class; the students."""
    paths = sorted(path for path in CLASS.iterdir() if choose(path))
    for path in paths:
        course.hand_in(student_of(path), from_sample(course.released, path))
    return [student_of(path) for path in paths]


def clear(course: Course) -> None:
    """Forget all submissions and grades."""
    for name in ("submitted", "autograded", "feedback"):
        shutil.rmtree(course.root / name, ignore_errors=True)
    shutil.copy(course.root / "gradebook.db.released", course.root / "gradebook.db")
