"""Fresh Python environments made from the template's own requirements, with the interpreters that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from student_side import TEMPLATE

UV = Path(sys.executable).with_name("uv")
REQUIREMENTS = TEMPLATE / "requirements.txt"


def interpreter(version: str) -> str:
    """The Python of this version: on the PATH or below pyenv's root; its absence fails the test."""
    candidates = [Path(found) for name in (f"python{version}",) if (found := shutil.which(name))]
    roots = {os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")}
    if shutil.which("pyenv"):
        roots.add(subprocess.run(["pyenv", "root"], capture_output=True, text=True).stdout.strip())
    for root in sorted(filter(None, roots)):
        candidates += sorted(Path(root).glob(f"versions/{version}.*/bin/python"))
    for candidate in candidates:
        code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([str(candidate), "-c", code], capture_output=True, text=True)
        if done.stdout.strip() == version:
            return str(candidate)
    pytest.fail(
        f"no Python {version} on the PATH (python{version}) or in pyenv; install it, for example: pyenv install {version}"
    )


def fresh(
    folder: Path, python: str, *, oldest: bool = False, without: tuple[str, ...] = (), more: tuple[str, ...] = ()
) -> Path:
    """An environment with the template's requirements, the oldest or the newest allowed; returns its `bin`.

    `without` : requirements that are left out; `more` : packages that are added, the newest
    """
    lines = [
        line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if not line.startswith(without or "\0")
    ]
    (folder / "requirements.txt").parent.mkdir(parents=True, exist_ok=True)
    (folder / "requirements.txt").write_text("\n".join(lines), encoding="utf-8")
    uv("venv", "--python", python, str(folder / "env"))
    install = ("pip", "install", "--python", str(folder / "env" / "bin" / "python"))
    uv(*install, "--resolution", "lowest-direct" if oldest else "highest", "-r", str(folder / "requirements.txt"))
    if more:
        uv(*install, *more)
    return folder / "env" / "bin"


def uv(*arguments: str) -> None:
    """Run uv, quietly."""
    done = subprocess.run([str(UV), "--quiet", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
