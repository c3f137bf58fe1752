"""What several test files need: the assignment, its reference source, and a student made from source."""

from __future__ import annotations

import signal

import pytest

from autograder.checking.question import Assignment
from autograder.course import load_assignment, load_settings, reference_path
from autograder.grading.students import WalledStudents

# A shell makes its background jobs ignore it; the checks' clock, which ends an endless loop, needs it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    return load_assignment("xor_backprop")


@pytest.fixture(scope="session")
def reference_source() -> str:
    return reference_path("xor_backprop").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def students():
    """Students behind walls; the machine that runs the tests must have them."""
    walled = WalledStudents(load_settings("xor_backprop"))
    yield walled
    walled.shut_down()
