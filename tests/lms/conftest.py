"""The stand-ins, running, with their secrets in the environment."""

from __future__ import annotations

import pytest
from canvas_stand_in import ASSIGNMENT, COURSE, TOKEN, CanvasStandIn
from helpers import write_lms


@pytest.fixture
def canvas(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRADER_CANVAS_TOKEN", TOKEN)
    with CanvasStandIn() as stand_in:
        write_lms(tmp_path, lms="canvas", url=stand_in.url, course=COURSE, assignment=ASSIGNMENT)
        yield stand_in
