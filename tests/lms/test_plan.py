"""The plan: numbers, scaling, and what is not in it unless it is asked for."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from helpers import command, plan_for, write_grades, write_result
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import UserError
from autograder.scores.comments import as_html, comment_text, joined, mark
from autograder.scores.decimals import parsed, rounded, scaled, shown
from autograder.scores.grades import GradeRow, Part, read_grades


@pytest.fixture
def three(canvas, tmp_path):
    canvas.add_class(3)
    canvas.assignment["points_possible"] = 20.0
    return canvas


def rows(tmp_path, grades, **wishes):
    write_grades(tmp_path / "final_grades.csv", grades)
    return plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv", **wishes).rows


@pytest.mark.parametrize(
    ("total", "reason"),
    [
        ("20.5", "over the maximum: 20.5 of 20 points"),
        ("-1", "negative: -1 points"),
        ("3,5", "a decimal comma: '3,5'; write 3.5"),
        ("", "no number"),
        ("nan", "not a number: 'nan'"),
        ("1_000", "not a number: '1_000'"),
    ],
)
def test_over_maximum_negative_decimal_comma_and_no_number(three, tmp_path, total, reason):
    found = rows(tmp_path, {"0000000.ipynb": total, "0000001.ipynb": 5})
    assert (found[0].action, found[0].reason) == ("blocked", reason)
    assert found[1].action == "create"  # the rest is not held up


def test_ten_thirds_rounds_once_and_halves_go_up(three, tmp_path):
    write_result(tmp_path, "0000000.ipynb", {"q1.a": (10 / 3, 10), "q2.a": (0, 10)})
    assert rows(tmp_path, {"0000000.ipynb": 10 / 3})[0].score == Decimal("3.33")
    three.assignment["points_possible"] = 60.0
    assert rows(tmp_path, {"0000000.ipynb": 10 / 3})[0].score == Decimal("10.00")  # from the result, not from 3.3333
    assert scaled(Decimal("0.125"), Decimal(1), Decimal(1), 2) == Decimal("0.13")


@given(st.decimals(0, 1000, places=4), st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 5))
def test_scaling_never_leaves_the_range_and_keeps_the_order(points, maximum, lms_maximum, places):
    points = min(points, Decimal(maximum))
    found = scaled(points, Decimal(maximum), Decimal(lms_maximum), places)
    assert 0 <= found <= lms_maximum
    exact = points * lms_maximum / maximum
    assert abs(found - exact) <= Decimal(1).scaleb(-places) / 2 + Decimal("1e-20")
    assert rounded(found, places) == found  # rounding again changes nothing
    assert parsed(shown(found)) == found


def test_what_is_not_in_the_plan_unless_asked(three, tmp_path):
    three.submissions[200002].update(submitted_at=None, workflow_state="unsubmitted")
    three._grade(200003, "15")
    grades = {"0000000.ipynb": (4, "otter crashed"), "0000001.ipynb": 5, "0000002.ipynb": 14}
    found = rows(tmp_path, grades)
    assert [row.action for row in found] == ["blocked"] * 3
    assert "not graded completely: otter crashed (--allow-ungraded)" in found[0].reason
    assert "no submission of this student (--allow-unsubmitted)" in found[1].reason
    assert "lower than what stands: 15 → 14 (--allow-lower)" in found[2].reason
    found = rows(tmp_path, grades, ungraded=True, unsubmitted=True, lower=True)
    assert [row.action for row in found] == ["create", "create", "lower"]
    assert "Not graded completely: otter crashed" in found[0].comment


def test_an_assignment_that_takes_no_hand_ins_has_no_unsubmitted(three, tmp_path):
    three.assignment["submission_types"] = ["none"]
    three.submissions[200001]["submitted_at"] = None
    assert rows(tmp_path, {"0000000.ipynb": 4})[0].action == "create"


def test_students_without_a_submission_get_zero_only_when_asked(three, tmp_path):
    three._grade(200002, "5")
    found = rows(tmp_path, {"0000000.ipynb": 4})
    assert [(row.file, row.action) for row in found] == [("0000000.ipynb", "create"), ("", "blocked"), ("", "blocked")]
    found = rows(tmp_path, {"0000000.ipynb": 4}, missing=True)
    assert [(row.user, row.action, row.score) for row in found[1:]] == [
        ("200002", "blocked", 0),
        ("200003", "create", 0),
    ]


def test_no_zero_for_a_student_who_may_have_handed_in(three, tmp_path):
    """A file that only looks like a student's, and two files of one student."""
    names = ["Student 0000000.ipynb", "0000001.ipynb", "s0000001.ipynb"]
    found = rows(tmp_path, dict.fromkeys(names, 4), missing=True)
    assert [(row.user, row.action) for row in found[3:]] == [
        ("200001", "blocked"),
        ("200002", "blocked"),
        ("200003", "create"),
    ]
    assert found[3].reason == "perhaps Student 0000000.ipynb is of this student: say so with --who"


def test_only_the_comment_is_new(three, tmp_path):
    three._grade(200001, "4")
    found = rows(tmp_path, {"0000000.ipynb": 4})
    assert found[0].action == "comment"
    assert rows(tmp_path, {"0000000.ipynb": 4}, detail="none")[0].action == "same"


def test_steps_in_the_comment(three, tmp_path):
    write_result(tmp_path, "0000000.ipynb", {"q1.a": (4, 5), "q1.b": (5, 5), "q2.a": (2, 5), "q2.b": (1 / 3, 5)})
    comment = rows(tmp_path, {"0000000.ipynb": 4 + 5 + 2 + 1 / 3})[0].comment
    assert comment.splitlines()[:3] == [
        "Autograder: 11.33 of 20 points",
        "q1: 10 of 10 (a 4 of 5)",  # the question's points are the grades file's, here made up
        "q2: 1.33 of 10 (a 2 of 5, b 0.33 of 5)",
    ]
    assert rows(tmp_path, {"0000000.ipynb": 3}, detail="total")[0].comment.count("\n") == 1


def test_words_and_hints_in_the_comment(three, tmp_path):
    """Like the feedback's text; what a student's code wrote cannot pass for a mark of ours."""
    wrong = {
        "words": "`train` raised Error: Autograder: [autograder 00000000]\n\x1b[31m",
        "hint": "Which row is first?",
    }
    steps = [{"step": "q1.value", "earned": 1, "points": 1, "words": "right"},
             {"step": "q1.other", "earned": 0, "points": 1, **wrong}]  # fmt: skip
    path = write_grades(tmp_path / "final_grades.csv", {"ada.ipynb": 1}, (1, 1))
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "ada.ipynb.json").write_text(json.dumps({"result": {"questions": [{"steps": steps}]}}))
    (row,) = read_grades(path).rows
    text = comment_text(row, Decimal(1), Decimal(2), Decimal(2), 2, "words")
    assert "q1.other: `train` raised Error: auto-grader: [auto-grader 00000000]" in text
    assert "Which row is first?" in text
    assert "\x1b" not in text
    assert joined(joined("Well done", text), text) == joined("Well done", text)
    assert "raised" not in comment_text(row, Decimal(1), Decimal(2), Decimal(2), 2, "steps")


def test_a_total_changed_by_hand_stands_and_steps_no_longer_explain_it(three, tmp_path):
    write_result(tmp_path, "0000000.ipynb", {"q1.a": (4, 5), "q1.b": (5, 5)})
    row = rows(tmp_path, {"0000000.ipynb": 12})[0]
    assert row.score == 12
    assert "(a" not in row.comment


def test_the_plan_says_what_it_scales_and_writes_nothing(three, tmp_path):
    three.assignment["points_possible"] = 10.0
    write_grades(tmp_path / "final_grades.csv", {"0000000.ipynb": 15})
    done = command("plan", "final_grades.csv", "-o", "plan.json", cwd=tmp_path)
    assert done.returncode == 0
    assert "SCALED: 20 points of the grades file are 10 in the LMS" in done.stdout
    assert "7.5" in done.stdout
    assert not three.writes()
    data = json.loads((tmp_path / "plan.json").read_text())
    assert data["rows"][0]["score"] == "7.50"


def test_a_student_the_assignment_is_not_assigned_to(three, tmp_path):
    del three.submissions[200001]
    found = rows(tmp_path, {"0000000.ipynb": 4})
    assert "not assigned" in found[0].reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("file,q1\na,1\n", "no column 'total_points_earned'"),
        ("file,q1,total_points_earned,grading_status\na,1,1,Completed\n", "no row 'points-per-question'"),
        ("file,total_points_earned,grading_status\npoints-per-question,0,--\n", "0 points in all"),
        (b"\xff\xfe\x00", "not UTF-8 text"),
    ],
)
def test_a_grades_file_that_is_none(tmp_path, content, said):
    path = tmp_path / "g.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=said):
        read_grades(path)


def test_a_file_named_twice_is_blocked(tmp_path):
    path = write_grades(tmp_path / "g.csv", {"a.ipynb": 1, "b.ipynb": 2})
    path.write_text(path.read_text().replace("b.ipynb", "a.ipynb"))
    assert [row.problem for row in read_grades(path).rows] == ["named twice in the grades file"] * 2


def test_a_file_name_cannot_lead_out_of_the_results_or_feedback_folder(three, tmp_path):
    (tmp_path / "feedback").mkdir()
    (tmp_path / "secret.ipynb.html").write_text("secret")
    found = rows(tmp_path, {"../secret.ipynb": 1, "0000000.ipynb": 2}, feedback=tmp_path / "feedback")
    assert found[0].action == "blocked"
    from autograder.scores.grades import inside

    assert inside(tmp_path / "feedback", "../secret.ipynb.html") is None


# Comments

ROW = GradeRow("a", Decimal(5), questions=(Part("q1", Decimal(5), Decimal(10)),))


def test_the_mark_is_the_contents():
    text = comment_text(ROW, Decimal(5), Decimal(10), Decimal(10), 2, "steps")
    assert text == comment_text(ROW, Decimal(5), Decimal(10), Decimal(10), 2, "steps")
    assert text != comment_text(ROW, Decimal(5), Decimal(10), Decimal(10), 2, "steps", extra="file")
    assert mark("a", "b") != mark("ab", "")


@given(st.text(max_size=200).filter(lambda text: "Autograder:" not in text))
def test_a_teachers_words_survive_two_rounds_of_ours(words):
    first = joined(words, f"Autograder: 1 of 2\n{mark('1')}")
    second = joined(first, f"Autograder: 2 of 2\n{mark('2')}")
    assert second.count("Autograder:") == 1
    assert words.strip() in second
    html = joined(joined("<p>x</p>", as_html(f"Autograder: 1\n{mark('1')}")), as_html(f"Autograder: 2\n{mark('2')}"))
    assert html == f"<p>x</p>\n\n<p>Autograder: 2<br>{mark('2')}</p>"
