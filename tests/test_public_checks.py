"""The public checks' words, and the hints: exact, close or off, "not attempted", a forgotten return, shapes and types."""

import linecache
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from student_side import FUNCTIONS, TEMPLATE, namespace, template_module

from autograder.build.template import template_folder
from autograder.course import load_settings

checks, compare, hints = (template_module(f"xor_{name}") for name in ("checks", "compare", "hints"))
GOLDEN = Path(__file__).parent / "data" / "public_check_words.txt"
ALL = len(FUNCTIONS)


def stub_of(name):
    return FUNCTIONS[name].stub


def solution_of(name, *pairs):
    text = FUNCTIONS[name].solution
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_reference_passes_and_each_stub_is_not_attempted():
    solved, stubs = namespace(ALL), namespace()
    for question in checks.LECTURE:
        checks.check(question, solved)
        assert {line.status for line in checks.look(question, solved).lines} == {"exact"}
        with pytest.raises(AssertionError, match="Not attempted yet"):
            checks.check(question, stubs)
        assert not checks.look(question, stubs).attempted


# what a student might have written: (heading, question, the namespace)
SLIPS = [
    ("nothing written yet", "q2", namespace()),
    ("the cell was never run", "q3", {}),
    ("no return", "q3", namespace(ALL, l2_loss="def l2_loss(y, f_out):\n    loss = 0.5 * (y - f_out) ** 2")),
    ("no return where four values are due", "q5", namespace(ALL, output_layer_gradients="def output_layer_gradients(*a): pass")),
    ("a bias forgotten", "q2", namespace(ALL, forward=solution_of("forward", ("u @ z_out + c", "u @ z_out")))),
    ("rounded to four decimals", "q1", namespace(ALL, sigmoid="def sigmoid(z): return np.round(1 / (1 + np.exp(-z)), 4)")),
    ("half of it written", "q2", namespace(1, forward=stub_of("forward").replace("z_in = ...", "z_in = W.T @ x + b"))),
    ("one entry of two off", "q4", namespace(ALL, sigmoid_derivative="def sigmoid_derivative(z):\n    s = sigmoid(z)\n    return np.where(z > 1.03, s, s * (1 - s))")),
    ("a number for every entry", "q1", namespace(ALL, sigmoid="def sigmoid(z): return 0.37051689")),
    ("a row where a table is due", "q6", namespace(ALL, hidden_layer_gradients=solution_of("hidden_layer_gradients", ("np.outer(x, delta)", "delta")))),
    ("text", "q3", namespace(ALL, l2_loss="def l2_loss(y, f_out): return '0.0299'")),
    ("a function instead of its value", "q3", namespace(ALL, l2_loss="def l2_loss(y, f_out): return l2_loss")),
    ("two of four values", "q5", namespace(ALL, output_layer_gradients=solution_of("output_layer_gradients", ("return dL_df_out, df_out_df_in, dL_du, dL_dc", "return dL_du, dL_dc")))),
    ("not a number", "q3", namespace(ALL, l2_loss="def l2_loss(y, f_out): return np.float64(0) / 0")),
    ("complex", "q3", namespace(ALL, l2_loss="def l2_loss(y, f_out): return 1j")),
    ("an exception", "q3", namespace(ALL, l2_loss="def l2_loss(y, f_out):\n    return y[0] - f_out")),
    ("an earlier question is missing", "q4", namespace(0, sigmoid_derivative=solution_of("sigmoid_derivative"))),
    ("the half forgotten", "q3", namespace(ALL, l2_loss="def l2_loss(y, f_out): return (y - f_out) ** 2")),
    ("the lecture's own slip of f_in", "q2", namespace(ALL, forward=solution_of("forward", ("u @ z_out + c", "1.1122 + 0 * c")))),
    ("an earlier question is wrong", "q2", namespace(ALL, sigmoid="def sigmoid(z): return 1 / (1 + np.exp(z))")),
    ("the argument changed in place", "q7", namespace(ALL, sgd_update="def sgd_update(parameter, gradient, learning_rate):\n    parameter -= learning_rate * gradient\n    return parameter")),
]  # fmt: skip


def test_words_are_those_of_the_golden_file():
    parts = [f"# {heading}\n{checks.look(question, functions)!r}\n" for heading, question, functions in SLIPS]
    assert "\n".join(parts) == GOLDEN.read_text(encoding="utf-8")


def test_an_exception_is_told_with_the_students_own_line(tmp_path):
    (tmp_path / "cell.py").write_text(
        "def l2_loss(y, f_out):\n    gap = y[0] - f_out\n    return gap", encoding="utf-8"
    )
    functions = {}
    exec(compile((tmp_path / "cell.py").read_text(encoding="utf-8"), str(tmp_path / "cell.py"), "exec"), functions)
    assert "not subscriptable, at the line `gap = y[0] - f_out`" in repr(checks.look("q3", functions))


def test_the_line_told_is_the_students_own_and_not_a_librarys():
    code = "def l2_loss(y, f_out):\n    table = np.reshape(f_out, (3, 3))\n    return table"
    functions = {"np": np}
    linecache.cache["own cell"] = (len(code), None, code.splitlines(keepends=True), "own cell")
    exec(compile(code, "own cell", "exec"), functions)
    assert "into shape (3,3), at the line `table = np.reshape(f_out, (3, 3))`" in repr(checks.look("q3", functions))


def test_a_call_may_take_as_long_as_in_grading():
    assert load_settings("xor_backprop").limits.call_seconds == checks.SECONDS


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr(checks, "SECONDS", 0.2)
    report = checks.look("q3", namespace(ALL, l2_loss="def l2_loss(y, f_out):\n    while True: pass"))
    assert "stopped after 0.2 seconds; is there a loop that never ends?" in repr(report)
    assert checks.look("q3", namespace(ALL)).passed  # and nothing of the alarm is left over


def test_an_endless_loop_is_waited_for_once_a_function(monkeypatch):
    """Whatever builds on it, and however many cases a question has."""
    waits = []

    def limited(seconds, function, *arguments):
        waits.append(function.__name__)
        raise compare.TooSlow("it was stopped")

    monkeypatch.setattr(checks, "limited", limited)
    reports = checks.look_at_all(namespace(ALL))
    assert sorted(waits) == sorted(FUNCTIONS)
    assert "σ([-0.53, 1.04]) off: not tried after that" in repr(reports["q1"])
    waits.clear()
    assert "This builds on q1," in repr(checks.look("q9", namespace(ALL)))
    assert waits == ["train", "forward", "sigmoid"]


def test_what_does_not_pass_is_followed_back_to_where_it_begins():
    ascent = "def sgd_update(p, g, a): return p + a * g"
    for changed, begin in (
        ({"sgd_update": ascent}, "q7"),
        ({"sgd_update": ascent, "sigmoid": "def sigmoid(z): return 1 / (1 + np.exp(z))"}, "q1"),
        ({"sigmoid": stub_of("sigmoid")}, "q1"),
    ):
        for question in ("q8", "q9"):
            end = repr(checks.look(question, namespace(ALL, **changed))).splitlines()[-1]
            assert end == f"This builds on {begin}, which does not pass yet: begin there."


def test_a_fault_of_its_own_is_where_to_begin():
    """Unless an earlier question has such a fault, too, of which this one may come."""
    wrong = "def sigmoid_derivative(z): return 2 * z"
    end = {}
    for name, earlier, change in (
        ("none", stub_of("sigmoid_derivative"), ("dL_dc = dL_df_out * df_out_df_in", "dL_dc = None")),
        ("shape", wrong, ("dL_dc = dL_df_out * df_out_df_in", "dL_dc = z_out")),
        ("number", wrong, ("dL_dc = dL_df_out * df_out_df_in", "dL_dc = 1")),
        ("exception", wrong, ("dL_dc = dL_df_out * df_out_df_in", "dL_dc = None + 1")),
        ("none in both", "def sigmoid_derivative(z): pass", ("dL_dc = dL_df_out * df_out_df_in", "dL_dc = None")),
    ):
        own = solution_of("output_layer_gradients", change, ("sigmoid_derivative(f_in)", "f_out * (1 - f_out)"))
        functions = namespace(ALL, sigmoid_derivative=earlier, output_layer_gradients=own)
        end[name] = repr(checks.look("q5", functions)).splitlines()[-1].split()[0]
    assert end == {"none": "Begin", "shape": "Begin", "number": "This", "exception": "Begin", "none in both": "This"}


def test_dots_within_a_table_are_not_attempted_and_a_key_error_is():
    for table in ("np.array([[..., ...], [0, 0]])", "[[..., 1], [0, 0]]"):
        functions = namespace(
            ALL, hidden_layer_gradients=solution_of("hidden_layer_gradients", ("np.outer(x, delta)", table))
        )
        statuses = {line.value: line.status for line in checks.look("q6", functions).lines}
        assert statuses["dL_dW"] == "not attempted"
        assert statuses["dL_db"] == "exact"
    functions = namespace(ALL, sigmoid="def sigmoid(z): return {}['z']")
    assert checks.is_attempted("q1", functions)
    assert {line.status for line in checks.look("q4", functions).lines} == {"off"}


def test_a_function_that_ends_python_gets_words():
    assert "off: SystemExit" in repr(
        checks.look("q3", namespace(ALL, l2_loss="def l2_loss(y, f_out): raise SystemExit"))
    )


def test_a_question_that_is_not_there_is_told(capsys):
    assert template_module("xor_start").start(namespace()).check("q10") is None
    assert "There is no question 'q10': check one of q1, " in capsys.readouterr().out


def test_a_students_own_interrupt_goes_through():
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare.limited(60, interrupt)


def test_without_threads_there_is_no_limit(monkeypatch):
    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert compare.limited(0.01, lambda: 7) == 7


anything = st.recursive(
    st.none() | st.just(...) | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.complex_numbers()
    | st.sampled_from([np.zeros((2, 1)), np.zeros((0,)), np.array("a"), np.array(None), len, np.ma.masked, {}, {1}, object()]),
    lambda inner: st.lists(inner, max_size=5) | st.lists(inner, max_size=5).map(tuple), max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(question=st.sampled_from(list(checks.LECTURE)), answer=anything)
def test_whatever_comes_back_gets_words(question, answer):
    name, _ = checks.LECTURE[question]
    report = checks.look(question, {name: lambda *_: answer})
    assert len(repr(report).splitlines()) >= 3
    assert report._repr_html_().startswith("<pre")
    assert not report.passed or answer is not None


def test_html_shows_words_and_not_markup():
    report = checks.look("q3", {"l2_loss": lambda y, f: 1 / 0 if y else "<script>"})
    assert "<script>" not in report._repr_html_()
    assert "✗</b>" in report._repr_html_()


def test_hints_come_in_two_stages_and_give_no_code(capsys):
    assert list(hints.HINTS) == list(checks.LECTURE)
    for question, (first, second) in hints.HINTS.items():
        for text in (first, second):
            assert not re.search(r"np\.|[\w\])] ?[*/@]+ ?[\w(]|\w\(\w*\)| = (?!\(?\d)|return\b [a-z]+$", text), text
        hints.hint(question)
        shown = capsys.readouterr().out
        assert " ".join(first.split()) in " ".join(shown.split())
        assert f'hint("{question}", more=True)' in shown
        assert second[:40] not in " ".join(shown.split())
        hints.hint(question, more=True)
        assert " ".join(second.split()) in " ".join(capsys.readouterr().out.split())
    hints.hint("q10")
    assert "There is no question 'q10'" in capsys.readouterr().out


def test_no_check_claims_that_all_is_correct():
    for path in template_folder("xor_backprop").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").lower()
            assert not re.search(r"all (is )?(correct|right)|everything is (correct|right)|all tests passed", text), (
                path
            )
    for question in checks.LECTURE:
        assert repr(checks.look(question, namespace(ALL))).endswith(
            "Public check passed. Grading asks with other numbers, too."
        )


def test_the_otter_test_files_ask_the_same_checks():
    from otter.test_files.exception_test import ExceptionTestFile

    solved, stubs = namespace(ALL), namespace()
    for question in checks.LECTURE:
        test_file = ExceptionTestFile.from_file(str(TEMPLATE / "tests" / f"{question}.py"))
        test_file.run(solved)
        assert test_file.passed_all
        test_file.run(stubs)
        assert "Not attempted yet" in test_file.test_case_results[0].message
