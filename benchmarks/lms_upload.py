"""A class planned, uploaded and verified against the tests' stand-ins, each answer taking 30 ms.

    python benchmarks/lms_upload.py                       1,000 students on Canvas, Moodle and by LTI
    python benchmarks/lms_upload.py --students 100 --lms canvas

Prints seconds and requests beside the least number of requests that could do the same: every page of the roster and of
the scores once to plan and to verify; every row written in a request of its own, and read once between two writes
("checked"), or not read at all ("blind").
"""

from __future__ import annotations

import argparse
import math
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests" / "lms"
PAGE = 100


def stand_in(lms: str, students: int, delay: float) -> tuple[Any, dict[str, Any], dict[str, str]]:
    """A stand-in with a class, what lms.toml says of it (but for its address), and its secret."""
    sys.path.insert(0, str(TESTS))
    import canvas_stand_in
    import lti_platform
    import moodle_stand_in

    if lms == "canvas":
        canvas = canvas_stand_in.CanvasStandIn(delay)
        canvas.add_class(students)
        ids = {"lms": lms, "course": canvas_stand_in.COURSE, "assignment": canvas_stand_in.ASSIGNMENT}
        return canvas, ids, {"AUTOGRADER_CANVAS_TOKEN": canvas_stand_in.TOKEN}
    if lms == "moodle":
        moodle = moodle_stand_in.MoodleStandIn(delay)
        moodle.add_class(students)
        ids = {"lms": lms, "course": moodle_stand_in.COURSE, "cmid": moodle_stand_in.CMID}
        return moodle, ids, {"AUTOGRADER_MOODLE_TOKEN": moodle_stand_in.TOKEN}
    platform = lti_platform.LtiPlatform(delay)
    platform.add_class(students)
    ids = {"lms": lms, "client_id": lti_platform.CLIENT, "key_id": lti_platform.KEY_ID}
    return platform, ids, {"AUTOGRADER_LTI_KEY": platform.tool_key}


def least(lms: str, step: str, students: int, batch: int) -> str:
    """The least number of requests for one command: see above."""
    pages = math.ceil(students / PAGE)
    members = math.ceil((students + 1) / PAGE)  # with the teacher
    once = {"canvas": (1 + 2 * pages, pages), "moodle": (8, 2), "lti": (3 + members, 1 + pages)}[lms]
    if step != "apply":
        return str(once[0] if step == "plan" else once[1])
    writes = math.ceil(students / batch)
    reads = writes + 1 if lms == "canvas" else 2 * students
    return f"{writes + reads} checked, {writes} blind"


def run(lms: str, students: int, delay: float, batch: int = 1) -> list[tuple[str, float, int, str]]:
    """Step, seconds, requests and the least possible, of plan, apply and verify; every row must stand at the end."""
    running, ids, secrets = stand_in(lms, students, delay)
    rows = []
    with tempfile.TemporaryDirectory() as scratch, running:
        folder = Path(scratch)
        if lms == "lti":
            ids |= {"token_url": f"{running.url}/token", "lineitem": f"{running.url}/lti/lineitems/5/lineitem",
                    "memberships": f"{running.url}/lti/memberships/1"}  # fmt: skip
        else:
            ids["url"] = running.url
        (folder / "lms.toml").write_text("".join(f"{name} = {value!r}\n" for name, value in ids.items()))
        lines = ["file,q1,total_points_earned,percent_correct,grading_status", "points-per-question,20,20,1,--"]
        lines += [f"{n:07d}.ipynb,{n % 21},{n % 21},0,Completed" for n in range(students)]
        (folder / "final_grades.csv").write_text("\n".join(lines) + "\n")
        for step, *options in (
            ("plan", "final_grades.csv", "-o", "plan.json"),
            ("apply", "plan.json", "--release", "--batch", str(batch)),
            ("verify", "plan.json"),
        ):
            before, start = len(running.log), time.perf_counter()
            line = [sys.executable, "-m", "autograder", "scores", step, *options]
            done = subprocess.run(line, cwd=folder, env={**os.environ, **secrets}, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            seconds = time.perf_counter() - start
            rows.append((step, seconds, len(running.log) - before, least(lms, step, students, batch)))
        assert re.search(rf"^{students} as planned$", done.stdout, re.MULTILINE), done.stdout
    return rows


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--delay", type=float, default=0.03, help="seconds an answer")
    parser.add_argument("--lms", nargs="+", default=["canvas", "moodle", "lti"], choices=["canvas", "moodle", "lti"])
    chosen = parser.parse_args()
    print(f"{chosen.students} students, {chosen.delay * 1000:.0f} ms an answer")
    print(f"{'':<24}{'seconds':>9}{'requests':>10}   least possible")
    for lms in chosen.lms:
        for batch in (1,) if lms == "lti" else (1, 50):
            for step, seconds, requests, bound in run(lms, chosen.students, chosen.delay, batch):
                name = f"{lms} {step}" + (f", batches of {batch}" if step == "apply" and batch > 1 else "")
                print(f"{name:<24}{seconds:>9.1f}{requests:>10}   {bound}", flush=True)


if __name__ == "__main__":
    main()
