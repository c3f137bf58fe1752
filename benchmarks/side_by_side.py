"""The same submissions by this grader, otter-grader and nbgrader, side by side in one run; then larger classes.

    make bench                        50 submissions by each, then 100, 1,000 and 10,000 by `autograder grade`
    python benchmarks/side_by_side.py --submissions 10 --sizes 100

Prints seconds, submissions a second, the ratio to this grader, its computing time for each submission, and the peak
memory of its largest process. `otter grade` takes part where a Docker Engine answers. Scores must be equal, or the run
fails; nbgrader with its own execution runs the notebooks in kernels and knows the public checks only: its scores are
other ones.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from by_nbgrader import by_nbgrader

from autograder.build import template

NAME = "xor_backprop"
CLASS = Path(__file__).parents[1] / "tests" / "sample_class" / "notebooks"
LEFT_OUT = ("pavel", "quinn", "rosa", "nils")  # not gradable, or waits for its time to run out
OTTER = Path(sys.executable).parent / "otter"
IMAGE = os.environ.get("AUTOGRADER_TEST_IMAGE", "debian:bookworm-slim")


def make_class(folder: Path, count: int) -> None:
    """`count` submissions: the sample class over and over, no two with the same cells of their own."""
    folder.mkdir()
    originals = sorted(path for path in CLASS.iterdir() if not path.name.startswith(LEFT_OUT))
    for number in range(count):
        notebook = json.loads(originals[number % len(originals)].read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and "def " in "".join(cell["source"]):
                cell["source"] = [*cell["source"], f"\n# written by {number}"]
        (folder / f"{number:05d}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def totals(path: Path) -> dict[str, float]:
    """Total points by file."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return {row["file"]: float(row["total_points_earned"]) for row in rows if row["file"] != "points-per-question"}


@dataclass(frozen=True)
class Ours:
    """What `autograder grade` took: wall and computing seconds, peak memory of its largest process; and its totals."""

    seconds: float
    computing: float
    kilobytes: int
    totals: dict[str, float]


def by_us(folder: Path, out: Path) -> Ours:
    """`autograder grade` over a folder."""
    command = [sys.executable, "-m", "autograder", "grade", str(folder), "--out", str(out)]
    start = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(running.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    seconds = time.perf_counter() - start
    return Ours(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, totals(out / "final_grades.csv"))


def by_otter_run(folder: Path, archive: Path) -> tuple[float, dict[str, float]]:
    """`otter run`, one after the other in one process."""
    code = (
        "import contextlib, os, sys\nfrom otter.api import grade_submission\n"
        "for name in sorted(os.listdir(sys.argv[1])):\n"
        "    with open(os.devnull, 'w') as null, contextlib.redirect_stdout(null):\n"
        "        results = grade_submission(os.path.join(sys.argv[1], name), sys.argv[2])\n"
        "    print(name, results.total)\n"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(archive)], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - start
    return seconds, {name: float(total) for name, total in map(str.split, done.stdout.splitlines())}


def by_otter_grade(folder: Path, archive: Path, out: Path) -> tuple[float, dict[str, float]]:
    """`otter grade` with two containers, its image built before."""
    out.mkdir()
    command = [
        OTTER,
        "grade",
        "-n",
        "backprop-autograder-bench",
        "-a",
        archive,
        "-o",
        out,
        "--image",
        IMAGE,
        "--containers",
        "2",
    ]
    first = folder.parent / "first"
    make_class(first, 1)
    subprocess.run([*command, first], capture_output=True, check=True)
    start = time.perf_counter()
    subprocess.run([*command, folder], capture_output=True, check=True)
    return time.perf_counter() - start, totals(out / "final_grades.csv")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--submissions", type=int, default=50)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1000, 10_000])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        archive = root / "autograder.zip"
        archive.write_bytes(template.build(NAME, run_tests=False).instructor["autograder.zip"])
        make_class(root / "class", arguments.submissions)
        ours = by_us(root / "class", root / "ours")
        expected = ours.totals
        found = {"autograder grade": ours.seconds}
        found["otter run"], scores = by_otter_run(root / "class", archive)
        assert scores == expected, "otter run gave other scores"
        found["nbgrader autograde, our execution"], scores = by_nbgrader(root / "class", root / "course")
        assert scores == expected, "nbgrader gave other scores"
        found["nbgrader autograde, its own"], _ = by_nbgrader(root / "class", root / "stock", stock=True)
        if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
            found["otter grade, 2 containers"], scores = by_otter_grade(root / "class", archive, root / "otter")
            assert scores == expected, "otter grade gave other scores"
        print(f"{arguments.submissions} submissions, {os.cpu_count()} cores, equal scores")
        for name, seconds in found.items():
            rate = arguments.submissions / seconds
            print(f"  {name:<36} {seconds:8.1f} s {rate:8.1f}/s {seconds / ours.seconds:8.1f}x", flush=True)
        for size in arguments.sizes:
            make_class(root / f"class{size}", size)
            ours = by_us(root / f"class{size}", root / f"out{size}")
            each = f"{ours.computing / size * 1e3:.0f} ms of computing each, largest process {ours.kilobytes >> 10} MB"
            rate = size / ours.seconds
            print(f"{size:>6} submissions {ours.seconds:8.1f} s {rate:8.1f}/s, {each}", flush=True)
            times = [f"{rate * seconds / arguments.submissions:.0f}x {name}" for name, seconds in found.items()]
            print(f"       as many a second as {', '.join(times[1:])}", flush=True)


if __name__ == "__main__":
    main()
