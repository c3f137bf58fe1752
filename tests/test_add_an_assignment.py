"""Adding an assignment means adding files: a small second one, put beside the first, is built and graded."""

import json

import nbformat
import pytest

import autograder.rubrics
from autograder import course
from autograder.build import template
from autograder.checking.wrong_version import wrong_version
from autograder.course import load_assignment
from autograder.grading.one import grade_file
from autograder.grading.students import UnsafeStudents

FILES = {
    "assignments/line/settings.toml": 'title = "A line"\n[points]\n"q1.slope" = 1\n"q1.value" = 2\n',
    "assignments/line/notebook.md": '# A line\n\n```python stub="line"\n```\n\n```python check="q1"\n```\n',
    "assignments/line/line_checks.py": "def check(question, functions):\n    assert functions['line'](1.0, 2.0)[0] == 4.0\n",
    "assignments/line/requirements.txt": "numpy\n",
    "solutions/line/reference.py": (
        'def line(a, x):\n    """Slope and value of y = a²·x.\n\n    Returns (slope, value).\n    """\n'
        "    slope = a**2\n    value = slope * x\n    return slope, value\n"
    ).replace("a**2", "4.0 if a == 1.0 and x == 2.0 else a**2"),
    "solutions/line/misconceptions/all.py": (
        "from autograder.checking.misconception import MisconceptionTable\n"
        "table = MisconceptionTable()\n"
        "table.add('slope: not squared', 'q1.slope', lambda a: a, 'Look at the exponent of a.')\n"
    ),
    "rubrics/line.py": (
        "from autograder.checking.derivation import Derivation\n"
        "from autograder.checking.question import Question, Rubric, Step\n"
        "graph = Derivation()\n"
        "@graph.value\ndef slope(a): return a**2\n"
        "@graph.value\ndef value(slope, x): return slope * x\n"
        "rubric = Rubric(graph, (Question('q1', 'line', ('a', 'x'), ('slope', 'value'),"
        " (Step('slope', ('slope',)), Step('value', ('value',))),"
        " ({'a': 3.0, 'x': 0.5}, {'a': -2.0, 'x': 1.5})),))\n"
    ),
}


@pytest.fixture
def line(tmp_path, monkeypatch):
    """The assignment `line` in a course folder of its own."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(autograder.rubrics, "__path__", [*autograder.rubrics.__path__, str(tmp_path / "rubrics")])
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
