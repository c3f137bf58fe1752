"""Draws the README's picture: the table that `make demo` prints, as SVG.

python docs/pictures.py
"""

import io
from pathlib import Path

from rich.console import Console

from autograder.cli.grade import table
from autograder.course import load_settings
from autograder.grading.journal import Row
from autograder.grading.one import grade_file
from autograder.grading.students import open_students

HERE = Path(__file__).parent
CLASS = HERE.parent / "tests" / "sample_class" / "notebooks"

students = open_students(load_settings("xor_backprop"))
rows = [Row.of(grade_file(path, "xor_backprop", students), "") for path in sorted(CLASS.iterdir())]
students.shut_down()
console = Console(record=True, width=132, file=io.StringIO())
console.print(table(rows, "xor_backprop"))
console.save_svg(str(HERE / "demo.svg"), title="make demo", unique_id="demo")
