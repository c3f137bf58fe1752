"""Opens a student for each submission: behind walls, or in this process where one insists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from autograder.course import LimitSettings, Settings
from autograder.student.answers import Student
from autograder.student.host import StudentHost
from autograder.student.in_process import InProcessStudent
from autograder.student.walled import WalledStudent
from autograder.student.walls import Limits, Walls, require, survey


class OpenStudent(Student, Protocol):
    """A student whose cells have run."""

    cell_errors: list[str]


class Students(Protocol):
    """Where students come from."""

    unsafe: bool

    def open(self, cells: Sequence[str]) -> AbstractContextManager[OpenStudent]:
        """Run the cells of one submission; the student answers until the context ends."""
        ...

    def shut_down(self) -> None:
        """Give back what was taken from the machine."""
        ...


class WalledStudents:
    """Each submission in a process without power.

    Raises
    ------
    UserError : this machine cannot wall it in
    """

    unsafe = False

    def __init__(
        self, settings: Settings, walls: Walls | None = None, *, without: frozenset[str] = frozenset()
    ) -> None:
        walls = survey() if walls is None else walls
        require(walls)
        limits = limits_of(settings.limits)
        self._host = StudentHost(walls, limits, inert_modules=settings.imports.inert, without=without)

    @contextmanager
    def open(self, cells: Sequence[str]) -> Iterator[OpenStudent]:
        """See `Students`."""
        with WalledStudent(self._host, cells) as student:
            yield student

    def shut_down(self) -> None:
        """End the process that students are forked from."""
        self._host.shut_down()


class UnsafeStudents:
    """Each submission in this very process: for code that one trusts."""

    unsafe = True

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @contextmanager
    def open(self, cells: Sequence[str]) -> Iterator[OpenStudent]:
        """See `Students`."""
        limits = self._settings.limits
        yield InProcessStudent(
            cells,
            inert_modules=self._settings.imports.inert,
            cell_seconds=limits.cell_seconds,
            call_seconds=limits.call_seconds,
        )

    def shut_down(self) -> None:
        """Nothing was taken."""


def open_students(settings: Settings, *, unsafe: bool = False) -> Students:
    """Students behind walls, or in this process with `unsafe`."""
    return UnsafeStudents(settings) if unsafe else WalledStudents(settings)


def limits_of(settings: LimitSettings) -> Limits:
    """The settings' limits in the units of the system."""
    return Limits(
        cell_seconds=settings.cell_seconds,
        call_seconds=settings.call_seconds,
        submission_seconds=settings.submission_seconds,
        cpu_seconds=settings.cpu_seconds,
        memory_bytes=settings.memory_megabytes << 20,
        file_bytes=settings.file_megabytes << 20,
        scratch_bytes=settings.scratch_megabytes << 20,
        open_files=settings.open_files,
        processes=settings.processes,
    )
