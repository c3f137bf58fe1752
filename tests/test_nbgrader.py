"""The full circle by nbgrader's own command line, the scores beside those of the engine, and other assignments in between.

Nothing stands in for nbgrader: a course folder, an exchange in a temporary folder, and kernels where nbgrader uses them.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader_course import (
    BIN,
    CLASS,
    EXPORTER,
    NAME,
    QUESTIONS,
    Course,
    at_the_end,
    clear,
    code_cell,
    expected_grades,
    filled_in,
    from_sample,
    hand_in_class,
    misconception_cells,
    student_of,
)
from right_variants import PLAIN, VARIANTS

from autograder.course import load_misconceptions
from autograder.grading.grades_file import FILE_NAME

pytestmark = pytest.mark.slow

FULL = dict(zip(QUESTIONS, (1.0, 4.0, 1.0, 1.0, 4.0, 4.0, 2.0, 2.0, 1.0), strict=True))
COLLECT = r"--FileNameCollectorPlugin.named_regexp=.*/(?P<student_id>[a-z]+)_(?P<file_id>xor_backprop)"


@pytest.fixture(scope="module")
def circle(tmp_path_factory):
    """The sample class once around: release, one student through the exchange, the others by zip, graded, feedback."""
    folder = tmp_path_factory.mktemp("nbgrader")
    exchange = f"\nc.Exchange.root = {str(folder / 'exchange')!r}\nc.Exchange.cache = {str(folder / 'cache')!r}\n"
    course = Course(folder / "course", exchange)
    (folder / "exchange").mkdir(mode=0o777)
    (folder / "exchange").chmod(0o777)
    assert "Success" in course.nbgrader("validate", f"source/{NAME}/{NAME}.ipynb")
    course.nbgrader("generate_assignment", NAME)
    course.nbgrader("release_assignment", NAME)
    _by_exchange(course, folder)
    _by_zip(course)
    course.nbgrader("autograde", NAME)
    course.nbgrader("generate_feedback", NAME)
    return course


def _by_exchange(course, folder):
    """One student fetches, does the work, validates, submits; `nbgrader collect`."""
    home = folder / "student"
    home.mkdir()
    shutil.copy(course.root / "nbgrader_config.py", home)
    course.nbgrader("fetch_assignment", NAME, cwd=home)
    notebook = home / NAME / f"{NAME}.ipynb"
    assert "VALIDATION FAILED ON 9 CELL(S)" in course.nbgrader("validate", notebook, cwd=home)
    released = json.loads(notebook.read_text(encoding="utf-8"))
    notebook.write_text(json.dumps(filled_in(released, [*PLAIN.values()])), encoding="utf-8")
    assert "Success" in course.nbgrader("validate", notebook, cwd=home)
    course.nbgrader("submit", NAME, cwd=home)
    course.nbgrader("collect", NAME)


def _by_zip(course):
    archive = course.root / "downloaded" / NAME / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "class.zip", "w") as zipped:
        for path in sorted(CLASS.iterdir()):
            made = from_sample(course.released, path)
            content = made if isinstance(made, bytes) else json.dumps(made).encode()
            zipped.writestr(f"{student_of(path)}_{NAME}.ipynb", content)
    course.nbgrader("zip_collect", NAME, COLLECT)


def test_the_class_gets_what_it_must_get(circle):
    """pavel, quinn and rosa handed in what is no notebook of this assignment: graded with 0, and told why."""
    scores = circle.scores()
    by_exchange = [student for student in scores if student not in expected_grades()]
    assert len(by_exchange) == 1
    assert scores.pop(by_exchange[0]) == FULL
    assert scores == expected_grades()


def test_the_export_is_the_grades_file_of_autograder_grade(circle, tmp_path):
    circle.nbgrader("export", EXPORTER)
    command = [sys.executable, "-m", "autograder", "grade", circle.root / "submitted", "--out", tmp_path]
    assert subprocess.run(command, capture_output=True).returncode == 1
    ours, theirs = (
        list(csv.reader((folder / FILE_NAME).read_text(encoding="utf-8").splitlines()))
        for folder in (tmp_path, circle.root)
    )
    assert theirs == ours


def test_what_is_exported_is_taken_for_an_upload(circle, tmp_path):
    """Each submission's student is known by nbgrader's folder; what could not be graded is kept back."""
    circle.nbgrader("export", EXPORTER)
    roster = ["Student,ID,SIS User ID,SIS Login ID,Section,Backprop (1)", "    Points Possible,,,,,20"]
    roster += [f"{name},{number},,{name},," for number, name in enumerate(("ada", "karla", "pavel"), start=1)]
    (tmp_path / "canvas.csv").write_text("\n".join(roster) + "\n", encoding="utf-8")
    circle.command(
        "autograder", "scores", "export", FILE_NAME, "--format", "canvas", "--from", tmp_path / "canvas.csv",
        "-o", tmp_path / "filled.csv",
    )  # fmt: skip
    with (tmp_path / "filled.csv").open(newline="", encoding="utf-8") as stream:
        filled = {row["Student"].strip(): row["Backprop (1)"] for row in csv.DictReader(stream)}
    assert (filled["ada"], filled["karla"], filled.get("pavel", "")) == ("20", "16.5", "")


def test_feedback_has_words_and_partial_credit(circle):
    page = re.sub(r"<[^>]+>", "", circle.feedback("karla"))
    assert "(Score: 16.5 / 20.0)" in page
    assert "Score: 3.0 / 4.0" in page
    assert "3 of 4 points" in page
    assert "has the opposite sign of what is needed" in page
    assert "right, given your dL_df_out" in page
    assert "corrupt notebook: not valid JSON" in circle.feedback("pavel")
    assert "when it ran, cell" in circle.feedback("mina")
    assert "No response." in circle.feedback("lars")


def test_the_graded_notebook_says_in_the_cell_what_was_earned(circle):
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in circle.graded("karla")["cells"]}
    words, score = cells["q5"]["outputs"]
    assert words["output_type"] == "stream"
    assert score["data"]["text/plain"] in ("3.0", ["3.0"])
    assert "def output_layer_gradients" in "".join(cells["q5-answer"]["source"])


def test_no_feedback_and_no_release_holds_the_reference(circle, reference_source):
    from test_build import solution_lines

    for text in (circle.feedback("lars"), json.dumps(circle.released), json.dumps(circle.graded("lars"))):
        squeezed = re.sub(r"\s+|<[^>]+>", "", text)
        for answer in solution_lines(reference_source):
            assert re.sub(r"\s+", "", answer) not in squeezed
        assert "BEGIN SOLUTION" not in text


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A released course for tests that hand in their own."""
    made = Course(tmp_path_factory.mktemp("course") / "course")
    made.release()
    return made


@pytest.fixture(scope="module")
def large_class(course, assignment, reference_source):
    """All right variants, all misconceptions, and some odd but right notebooks in one run; the engine's points of each."""
    clear(course)
    released, expected = course.released, {}
    for number, cells in enumerate(VARIANTS.values()):
        course.hand_in(f"variant{number:03d}", at_the_end(released, cells))
        expected[f"variant{number:03d}"] = FULL
    for number, misconception in enumerate(load_misconceptions(NAME)):
        cells, points = misconception_cells(assignment, reference_source, misconception)
        assert sum(points.values()) < 20
        course.hand_in(f"wrong{number:03d}", at_the_end(released, cells))
        expected[f"wrong{number:03d}"] = points
    noise = "import sys, warnings\nwarnings.warn('x')\nprint('y', file=sys.stderr)\nnp.log(-1.0)\nnp.exp(1e4)"
    loud = "    warnings.warn('x'); print('y', file=sys.stderr); np.log(-1.0)\n    return"
    functions = {**PLAIN, "sigmoid": PLAIN["sigmoid"].replace("    return", loud)}
    course.hand_in("noisy", filled_in(released, [noise, *functions.values()]))
    unmarked = filled_in(released, [*PLAIN.values()])
    unmarked["cells"] = [{**cell, "metadata": {}} for cell in unmarked["cells"]]
    course.hand_in("unmarked", {**unmarked, "metadata": {}})
    course.nbgrader("autograde", NAME)
    return course.scores(), expected


def test_exact_parity_for_all_misconceptions_and_right_variants(large_class):
    scores, expected = large_class
    assert len(expected) >= 170
    assert {student: scores[student] for student in expected} == expected


@pytest.mark.parametrize("student", ["noisy", "unmarked"])
def test_what_is_no_mistake_costs_nothing(large_class, student):
    """Warnings and output on stderr; a notebook without any metadata, for what is ours is known by the course's side."""
    assert large_class[0][student] == FULL


def test_no_execute_grades_all_the_same(course):
    """nbgrader's flag keeps what outputs a student handed in; of ours none count."""
    clear(course)
    notebook = course.released
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["outputs"] = [
                {"output_type": "execute_result", "data": {"text/plain": "1.0"}, "metadata": {}, "execution_count": 1}
            ]
    course.hand_in("cheat", notebook)
    course.hand_in("honest", filled_in(course.released, [*PLAIN.values()]))
    course.nbgrader("autograde", NAME, "--no-execute")
    assert course.scores() == {"cheat": dict.fromkeys(QUESTIONS, 0.0), "honest": FULL}


def other_assignment(points):
    """A small assignment as an instructor of nbgrader writes it; its test gives half of the points."""
    marks = {"schema_version": 3, "task": False}
    answer = nbformat.v4.new_code_cell(
        "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION",
        metadata={"nbgrader": {**marks, "grade_id": "f", "grade": False, "solution": True, "locked": False}},
    )
    test = nbformat.v4.new_code_cell(
        f"f() / 2 * {points}",
        metadata={
            "nbgrader": {**marks, "grade_id": "q1", "grade": True, "solution": False, "locked": True, "points": points}
        },
    )
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=[answer, test], metadata=kernel)


def test_other_assignments_of_the_course_are_left_to_nbgrader(course):
    """Executed by a kernel, whatever a student's notebook claims to be."""
    clear(course)
    folder = course.root / "source" / "other"
    folder.mkdir()
    nbformat.write(other_assignment(6), folder / "problem.ipynb")
    course.nbgrader("generate_assignment", "other")
    released = json.loads((course.root / "release" / "other" / "problem.ipynb").read_text(encoding="utf-8"))
    assert "".join(released["cells"][0]["source"]).endswith("raise NotImplementedError()")
    released["cells"][0]["source"] = "def f(): return 1"
    released["cells"].append(code_cell(1, 'question_points("xor_backprop", "q1", globals())'))
    released["metadata"]["autograder"] = {"assignment": NAME}
    submitted = course.root / "submitted" / "ada" / "other" / "problem.ipynb"
    submitted.parent.mkdir(parents=True)
    submitted.write_text(json.dumps(released), encoding="utf-8")
    course.nbgrader("autograde", "other")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("other", "ada").score == 3.0
    shutil.rmtree(folder)


def test_without_our_configuration_nothing_is_earned_and_the_page_says_why(course):
    clear(course)
    course.hand_in("ada", filled_in(course.released, [*PLAIN.values()]))
    config = course.root / "nbgrader_config.py"
    before = config.read_text(encoding="utf-8")
    try:
        config.write_text(before.replace("configure(c)", "#"), encoding="utf-8")
        course.nbgrader("autograde", NAME)
    finally:
        config.write_text(before, encoding="utf-8")
    assert "must call autograder.platforms.nbgrader.configure(c)" in json.dumps(course.graded("ada"))
    row = course.rows()["ada"]
    assert (row["total_points_earned"], row["grading_status"]) == (
        "0",
        "not autograded: run `nbgrader autograde`",
    )
    course.nbgrader("autograde", NAME, "--force")
    assert course.scores()["ada"] == FULL


def test_points_that_are_not_the_settings_are_refused(course):
    clear(course)
    course.hand_in("ada", filled_in(course.released, [*PLAIN.values()]))
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_grade_cell("q2", NAME, NAME, max_score=40, cell_type="code")
    course.hand_in("bob", filled_in(course.released, [*PLAIN.values()]))
    said = course.nbgrader("autograde", NAME, status=1)
    assert said.count("xor_backprop/xor_backprop: q2 is worth 40 in the gradebook and 4 in the settings") == 1
    assert "Traceback" not in said
    assert not list((course.root / "autograded").glob("*/*"))


WITHOUT_WALLS = """
import sys
from autograder.grading import students
from autograder.student.walls import Walls
from nbgrader.apps.nbgraderapp import main
students.survey = lambda: Walls(0, False, False, False, ("a machine that has none",))
sys.argv = ["nbgrader", *sys.argv[1:]]
main()
"""


def test_without_walls_nothing_is_autograded(course):
    """What the survey finds stands in for a machine without walls."""
    clear(course)
    course.hand_in("ada", filled_in(course.released, [*PLAIN.values()]))
    said = course.command("python", "-c", WITHOUT_WALLS, "autograde", NAME, status=1)
    assert said.count("untrusted code cannot be walled in on this machine: a machine that has none") == 1
    assert "Traceback" not in said
    assert not list((course.root / "autograded").glob("*/*"))
    assert course.rows()["ada"]["grading_status"] == "not autograded: run `nbgrader autograde`"


def test_without_autograder_nothing_is_autograded(course, tmp_path):
    """A package that cannot be imported stands before ours; without the refusal nbgrader would run student code."""
    clear(course)
    course.hand_in("ada", filled_in(course.released, [*PLAIN.values()]))
    (tmp_path / "autograder.py").write_text("raise ImportError('not installed')", encoding="utf-8")
    without = {**course.environment, "PYTHONPATH": str(tmp_path)}
    command = [BIN / "nbgrader", "autograde", NAME]
    done = subprocess.run(command, cwd=course.root, env=without, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.endswith("nothing is autograded: autograder cannot be loaded: not installed\n")
    assert "Traceback" not in done.stderr
    assert not list((course.root / "autograded").glob("*/*"))


def test_the_export_follows_the_gradebook(course):
    """By hand, late, not handed in, handed in anew: what the gradebook says is what is exported."""
    clear(course)
    for student in ("byhand", "late", "again", "waiting"):
        course.hand_in(student, filled_in(course.released, [PLAIN["sigmoid"]]))
    course.nbgrader("autograde", NAME)
    shutil.rmtree(course.root / "autograded" / "waiting")
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        gradebook.add_student("nothing")
        gradebook.add_student("collected")
        gradebook.find_grade("q2", NAME, NAME, "byhand").manual_score = 2.5
        gradebook.find_grade("q9", NAME, NAME, "again").manual_score = 0.5
        gradebook.find_submission_notebook(NAME, NAME, "late").late_submission_penalty = 0.25
        gradebook.db.commit()
    course.hand_in("again", filled_in(course.released, [*PLAIN.values()]))
    course.nbgrader("autograde", NAME, "--student", "again", "--force")
    for student in ("collected", "unlisted"):  # known to the gradebook, and not
        course.hand_in(student, course.released)
    rows = {s: (r["q2"], r["total_points_earned"], r["grading_status"]) for s, r in course.rows().items()}
    assert rows == {
        "points-per-question": ("4", "20", "--"),
        "again": ("4", "19.5", "waits for a grader: its score was changed by hand before it was autograded again"),
        "byhand": ("2.5", "3.5", "Completed"),
        "collected": ("0", "0", "not autograded: run `nbgrader autograde`"),
        "late": ("0", "0.75", "Completed"),
        "nothing": ("0", "0", "nothing was handed in"),
        "unlisted": ("0", "0", "not autograded: run `nbgrader autograde`"),
        "waiting": ("0", "1", "not autograded: run `nbgrader autograde`"),
    }


def test_what_nbgrader_cannot_copy_costs_nobody_else_and_is_named(course):
    """nbgrader's own copying stops at these; the grades file says which file it is."""
    clear(course)
    for student in ("ada", "folder", "link", "renamed", "zed"):
        course.hand_in(student, filled_in(course.released, [*PLAIN.values()]))
    beside = course.submission("folder").parent / "xor_checks.py"
    beside.mkdir()
    (beside / "notes.txt").write_text("mine", encoding="utf-8")
    (course.submission("link").parent / "python").symlink_to("/no/such/file")
    course.submission("renamed").rename(course.submission("renamed").with_stem("mine"))
    course.nbgrader("autograde", NAME, status=1)
    rows = {s: (r["total_points_earned"], r["grading_status"]) for s, r in course.rows().items()}
    del rows["points-per-question"]
    assert rows == {
        "ada": ("20", "Completed"),
        "folder": (
            "0", "not autograded: 'xor_checks.py' is a folder in the submission and a file of the course; remove it"),
        "link": ("0", "not autograded: 'python' in the submission is a link that leads nowhere; remove it"),
        "renamed": ("0", "not autograded: no xor_backprop.ipynb was handed in"),
        "zed": ("20", "Completed"),
    }  # fmt: skip


def test_the_export_says_what_is_wrong_in_one_line(course):
    said = course.nbgrader("export", EXPORTER, "--ExportPlugin.assignment", "unknown", status=1)
    assert "no assignment of autograder's is in the gradebook by this name" in said
    said = course.nbgrader("export", EXPORTER, "--to", "no/such/folder.csv", status=1)
    assert "no/such/folder.csv: No such file or directory" in said
    assert "Traceback" not in said


def test_a_class_of_one_sample_each_is_handed_in_as_its_students_would(course):
    clear(course)
    assert hand_in_class(course, lambda path: path.name.startswith(("ada", "emil"))) == ["ada", "emil"]
    assert "%timeit sigmoid(0.3)" in course.submission("ada").read_text(encoding="utf-8")
