"""The attack suite: hostile notebooks never earn more than their honest part, see nothing, leave nothing, disturb nobody.

Everything hostile runs inside a PID namespace of its own, with bounded time; the student's process itself runs as a user that
owns nothing. Needs root on Linux, as CI has it.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attacks import ATTACKS, ONLY_WITH_NAMESPACES
from right_variants import VARIANTS
from test_build import solution_lines

from autograder.course import home

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
NEIGHBOURS = {"000_neighbour.ipynb": 20.0, "zzz_neighbour.ipynb": 20.0}
SHORT = {"cell_seconds": 1, "call_seconds": 0.5, "submission_seconds": 6, "cpu_seconds": 6, "memory_megabytes": 512}
# Runs a command, then lists the processes that are left in this PID namespace besides itself.
WATCH = (
    "import os, subprocess, sys, time; code = subprocess.run(sys.argv[1:]).returncode; time.sleep(0.2); "
    "left = [p for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]; "
    "print('LEFT', [open(f'/proc/{p}/cmdline').read() for p in left]); sys.exit(code)"
)


def file_name(index, attack):
    return f"{index:03d}_{re.sub(r'[^a-z0-9]+', '_', f'{attack.family} {attack.name}'.lower())}.ipynb"


def in_pid_namespace(*command, timeout, **options):
    return subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "timeout", str(timeout), *map(str, command)],
        capture_output=True, text=True, **options,
    )  # fmt: skip


def notebook(cells):
    made = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write_class(folder):
    folder.mkdir()
    for index, attack in enumerate(ATTACKS, start=1):
        cells = [c.replace("@REPOSITORY@", str(home())).replace("@SUBMISSIONS@", str(folder)) for c in attack.cells]
        (folder / file_name(index, attack)).write_text(notebook(cells), encoding="utf-8")
    for name in NEIGHBOURS:
        (folder / name).write_text(notebook(VARIANTS["plain"]), encoding="utf-8")


@pytest.fixture(scope="module")
def short_course(tmp_path_factory):
    """The course with short limits, so that what hangs hangs shortly."""
    course = tmp_path_factory.mktemp("course")
    for part in ("assignments", "solutions"):
        shutil.copytree(home() / part, course / part)
    settings = course / "assignments" / "xor_backprop" / "settings.toml"
    text = settings.read_text(encoding="utf-8")
    for name, value in SHORT.items():
        text = re.sub(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
    settings.write_text(text, encoding="utf-8")
    return course


@pytest.fixture(scope="module")
def attacked(tmp_path_factory, short_course):
    folder = tmp_path_factory.mktemp("attacked")
    write_class(folder / "in")
    done = in_pid_namespace(
        sys.executable, "-c", WATCH, sys.executable, "-m", "autograder", "grade", folder / "in", "--out", folder / "out",
        timeout=900, env={**os.environ, "AUTOGRADER_COURSE": str(short_course)}, cwd=home(),
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stdout[-2000:] + done.stderr[-4000:]
    return folder, done


def grades(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return {row["file"]: row for row in csv.DictReader(stream)}


def test_there_are_many_over_all_families():
    assert len(ATTACKS) >= 60
    assert {a.family for a in ATTACKS} == {
        "comparison", "otter", "frames", "files", "forging", "leaving", "hanging", "flooding", "escaping", "reports"}  # fmt: skip


@pytest.mark.parametrize(
    ("index", "attack"), list(enumerate(ATTACKS, start=1)), ids=lambda v: getattr(v, "name", str(v))
)
def test_no_attack_earns_more_than_its_honest_part(attacked, index, attack):
    row = grades(attacked[0] / "out" / "final_grades.csv")[file_name(index, attack)]
    assert float(row["total_points_earned"]) <= attack.honest, row


def test_the_neighbours_grades_are_unchanged(attacked):
    rows = grades(attacked[0] / "out" / "final_grades.csv")
    assert {name: float(rows[name]["total_points_earned"]) for name in NEIGHBOURS} == NEIGHBOURS


def test_every_attack_was_graded(attacked):
    rows = grades(attacked[0] / "out" / "final_grades.csv")
    assert {row["grading_status"] for file, row in rows.items() if file != "points-per-question"} == {"Completed"}


def test_no_process_is_left(attacked):
    assert "LEFT []" in attacked[1].stdout, attacked[1].stdout[-500:]


def test_no_file_is_left_outside(attacked):
    folder, _ = attacked
    assert not Path("/tmp/planted-by-a-student.txt").exists()
    assert not (home() / "planted.txt").exists()
    assert {path.name for path in folder.iterdir()} == {"in", "out"}
    assert {path.name for path in (folder / "out").iterdir()} == {
        "final_grades.csv", "results", "journal.jsonl", "feedback", "report", "report.html"}  # fmt: skip
    assert len(list((folder / "in").iterdir())) == len(ATTACKS) + len(NEIGHBOURS)


def test_no_output_holds_the_reference_or_control_codes(attacked, reference_source):
    folder, done = attacked
    texts = [path.read_text(encoding="utf-8") for path in (folder / "out").rglob("*") if path.is_file()]
    for text in [*texts, done.stdout, done.stderr]:
        for answer in solution_lines(reference_source):
            assert answer not in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def test_what_the_grader_says_is_no_traceback(attacked):
    assert "Traceback" not in attacked[1].stdout + attacked[1].stderr


GRADE_WITHOUT = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from autograder.course import load_settings
from autograder.grading.one import grade_file
from autograder.grading.students import WalledStudents
without = frozenset(sys.argv[2].split())
students = WalledStudents(load_settings("xor_backprop"), without=without)
outcome = grade_file(Path(sys.argv[1]), "xor_backprop", students)
students.shut_down()
print("EARNED", outcome.result.earned)
"""


@pytest.mark.parametrize(
    "attack", [*(a for a in ATTACKS if a.wall), ONLY_WITH_NAMESPACES], ids=lambda a: f"{a.wall}: {a.name}"
)
def test_each_wall_matters(attack, tmp_path, short_course):
    """With its wall taken away the attack gets through: so it is this wall that holds it."""
    write_class_of = tmp_path / "in"
    write_class_of.mkdir()
    cells = [c.replace("@REPOSITORY@", str(home())).replace("@SUBMISSIONS@", str(write_class_of)) for c in attack.cells]
    path = write_class_of / "attack.ipynb"
    path.write_text(notebook(cells), encoding="utf-8")
    earned = {}
    for without in ("", attack.wall):
        done = in_pid_namespace(
            sys.executable, "-c", GRADE_WITHOUT, path, without,
            timeout=60, env={**os.environ, "AUTOGRADER_COURSE": str(short_course)}, cwd=home(),
        )  # fmt: skip
        found = re.search(r"EARNED ([\d.]+)", done.stdout)
        assert found, done.stderr[-2000:]
        earned[without] = float(found.group(1))
    Path("/tmp/planted-by-a-student.txt").unlink(missing_ok=True)
    assert earned[""] <= attack.honest
    assert earned[attack.wall] > attack.honest


@pytest.fixture(scope="module")
def short_zip(tmp_path_factory, short_course):
    """The otter-grader zip of the course with short limits, built by its own process."""
    out = tmp_path_factory.mktemp("zip")
    code = (
        "import sys; from pathlib import Path; from autograder.build import template; "
        "Path(sys.argv[1]).write_bytes(template.build('xor_backprop', run_tests=False).instructor['autograder.zip'])"
    )
    subprocess.run(
        [sys.executable, "-c", code, out / "autograder.zip"],
        env={**os.environ, "AUTOGRADER_COURSE": str(short_course)}, cwd=home(), check=True, capture_output=True,
    )  # fmt: skip
    return out / "autograder.zip"


@pytest.mark.docker
def test_no_attack_gets_through_in_otter_grade(tmp_path, short_zip, reference_source):
    """In the containers of a real Docker Engine: the same honest points at most, the neighbours undisturbed."""
    write_class(tmp_path / "in")
    (tmp_path / "out").mkdir()
    image = os.environ.get("AUTOGRADER_TEST_IMAGE", "debian:bookworm-slim")
    otter = Path(sys.executable).parent / "otter"
    done = subprocess.run(
        [otter, "grade", "-n", "backprop-autograder-attacks", "-a", short_zip, "-o", tmp_path / "out", "--image", image,
         "--containers", "3", "--timeout", "120", tmp_path / "in"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    rows = grades(tmp_path / "out" / "final_grades.csv")
    assert len(rows) == len(ATTACKS) + len(NEIGHBOURS) + 1
    too_much = {
        attack.name: row["total_points_earned"]
        for index, attack in enumerate(ATTACKS, start=1)
        if float((row := rows[file_name(index, attack)])["total_points_earned"]) > attack.honest
    }
    assert not too_much
    assert {name: float(rows[name]["total_points_earned"]) for name in NEIGHBOURS} == NEIGHBOURS
    assert {row["grading_status"] for file, row in rows.items() if file != "points-per-question"} == {"Completed"}
    text = (tmp_path / "out" / "final_grades.csv").read_text(encoding="utf-8") + done.stdout + done.stderr
    assert not any(answer in text for answer in solution_lines(reference_source))


def test_no_attack_gets_through_in_otter_run(tmp_path, short_course, short_zip):
    """By real `otter run`, inside PID namespaces, two at a time: every tenth attack, for each takes seconds."""
    write_class(tmp_path / "in")
    chosen = {file_name(index, attack): attack for index, attack in list(enumerate(ATTACKS, start=1))[::10]}
    for path in (tmp_path / "in").iterdir():
        if path.name not in {*chosen, *NEIGHBOURS}:
            path.unlink()
    script = """
import contextlib, json, os, sys
from otter.api import grade_submission
def total(path, tries=3):
    try:
        with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
            return grade_submission(path, sys.argv[2]).total
    except RuntimeError as error:  # two kernels that start together may be given the same port: see kernels.py
        if tries == 1 or "Kernel died before replying to kernel_info" not in str(error):
            raise
        return total(path, tries - 1)
for name in sorted(os.listdir(sys.argv[1]))[int(sys.argv[3])::2]:
    print(json.dumps({"file": name, "total": total(os.path.join(sys.argv[1], name))}), flush=True)
"""

    def run(half):
        return in_pid_namespace(
            sys.executable, "-c", script, tmp_path / "in", short_zip, half,
            timeout=1500, env={**os.environ, "AUTOGRADER_COURSE": str(short_course)}, cwd=tmp_path,
        )  # fmt: skip

    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(run, (0, 1)))
    totals = {row["file"]: row["total"] for done in halves for row in map(json.loads, done.stdout.splitlines())}
    assert set(totals) == {path.name for path in (tmp_path / "in").iterdir()}, [d.stderr[-2000:] for d in halves]
    too_much = {attack.name: totals[name] for name, attack in chosen.items() if totals[name] > attack.honest}
    assert not too_much
    assert {name: totals[name] for name in NEIGHBOURS} == NEIGHBOURS
