"""Which functions a function may use: never too few, or a second chance would be lost."""

import tracemalloc

import pytest
from right_variants import PLAIN, VARIANTS

from autograder.submission.cells import python_source
from autograder.submission.compiled import once_a_class
from autograder.submission.uses import Uses

EARLIER = ["sigmoid", "forward"]


@pytest.mark.parametrize(
    "cells",
    [
        ["def f(x): return sigmoid(x)"],
        ["def f(x): return helper(x)", "def helper(x):\n    def inner(): return sigmoid(x)\n    return inner()"],
        ["class Net:\n    act = sigmoid", "net = Net()", "def f(x): return net.act(x)"],
        ["def f(x, act=sigmoid): return act(x)"],
        ["f = lambda x: sigmoid(x)"],
        ["f = sigmoid"],
        ["table = {}", "table['s'] = sigmoid", "def f(x): return table['s'](x)"],
        ["def f(x): return globals()['sig' + 'moid'](x)"],
        ["def f(x): return eval('sig' + 'moid(x)')"],
        ["def f(x): return look_up('sigmoid')(x)"],
        ["@wrapped\ndef f(x): return 0", "def wrapped(g): return lambda x: sigmoid(g(x))"],
        ["def f(x): return 0", "def unfinished(:"],
        ["from helpers import sigmoid as s\ndef f(x): return s(x)"],
    ],
)
def test_what_may_be_used_is_found(cells):
    assert Uses(cells)("f", EARLIER)


def test_what_is_not_used_is_not():
    cells = [PLAIN["sigmoid"], PLAIN["l2_loss"], PLAIN["forward"], "print(forward)\nx = sigmoid(0)"]
    assert not Uses(cells)("l2_loss", EARLIER)
    assert Uses(cells)("forward", ["sigmoid"])


def test_a_docstring_is_no_use():
    assert not Uses(['def f(x):\n    """As `sigmoid` does."""\n    return ...', "def sigmoid(z): return z"])(
        "f", EARLIER
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_train_may_use_train_step_in_every_right_variant(name):
    assert Uses([python_source(cell) for cell in VARIANTS[name]])("train", ["train_step"])


def test_the_templates_cells_stay_remembered_and_little_else():
    template, looked = [f"template = {number}" for number in range(30)], []

    def look(cell):
        looked.append(cell)
        return bytearray(1000)

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for student in range(50):
        for cell in [*template, *(f"own = {student}, {number}" for number in range(20))]:
            once_a_class(look, cell)
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(looked) == 30 + 50 * 20
    assert kept < 250 * 1000 + 50 * 20 * 200
