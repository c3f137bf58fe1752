"""The student template and the instructor's files, from master and reference."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.build.files import stale, write
from autograder.build.otter import assign
from autograder.course import INSTALLED, home

__all__ = ["Built", "build", "stale", "template_folder", "write"]


@dataclass(frozen=True)
class Built:
    """Contents of everything built, by file name: the template's files, and the instructor's."""

    template: dict[str, bytes]
    instructor: dict[str, bytes]


def template_folder(name: str, out: Path | None = None) -> Path:
    """Where the template of an assignment lies: committed beside its source, or in `out` where that is installed."""
    return (out if out is not None and home() == INSTALLED else home()) / "student_template" / name


def build(name: str, *, run_tests: bool) -> Built:
    """Build an assignment from master and reference; writes nothing but temporary files."""
    source = home() / "assignments" / name
    with tempfile.TemporaryDirectory(prefix="autograder-build-") as scratch:
        output = assign(name, Path(scratch).resolve(), run_tests=run_tests)
        template = {
            path.relative_to(output.student).as_posix(): path.read_bytes()
            for path in output.student.rglob("*")
            if path.is_file() and path.suffix != ".ipynb"
        }
        student = nbformat.read(output.student / f"{name}.ipynb", as_version=4)
    template[f"{name}.ipynb"] = _notebook_bytes(student, name)
    for path in source.iterdir():
        if path.name in {"requirements.txt", "README.md"} or path.suffix in {".py", ".svg", ".png"}:
            template[path.name] = path.read_bytes()
    return Built(
        template,
        {
            "autograder.zip": output.autograder_zip,
            f"{name}-solution.ipynb": _notebook_bytes(output.solution, name),
        },
    )


def _notebook_bytes(notebook: nbformat.NotebookNode, name: str) -> bytes:
    """The notebook with stable cell ids, no outputs, and the assignment's name in its metadata."""
    notebook.metadata["autograder"] = {"assignment": name}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            cell["outputs"], cell["execution_count"] = [], None
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook, version=4)
    return (text + "\n").encode("utf-8")
