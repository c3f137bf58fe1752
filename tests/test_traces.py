"""Can calls leave something behind? A wrong "no" would cost a student points for what another question's call did."""

from pathlib import Path

import numpy as np
import pytest
from right_variants import PLAIN, VARIANTS

from autograder.checking.engine import UnknownSource, grade
from autograder.submission.cells import python_source
from autograder.submission.notebook import read
from autograder.submission.source import CellsSource
from autograder.submission.traces import leaves_nothing

CLASS = Path(__file__).parent / "sample_class" / "notebooks"
MAY_LEAVE = [
    ["n = 0\ndef f(x):\n    global n\n    n += 1\n    return n"],
    ["seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)"],
    ["seen = {}\ndef f(x): return seen.setdefault('x', x)"],
    ["import numpy as np\nW = np.zeros(2)\ndef f(x):\n    W[:] += x\n    return W"],
    ["def f(x, seen=[]):\n    seen.append(x)\n    return len(seen)"],
    ["def f(x, *, seen={}): return seen.setdefault(0, x)"],
    ["f = lambda x, seen=[]: seen.append(x) or len(seen)"],
    ["def f(x):\n    f.calls = getattr(f, 'calls', 0) + 1\n    return f.calls"],
    ["def f(x):\n    f.calls += 1\n    return f.calls", "f.calls = 0"],
    ["import functools\n@functools.lru_cache\ndef f(x): return x"],
    [
        "def make():\n    n = 0\n    def f(x):\n        nonlocal n\n        n += 1\n        return n\n    return f",
        "f = make()",
    ],
    ["class Net:\n    n = 0\n    def f(self, x):\n        self.n += 1\n        return self.n", "f = Net().f"],
    ["class Net:\n    n = 0\nnet = Net()\ndef f(x):\n    net.n += 1\n    return net.n"],
    ["import numpy as np\ndef f(x): return np.random.rand()"],
    ["import random\ndef f(x): return random.random()"],
    ["from random import random as r\ndef f(x): return r()"],
    ["def f(x):\n    import random\n    return random.random()"],
    ["import numpy as np\ndef f(x):\n    np.seterr(all='raise')\n    return x"],
    ["def f(x):\n    open('seen', 'a').write('x')\n    return open('seen').read()"],
    ["import itertools\ncount = itertools.count()\ndef f(x): return next(count)"],
    ["def f(x): return g(x)", "h = []\ndef g(x):\n    h.append(x)\n    return len(h)"],
    ["def f(x):\n    globals()['n'] = globals().get('n', 0) + 1\n    return n"],
    ["seen = []", "globals()['g'] = seen.append", "def f(x): return g(x)"],
    ["def bind(): globals().update(g=[].append)", "bind()", "def f(x): return g(x)"],
    ["def start(names): names['g'] = [].append", "start(globals())", "def f(x): return g(x)"],
    ["def setup():\n    global g\n    g = [].append", "setup()", "def f(x): return g(x)"],
    ["if True:\n    def f(x, seen=[]):\n        seen.append(x)\n        return len(seen)"],
    ["for g in ([].append,): pass", "def f(x): return g(x)"],
    ["with open('x') as g: pass", "def f(x): return g.read()"],
    ["def f(x): return 0", "f, g = [].append, 1"],
    ["def f(x): return eval('x')"],
    ["def f(x): return 0", "def unfinished(:"],
]


@pytest.mark.parametrize("cells", MAY_LEAVE, ids=lambda cells: cells[-1][:40])
def test_what_may_leave_something_is_found(cells):
    assert not leaves_nothing(cells, ["f"])


@pytest.mark.parametrize(
    "cells",
    [
        ["import numpy as np\ndef f(x): return np.exp(x) * 2"],
        ["from math import exp", "def f(x, y=-1.0, z=None):\n    parts = []\n    parts.append(exp(x))\n    return parts"],
        ["f = lambda x: x.T @ x"],
        ["def f(x):\n    def inner(z): return z + scale\n    return [inner(z) for z in x]", "scale = 0.5"],
        ["seen = []\nseen.append(1)", "def f(x): return x"],
        ["import numpy as np\nnp.random.seed(1)\nW = np.random.rand(2, 2)", "def f(W): return W"],
        ["from xor_start import start\ngrader = start(globals())", "def f(x): return x"],
        ["def f(x): return 1", "def f(x): return 2"],
        ["def f(x): return 1", "1 / 0", "print(f(2))"],
    ],
)  # fmt: skip
def test_plain_functions_leave_nothing(cells):
    assert leaves_nothing(cells, ["f"])


@pytest.mark.parametrize("name", ["lars_untouched", "karla_several_slips", "ada_vectorised", "bruno_explicit_scalars"])
def test_notebooks_made_from_the_template_leave_nothing(assignment, name):
    assert leaves_nothing(read(CLASS / f"{name}.ipynb").cells, assignment.functions)


def test_plain_solutions_leave_nothing(assignment):
    assert leaves_nothing(["import numpy as np", *PLAIN.values()], assignment.functions)


@pytest.mark.parametrize("name", VARIANTS)
def test_where_nothing_is_left_a_slip_is_graded_as_if_asked_alone(assignment, students, name):
    """The same points, words and hints from the process as it is as from a fresh copy for each question."""
    cells = [*map(python_source, VARIANTS[name]), "def l2_loss(y, f_out): return (y - f_out) ** 2"]
    found = []
    for source in (CellsSource(cells), UnknownSource()):
        with students.open(cells) as student:
            found.append(grade(assignment, student, source).to_dict())
    assert found[0] == found[1]
    assert np.isclose(found[0]["earned"], 19)
