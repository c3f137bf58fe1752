"""Finds an assignment's files and puts them together: rubric, settings, reference, misconceptions."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from autograder.checking.misconception import Misconception
from autograder.checking.question import Assignment, step_id
from autograder.checking.values import Tolerance
from autograder.errors import UserError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToleranceSettings(_Strict):
    """Absolute and relative tolerance; for one step, what is left out is taken from the assignment's."""

    absolute: NonNegativeFloat | None = None
    relative: NonNegativeFloat | None = None
    steps: dict[str, ToleranceSettings] = Field(default_factory=dict)


class LimitSettings(_Strict):
    """What one submission may use: seconds for a cell, a call and the whole; CPU; memory; files; processes."""

    cell_seconds: PositiveFloat = 10.0
    call_seconds: PositiveFloat = 2.0
    submission_seconds: PositiveFloat = 60.0
    cpu_seconds: PositiveInt = 60
    memory_megabytes: PositiveInt = 1024
    file_megabytes: PositiveInt = 8
    scratch_megabytes: PositiveInt = 32
    open_files: PositiveInt = 64
    processes: PositiveInt = 24


class ImportSettings(_Strict):
    """Top-level modules that only show things."""

    inert: list[str] = Field(default_factory=list)


class Settings(_Strict):
    """The contents of `assignments/NAME/settings.toml`."""

    title: str
    points: dict[str, NonNegativeFloat]
    tolerance: ToleranceSettings = ToleranceSettings()
    limits: LimitSettings = LimitSettings()
    imports: ImportSettings = ImportSettings()


INSTALLED = Path(__file__).parent / "course_files"  # an installed package's own copy; nothing is written there


def home() -> Path:
    """The folder that holds `assignments/` and `solutions/`.

    The one that the environment variable AUTOGRADER_COURSE names, else the repository, else the copy in an installed
    package.
    """
    named = os.environ.get("AUTOGRADER_COURSE")
    if named:
        return Path(named)
    return INSTALLED if INSTALLED.is_dir() else Path(__file__).parent.parent


def assignment_names() -> list[str]:
    """The assignments there are."""
    return sorted(path.parent.name for path in (home() / "assignments").glob("*/settings.toml"))


@cache
def load_settings(name: str) -> Settings:
    """Read `assignments/NAME/settings.toml`.

    Raises
    ------
    UserError : there is no such assignment, or its settings are not valid
    """
    path = home() / "assignments" / name / "settings.toml"
    if name not in assignment_names():
        known = ", ".join(assignment_names())
        raise UserError(f"there is no assignment {name!r}; there is: {known}")
    return read_settings(path)


def read_settings(path: Path) -> Settings:
    """Read and check one settings file."""
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text, at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {where}: {first['msg']}") from None


@cache
def load_assignment(name: str) -> Assignment:
    """Put an assignment together from its rubric, settings, reference and misconceptions.

    Raises
    ------
    UserError : it does not exist, or its settings do not fit its rubric
    """
    return assemble(name, load_settings(name))


def assemble(name: str, settings: Settings) -> Assignment:
    """The assignment `name` with the given settings (an instructor may have changed them)."""
    rubric = importlib.import_module(f"autograder.rubrics.{name}").rubric
    steps = {step_id(question, step) for question in rubric.questions for step in question.steps}
    for what, named in (("points", set(settings.points)), ("tolerance.steps", set(settings.tolerance.steps))):
        unknown = sorted(named - steps)
        if unknown:
            raise UserError(f"settings of {name}: {what} names {unknown[0]!r}, which is no step of the rubric")
    without = sorted(steps - set(settings.points))
    if without:
        raise UserError(f"settings of {name}: points has no entry for the step {without[0]!r}")
    tolerance = _tolerance(settings.tolerance, Tolerance())
    reference = load_module(reference_path(name))
    return Assignment(
        name=name,
        title=settings.title,
        rubric=rubric,
        points=dict(settings.points),
        tolerance=tolerance,
        tolerances={step: _tolerance(own, tolerance) for step, own in settings.tolerance.steps.items()},
        reference={question.function: getattr(reference, question.function) for question in rubric.questions},
        misconceptions=load_misconceptions(name),
    )


def _tolerance(settings: ToleranceSettings, default: Tolerance) -> Tolerance:
    return Tolerance(
        default.absolute if settings.absolute is None else settings.absolute,
        default.relative if settings.relative is None else settings.relative,
    )


def reference_path(name: str) -> Path:
    """The reference solution's file."""
    return home() / "solutions" / name / "reference.py"


def load_misconceptions(name: str) -> tuple[Misconception, ...]:
    """All entries of the tables in `solutions/NAME/misconceptions/`, file by file in the order of their names.

    Raises
    ------
    UserError : two of them have the same name
    """
    folder = home() / "solutions" / name / "misconceptions"
    found = [entry for path in sorted(folder.glob("*.py")) for entry in load_module(path).table.entries]
    for entry in found:
        if sum(other.name == entry.name for other in found) > 1:
            raise UserError(f"{folder}: the misconception {entry.name!r} is declared twice")
    return tuple(found)


@cache
def load_module(path: Path) -> ModuleType:
    """Import one file of `solutions/` by its path; it is in no package, so that nothing else can import it."""
    spec = importlib.util.spec_from_file_location(f"_course_{path.parent.name}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: cannot be loaded")
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module, ModuleType)
    return module
