"""Hostile notebooks by real `nbgrader autograde` and `generate_feedback`: never more than their honest part, nothing that acts.

As in `test_attacks.py` all runs inside a PID namespace with bounded time; needs root on Linux.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbgrader_attacks
import pytest
from attacks import ATTACKS as CODE
from nbgrader_course import NAME, Course, filled_in
from right_variants import PLAIN
from test_attacks import WATCH, in_pid_namespace, short_course  # noqa: F401 - a fixture
from test_build import solution_lines

from autograder.course import home

pytestmark = pytest.mark.slow

BY_CODE = CODE[::4]  # each takes up to its seconds; `autograder grade` is attacked by all of them


def name_of(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower())


@pytest.fixture(scope="module")
def attacked(tmp_path_factory, short_course):  # noqa: F811
    """A course in which everybody but two neighbours is hostile, autograded and with feedback."""
    root = tmp_path_factory.mktemp("attacked") / "course"
    grader_home = nbgrader_attacks.home_beside(root)
    (grader_home / ".jupyter").mkdir(parents=True)
    course = Course(root, environment={"AUTOGRADER_COURSE": str(short_course), "HOME": str(grader_home)})
    course.nbgrader("generate_assignment", NAME)
    released = course.released
    for neighbour in ("aaa-neighbour", "zzz-neighbour"):
        course.hand_in(neighbour, filled_in(released, [*PLAIN.values()]))
    course.hand_in("honest", nbgrader_attacks.honest(released))
    for name, (attack, _) in nbgrader_attacks.ATTACKS.items():
        path = course.submission(name_of(name))
        path.parent.mkdir(parents=True)
        made = attack(nbgrader_attacks.honest(released), path.parent)
        if made is not None:
            course.hand_in(name_of(name), made)
    for attack in BY_CODE:
        cells = [
            c.replace("@REPOSITORY@", str(home())).replace("@SUBMISSIONS@", str(course.root)) for c in attack.cells
        ]
        course.hand_in(name_of(f"{attack.family} {attack.name}"), nbgrader_attacks.at_the_end(released, cells))
    before = (course.root / "nbgrader_config.py").read_bytes()
    done = in_pid_namespace(
        sys.executable, "-c", WATCH, Path(sys.executable).parent / "nbgrader", "autograde", NAME,
        timeout=900, env=course.environment, cwd=course.root,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    course.nbgrader("generate_feedback", NAME)
    assert (course.root / "nbgrader_config.py").read_bytes() == before
    return course, course.rows(), done


def test_there_are_many(attacked):
    course, rows, _ = attacked
    assert len(nbgrader_attacks.ATTACKS) >= 30
    assert (
        len(list((course.root / "autograded").iterdir()))
        == len(rows) - 1
        == 3 + len(nbgrader_attacks.ATTACKS) + len(BY_CODE)
    )


@pytest.mark.parametrize("name", nbgrader_attacks.ATTACKS)
def test_no_attack_on_nbgrader_earns_more_than_its_honest_part(attacked, name):
    row = attacked[1][name_of(name)]
    assert float(row["total_points_earned"]) == nbgrader_attacks.ATTACKS[name][1], row


@pytest.mark.parametrize("attack", BY_CODE, ids=lambda attack: attack.name)
def test_no_attack_of_the_suite_earns_more_than_its_honest_part(attacked, attack):
    row = attacked[1][name_of(f"{attack.family} {attack.name}")]
    assert float(row["total_points_earned"]) <= attack.honest, row
    assert row["grading_status"] == "Completed"


def test_the_neighbours_and_the_honest_are_undisturbed(attacked):
    totals = {name: attacked[1][name]["total_points_earned"] for name in ("aaa-neighbour", "zzz-neighbour", "honest")}
    assert totals == {"aaa-neighbour": "20", "zzz-neighbour": "20", "honest": "1"}


def test_no_process_and_no_file_is_left(attacked):
    course, _, done = attacked
    assert "LEFT []" in done.stdout
    assert {path.name for path in course.root.iterdir()} <= {
        "source", "release", "submitted", "autograded", "feedback", "gradebook.db", "nbgrader_config.py", "final_grades.csv"}  # fmt: skip
    assert not (nbgrader_attacks.home_beside(course.root) / ".jupyter" / "nbgrader_config.py").exists()
    assert not Path("/tmp/planted-by-a-student.txt").exists()


def test_only_the_notebook_and_the_courses_own_files_go_on(attacked):
    """What lay beside a submission, links included, is neither graded with nor handed back."""
    course = attacked[0]
    own = {f"{NAME}.ipynb", f"{NAME}.html", *(path.name for path in (course.root / "source" / NAME).iterdir())}
    for step in ("autograded", "feedback"):
        for student in (course.root / step).iterdir():
            found = {path.relative_to(student / NAME).as_posix() for path in (student / NAME).rglob("*")}
            assert found <= own, student
    planted = course.root / "autograded" / "files-beside" / NAME / "xor_checks.py"
    assert planted.read_bytes() == (course.root / "source" / NAME / "xor_checks.py").read_bytes()


class Acting(HTMLParser):
    """What in a page can act: scripts, handlers, frames, and links that are no plain links."""

    def __init__(self, page):
        super().__init__()
        self.found, self._script = [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self._script = tag == "script"
        if tag in {"script", "iframe", "object", "embed", "form", "base", "svg", "meta", "link"}:
            self.found.append((tag, tuple(attributes)))
        for name, value in attributes:
            if name.startswith("on") or re.match(r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE):
                self.found.append((tag, name, value))

    def handle_data(self, data):
        if self._script:
            self.found.append(("script", data))

    def handle_endtag(self, tag):
        self._script = False


def test_nothing_in_a_feedback_page_acts_for_a_student(attacked):
    """Scripts and the like are those of nbgrader's own page, whatever was handed in."""
    course = attacked[0]
    own = Acting(course.feedback("honest")).found
    assert own
    for student in (course.root / "feedback").iterdir():
        assert Acting(course.feedback(student.name)).found == own, student.name
    assert "&lt;script&gt;" in course.feedback("reports")  # it is shown as text


def test_the_search_would_find_a_script():
    page = "<a href=' JavaScript:x'>y</a><img onerror=x><script>z</script>"
    assert Acting(page).found == [
        ("a", "href", " JavaScript:x"),
        ("img", "onerror", "x"),
        ("script", ()),
        ("script", "z"),
    ]


def test_nothing_of_the_reference_is_in_what_students_get(attacked, reference_source):
    course = attacked[0]
    for student in (course.root / "feedback").iterdir():
        if student.name.endswith("neighbour"):
            continue
        text = re.sub(r"<[^>]+>", "", course.feedback(student.name))
        own = course.submission(student.name).read_text(encoding="utf-8")  # what `win` would have put in
        for answer in solution_lines(reference_source):
            assert answer not in text or (answer in own and student.name != "link-to-the-solution"), student.name
