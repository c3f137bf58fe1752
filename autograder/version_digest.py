"""Which version of the grader is this? A hash over all that decides on points."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from autograder.course import home

NOT_GRADING = {"build", "cli", "course_files", "scores"}  # rooms that no grade depends on


@cache
def digest(name: str) -> str:
    """A short hash over all that decides on points: engine, rubric, settings, reference, misconceptions."""
    hasher = hashlib.sha256()
    for member, path in sorted(grader_files(name).items()):
        hasher.update(member.encode() + b"\0" + path.read_bytes() + b"\0")
    return hasher.hexdigest()[:16]


def grader_files(name: str) -> dict[str, Path]:
    """The files that grading needs, by their place in an installed package."""
    package, course = Path(__file__).parent, home()
    files = {
        f"autograder/{path.relative_to(package).as_posix()}": path
        for path in [*package.rglob("*.py"), *(package / "feedback" / "templates").iterdir()]
        if path.relative_to(package).parts[0] not in NOT_GRADING and path.name != "__main__.py"
    }
    settings = course / "assignments" / name / "settings.toml"
    for path in [settings, *(course / "solutions" / name).rglob("*.py")]:
        files[f"autograder/course_files/{path.relative_to(course).as_posix()}"] = path
    return files
