"""The sample class graded four ways: engine, `autograder grade`, real `otter run`, real `otter grade`. One score.

The Docker part uses whatever engine `DOCKER_HOST` points to, with the image named in `AUTOGRADER_TEST_IMAGE`.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import kernels
import pytest
from student_side import TEMPLATE

from autograder.build import template
from autograder.checking.engine import grade
from autograder.course import load_settings
from autograder.platforms.otter import Plugin
from autograder.student.in_process import InProcessStudent
from autograder.submission.notebook import Unreadable, read
from autograder.version_digest import digest

HERE = Path(__file__).parent
NAME = "xor_backprop"
IMAGE = os.environ.get("AUTOGRADER_TEST_IMAGE", "debian:bookworm-slim")
TAG = "backprop-autograder-test"
OTTER = str(Path(sys.executable).parent / "otter")
SCHEMA = json.loads((HERE / "data" / "gradescope_results.schema.json").read_text(encoding="utf-8"))
QUESTIONS = [f"q{i}" for i in range(1, 10)]
NOT_GRADED = {"pavel_corrupt.ipynb", "quinn_empty.ipynb", "rosa_other_assignment.ipynb"}


@pytest.fixture(scope="session")
def handed_in(tmp_path_factory):
    """A folder with the sample class, the untouched stub and the solution notebook; and the built zip."""
    folder, built = tmp_path_factory.mktemp("class"), template.build(NAME, run_tests=False)
    for path in (HERE / "sample_class" / "notebooks").iterdir():
        shutil.copy(path, folder)
    (folder / "stub.ipynb").write_bytes(built.template[f"{NAME}.ipynb"])
    (folder / "solution.ipynb").write_bytes(built.instructor[f"{NAME}-solution.ipynb"])
    archive = tmp_path_factory.mktemp("zip") / "autograder.zip"
    archive.write_bytes(built.instructor["autograder.zip"])
    return folder, archive


def read_grades(path):
    with path.open(newline="", encoding="utf-8") as stream:
        rows = {row["file"]: row for row in csv.DictReader(stream)}
    return {file: {q: float(row[q]) for q in QUESTIONS} for file, row in rows.items() if file != "points-per-question"}


def by_engine(folder, assignment):
    found = {}
    for path in folder.iterdir():
        points = dict.fromkeys(QUESTIONS, 0.0)
        if path.name != "rosa_other_assignment.ipynb":  # whose file it is, is no matter of the engine
            try:
                cells = read(path).cells
            except Unreadable:
                cells = ()
            student = InProcessStudent(cells, inert_modules=load_settings(NAME).imports.inert)
            points = grade(assignment, student).by_question()
        found[path.name] = points
    return found


def by_command(folder, out):
    command = [sys.executable, "-m", "autograder", "grade", str(folder), "--out", str(out)]
    assert subprocess.run(command, capture_output=True).returncode == 1  # three files cannot be graded
    return read_grades(out / "final_grades.csv")


def otter_run(path, archive, out):
    """`otter run` on one file: its results.json, or None where otter-grader cannot open the file."""
    out.mkdir()
    done = kernels.run([OTTER, "run", "-a", str(archive), "-o", str(out), str(path)], cwd=out)
    results = out / "results.json"
    assert (done.returncode == 0) == results.exists(), done.stderr
    assert done.returncode == 0 or path.name in NOT_GRADED, done.stderr
    return json.loads(results.read_text(encoding="utf-8")) if results.exists() else None


def by_otter_run(folder, archive, out):
    paths = sorted(folder.iterdir())
    with ThreadPoolExecutor(2) as pool:
        results = dict(
            zip(
                (path.name for path in paths),
                pool.map(lambda path: otter_run(path, archive, out / path.stem), paths),
                strict=True,
            )
        )
    assert {file for file, result in results.items() if result is None} == NOT_GRADED - {"rosa_other_assignment.ipynb"}
    for result in filter(None, results.values()):
        check_gradescope(result)
    return {
        file: {t["name"]: t["score"] for t in result["tests"]} if result else dict.fromkeys(QUESTIONS, 0.0)
        for file, result in results.items()
    }


def check_gradescope(result):
    """Valid by Gradescope's format: a score and a message for each question, hidden until grades are published."""
    jsonschema.validate(result, SCHEMA)
    assert [test["name"] for test in result["tests"]] == QUESTIONS
    for test in result["tests"]:
        assert test["visibility"] == "after_published"
        assert 0 <= test["score"] <= test["max_score"]
        assert test["output"]
    assert sum(test["max_score"] for test in result["tests"]) == 20


def by_otter_grade(folder, archive, out, *more):
    out.mkdir()
    done = subprocess.run(
        [OTTER, "grade", "-n", TAG, "-a", str(archive), "-o", str(out), "--image", IMAGE, "--containers", "2", *more, str(folder)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return read_grades(out / "final_grades.csv")


@pytest.mark.docker
def test_the_same_scores_four_ways(handed_in, assignment, tmp_path):
    folder, archive = handed_in
    ways = {
        "engine": by_engine(folder, assignment),
        "autograder grade": by_command(folder, tmp_path / "command"),
        "otter run": by_otter_run(folder, archive, tmp_path),
        "otter grade": by_otter_grade(folder, archive, tmp_path / "grade"),
    }
    for way, found in ways.items():
        assert found == ways["engine"], way
        assert sum(found["solution.ipynb"].values()) == 20, way
        assert sum(found["stub.ipynb"].values()) == 0, way
    expected = read_grades(HERE / "sample_class" / "expected_grades.csv")
    assert {file: points for file, points in ways["engine"].items() if file in expected} == expected


@pytest.mark.docker
def test_the_zips_that_students_export_by_otter_grade(handed_in, tmp_path):
    """As the notebook's own last cell writes them, all under one name but for the time."""
    folder, archive = handed_in
    (tmp_path / "zips").mkdir()
    expected = {}
    for name in ("fatima_sign_of_the_residual", "stub"):
        work = shutil.copytree(TEMPLATE, tmp_path / name)
        shutil.copy(folder / f"{name}.ipynb", work / "xor_backprop.ipynb")
        code = "from xor_start import start\nstart({}).export(pdf=False, ignore_log=True)"
        subprocess.run([sys.executable, "-c", code], cwd=work, capture_output=True, check=True)
        (made,) = work.glob("*.zip")
        expected[made.name] = 19 if name != "stub" else 0
        shutil.copy(made, tmp_path / "zips")
    found = by_otter_grade(tmp_path / "zips", archive, tmp_path / "out", "--ext", "zip")
    assert {file: sum(points.values()) for file, points in found.items()} == expected


@pytest.mark.docker
def test_a_file_that_otter_cannot_open_still_gives_gradescope_results(handed_in, tmp_path):
    """In the image that the test above built (built here if it was not)."""
    folder, archive = handed_in
    if subprocess.run(["docker", "image", "inspect", f"otter-grade:{TAG}"], capture_output=True).returncode:
        (tmp_path / "one").mkdir()
        shutil.copy(folder / "stub.ipynb", tmp_path / "one")
        by_otter_grade(tmp_path / "one", archive, tmp_path / "out")
    container = docker("create", f"otter-grade:{TAG}", "/autograder/run_autograder")
    try:
        docker("cp", str(folder / "pavel_corrupt.ipynb"), f"{container}:/autograder/submission/pavel.ipynb")
        docker("start", container)
        assert docker("wait", container) != "0"
        docker("cp", f"{container}:/autograder/results/results.json", str(tmp_path))
    finally:
        docker("rm", "-f", container)
    result = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(result, SCHEMA)
    assert result["score"] == 0
    assert "not a readable notebook" in result["tests"][0]["output"]


def docker(*arguments):
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_otter_run_gives_gradescope_results(handed_in, tmp_path):
    folder, archive = handed_in
    result = otter_run(folder / "karla_several_slips.ipynb", archive, tmp_path / "out")
    check_gradescope(result)
    outputs = {test["name"]: test["output"] for test in result["tests"]}
    assert sum(test["score"] for test in result["tests"]) == 16.5
    assert "has the opposite sign of what is needed" in outputs["q5"]
    assert "right, given your dL_df_out" in outputs["q5"]
    assert "In the lecture: “Backward pass”, 1st step" in outputs["q5"]
    assert "All test cases passed" in outputs["q6"]


def test_otter_run_with_a_zip_of_another_version_says_so(handed_in, tmp_path):
    import zipfile

    folder, archive = handed_in
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(tmp_path / "old.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "otter_config.json":
                config = json.loads(content)
                next(iter(config["plugins"][0].values()))["digest"] = "0" * 16
                content = json.dumps(config).encode()
            new.writestr(name, content)
    done = subprocess.run([OTTER, "run", "-a", str(tmp_path / "old.zip"), "-o", str(tmp_path), str(folder / "stub.ipynb")],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode != 0
    assert "built with another version of 'xor_backprop': run `autograder build` again" in done.stderr


def test_only_the_submission_and_its_zip_stay(tmp_path):
    for name in ("xor_backprop.ipynb", "xor_backprop_1.zip", ".OTTER_LOG", "numpy.py"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "folder.zip").mkdir()
    plugin = Plugin(str(tmp_path / "xor_backprop.ipynb"), {}, {"assignment": NAME, "digest": digest(NAME)})
    plugin.before_grading(SimpleNamespace())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["xor_backprop.ipynb", "xor_backprop_1.zip"]


def test_other_files_of_a_submission_are_not_read(handed_in, tmp_path):
    """A log, a module named numpy, a tests folder in the student's zip: removed before anything reads them."""
    import zipfile

    folder, archive = handed_in
    with zipfile.ZipFile(tmp_path / "handed_in.zip", "w") as made:
        made.write(folder / "fatima_sign_of_the_residual.ipynb", "xor_backprop.ipynb")
        made.writestr(".OTTER_LOG", b"cos\nsystem\n(S'touch " + str(tmp_path / "pwned").encode() + b"'\ntR.")
        made.writestr("numpy.py", f"open({str(tmp_path / 'pwned')!r}, 'w')")
        made.writestr("tests/q1.py", f"open({str(tmp_path / 'pwned')!r}, 'w')")
    result = otter_run(tmp_path / "handed_in.zip", archive, tmp_path / "out")
    assert sum(test["score"] for test in result["tests"]) == 19
    assert not (tmp_path / "pwned").exists()
