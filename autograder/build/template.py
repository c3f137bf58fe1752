"""Writes the student template and the instructor's files; says what in a committed template is stale."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.build.otter import assign
from autograder.course import home


@dataclass(frozen=True)
class Built:
    """Contents of everything built, by file name: the template's files, and the instructor's."""

    template: dict[str, bytes]
    instructor: dict[str, bytes]


def template_folder(name: str) -> Path:
    """Where the committed template of an assignment lies."""
    return home() / "student_template" / name


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


def write(files: dict[str, bytes], folder: Path, *, replace: bool) -> None:
    """Write files below `folder`; with `replace` nothing else stays in it."""
    if replace and folder.exists():
        shutil.rmtree(folder)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def stale(template: dict[str, bytes], folder: Path) -> list[str]:
    """What differs between a freshly built template and the one in `folder`, a line each."""
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    }
    lines = [f"{folder / name}: missing" for name in sorted(set(template) - set(present))]
    lines += [f"{folder / name}: not part of the template" for name in sorted(set(present) - set(template))]
    lines += [
        f"{folder / name}: stale"
        for name in sorted(set(template) & set(present))
        if present[name].read_bytes() != template[name]
    ]
    return lines


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
