"""`nbgrader autograde` over the sample class, with our preprocessors and with nbgrader's own.

    python benchmarks/by_nbgrader.py --submissions 20

prints the seconds of both. `by_nbgrader` does one of them, for a benchmark that compares with others.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

from nbgrader_course import CLASS, NAME, Course, from_sample  # noqa: E402

LEFT_OUT = ("pavel", "quinn", "rosa", "nils")  # not gradable, or waits for its time to run out
HIDDEN = re.compile(r"\n### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL)


def by_nbgrader(folder: Path, scratch: Path, *, stock: bool = False) -> tuple[float, dict[str, float]]:
    """Grade the notebooks of `folder` with `nbgrader autograde`: its seconds, and the total points by file name.

    The course folder is made in `scratch`, which must not exist yet; making it is not timed. With `stock` nbgrader runs
    the notebooks in kernels, and its tests are the public checks only: then the points are other ones.
    """
    course = Course(scratch)
    if stock:
        _without_us(course)
    course.release()
    paths = {path.stem: path for path in sorted(folder.iterdir())}
    for student, path in paths.items():
        course.hand_in(student, from_sample(course.released, path))
    start = time.perf_counter()
    course.nbgrader("autograde", NAME)
    seconds = time.perf_counter() - start
    if stock:
        return seconds, {}
    rows = course.rows()
    return seconds, {path.name: float(rows[student]["total_points_earned"]) for student, path in paths.items()}


def _without_us(course: Course) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8").replace("configure(c)", "#"), encoding="utf-8")
    source = course.root / "source" / NAME / f"{NAME}.ipynb"
    notebook = json.loads(source.read_text(encoding="utf-8"))
    # What no grader runs: the last picture, seconds of training.
    notebook["cells"] = [cell for cell in notebook["cells"] if "otter_ignore" not in cell["metadata"].get("tags", [])]
    for cell in notebook["cells"]:
        cell["source"] = HIDDEN.sub("", "".join(cell["source"]))
    source.write_text(json.dumps(notebook), encoding="utf-8")


def main() -> None:
    """Measure both and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--submissions", type=int, nargs="+", default=[1, 20])
    arguments = parser.parse_args()
    originals = sorted(path for path in CLASS.iterdir() if not path.name.startswith(LEFT_OUT))
    with tempfile.TemporaryDirectory() as scratch:
        for count in arguments.submissions:
            folder = Path(scratch) / f"class{count}"
            folder.mkdir()
            for number in range(count):
                shutil.copy(originals[number % len(originals)], folder / f"{number:05d}.ipynb")
            for name, stock in (("our preprocessors", False), ("nbgrader's own", True)):
                seconds, _ = by_nbgrader(folder, Path(scratch) / f"course{count}{stock}", stock=stock)
                print(f"{count:>5} submissions, {name:<20} {seconds:8.1f} s", flush=True)


if __name__ == "__main__":
    main()
