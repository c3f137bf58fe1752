"""nbgrader's `ClearSolutions` with the stub that an answer cell brings along."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from autograder.submission.marks import STUB


class ClearSolutionsToStubs(ClearSolutions):  # type: ignore[misc]
    """Puts a cell's own stub in place of its solution; cells without one get nbgrader's."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], cell_index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """See `ClearSolutions`."""
        stub = cell.metadata.pop(STUB, None)
        if stub is None:
            cleared = super().preprocess_cell(cell, resources, cell_index)
        else:
            stock: dict[str, str] = self.code_stub  # type: ignore[has-type]
            self.code_stub = {**stock, resources["language"]: stub}
            try:
                cleared = super().preprocess_cell(cell, resources, cell_index)
            finally:
                self.code_stub = stock
        result: tuple[NotebookNode, dict[str, Any]] = cleared
        return result
