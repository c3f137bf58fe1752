"""What `autograder grade` writes is what `autograder scores` reads: names that students chose, totals above 100."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
from helpers import write_result
from hypothesis import given
from hypothesis import strategies as st

from autograder.course import load_assignment
from autograder.csv_lines import CsvLines
from autograder.errors import UserError
from autograder.grading.grades_file import number, write_table
from autograder.scores.grades import read_grades
from autograder.scores.matching import Match, Roster, match_files
from autograder.scores.people import Person, read_people
from autograder.scores.who_file import read_who, write_who

ODD_NAMES = ["a\rb.ipynb", "b.ipynb", " 0012.ipynb", "x\n.ipynb", 'q",1.ipynb', "\r\n.ipynb", "'=1.ipynb", "\r=1.ipynb"]
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.fixture(scope="module")
def assignment():
    return load_assignment("xor_backprop")


def test_names_with_a_carriage_return_are_one_row_each(assignment, tmp_path):
    """`a\\rb.ipynb` must not give its points to `b.ipynb`."""
    earned = dict.fromkeys((q.name for q in assignment.rubric.questions), 0.5)
    path = tmp_path / "final_grades.csv"
    write_table(((name, earned, 0.0, "Completed") for name in ODD_NAMES), assignment, path)
    rows = read_grades(path).rows
    assert [row.file for row in rows] == ODD_NAMES
    assert {row.points for row in rows} == {Decimal("4.5")}
    assert {row.problem for row in rows} == {""}


@given(st.lists(text, min_size=1, max_size=5))
def test_any_text_is_read_back(cells):
    import csv

    stream = io.StringIO(newline="")
    CsvLines(stream).row([*cells, "end"])
    assert stream.getvalue().endswith("\n")
    assert not stream.getvalue().endswith("\r\n")
    assert list(csv.reader(io.StringIO(stream.getvalue(), newline=""))) == [[*cells, "end"]]


def test_odd_names_and_ids_are_confirmed_in_the_csv_as_they_are(tmp_path):
    people = tuple(Person(f"-{n}", name="Sam") for n, _ in enumerate(ODD_NAMES))  # LTI: an id is any text
    roster = Roster(tuple(Match(n, "suggested", (p,)) for n, p in zip(ODD_NAMES, people, strict=True)), ())
    confirmed = {name: [person.id] for name, person in zip(ODD_NAMES, people, strict=True)}
    write_who(roster, tmp_path / "who.csv", confirmed)
    assert read_who(tmp_path / "who.csv") == confirmed
    assert {m.status for m in match_files(ODD_NAMES, people, confirmed=confirmed).matches} == {"matched"}


def test_steps_explain_a_total_above_a_hundred(tmp_path):
    """The grades file has four decimals at any size, so the result beside it is known to be the same."""
    assert [number(value) for value in (1, 0.5, 10 / 3, 123.45678, 1000000, 0)] == [
        "1", "0.5", "3.3333", "123.4568", "1000000", "0"]  # fmt: skip
    total = 110 + 5 / 12
    (tmp_path / "final_grades.csv").write_text(
        "file,q1,total_points_earned,percent_correct,grading_status\npoints-per-question,120,120,1,--\n"
        f"a.ipynb,{number(total)},{number(total)},0.92,Completed\n"
    )
    write_result(tmp_path, "a.ipynb", {"q1.a": (total, 120)})
    row = read_grades(tmp_path / "final_grades.csv").rows[0]
    assert [step.name for step in row.steps] == ["q1.a"]
    assert row.points == Decimal(str(total))


@pytest.mark.parametrize("earned", ["null", "NaN", '"3"'])
def test_a_result_that_is_none_is_named(tmp_path, earned):
    (tmp_path / "final_grades.csv").write_text(
        "file,total_points_earned,grading_status\npoints-per-question,3,--\na.ipynb,3,Completed\n"
    )
    write_result(tmp_path, "a.ipynb", {"q1.a": (7, 7)})
    path = tmp_path / "results" / "a.ipynb.json"
    path.write_text(path.read_text().replace('"earned": 7', f'"earned": {earned}'))
    with pytest.raises(UserError, match=r"a\.ipynb\.json: not a result"):
        read_grades(tmp_path / "final_grades.csv")


def test_a_table_with_a_cell_beyond_pythons_limit_is_one_line(tmp_path):
    path = tmp_path / "big.csv"
    path.write_text("id,name,file,total_points_earned,grading_status\n7," + "x" * 200_000 + ",a,1,Completed\n")
    for read in (read_people, read_grades):
        with pytest.raises(UserError, match=re.escape(f"{path}: not a CSV file: field larger")):
            read(path)
