"""The stand-ins, running, with their secrets in the environment."""

from __future__ import annotations

import canvas_stand_in
import lti_platform
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


@pytest.fixture
def platform(monkeypatch, tmp_path):
    with lti_platform.LtiPlatform() as running:
        monkeypatch.setenv("AUTOGRADER_LTI_KEY", running.tool_key)
        write_lms(
            tmp_path,
            lms="lti",
            token_url=f"{running.url}/token",
            lineitem=f"{running.url}{lti_platform.LINEITEM}?type_id=3",
            memberships=f"{running.url}{lti_platform.MEMBERS}",
            client_id=lti_platform.CLIENT,
            key_id=lti_platform.KEY_ID,
        )
        yield running
