"""The packets: malformed ones never harm the grader, well-formed ones say what was meant."""

import json
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.student import beside
from autograder.student.answers import Calls, Failed, Returned
from autograder.student.beside import Malformed, Values, pack, unpack
from autograder.student.wire import Decoder, answers_in, question_body, stand_in_answer
from autograder.submission.notebook import Unreadable, defines_any, read

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["form", "words", "failed", "names", "function", "id", "end"]) | st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
tokens = st.sampled_from(
    [".", "(", ")", "!0", "!1", "a", "a2", "a2,2", "a0", "a999999999", "#", "~", "x", "!", "a,", "-1"]
)
messages = st.fixed_dictionaries(
    {},
    optional={
        "form": st.lists(tokens, max_size=12).map(" ".join) | json_values,
        "words": st.lists(
            st.tuples(st.sampled_from(["text", "object", "?"]), st.text(max_size=5)).map(list), max_size=2
        )
        | json_values,
        "failed": st.none()
        | st.tuples(st.sampled_from(["raised", "right"]), st.text(max_size=5)).map(list)
        | json_values,
        "names": st.lists(st.text(max_size=3), max_size=2) | json_values,
    },
)
numbers = st.binary(max_size=100) | st.integers(0, 12).map(lambda count: b"\0" * 8 * count)


@given(st.binary(max_size=200))
@settings(max_examples=1500, deadline=None)
def test_any_bytes_are_a_packet_or_malformed(data):
    try:
        message, rest = unpack(data)
    except Malformed:
        return
    assert isinstance(message, dict)
    assert len(rest) <= len(data)


@given(messages, numbers, st.lists(st.integers(0, 3), max_size=6), st.booleans())
@settings(max_examples=3000, deadline=None)
def test_any_message_is_answers_or_malformed(message, data, counts, report):
    try:
        answers = answers_in(message, memoryview(data), tuple(counts), report)
    except Malformed:
        return
    assert len(answers) == len(counts) or isinstance(answers[-1], Failed)
    assert all(isinstance(answer, (Returned, Failed)) for answer in answers)


@given(messages, numbers)
@settings(max_examples=2000, deadline=None)
def test_any_call_of_a_stand_in_is_answered_or_malformed(message, data):
    def reference(x, y=0.0):
        return np.outer(x, y)

    try:
        reply = stand_in_answer(reference, message, memoryview(data))
    except Malformed:
        return
    assert isinstance(unpack(reply)[0], dict)


arrays = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=0, max_size=6).map(np.array)
values = st.recursive(st.floats(allow_nan=False) | arrays, lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@given(values)
@settings(deadline=None)
def test_numbers_arrive_as_they_were_sent(value):
    sent = Values()
    message, data = unpack(pack({"form": sent.form(value)}, sent.numbers))
    for (arrived,) in (Decoder(message, data).values(), beside.values_in(message["form"], data)):
        assert_same(arrived, value)


def test_integers_and_numpys_numbers_arrive_as_such():
    calls = Calls("f", ((3, np.float64(0.5), 0.5, np.ones((2, 3))), (1,)))
    form, data = question_body(calls)
    assert form == "( # ~ . a2,3 ) ( # )"
    first, second = beside.values_in(form, memoryview(data))
    assert [type(value) for value in first] == [int, np.float64, float, np.ndarray]
    assert second == (1,)


def assert_same(arrived, value):
    if isinstance(value, list):
        assert isinstance(arrived, (list, tuple))
        for one, other in zip(arrived, value, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_array_equal(arrived, value)


@pytest.mark.parametrize(
    ("message", "data"),
    [({"form": "a1000000000"}, b""), ({"form": "a-1"}, b""), ({"form": "a2"}, b"12345678"), ({"form": "."}, b""),
     ({"form": "!0", "words": [["anything", ""]]}, b""), ({"form": "!0"}, b""), ({"form": "", "failed": ["right", ""]}, b""),
     ({"form": ". ."}, b"\0" * 16), ({"form": "text"}, b""), ({}, b""), ({"form": ")"}, b""), ({"form": "( ( "}, b""),
     ({"form": "( " * 20 + ") " * 20}, b""), ({"form": "."}, b"\0" * 16), ({"form": "!0", "words": [["text", 5]]}, b"")],
)  # fmt: skip
def test_malformed_answers(message, data):
    with pytest.raises(Malformed):
        answers_in(message, memoryview(data), (1,), False)


@pytest.mark.parametrize("form", [".", "( . . )", "( . ( ) )", "( . ( . . ) )"])
def test_an_answer_that_does_not_tell_of_its_arguments_is_malformed(form):
    with pytest.raises(Malformed):
        answers_in({"form": form}, memoryview(b"\0" * 8 * form.count(".")), (1,), True)


def test_a_huge_integer_is_described():
    values = Values()
    assert values.form(10**400) == "!0"
    assert values.words == [("huge number", "a number too large for a float")]


def test_more_than_any_answer_needs_is_described_and_small():
    values = Values()
    form = values.form([["x"] * 50] * 500)
    assert len(pack({"form": form, "words": values.words}, values.numbers)) < beside.MAX_PACKET
    assert values.words[-1] == ("too much", "more values than any answer needs")


def test_words_of_the_students_side_are_one_clean_short_line():
    failed = ["raised", "a\x1b[31m\nb\x00" + "x" * 10**6 + "\ud800"]
    (answer,) = answers_in({"form": "", "failed": failed}, memoryview(b""), (1,), False)
    assert answer.words.startswith("a [31m b x")
    assert len(answer.words) <= beside.MAX_WORDS
    assert answer.words.isprintable()


def test_a_packet_is_length_json_and_buffers():
    packet = pack({"a": 1}, [b"xyz"])
    assert packet == struct.pack(">I", 8) + json.dumps({"a": 1}).encode() + b"xyz"


notebook_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["cells", "cell_type", "source", "metadata", "tags", "otter", "worksheets", "input", "code", "autograder", "assignment"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(st.one_of(st.binary(max_size=300), notebook_json.map(lambda tree: json.dumps(tree).encode())))
@settings(max_examples=1500, deadline=None)
def test_any_file_is_a_notebook_or_unreadable(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzzed.ipynb"
    path.write_bytes(data)
    try:
        notebook = read(path)
    except Unreadable:
        return
    assert all(isinstance(cell, str) for cell in notebook.cells)


@given(st.text(alphabet="def f(x):\n %!?='\"\\#é\x00\t[]{}", max_size=120))
@settings(max_examples=1500, deadline=None)
def test_any_cell_becomes_text(source):
    from autograder.submission.cells import python_source

    assert isinstance(python_source(source), str)


MUCH = {
    "line breaks": "\n" * 400_000 + "x = 1",
    "spaces": "= " * 100_000 + "?" + " " * 200_000 + "x",
    "shell lines": "!a\n" * 16_000 + "(",
    "many cells with shell lines": "# %%\n" + "!a\n" * 100 + "# %%\n" * 4_000,
    "one long word": "a." * 24_000 + "+b?\n",
    "odd line ends": "%a\u2028" * 4_000,
    "marks of cells": "# In [\n" * 70_000,
    "timed": "%%time\n" * 60_000 + "x = 1",
}


@pytest.mark.parametrize("name", MUCH)
def test_reading_takes_time_in_proportion(tmp_path, name):
    """Each of these took minutes, gigabytes or the stack."""
    (tmp_path / "x.py").write_text(MUCH[name], encoding="utf-8")
    begun = time.process_time()
    defines_any(read(tmp_path / "x.py"), ["sigmoid"])
    assert time.process_time() - begun < 20


def test_what_runs_of_a_cell_with_magics(monkeypatch):
    from autograder.submission import cells
    from autograder.submission.cells import python_source, python_sources

    assert python_source("%%time\n\n%%capture out\nx = 1") == "x = 1"
    assert python_source("%%time\n%%bash\nls") == ""
    assert python_source("def f():\n    !ls\n").startswith("def f():\n    get_ipython().system(")
    assert python_source("x = 1\n\n\n  %matplotlib inline").startswith("x = 1\n")
    assert "get_ipython" in python_source("\n%pip install x\nnumpy?")
    monkeypatch.setattr(cells, "MOST_LOOKED_THROUGH", 10_000)
    many = python_sources(["!a\n" * 50 + "x = 1"] * 5 + ["%pylab\n"])
    assert [cell.startswith("get_ipython") for cell in many] == [True, False, False, False, False, True]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["x = 1\n" * 80_000] * 2, "more code than an exercise needs: 960,000 characters, at most 500,000 are read"),
        (["x"] * 5_001, "more code than an exercise needs: 5,001 cells, at most 5,000 are read"),
    ],
)
def test_more_code_than_an_exercise_needs_is_not_read(tmp_path, cells, said):
    (tmp_path / "x.py").write_text("\n# %%\n".join(cells), encoding="utf-8")
    code = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": code}), encoding="utf-8")
    for name in ("x.py", "x.ipynb"):
        with pytest.raises(Unreadable, match="more code than an exercise needs"):
            read(tmp_path / name)
    with pytest.raises(Unreadable, match=said):
        read(tmp_path / "x.ipynb")
