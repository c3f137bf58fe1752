"""`autograder grade` over many: killed and resumed, changed and graded again, one bad file alone."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.course import home, load_assignment, load_settings
from autograder.errors import UserError
from autograder.grading import bounds, cluster, one
from autograder.grading.grades_file import write_grades
from autograder.grading.job import Job
from autograder.grading.journal import Journal, Row
from autograder.grading.many import grade_many
from autograder.grading.submissions import find
from autograder.student.walls import Walls, require
from autograder.submission.notebook import read
from autograder.version_digest import digest

HERE = Path(__file__).parent
CLASS = HERE / "sample_class" / "notebooks"
QUICK = ("ada_vectorised", "fatima_sign_of_the_residual", "lars_untouched", "sven_forgot_return", "pavel_corrupt")


def make_class(folder, count):
    folder.mkdir()
    for number in range(count):
        shutil.copy(CLASS / f"{QUICK[number % len(QUICK)]}.ipynb", folder / f"{number:04d}.ipynb")


def command(folder, out, *more):
    return [sys.executable, "-m", "autograder", "grade", str(folder), "--out", str(out), *more]


def journal_lines(out):
    path = out / "journal.jsonl"
    return (
        [json.loads(line)["file"] for line in path.read_bytes().splitlines() if line.endswith(b"}")]
        if path.exists()
        else []
    )


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing happened in time"
        os.sched_yield()


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    make_class(folder / "in", 60)
    subprocess.run(command(folder / "in", folder / "out"), capture_output=True, check=False)
    return folder / "in", (folder / "out" / "final_grades.csv").read_text()


def test_a_killed_grader_goes_on_where_it_stopped(undisturbed, tmp_path):
    """kill -9 in mid-run, three times: nothing lost, nothing graded twice, the same grades."""
    folder, expected = undisturbed
    for goal in (5, 20, 40):
        running = subprocess.Popen(command(folder, tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda goal=goal: len(journal_lines(tmp_path)) >= goal)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert not (tmp_path / "final_grades.csv").exists()
    subprocess.run(command(folder, tmp_path), capture_output=True, check=False)
    assert (tmp_path / "final_grades.csv").read_text() == expected
    done = journal_lines(tmp_path)
    assert len(done) == len(set(done)) == 60


def test_a_killed_worker_is_replaced(undisturbed, tmp_path):
    folder, expected = undisturbed
    running = subprocess.Popen(
        command(folder, tmp_path, "--workers", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    wait_for(lambda: len(journal_lines(tmp_path)) >= 5)
    os.kill(children_of(running.pid)[0], signal.SIGKILL)
    running.communicate()
    assert (tmp_path / "final_grades.csv").read_text() == expected


def test_a_killed_host_of_student_processes_costs_no_grade(undisturbed, tmp_path):
    folder, expected = undisturbed
    running = subprocess.Popen(
        command(folder, tmp_path, "--workers", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    wait_for(lambda: len(journal_lines(tmp_path)) >= 5)
    (host,) = children_of(children_of(running.pid)[0])
    os.kill(host, signal.SIGKILL)
    running.communicate()
    assert (tmp_path / "final_grades.csv").read_text() == expected


def test_no_process_outlives_a_killed_grader(undisturbed, tmp_path):
    folder, _ = undisturbed
    running = subprocess.Popen(
        command(folder, tmp_path, "--workers", "2"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: len(journal_lines(tmp_path)) >= 3)
    family, waiting = [], [running.pid]
    while waiting:
        found = children_of(waiting.pop())
        family += found
        waiting += found
    assert len(family) >= 4
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait_for(lambda: not any(alive(pid) for pid in family), 20)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_only_what_changed_is_graded_again(tmp_path):
    make_class(tmp_path / "in", 4)
    run = [command(tmp_path / "in", tmp_path / "out")]
    subprocess.run(run[0], capture_output=True, check=False)
    first = (tmp_path / "out" / "journal.jsonl").read_bytes()
    subprocess.run(run[0], capture_output=True, check=False)
    assert (tmp_path / "out" / "journal.jsonl").read_bytes() == first
    shutil.copy(CLASS / "fatima_sign_of_the_residual.ipynb", tmp_path / "in" / "0000.ipynb")
    subprocess.run(run[0], capture_output=True, check=False)
    again = (tmp_path / "out" / "journal.jsonl").read_bytes()
    assert [json.loads(line)["file"] for line in again[len(first) :].splitlines()] == ["0000.ipynb"]
    rows = (tmp_path / "out" / "final_grades.csv").read_text().splitlines()
    assert rows[2] == rows[3].replace("0001", "0000")


def test_a_changed_rubric_is_graded_again(tmp_path):
    make_class(tmp_path / "in", 2)
    course = tmp_path / "course"
    for part in ("assignments", "solutions"):
        shutil.copytree(home() / part, course / part)
    settings = course / "assignments" / "xor_backprop" / "settings.toml"
    lines = []
    for points in (1, 1, 3):
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('"q3.value" = 1', f'"q3.value" = {points}'), encoding="utf-8")
        subprocess.run(
            command(tmp_path / "in", tmp_path / "out"), env={**os.environ, "AUTOGRADER_COURSE": str(course)},
            capture_output=True, check=True,
        )  # fmt: skip
        lines.append(len(journal_lines(tmp_path / "out")))
    assert lines == [2, 2, 4]
    assert ",22,1," in (tmp_path / "out" / "final_grades.csv").read_text()  # 20 points, and 2 more for q3


def statuses(folder, out, workers):
    """The status of each submission in `folder`; graded in this process or in workers forked from it."""
    out.mkdir()
    with Journal(out) as journal, find([folder]) as found:
        grade_many(found, Job("xor_backprop", out, workers=workers), journal, lambda: None)
        return {row.file: row.status for row in journal.rows([submission.file for submission in found])}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_takes_too_long_is_given_up_and_the_class_goes_on(tmp_path, monkeypatch, workers):
    make_class(tmp_path / "in", 2)
    cell = {"cell_type": "code", "source": "import time\ntime.sleep(8)\ndef sigmoid(z): return z", "metadata": {}}
    (tmp_path / "in" / "0000 slow.ipynb").write_text(json.dumps({"cells": [cell]}))
    monkeypatch.setattr(bounds, "GRACE_SECONDS", 1.5 - load_settings("xor_backprop").limits.submission_seconds)
    assert statuses(tmp_path / "in", tmp_path / "out", workers) == {
        "0000 slow.ipynb": "reading or grading it took too long: more than 1.5 seconds",
        "0000.ipynb": "Completed", "0001.ipynb": "Completed"}  # fmt: skip
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_a_worker_without_memory_gives_up_that_submission(tmp_path, monkeypatch):
    make_class(tmp_path / "in", 2)
    (tmp_path / "in" / "0000 large.ipynb").write_text('{"cells": [' + "[]," * 10_000_000 + "[]]}")
    monkeypatch.setattr(bounds, "MEMORY_BYTES", 200 << 20)
    found = statuses(tmp_path / "in", tmp_path / "out", 2)
    assert "the grader itself failed on this file (MemoryError" in found.pop("0000 large.ipynb")
    assert set(found.values()) == {"Completed"}


@pytest.mark.parametrize("scheduler", [False, True])
def test_a_host_that_ends_each_time_costs_one_submission(tmp_path, monkeypatch, scheduler):
    """The host is killed whenever the notebook named `0000` is read."""
    make_class(tmp_path / "in", 2)

    def kills(path):
        if path.name == "0000.ipynb" or scheduler:
            for child in children_of(os.getpid()):
                os.kill(child, signal.SIGKILL)
        return read(path)

    monkeypatch.setattr(one, "read", kills)
    if scheduler:
        text = (tmp_path / "in" / "0000.ipynb").read_bytes()
        version = digest("xor_backprop")
        outcome = json.loads(cluster.grade_here("0000.ipynb", ".ipynb", text, "", "xor_backprop", version, False))
        assert "ended twice" in outcome["status"]
        return
    assert statuses(tmp_path / "in", tmp_path / "out", 1) == {
        "0000.ipynb": "the grader's processes ended twice while grading this file", "0001.ipynb": "Completed"}  # fmt: skip


def test_a_line_cut_off_in_the_middle_is_graded_again(tmp_path):
    row = Row("a.ipynb", "key", "Completed", {"q1": 1.0}, "all right")
    with Journal(tmp_path) as journal:
        journal.add(row)
    whole = (tmp_path / "journal.jsonl").read_bytes()
    (tmp_path / "journal.jsonl").write_bytes(whole + whole[: len(whole) // 2])
    with Journal(tmp_path) as journal:
        assert journal.holds("a.ipynb", lambda: "key")
        assert not journal.holds("a.ipynb", lambda: "other key")
        journal.add(Row("b.ipynb", "key", "empty file", None, "empty file"))
        assert [r.file for r in journal.rows(["a.ipynb", "b.ipynb"])] == ["a.ipynb", "b.ipynb"]
    assert (tmp_path / "journal.jsonl").read_bytes().startswith(whole)


def test_two_runs_do_not_grade_into_one_folder(tmp_path):
    (tmp_path / "in").mkdir()
    shutil.copy(CLASS / "quinn_empty.ipynb", tmp_path / "in")
    with Journal(tmp_path / "in"):
        done = subprocess.run(
            command(tmp_path / "in" / "quinn_empty.ipynb", tmp_path / "in"), capture_output=True, text=True
        )
    assert (done.returncode, done.stderr) == (2, f"autograder: {tmp_path / 'in'}: another run is grading into it\n")


def test_a_forked_worker_does_not_keep_the_folder(tmp_path):
    """A killed run leaves its folder at once, whatever still lives of its workers."""
    ends, theirs = os.pipe()
    holder = "import os, sys; from pathlib import Path; from autograder.grading.journal import Journal\n"
    holder += "j = Journal(Path(sys.argv[1]))\nif os.fork() == 0: os.read(int(sys.argv[2]), 1)"
    subprocess.run([sys.executable, "-c", holder, str(tmp_path), str(ends)], pass_fds=[ends], check=True)
    with Journal(tmp_path):
        os.close(theirs)
    os.close(ends)


def test_a_line_of_another_submission_is_not_taken(tmp_path):
    """What something else wrote into the journal meanwhile, where files cannot be locked."""
    with Journal(tmp_path) as journal:
        journal.add(Row("a.ipynb", "key", "empty file", None, ""))
        path = tmp_path / "journal.jsonl"
        path.write_bytes(path.read_bytes().replace(b"a.ipynb", b"b.ipynb"))
        with pytest.raises(UserError, match=r"journal\.jsonl: changed while it was in use"):
            list(journal.rows(["a.ipynb"]))


def test_rows_become_the_grades_file(tmp_path):
    assignment = load_assignment("xor_backprop")
    rows = [
        Row("x.ipynb", "", "empty file", None, ""),
        Row("y.ipynb", "", "Completed", dict.fromkeys((f"q{i}" for i in range(1, 10)), 0.5), ""),
    ]
    text = write_grades(rows, assignment, tmp_path).read_text().splitlines()
    assert text[2:] == ["x.ipynb" + ",0" * 11 + ",empty file", "y.ipynb" + ",0.5" * 9 + ",4.5,0.225,Completed"]


def test_without_walls_grading_refuses_and_says_what_to_use():
    bare = Walls(
        landlock=0,
        seccomp=False,
        namespaces=False,
        uid=False,
        problems=("Darwin has no Landlock, seccomp or namespaces",),
    )
    with pytest.raises(UserError, match=r"Darwin has no Landlock.*otter grade.*--unsafe-in-process"):
        require(bare)
    require(Walls(landlock=1, seccomp=True, namespaces=False, uid=True))


def test_unsafe_in_process_says_so(tmp_path):
    make_class(tmp_path / "in", 1)
    done = subprocess.run(
        command(tmp_path / "in", tmp_path / "out", "--unsafe-in-process"), capture_output=True, text=True, check=False
    )
    assert "without walls (--unsafe-in-process)" in done.stdout
    assert json.loads((tmp_path / "out" / "results" / "0000.ipynb.json").read_text())["unsafe_in_process"] is True


def test_doctor_names_each_wall():
    done = subprocess.run([sys.executable, "-m", "autograder", "doctor"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    for wall in ("Landlock", "seccomp", "namespaces", "user id"):
        assert wall in done.stdout


def test_limits_come_from_the_settings():
    from autograder.grading.students import limits_of

    limits = limits_of(load_settings("xor_backprop").limits)
    assert (limits.cell_seconds, limits.call_seconds, limits.submission_seconds) == (10, 2, 60)
    assert limits.memory_bytes == 1 << 30
