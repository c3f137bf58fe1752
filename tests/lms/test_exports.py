"""Import files: opened by an independent reader (pandas), compared with what each LMS documents."""

from __future__ import annotations

import csv

import pandas
import pytest
from helpers import command, write_grades

from autograder.scores.comments import mark_of
from autograder.scores.people import delimiter

GRADES = {"0012.ipynb": 17.5, "ada@example.edu.ipynb": "10", "0014.ipynb": 12, "0015.ipynb": 3, "stranger.ipynb": 5,
          "0016.ipynb": "3,5", "0017.ipynb": "21", "0018.ipynb": -1, "0019.ipynb": (0, "empty file")}  # fmt: skip


@pytest.fixture
def grades(tmp_path):
    return write_grades(tmp_path / "final_grades.csv", GRADES)


def export(tmp_path, form, source, *options, encoding="utf-8"):
    (tmp_path / "source.csv").write_bytes(source.encode(encoding))
    done = command("export", "final_grades.csv", "--format", form, "--from", "source.csv", "-o", "out.csv", *options,
                   cwd=tmp_path)  # fmt: skip
    return done


def opened(tmp_path, **options):
    return pandas.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False, **options)


CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Old Quiz (41),XOR (42),Assignments Current Score,Final Score
,,,,,,Manual Posting,,
    Points Possible,,,,,5,20,(read only),(read only)
"Lovelace, Ada",7,0012,Ada@Example.edu,S1,3,,50,50
"Twelve, O",8,0013,t@example.edu,S1,3,12,50,50
"Four, Teen",9,0014,f@example.edu,S1,3,15,50,50
"Ex, Cused",10,0015,e@example.edu,S1,3,EX,50,50
"Com, Ma",11,0016,c@example.edu,S1,3,,50,50
"Ov, Er",12,0017,o@example.edu,S1,3,,50,50
"Neg, Ative",13,0018,n@example.edu,S1,3,,50,50
"Un, Graded",14,0019,u@example.edu,S1,3,,50,50
"""


def test_canvas_gradebook(grades, tmp_path):
    (grades).write_text(grades.read_text().replace("ada@example.edu.ipynb", "t@EXAMPLE.edu.ipynb"))
    done = export(tmp_path, "canvas", CANVAS, "--column", "XOR")
    assert done.returncode == 0, done.stderr
    table = opened(tmp_path)
    assert list(table.columns) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "XOR (42)"]
    assert table["Student"].tolist() == ["", "    Points Possible", "Lovelace, Ada"]  # 4 spaces, as Canvas wants it
    assert table["XOR (42)"].tolist() == ["Manual Posting", "20", "17.5"]
    assert table["SIS User ID"].tolist()[2] == "0012"
    assert "lower than what stands: 15 → 12" in done.stdout
    assert "lower than what stands: 12 → 10" in done.stdout
    assert "excused" in done.stdout
    for reason in ("a decimal comma", "over the maximum", "negative", "unknown", "not graded completely"):
        assert reason in done.stdout
    assert "1 scores in out.csv" in done.stdout


@pytest.mark.parametrize("column", [None, "XOR (43)", "Final Score"])
def test_canvas_takes_only_a_column_of_the_export(grades, tmp_path, column):
    """An unknown column would become a new assignment."""
    done = export(tmp_path, "canvas", CANVAS, *(["--column", column] if column else []))
    assert done.returncode == 2
    assert "'Old Quiz (41)', 'XOR (42)'" in done.stderr
    assert not (tmp_path / "out.csv").exists()


WORKSHEET = """\
Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 501","Ada Lovelace",0012,a@example.edu,"Submitted for grading",,20.00,Yes,"Monday, 5 January 2026",-,
"Participant 502","Ada Byron",0013,ada@example.edu,"Submitted for grading",5.00,20.00,Yes,"Monday",-,"<p>See me!</p>"
"Participant 503","Four Teen",0014,f@example.edu,"No submission",,20.00,Yes,-,-,
"Participant 504","Fif Teen",0015,g@example.edu,"Submitted for grading",1.00,20.00,No,-,-,
"""


def test_moodle_worksheet(grades, tmp_path):
    done = export(tmp_path, "moodle-worksheet", WORKSHEET)
    assert done.returncode == 0, done.stderr
    table, source = opened(tmp_path), pandas.read_csv(tmp_path / "source.csv", dtype=str, keep_default_na=False)
    assert list(table.columns) == list(source.columns)  # every column, in its order
    assert table["Grade"].tolist() == ["17.5", "10", "", "1.00"]
    untouched = [name for name in table.columns if name not in ("Grade", "Feedback comments")]
    assert table[untouched].equals(source[untouched])
    first, second, third, fourth = table["Feedback comments"]
    assert first.startswith("<p>Autograder: 17.5 of 20 points<br>q1: 10 of 10<br>q2: 7.5 of 10")
    assert second.startswith("<p>See me!</p>\n\n<p>Autograder: 10 of 20")
    assert mark_of(first)
    assert third == fourth == ""
    assert "cannot be changed" in done.stdout
    assert "no submission" in done.stdout


def test_only_a_comment_is_new_the_score_that_stands_is_not_rounded(tmp_path):
    write_grades(tmp_path / "final_grades.csv", {"0013.ipynb": 5})
    done = export(tmp_path, "moodle-worksheet", WORKSHEET.replace("5.00,", "5.40,"), "--places", "0")
    assert "1 comment" in done.stdout
    assert opened(tmp_path)["Grade"].tolist()[1] == "5.4"


MOODLE = """\
"First name","Last name","ID number","Email address","Assignment: XOR (Real)","Last downloaded from this course"
Ada,Lovelace,0012,a@example.edu,-,1767607200
Ada,Byron,0013,ada@example.edu,5.00,1767607200
Four,Teen,0014,f@example.edu,12.00,1767607200
"""


def test_moodle_gradebook(grades, tmp_path):
    done = export(tmp_path, "moodle", MOODLE, "--maximum", "20")
    assert done.returncode == 0, done.stderr
    table = opened(tmp_path)
    names = ["First name", "Last name", "ID number", "Email address", "Assignment: XOR (Real)"]
    assert list(table.columns) == names
    assert table["ID number"].tolist() == ["0012", "0013"]  # a blank or unknown line would refuse the whole file
    assert table["Assignment: XOR (Real)"].tolist() == ["17.5", "10"]
    assert "map users by 'ID number'" in done.stdout
    assert "overridden" in done.stdout
    assert "give --maximum" in export(tmp_path, "moodle", MOODLE).stderr


def test_moodle_gradebook_maps_by_email_where_numbers_are_missing(grades, tmp_path):
    done = export(tmp_path, "moodle", MOODLE.replace("0014", ""), "--maximum", "20")
    assert "map users by 'Email address'" in done.stdout


def test_moodle_gradebook_keeps_a_teachers_feedback(grades, tmp_path):
    source = MOODLE.replace('(Real)"', '(Real)","Assignment: XOR (Feedback)"', 1).replace(",-,", ",-,<b>Hm</b>,")
    source = source.replace("5.00,", "5.00,-,").replace("12.00,", "12.00,-,")
    assert export(tmp_path, "moodle", source, "--maximum", "20").returncode == 0
    texts = opened(tmp_path)["Assignment: XOR (Feedback)"].tolist()
    assert texts[0].startswith("<b>Hm</b>\n\n<p>Autograder: 17.5 of 20")
    assert texts[1].startswith("<p>Autograder: 10 of 20")


BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Availability"\t"XOR [Total Pts: 20 Score] |12345"\r\n'
    '"Lovelace"\t"Ada"\t"ada"\t"0012"\t"Yes"\t""\r\n'
    '"Teen"\t"Four"\t"four"\t"0014"\t"Yes"\t"Needs Grading"\r\n'
    '"Teen"\t"Fif"\t"fif"\t"0015"\t"No"\t""\r\n'
)


def test_blackboard(grades, tmp_path):
    done = export(tmp_path, "blackboard", BLACKBOARD, encoding="utf-16")
    assert done.returncode == 0, done.stderr
    table = opened(tmp_path, sep="\t", encoding="utf-16")
    assert list(table.columns) == [
        "Last Name", "First Name", "Username", "Student ID", "XOR [Total Pts: 20 Score] |12345"]  # fmt: skip
    assert table.iloc[:, 2:].values.tolist() == [["ada", "0012", "17.5"], ["four", "0014", "12"]]
    assert (tmp_path / "out.csv").read_bytes()[:2] == b"\xff\xfe"


def test_blackboard_without_a_column_id(grades, tmp_path):
    done = export(tmp_path, "blackboard", BLACKBOARD.replace(" |12345", ""))
    assert done.returncode == 2
    assert "columns with an id: none" in done.stderr


BRIGHTSPACE = """\
OrgDefinedId,Username,Last Name,First Name,Email,XOR Points Grade <Numeric MaxPoints:10 Weight:5>,End-of-Line Indicator
#0012,#ada,Lovelace,Ada,ada@other.edu,,#
#0014,#four,Teen,Four,f@example.edu,1,#
"""


def test_brightspace(grades, tmp_path):
    done = export(tmp_path, "brightspace", BRIGHTSPACE)
    assert done.returncode == 0, done.stderr
    table = opened(tmp_path)
    assert list(table.columns) == ["OrgDefinedId", "Username", "Last Name", "First Name", "Email",
                                   "XOR Points Grade", "End-of-Line Indicator"]  # fmt: skip
    assert table.values.tolist() == [["#0012", "#ada", "Lovelace", "Ada", "ada@other.edu", "8.75", "#"],
                                     ["#0014", "#four", "Teen", "Four", "f@example.edu", "6", "#"]]  # fmt: skip
    assert "SCALED: 20 points of the grades file are 10 in the LMS" in done.stdout


@pytest.mark.parametrize(
    ("form", "source", "maximum", "said"),
    [
        ("moodle", MOODLE, "0", "--maximum 0: a column has more than 0 points"),
        ("moodle", MOODLE, "-5", "--maximum -5: a column has more than 0 points"),
        ("canvas", CANVAS, "0", "--maximum 0: a column has more than 0 points"),
        ("canvas", CANVAS, "10", "source.csv: says itself that its maximum is 20; leave out --maximum"),
        ("moodle-worksheet", WORKSHEET, "10", "says itself that its maximum is 20; leave out --maximum"),
        ("blackboard", BLACKBOARD, "10", "says itself that its maximum is 20; leave out --maximum"),
        ("brightspace", BRIGHTSPACE, "20", "says itself that its maximum is 10; leave out --maximum"),
        ("canvas", CANVAS.replace("5,20,", "5,0,"), None, "XOR (42): its maximum is 0; set one in the LMS"),
    ],
)
def test_a_maximum_that_does_not_fit(grades, tmp_path, form, source, maximum, said):
    options = [*(["--maximum", maximum] if maximum else []), *(["--column", "XOR"] if form == "canvas" else [])]
    done = export(tmp_path, form, source, *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "out.csv").exists()


def test_ten_thirds_is_the_same_everywhere(tmp_path):
    write_grades(tmp_path / "final_grades.csv", {"0012.ipynb": 10 / 3})
    assert "3.3333" in (tmp_path / "final_grades.csv").read_text()
    found = set()
    sources = {"moodle-worksheet": WORKSHEET, "moodle": MOODLE, "canvas": CANVAS, "blackboard": BLACKBOARD,
               "brightspace": BRIGHTSPACE.replace("MaxPoints:10", "MaxPoints:20")}  # fmt: skip
    for form, source in sources.items():
        options = {"moodle": ["--maximum", "20"], "canvas": ["--column", "XOR"]}.get(form, [])
        assert export(tmp_path, form, source, *options).returncode == 0
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as stream:
            cells = [cell for row in csv.reader(stream, delimiter=delimiter(source)) for cell in row]
        assert sum(cell.startswith("3.3") for cell in cells) == 1, form
        found |= {cell for cell in cells if cell.startswith("3.3")}
    assert found == {"3.33"}


def test_the_export_is_not_written_over_by_a_mistake(grades, tmp_path):
    for form, source, said in (
        ("canvas", "a,b\n1,2\n", "no column 'Student'"),
        ("moodle", "x,y\n1,2\n", "none of the columns"),
        ("moodle-worksheet", MOODLE, "no column 'Identifier'"),
        ("brightspace", "a,b\n", "neither 'OrgDefinedId' nor 'Username'"),
        ("canvas", "a,a\n", "two columns are called 'a'"),
        ("canvas", "", "empty"),
    ):
        done = export(tmp_path, form, source)
        assert done.returncode == 2, form
        assert said in done.stderr
    assert not (tmp_path / "out.csv").exists()
