"""What several test files need: the assignment, its reference source, and a student made from source."""

from __future__ import annotations

import pytest

from autograder.checking.question import Assignment
from autograder.course import load_assignment, reference_path


@pytest.fixture(scope="session")
def assignment() -> Assignment:
    return load_assignment("xor_backprop")


@pytest.fixture(scope="session")
def reference_source() -> str:
    return reference_path("xor_backprop").read_text(encoding="utf-8")
