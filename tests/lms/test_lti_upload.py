"""Uploading by LTI 1.3 to lti1p3platform, served on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from helpers import QUICK, command, counts, journal_events, plan_for, upload, write_grades, write_lms
from loopback import HTML, Answer
from lti_platform import CLIENT, KEY_ID, LINEITEM, MEMBERS, set_clock

from autograder.scores.answers import Refused, Stopped, Unsure
from autograder.scores.comments import mark_of
from autograder.scores.lms import open_target
from autograder.scores.pace import Pace
from autograder.scores.plan import read_plan, write_plan
from autograder.scores.settings import read_settings

SIX = {f"{n:07d}.ipynb": 10 + n for n in range(6)}


@pytest.fixture
def six(platform, tmp_path):
    platform.add_class(6)
    write_grades(tmp_path / "final_grades.csv", SIX)
    return platform


def plan(tmp_path, **wishes):
    return plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", **wishes)


def run(tmp_path, made=None, **options):
    path = tmp_path / "plan.json"
    if not path.exists():
        write_plan(made or plan(tmp_path), path)
    return upload(read_plan(path)[0], path, **options)


def is_score(request):
    return request.path.endswith("/scores")


def tell_the_truth(platform, tmp_path, summary):
    for row in read_plan(tmp_path / "plan.json")[0].to_write():
        result = platform.results.get(row.user)
        if summary.outcomes[row.user] in ("written", "already"):
            assert result["score"] == float(row.score)
            assert result["comment"].count(mark_of(row.comment)) == 1
        elif summary.outcomes[row.user] != "unclear":
            assert (result or {}).get("score") == (None if row.before.score is None else float(row.before.score))


def test_all_is_written_once_and_read_back(six, tmp_path):
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert plan(tmp_path).counts()["same"] == 6
    assert len([r for r in six.log if is_score(r)]) == 6
    score = json.loads(next(r for r in six.log if is_score(r)).body)
    assert (score["scoreMaximum"], score["gradingProgress"]) == (20.0, "FullyGraded")
    assert next(r for r in six.log if is_score(r)).query == [("type_id", "3")]  # scores: inserted before the query


def test_pages_of_the_roster_and_of_results(platform, tmp_path):
    platform.add_class(25)
    platform.page = 10
    write_grades(tmp_path / "final_grades.csv", {f"{n:07d}.ipynb": 1 for n in range(25)})
    assert counts(run(tmp_path)) == {"written": 25}
    assert plan(tmp_path).counts()["same"] == 25


def test_kill_9_between_write_and_journal_then_resume(six, tmp_path):
    write_plan(plan(tmp_path), tmp_path / "plan.json")
    process: list[subprocess.Popen[bytes]] = []
    killed = threading.Event()

    def kill(request, _answer):
        if is_score(request) and len(six.results) == 3 and not killed.is_set():
            os.kill(process[0].pid, signal.SIGKILL)
            process[0].wait()
            killed.set()

    six.after.append(kill)
    line = [sys.executable, "-m", "autograder", "scores", "apply", "plan.json", "--release"]
    with six.lock:
        process.append(subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert killed.wait(30)
    assert journal_events(tmp_path / "plan.json")[-1]["event"] == "writing"
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len([r for r in six.log if is_score(r)]) == 6


def test_a_token_expiring_in_mid_run_is_renewed(six, tmp_path):
    old: list[str] = []

    def expire(request):
        """The platform forgets its token after the third score."""
        if is_score(request) and len(six.results) == 3 and not old:
            old.append(request.token)
        return Answer(401, {"error": "expired"}) if request.token in old else None

    six.before.append(expire)
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len([r for r in six.log if r.path == "/token"]) == 3  # plan, apply, renewed


def test_an_expired_token_is_refused_by_the_platform_itself(six, tmp_path):
    six.lives = -10
    with pytest.raises(Stopped, match="does not accept its own token"):
        plan(tmp_path)


def test_same_second_retry(six, tmp_path):
    """A lost answer is tried again within the second; the platform refuses a time stamp of the same second."""
    six.fail(1, is_score, Answer(502, HTML))
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    stamps = [json.loads(r.body)["timestamp"] for r in six.log if is_score(r) and b'"lti-0"' in r.body]
    assert len(stamps) == 2
    assert stamps[0][:19] < stamps[1][:19]


def test_two_plans_in_the_same_second(six, tmp_path):
    assert counts(run(tmp_path)) == {"written": 6}
    write_grades(tmp_path / "final_grades.csv", {file: points + 1 for file, points in SIX.items()})
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        six.ahead += max(seconds, 2.0)

    summary = upload(plan(tmp_path), tmp_path / "second.json", pace=Pace(first=0.001, settle=0, sleep=sleep))
    assert counts(summary) == {"written": 6}
    assert {result["score"] for result in six.results.values()} == {11, 12, 13, 14, 15, 16}


@pytest.mark.parametrize("ahead", [-30.0, 30.0])
def test_clock_off_by_30_s(six, tmp_path, ahead):
    """Ours differs from the platform's; the platform already holds scores of its own time, from a moment ago."""
    six.ahead = ahead
    for user in list(six.members)[1:]:
        set_clock(six, user, -2.0, score=1.0)
    summary = run(tmp_path, pace=Pace(first=0.001, settle=0, sleep=lambda s: setattr(six, "ahead", six.ahead + s)))
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    last = max(result["stamp"].timestamp() for result in six.results.values())
    assert last <= six.clock() + 1  # none of ours lies in the future, where it would block later ones


def test_a_score_of_the_future_is_waited_for(six, tmp_path):
    set_clock(six, "lti-0", 30.0, score=1.0)
    summary = run(tmp_path, pace=Pace(first=0.001, settle=0, sleep=lambda s: setattr(six, "ahead", six.ahead + s)))
    assert counts(summary) == {"written": 6}
    assert six.results["lti-0"]["score"] == 10
    assert six.refused_stamps


def test_a_later_score_that_comes_in_between_is_not_written_over(six, tmp_path):
    """The platform says 409 because a teacher was quicker."""
    made = plan(tmp_path)
    quicker = iter([True])
    six.before.append(lambda r: set_clock(six, "lti-0", 5.0, score=19.0, comment="By hand.")
                      if is_score(r) and b'"lti-0"' in r.body and next(quicker, False) else None)  # fmt: skip
    summary = run(
        tmp_path, made, pace=Pace(first=0.001, settle=0, sleep=lambda s: setattr(six, "ahead", six.ahead + s))
    )
    assert counts(summary) == {"written": 5, "stopped": 1}
    assert summary.reasons["lti-0"] == "changed since the plan: no score → 19"
    assert (six.results["lti-0"]["score"], six.results["lti-0"]["comment"]) == (19, "By hand.")


def test_a_score_of_the_far_future_fails_its_row_only(six, tmp_path):
    set_clock(six, "lti-0", 3600.0, score=1.0)
    summary = run(tmp_path, pace=Pace(first=0.001, settle=0, sleep=lambda s: setattr(six, "ahead", six.ahead + s)))
    assert counts(summary) == {"written": 5, "failed": 1}
    assert "later time" in summary.reasons["lti-0"]
    tell_the_truth(six, tmp_path, summary)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("answer", [Answer(200, "", cut=True), Answer(502, HTML)], ids=["cut", "HTML"])
def test_lost_answers(six, tmp_path, answer, done):
    six.fail(1, is_score, Answer(answer.status, answer.body or "x" * 5000, cut=answer.cut), done=done)
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len([r for r in six.log if is_score(r)]) == (6 if done else 7)


def test_json_that_is_no_answer(six, tmp_path):
    made = plan(tmp_path)
    six.fail(1, lambda r: r.path.endswith("/results"), Answer(200, {"message": "busy"}))
    six.fail(1, lambda r: r.path == MEMBERS, Answer(200, ["busy"]))
    summary = run(tmp_path, made)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


def test_a_teachers_comment_stays_and_none_is_erased(six, tmp_path):
    """A score without a comment would erase the one that stands."""
    set_clock(six, "lti-0", -60.0, score=3.0, comment="See me!")
    set_clock(six, "lti-1", -60.0, score=3.0, comment="Well begun.")
    assert counts(run(tmp_path)) == {"written": 6}
    assert six.results["lti-0"]["comment"].startswith("See me!\n\nAutograder: 10 of 20 points")
    write_grades(tmp_path / "final_grades.csv", {**SIX, "0000001.ipynb": 19})
    bare = upload(plan(tmp_path, detail="none"), tmp_path / "bare.json",
                  pace=Pace(first=0.001, settle=0, sleep=lambda s: setattr(six, "ahead", six.ahead + s)))  # fmt: skip
    assert counts(bare) == {"written": 1}
    assert six.results["lti-1"]["score"] == 19
    assert six.results["lti-1"]["comment"].startswith("Well begun.")


def test_a_suspended_user_vanishes_from_the_roster_and_gets_no_score(six, tmp_path):
    made = plan(tmp_path)
    del six.members["lti-0"]
    summary = run(tmp_path, made)
    assert counts(summary) == {"written": 5, "stopped": 1}
    assert "lti-0" not in six.results


def test_a_teachers_edit_between_plan_and_apply(six, tmp_path):
    made = plan(tmp_path)
    set_clock(six, "lti-0", -5.0, score=19.0)
    summary = run(tmp_path, made)
    assert counts(summary) == {"written": 5, "stopped": 1}
    assert summary.reasons["lti-0"] == "changed since the plan: no score → 19"
    assert six.results["lti-0"]["score"] == 19


def test_the_maximum_is_the_line_items(six, tmp_path):
    six.maximum = 5.0
    made = plan(tmp_path)
    assert (made.maximum, made.lms_maximum) == (20, 5)
    assert counts(run(tmp_path, made)) == {"written": 6}
    assert six.results["lti-0"]["score"] == 2.5


def test_wrong_key_wrong_scope_wrong_key_format(six, tmp_path, monkeypatch):
    from lti_platform import new_key

    monkeypatch.setenv("AUTOGRADER_LTI_KEY", new_key()[0])
    with pytest.raises(Stopped, match="gives no token"):
        plan(tmp_path)
    monkeypatch.setenv("AUTOGRADER_LTI_KEY", "not a key")
    with pytest.raises(Stopped, match="no RSA private key"):
        plan(tmp_path)
    monkeypatch.setenv("AUTOGRADER_LTI_KEY", six.tool_key)
    six.after.append(lambda r, a: a.body.update(scope="openid") if r.path == "/token" else None)
    with pytest.raises(Refused, match="does not permit this tool to write scores"):
        plan(tmp_path)


def _in_pem(key, encryption):
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, encryption).decode()


@pytest.mark.parametrize("kind", ["public", "half", "curve", "password"])
def test_a_key_of_another_kind_is_one_line(tmp_path, monkeypatch, kind):
    from lti_platform import keys

    private, public = keys("tool")
    curve = ec.generate_private_key(ec.SECP256R1())
    text, said = {
        "public": lambda: (public, "is the public half; give the private one"),
        "half": lambda: (private[:200], "is no RSA private key in PEM format"),
        "curve": lambda: (_in_pem(curve, serialization.NoEncryption()), "is no RSA private key in PEM format"),
        "password": lambda: (_in_pem(curve, serialization.BestAvailableEncryption(b"x")), "protected by a password"),
    }[kind]()
    (tmp_path / "lti.pem").write_text(text)
    monkeypatch.delenv("AUTOGRADER_LTI_KEY", raising=False)
    monkeypatch.setenv("AUTOGRADER_LTI_KEY_FILE", str(tmp_path / "lti.pem"))
    there = "http://127.0.0.1:9"  # nothing is sent
    write_lms(tmp_path, lms="lti", token_url=there, lineitem=there, memberships=there, client_id="c", key_id="k")
    write_grades(tmp_path / "final_grades.csv", SIX)
    done = command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert said in done.stderr


def test_a_next_page_on_another_server_gets_no_token(six, tmp_path):
    link = {"Link": '<https://elsewhere.example/page2>; rel="next"'}
    six.after.append(lambda r, a: a.headers.update(link) if r.path == MEMBERS else None)
    target = open_target(read_settings(tmp_path / "lms.toml"), QUICK)
    with pytest.raises(Unsure, match="another server"):
        target.people()


def test_on_canvas_a_score_uses_up_no_attempt(six, tmp_path):
    """Canvas's line items have this path."""
    six.before.append(lambda r: _as_lineitem(r))
    path = "/api/lti/courses/1/line_items/5"
    write_lms(tmp_path, lms="lti", token_url=f"{six.url}/token", lineitem=six.url + path,
              memberships=f"{six.url}{MEMBERS}", client_id=CLIENT, key_id=KEY_ID)  # fmt: skip
    assert counts(run(tmp_path)) == {"written": 6}
    sent = json.loads(next(r for r in six.log if is_score(r)).body)
    assert sent["https://canvas.instructure.com/lti/submission"] == {"new_submission": False}


def _as_lineitem(request):
    request.path = request.path.replace("/api/lti/courses/1/line_items/5", LINEITEM)


def test_no_secret_in_any_file_or_message(six, tmp_path):
    write_plan(plan(tmp_path), tmp_path / "plan.json")
    tokens = []

    def echo(request):
        if is_score(request):
            tokens.append(request.token)
            return Answer(422, {"error": f"no good: {request.token}"})
        return None

    six.before.append(echo)
    done = command("apply", "plan.json", "--release", cwd=tmp_path)
    assert done.returncode == 3
    assert "[secret]" in done.stdout
    written = "".join(path.read_text() for path in tmp_path.iterdir()) + done.stdout + done.stderr
    assert all(token not in written for token in tokens)
    assert "PRIVATE KEY" not in written
