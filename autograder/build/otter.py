"""Runs otter-grader's own `otter assign` and `otter generate`, and makes the grading zip install without conda."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import nbformat
from otter.assign import main as otter_assign

from autograder.build.master import checks_module, otter_master, without_markers
from autograder.course import load_assignment
from autograder.errors import UserError
from autograder.version_digest import digest, grader_files

PLUGIN = "autograder.platforms.otter.Plugin"
GRADER_ZIP = "requirements.grader.zip"  # otter-grader's Dockerfile has `requirements.*` at hand when setup.sh runs
EXECUTABLE = {"run_autograder", "setup.sh"}
EPOCH = (2020, 1, 1, 0, 0, 0)  # the same content gives the same zip


@dataclass(frozen=True)
class OtterOutput:
    """What `otter assign` made: folders of the student's and the instructor's version, and the grading zip."""

    student: Path
    solution: nbformat.NotebookNode
    autograder_zip: bytes


def assign(name: str, scratch: Path, *, run_tests: bool) -> OtterOutput:
    """Build everything that comes from otter-grader in `scratch`.

    With `run_tests` otter-grader grades the solution notebook with the new zip and insists on full marks.

    Raises
    ------
    UserError : `otter assign` refused the master, or the solution did not get full marks
    """
    plugin = {PLUGIN: {"assignment": name, "digest": digest(name)}}
    master = scratch / f"{name}.ipynb"
    nbformat.write(otter_master(load_assignment(name), plugin, checks_module(name)), master)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            otter_assign(str(master), str(scratch / "otter"), no_pdfs=True, no_run_tests=not run_tests)
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise UserError(f"otter assign: {error}") from error
    folder = scratch / "otter" / "autograder"
    (stock,) = folder.glob("*.zip")
    solution = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    for cell in solution.cells:
        cell.source = without_markers(cell.source)
    return OtterOutput(scratch / "otter" / "student", solution, _without_conda(stock))


def _without_conda(stock: Path) -> bytes:
    """The stock zip with our installation in place of conda's, and the grader itself beside it."""
    with zipfile.ZipFile(stock) as zipped:
        members = {member: zipped.read(member) for member in zipped.namelist()}
    name = _assignment_of(members)
    image = resources.files("autograder.build") / "image"
    for member in ("setup.sh", "run_autograder", "requirements.txt", "environment.yml"):
        members[member] = (image / member).read_bytes()
    members[GRADER_ZIP] = _zip({member: path.read_bytes() for member, path in grader_files(name).items()})
    return _zip(members)


def _assignment_of(members: dict[str, bytes]) -> str:
    config: dict[str, Any] = json.loads(members["otter_config.json"])
    return str(config["plugins"][0][PLUGIN]["assignment"])


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for member, content in sorted(members.items()):
            info = zipfile.ZipInfo(member, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if member in EXECUTABLE else 0o644) << 16
            zipped.writestr(info, content)
    return buffer.getvalue()
