"""A thousand students planned, applied and verified against the stand-in, 30 ms an answer: the number of requests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from lms_upload import run


@pytest.mark.slow
def test_a_thousand_students_need_hardly_more_requests_than_the_least_possible():
    steps = {step: (seconds, requests) for step, seconds, requests, _ in run("canvas", 1000, 0.03)}
    pages = 10
    assert steps["plan"][1] == 1 + 2 * pages  # the assignment, the roster, the scores
    # each row written once; one reading between two writes, of the row before and the row after; assignment and roster
    assert steps["apply"][1] == 1000 + 1001 + 1 + pages
    assert steps["verify"][1] == pages
    assert steps["apply"][0] < 2 * 2012 * 0.03 + 60


@pytest.mark.slow
def test_batches_need_few_requests():
    steps = {step: requests for step, _, requests, _ in run("canvas", 1000, 0.03, batch=50)}
    assert steps["apply"] == 20 + 20 + 21 + 1 + 10  # update, its progress, reading between, assignment and roster
