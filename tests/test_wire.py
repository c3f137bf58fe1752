"""The packets: malformed ones never harm the grader, well-formed ones say what was meant."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.student import beside
from autograder.student.answers import Failed, NotANumber, Returned
from autograder.student.beside import Malformed, Values, pack, unpack
from autograder.student.wire import Decoder, stand_in_answer
from autograder.submission.notebook import Unreadable, read

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["value", "arguments", "failed", "words", "not", "shape", "answers", "id", "end"]) | st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.binary(max_size=200))
@settings(max_examples=1500, deadline=None)
def test_any_bytes_are_a_packet_or_malformed(data):
    try:
        message, rest = unpack(data)
    except Malformed:
        return
    assert isinstance(message, dict)
    assert len(rest) <= len(data)


@given(json_values, st.binary(max_size=100))
@settings(max_examples=2000, deadline=None)
def test_any_json_is_an_answer_or_malformed(tree, data):
    try:
        answer = Decoder(memoryview(data)).answer(tree)
    except Malformed:
        return
    assert isinstance(answer, (Returned, Failed))


@given(json_values, st.binary(max_size=100))
@settings(max_examples=1000, deadline=None)
def test_any_call_of_a_stand_in_is_answered_or_malformed(tree, data):
    def reference(x, y=0.0):
        return np.outer(x, y)

    message = tree if isinstance(tree, dict) else {"arguments": tree, "names": []}
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
    message, data = unpack(pack({"value": sent.add(value)}, sent.buffers))
    for arrived in (Decoder(data).value(message["value"]), beside.values_in(message["value"], data)):
        assert_same(arrived, value)


def assert_same(arrived, value):
    if isinstance(value, list):
        assert isinstance(arrived, list)
        for one, other in zip(arrived, value, strict=True):
            assert_same(one, other)
    else:
        np.testing.assert_array_equal(arrived, value)


@pytest.mark.parametrize(
    ("tree", "data"),
    [({"value": {"shape": [10**9]}, "arguments": []}, b""), ({"value": {"shape": [-1]}, "arguments": []}, b""),
     ({"value": {"shape": [2]}, "arguments": []}, b"12345678"), ({"value": {"shape": [True]}, "arguments": []}, b""),
     ({"value": {"not": "anything", "words": ""}, "arguments": []}, b""), ({"failed": "right", "words": ""}, b""),
     ({"value": 1.0}, b""), ({"value": "text", "arguments": []}, b""), ([], b"")],
)  # fmt: skip
def test_malformed_answers(tree, data):
    with pytest.raises(Malformed):
        Decoder(memoryview(data)).answer(tree)


def test_a_huge_integer_is_described():
    assert Decoder(memoryview(b"")).value(10**400) == NotANumber("huge number", "a number too large for a float")


def test_words_of_the_students_side_are_one_clean_short_line():
    answer = Decoder(memoryview(b"")).answer({"failed": "raised", "words": "a\x1b[31m\nb\x00" + "x" * 10**6 + "\ud800"})
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
