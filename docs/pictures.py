"""Draws the README's picture: the table that `make demo` prints, as SVG.

python docs/pictures.py
"""

import io
from pathlib import Path

from rich.console import Console

from autograder.cli.grade import table
from autograder.grading.one import grade_file

HERE = Path(__file__).parent
CLASS = HERE.parent / "tests" / "sample_class" / "notebooks"

outcomes = [grade_file(path, "xor_backprop") for path in sorted(CLASS.iterdir())]
console = Console(record=True, width=124, file=io.StringIO())
console.print(table(outcomes, "xor_backprop"))
console.save_svg(str(HERE / "demo.svg"), title="make demo", unique_id="demo")
