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
