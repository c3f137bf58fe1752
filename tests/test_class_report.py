"""The class report: item analysis by hand and by another library, figures, CSV and JSON, escaping, many results."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from page_text import tags_of, text_of
from scipy import stats
from test_feedback import HOSTILE, check_golden, steps_of
from test_misconceptions import MISCONCEPTIONS, grade_with

from autograder.feedback.class_figures import MOST_REASONS, OTHER_REASONS, ClassFigures
from autograder.feedback.class_page import StudentRow, report, tables, write_csv
from autograder.feedback.items import ItemAnalysis
from autograder.grading.feedback_files import feedback_path, write_feedback, write_report
from autograder.grading.grades_file import result_path, write_result
from autograder.grading.journal import Journal, Row
from autograder.grading.one import COMPLETED, Outcome

HERE = Path(__file__).parent


def analysed(points, students):
    analysis = ItemAnalysis(points)
    for earned in students:
        analysis.add(earned)
    return analysis


# Item analysis


def test_a_class_of_four_by_hand():
    """A perfect Guttman scale. Totals 3, 2, 1, 0: mean 1.5, variance 1.25 (over n).

    Item 1: p = 3/4, variance 0.1875, covariance with the total 6/4 - 0.75 * 1.5 = 0.375;
    r_it = 0.375 / sqrt(0.1875 * 1.25) = 0.7746; with the rest: (0.375 - 0.1875) / sqrt(0.1875 * 0.6875) = 0.5222.
    Item 2: p = 1/2, variance 0.25, covariance 0.5; r_it = 0.8944; r_ir = 0.25 / sqrt(0.25 * 0.5) = 0.7071.
    Upper and lower 27 % of four students: one each, so D = 1. α = 3/2 * (1 - 0.625 / 1.25) = 0.75.
    """
    analysis = analysed([1, 1, 1], [(1, 1, 1), (1, 1, 0), (1, 0, 0), (0, 0, 0)])
    first, second, third = analysis.items()
    assert (first.difficulty, second.difficulty, third.difficulty) == (0.75, 0.5, 0.25)
    assert [item.discrimination for item in (first, second, third)] == [1, 1, 1]
    assert [round(item.item_total, 4) for item in (first, second, third)] == [0.7746, 0.8944, 0.7746]
    assert [round(item.item_rest, 4) for item in (first, second, third)] == [0.5222, 0.7071, 0.5222]
    assert analysis.alpha == pytest.approx(0.75)
    assert (analysis.mean, analysis.median) == (1.5, 1.5)
    assert analysis.deviation == pytest.approx(np.std([3, 2, 1, 0], ddof=1))


def test_students_who_tie_at_a_groups_edge_count_in_part():
    """Upper group: one of four. The two best tie at 1 point; one of them has item 1: half a point of one counts."""
    first, second = analysed([1, 1], [(1, 0), (0, 1), (0, 0), (0, 0)]).items()
    assert (first.discrimination, second.discrimination) == (0.5, 0.5)


@pytest.mark.parametrize("seed", range(8))
def test_random_classes_against_scipy(seed):
    rng = np.random.default_rng(seed)
    n, points = int(rng.integers(20, 200)), np.array([1, 1, 0.5, 2, 1, 3])
    ability = rng.normal(size=n)
    right = ability[:, None] + rng.normal(size=(n, len(points))) > rng.normal(size=len(points)) * 0.7
    scores = right * points
    analysis = analysed(points, scores)
    total = scores.sum(axis=1)
    for i, item in enumerate(analysis.items()):
        assert item.difficulty == pytest.approx(right[:, i].mean())
        assert item.item_total == pytest.approx(stats.pointbiserialr(right[:, i], total).statistic)
        assert item.item_rest == pytest.approx(stats.pearsonr(scores[:, i], total - scores[:, i]).statistic)
    covariance = np.cov(scores.T)
    assert analysis.alpha == pytest.approx(
        len(points) / (len(points) - 1) * (1 - np.trace(covariance) / covariance.sum())
    )
    assert analysis.median == pytest.approx(np.median(total))
    assert analysis.deviation == pytest.approx(np.std(total, ddof=1))


@pytest.mark.parametrize("seed", range(4))
def test_upper_and_lower_groups_without_ties(seed):
    """Scores of many digits have no ties: the groups are plain slices of the sorted class."""
    rng = np.random.default_rng(seed)
    scores = rng.random((int(rng.integers(10, 120)), 5))
    ranked = scores[np.argsort(scores.sum(axis=1))]
    size = round(0.27 * len(scores))
    expected = ranked[-size:].mean(axis=0) - ranked[:size].mean(axis=0)
    assert [item.discrimination for item in analysed(np.ones(5), scores).items()] == pytest.approx(list(expected))


def test_what_is_not_defined_is_none():
    nobody = analysed([1, 1], [])
    assert [(i.difficulty, i.discrimination, i.item_total, i.item_rest) for i in nobody.items()] == [(None,) * 4] * 2
    assert (nobody.mean, nobody.median, nobody.deviation, nobody.alpha) == (None,) * 4
    one = analysed([1, 1], [(1, 0)])
    assert [(i.difficulty, i.discrimination, i.item_rest) for i in one.items()] == [(1, None, None), (0, None, None)]
    alike = analysed([1, 1], [(1, 0)] * 5)
    assert [(i.item_total, i.discrimination) for i in alike.items()] == [(None, 0), (None, 0)]
    assert alike.alpha is None


# Figures of a class


@pytest.fixture(scope="module")
def some_results(assignment, reference_source):
    from autograder.checking.engine import grade
    from autograder.student.in_process import InProcessStudent

    right = grade(assignment, InProcessStudent([reference_source]))
    return [right, *(grade_with(assignment, reference_source, m) for m in MISCONCEPTIONS[::12])]


def test_the_figures_are_those_of_the_results(assignment, some_results):
    figures = ClassFigures(assignment)
    for result in some_results:
        figures.add(result, COMPLETED)
    figures.add(some_results[1], COMPLETED)  # one wrong idea twice
    figures.add(None, "empty file")
    assert (figures.graded, figures.failed, figures.perfect) == (len(some_results) + 1, 1, 1)
    everybody = [*some_results, some_results[1]]
    for step in figures.steps():
        states = [steps_of(result)[step.step] for result in everybody]
        assert step.success == pytest.approx(sum(s.earned > 0 for s in states) / len(everybody))
        assert step.item.difficulty == pytest.approx(step.success)
        assert sum(step.states.values()) == len(everybody)
    assert sum(step.first_slips for step in figures.steps()) == len(everybody) - 1
    most = figures.misconceptions()[0]
    assert most.students == 2
    assert most.name in {s.misconception for s in some_results[1].steps}
    assert sum(students for _, _, students in figures.bins()) == len(everybody)
    data = json.loads(json.dumps(figures.to_dict()))
    assert data["graded"] == len(everybody)
    assert data["scores"]["mean"] == pytest.approx(np.mean([r.earned for r in everybody]))


def test_reasons_that_students_make_up_are_bounded(assignment):
    figures = ClassFigures(assignment)
    for i in range(1000):
        figures.add(None, f"another assignment: {i}")
    assert len(figures.failures) == MOST_REASONS + 1
    assert figures.failures[OTHER_REASONS] == 1000 - MOST_REASONS
    assert figures.failed == 1000


# Page and tables


def rows_of(outcomes):
    return [Row.of(outcome, "key") for outcome in outcomes]


def test_the_report_of_a_class(assignment, some_results, tmp_path):
    outcomes = [Outcome(f"s{i:02}.ipynb", COMPLETED, result) for i, result in enumerate(some_results)]
    outcomes.append(Outcome("empty.ipynb", "empty file"))
    for outcome in outcomes:
        write_result(outcome, tmp_path)
        write_feedback(outcome, assignment.name, tmp_path)
    path = write_report(lambda: iter(rows_of(outcomes)), assignment, tmp_path)
    html = path.read_text(encoding="utf-8")
    check_golden("report.txt", text_of(html))
    links = [a["href"] for tag, a in tags_of(html) if tag == "a" and not a["href"].startswith("#")]
    assert len(links) == len(outcomes)
    assert all((tmp_path / link).is_file() for link in links)
    figures = json.loads((tmp_path / "report" / "figures.json").read_text(encoding="utf-8"))
    with (tmp_path / "report" / "steps.csv").open(newline="", encoding="utf-8") as stream:
        steps = list(csv.DictReader(stream))
    assert [float(row["difficulty"]) for row in steps] == pytest.approx(
        [s["difficulty"] for s in figures["steps"]], abs=1e-6
    )
    assert {p.name for p in (tmp_path / "report").iterdir()} == {
        "figures.json", "steps.csv", "misconceptions.csv", "scores.csv", "not_graded.csv"}  # fmt: skip


def test_charts_have_title_description_and_no_colour_alone(assignment, some_results):
    figures = ClassFigures(assignment)
    for result in some_results:
        figures.add(result, COMPLETED)
    html = "".join(report(figures, []))
    charts = [attributes for tag, attributes in tags_of(html) if tag == "svg" and attributes.get("role") == "img"]
    assert len(charts) == 3
    for chart in charts:
        for name in chart["aria-labelledby"].split():
            assert f'id="{name}"' in html
    shares = {step.step: f"{100 * step.success:.0f}" for step in figures.steps()}
    assert all(f"{step}: {share} % have its points" in html for step, share in shares.items())
    for kind in ("bar-hatch", "bar-dots"):
        assert f'<pattern id="{kind}"' in html


def test_where_chains_break_most_often(assignment, reference_source):
    """Steps that tie are all named, none is said to be worse than the others."""
    by_step = {m.steps[0]: grade_with(assignment, reference_source, m) for m in reversed(MISCONCEPTIONS)}
    figures = ClassFigures(assignment)
    for step in ("q2.z_in", "q3.value"):
        figures.add(by_step[step], COMPLETED)
    said = "Chains break first most often at q2.z_in (forward), q3.value (l2_loss): 1 of 2 each."
    assert said in text_of("".join(report(figures, [])))
    figures.add(by_step["q3.value"], COMPLETED)
    assert "Chains break first most often at q3.value (l2_loss): 2 of 3." in text_of("".join(report(figures, [])))


def test_nobody_was_graded(assignment):
    figures = ClassFigures(assignment)
    figures.add(None, "empty file")
    text = text_of("".join(report(figures, [StudentRow("a.ipynb", "feedback/a.ipynb.html", None, "empty file")])))
    assert "could not be graded" in text
    assert "Where does the class break?" not in text
    assert tables(figures)["scores"] == [("score", "submissions")]


def test_hostile_names_and_reasons_in_the_report(assignment, some_results, tmp_path):
    names = [
        HOSTILE.replace("/", "⁄"),
        "=HYPERLINK(1).ipynb",
        "a b?#%41&.ipynb",
        "line\nbreak.ipynb",
        os.fsdecode(b"\xff.ipynb"),
        "x/../é.ipynb",
    ]
    outcomes = [Outcome(name, f"{name} cannot be read") for name in names]
    outcomes += [Outcome(f"graded {name}", COMPLETED, some_results[1]) for name in names]
    for outcome in outcomes:
        write_result(outcome, tmp_path)
        write_feedback(outcome, assignment.name, tmp_path)
    path = write_report(lambda: iter(rows_of(outcomes)), assignment, tmp_path)
    html = path.read_bytes().decode("utf-8")
    assert not [tag for tag, _ in tags_of(html) if tag in {"img", "iframe", "object", "link"}]
    assert html.count("<script") == 1
    links = [a["href"] for tag, a in tags_of(html) if tag == "a" and not a["href"].startswith("#")]
    from urllib.parse import unquote_to_bytes

    for link, outcome in zip(links, outcomes, strict=True):
        assert os.fsdecode(unquote_to_bytes(link)) == f"feedback/{outcome.file}.html"
        assert feedback_path(outcome.file, tmp_path).is_file()
        assert ":" not in link
    with (tmp_path / "report" / "not_graded.csv").open(newline="", encoding="utf-8") as stream:
        cells = [row[0] for row in csv.reader(stream)]
    assert "'=HYPERLINK(1).ipynb cannot be read" in cells


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "|calc", "%0A"])
def test_a_cell_is_no_formula(text, tmp_path):
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as stream:
        write_csv([(text, -0.5, None, "right")], stream)
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as stream:
        assert next(csv.reader(stream)) == [
            "'" + " ".join(text.splitlines() or [text]).replace("\t", " "),
            "-0.5",
            "",
            "right",
        ]


# Many

MANY = """
import resource, sys, time
from pathlib import Path
from autograder.course import load_assignment
from autograder.grading.feedback_files import write_report
from autograder.grading.journal import Journal
assignment, out, count = load_assignment("xor_backprop"), Path(sys.argv[1]), int(sys.argv[2])
files = [f"s{i:05}.ipynb" for i in range(count)]
with Journal(out) as journal:
    start = time.perf_counter()
    write_report(lambda: journal.rows(files), assignment, out)
    seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_ten_thousand_results_in_seconds_and_bounded_memory(some_results, tmp_path):
    kinds = [Outcome("kind", COMPLETED, result) for result in some_results]
    for i, outcome in enumerate(kinds):
        write_result(Outcome(f"kind{i}", COMPLETED, outcome.result), tmp_path)
    with Journal(tmp_path) as journal:
        for i in range(10_000):
            kind = i % len(kinds)
            os.link(result_path(f"kind{kind}", tmp_path), result_path(f"s{i:05}.ipynb", tmp_path))
            row = Row.of(kinds[kind], "k" * 64)
            journal.add(Row(f"s{i:05}.ipynb", row.key, row.status, row.points, row.first_slip))
    found = {}
    for count in (500, 10_000):
        done = subprocess.run(
            [sys.executable, "-c", MANY, str(tmp_path), str(count)], capture_output=True, text=True, check=True
        )
        found[count] = tuple(map(float, done.stdout.split()))
    seconds, kilobytes = found[10_000]
    assert seconds < 30, "some 7 s on an idle machine"
    assert kilobytes - found[500][1] < 15_000, found
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert html.count("<tr") > 10_000
    assert "s09999.ipynb" in html
