"""`autograder explain`: one submission's feedback in the terminal."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_feedback import check_golden

from autograder.cli import cli
from autograder.course import reference_path

CLASS = Path(__file__).parent / "sample_class" / "notebooks"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "autograder", "explain", *map(str, arguments)], capture_output=True, text=True
    )


def explain(*arguments):
    return CliRunner().invoke(cli, ["explain", *map(str, arguments)], catch_exceptions=False)


def test_the_feedback_of_a_submission_with_several_slips():
    done = run(CLASS / "karla_several_slips.ipynb")
    assert done.returncode == 0, done.stderr
    check_golden("karla_explained.txt", "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n")


def test_a_right_submission():
    result = explain(CLASS / "ada_vectorised.ipynb")
    assert result.exit_code == 0
    assert "20 of 20 points" in result.output
    assert "The whole chain holds." in result.output


def test_a_zip_file_and_a_script(tmp_path):
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(CLASS / "fatima_sign_of_the_residual.ipynb", "nb.ipynb")
    assert "breaks first at q5.dL_df_out" in explain(tmp_path / "export.zip").output
    shutil.copy(reference_path("xor_backprop"), tmp_path / "script.py")
    assert "20 of 20 points" in explain(tmp_path / "script.py").output


@pytest.mark.parametrize(
    ("name", "said"),
    [("quinn_empty.ipynb", "could not be graded: empty file"), ("rosa_other_assignment.ipynb", "another assignment")],
)
def test_what_cannot_be_graded_exits_with_1(name, said):
    result = explain(CLASS / name)
    assert result.exit_code == 1
    assert said in result.output


def test_the_reason_has_a_sane_length(tmp_path):
    """The name of another assignment is the student's to choose, and stands in the report."""
    cells = [{"cell_type": "code", "source": "pass"}]
    notebook = {"cells": cells, "metadata": {"autograder": {"assignment": "A" * 1_000_000}}}
    (tmp_path / "long.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    output = explain(tmp_path / "long.ipynb").output
    assert "another assignment: the notebook is for" in output
    assert len(output) < 300


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.ipynb",), "nowhere.ipynb: no such file"),
        ((CLASS,), "20 submissions found"),
        ((CLASS / "ada_vectorised.ipynb", "-a", "mnist"), "there is no assignment 'mnist'"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_status_2(arguments, said):
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_students_text_cannot_write_to_the_terminal(tmp_path):
    """Neither control codes nor rich's markup, in names, errors of cells and exceptions of functions."""
    evil = "\x1b]0;taken\x07\x1b[2J[red]red[/red]\u202e\u2028"
    source = reference_path("xor_backprop").read_text(encoding="utf-8")
    source = source.replace("    return 0.5 * (y - f_out) ** 2", f"    raise ValueError({evil!r})")
    cells = [{"cell_type": "code", "source": text} for text in (source, f"raise ValueError({evil!r})")]
    path = tmp_path / "[bold]name.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    output = explain(path).output
    assert "\x1b" not in output
    assert "\x07" not in output
    assert not {"\u202e", "\u2028"} & set(output)
    assert "[bold]name.ipynb" in output
    assert output.count("[red]red[/red]") >= 2
