"""The notebook's pictures at every stage of the work: they follow the student's numbers, and never raise."""

import ast
import subprocess
import sys
from itertools import combinations

import IPython.display
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from student_side import FUNCTIONS, TEMPLATE, namespace, template_module

figures, network, progress, training = (
    template_module(f"xor_{name}") for name in ("figures", "network", "progress", "training")
)
ALL = len(FUNCTIONS)
OKABE_ITO = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}
# What Python in a browser (Pyodide) lacks or cannot do.
NOT_IN_A_BROWSER = {"subprocess", "multiprocessing", "socket", "fcntl", "resource", "pwd", "termios", "curses", "tkinter", "signal"}  # fmt: skip


@pytest.fixture(autouse=True)
def drawn(monkeypatch, request):
    """Texts in each picture shown; some tests also draw them to pixels, as a notebook does."""
    texts = []
    save = Figure.savefig

    def savefig(figure, *arguments, **options):
        found = [text.get_text() for axes in figure.axes for text in [*axes.texts, axes.title, axes._left_title]]
        texts.append([text for text in found if text])
        if "pixels" in request.node.name:
            save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", savefig)
    monkeypatch.setattr(IPython.display, "Image", lambda data, alt: alt)
    return texts


def draw_all(functions):
    figures.forward_pass(functions)
    for chain in (None, "u_1", "W_11", "W_22", "u_2"):
        figures.backward_pass(functions, chain=chain)
    figures.one_step(functions)
    run = training.train_watched(functions, learning_rate=5.0, epochs=60)
    figures.loss_curve(run)
    figures.output_surface(functions, run)
    figures.three_learning_rates(functions, epochs=(20, 20, 20))
    progress.progress(functions)


@pytest.mark.parametrize("epochs", [0, -1, 2.5, "10", None, float("inf")])
def test_training_for_no_number_of_epochs_gets_words(epochs, capsys, drawn):
    run = training.train_watched(namespace(ALL), learning_rate=5.0, epochs=epochs)
    figures.loss_curve(run)
    assert capsys.readouterr().out == "Loss curve: epochs must be a whole number, 1 or more.\n"
    assert len(training.train_watched(namespace(ALL), learning_rate=5.0, epochs=2.0).losses) == 2


def test_pictures_of_what_is_no_training_get_words(capsys, drawn):
    figures.loss_curve(None)
    figures.output_surface(namespace(ALL), [0.1, 0.2])
    words = capsys.readouterr().out.splitlines()
    assert words == [f"{what}: give it what `train_watched` returned." for what in ("Loss curve", "Output surface")]


@pytest.mark.parametrize("done", range(ALL + 1))
def test_every_stage_can_be_shown(done, capsys, drawn):
    draw_all(namespace(done))
    words = capsys.readouterr().out
    assert ("not attempted yet" in words) == (done < ALL)
    assert f"{done} of 9 public checks passed. Grading asks with other numbers, too." in words
    assert len(drawn) == (7 if done < ALL else 10)  # without training there is no curve, no surface, no comparison


@pytest.mark.parametrize("done", [0, ALL])
def test_pictures_drawn_to_pixels(done, capsys):
    draw_all(namespace(done))
    assert f"{done} of 9 public checks passed" in capsys.readouterr().out


ODD = [
    "pass", "return 'text'", "return [1, 2, 3]", "return np.nan", "1 / 0", "return len", "return (None,) * 4", "raise SystemError",
    "raise SystemExit", "return np.ones((2, 2)), np.ones(2), 'a', ...", "return ((1, 2, 3, 4), [0.1])", "return (W for W in [1])",
]  # fmt: skip


@pytest.mark.parametrize("body", ODD)
def test_whatever_all_functions_return_can_be_shown(body, capsys):
    draw_all(namespace(ALL, **{name: f"def {name}(*arguments):\n    {body}" for name in FUNCTIONS}))
    assert "0 of 9 public checks passed" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("body", ODD)
def test_whatever_one_function_returns_can_be_shown(body, capsys):
    for name in FUNCTIONS:
        draw_all(namespace(ALL, **{name: f"def {name}(*arguments):\n    {body}"}))
        assert "of 9 public checks passed" in capsys.readouterr().out


def test_a_forward_pass_for_the_four_points_alone_gets_words(drawn, capsys):
    """And a prediction that comes as an array of one number is a number."""
    outside = (
        "def forward(x, W, b, u, c): return None, None, None, {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}[tuple(x)]"
    )
    solved = namespace(ALL)
    run = training.train_watched(solved, 0.5, 20)
    figures.output_surface({**solved, **{"forward": namespace(ALL, forward=outside)["forward"]}}, run)
    figures.three_learning_rates(namespace(ALL, forward=outside), epochs=(20, 20, 20))
    words = capsys.readouterr().out
    assert "Output surface: forward gives no number for every point of the square yet." in words
    assert not drawn
    figures.output_surface(
        namespace(ALL, forward=FUNCTIONS["forward"].solution.replace("u @", "u.reshape(1, 2) @")), run
    )
    assert "Outputs at the points of XOR: 0." in capsys.readouterr().out
    assert len(drawn) == 1


@pytest.mark.parametrize("chain", [None, *network.EDGES])
@pytest.mark.parametrize("done", [0, ALL])
def test_no_word_in_a_picture_lies_on_another(done, chain, monkeypatch):
    """Nor on a node."""
    shown = []
    monkeypatch.setattr(figures, "show", lambda figure, words: shown.append(figure))
    figures.backward_pass(namespace(done), chain=chain)
    renderer = FigureCanvasAgg(shown[0]).get_renderer()
    shown[0].draw(renderer)
    places = {text.get_text(): text.get_window_extent(renderer) for text in shown[0].axes[0].texts if text.get_text()}
    nodes = {words for words in places if words.startswith(("x", "z", "f", "L"))}
    for first, second in combinations(places, 2):
        around = 10 * bool(nodes & {first, second})  # pixels: a node's frame, and a little air
        assert not places[first].padded(around).overlaps(places[second]), (first, second)


def test_gradients_that_are_zero_are_drawn_as_such(monkeypatch):
    styles = []
    monkeypatch.setattr(figures, "draw_edges", lambda axes, labels, style, backward: styles.append(style))
    figures.backward_pass(namespace(ALL))
    (style,) = styles
    assert {p: style[p]["color"] for p in style if p[0] == "W"} == {
        "W_11": network.BLUE, "W_12": network.VERMILLION, "W_21": network.GREY, "W_22": network.GREY}  # fmt: skip


def test_pictures_show_the_students_own_numbers(drawn, capsys):
    own = namespace(ALL, forward=FUNCTIONS["forward"].solution.replace("+ c", "+ 0"))
    figures.forward_pass(own)
    assert any("in 0.3470" in text for text in drawn[-1])
    assert "f_in 0.3470" in capsys.readouterr().out
    own["W"], own["x"] = np.array([[9.87, 0.94], [0.22, 0.46]]), np.array([0.5, -1.25])
    figures.forward_pass(own)
    assert {"x₁ = 0.5", "x₂ = −1.25"} < set(drawn[-1])
    assert any("W₁₁ = 9.87" in text for text in drawn[-1])


def test_chains_tell_whether_the_links_multiply_to_the_gradient(capsys, drawn):
    figures.backward_pass(namespace(ALL), chain="W_11")
    assert "∂L/∂W₁₁ = (−0.2447) · 0.1848 · (−0.2200) · 0.2332 · 1.0000 = 0.0023" in capsys.readouterr().out
    assert any(text == "∂z₁,out/∂z₁,in = 0.2332" for text in drawn[-1])
    solution = FUNCTIONS["output_layer_gradients"].solution
    figures.backward_pass(
        namespace(ALL, output_layer_gradients=solution.replace("df_in * z_out", "df_in * (z_out + 1)")), "u_1"
    )
    assert "≠" in capsys.readouterr().out
    figures.backward_pass(namespace(ALL), chain="b_1")
    assert "no chain 'b_1'" in capsys.readouterr().out


def test_learning_rates_do_what_the_lecture_course_says(capsys):
    """0.1 learns, 0.5 gets stuck near 0.49, 5.0 is fast."""
    figures.three_learning_rates(namespace(ALL))
    slow, stuck, fast = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Learning rate")]
    for line, rate, epochs in ((slow, "0.1", 5000), (stuck, "0.5", 5000), (fast, "5.0", 1000)):
        assert line.startswith(f"Learning rate {rate}: loss ")
        assert f"after {epochs} epochs" in line
    outputs = {
        line: [float(number) for number in line.partition("outputs ")[2].rstrip(".").split(", ")]
        for line in (slow, stuck, fast)
    }
    assert np.allclose(outputs[slow], [0, 1, 1, 0], atol=0.2)
    assert np.allclose(outputs[stuck], [0.03, 0.49, 0.96, 0.49], atol=0.02)
    assert np.allclose(outputs[fast], [0, 1, 1, 0], atol=0.03)


def test_training_in_pieces_is_training_at_once():
    functions = namespace(ALL)
    arguments = [functions[name] for name in ("X", "Y", "W", "b", "u", "c")]
    (W, *_, c), losses = functions["train"](*arguments, 0.5, 130)
    run = training.train_watched(functions, 0.5, 130)
    assert list(run.losses) == losses
    assert np.array_equal(run.parameters[0], W)
    assert run.parameters[3] == c


def test_training_shows_a_bar_and_stops_when_it_takes_too_long(capsys, monkeypatch):
    training.train_watched(namespace(ALL), 0.5, 60)
    assert "100%" in capsys.readouterr().out
    monkeypatch.setattr(training, "SECONDS", 0.2)
    run = training.train_watched(namespace(ALL, train="def train(*_):\n    while True: pass"), 0.5, 60)
    assert "stopped after 0.2 seconds" in run.problem
    assert "%" not in capsys.readouterr().out


def test_what_training_lacks_is_named():
    functions = namespace(ALL)
    del functions["X"]
    assert training.train_watched(functions, 0.5, 20).problem == "there is no `X` yet, run its cell first"
    own_key_error = namespace(ALL, train="def train(*_): return {}['losses']")
    assert training.train_watched(own_key_error, 0.5, 20).problem == "train stopped with KeyError: 'losses'"


def test_an_in_place_update_leaves_the_notebooks_start_values_alone():
    functions = namespace(ALL, sgd_update="def sgd_update(p, g, a):\n    p -= a * g\n    return p")
    before = functions["W"].copy()
    training.train_watched(functions, 0.5, 20)
    assert np.array_equal(functions["W"], before)


def test_states_differ_in_more_than_colour():
    compare = template_module("xor_compare")
    assert len(set(compare.MARKS.values())) == len(compare.MARKS) == len(compare.COLOURS)
    colours = {*compare.COLOURS.values(), network.BLUE, network.VERMILLION, network.GREEN}
    assert colours - {"#888888"} <= OKABE_ITO
    assert len({style for _, style in figures.LINES}) == len(figures.LINES)


def test_template_modules_need_nothing_that_a_browser_lacks():
    own = {path.stem for path in TEMPLATE.glob("*.py")}
    for path in TEMPLATE.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {name for node in tree.body for name in imported(node)}
        anywhere = {name for node in ast.walk(tree) for name in imported(node)}
        assert top <= sys.stdlib_module_names | own | {"numpy"}, path
        assert anywhere <= sys.stdlib_module_names | own | {"numpy", "matplotlib", "IPython", "tqdm", "otter"}, path
        assert not anywhere & NOT_IN_A_BROWSER, path


def imported(node):
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return {(node.module or "").partition(".")[0]} if isinstance(node, ast.ImportFrom) else set()


def test_without_matplotlib_and_tqdm_there_are_words():
    """In a Python of its own, in which both cannot be imported."""
    code = (
        "import sys; sys.modules.update(matplotlib=None, tqdm=None)\n"
        f"sys.path[:0] = [{str(TEMPLATE)!r}, {str(TEMPLATE.parents[1] / 'tests')!r}]\n"
        "import numpy as np, xor_figures as figures, xor_training as training\n"
        "from xor_progress import progress\n"
        "from student_side import code_cells, namespace, notebook\n"
        "exec(code_cells(notebook())[0])\n"
        "functions = namespace(9)\n"
        "figures.forward_pass(functions); figures.backward_pass(functions, chain='u_1')\n"
        "run = training.train_watched(functions, 5.0, 60); figures.loss_curve(run); figures.output_surface(functions, run)\n"
        "progress(functions)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "f_in 1.1270" in done.stdout
    assert "Loss 0.1" in done.stdout
    assert "9 of 9 public checks passed" in done.stdout
    assert "No picture without matplotlib: python -m pip install matplotlib" in done.stdout
