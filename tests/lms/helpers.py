"""What the LMS tests share: a grades file, an lms.toml, a quick pace, one upload."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from autograder.cli import cli
from autograder.errors import UserError
from autograder.scores.applying import Summary, Upload
from autograder.scores.grades import read_grades
from autograder.scores.journal import Journal
from autograder.scores.lms import open_target
from autograder.scores.matching import match_files
from autograder.scores.pace import Pace
from autograder.scores.plan import Plan, journal_path, read_plan, write_plan
from autograder.scores.planning import Wishes, make_plan
from autograder.scores.settings import read_settings

QUICK = Pace(first=0.001, settle=0.001, settle_many=0.001)
HEADER = "file,q1,q2,total_points_earned,percent_correct,grading_status"


def write_grades(path: Path, rows: dict[str, Any], points: tuple[Any, Any] = (10, 10)) -> Path:
    """A grades file: total (split over two questions) or (total, status) by file name."""
    lines = [HEADER, f"points-per-question,{points[0]},{points[1]},{sum(points)},1,--"]
    for file, value in rows.items():
        total, status = value if isinstance(value, tuple) else (value, "Completed")
        text = f'"{total}"' if "," in str(total) else str(total)
        try:
            first = min(float(total), points[0])
            second = round(float(total) - first, 4)
        except ValueError:
            first, second = 0, 0
        lines.append(f'"{file}",{first:g},{second:g},{text},0,"{status}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_result(folder: Path, file: str, steps: dict[str, tuple[float, float]]) -> None:
    """A JSON result as `autograder grade` writes it: (earned, points) by step."""
    found = [{"step": step, "earned": earned, "points": points} for step, (earned, points) in steps.items()]
    path = folder / "results" / f"{file}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"file": file, "result": {"questions": [{"steps": found}]}}), encoding="utf-8")


def write_lms(folder: Path, **values: Any) -> Path:
    """An lms.toml."""
    path = folder / "lms.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()), encoding="utf-8")
    return path


def plan_for(lms: Path, grades: Path, **wishes: Any) -> Plan:
    """A plan, made as the command makes it."""
    settings, graded = read_settings(lms), read_grades(grades)
    target = open_target(settings, QUICK)
    try:
        column, people, standings = (
            QUICK.patiently(question, again_when_unsure=True)
            for question in (target.column, target.people, target.read_all)
        )
        roster = match_files([row.file for row in graded.rows], people)
        return make_plan(graded, roster, column, standings, settings, Wishes(**wishes))
    finally:
        target.close()


def upload(plan: Plan, path: Path, *, pace: Pace = QUICK, release: bool = True, **options: Any) -> Summary:
    """One run of `apply`, with the plan's journal."""
    if not path.exists():
        write_plan(plan, path)
    plan, digest = read_plan(path)
    target = open_target(plan.lms, pace)
    try:
        with Journal(journal_path(path), digest) as journal:
            return Upload(plan, target, journal, release=release, pace=pace, **options).run()
    finally:
        target.close()


def counts(summary: Summary) -> dict[str, int]:
    """The outcomes that occurred."""
    return {outcome: number for outcome, number in summary.counts().items() if number}


def journal_events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal_path(path).read_text().splitlines()]


@dataclass
class Said:
    """What a command printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


def command(*arguments: Any, cwd: Path) -> Said:
    """`autograder scores …`, in this process."""
    before = Path.cwd()
    os.chdir(cwd)
    try:
        result = CliRunner().invoke(cli, ["scores", *map(str, arguments)])
    finally:
        os.chdir(before)
    if isinstance(result.exception, UserError):  # what `autograder.cli.main` makes of it
        return Said(2, result.stdout, f"autograder: {result.exception}\n")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)
