"""A plan that somebody changed by hand: nothing senseless is sent, and nothing is lowered unasked."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from helpers import command, counts, plan_for, upload, write_grades

from autograder.errors import UserError
from autograder.scores.lms.lti import _with
from autograder.scores.plan import Plan, PlannedRow, read_plan, write_plan
from autograder.scores.settings import CanvasSettings, LtiSettings
from autograder.scores.target import Standing

CANVAS = CanvasSettings(lms="canvas", url="https://x.edu", course=1, assignment=2)
LTI = LtiSettings(lms="lti", token_url="https://x.edu/t", lineitem="https://x.edu/l", memberships="https://x.edu/m",
                  client_id="c", key_id="k")  # fmt: skip


def a_plan(lms=CANVAS, users=("7", "8"), places=2):
    rows = [PlannedRow(file=f"{user}.ipynb", user=user, action="create", score=Decimal("5.00")) for user in users]
    blocked = PlannedRow(file="x.ipynb", action="blocked", reason="unknown")
    return Plan(made="now", lms=lms, title="XOR", visibility="at once", grades="g.csv", grades_digest="0",
                maximum=Decimal(20), lms_maximum=Decimal("7.5"), places=places, rows=(*rows, blocked))  # fmt: skip


def changed(tmp_path, plan, **values):
    """The plan's file, with `values` in its first row."""
    path = tmp_path / "plan.json"
    write_plan(plan, path)
    data = json.loads(path.read_text())
    data["rows"][0].update(values)
    path.write_text(json.dumps(data))
    return path


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"score": "999"}, "score 999, but the LMS takes 0 to 7.5"),
        ({"score": "-1"}, "score -1, but the LMS takes 0 to 7.5"),
        ({"score": "1e-60"}, "but the plan has 2 decimals"),
        ({"score": "1.234"}, "score 1.234, but the plan has 2 decimals"),
        ({"score": None, "action": "raise"}, "no score, but the action 'raise'"),
        ({"action": "same"}, "action 'same', but another score stood there"),
        ({"action": "comment", "before": {"score": "1e99"}}, "a number with too many digits"),
        ({"user": "8"}, "rows.1 (user '8', file '8.ipynb'): this user stands in an earlier row, too"),
        ({"user": ""}, "a user of this LMS is a number"),
        ({"user": "../../x"}, "rows.0 (user '../../x', file '7.ipynb'): a user of this LMS is a number"),
        ({"rubric": [{"criterion": "a", "points": "4"}]}, "the rubric's points add up to something else"),
        ({"score": "NaN"}, "rows.0.score: Input should be a finite number"),
    ],
)
def test_what_makes_no_sense_is_one_line(tmp_path, values, said):
    path = changed(tmp_path, a_plan(), **values)
    with pytest.raises(UserError) as error:
        read_plan(path)
    assert said in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    done = command("apply", path, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not list(tmp_path.glob("*.jsonl"))


def test_what_makes_sense_is_read(tmp_path):
    before = Standing(score="5.001").model_dump(mode="json")
    assert read_plan(changed(tmp_path, a_plan(), score="7.5"))[0].rows[0].score == Decimal("7.5")
    assert read_plan(changed(tmp_path, a_plan(places=0), score="8"))[0].rows[0].score == 8  # 7.5 with no decimals
    assert read_plan(changed(tmp_path, a_plan(), action="same", before=before))[0].rows[0].action == "same"


def test_an_id_of_lti_is_any_text_and_is_quoted(tmp_path):
    odd = "../../x?a=b&c#é @"
    assert read_plan(changed(tmp_path, a_plan(LTI, ("7", odd))))[0].rows[1].user == odd
    assert _with("https://x.edu/l?t=1", user_id=odd) == (
        "https://x.edu/l?t=1&user_id=..%2F..%2Fx%3Fa%3Db%26c%23%C3%A9+%40"
    )
    with pytest.raises(UserError, match="no user"):
        read_plan(changed(tmp_path, a_plan(LTI), user=""))


def test_a_lower_score_is_not_sent_unasked_whatever_it_is_called(canvas, tmp_path):
    canvas.add_class(2)
    canvas.assignment["points_possible"] = 20.0
    canvas._grade(200001, "10")
    write_grades(tmp_path / "final_grades.csv", {"0000000.ipynb": 12, "0000001.ipynb": 12})
    made = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv")
    assert made.rows[0].action == "raise"
    path = changed(tmp_path, made, score="1.50")
    assert counts(upload(made, path)) == {"written": 1, "stopped": 1}
    assert canvas.score(200001) == 10
    assert counts(upload(made, path, allow_lower=True)) == {"written": 2}
    assert canvas.score(200001) == 1.5
