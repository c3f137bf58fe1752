"""What the tests of the student's side share: the template's modules, and notebooks' namespaces at any stage of the work."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from autograder.build.stubs import cut
from autograder.build.template import template_folder
from autograder.course import reference_path

TEMPLATE = template_folder("xor_backprop")
FUNCTIONS = cut(reference_path("xor_backprop").read_text(encoding="utf-8"), "reference.py")


def template_module(name: str) -> ModuleType:
    """A module of the template, imported as the notebook imports it."""
    if str(TEMPLATE) not in sys.path:
        sys.path.insert(0, str(TEMPLATE))
    return importlib.import_module(name)


def notebook(folder: Path = TEMPLATE) -> dict[str, Any]:
    """The template's notebook."""
    read: dict[str, Any] = json.loads((folder / "xor_backprop.ipynb").read_text(encoding="utf-8"))
    return read


def code_cells(read: dict[str, Any]) -> list[str]:
    """Sources of a notebook's code cells."""
    return ["".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == "code"]


def namespace(done: int = 0, **changed: str) -> dict[str, Any]:
    """The notebook's namespace when the first `done` functions are solved and the rest are stubs; `changed` ones replace them."""
    made: dict[str, Any] = {}
    data = [cell for cell in code_cells(notebook()) if cell.startswith(("W = ", "X = "))]
    assert len(data) == 2
    for source in ["import numpy as np", *data]:
        exec(source, made)
    for number, (name, function) in enumerate(FUNCTIONS.items()):
        exec(changed.get(name) or (function.solution if number < done else function.stub), made)
    return made
