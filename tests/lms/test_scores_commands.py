"""What `autograder scores …` says to mistakes on its command line. No LMS is needed."""

from __future__ import annotations

import os

import pytest
from helpers import command, write_grades, write_lms


@pytest.fixture
def inputs(tmp_path):
    write_lms(tmp_path, lms="canvas", url="https://canvas.invalid", course=1, assignment=1)
    write_grades(tmp_path / "g.csv", {"ada.ipynb": 1})
    for name in ("other.csv", "source.csv", "meta.yml"):
        (tmp_path / name).write_text(f"{name}\n")
    os.link(tmp_path / "g.csv", tmp_path / "linked.csv")
    (tmp_path / "symbolic.csv").symlink_to("g.csv")
    return tmp_path


PLAN, ROSTER = ["plan", "g.csv"], ["roster", "g.csv"]
EXPORT = ["export", "g.csv", "--format", "canvas", "--from", "source.csv"]


@pytest.mark.parametrize(
    ("line", "out"),
    [
        *(([*begin], out) for begin in (PLAN, ROSTER, EXPORT) for out in ("g.csv", "./g.csv", "linked.csv", "symbolic.csv")),
        *(([*begin, option, "other.csv"], "other.csv") for begin in (PLAN, ROSTER) for option in ("--lms", "--roster")),
        *(([*begin, "--gradescope", "meta.yml"], "meta.yml") for begin in (PLAN, ROSTER, EXPORT)),
        ([*ROSTER, "--people", "other.csv"], "other.csv"),
        ([*PLAN, "--who", "other.csv"], "other.csv"),
        ([*EXPORT, "--who", "other.csv"], "other.csv"),
        ([*EXPORT, "--roster", "other.csv"], "other.csv"),
        (EXPORT, "source.csv"),
        (PLAN, "lms.toml"),
        (ROSTER, "lms.toml"),
    ],
)  # fmt: skip
def test_a_command_does_not_write_over_what_it_reads(inputs, line, out):
    before = {path.name: path.read_bytes() for path in inputs.iterdir()}
    done = command(*line, "-o", out, cwd=inputs)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("is read by this command, and would be overwritten; give -o another name\n")
    assert {path.name: path.read_bytes() for path in inputs.iterdir()} == before


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "other.toml: does not say which lms"),
        ({"lms": "moodle", "url": "https://x", "course": 1}, "other.toml: give either cmid"),
    ],
)
def test_the_file_that_was_given_is_the_file_that_is_named(inputs, values, said):
    write_lms(inputs, **values).rename(inputs / "other.toml")
    done = command(*PLAN, "--lms", "other.toml", "-o", "p.json", cwd=inputs)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr


def test_what_is_no_plan(inputs):
    done = command("apply", "lms.toml", cwd=inputs)
    assert done.returncode == 2
    assert done.stderr.startswith("autograder: lms.toml: not a plan of `autograder scores plan`: Invalid JSON: ")


def test_a_grades_file_that_a_spreadsheet_saved_with_semicolons(inputs):
    path = inputs / "g.csv"
    path.write_text(path.read_text().replace(",", ";"))
    done = command(*PLAN, "-o", "p.json", cwd=inputs)
    assert done.stderr == ("autograder: g.csv: no column 'file'; save it as it was written, with commas between the "
                           "columns and points in the numbers\n")  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [[], ["."], ["a.json", "b.json"], ["--no-such-option"], ["nowhere.json"], ["g.csv"]]
)
def test_two_means_that_something_differs_so_a_mistake_is_one(inputs, arguments):
    assert command("verify", *arguments, cwd=inputs).returncode == 1
    assert command("apply", *arguments, cwd=inputs).returncode == 2
