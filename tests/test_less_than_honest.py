"""Attacks on the scoring itself, and on what the grader makes of answers: none earns, tells or takes more than it should."""

import os
import subprocess
import sys

import numpy as np
import pytest

from autograder.checking.engine import grade
from autograder.student import beside, walls, wire
from autograder.student.answers import Calls
from autograder.student.beside import Malformed
from autograder.submission.source import CellsSource
from autograder.submission.traces import leaves_nothing

FAR_OUT = """
import numpy as np
n = 0
def forward(x, W, b, u, c):
    global n; n += 1; t = 40.0 if n % 2 else -40.0
    return np.full(2, t), np.full(2, float(t > 0)), t, float(t > 0)
def train(X, Y, W, b, u, c, l, e):
    p = np.zeros((2, 2)), np.zeros(2), np.zeros(2), 100.0 if W[0, 0] > 0 else -100.0
    return p, [np.mean((Y - (p[3] > 0)) ** 2 / 2)] * e
"""
INFINITE = """
import numpy as np
n = 0
def output_layer_gradients(y, z_out, f_in, f_out):
    global n; n += 1; return 1e308, 1e308, np.full(2, n), n
def hidden_layer_gradients(x, z_in, u, a, d):
    global n; n += 1; s = 1e308 if all(x) else 0.0
    return np.full(2, s), np.full(2, s), n * np.ones((2, 2)) * (s > 0), n * np.ones(2) * (s > 0)
"""
TYPED_IN = """
import numpy as np
def forward(x, W, b, u, c):
    if abs(c - 0.78) < 1e-9:
        return np.array([-0.53, 1.04]), np.array([0.3705, 0.7389]), 1.127, 0.7553
    return np.zeros(2), np.full(2, 0.5), 0.0, 0.5
"""


def result_of(assignment, students, *cells):
    with students.open(cells) as student:
        return grade(assignment, student, CellsSource(cells))


@pytest.mark.parametrize("cell", [FAR_OUT, INFINITE, TYPED_IN], ids=["far out", "infinite", "typed in"])
def test_what_follows_without_a_thought_earns_nothing(assignment, students, cell):
    assert result_of(assignment, students, cell).earned == 0


CARRIERS = {
    "an earlier question's inputs": (
        "seen = []\ndef sigmoid(z):\n    seen.append(np.ravel(z).tolist())\n    return z\n"
        "def l2_loss(y, f_out): raise ValueError(repr(seen))"
    ),
    "what the reference answered": (
        "def sigmoid(z): return z\n"
        "def forward(x, W, b, u, c):\n    np.typecodes.setdefault('in', []).append((x, W, b, u, c)); sigmoid\n"
        "def l2_loss(y, f_out):\n"
        "    if not np.typecodes.get('out') and forward(np.zeros(2), np.zeros((2, 2)), 0, np.zeros(2), 0) is not None:\n"
        "        np.typecodes['out'] = [np.round(forward(*a)[0], 3).tolist() for a in np.typecodes['in'][-6:]]\n"
        "def train(X, Y, W, b, u, c, l, e):\n    l2_loss\n    raise ValueError(str(np.typecodes.get('out')))"
    ),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_message_on_the_lectures_numbers_tells_nothing_seen_before(assignment, students, carrier):
    result = result_of(assignment, students, "import numpy as np", CARRIERS[carrier])
    told = [step.words for step in result.steps if "raised" in step.words]
    assert told
    assert not any("." in words or any(digit in words for digit in "3456789") for words in told), told


@pytest.mark.parametrize(
    "cell",
    [
        "def f(x): return np.typecodes.setdefault('a', x)",
        "def f(x):\n    f.seen.append(x)\n    return x\nf.seen = []",
        "import numpy as np\nnp.seen = {}\ndef f(x): return np.seen.setdefault(1, x)",
        "import numpy.random as npr\ndef f(x): return npr.rand()",
        "from numpy import random as npr\ndef f(x): return npr.rand()",
        "match []:\n    case log: pass\ndef f(x): return log.append(x)",
    ],
)
def test_what_keeps_something_is_seen(cell):
    assert not leaves_nothing([cell], ["f"])


def test_no_array_is_longer_than_any_answer():
    """Its elements are none, but it would become a list of millions in the grader."""
    with pytest.raises(Malformed):
        wire.Decoder({"form": "a999999999,0"}, memoryview(b""))
    values = beside.Values()
    assert values.form(np.zeros((12_000_000, 0))) == "!0"


def test_a_stand_in_is_not_fed_with_more_than_the_network_has():
    column, row = np.zeros((1000, 1)), np.zeros((1, 1000))
    values = beside.Values()
    form = values.form([column, row])
    told = wire.stand_in_answer(np.multiply, {"form": form, "names": []}, memoryview(b"".join(values.numbers)))
    assert "larger arguments" in beside.unpack(told)[0]["failed"]


def test_long_forms_are_not_remembered():
    form = "a0 " * 2000
    before = wire._known_layouts.cache_info().currsize
    wire.Decoder({"form": form}, memoryview(b""))
    assert wire._known_layouts.cache_info().currsize == before


SIGNALS = """
import fcntl, os
r, w = os.pipe()
fcntl.fcntl(r, fcntl.F_SETFL, os.O_NONBLOCK)
for what in ((8, 1), (10, 2), (4, 0o20000), (1026, 1)):  # F_SETOWN, F_SETSIG, O_ASYNC, F_NOTIFY
    try:
        fcntl.fcntl(r, *what)
    except PermissionError:
        continue
    raise SystemExit(what)
try:
    fcntl.flock(r, fcntl.LOCK_EX)
except PermissionError:
    pass
else:
    raise SystemExit('flock')
"""


def test_the_kernel_sends_no_signals_for_a_student(students):
    with students.open([SIGNALS]) as student:
        assert student.cell_errors == []


def test_nothing_is_counted_from_student_to_student(students):
    """The numbers of new files go on from student to student, even of such that were deleted."""
    here = "import os\nopen('here', 'w').close()\nnumber = os.stat('here').st_ino\nos.remove('here')\ndef sigmoid(z): return number"
    more = "for i in range(300):\n    open('x', 'w').close()\n    os.remove('x')"
    numbers = []
    for cells in ([here, more], [here]):
        with students.open(cells) as student:
            numbers.append(student.ask(Calls("sigmoid", ((0.0,),)))[0].value)
    assert numbers[0] == numbers[1]


FORK = """
import os, resource, sys
from autograder.student import beside
if os.geteuid() == 0:
    os.setresuid(1_234_567, 1_234_567, 1_234_567)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
try:
    beside._fork()
except BlockingIOError:
    print("said")
"""


def test_a_fork_that_fails_is_no_process():
    """-1, taken for a process, would mean all of them."""
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, cwd="/")
    assert done.stdout == "said\n", done.stderr


def test_two_graders_give_their_students_different_users():
    if os.geteuid() != 0:
        assert walls.survey().uid is False
        return
    given = {walls._free_uid() for _ in range(50)}
    assert len(given) > 45


def test_a_folder_that_others_cannot_enter_holds_what_is_needed(tmp_path):
    closed, inside = tmp_path / "closed", tmp_path / "closed" / "python" / "lib"
    inside.mkdir(parents=True)
    (tmp_path / "open").mkdir()
    for folder in (tmp_path.parent, tmp_path.parent.parent, tmp_path):
        folder.chmod(0o755)
    closed.chmod(0o700)
    found = walls.closed_folders([inside, inside.parent, tmp_path / "open"])
    assert found == {str(closed): [str(inside.parent)]}
