"""The stand-ins, running, with their secrets in the environment."""

from __future__ import annotations

import canvas_stand_in
import moodle_stand_in
import pytest
from helpers import write_lms


@pytest.fixture
def canvas(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRADER_CANVAS_TOKEN", canvas_stand_in.TOKEN)
    with canvas_stand_in.CanvasStandIn() as stand_in:
        ids = {"course": canvas_stand_in.COURSE, "assignment": canvas_stand_in.ASSIGNMENT}
        write_lms(tmp_path, lms="canvas", url=stand_in.url, **ids)
        yield stand_in


@pytest.fixture
def moodle(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", moodle_stand_in.TOKEN)
    with moodle_stand_in.MoodleStandIn() as stand_in:
        write_lms(tmp_path, lms="moodle", url=stand_in.url, course=moodle_stand_in.COURSE, cmid=moodle_stand_in.CMID)
        yield stand_in
