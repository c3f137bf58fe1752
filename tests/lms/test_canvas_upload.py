"""Uploading to Canvas (a stand-in), with everything that goes wrong: nothing lost, doubled or lowered, and the summary
tells the truth."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from canvas_stand_in import NOT_PERMITTED, THROTTLED_403, THROTTLED_429, TOKEN, is_write
from helpers import QUICK, command, counts, journal_events, plan_for, upload, write_grades, write_lms
from loopback import HTML, Answer

from autograder.errors import UserError
from autograder.scores.answers import Stopped
from autograder.scores.comments import mark_of
from autograder.scores.journal import has_begun
from autograder.scores.lms import open_target
from autograder.scores.pace import Pace
from autograder.scores.plan import read_plan, write_plan

SIX = {f"{n:07d}.ipynb": 10 + n for n in range(6)}
FIRST = 200001


@pytest.fixture
def six(canvas, tmp_path):
    """Six students of the class, and a plan for them: 10 to 15 of 20 points, on an assignment of 20."""
    canvas.add_class(6)
    canvas.assignment["points_possible"] = 20.0
    write_grades(tmp_path / "final_grades.csv", SIX)
    write_plan(plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv"), tmp_path / "plan.json")
    return canvas


def run(tmp_path, **options):
    plan, _ = read_plan(tmp_path / "plan.json")
    return upload(plan, tmp_path / "plan.json", **options)


def tell_the_truth(canvas, tmp_path, summary, others=None):
    """Every row: what the summary says is what stands there, once."""
    plan, _ = read_plan(tmp_path / "plan.json")
    for row in plan.to_write():
        user = int(row.user)
        outcome = summary.outcomes[row.user]
        ours = [c["comment"] for c in canvas.comments.get(user, []) if mark_of(c["comment"]) == mark_of(row.comment)]
        assert len(ours) <= 1, f"{row.user}: {len(ours)} times the same comment"
        before = None if row.before.score is None else float(row.before.score)
        stands = canvas.score(user)
        if outcome in ("written", "already"):
            assert stands == float(row.score)
            assert len(ours) == 1
        elif (others or {}).get(user, before) != stands:
            assert outcome in ("partly", "unclear"), (row.user, outcome, stands)
            assert stands == float(row.score)


def test_all_is_written_once_and_read_back(six, tmp_path):
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    sent = len(six.writes())
    assert counts(run(tmp_path)) == {"written": 6}  # the same command again: nothing is sent
    assert len(six.writes()) == sent == 6


def test_a_second_plan_finds_everything_the_same(six, tmp_path):
    run(tmp_path)
    again = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv")
    assert again.counts() == {"create": 0, "raise": 0, "lower": 0, "comment": 0, "same": 6, "blocked": 0}


@pytest.mark.parametrize("batch", [1, 4])
def test_kill_9_between_write_and_journal_then_resume(six, tmp_path, batch):
    """The process is killed after Canvas has written and before it can know."""
    process: list[subprocess.Popen[bytes]] = []
    killed = threading.Event()
    seen = []

    def kill(request, _answer):
        if request.method in {"PUT", "POST"} and not killed.is_set():
            seen.append(request)
            if len(seen) * batch >= 3:
                os.kill(process[0].pid, signal.SIGKILL)
                process[0].wait()
                killed.set()

    six.after.append(kill)
    line = [sys.executable, "-m", "autograder", "scores", "apply", "plan.json", "--release", "--batch", str(batch)]
    with six.lock:  # no request is answered before `process` is known
        process.append(subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert killed.wait(30)
    events = [e["event"] for e in journal_events(tmp_path / "plan.json")]
    assert events[-1] == "writing"  # begun, and nothing tells how it ended
    done = command("apply", "plan.json", "--release", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "6 written and read back" in done.stdout
    assert {len(found) for found in six.comments.values()} == {1}
    assert [six.score(user) for user in sorted(six.submissions)] == [10.0, 11.0, 12.0, 13.0, 14.0, 15.0]


def test_interrupted_by_a_person_then_resumed(six, tmp_path):
    """Ctrl-C after Canvas has written, before its answer is read: the summary says what is not known."""
    process: list[subprocess.Popen[str]] = []
    sent = threading.Event()

    def interrupt(request, _answer):
        if is_write(request) and len(six.comments) == 3 and not sent.is_set():
            sent.set()
            process[0].send_signal(signal.SIGINT)
            process[0].wait(30)

    six.after.append(interrupt)
    line = [sys.executable, "-m", "autograder", "scores", "apply", "plan.json", "--release"]
    with six.lock, (tmp_path / "said").open("w") as said:
        process.append(subprocess.Popen(line, cwd=tmp_path, stdout=said, stderr=said, text=True))
    assert sent.wait(30)
    with six.lock:  # until it has ended
        text = (tmp_path / "said").read_text()
    assert process[0].returncode == 130
    assert "2 written and read back, 1 unclear, 3 not reached" in text
    assert "interrupted; give the same command to go on" in text
    done = command("apply", "plan.json", "--release", cwd=tmp_path)
    assert "6 written and read back" in done.stdout
    assert {len(found) for found in six.comments.values()} == {1}


def test_kill_9_before_the_write_arrives_then_resume(six, tmp_path):
    summary = None
    six.fail(1, is_write, Answer(500, HTML))
    _, digest = read_plan(tmp_path / "plan.json")
    journal = tmp_path / "plan.journal.jsonl"
    journal.write_text(f'{{"time": "", "event": "plan", "plan": "{digest}"}}\n'
                       f'{{"time": "", "event": "writing", "user": "{FIRST}", "file": "x"}}\n{{"time": "2026')  # fmt: skip
    summary = run(tmp_path)  # a journal whose last line was cut off
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert counts(run(tmp_path)) == {"written": 6}  # and the journal can be read again


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(
    "answer",
    [Answer(200, HTML), Answer(502, HTML), Answer(200, {"id": 1, "x": "y" * 9999}, cut=True), Answer(200, "")],
    ids=["HTML", "bad gateway", "cut", "empty"],
)
def test_html_instead_of_json_and_a_connection_cut_in_the_middle_of_an_answer(six, tmp_path, answer, done):
    six.fail(2, is_write, answer, done=done)
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len(six.writes()) == (6 if done else 8)  # what had arrived is not sent again


def test_an_answer_that_stays_lost_is_called_unclear(six, tmp_path):
    target = str(FIRST + 2)
    six.fail(9, lambda r: is_write(r) and target in r.path, Answer(504, HTML))
    summary = run(tmp_path)
    assert counts(summary) == {"written": 5, "unclear": 1}
    assert "504" in summary.reasons[target]
    tell_the_truth(six, tmp_path, summary)
    six.before.clear()
    assert counts(run(tmp_path)) == {"written": 6}
    assert len(six.comments[int(target)]) == 1


def test_reads_are_repeated_when_their_answer_gets_lost(six, tmp_path):
    six.fail(3, lambda r: r.method == "GET", Answer(200, [{"x": "y" * 9999}], cut=True))
    assert counts(run(tmp_path)) == {"written": 6}


def test_403_permission_is_not_403_throttle(six, tmp_path):
    six.fail(3, is_write, THROTTLED_403)
    assert counts(run(tmp_path)) == {"written": 6}  # throttled: waited and repeated
    one = str(FIRST + 1)
    (tmp_path / "plan.json").unlink()
    (tmp_path / "plan.journal.jsonl").unlink()
    write_grades(tmp_path / "final_grades.csv", {file: total + 1 for file, total in SIX.items()})
    write_plan(plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv"), tmp_path / "plan.json")
    six.log.clear()
    six.fail(99, lambda r: is_write(r) and one in r.path, NOT_PERMITTED)
    summary = run(tmp_path)
    assert counts(summary) == {"written": 5, "failed": 1}
    assert "not permitted" in summary.reasons[one]
    assert sum(one in r.path for r in six.writes()) == 1  # a no is a no
    tell_the_truth(six, tmp_path, summary)


def test_no_permission_at_all_stops_after_five_rows(six, tmp_path):
    six.fail(99, is_write, NOT_PERMITTED)
    summary = run(tmp_path)
    assert counts(summary) == {"failed": 5, "waiting": 1}
    assert "5 rows in a row" in summary.ended
    tell_the_truth(six, tmp_path, summary)


def test_a_reading_that_is_not_permitted_any_more_is_not_taken_for_students_who_left(six, tmp_path):
    """The teacher loses the course after the third write."""
    six.before.append(lambda r: NOT_PERMITTED if r.method == "GET" and len(six.comments) >= 3 else None)
    summary = run(tmp_path)
    assert "not permitted to this token" in summary.ended
    assert counts(summary) == {"written": 2, "unclear": 1, "waiting": 3}
    tell_the_truth(six, tmp_path, summary)
    six.before.clear()
    assert counts(run(tmp_path)) == {"written": 6}


def test_a_429_storm(six, tmp_path):
    waits: list[float] = []
    hits = iter(range(1000))
    six.before.append(lambda request: THROTTLED_429 if next(hits) % 3 else None)
    pace = Pace(first=0.5, settle=0.0, sleep=waits.append)
    summary = run(tmp_path, pace=pace)
    assert counts(summary) == {"written": 6}
    assert set(waits) == {0.0}  # Retry-After is kept to
    tell_the_truth(six, tmp_path, summary)


def test_a_429_storm_that_does_not_end_stops_the_run_with_nothing_doubled(six, tmp_path):
    six.after.append(lambda request, answer: six.before.append(lambda r: Answer(429, "Rate Limit Exceeded"))
                     if is_write(request) and len(six.comments) == 3 else None)  # fmt: skip
    waits: list[float] = []
    summary = run(tmp_path, pace=Pace(first=1.0, tries=5, sleep=waits.append))
    assert "throttles" in summary.ended
    assert len(waits) == 4
    assert waits[3] > waits[2] > waits[1] > waits[0]  # backing off
    assert counts(summary) == {"written": 2, "unclear": 1, "waiting": 3}
    tell_the_truth(six, tmp_path, summary)
    six.before.clear()
    six.after.clear()
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


def test_an_lms_that_wants_an_hour_ends_the_run_instead_of_hanging():
    from autograder.scores.answers import Busy

    def busy():
        raise Busy("throttled", 3600.0)

    with pytest.raises(Stopped, match="3600 s"):
        Pace(sleep=lambda _: pytest.fail("must not wait")).patiently(busy, again_when_unsure=True)


def test_a_nearly_empty_rate_limit_bucket_slows_down(six, tmp_path):
    waits: list[float] = []
    six.after.append(lambda _r, answer: answer.headers.update({"X-Rate-Limit-Remaining": "13.7"}))
    assert counts(run(tmp_path, pace=Pace(sleep=waits.append))) == {"written": 6}
    assert min(waits) == pytest.approx(4.63)


def test_token_expiring_in_mid_run(six, tmp_path, monkeypatch):
    def expire(request, _answer):
        if is_write(request) and len(six.comments) == 3:
            six.token = "7~another-token"

    six.after.append(expire)
    summary = run(tmp_path)
    assert "does not accept the token" in summary.ended
    assert counts(summary) == {"written": 2, "unclear": 1, "waiting": 3}
    tell_the_truth(six, tmp_path, summary)
    six.after.clear()
    monkeypatch.setenv("AUTOGRADER_CANVAS_TOKEN", "7~another-token")
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


def test_progress_failed_with_part_applied(six, tmp_path):
    """A student leaves the course between reading and the bulk update: Canvas stops in the middle and says so later."""
    gone = FIRST + 1

    def leave(request):
        if request.path.endswith("update_grades"):
            six.submissions.pop(gone, None)

    six.before.append(leave)
    summary = run(tmp_path, batch=3)
    assert counts(summary) == {"written": 5, "stopped": 1}
    assert summary.reasons[str(gone)] == "suspended, or no longer in the course"
    assert six.progress[1]["workflow_state"] == "failed"
    assert {len(found) for found in six.comments.values()} == {1}
    assert [s["entered_score"] for s in six.submissions.values()] == [10.0, 12.0, 13.0, 14.0, 15.0]


def test_a_bulk_update_whose_end_is_not_known(six, tmp_path):
    six.fail(99, lambda r: "/progress/" in r.path, Answer(200, HTML))
    summary = run(tmp_path, batch=3)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len(six.writes()) == 2


def test_a_bulk_update_that_canvas_carries_out_much_later_is_not_sent_again(six, tmp_path):
    six.slow = 99
    summary = run(tmp_path, batch=3)
    assert counts(summary) == {"unclear": 6}
    assert "has not ended; nothing of it stands there yet" in summary.reasons[str(FIRST)]
    tell_the_truth(six, tmp_path, summary)
    summary = run(tmp_path)
    assert "what an earlier run sent may still be at work" in summary.ended
    assert counts(summary) == {"waiting": 6}
    assert len(six.writes()) == 2
    for number in list(six.queued):
        six._carry_out(number)
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len(six.writes()) == 2


@pytest.mark.parametrize("done", [False, True])
def test_a_bulk_update_whose_answer_gets_lost_is_not_sent_again_in_the_same_run(six, tmp_path, done):
    six.slow = 99
    six.fail(1, lambda r: r.path.endswith("update_grades"), Answer(502, HTML), done=done)
    summary = run(tmp_path, batch=6)
    assert counts(summary) == {"unclear": 6}
    assert len(six.writes()) == 1
    for number in list(six.queued):
        six._carry_out(number)
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len(six.writes()) == (1 if done else 7)


def kill_in_bulk_update(six, tmp_path, path):
    """kill -9 of an upload of six rows at once, when Canvas has carried out its first request with `path` in it."""
    process: list[subprocess.Popen[bytes]] = []
    killed = threading.Event()

    def kill(request, _answer):
        if path in request.path and not killed.is_set():
            os.kill(process[0].pid, signal.SIGKILL)
            process[0].wait()
            killed.set()

    six.after.append(kill)
    line = [sys.executable, "-m", "autograder", "scores", "apply", "plan.json", "--release", "--batch", "6"]
    with six.lock:
        process.append(subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert killed.wait(30)


def test_kill_9_while_a_bulk_update_waits_in_canvas(six, tmp_path):
    six.slow = 3
    kill_in_bulk_update(six, tmp_path, "/progress/")
    assert not six.comments
    summary = run(tmp_path, batch=6)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len(six.writes()) == 1


@pytest.mark.parametrize("ended", ["killed", "answer lost"])
def test_going_on_at_once_waits_for_a_bulk_update_of_unknown_number(six, tmp_path, ended):
    """The last run ended after Canvas took the rows and before it could know the job; Canvas has not begun with it."""
    six.slow = 99
    if ended == "killed":
        kill_in_bulk_update(six, tmp_path, "/update_grades")
    else:
        six.fail(1, lambda r: r.path.endswith("update_grades"), Answer(502, HTML), done=True)
        assert counts(run(tmp_path, batch=6)) == {"unclear": 6}
    assert six.queued
    assert not six.comments
    waits: list[float] = []

    def sleep(seconds):
        waits.append(seconds)
        for number in list(six.queued):
            six._carry_out(number)

    summary = run(tmp_path, batch=6, pace=Pace(first=0.001, sleep=sleep))
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)  # one comment each
    assert len(six.writes()) == 1
    assert len(waits) == 1
    assert 30 < waits[0] <= 60


def test_what_was_sent_long_ago_is_not_waited_for(six, tmp_path):
    six.fail(99, is_write, Answer(502, HTML))
    assert counts(run(tmp_path)) == {"unclear": 6}
    journal = tmp_path / "plan.journal.jsonl"
    journal.write_text(re.sub(r'"time": "\d{4}', '"time": "2020', journal.read_text()))
    six.before.clear()
    waits: list[float] = []
    assert counts(run(tmp_path, pace=Pace(first=0.001, sleep=waits.append))) == {"written": 6}
    assert not waits


def test_second_of_three_in_a_batch_failing(six, tmp_path):
    """Canvas says yes to the whole and does not write one of them."""
    second = FIRST + 1
    six.after.append(lambda r, _a: six.submissions[second].update(entered_score=None, score=None, excused=None)
                     if r.path.endswith("update_grades") and six.comments.pop(second, 1) else None)  # fmt: skip
    summary = run(tmp_path, batch=3)
    assert counts(summary) == {"written": 6}  # the second was sent again, alone
    tell_the_truth(six, tmp_path, summary)


def test_a_teachers_edit_between_plan_and_apply(six, tmp_path):
    six._grade(FIRST, "17")
    six._grade(FIRST + 1, "3")
    summary = run(tmp_path)
    assert counts(summary) == {"written": 4, "stopped": 2}
    assert summary.reasons[str(FIRST)] == "changed since the plan: no score → 17"
    assert (six.score(FIRST), six.score(FIRST + 1)) == (17.0, 3.0)
    tell_the_truth(six, tmp_path, summary, {FIRST: 17.0, FIRST + 1: 3.0})
    assert FIRST not in six.comments


def test_a_teachers_edit_while_the_upload_runs(six, tmp_path):
    last = FIRST + 5
    six.after.append(lambda r, _a: six._grade(last, "18") if is_write(r) and len(six.comments) == 2 else None)
    summary = run(tmp_path)
    assert summary.outcomes[str(last)] == "stopped"
    assert six.score(last) == 18.0


@pytest.mark.parametrize("batch", [1, 3])
def test_a_teachers_edit_while_the_lms_throttles(six, tmp_path, batch):
    """The first write is told to wait; meanwhile a teacher gives a better grade."""
    six.fail(2, lambda r: r.method in {"PUT", "POST"}, THROTTLED_429)
    waits: list[float] = []
    summary = run(tmp_path, batch=batch, pace=Pace(first=0.001, settle=0, stale=0,
                  sleep=lambda s: (waits.append(s), six._grade(FIRST, "19"))))  # fmt: skip
    assert waits
    assert counts(summary) == {"written": 5, "stopped": 1}
    assert summary.reasons[str(FIRST)] == "changed since the plan: no score → 19"
    tell_the_truth(six, tmp_path, summary, {FIRST: 19.0})
    assert FIRST not in six.comments
    events = [e["event"] for e in journal_events(tmp_path / "plan.json") if e.get("user") == str(FIRST)]
    assert events == ["writing", "unsent", "stopped"]


def test_a_comment_that_stands_is_not_added_again(six, tmp_path):
    """A teacher takes the score away or changes it by hand; the plan's or a new plan's comment is the same."""
    six.fail(1, lambda r: is_write(r) and str(FIRST) in r.path, Answer(502, HTML), done=True)
    assert counts(run(tmp_path)) == {"written": 6}
    for user in (FIRST, FIRST + 1):
        six._grade(user, "1")
    again = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv")
    assert again.counts()["raise"] == 2
    assert counts(upload(again, tmp_path / "again.json")) == {"written": 2}
    assert [six.score(user) for user in (FIRST, FIRST + 1)] == [10.0, 11.0]
    assert {len(found) for found in six.comments.values()} == {1}


def test_handed_in_again_or_excused_since_the_plan(six, tmp_path):
    six.submissions[FIRST]["attempt"] = 2
    six.submissions[FIRST + 1]["excused"] = True
    summary = run(tmp_path)
    assert counts(summary) == {"written": 4, "stopped": 2}
    assert "handed in again" in summary.reasons[str(FIRST)]
    assert "excused" in summary.reasons[str(FIRST + 1)]
    assert six.submissions[FIRST + 1]["excused"] is True


def test_suspended_since_the_plan(six, tmp_path):
    six.users[0]["enrollments"][0]["enrollment_state"] = "inactive"
    summary = run(tmp_path)
    assert counts(summary) == {"written": 5, "stopped": 1}
    assert "suspended" in summary.reasons[str(FIRST)]


def test_lower_needs_to_be_asked_for_twice(six, tmp_path):
    for user in six.submissions:
        six._grade(user, "19")
    lms, grades = tmp_path / "lms.toml", tmp_path / "final_grades.csv"
    plan = plan_for(lms, grades)
    assert plan.counts()["blocked"] == 6
    assert plan.rows[0].reason == "lower than what stands: 19 → 10 (--allow-lower)"
    plan = plan_for(lms, grades, lower=True)
    assert plan.counts()["lower"] == 6
    path = tmp_path / "lower.json"
    assert counts(upload(plan, path)) == {"stopped": 6}
    assert six.score(FIRST) == 19.0
    assert counts(upload(plan, path, allow_lower=True)) == {"written": 6}
    assert six.score(FIRST) == 10.0


def test_students_would_see_scores_at_once_so_release_is_asked_for(six, tmp_path):
    with pytest.raises(UserError, match="sees each score at once; give --release"):
        run(tmp_path, release=False)
    assert not six.writes()


def test_manual_posting_stays_hidden_until_released(six, tmp_path):
    six.assignment["post_manually"] = True
    summary = run(tmp_path, release=False)
    assert counts(summary) == {"written": 6}
    assert not summary.released
    assert not six.posted
    assert six.submissions[FIRST]["posted_at"] is None
    assert run(tmp_path).released
    assert six.submissions[FIRST]["posted_at"]


def test_nothing_is_released_while_a_row_is_missing(six, tmp_path):
    six.assignment["post_manually"] = True
    six.fail(9, lambda r: is_write(r) and str(FIRST) in r.path, NOT_PERMITTED)
    summary = run(tmp_path)
    assert not summary.released
    assert not six.posted


def test_locked_column_anonymous_and_group_assignments_are_refused(six, tmp_path):
    lms, grades = tmp_path / "lms.toml", tmp_path / "final_grades.csv"
    six.assignment["in_closed_grading_period"] = True
    assert {row.reason for row in plan_for(lms, grades).rows} == {"locked: its grading period is closed"}
    with pytest.raises(UserError, match="locked"):
        run(tmp_path)
    six.assignment.update(in_closed_grading_period=False, anonymize_students=True)
    assert "anonymously" in run(tmp_path).ended
    six.assignment.update(anonymize_students=False, group_category_id=5)
    assert "a whole group" in run(tmp_path).ended
    assert not six.writes()


def test_the_maximum_changed_since_the_plan(six, tmp_path):
    six.assignment["points_possible"] = 10.0
    with pytest.raises(UserError, match="20 → 10"):
        run(tmp_path)


# Feedback files


def with_feedback(tmp_path, size=20):
    folder = tmp_path / "feedback"
    folder.mkdir()
    for file in SIX:
        (folder / f"{file}.html").write_text("<p>" + "x" * size)
    return folder


def test_a_feedback_file_is_attached_to_the_comment(six, tmp_path):
    folder = with_feedback(tmp_path)
    plan = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", feedback=folder)
    assert counts(upload(plan, tmp_path / "fb.json")) == {"written": 6}
    attached = [six.comments[user][0]["attachments"][0]["filename"] for user in sorted(six.comments)]
    assert attached == [f"{file}.html" for file in SIX]


def test_feedback_file_missing_or_too_large(six, tmp_path):
    folder = with_feedback(tmp_path)
    (folder / "0000000.ipynb.html").unlink()
    (folder / "0000001.ipynb.html").write_text("x" * 2_000_000)
    plan = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", feedback=folder)
    assert "feedback file missing" in plan.rows[0].reason
    (folder / "0000002.ipynb.html").unlink()  # after the plan
    summary = upload(plan, tmp_path / "fb.json")
    assert counts(summary) == {"written": 3, "failed": 1, "stopped": 1}
    assert "exceeds quota" in summary.reasons[str(FIRST + 1)]
    assert "missing or changed" in summary.reasons[str(FIRST + 2)]
    assert [six.score(FIRST + n) for n in range(3)] == [None, None, None]  # a score goes only with its feedback


def test_an_upload_that_gets_lost_is_repeated(six, tmp_path):
    plan = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", feedback=with_feedback(tmp_path))
    six.fail(2, lambda r: r.path.startswith("/upload"), Answer(201, {"id": 1, "url": "y" * 999}, cut=True))
    assert counts(upload(plan, tmp_path / "fb.json")) == {"written": 6}
    assert {len(found) for found in six.comments.values()} == {1}


# Rubrics

RUBRIC = [{"id": "_1", "points": 10, "description": "q1 forward", "ratings": []},
          {"id": "_2", "points": 10, "description": "q2", "ratings": []}]  # fmt: skip


def test_points_as_rubric(six, tmp_path):
    six.assignment["rubric"] = RUBRIC
    plan = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", rubric=True)
    assert counts(upload(plan, tmp_path / "r.json")) == {"written": 6}
    assert six.rubrics[FIRST + 3] == {"_1": {"points": "10"}, "_2": {"points": "3"}}


@pytest.mark.parametrize(
    ("rubric", "said"),
    [
        (None, "there is no rubric"),
        ([*RUBRIC, {"id": "_3", "points": 1, "description": "style"}], "'style' is no question"),
        (RUBRIC[:1], "no criterion, or two, for q2"),
        ([RUBRIC[0], {**RUBRIC[1], "points": 5}], "'q2' has 5 points, 10 are due"),
    ],
)
def test_rubric_mismatch_is_seen_before_anything_is_written(six, tmp_path, rubric, said):
    six.assignment["rubric"] = rubric
    with pytest.raises(UserError, match=said):
        plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", rubric=True)


def test_rubric_mismatch_at_upload_the_score_is_saved_and_the_rest_is_not(six, tmp_path):
    """The rubric is exchanged after the plan: Canvas saves the grade, then answers 400."""
    six.assignment["rubric"] = RUBRIC
    plan = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", rubric=True)
    six.assignment["rubric"] = [{**line, "id": "_new" + line["id"]} for line in RUBRIC]
    summary = upload(plan, tmp_path / "r.json")
    assert counts(summary) == {"partly": 6}
    assert "invalid rubric_assessment" in summary.reasons[str(FIRST)]
    assert six.score(FIRST) == 10.0
    assert FIRST not in six.comments
    assert counts(upload(plan, tmp_path / "r.json")) == {"partly": 6}  # as long as it does not fit
    six.assignment["rubric"] = RUBRIC
    six.log.clear()
    assert counts(upload(plan, tmp_path / "r.json")) == {"written": 6}
    assert six.rubrics[FIRST] == {"_1": {"points": "10"}, "_2": {"points": "0"}}
    assert len(six.comments[FIRST]) == 1
    assert not any(request.value("submission[posted_grade]") for request in six.writes())  # the score stood already


# What the command says


def test_the_command_tells_the_truth(six, tmp_path):
    six.fail(9, lambda r: is_write(r) and str(FIRST) in r.path, NOT_PERMITTED)
    done = command("apply", "plan.json", "--release", cwd=tmp_path)
    assert done.returncode == 3
    assert "5 written and read back, 1 failed" in done.stdout
    assert "not permitted to this token" in done.stdout
    verified = command("verify", "plan.json", cwd=tmp_path)
    assert verified.returncode == 3
    assert "5 as planned, 1 not applied" in verified.stdout
    six.before.clear()
    assert command("apply", "plan.json", "--release", cwd=tmp_path).returncode == 0
    assert command("verify", "plan.json", cwd=tmp_path).returncode == 0
    six._grade(FIRST, "2")
    drift = command("verify", "plan.json", cwd=tmp_path)
    assert drift.returncode == 2
    assert "2; 10 was planned" in drift.stdout
    assert command("verify", "nowhere.json", cwd=tmp_path).returncode == 1


def test_no_secret_in_any_file_or_message(six, tmp_path):
    """Even when Canvas repeats the token in an error."""
    six.fail(2, is_write, Answer(422, {"message": f"bad token {six.token}"}))
    six.fail(1, lambda r: r.method == "GET", Answer(400, f"<html>{six.token}</html>"))
    done = command("apply", "plan.json", "--release", cwd=tmp_path)
    assert "[secret]" in done.stdout
    written = "".join(path.read_text() for path in tmp_path.iterdir() if path.is_file())
    assert six.token not in written + done.stdout + done.stderr


def test_a_plan_whose_upload_has_begun_is_not_overwritten_and_must_not_change(six, tmp_path):
    run(tmp_path)
    done = command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "its upload has begun" in done.stderr
    path = tmp_path / "plan.json"
    path.write_text(path.read_text().replace('"score": "10.00"', '"score": "11.00"'))
    done = command("apply", "plan.json", "--release", cwd=tmp_path)
    assert done.returncode == 2
    assert "belongs to another plan" in done.stderr


def test_a_course_or_assignment_that_canvas_does_not_have(six, tmp_path):
    write_lms(tmp_path, lms="canvas", url=six.url, course=5, assignment=6)
    done = command("plan", "final_grades.csv", "-o", "p.json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "autograder: Canvas has no assignment 6 in course 5 that the token may "
                                              "see (404); are both numbers right?\n")  # fmt: skip
    done = command("roster", "final_grades.csv", cwd=tmp_path)
    assert "Canvas has no course 5 that the token may see (404)" in done.stderr


def test_what_an_earlier_run_wrote_is_not_said_to_be_written_now(six, tmp_path):
    six.fail(9, lambda r: is_write(r) and str(FIRST) in r.path, NOT_PERMITTED)
    assert "5 written and read back, 1 failed" in command("apply", "plan.json", "--release", cwd=tmp_path).stdout
    six.before.clear()
    for said in (
        "6 written and read back (5 by an earlier run)\n",
        "6 written and read back (all by an earlier run)\n",
    ):
        assert said in command("apply", "plan.json", "--release", cwd=tmp_path).stdout


def test_an_upload_that_was_refused_has_not_begun(six, tmp_path):
    assert command("apply", "plan.json", cwd=tmp_path).returncode == 2  # without --release
    six.token = "another"
    assert command("apply", "plan.json", "--release", cwd=tmp_path).returncode == 3  # the token is not accepted
    assert [event["event"] for event in journal_events(tmp_path / "plan.json")] == ["plan", "ended"]
    six.token = TOKEN
    write_grades(tmp_path / "final_grades.csv", {**SIX, "0000000.ipynb": 17})
    assert command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path).returncode == 0
    assert command("apply", "plan.json", "--release", cwd=tmp_path).returncode == 0
    assert six.score(FIRST) == 17
    assert "its upload has begun" in command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path).stderr


@pytest.mark.parametrize("rest", [b'{"event": "writing", "user": "7"}\n', b'{"event": "wri', b"damaged\n", b"[]\n"])
def test_a_journal_that_may_tell_of_a_row_is_not_given_up(tmp_path, rest):
    path = tmp_path / "plan.journal.jsonl"
    assert not has_begun(path)
    path.write_bytes(b'{"event": "plan", "plan": "0"}\n')
    assert not has_begun(path)
    path.write_bytes(path.read_bytes() + rest)
    assert has_begun(path)


def test_two_uploads_of_one_plan_at_once(six, tmp_path):
    from autograder.scores.journal import Journal

    _, digest = read_plan(tmp_path / "plan.json")
    with Journal(tmp_path / "plan.journal.jsonl", digest):
        done = command("apply", "plan.json", "--release", cwd=tmp_path)
    assert done.returncode == 2
    assert "another upload of this plan is running" in done.stderr


def test_redirects_are_not_followed(six, tmp_path):
    six.before.append(lambda r: Answer(302, "", {"Location": "https://elsewhere.example/login"}))
    summary = run(tmp_path)
    assert "redirect to https://elsewhere.example/login" in summary.ended


def test_pages_are_followed(canvas, tmp_path):
    canvas.add_class(25)
    canvas.page = 10
    target = open_target(
        __import__("autograder.scores.settings", fromlist=["x"]).read_settings(tmp_path / "lms.toml"), QUICK
    )
    assert len(target.people()) == 25
    assert len(target.read_all()) == 25


def test_a_full_disk_ends_the_run_before_anything_more_is_sent(six, tmp_path):
    """No file may grow beyond so many bytes: the journal cannot be written any more."""
    limited = ("import resource, sys\n"
               "resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))\n"
               "from autograder.cli import main\n"
               "main()\n")  # fmt: skip
    line = [sys.executable, "-c", limited, "scores", "apply", "plan.json", "--release"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "the run ended early: " in done.stdout
    assert "plan.journal.jsonl: File too large" in done.stdout
    sent = len(six.writes())
    assert 0 < sent < 6
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert len(six.writes()) == 6  # the half line was dropped, and nothing was sent twice
