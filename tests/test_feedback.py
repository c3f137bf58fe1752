"""The student's page and its text: states, chain, hints, escaping, golden texts, and nothing that gives an answer away."""

import ast
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from page_text import tags_of, text_of
from test_misconceptions import MISCONCEPTIONS, grade_with

from autograder.checking.engine import grade
from autograder.checking.result import AssignmentResult, StepResult
from autograder.course import load_settings, reference_path
from autograder.feedback.chain import chain
from autograder.feedback.drawing import COLUMN, HALF_HEIGHT, HALF_WIDTH, ROW, Drawing, _edge
from autograder.feedback.student_page import StudentPages
from autograder.feedback.text import feedback_text
from autograder.feedback.words import first_broken, state_of, step_words
from autograder.grading.one import grade_file
from autograder.student.in_process import InProcessStudent

HERE = Path(__file__).parent
CLASS = HERE / "sample_class" / "notebooks"
GOLDEN = HERE / "golden"


@pytest.fixture(scope="module")
def pages(assignment):
    return StudentPages(assignment)


@pytest.fixture(scope="module")
def wrong_results(assignment, reference_source):
    """The misconception class: one result for each wrong idea."""
    return {m: grade_with(assignment, reference_source, m) for m in MISCONCEPTIONS}


def result_of(assignment, *cells):
    return grade(assignment, InProcessStudent(cells, inert_modules=load_settings("xor_backprop").imports.inert))


def steps_of(result):
    return {step.step: step for step in result.steps}


# What is recorded of the lecture's numbers


def test_every_value_of_the_lecture_is_compared(assignment, reference_source):
    steps = steps_of(result_of(assignment, reference_source))
    for step in steps.values():
        assert step.place, step.step
        assert {row.agreement for row in step.compared} <= {"exact"}, step
    assert {row.value for step in steps.values() for row in step.compared} >= {
        "z_in",
        "dL_dW",
        "σ(z)",
        "W_new",
        "losses",
    }
    assert steps["q7.unchanged"].compared == ()


def test_exact_close_off_and_no_number(assignment, reference_source):
    rounded = reference_source + "\n_f = forward\ndef forward(*a):\n    return tuple(np.round(v, 4) for v in _f(*a))\n"
    assert steps_of(result_of(assignment, rounded))["q2.z_out"].compared[0].agreement == "close"
    bias = steps_of(result_of(assignment, reference_source.replace("W.T @ x + b\n", "W.T @ x\n")))
    assert bias["q2.z_in"].compared[0].agreement == "off"
    assert bias["q2.z_in"].compared[0].difference == 0.46  # |b_1|
    nothing = steps_of(result_of(assignment, reference_source.replace("    return 0.5 * (y - f_out) ** 2", "    pass")))
    assert nothing["q3.value"].compared[0].agreement == "no number"


def test_a_difference_has_two_digits_and_hidden_cases_leave_no_number(assignment, reference_source):
    """A wrong answer that is right on the public case only shows no difference at all."""
    typed_in = reference_source + (
        "\n_l = l2_loss\ndef l2_loss(y, f_out):\n    return _l(y, f_out) if abs(f_out - 0.7552884) < 1e-6 else 123.456 + f_out\n"
    )
    step = steps_of(result_of(assignment, typed_in))["q3.value"]
    assert step.status == "wrong"
    assert [(row.agreement, row.difference) for row in step.compared] == [("exact", 0.0)]


def test_what_is_compared_is_public(assignment):
    """A difference from a zero is the value itself: only numbers that students have in their checks may be compared."""
    checks = (HERE.parent / "student_template" / "xor_backprop" / "xor_checks.py").read_text(encoding="utf-8")
    known = np.array([float(n) for n in re.findall(r"\d+\.\d+", checks)])
    for question in assignment.rubric.questions:
        assert question.public
        for expected in assignment.rubric.expected(question)[: question.public]:
            for name, value in expected.items():
                assert all(abs(known - abs(v)).min() < 1e-8 for v in np.ravel(value)), (question.name, name)


def test_results_survive_json(wrong_results):
    for result in list(wrong_results.values())[::10]:
        assert AssignmentResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


# States and words


def step(**changes):
    return StepResult(**{"step": "q1.value", "points": 1, "earned": 1, "status": "right", "words": "right", **changes})


def test_states():
    assert state_of(step()) == "right"
    assert state_of(step(basis="own earlier values")) == "follows"
    assert state_of(step(basis="reference's earlier functions")) == "follows"
    assert state_of(step(status="wrong")) == "wrong"
    assert state_of(step(status="wrong", attempted=False)) == "not reached"
    assert state_of(step(status="could not be run")) == "not reached"


def test_follow_through_names_what_it_is_right_with(assignment, reference_source):
    source = reference_source.replace("W.T @ x + b\n", "W.T @ x\n").replace(
        "dL_df_out = -(y - f_out)", "dL_df_out = y - f_out"
    )
    steps = steps_of(result_of(assignment, source))
    assert step_words(steps["q2.z_out"]) == "right, given your z_in"
    assert step_words(steps["q2.f_in"]) == "right, given your z_out"
    assert step_words(steps["q5.dL_du"]) == "right, given your dL_df_out"
    assert step_words(steps["q8.hidden_layer"]) == "right, once the functions before it are"


# The chain


def test_the_drawn_edges_are_the_derivations_parameters(assignment):
    nodes = {node.step: node for node in chain(assignment.rubric)}
    assert nodes["q5.dL_du"].parents == ("q5.dL_df_out", "q5.df_out_df_in", "q2.z_out")
    assert nodes["q2.z_in"].parents == ()
    assert nodes["q2.z_in"].given == ("W", "x", "b")
    assert nodes["q8.hidden_layer"].parents == ("q6.dL_dW", "q6.dL_db")
    assert nodes["q7.value"].marked_by == ("q7.value", "q7.unchanged")
    drawn = {step for node in nodes.values() for step in node.marked_by}
    assert drawn == {f"{q.name}.{s.name}" for q in assignment.rubric.questions for s in q.steps}
    for node in nodes.values():
        question = next(q for q in assignment.rubric.questions if q.name == node.step.split(".")[0])
        values = next(s.values for s in question.steps if f"{question.name}.{s.name}" == node.step)
        parents = {parent for value in values for parent in assignment.rubric.derivation.values[value].parents}
        assert len(node.parents) <= len(parents)


def points_of(path):
    """Points along a path of M, V, H and C."""
    found = []
    for command, numbers in re.findall(r"([MVHC])([^MVHC]*)", path):
        values = [float(n) for n in numbers.split()]
        x, y = found[-1] if found else (0, 0)
        if command == "M":
            found.append((values[0], values[1]))
            continue
        ends = {"V": [x, y, x, *values, x, *values], "H": [x, y, *values, y, *values, y], "C": values}[command]
        corners = np.array([x, y, *ends]).reshape(4, 2)
        for t in np.linspace(0, 1, 50):
            found.append(tuple(np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]) @ corners))
    return found


def test_no_arrow_passes_behind_a_box(assignment):
    """Where it comes out again it would look like an arrow of that box."""
    drawing = Drawing(assignment.rubric)
    edges = [edge for placed in drawing._placed for edge in placed.incoming]
    assert len(edges) == sum(len(node.parents) for node in chain(assignment.rubric))
    for edge in edges:
        for x, y in points_of(edge):
            behind = [
                box.node.step
                for box in drawing._placed
                if abs(x - box.x) < HALF_WIDTH - 1 and abs(y - box.y) < HALF_HEIGHT - 1
            ]
            assert behind == [], edge


@pytest.mark.parametrize(("end", "boxes"), [((2, 0), [(1, 0)]), ((-2, 0), [(-1, 0)]), ((3, 1), [(1, 0), (2, 1)])])
def test_an_arrow_over_other_columns_goes_around_their_boxes(end, boxes):
    at = [(COLUMN * x, ROW * y) for x, y in boxes]
    edge = _edge((0, 0), (COLUMN * end[0], ROW * end[1]), at)
    assert points_of(edge)[-1][0] == COLUMN * end[0] - np.sign(end[0]) * (HALF_WIDTH + 2)
    assert not [
        (x, y) for x, y in points_of(edge) for a, b in at if abs(x - a) < HALF_WIDTH and abs(y - b) < HALF_HEIGHT
    ]


def test_the_chain_marks_each_link_and_the_first_broken_one(assignment, pages, wrong_results):
    for misconception, result in wrong_results.items():
        html = pages.page("a.ipynb", result)
        titles = dict(re.findall(r'<a href="#([^"]+)" transform[^>]*><title>([^<]*)</title>', html))
        broken = first_broken(result.steps)
        assert broken.step == misconception.steps[0]
        assert titles[broken.step].endswith(": wrong, first slip"), titles
        assert html.count('class="flag-words"') == 1
        states = steps_of(result)
        for step, title in titles.items():
            if step != broken.step and step != "q7.value":
                expected = {"follows": "right, given an earlier slip"}.get(
                    state_of(states[step]), state_of(states[step])
                )
                assert title.endswith(f": {expected}"), (step, title)


def test_states_differ_without_colour(pages, assignment):
    """Each state has a shape of its own and a mark, in every box and every line."""
    result = grade_file_of("tara_three_of_four_values.ipynb", assignment)
    html = pages.page("a", result)
    for state in ("right", "follows", "wrong", "not-reached"):
        assert f'<g id="s-{state}"' in html
        assert f'<g id="m-{state}"' in html
    shapes = [re.search(rf'<g id="s-{s}"[^>]*>(.*?)<use', html).group(1) for s in ("right", "follows", "wrong")]
    assert len(set(shapes)) == 3
    assert all(
        attributes["href"].startswith("#m-")
        for tag, attributes in tags_of(html)
        if tag == "use" and "s-" not in attributes["href"]
    )


def grade_file_of(name, assignment):
    from autograder.submission.notebook import read

    return result_of(assignment, *read(CLASS / name).cells)


# Hints, and what no page may hold


def test_every_misconception_leads_to_its_own_hint(wrong_results, all_pages):
    hints = {m.name: m.hint for m in MISCONCEPTIONS}
    for misconception, (_, text) in zip(wrong_results, all_pages, strict=False):
        allowed = {hints[name] for name in (misconception.name, *misconception.same_as)}
        assert any(hint in text for hint in allowed), misconception.name
        assert misconception.hint not in text or misconception.hint in allowed
        assert f"The chain breaks first at {misconception.steps[0]}" in text


NUMBER = re.compile(r"\d+\.?\d*(?:e[-+]?\d+)?|\.\d+")


def digits(number):
    """How many significant digits a printed number has."""
    return len(number.split("e")[0].replace(".", "").lstrip("0"))


def reference_values(assignment):
    """Every number of the reference, hidden or not, but those that are inputs and those of one or two digits."""
    found = set()
    for question in assignment.rubric.questions:
        for inputs, expected in zip(question.cases, assignment.rubric.expected(question), strict=True):
            given = {abs(float(v)) for value in inputs.values() for v in np.ravel(value)}
            found |= {abs(float(v)) for value in expected.values() for v in np.ravel(value)} - given
    return np.array(sorted(v for v in found if float(f"{v:.2g}") != v))


def printed_reference_values(text, values, least):
    """Numbers in `text` with at least so many digits that are a reference value to as many digits."""
    numbers = {n for n in NUMBER.findall(text) if digits(n) >= least}
    return [n for n in numbers if any(float(f"{v:.{digits(n) - 1}e}") == float(n) for v in values)]


ALL_ZERO_OR_ONE = """
import numpy as np
def sigmoid(z): return np.zeros(np.shape(z))
def forward(x, W, b, u, c): return np.zeros(2), np.zeros(2), 0.0, 0.0
def l2_loss(y, f_out): return 0.0
def sigmoid_derivative(z): return np.zeros(np.shape(z))
def output_layer_gradients(y, z_out, f_in, f_out): return 0.0, 0.0, np.zeros(2), 0.0
def hidden_layer_gradients(x, z_in, u, a, b): return np.zeros(2), np.zeros(2), np.zeros((2, 2)), np.zeros(2)
def sgd_update(parameter, gradient, learning_rate): return np.zeros(np.shape(parameter))
def train_step(x, y, W, b, u, c, learning_rate): return 0 * W, 0 * b, 0 * u, 0.0
def train(X, Y, W, b, u, c, learning_rate, epochs): return (0 * W, 0 * b, 0 * u, 0.0), [0.0] * epochs
"""


@pytest.fixture(scope="module")
def all_pages(assignment, pages, wrong_results):
    """(what is written, what is read of it): of the misconception class, the sample class, and one who fishes with zeros."""
    results = [*wrong_results.values(), result_of(assignment, ALL_ZERO_OR_ONE)]
    for name in ("karla_several_slips", "olga_lecture_numbers_typed_in", "ada_vectorised", "tara_three_of_four_values"):
        results.append(grade_file_of(f"{name}.ipynb", assignment))
    html = [pages.page("a.ipynb", result) for result in results]
    short = [feedback_text(result) for result in results]
    plain = [json.dumps(result.to_dict(), ensure_ascii=False) for result in results]  # and what they are made from
    return [*((page, text_of(page)) for page in html), *((text, text) for text in short + plain)]


def test_no_page_holds_a_reference_value(assignment, all_pages):
    values = reference_values(assignment)
    assert len(values) > 250
    assert printed_reference_values("f_in is 1.127", values, 3) == ["1.127"]  # what the search would find
    for page, text in all_pages:
        assert printed_reference_values(text, values, 3) == []
        assert printed_reference_values(page, values, 4) == []


def reference_code():
    """Statements of the reference's bodies and expressions of the rubric's values, without blanks."""
    found = set()
    for function in ast.parse(reference_path("xor_backprop").read_text(encoding="utf-8")).body:
        if isinstance(function, ast.FunctionDef):
            found |= {
                ast.unparse(node) for node in ast.walk(function) if isinstance(node, (ast.Assign, ast.Return, ast.For))
            }
    rubric = Path(sys.modules["autograder.rubrics.xor_backprop"].__file__).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(rubric)):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            found |= {ast.unparse(s.value) for s in ast.walk(node) if isinstance(s, ast.Return)}
    return {code.replace(" ", "") for code in found if len(code) > 12}


def test_no_page_holds_the_references_code(all_pages):
    code = reference_code()
    assert "dL_dc=dL_df_out*df_out_df_in" in code
    assert len(code) > 40
    for _, text in all_pages:
        assert [line for line in code if line in text.replace(" ", "")] == []


# Escaping, policy, cost

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp;{{7*7}}"


def test_student_controlled_text_is_escaped(assignment, pages, reference_source):
    raising = reference_source.replace("    return 0.5 * (y - f_out) ** 2", f"    raise ValueError({HOSTILE!r})")
    result = result_of(assignment, raising)
    assert HOSTILE[:20] in steps_of(result)["q3.value"].words
    for html in (pages.page(HOSTILE, result, [HOSTILE]), pages.page_of_ungraded(HOSTILE, HOSTILE)):
        assert "<script" not in html
        assert not [tag for tag, _ in tags_of(html) if tag in {"img", "script", "iframe", "object", "link"}]
        assert text_of(html).count("<script>alert(1)</script>") >= 2
        assert "{{7*7}}" in html


def test_text_cannot_be_turned_around(assignment, pages, reference_source):
    turned = "a\u202egpj.\u2066x\u200f\u061c é"
    result = result_of(
        assignment, reference_source.replace("    return 0.5 * (y - f_out) ** 2", f"    raise ValueError({turned!r})")
    )
    assert turned in steps_of(result)["q3.value"].words
    for html in (pages.page(turned, result, [turned]), pages.page_of_ungraded(turned, turned)):
        assert not set("\u202e\u2066\u200f\u061c") & set(html)
        assert "a�gpj.�x�� é" in html


def test_a_name_in_bytes_that_are_no_text_is_written(assignment, pages):
    assert (
        "\\udcff"
        in pages.page_of_ungraded(os.fsdecode(b"\xff"), "empty file").encode("utf-8", "backslashreplace").decode()
    )


def test_a_page_asks_nothing_of_the_network_and_allows_nothing(assignment, pages, wrong_results):
    html = pages.page("a.ipynb", next(iter(wrong_results.values())))
    policy = next(a["content"] for tag, a in tags_of(html) if tag == "meta" and a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    for tag, attributes in tags_of(html):
        assert "style" not in attributes, tag
        assert not any(name.startswith("on") for name in attributes), tag
        for name in ("href", "src"):
            assert (attributes.get(name) or "#").startswith("#"), tag


def test_a_page_costs_little(assignment, pages, wrong_results):
    """About a millisecond on an idle machine; the bound leaves room for a busy one."""
    results = list(wrong_results.values())[:50]
    for result in results:
        pages.page("warm.ipynb", result)
    start = time.process_time()
    sizes = [len(pages.page(f"{i}.ipynb", result)) for i, result in enumerate(results)]
    assert (time.process_time() - start) / len(results) < 0.005
    assert max(sizes) < 40_000


# Golden texts

GOLDEN_PAGES = (
    "ada_vectorised", "ivan_bias_forgotten", "karla_several_slips", "lars_untouched", "mina_crashing_cell", "nils_endless_loop",
    "quinn_empty", "sven_forgot_return",
)  # fmt: skip


def check_golden(name, text):
    """Compare with `tests/golden/NAME`; AUTOGRADER_WRITE_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    if os.environ.get("AUTOGRADER_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", GOLDEN_PAGES)
def test_the_pages_text(name, pages, students):
    outcome = grade_file(CLASS / f"{name}.ipynb", "xor_backprop", students)
    if outcome.result is None:
        html = pages.page_of_ungraded(outcome.file, outcome.status)
    else:
        html = pages.page(outcome.file, outcome.result, outcome.cell_errors)
    text = re.sub(r"\b\d(\.\d)?e-1[0-9]\b", "ROUNDING", text_of(html))  # differs from one NumPy to another
    check_golden(f"{name}.txt", re.sub(r"exact \| (0|ROUNDING)", "exact | ROUNDING", text))


def test_the_short_text(students):
    outcome = grade_file(CLASS / "karla_several_slips.ipynb", "xor_backprop", students)
    check_golden("karla_short.txt", feedback_text(outcome.result, ["first\nsecond \x1b[31m"]) + "\n")


def test_the_page_of_an_assignment_without_layout():
    from autograder.checking.derivation import Derivation
    from autograder.checking.question import Question, Rubric, Step

    graph = Derivation()

    @graph.value
    def slope(a):
        return a**2

    @graph.value
    def between(slope):
        return slope + 1

    @graph.value
    def value(between, x):
        return between * x

    rubric = Rubric(
        graph,
        (
            Question(
                "q1", "line", ("a", "x"), ("slope", "value"), (Step("slope", ("slope",)), Step("value", ("value",))), ()
            ),
        ),
    )
    slope_node, value_node = chain(rubric)
    assert (slope_node.row, value_node.row) == (0, 1)
    assert value_node.parents == ("q1.slope",)  # through a value that no step asks for
    assert value_node.given == ("x",)
