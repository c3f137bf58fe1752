"""What `grader.export()` writes, with otter-grader and without it, and that grading takes it as it is."""

import csv
import json
import shutil
import subprocess
import sys
import zipfile

import pytest
from student_side import FUNCTIONS, TEMPLATE, code_cells, notebook, template_module

from autograder.grading.one import grade_file

start = template_module("xor_start")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A student's folder with a solved notebook; the working directory."""
    shutil.copytree(TEMPLATE, tmp_path / "work", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path / "work")
    solved = notebook()
    for cell in solved["cells"]:
        for name, function in FUNCTIONS.items():
            if "".join(cell["source"]).startswith(f"def {name}("):
                cell["source"] = function.solution
    (tmp_path / "work" / "xor_backprop.ipynb").write_text(json.dumps(solved), encoding="utf-8")
    return tmp_path / "work"


EXPORT = next(cell for cell in code_cells(notebook()) if "grader.export" in cell)


def exported(folder, without=(), cell=EXPORT):
    """Run the notebook's export cell, or another one, in a Python of its own; returns the zip file's path and what was printed."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({list(without)!r}))\n"
        f"from xor_start import start\ngrader = start({{}})\n{cell}"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("*.zip")
    return made, done.stdout


def test_a_plain_export_leaves_one_zip_too(folder):
    """As typed by hand: no PDF is tried, which would fail and leave a second, broken zip."""
    made, _ = exported(folder, cell="grader.export()")
    with zipfile.ZipFile(made) as zipped:
        assert sorted(zipped.namelist()) == ["__zip_filename__", "xor_backprop.ipynb"]


@pytest.mark.parametrize("without", [(), ("otter",)], ids=["with otter-grader", "without"])
def test_the_zip_is_graded_as_it_is(folder, without, students, tmp_path):
    made, words = exported(folder, without)
    assert "Hand in the newest file named xor_backprop_….zip" in words
    with zipfile.ZipFile(made) as zipped:
        assert sorted(zipped.namelist()) == ["__zip_filename__", "xor_backprop.ipynb"]
        assert zipped.read("__zip_filename__").decode() == made.name
    command = [sys.executable, "-m", "autograder", "grade", str(made), "--out", str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True).returncode == 0
    with (tmp_path / "out" / "final_grades.csv").open(encoding="utf-8") as stream:
        rows = {row["file"]: row for row in csv.DictReader(stream)}
    assert rows[made.name]["total_points_earned"] == "20"


def test_a_renamed_notebook_is_told_how_to_hand_in(folder, students, capsys):
    (folder / "xor_backprop.ipynb").rename(folder / "mine.ipynb")
    start.start({}).export(pdf=False, ignore_log=True)
    assert "hand in the .ipynb file itself" in capsys.readouterr().out
    assert not list(folder.glob("*.zip"))
    assert grade_file(folder / "mine.ipynb", "xor_backprop", students).result.earned == 20


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_an_empty_file_is_told(folder, capsys, content):
    (folder / "xor_backprop.ipynb").write_text(content, encoding="utf-8")
    start.start({}).export(pdf=False, ignore_log=True)
    assert "empty or damaged. Save the notebook" in capsys.readouterr().out
    assert not list(folder.glob("*.zip"))


def test_unsaved_work_is_told(folder, tmp_path, capsys):
    """A function that the kernel has and the file has not, as after typing without saving."""
    (tmp_path / "typed.py").write_text(
        "def sigmoid(z):\n    return 'not saved'\n" + FUNCTIONS["l2_loss"].solution, encoding="utf-8"
    )
    functions = {}
    exec(compile((tmp_path / "typed.py").read_text(encoding="utf-8"), str(tmp_path / "typed.py"), "exec"), functions)
    start.start(functions).export(pdf=False, ignore_log=True)
    words = capsys.readouterr().out
    assert "NOT SAVED YET: the file on disk does not hold your `sigmoid`" in words
    assert "l2_loss" not in words


def test_the_readme_tells_five_things():
    lines = (TEMPLATE / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line[:2] for line in lines if line[:1].isdigit()] == ["1.", "2.", "3.", "4.", "5."]
