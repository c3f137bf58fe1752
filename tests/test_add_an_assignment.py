"""Adding an assignment means adding files: the small one of docs/assignments.md, as it stands there, is built and graded."""

import json
import re
from pathlib import Path

import nbformat
import pytest

import autograder.rubrics
from autograder import course
from autograder.build import template
from autograder.checking.wrong_version import wrong_version
from autograder.course import load_assignment
from autograder.grading.one import grade_file
from autograder.grading.students import UnsafeStudents

PAGE = Path(__file__).parent.parent / "docs" / "assignments.md"
FILES = dict(
    re.findall(r"^`(\S+)`\n\n````\w+\n(.*?)^````$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)


@pytest.fixture
def line(tmp_path, monkeypatch):
    """The assignment `line` in a course folder of its own."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(
        autograder.rubrics, "__path__", [*autograder.rubrics.__path__, str(tmp_path / "autograder" / "rubrics")]
    )
    monkeypatch.setenv("AUTOGRADER_COURSE", str(tmp_path))
    for cached in (course.load_settings, course.load_assignment):
        cached.cache_clear()
    yield tmp_path
    for cached in (course.load_settings, course.load_assignment):
        cached.cache_clear()


def submission(folder, body):
    path = folder / "in.ipynb"
    cell = {"cell_type": "code", "source": f"def line(a, x):\n    {body}\n"}
    path.write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    return path


def test_it_is_graded(line):
    students = UnsafeStudents(course.load_settings("line"))
    assert course.assignment_names() == ["line"]
    result = grade_file(submission(line, "return a * a, a * a * x"), "line", students).result
    assert (result.earned, result.points) == (3, 3)
    wrong = grade_file(submission(line, "return a, a * x"), "line", students).result
    assert wrong.earned == 2
    assert wrong.steps[0].misconception == "slope: not squared"
    assert wrong.steps[1].basis == "own earlier values"


def test_its_reference_passes_its_public_check(line):
    reference = course.load_module(line / "solutions" / "line" / "reference.py")
    checks = course.load_module(line / "assignments" / "line" / "line_checks.py")
    checks.check("q1", vars(reference))
    with pytest.raises(AssertionError, match="yours is 2"):
        checks.check("q1", {"line": lambda a, x: (a, a * x)})


def test_its_template_and_zip_are_built(line):
    built = template.build("line", run_tests=False)
    assert set(built.template) == {"line.ipynb", "line_checks.py", "requirements.txt", "tests/q1.py"}
    student = nbformat.reads(built.template["line.ipynb"].decode(), as_version=4)
    assert any(
        cell.source.endswith("slope = ...\n    value = ...\n    return (slope, value)") for cell in student.cells
    )


def test_its_misconception_is_a_whole_wrong_function(line):
    assignment = load_assignment("line")
    name, wrong = wrong_version(assignment.rubric, assignment.misconceptions[0])
    assert (name, wrong(3.0, 0.5)) == ("line", (3.0, 1.5))
