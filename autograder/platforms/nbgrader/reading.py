"""Reads a submission for nbgrader: of our assignments only what is harmless gets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter

from autograder.platforms.nbgrader.restoring import restored
from autograder.platforms.nbgrader.run import refusing, run_of
from autograder.submission.notebook import Cell, Unreadable, read_cells


class Reader(NotebookExporter):
    """nbgrader's exporter; one of our notebooks is read by us and restored before any preprocessor sees it.

    So a damaged or hostile file cannot stop nbgrader's own steps: it is graded like any other, and says what is wrong.
    """

    def from_filename(self, filename: str, resources: dict[str, Any] | None = None, **more: Any) -> tuple[Any, Any]:
        """See `Exporter.from_filename`."""
        run, ids, path = run_of(self), (resources or {})["nbgrader"], Path(filename)
        with refusing(self.log):
            course = run.notebook(ids["assignment"], ids["notebook"])
        handed_in = path.parent == run.folder("submitted", ids["student"], ids["assignment"])
        self.optimistic_validation = course is not None  # what we wrote is valid: one check at the end is enough
        made: tuple[Any, Any]
        if course is None or not handed_in:  # what is not as handed in was written by us
            made = super().from_filename(filename, resources, **more)
        else:
            notebook = restored(course, cells_of(path))
            made = self.from_notebook_node(notebook, resources, **more)  # type: ignore[no-untyped-call]
        return made


def cells_of(path: Path) -> list[Cell]:
    """The cells of a submission; none where it cannot be read."""
    if path.is_symlink():
        return []
    try:
        return read_cells(path)
    except Unreadable:
        return []
