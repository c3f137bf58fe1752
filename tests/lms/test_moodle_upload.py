"""Uploading to Moodle (a stand-in with each surprise of a real one)."""

from __future__ import annotations

import pytest
from helpers import QUICK, command, counts, plan_for, upload, write_grades, write_lms
from loopback import HTML, Answer
from moodle_stand_in import COURSE, ITEM, Kept, MoodleUser, saves

from autograder.errors import UserError
from autograder.scores.answers import Refused
from autograder.scores.comments import mark_of
from autograder.scores.lms import open_target
from autograder.scores.plan import read_plan, write_plan
from autograder.scores.settings import read_settings
from autograder.scores.target import Write

SIX = {f"{n:07d}.ipynb": 10 + n for n in range(6)}
FIRST = 100


@pytest.fixture
def six(moodle, tmp_path):
    moodle.add_class(6)
    write_grades(tmp_path / "final_grades.csv", SIX)
    return moodle


def plan(tmp_path, **wishes):
    return plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", **wishes)


def run(tmp_path, made=None, **options):
    path = tmp_path / "plan.json"
    if not path.exists():
        write_plan(made or plan(tmp_path), path)
    return upload(read_plan(path)[0], path, **options)


def tell_the_truth(moodle, tmp_path, summary):
    for row in read_plan(tmp_path / "plan.json")[0].to_write():
        kept = moodle.of(int(row.user))
        if summary.outcomes[row.user] in ("written", "already"):
            assert kept.raw == float(row.score)
            assert kept.comment.count(mark_of(row.comment)) == 1
            assert kept.notified == 1
        elif summary.outcomes[row.user] != "unclear":
            before = None if row.before.score is None else float(row.before.score)
            assert kept.raw == before


@pytest.mark.parametrize("batch", [1, 4])
def test_all_is_written_once_and_read_back(six, tmp_path, batch):
    summary = run(tmp_path, batch=batch)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)
    assert plan(tmp_path).counts()["same"] == 6
    run(tmp_path)
    assert {six.of(FIRST + n).notified for n in range(6)} == {1}  # an identical grade would notify again


def test_a_teacher_sees_no_idnumber_but_the_report_tells_it_with_leading_zeros(six, tmp_path):
    target = open_target(read_settings(tmp_path / "lms.toml"), QUICK)
    people = {person.id: person for person in target.people()}
    assert people["100"].sis_id == "0000000"
    assert people["103"].sis_id == "0000003"
    assert "2" not in people  # the teacher


def test_200_with_an_exception(six, tmp_path):
    six.raises = {FIRST + 1}
    summary = run(tmp_path)
    assert counts(summary) == {"written": 5, "failed": 1}
    assert "Something is wrong with this one" in summary.reasons[str(FIRST + 1)]
    tell_the_truth(six, tmp_path, summary)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("answer", [Answer(200, HTML), Answer(200, {"a": "b" * 9999}, cut=True)], ids=["HTML", "cut"])
def test_html_behind_a_proxy_and_a_cut_connection(six, tmp_path, answer, done):
    six.fail(2, saves, answer, done=done)
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


@pytest.mark.parametrize("body", [None, {"message": "busy"}, []])
def test_json_that_is_no_answer(six, tmp_path, body):
    made = plan(tmp_path)
    for function in ("site_info", "grade_items", "enrolled_users", "get_assignments", "get_definitions"):
        six.fail(1, lambda r, name=function: name in r.value("wsfunction"), Answer(200, body))
    if body == []:
        six.fail(9, lambda r: "enrolled_users" in r.value("wsfunction"), Answer(200, {}))
        assert "something else than a list" in run(tmp_path, made).ended
        six.before.clear()
    summary = run(tmp_path, made)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


def test_locked_overridden_hidden_suspended_are_seen_in_the_plan(six, tmp_path):
    six.of(FIRST).locked = True
    six.of(FIRST + 1).overridden = True
    six.of(FIRST + 2).hidden = True
    six.users[FIRST + 3].suspended = True
    write_grades(tmp_path / "final_grades.csv", {**SIX, "s3@example.edu.ipynb": 12})  # a teacher sees no idnumber of it
    rows = {row.user: row for row in plan(tmp_path).rows}
    assert rows["100"].reason == "locked in the gradebook"
    assert rows["101"].reason.startswith("overridden in the gradebook")
    assert (rows["102"].action, rows["102"].reason) == ("create", "hidden from the student")
    assert (rows["103"].action, rows["103"].reason) == ("blocked", "suspended, or no longer in the course")


def test_locked_overridden_hidden_suspended_after_the_plan(six, tmp_path):
    made = plan(tmp_path)
    six.of(FIRST).locked = True
    six.of(FIRST + 1).overridden = True
    six.of(FIRST + 2).hidden = True
    six.users[FIRST + 3].suspended = True
    summary = run(tmp_path, made)
    assert counts(summary) == {"written": 3, "stopped": 3}
    assert "locked" in summary.reasons["100"]
    assert "overridden" in summary.reasons["101"]
    assert "suspended" in summary.reasons["103"]
    tell_the_truth(six, tmp_path, summary)


def test_null_and_nothing_written_is_noticed(six, tmp_path):
    """Locked in the moment between reading and writing: Moodle answers null, as always."""
    made = plan(tmp_path)
    six.before.append(lambda r: setattr(six.of(FIRST), "locked", True) if saves(r) else None)
    summary = run(tmp_path, made)
    assert summary.outcomes["100"] == "failed"
    assert summary.reasons["100"] == "the LMS said yes and wrote nothing: locked in the gradebook"
    assert counts(summary) == {"written": 5, "failed": 1}


@pytest.mark.parametrize("batch", [1, 6])
def test_a_service_that_writes_nothing_at_all_is_not_asked_for_ever(six, tmp_path, batch):
    six.fail(99, saves, Answer(200, None))
    summary = run(tmp_path, batch=batch)
    assert counts(summary)["failed"] == 5
    assert "5 rows in a row" in summary.ended


def test_second_of_three_in_a_batch_failing(six, tmp_path):
    """Element 0 is saved, 1 raises, 2 is never tried, and the answer does not say which."""
    six.raises = {FIRST + 1}
    summary = run(tmp_path, batch=3)
    assert counts(summary) == {"written": 5, "failed": 1}
    tell_the_truth(six, tmp_path, summary)


def test_more_fields_than_the_server_takes(moodle, tmp_path):
    """More than PHP's max_input_vars: nothing is written, so the request is halved."""
    assert moodle.max_input_vars == 1000
    moodle.max_input_vars = 100  # and a tenth of the students
    moodle.add_class(26)
    write_grades(tmp_path / "final_grades.csv", {f"{n:07d}.ipynb": 10 for n in range(26)})
    summary = run(tmp_path, batch=26)
    assert counts(summary) == {"written": 26}
    tell_the_truth(moodle, tmp_path, summary)
    sizes = [len(r.form) for r in moodle.log if saves(r)]
    assert [size > 100 for size in sizes] == [True, False, False]  # 26; then 13 twice


def test_unknown_users_are_never_written_though_moodle_would(six, tmp_path):
    made = plan(tmp_path)
    del six.users[FIRST]
    del six.kept[FIRST]
    summary = run(tmp_path, made)
    assert summary.outcomes["100"] == "stopped"
    assert FIRST not in six.kept


def test_a_reading_that_fails_is_not_taken_for_a_student_who_left(six, tmp_path):
    """200 with an exception, right after the write: the score stands, and that is what the summary says."""
    sick = Answer(200, {"exception": "dml_read_exception", "errorcode": "dmlreadexception", "message": "Oops"})
    made = plan(tmp_path)
    six.fail(1, lambda r: r.value("userid") == str(FIRST) and six.of(FIRST).raw is not None, sick)
    summary = run(tmp_path, made)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


def test_a_teachers_words_stay_and_our_older_comment_goes(six, tmp_path):
    six.kept[FIRST] = Kept(grade=5, raw=5, comment="<p>See me!</p>", feedback="<p>See me!</p>")
    assert counts(run(tmp_path)) == {"written": 6}
    assert six.of(FIRST).comment.startswith("<p>See me!</p>\n\n<p>Autograder: 10 of 20 points")
    write_grades(tmp_path / "final_grades.csv", {file: points + 1 for file, points in SIX.items()})
    assert counts(upload(plan(tmp_path), tmp_path / "second.json")) == {"written": 6}
    text = six.of(FIRST).comment
    assert text.startswith("<p>See me!</p>\n\n<p>Autograder: 11 of 20 points")
    assert text.count("Autograder:") == 1


def test_marking_workflow_hides_until_released(six, tmp_path):
    six.assignment["markingworkflow"] = 1
    made = plan(tmp_path)
    assert made.visibility == "when released"
    assert counts(run(tmp_path, made, release=False)) == {"written": 6}
    assert (six.of(FIRST).grade, six.of(FIRST).state, six.of(FIRST).raw, six.of(FIRST).notified) == (
        10, "inreview", None, 0)  # fmt: skip
    again = plan(tmp_path)
    assert again.counts()["same"] == 6
    assert counts(run(tmp_path, release=True)) == {"written": 6}
    assert (six.of(FIRST).state, six.of(FIRST).raw, six.of(FIRST).notified) == ("released", 10, 1)
    assert six.of(FIRST).comment.count("Autograder:") == 1
    run(tmp_path, release=True)
    assert six.of(FIRST).notified == 1


def test_an_unreleased_score_of_someone_else_is_not_overwritten(six, tmp_path):
    six.assignment["markingworkflow"] = 1
    six.kept[FIRST] = Kept(grade=4, comment="<p>half done</p>", state="inmarking")
    row = plan(tmp_path).rows[0]
    assert (row.action, row.before.score) == ("blocked", 4)
    assert "would be lost" in row.reason


def test_an_unreleased_comment_of_a_teacher_without_a_grade_is_not_lost(six, tmp_path):
    six.assignment["markingworkflow"] = 1
    half_done = Kept(grade=-1, comment="<p>half done</p>", state="inmarking")  # Moodle's number for no grade
    six.kept[FIRST] = half_done
    made = plan(tmp_path)
    assert made.rows[0].action == "blocked"
    assert "begun to grade" in made.rows[0].reason
    six.kept[FIRST + 1] = Kept(grade=-1, comment="<p>half done</p>", state="inmarking")  # after the plan
    summary = run(tmp_path, made, release=False)
    assert counts(summary) == {"written": 4, "stopped": 1}
    assert "begun to grade" in summary.reasons[str(FIRST + 1)]
    assert {six.of(FIRST + n).comment for n in range(2)} == {"<p>half done</p>"}


RUBRIC = [
    {"id": 11, "description": "q1", "levels": [{"id": 1, "score": 0}, {"id": 2, "score": 10}]},
    {"id": 12, "description": "q2", "levels": [{"id": 3 + n, "score": n} for n in range(0, 11)]},
]


def test_a_plain_score_on_a_rubric_assignment_is_refused_in_the_plan(six, tmp_path):
    six.rubric = RUBRIC
    with pytest.raises(UserError, match="a plain score would be ignored; give --rubric"):
        plan(tmp_path)


def test_rubric_levels(six, tmp_path):
    six.rubric = RUBRIC
    write_grades(tmp_path / "final_grades.csv", {**SIX, "0000000.ipynb": 5})
    made = plan(tmp_path, rubric=True)
    assert made.rows[0].reason == "rubric mismatch: 'q1' has no level of 5 points"
    assert counts(run(tmp_path, made)) == {"written": 5}
    assert six.of(FIRST + 3).levels == {"11": "2", "12": "6"}
    assert six.of(FIRST + 3).raw == 13


def test_feedback_file_is_uploaded_kept_missing_or_too_large(six, tmp_path):
    folder = tmp_path / "feedback"
    folder.mkdir()
    for file in list(SIX)[1:]:
        (folder / f"{file}.html").write_text("<p>good")
    (folder / "0000001.ipynb.html").write_text("x" * 2_000_000)
    made = plan(tmp_path, feedback=folder)
    assert "feedback file missing" in made.rows[0].reason
    assert made.rows[1].reason == "feedback file too large: 2000000 bytes, the LMS takes 1000000"
    six.most_file_bytes = 3  # the administrator changes the limit after the plan
    assert counts(run(tmp_path, made)) == {"failed": 4}
    assert six.of(FIRST + 2).raw is None
    six.most_file_bytes = 1000
    assert counts(run(tmp_path)) == {"written": 4}
    assert six.of(FIRST + 2).files == ["0000002.ipynb.html"]
    write_grades(tmp_path / "final_grades.csv", {file: points + 1 for file, points in SIX.items()})
    assert counts(upload(plan(tmp_path), tmp_path / "second.json")) == {"written": 6}
    assert six.of(FIRST + 2).files == ["0000002.ipynb.html"]  # without the files' key, it stays


def test_feedback_switched_off(six, tmp_path):
    for config in six.assignment["configs"]:
        config["value"] = "0"
    with pytest.raises(UserError, match="takes no comments"):
        plan(tmp_path)
    (tmp_path / "feedback").mkdir()
    with pytest.raises(UserError, match="takes no feedback files"):
        plan(tmp_path, detail="none", feedback=tmp_path / "feedback")
    assert counts(run(tmp_path, plan(tmp_path, detail="none"))) == {"written": 6}


def test_token_expiring_in_mid_run(six, tmp_path, monkeypatch):
    six.after.append(lambda r, _a: setattr(six, "token", "new-token") if saves(r) and six.of(FIRST + 2).raw else None)
    summary = run(tmp_path)
    assert "does not accept the token" in summary.ended
    assert counts(summary) == {"written": 2, "unclear": 1, "waiting": 3}
    six.after.clear()
    monkeypatch.setenv("AUTOGRADER_MOODLE_TOKEN", "new-token")
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


def test_a_service_without_the_functions(six, tmp_path):
    six.functions.remove("mod_assign_save_grade")
    done = command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "the token's service lacks mod_assign_save_grade" in done.stderr


def test_a_429_storm_and_403_throttling(six, tmp_path):
    six.fail(3, saves, Answer(429, "slow down", {"Retry-After": "0"}))
    six.fail(3, lambda r: True, Answer(403, "<html>Rate limit exceeded</html>", {"Retry-After": "0"}))
    summary = run(tmp_path)
    assert counts(summary) == {"written": 6}
    tell_the_truth(six, tmp_path, summary)


def test_a_manual_item_can_be_read_and_compared_but_not_written(six, tmp_path):
    write_lms(tmp_path, lms="moodle", url=six.url, course=COURSE, item=ITEM + 1)
    made = plan(tmp_path)
    assert (made.title, made.lms_maximum) == ("Moodle, Oral", 5)
    assert {row.reason for row in made.rows} == {
        "Moodle's web services cannot write a manual grade item: use `autograder scores export --format moodle`"}  # fmt: skip
    assert made.rows[0].before.score == 3


def test_refused_kinds_of_assignment(six, tmp_path):
    six.assignment["grade"] = -4
    with pytest.raises(Refused, match="a scale"):
        plan(tmp_path)
    six.assignment.update(grade=20, blindmarking=1)
    with pytest.raises(Refused, match="blind marking"):
        plan(tmp_path)


def test_bulk_download_names_are_found_by_participant_id(six, tmp_path):
    name = "Student 0000004_5104_assignsubmission_file_/xor.ipynb"
    write_grades(tmp_path / "final_grades.csv", {name: 12, "Somebody Else_5105_assignsubmission_file_x.ipynb": 3})
    rows = plan(tmp_path).rows
    assert (rows[0].user, rows[0].action) == ("104", "create")
    assert rows[1].action == "blocked"
    assert "the name does not agree" in rows[1].reason
    done = command("roster", "final_grades.csv", cwd=tmp_path)  # asks for nothing but the students
    assert "1 matched, 1 suggested" in done.stdout
    assert done.returncode == 1


def test_the_stand_in_has_moodles_surprises(six, tmp_path):
    """Each is what makes reading back necessary."""
    target = open_target(read_settings(tmp_path / "lms.toml"), QUICK)
    target.column()
    from decimal import Decimal

    for user, score in (("100", "21"), ("101", "-1")):
        target.write([Write(user, Decimal(score), "x")])
        assert target.read([user])[user].score is None
    target.write([Write("424242", Decimal(3), "x")])  # nobody has this id
    assert six.of(424242).grade == 3
    six.users[300] = MoodleUser(300, "Not Here", suspended=True)
    assert target.read(["300"]) == {}
