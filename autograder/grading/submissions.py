"""Finds the submissions in folders, zip files and single files."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Protocol

from autograder.errors import UserError
from autograder.feedback.text import one_line

MAX_MEMBERS = 20_000  # of one submission's zip file with the zip files in it, or of a class's without them
MAX_BYTES = 500_000_000  # that a submission unpacks to
MAX_CLASS_BYTES = 4_000_000_000
MOST_FOLDERS = 20  # that a member lies in; folders can be deeper than what removes them can follow
MOST_NAME_BYTES = 255  # of a file's or folder's name, on every common file system
MOST_PATH_BYTES = 1000  # of a member's name with its folders
_NOBODYS = {"__MACOSX", "__pycache__", "__zip_filename__"}  # made by macOS, Python and otter-grader
MOST_LETTERS = 200  # of what is wrong with a zip file


@dataclass(frozen=True)
class Found:
    """One submission: its name in the grades file and where it lies; `problem` says why it cannot be read."""

    file: str
    path: Path
    problem: str = ""


@dataclass
class Room:
    """What may still be unpacked: members, and bytes of them."""

    members: int
    unpacked: int

    def take(self, sizes: Sequence[int]) -> None:
        """Take the room for members of these sizes.

        Raises
        ------
        UserError : there is not so much
        """
        if len(sizes) > self.members or sum(sizes) > self.unpacked:
            raise UserError("the zip file unpacks to too much")
        self.members -= len(sizes)
        self.unpacked -= sum(sizes)


class _Opens(Protocol):
    """Gives the submissions in a zip file; what is unpacked is laid below `scratch`."""

    def __call__(self, archive: Path, name: str, scratch: Path) -> list[Found]: ...


@contextmanager
def find(paths: Sequence[Path], *, leave_out: Path | None = None) -> Iterator[list[Found]]:
    """All submissions below `paths`, in the order of their names; zip files are unpacked for the time being.

    Nothing below the folder `leave_out` is one: results may lie among the submissions.

    Raises
    ------
    UserError : a path does not exist, or is `leave_out` itself, or two submissions have the same name
    """
    results = leave_out.resolve() if leave_out else None
    with tempfile.TemporaryDirectory(prefix="autograder-", ignore_cleanup_errors=True) as scratch:
        found = []
        for number, path in enumerate(paths):
            if not path.exists():
                raise UserError(f"{path}: no such file or folder")
            if path.is_dir():
                if path.resolve() == results:
                    raise UserError(f"{path}: results need a folder of their own; name another one with --out")
                found += _in_folder(path, Path(scratch) / str(number), _zip_handed_in, results)
            elif _suffix(path) == ".zip":
                found += _zip_given(path, path.name, Path(scratch) / str(number))
            else:
                found.append(Found(path.name, path))
        found.sort(key=lambda submission: submission.file)
        for first, second in pairwise(found):
            if first.file == second.file:
                raise UserError(f"{second.path}: a second submission named {second.file!r}; give one folder for all")
        yield found


def _in_folder(folder: Path, scratch: Path, opens: _Opens, leave_out: Path | None = None) -> list[Found]:
    """Every file at the top is a submission; in a subfolder, other files count only where there is no notebook."""
    found = _not_entered(folder)
    inside = leave_out is not None and leave_out.is_relative_to(folder.resolve())
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if _hidden(relative.parts) or not path.is_file() or path.is_symlink():
            continue
        if inside and leave_out and path.resolve().is_relative_to(leave_out):
            continue
        if not _counts(path, top=len(relative.parts) == 1):
            continue
        if _suffix(path) == ".zip":
            found += opens(path, relative.as_posix(), scratch / relative)
        else:
            found.append(Found(relative.as_posix(), path))
    return _without_exported(found)


def _not_entered(folder: Path) -> list[Found]:
    """The folders that the system does not let read: whatever lies there is somebody's."""
    errors: list[OSError] = []
    for _ in os.walk(folder, onerror=errors.append):
        pass
    return [
        Found(
            Path(error.filename).relative_to(folder).as_posix(),
            Path(error.filename),
            f"cannot be read: {error.strerror}",
        )
        for error in errors
    ]


def _without_exported(found: list[Found]) -> list[Found]:
    """Leaves out each notebook that lies in one folder with a zip file of it: same name inside, same bytes.

    That is one submission, the zip that `grader.export()` made. Where the bytes differ both stay.
    """
    zipped: dict[tuple[str, str], list[Path]] = {}
    for submission in found:
        if not submission.problem and _suffix(Path(submission.file)) == ".zip":
            zipped.setdefault((_folder(submission), submission.path.name), []).append(submission.path)
    return [
        submission
        for submission in found
        if not any(
            other != submission.path and filecmp.cmp(other, submission.path, shallow=False)
            for other in zipped.get((_folder(submission), PurePosixPath(submission.file).name), ())
        )
    ]


def _folder(submission: Found) -> str:
    return PurePosixPath(submission.file).parent.as_posix()


def _counts(path: Path, *, top: bool) -> bool:
    suffix = _suffix(path)
    if suffix in {".ipynb", ".zip"}:
        return True
    if top:
        return True
    beside = {_suffix(other) for other in path.parent.iterdir()}
    return not beside & {".ipynb", ".zip"} and (suffix == ".py" or ".py" not in beside)


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _zip_given(archive: Path, name: str, scratch: Path) -> list[Found]:
    """The submissions in a zip file that was named itself: one student's, or a class's with zip files of students."""
    try:
        inside = _in_zip(archive, scratch, Room(MAX_MEMBERS, MAX_CLASS_BYTES), _zip_handed_in)
    except UserError as error:
        raise UserError(f"{archive}: {error}") from None
    notebooks = _notebooks(inside)
    if len(notebooks) == 1 and (not _holds_zips(inside) or _is_beside_its_export(notebooks[0], _files(scratch))):
        return [Found(name, notebooks[0].path)]
    return inside or [Found(name, archive, "the zip file holds no notebook")]


def _zip_handed_in(archive: Path, name: str, scratch: Path, room: Room | None = None) -> list[Found]:
    """The one submission in a student's zip file, which may hold the zip file of the notebook, too.

    With `room` it is such a zip file in another one: it takes of the same room, and what it holds is not opened.
    """
    mine = Room(MAX_MEMBERS, MAX_BYTES) if room is None else room
    opens = partial(_zip_handed_in, room=mine) if room is None else _not_opened
    try:
        inside = _in_zip(archive, scratch, mine, opens)
    except UserError as error:
        return [Found(name, archive, str(error))]
    notebooks = _notebooks(inside)
    if len(notebooks) == 1:
        return [Found(name, notebooks[0].path)]
    if notebooks:
        return [Found(name, archive, "the zip file holds more than one notebook")]
    why = next((f"; of a zip file in it: {found.problem}" for found in inside if found.problem), "")
    return [Found(name, archive, f"the zip file holds no notebook{why}")]


def _not_opened(archive: Path, name: str, scratch: Path) -> list[Found]:
    return [Found(name, archive, "zip files are opened in one other zip file, not deeper")]


def _in_zip(archive: Path, scratch: Path, room: Room, opens: _Opens) -> list[Found]:
    unpack(archive, _files(scratch), room)
    return _in_folder(_files(scratch), scratch / "zips", opens)


def _files(scratch: Path) -> Path:
    return scratch / "files"


def _notebooks(inside: list[Found]) -> list[Found]:
    return [found for found in inside if _suffix(found.path) == ".ipynb"] or [
        found for found in inside if _suffix(found.path) == ".py"
    ]


def _holds_zips(found: list[Found]) -> bool:
    return any(_suffix(Path(submission.file)) == ".zip" for submission in found)


def _is_beside_its_export(notebook: Found, folder: Path) -> bool:
    """Whether `_without_exported` left out the same notebook: then this is one student's whole folder."""
    return (folder / _folder(notebook) / notebook.path.name).is_file()


def unpack(archive: Path, target: Path, room: Room) -> None:
    """Unpack the regular files of a zip below `target`; links and paths that lead out of it are left behind.

    Raises
    ------
    UserError : it is no zip file, damaged, or unpacks to more than there is `room` for, or to too deep folders
    """
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = [member for member in zipped.infolist() if _safe(member)]
            room.take([member.file_size for member in members])
            for member in members:
                _refuse_long(member.filename)
            for member in members:
                path = target / PurePosixPath(member.filename)
                path.parent.mkdir(parents=True, exist_ok=True)
                with zipped.open(member) as source, path.open("wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 16)
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"not a zip file that can be read ({error.strerror or one_line(str(error))})") from None
    except Exception as error:  # noqa: BLE001 - damaged bytes raise nearly anything: zlib.error, LZMAError, UnicodeDecodeError, ...
        words = one_line(str(error) or type(error).__name__)
        words = words[:MOST_LETTERS] + ("…" if len(words) > MOST_LETTERS else "")
        raise UserError(f"not a zip file that can be read ({words})") from None


def _refuse_long(name: str) -> None:
    parts = PurePosixPath(name).parts
    if len(parts) > MOST_FOLDERS + 1:
        raise UserError(f"the zip file holds folders in folders, more than {MOST_FOLDERS} deep")
    lengths = [len(os.fsencode(part)) for part in parts]
    if any(length > MOST_NAME_BYTES for length in lengths) or sum(lengths) > MOST_PATH_BYTES:
        raise UserError("the zip file holds a file whose name is too long")


def _safe(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    regular = kind in {0, stat.S_IFREG} and not member.is_dir()
    return regular and not path.is_absolute() and ".." not in path.parts and not _hidden(path.parts)


def _hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") or part in _NOBODYS for part in parts)
