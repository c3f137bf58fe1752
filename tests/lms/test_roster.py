"""Who is who: exact keys match, a name only suggests, ambiguity blocks."""

from __future__ import annotations

import csv

import pytest
from helpers import command, plan_for, write_grades
from hypothesis import given
from hypothesis import strategies as st

from autograder.scores.file_names import clues, read_gradescope
from autograder.scores.matching import match_files
from autograder.scores.people import Person, letters, read_people

ADA = Person("7", "0012", "ada", "Ada@Example.edu", "Ada Lovelace", "501")
TWIN = Person("8", "0013", "twin", "twin@example.edu", "Sam Same", "502")
OTHER = Person("9", "00012", "other", "other@example.edu", "Sam Same", "503")
LEFT = Person("10", "0015", "left", "left@example.edu", "Leo Left", active=False)
CLASS = [ADA, TWIN, OTHER, LEFT]


def one(file, **more):
    return match_files([file], CLASS, **more).matches[0]


@pytest.mark.parametrize(
    "file",
    [
        "0012.ipynb",
        "ada.ipynb",
        "ADA@example.EDU.ipynb",
        "lovelaceada_7_9001_xor_backprop.ipynb",
        "lovelaceada_LATE_7_9001_xor_backprop-1.ipynb",
        "hand-ins/lovelaceada_7_9001_x.ipynb",
        "Ada Lovelace_501_assignsubmission_file_x.ipynb",
        "Ada Lovelace_501_assignsubmission_file_/x.ipynb",
        "Ada Lovelace_501_assignsubmission_file/x.ipynb",
        "submitted/0012/xor/x.ipynb",
        "submitted/ada/xor/x.ipynb",
        "ada/xor/x.ipynb",
        "0012/x.ipynb",
    ],
)
def test_names_of_bulk_downloads(file):
    match = one(file)
    assert (match.status, match.people) == ("matched", (ADA,)), match.how


def test_ids_with_leading_zeros_match_exactly():
    assert one("0012.ipynb").people == (ADA,)
    assert one("00012.ipynb").people == (OTHER,)
    assert one("12.ipynb").status == "unknown"
    assert one("012.ipynb").status == "unknown"


def test_ids_match_exactly_and_addresses_in_any_case():
    """A student number of letters is an id, too."""
    people = [Person("1", "ab12", "Ada.L", "Ada@Example.edu"), Person("2", "AB13", "x13", "")]
    found = {f: match_files([f"{f}.ipynb"], people).matches[0].status for f in ("ab12", "AB12", "ab13", "X13", "ADA.l")}
    assert found == {"ab12": "matched", "AB12": "unknown", "ab13": "unknown", "X13": "matched", "ADA.l": "matched"}


def test_who_is_named_twice_is_one_student():
    gradescope = {"submission_1": ["0012", "ADA@example.edu"]}
    assert one("submission_1.ipynb", gradescope=gradescope).people == (ADA,)
    assert one("x.ipynb", confirmed={"x.ipynb": ["7", "8", "7"]}).people == (ADA, TWIN)


def test_a_name_is_only_a_suggestion():
    match = one("Ada Lovelace.ipynb")
    assert (match.status, match.people, match.how) == ("suggested", (ADA,), "only the name agrees")
    assert one("xor [2] Ada-Lovelace final.ipynb").status == "suggested"
    assert one("adage.ipynb").status == "unknown"
    assert one("xor_0012.ipynb").status == "suggested"  # a key in the middle of a name
    assert one("xor_backprop.ipynb").status == "unknown"


def test_two_students_of_one_name_are_ambiguous():
    match = one("Sam Same.ipynb")
    assert (match.status, match.people) == ("ambiguous", (TWIN, OTHER))
    assert one("samesame_8_9001_x.ipynb").status in ("suggested", "ambiguous")  # the name does not agree
    assert one("samesam_8_9001_x.ipynb").people == (TWIN,)


def test_a_plain_file_that_looks_like_canvas_is_not_taken_at_its_word():
    match = one("homework_7_1_final.ipynb")  # user 7 exists, and is not called "homework"
    assert match.status == "suggested"
    assert "the name does not agree" in match.how


def test_a_key_of_two_students_is_ambiguous():
    people = [Person("1", "22"), Person("22", "33")]
    match = match_files(["22.ipynb"], people).matches[0]
    assert (match.status, len(match.people)) == ("ambiguous", 2)


def test_two_submissions_of_one_student_block_each_other_until_one_is_confirmed():
    roster = match_files(["0012.ipynb", "ada.ipynb"], CLASS)
    assert [match.status for match in roster.matches] == ["ambiguous", "ambiguous"]
    assert roster.matches[0].how == "the same student also has ada.ipynb"
    roster = match_files(["0012.ipynb", "ada.ipynb"], CLASS, confirmed={"ada.ipynb": ["7"]})
    assert [match.status for match in roster.matches] == ["ambiguous", "matched"]


def test_missing_are_the_active_students_without_a_submission():
    roster = match_files(["0012.ipynb"], CLASS)
    assert roster.missing == (TWIN, OTHER)
    assert roster.counts() == {"matched": 1, "suggested": 0, "ambiguous": 0, "unknown": 0, "missing": 2}


def test_a_roster_csv_joins_what_the_lms_does_not_know(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("Matriculation number;E-mail;Name\n777001;ADA@example.edu;Ada\n777002;nobody@example.edu;No\n")
    aliases = read_people(path)
    assert match_files(["777001.ipynb"], CLASS, aliases=aliases).matches[0].people == (ADA,)
    assert match_files(["777002.ipynb"], CLASS, aliases=aliases).matches[0].status == "unknown"


def test_a_roster_csv_may_name_the_file(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("file,student_id\nxor (1).ipynb,0012\nxor (2).ipynb,4711\n")
    aliases = read_people(path)
    roster = match_files(["xor (1).ipynb", "xor (2).ipynb"], CLASS, aliases=aliases)
    assert [match.status for match in roster.matches] == ["matched", "unknown"]


def test_gradescope_metadata(tmp_path):
    path = tmp_path / "submission_metadata.yml"
    path.write_text("""\
submission_101:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0012'
    :email: whatever@example.edu
submission_102:
  :submitters:
  - :name: Sam Same
    :email: TWIN@example.edu
  - :name: Sam Same
    :sid: '00012'
submission_103:
  :submitters:
  - :name: No Body
    :sid: '1'
""")
    known = read_gradescope(path)
    files = [f"assignment_1_export/submission_{n}/xor.ipynb" for n in (101, 102, 103)]
    roster = match_files(files, CLASS, gradescope=known)
    assert [match.status for match in roster.matches] == ["matched", "matched", "unknown"]
    assert roster.matches[1].people == (TWIN, OTHER)  # group work: both


@given(st.text(max_size=60))
def test_any_file_name_is_read(name):
    assert clues(name) is not None
    one(name)


@given(st.permutations(["Ada", "King", "Lovelace"]))
def test_letters_do_not_depend_on_the_order_of_names(names):
    assert letters(" ".join(names)) == letters("Lovelace, Ada King")
    assert letters("Müller, Zoë") == letters("zoe muller")


# The command


def test_the_command_and_the_csv_that_a_person_confirms(canvas, tmp_path):
    canvas.add_class(4)
    canvas.users[1]["name"] = canvas.users[2]["name"] = "Sam Same"
    canvas.users[3]["name"] = "Ada Lovelace"
    files = {"0000000.ipynb": 1, "Sam Same.ipynb": 2, "Ada Lovelace.ipynb": 3, "=cmd|' /C calc'!A0.ipynb": 4}
    write_grades(tmp_path / "final_grades.csv", files)
    done = command("roster", "final_grades.csv", "-o", "who.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 matched, 1 suggested, 1 ambiguous, 1 unknown, 3 missing" in done.stdout
    with (tmp_path / "who.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["file"], row["status"], row["user_id"]) for row in rows] == [
        ("0000000.ipynb", "matched", "200001"),
        ("Sam Same.ipynb", "ambiguous", "200002"),
        ("Sam Same.ipynb", "ambiguous", "200003"),
        ("Ada Lovelace.ipynb", "suggested", "200004"),
        ("'=cmd|' /C calc'!A0.ipynb", "unknown", ""),  # no formula for a spreadsheet
    ]
    assert {row["confirm"] for row in rows} == {""}
    plan = plan_for(tmp_path / "lms.toml", tmp_path / "final_grades.csv")
    assert plan.counts()["create"] == 1
    rows[2]["confirm"] = rows[3]["confirm"] = "yes"
    with (tmp_path / "who.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    done = command("plan", "final_grades.csv", "--who", "who.csv", "-o", "plan.json", cwd=tmp_path)
    assert "3 create, 0 raise" in done.stdout
    assert command("roster", "final_grades.csv", "-o", "who.csv", cwd=tmp_path).returncode == 1
    text = (tmp_path / "who.csv").read_text()
    assert text.count(",yes") == 2  # what was confirmed stays
    assert "Sam Same.ipynb,matched,200003" in text


def test_names_that_students_choose_do_not_steer_the_terminal(canvas, tmp_path):
    canvas.add_class(2)
    canvas.users[0]["name"] = "Ada \x1b[2J[red]Lovelace"
    canvas.users[1]["name"] = "Ada \x1b[2JByron\r"
    write_grades(tmp_path / "final_grades.csv", {"Lovelace\x1b[1m Ada red 2J.ipynb": 1})
    done = command("roster", "final_grades.csv", cwd=tmp_path)
    assert "Ada �[2J[red]Lovelace (0000000)" in done.stdout
    assert "without a submission: Ada �[2J[red]Lovelace (0000000), Ada �[2JByron� (0000001)" in done.stdout
    assert not set(done.stdout) & {"\x1b", "\r"}


def test_a_table_that_is_cut_off_says_so(canvas, tmp_path):
    canvas.add_class(1)
    write_grades(tmp_path / "final_grades.csv", {f"x{n}.ipynb": 1 for n in range(203)})
    assert "… and 3 more rows" in command("roster", "final_grades.csv", cwd=tmp_path).stdout


def test_without_an_lms(tmp_path):
    write_grades(tmp_path / "final_grades.csv", {"0012.ipynb": 1})
    (tmp_path / "class.csv").write_text("Student,ID,SIS User ID,SIS Login ID,Section\n"
                                        '"    Points Possible",,,,\n"Lovelace, Ada",7,0012,ada,S\n')  # fmt: skip
    done = command("roster", "final_grades.csv", "--people", "class.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "1 matched" in done.stdout
    assert "0 missing" in done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("file,user_id,confirm\na.ipynb,7,perhaps\n", "confirm is 'perhaps'"),
        ("file,user_id\na.ipynb,7\n", "no column 'confirm'"),
        ("file,user_id,confirm\na.ipynb,,yes\n", "confirmed without a user_id"),
    ],
)
def test_mistakes_in_the_csv_are_said(canvas, tmp_path, content, said):
    write_grades(tmp_path / "final_grades.csv", {"a.ipynb": 1})
    (tmp_path / "who.csv").write_text(content)
    done = command("plan", "final_grades.csv", "--who", "who.csv", "-o", "plan.json", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
