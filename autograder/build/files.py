"""Writes what was built; says what of it is stale."""

from __future__ import annotations

import shutil
from pathlib import Path


def write(files: dict[str, bytes], folder: Path, *, replace: bool) -> None:
    """Write files below `folder`; with `replace` nothing else stays in it."""
    if replace and folder.exists():
        shutil.rmtree(folder)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def stale(built: dict[str, bytes], folder: Path) -> list[str]:
    """What differs between freshly built files and those in `folder`, a line each."""
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts)
    }
    lines = [f"{folder / name}: missing" for name in sorted(set(built) - set(present))]
    lines += [f"{folder / name}: not part of the template" for name in sorted(set(present) - set(built))]
    lines += [
        f"{folder / name}: stale"
        for name in sorted(set(built) & set(present))
        if present[name].read_bytes() != built[name]
    ]
    return lines
