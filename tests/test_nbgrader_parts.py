"""The nbgrader course folder and the parts that grade it, one by one; `test_nbgrader.py` runs nbgrader itself."""

import ast
import re
import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearSolutions, Execute, IgnorePattern, SaveAutoGrades
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution
from traitlets.config import Config

from autograder.build import nbgrader as course_folder
from autograder.build import template
from autograder.build.stubs import cut
from autograder.checking.engine import grade
from autograder.course import home, load_assignment, load_settings, reference_path
from autograder.errors import UserError
from autograder.grading.one import Outcome
from autograder.platforms.nbgrader import configure
from autograder.platforms.nbgrader.config import GRADER, READER, STUBS
from autograder.platforms.nbgrader.gradebook import CourseCell, CourseNotebook
from autograder.platforms.nbgrader.grading import outputs
from autograder.platforms.nbgrader.hidden import question_points
from autograder.platforms.nbgrader.restoring import MAX_CELLS, restored
from autograder.platforms.nbgrader.stubs import ClearSolutionsToStubs
from autograder.student.in_process import InProcessStudent
from autograder.submission.marks import asked_by
from autograder.submission.notebook import Cell

NAME = "xor_backprop"


@pytest.fixture(scope="module")
def source(assignment):
    return course_folder.source_notebook(assignment)


@pytest.fixture(scope="module")
def released(assignment):
    """The answer cells as `nbgrader generate_assignment` clears them with our preprocessor."""
    notebook, _ = ClearSolutionsToStubs().preprocess(course_folder.source_notebook(assignment), {})
    return notebook


def marked(notebook):
    return [cell for cell in notebook.cells if "nbgrader" in cell.metadata]


@pytest.fixture(scope="module")
def course(released):
    """The course's side of the notebook as the gradebook has it."""
    cells = []
    for cell in marked(released):
        marks = cell.metadata.nbgrader
        cells.append(
            CourseCell(
                name=marks.grade_id, cell_type=cell.cell_type, locked=marks.locked, solution=marks.solution,
                source=cell.source, checksum=compute_checksum(cell), max_score=marks.get("points"),
                question=(asked_by(cell.source) or ("", ""))[1],
            )
        )  # fmt: skip
    return CourseNotebook(NAME, tuple(cells))


def test_stubs_are_those_of_the_student_template(released):
    def stubs(notebook):
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith("def ")]
        return [ast.unparse(ast.parse(source)) for source in cells]

    handed_out = nbformat.read(template.template_folder(NAME) / f"{NAME}.ipynb", as_version=4)
    assert stubs(released) == stubs(handed_out)
    assert len(stubs(released)) == 9


def test_answers_are_the_reference(source):
    functions = cut(reference_path(NAME).read_text(encoding="utf-8"), "")
    answers = [cell for cell in source.cells if is_solution(cell)]
    for cell, function in zip(answers, functions.values(), strict=True):
        assert re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", cell.source).strip() == function.solution.strip()


def test_a_release_without_our_preprocessor_has_no_answer_either(source, reference_source):
    notebook, _ = ClearSolutions().preprocess(course_folder.source_notebook(load_assignment(NAME)), {})
    text = nbformat.writes(notebook)
    assert "SOLUTION" not in text
    for function in cut(reference_source, "").values():
        assert function.body.strip().splitlines()[-1] not in text


def test_test_cells_have_the_points_of_the_questions(source, assignment):
    tests = [cell for cell in source.cells if is_grade(cell)]
    points = {asked_by(cell.source)[1]: cell.metadata.nbgrader.points for cell in tests}
    assert points == {q.name: assignment.question_points(q) for q in assignment.rubric.questions}
    assert sum(points.values()) == 20
    assert all(cell.metadata.nbgrader.locked and "BEGIN HIDDEN TESTS" in cell.source for cell in tests)


def test_nbgrader_takes_the_metadata(source):
    MetadataValidator().validate_nb(source)
    ids = [cell.metadata.nbgrader.grade_id for cell in marked(source)]
    assert len(ids) == len(set(ids)) == 18 + sum(cell.cell_type == "markdown" for cell in source.cells)


def autograder(*arguments, status=0):
    command = [sys.executable, "-m", "autograder", "build", "--for", "nbgrader", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=home())
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def test_build_writes_a_course_folder_and_says_what_is_stale(tmp_path):
    assert f"{NAME}: source in" in autograder("-o", tmp_path)
    assert {path.name for path in (tmp_path / "source" / NAME).iterdir()} == set(course_folder.source_files(NAME))
    assert autograder("-o", tmp_path, "--check") == ""
    notebook = tmp_path / "source" / NAME / f"{NAME}.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("Basic", "Advanced"), encoding="utf-8")
    assert f"{NAME}.ipynb: stale" in autograder("-o", tmp_path, "--check", status=1)


def test_files_that_the_notebook_speaks_of_are_handed_out():
    """By nbgrader and by otter-grader alike."""
    text = (home() / "assignments" / NAME / "notebook.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b\w+\.(?:txt|svg|png|md)\b", text)) | ({"README.md"} if "README" in text else set())
    assert {"requirements.txt", "network.svg"} <= named
    assert named <= set(course_folder.source_files(NAME))
    assert named <= {path.name for path in template.template_folder(NAME).iterdir()}


def test_build_keeps_a_configuration_that_is_there(tmp_path):
    config = tmp_path / "nbgrader_config.py"
    config.write_text("c = get_config()\n", encoding="utf-8")
    said = course_folder.add_config(tmp_path)
    assert config.read_text(encoding="utf-8") == "c = get_config()\n"
    assert said.endswith(f"add:\n{course_folder.CONFIGURE}")
    assert course_folder.CONFIGURE in (home() / "docs" / "nbgrader.md").read_text(encoding="utf-8")
    config.write_text("from autograder.platforms.nbgrader import configure\n", encoding="utf-8")
    assert course_folder.add_config(tmp_path).endswith("was there and is kept")


def test_configure_puts_ours_in_nbgraders_places():
    c = Config()
    configure(c)
    stock = Autograde.class_traits()["autograde_preprocessors"].default()
    assert c.Autograde.autograde_preprocessors == [GRADER if pp is Execute else pp for pp in stock]
    stock = GenerateAssignment.class_traits()["preprocessors"].default()
    assert c.GenerateAssignment.preprocessors == [STUBS if pp is ClearSolutions else pp for pp in stock]
    assert c.Autograde.exporter_class == READER


def test_configure_keeps_what_the_course_configured():
    c = Config()
    c.Autograde.autograde_preprocessors = ["nbgrader.preprocessors.Execute", "mine.Mine", SaveAutoGrades]
    c.GenerateAssignment.preprocessors.append("mine.Other")
    configure(c)
    assert c.Autograde.autograde_preprocessors == [GRADER, "mine.Mine", SaveAutoGrades]
    assert c.GenerateAssignment.preprocessors[-1] == "mine.Other"
    assert STUBS in c.GenerateAssignment.preprocessors
    assert ClearSolutions not in c.GenerateAssignment.preprocessors
    again = list(c.Autograde.autograde_preprocessors)
    configure(c)
    assert c.Autograde.autograde_preprocessors == again
    assert IgnorePattern not in again


def test_configure_refuses_where_another_preprocessor_executes():
    c = Config()
    c.Autograde.autograde_preprocessors = ["mine.Execute", SaveAutoGrades]
    with pytest.raises(UserError, match=r"has no nbgrader\.preprocessors\.Execute for ours to replace"):
        configure(c)


def test_the_hidden_test_gives_the_points_and_refuses_to_grade(reference_source, monkeypatch):
    namespace: dict[str, object] = {}
    exec(reference_source, namespace)
    assert question_points(NAME, "q2", namespace) == 4.0
    exec("right = forward\ndef forward(*a): return (*right(*a)[:3], 0.5)", namespace)
    assert question_points(NAME, "q2", namespace) == 3.0
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(UserError, match=r"must call autograder\.platforms\.nbgrader\.configure"):
        question_points(NAME, "q2", namespace)


def test_partial_scores_are_plain_floats_that_nbgrader_reads(course, assignment):
    result = grade(
        assignment, InProcessStudent(["import numpy as np\ndef forward(x, W, b, u, c): return W.T @ x + b, 1, 2, 3"])
    )
    outcome = Outcome("a.ipynb", "Completed", result, cell_errors=("cell 1: ValueError: x",))
    for number, test in enumerate(course.tests, start=1):
        cell = nbformat.v4.new_code_cell(test.source, metadata={"nbgrader": test.metadata()})
        cell.outputs = outputs(test, NAME, outcome, number)
        assert re.fullmatch(r"\d\.\d", cell.outputs[1].data["text/plain"])
        assert determine_grade(cell) == (result.by_question()[test.question], test.max_score)
        assert ("cell 1: ValueError: x" in cell.outputs[0].text) == (test.question == "q1")
    nothing = outputs(course.tests[1], NAME, Outcome("a.ipynb", "empty file"), 2)
    assert nothing[0].text == "0 of 4 points: empty file\n"
    assert nothing[1].data["text/plain"] == "0.0"


# Restoring what was handed in

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) $\\href{javascript:alert(1)}{x}$"
)
texts = st.text(st.sampled_from("ab`~\n $<>\"'\\#\0\x1b\ud800")) | st.sampled_from([HOSTILE, "```\n" + HOSTILE, ""])


def handed_in_cells():
    ids = st.sampled_from(["q1", "q2", "q1-answer", "text-00", "nonsense", 7, None])
    marks = st.fixed_dictionaries({"grade_id": ids, "grade": st.booleans(), "points": st.floats()})
    metadata = st.fixed_dictionaries({"nbgrader": marks | st.text() | st.lists(st.integers())}) | st.just({})
    return st.lists(st.builds(Cell, texts, st.booleans(), st.booleans(), metadata), max_size=12)


@settings(deadline=None, max_examples=50)
@given(handed_in_cells())
def test_restored_holds_each_test_cell_once_and_nothing_that_acts(course, handed_in):
    notebook = restored(course, handed_in)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    nbformat.writes(notebook).encode("utf-8")
    tests = {cell.name: cell.source for cell in course.tests}
    assert {cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if is_grade(cell)} == tests
    given_texts = {cell.source for cell in course.cells}
    for cell in notebook.cells:
        assert cell.cell_type in {"code", "markdown"}
        assert cell.cell_type == "code" or cell.source in given_texts or cell.source.startswith("```")
        if is_grade(cell):
            assert determine_grade(cell)[0] == 0  # nothing is earned until we grade
        else:
            assert not cell.get("outputs")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attributes):
        self.found |= {tag, *(name for name, _ in attributes)}


@settings(deadline=None)
@given(texts)
def test_a_students_text_is_shown_and_never_acts(course, text):
    (cell,) = [c for c in restored(course, [Cell(text + "zzz", False, False, {})]).cells if "zzz" in c.source]
    tags = Tags()
    html = markdown2html_mistune(cell.source)
    tags.feed(html)
    assert tags.found <= {"div", "pre", "span", "class"}
    assert "zzz" in html


def test_restored_keeps_the_students_code_in_order(course):
    answer = Cell("def sigmoid(z): return 1", True, True, {"nbgrader": {"grade_id": "q1-answer"}})
    own = Cell("helper = 1", True, True, {})
    notebook = restored(course, [own, answer, answer])
    sources = [cell.source for cell in notebook.cells]
    assert [s for s in sources if s in {own.source, answer.source}] == [own.source, answer.source, answer.source]
    assert sources[sources.index(answer.source) + 1] == course.by_name["q1"].source
    assert sum(is_solution(cell) for cell in notebook.cells) == 1


def test_cells_that_lost_their_ids_are_known_by_what_they_say(course):
    """As after a notebook went through an editor that drops nbgrader's metadata."""
    order = [cell for cell in course.cells if cell.name in {"text-03", "q1-answer", "q1", "text-06"}]
    notebook = restored(course, [Cell(cell.source, cell.cell_type == "code", True, {}) for cell in order])
    sources = [cell.source for cell in notebook.cells]
    places = [sources.index(cell.source) for cell in order]
    assert places == sorted(places)
    assert len(sources) == len(set(sources))


def test_what_was_written_over_a_test_cell_is_shown_beside_it(course):
    notebook = restored(course, [Cell("points = 4", True, True, {"nbgrader": {"grade_id": "q2"}})])
    sources = [cell.source for cell in notebook.cells]
    assert sources[sources.index("points = 4") + 1] == course.by_name["q2"].source


def test_more_cells_than_a_page_shows_are_cut(course):
    notebook = restored(course, [Cell(f"x = {i}", True, True, {}) for i in range(MAX_CELLS + 50)])
    assert len(notebook.cells) < MAX_CELLS + len(course.cells) + 1
    assert any("50 more cells followed" in cell.source for cell in notebook.cells)
    (long,) = [c for c in restored(course, [Cell("y" * 10**6, True, True, {})]).cells if c.source.startswith("yy")]
    assert len(long.source) < 60_000


def test_settings_of_the_assignment_hold_in_the_hidden_test_too():
    assert "xor_checks" in load_settings(NAME).imports.inert  # the public check is silent when we grade
