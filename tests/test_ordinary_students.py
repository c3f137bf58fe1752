"""What ordinary students write, behind walls: nothing of it costs more than the step that is wrong."""

import pytest
from right_variants import PLAIN, VARIANTS

from autograder.checking.engine import grade
from autograder.course import load_settings
from autograder.grading.students import WalledStudents
from autograder.submission.source import CellsSource


@pytest.fixture(scope="module")
def hasty():
    """Students who wait less, for what is slow."""
    settings = load_settings("xor_backprop")
    limits = settings.limits.model_copy(
        update={"cell_seconds": 0.5, "call_seconds": 0.2, "submission_seconds": 4, "cpu_seconds": 30}
    )
    walled = WalledStudents(settings.model_copy(update={"limits": limits}))
    yield walled
    walled.shut_down()


def result_of(assignment, students, *cells):
    with students.open(cells) as student:
        return grade(assignment, student, CellsSource(cells)), student.cell_errors


def lost(assignment, students, *cells):
    return [step.step for step in result_of(assignment, students, *cells)[0].steps if step.earned < step.points]


PLAIN_CELLS = VARIANTS["plain"]
ENDLESS = {
    "sigmoid": ["q1.value"],
    "sigmoid_derivative": ["q4.value"],
    "sgd_update": ["q7.value", "q7.unchanged"],
}


@pytest.mark.parametrize("function", ENDLESS)
def test_an_endless_function_that_others_call_costs_its_own_points(assignment, hasty, function):
    cells = [*PLAIN_CELLS, f"def {function}(*a):\n    while True: pass"]
    assert lost(assignment, hasty, *cells) == ENDLESS[function]
    seconds = load_settings("xor_backprop").limits
    assert seconds.submission_seconds >= 20 * seconds.call_seconds  # there is time for as many in grading


def test_slow_scratch_cells_leave_time_for_the_questions(assignment, hasty):
    slow = ["while True: pass"] * 6
    result, errors = result_of(assignment, hasty, *slow, *PLAIN_CELLS, *slow[:2])
    assert result.earned == 20
    assert errors[0] == "cell 1: took too long and was stopped"
    assert len(errors) == 8


IMPORTS = [
    "σ = 1\nα, θ = 1, 2",
    "import numpy as np\nnp.random.seed(1)\nrng = np.random.default_rng(2)",
    "import statistics, logging, concurrent.futures, unittest, pathlib, decimal, sqlite3",
    "from numpy.testing import assert_allclose",
    "from numpy import *",
    "try:\n    from scipy.special import expit\nexcept ImportError:\n    pass",
    "try:\n    import autograder\nexcept ModuleNotFoundError:\n    pass\nelse:\n    raise SystemExit('the grader')",
    "import numpy as np\nnp.float_(1), np.product([1, 2]), np.Inf",
    "import array\nassert sum(array.array('d', [1, 2])) == 3",
]


SHOWS = [
    "from tqdm import tqdm\nbar = tqdm(range(5))\nfor e in bar:\n    bar.set_description(f'{e}'); bar.set_postfix(loss=1)\n"
    "assert len(bar) == 5 and list(bar) == [0, 1, 2, 3, 4]",
    "from tqdm.auto import tqdm\nwith tqdm(range(3)) as bar:\n    assert list(bar) == [0, 1, 2]\ntqdm.write('x')\n"
    "with tqdm(total=5) as bar:\n    bar.update(1)",
    "import tqdm\nassert list(tqdm.tqdm([1, 2])) == [1, 2] and list(tqdm.trange(3)) == [0, 1, 2]",
    "from tqdm.notebook import trange\nt = trange(3)\nassert [i for i in t] == [0, 1, 2]\nt.set_postfix(l=1)",
    "from tqdm.contrib import tenumerate\nassert list(tenumerate('ab')) == [(0, 'a'), (1, 'b')]",
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nline, = ax.plot([1])\nlo, hi = plt.ylim()\n"
    "y = 0.9 * ax.get_ylim()[1]\nplt.text(y, hi, f'{hi:.2f}')\nn, bins, patches = plt.hist([1])",
    "import matplotlib.pyplot as plt\nfig, (a, b) = plt.subplots(1, 2)\nfig, axes = plt.subplots(2, 2)\n"
    "axes[0, 1].plot([1])\nfor ax in axes.flat:\n    ax.grid()\nfig, axes = plt.subplots(nrows=3)\naxes[2].plot([])",
    "import pandas as pd\nassert not isinstance(1.0, pd.Series)\ndf = pd.DataFrame({'a': [1]})\ndf['a'].plot()\nprint(df.head())",
    "import ipywidgets as widgets\nclass P(widgets.VBox):\n    def __init__(self):\n        super().__init__()\nP().x = 1",
    "import otter\ngrader = otter.Notebook('x.ipynb')\nif grader.check('q1').score < 1:\n    pass",
]


@pytest.mark.parametrize("cell", [*IMPORTS, *SHOWS])
def test_imports_and_what_only_shows_things_raise_nothing(students, cell):
    with students.open([cell]) as student:
        assert student.cell_errors == []


WRONG_SIGMOID = "def sigmoid(z):\n    return 1 / (1 + np.exp(z))"
ALIASES = [
    "def forward(x, W, b, u, c, act=sigmoid):",
    "act = sigmoid\ndef forward(x, W, b, u, c):",
    "table = {'sigmoid': sigmoid}\nact = lambda z: table['sigmoid'](z)\ndef forward(x, W, b, u, c):",
    "act = np.vectorize(sigmoid)\ndef forward(x, W, b, u, c):",
]


@pytest.mark.parametrize("head", ALIASES)
def test_a_wrong_function_by_another_name_gets_its_second_chance(assignment, students, head):
    body = PLAIN["forward"].split("\n", 2)[2].replace("sigmoid(", "act(")
    assert lost(assignment, students, *PLAIN_CELLS, WRONG_SIGMOID, f"{head}\n{body}") == ["q1.value"]


COLUMNS = VARIANTS["column vectors"]


def test_a_form_of_ones_own_and_a_slip_cost_the_slip(assignment, students):
    """The reference's functions do not share the form: the student's other ones stay in place."""
    ascent = "def sgd_update(parameter, gradient, learning_rate):\n    return parameter + learning_rate * gradient"
    assert lost(assignment, students, *COLUMNS, ascent) == ["q7.value"]


def test_stand_ins_take_lists_and_names_of_ones_own(assignment, students):
    half = "def l2_loss(label, prediction):\n    return (label - prediction) ** 2"
    called = PLAIN["train"].replace("l2_loss(Y[i], forward(X[i], W, b, u, c)[3])",
                                    "l2_loss(label=Y[i], prediction=forward(X[i], W, b, u, c)[3])")  # fmt: skip
    assert called != PLAIN["train"]
    assert lost(assignment, students, *PLAIN_CELLS, half, called) == ["q3.value"]
    ascent = "def sgd_update(p, g, l):\n    return [[a + l * d for a, d in zip(*r)] for r in zip(p, g)] if np.ndim(p) == 2 else p + l * g"
    lists = PLAIN["train_step"].replace("sgd_update(p, g, learning_rate)",
                                        "sgd_update(np.asarray(p).tolist(), np.asarray(g).tolist(), learning_rate)")  # fmt: skip
    assert "q8.hidden_layer" not in lost(assignment, students, *PLAIN_CELLS, ascent, lists)


def test_a_missing_first_value_does_not_take_the_last_along(assignment, students):
    """z_in is not there and the bias is forgotten in f_in: f_out follows from f_in all the same."""
    own = "right = forward\ndef forward(x, W, b, u, c):\n    z_in, z_out, f_in, f_out = right(x, W, b, u, c)\n"
    own += "    return ..., z_out, f_in - c, sigmoid(f_in - c)"
    assert lost(assignment, students, *PLAIN_CELLS, own)[:2] == ["q2.z_in", "q2.f_in"]
    assert "q2.f_out" not in lost(assignment, students, *PLAIN_CELLS, own)


def test_entries_that_are_arrays_of_one_element_count_as_numbers(assignment, students):
    own = "right = hidden_layer_gradients\ndef hidden_layer_gradients(*a):\n    d, s, W, b = right(*a)\n"
    own += "    return d, s, [[np.array([v]) for v in row] for row in W], [float(b[0]), np.array([b[1]])]"
    assert lost(assignment, students, *PLAIN_CELLS, own) == []


def test_a_name_that_is_bound_anew_is_said(assignment, students):
    result, _ = result_of(
        assignment, students, *PLAIN_CELLS, "forward = forward([1, 0], np.ones((2, 2)), 0, [1, 1], 0)"
    )
    words = {step.step: step.words for step in result.steps}
    assert words["q2.z_in"] == "there is no function `forward`: the name was bound to something else later"
