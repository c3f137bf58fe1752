"""500 submissions, and kill -9 in mid-run: of the grader, of a worker, of a Dask worker. The grades stay the same."""

import os
import shutil
import signal
import subprocess
from collections import Counter

import pytest
from clusters import Cluster
from test_batch import children_of, command, journal_lines, make_class, wait_for

from autograder.course import home

pytestmark = pytest.mark.slow
COUNT = 500


@pytest.fixture(scope="module")
def class_of_500(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    make_class(folder / "in", COUNT)
    subprocess.run(command(folder / "in", folder / "out"), capture_output=True, check=False)
    return folder / "in", (folder / "out" / "final_grades.csv").read_text()


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


def start(*arguments):
    return subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def check(out, expected):
    assert (out / "final_grades.csv").read_text() == expected
    assert max(Counter(journal_lines(out)).values()) == 1
    assert len(journal_lines(out)) == COUNT


def test_the_grader_is_killed(class_of_500, tmp_path):
    folder, expected = class_of_500
    running = start(folder, tmp_path / "out")
    wait_for(lambda: len(journal_lines(tmp_path / "out")) >= 200)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert not (tmp_path / "out" / "final_grades.csv").exists()
    subprocess.run(command(folder, tmp_path / "out"), capture_output=True, check=False)
    check(tmp_path / "out", expected)


def test_a_worker_is_killed(class_of_500, tmp_path):
    folder, expected = class_of_500
    running = start(folder, tmp_path / "out", "--workers", "2")
    wait_for(lambda: len(journal_lines(tmp_path / "out")) >= 200)
    os.kill(children_of(running.pid)[0], signal.SIGKILL)
    running.communicate()
    check(tmp_path / "out", expected)


def test_a_dask_worker_is_killed(class_of_500, tmp_path, cluster):
    folder, expected = class_of_500
    running = start(folder, tmp_path / "out", "--scheduler", cluster.address)
    wait_for(lambda: len(journal_lines(tmp_path / "out")) >= 200, 120)
    cluster.workers[0].kill()
    _, said = running.communicate()
    assert running.returncode == 1, said  # some of the class are corrupt files
    check(tmp_path / "out", expected)


def test_the_grader_is_killed_while_a_cluster_works(class_of_500, tmp_path, cluster):
    folder, expected = class_of_500
    running = start(folder, tmp_path / "out", "--scheduler", cluster.address)
    wait_for(lambda: len(journal_lines(tmp_path / "out")) >= 100, 120)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    subprocess.run(command(folder, tmp_path / "out"), capture_output=True, check=False)  # goes on without the cluster
    check(tmp_path / "out", expected)


def test_no_scheduler_is_said_in_one_line(class_of_500, tmp_path):
    running = start(class_of_500[0], tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    _, said = running.communicate()
    assert running.returncode == 2
    assert said.startswith("autograder: no Dask scheduler answers at tcp://127.0.0.1:1")
    assert said.count("\n") == 1


def test_a_scheduler_without_workers_is_said(class_of_500, tmp_path):
    empty = Cluster(tmp_path, count=0)
    try:
        running = start(class_of_500[0], tmp_path / "out", "--scheduler", empty.address)
        _, said = running.communicate()
    finally:
        empty.close()
    assert running.returncode == 2
    assert "has no workers" in said


def test_a_worker_of_another_version_refuses(class_of_500, tmp_path):
    """The same package with other settings of the assignment: its points would not be ours."""
    course = tmp_path / "course"
    for part in ("assignments", "solutions"):
        shutil.copytree(home() / part, course / part)
    with (course / "assignments" / "xor_backprop" / "settings.toml").open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    other = Cluster(tmp_path, count=0)
    try:
        other.workers.append(other.add_worker(env={**os.environ, "AUTOGRADER_COURSE": str(course)}))
        running = start(class_of_500[0], tmp_path / "out", "--scheduler", other.address)
        _, said = running.communicate()
    finally:
        other.close()
    assert running.returncode == 2
    assert "a Dask worker has another version" in said
