"""What the name of a submission says about its student: the names that LMSs give in bulk downloads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.errors import UserError

_CANVAS = re.compile(r"(?P<name>[^/]+?)_(?:LATE_)?(?P<user>\d+)_(?P<attachment>\d+)_(?P<file>[^/]+)")
_MOODLE = re.compile(r"(?P<name>[^/]+?)_(?P<participant>\d+)_assignsubmission_(?:file|onlinetext)(?P<rest>[_/].*)?")
_GRADESCOPE = re.compile(r"(?:^|/)(?P<folder>submission_\d+)(?:/|\.|$)")
_SUFFIXES = (".ipynb", ".py", ".zip")


@dataclass(frozen=True)
class Clue:
    """What a file name says.

    Parameters
    ----------
    source : who gives such names
    key : names the student exactly, if it is right: "" where only a name is known
    kind : what `key` is: an LMS's own user id, a Moodle participant id, or any id, login or e-mail
    name : the student's name, as far as the file name shows it
    """

    source: str
    key: str = ""
    kind: str = "any"
    name: str = ""


def clues(file: str, gradescope: dict[str, list[str]] | None = None) -> list[Clue]:
    """All that `file`, a path in a folder of submissions, says about its student; the surest first."""
    found = []
    path = PurePosixPath(file)
    folder = _GRADESCOPE.search(file)
    if folder and gradescope is not None:
        return [Clue("Gradescope", key) for key in gradescope.get(folder["folder"], [])]
    for part in path.parts:
        if moodle := _MOODLE.fullmatch(part):
            return [Clue("Moodle", moodle["participant"], "participant", moodle["name"])]
    if canvas := _CANVAS.fullmatch(path.name):
        found.append(Clue("Canvas", canvas["user"], "user", canvas["name"]))
    if len(path.parts) >= 3:
        student = path.parts[path.parts.index("submitted") + 1] if "submitted" in path.parts[:-2] else path.parts[-3]
        found.append(Clue("nbgrader", student))
    elif len(path.parts) == 2:
        found.append(Clue("folder", path.parts[0], name=path.parts[0]))
    stem = path.name
    for suffix in _SUFFIXES:
        stem = stem.removesuffix(suffix)
    found.append(Clue("file name", stem, name=stem))
    return found


def read_gradescope(path: Path) -> dict[str, list[str]]:
    """Read `submission_metadata.yml` of a Gradescope export: e-mail and student number by submission folder.

    Each entry of the list stands for one submitter: group work has several.

    Raises
    ------
    UserError : it is not such a file
    """
    import yaml  # comes with jupytext

    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {
            str(folder): [str(who.get(":sid") or who.get(":email") or "") for who in entry.get(":submitters") or []]
            for folder, entry in data.items()
        }
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, AttributeError, UnicodeDecodeError):
        raise UserError(f"{path}: not a submission_metadata.yml of a Gradescope export") from None
