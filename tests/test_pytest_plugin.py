"""`pytest --submission FILE`: each step a test item."""

import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

from autograder.course import reference_path

CLASS = Path(__file__).parent / "sample_class" / "notebooks"


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True,
    )  # fmt: skip


def test_each_step_is_an_item(tmp_path):
    done = run("--submission", CLASS / "fatima_sign_of_the_residual.ipynb", "-v", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 failed, 20 passed" in done.stdout
    assert "q5::dL_df_out FAILED" in done.stdout
    assert "q5.dL_df_out (1): wrong: `dL_df_out` has the opposite sign of what is needed." in done.stdout
    assert "fatima_sign_of_the_residual.ipynb: 19 of 20" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_right_submission_passes_and_a_python_file_is_graded_not_imported(tmp_path):
    done = run("--submission", reference_path("xor_backprop"), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "21 passed" in done.stdout


def test_pytests_own_tools_work(tmp_path):
    sign = CLASS / "fatima_sign_of_the_residual.ipynb"
    assert "4 passed, 17 deselected" in run("--submission", sign, "-k", "q6", cwd=tmp_path).stdout
    run("--submission", sign, "--junitxml", tmp_path / "report.xml", cwd=tmp_path)
    cases = ET.parse(tmp_path / "report.xml").getroot().iter("testcase")
    assert sum(case.find("failure") is not None for case in cases) == 1


def test_a_zip_file_that_is_handed_in_is_graded(tmp_path):
    for name, notebooks in (("one.zip", ["ada_vectorised"]), ("two.zip", ["ada_vectorised", "quinn_empty"])):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for notebook in notebooks:
                archive.write(CLASS / f"{notebook}.ipynb", f"{notebook}.ipynb")
    done = run("--submission", "one.zip", "--submission", "two.zip", "--continue-on-collection-errors", cwd=tmp_path)
    assert "21 passed, 1 error" in done.stdout
    assert "two.zip: 2 submissions in it; name one" in done.stdout


def test_a_folder_is_no_submission(tmp_path):
    said = run("--submission", tmp_path, cwd=tmp_path).stderr
    assert f"--submission {tmp_path}: a folder; name one submission (a class: autograder grade)" in said


def test_a_file_that_cannot_be_graded_is_an_error_that_says_why(tmp_path):
    done = run("--submission", CLASS / "pavel_corrupt.ipynb", cwd=tmp_path)
    assert done.returncode == 2
    assert "pavel_corrupt.ipynb: corrupt notebook: not valid JSON" in done.stdout
    assert "no such file" in run("--submission", "nowhere.ipynb", cwd=tmp_path).stderr


def test_without_a_submission_pytest_is_as_always(tmp_path):
    (tmp_path / "test_x.py").write_text("def test_x(): assert True\n", encoding="utf-8")
    assert "1 passed" in run(cwd=tmp_path).stdout
