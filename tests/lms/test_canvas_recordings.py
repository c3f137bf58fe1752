"""Recordings of a real Canvas: our adapter reads each, and the stand-in answers the same."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from urllib.parse import urlencode

import httpx
import pytest
from canvas_stand_in import COURSE, TOKEN, CanvasStandIn, recordings
from helpers import QUICK
from loopback import Answer, Loopback

from autograder.scores.answers import Unsure
from autograder.scores.lms.canvas import CanvasTarget
from autograder.scores.settings import CanvasSettings
from autograder.scores.target import Write

EXCHANGES = recordings()


def named(exchange):
    return f"{exchange['method']} {exchange['path']} {sorted(exchange['parameters'])}"


class Replay(Loopback):
    """Gives the recorded body for the recorded method and path, whatever else is asked for."""

    def __init__(self, exchange):
        super().__init__()
        self.exchange = exchange

    def answer(self, request):
        if (request.method, request.path) == (self.exchange["method"], self.exchange["path"]):
            return Answer(self.exchange["status"], self.exchange["body"])
        return Answer(404, {"errors": []})


@pytest.fixture
def replayed(monkeypatch):
    """A target that asks a replayed exchange."""
    monkeypatch.setenv("AUTOGRADER_CANVAS_TOKEN", TOKEN)
    running = []

    def start(exchange):
        replay = Replay(exchange)
        replay.__enter__()
        running.append(replay)
        course, assignment = (re.search(rf"/{part}/(\d+)", exchange["path"]) for part in ("courses", "assignments"))
        assert course is not None
        settings = CanvasSettings(lms="canvas", url=replay.url, course=int(course[1]),
                                  assignment=int(assignment[1]) if assignment else 1)  # fmt: skip
        return replay, CanvasTarget(settings, QUICK)

    yield start
    for replay in running:
        replay.__exit__()


def relevant(suffix, method="GET"):
    return [pytest.param(e, id=named(e)) for e in EXCHANGES
            if e["method"] == method and re.search(suffix, e["path"])]  # fmt: skip


@pytest.mark.parametrize("exchange", relevant(r"/students/submissions$"))
def test_submissions_are_read(replayed, exchange):
    _, target = replayed(exchange)
    standings = target.read_all()
    for submission in exchange["body"]:
        assert str(submission["user_id"]) in standings
    last = {str(s["user_id"]): s for s in exchange["body"]}
    for user, submission in last.items():
        score = submission["entered_score"]
        assert standings[user].score == (None if score is None else Decimal(str(score)))
        assert standings[user].submitted is (submission["submitted_at"] is not None)


@pytest.mark.parametrize("exchange", relevant(r"/users$"))
def test_students_are_read(replayed, exchange):
    _, target = replayed(exchange)
    people = {person.id: person for person in target.people()}
    students = {str(u["id"]): u for u in exchange["body"]
                if any(e["type"] == "StudentEnrollment" for e in u["enrollments"])}  # fmt: skip
    assert people.keys() == students.keys() != set()
    for user, person in people.items():
        assert (person.email, person.login, person.name) == tuple(
            students[user][key] for key in ("email", "login_id", "name"))  # fmt: skip
        assert person.active


@pytest.mark.parametrize("exchange", relevant(r"/assignments$"))
def test_assignments_are_read(replayed, exchange):
    for assignment in exchange["body"]:
        one = {**exchange, "path": f"{exchange['path']}/{assignment['id']}", "body": assignment}
        _, target = replayed(one)
        if assignment["grading_type"] == "points" and assignment["submission_types"] != ["online_quiz"]:
            column = target.column()
            assert column.title == f"Canvas, {assignment['name']}"
            assert column.maximum == Decimal(str(assignment["points_possible"] or 0))


@pytest.mark.parametrize("exchange", relevant("/update_grades$", "POST"))
def test_a_bulk_update_is_sent_as_recorded_and_its_progress_is_read(replayed, exchange):
    """The recorded Progress names no id, so nothing but reading back tells how it ended."""
    replay, target = replayed(exchange)
    scores: dict[str, dict[str, str]] = {}
    for key, value in exchange["parameters"].items():
        user, name = re.fullmatch(r"grade_data\[(\d+)\]\[(\w+)\]", key).groups()
        scores.setdefault(user, {})[name] = value
    if any(not change["posted_grade"] for change in scores.values()):
        assert exchange["body"]["workflow_state"] == "queued"  # grades are never taken away by us
        return
    rows = [Write(user, Decimal(change["posted_grade"]), change.get("text_comment", ""))
            for user, change in scores.items()]  # fmt: skip
    with pytest.raises(Unsure, match="does not say how to follow"):
        target._in_bulk({row.user: {**target._change(row)["submission"],
                                    **target._change(row).get("comment", {})} for row in rows})  # fmt: skip
    sent = dict(replay.log[0].form)
    assert sent.keys() == exchange["parameters"].keys()
    for key, value in exchange["parameters"].items():
        assert sent[key] == value or Decimal(sent[key]) == Decimal(value)


def answered_alike(ours, theirs):
    """The same names everywhere; the values may be newer."""
    if isinstance(theirs, list):
        return isinstance(ours, list) and (not theirs or answered_alike(ours[0], theirs[0]))
    return not isinstance(theirs, dict) or set(theirs) <= set(ours)


STAND_IN = [e for e in EXCHANGES if f"/courses/{COURSE}/" in e["path"]
            and re.search(r"/(users|assignments|130000100/submissions|update_grades)$|students/submissions$", e["path"])
            and "130000200" not in e["path"]]  # fmt: skip


@pytest.mark.parametrize("exchange", [pytest.param(e, id=named(e)) for e in STAND_IN])
def test_the_stand_in_answers_like_the_recording(exchange):
    with CanvasStandIn() as stand_in:
        parameters = [(k, v) for k, values in exchange["parameters"].items()
                      for v in (values if isinstance(values, list) else [values])]  # fmt: skip
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{stand_in.url}{exchange['path']}"
        if exchange["method"] == "GET":
            answer = httpx.get(f"{url}?{urlencode(parameters)}", headers=headers)
        else:
            answer = httpx.request(exchange["method"], url, data=dict(parameters), headers=headers)
        assert answer.status_code == exchange["status"]
        assert answered_alike(answer.json(), exchange["body"])
        if exchange["path"].endswith(("/users", "130000100/submissions")):
            assert answer.json() == exchange["body"]


def test_the_recordings_hold_no_credentials():
    text = json.dumps(EXCHANGES)
    assert "Bearer" not in text
    assert "access_token" not in text
