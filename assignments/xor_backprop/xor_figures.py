"""The notebook's pictures, one call each; all of them show your own numbers, and "?" where there are none yet.

`functions` is always the notebook's namespace, `globals()`. Each picture is also told in words, printed above it.
"""

import math

import numpy as np
from xor_checks import is_attempted
from xor_compare import limited, numbers
from xor_network import (
    BLACK,
    BLUE,
    EDGES,
    GREEN,
    GREY,
    PLACES,
    VERMILLION,
    canvas,
    draw_edges,
    draw_nodes,
    entry,
    name,
    new_figure,
    own_values,
    parameter_numbers,
    show,
    text,
)
from xor_training import Run, train_watched

LINES = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, ":"))
SIDE = np.linspace(-0.2, 1.2, 36)  # of the square that a surface is drawn over
NO_RUN = "give it what `train_watched` returned"
NO_OUTPUT = "forward gives no number for every point of the square yet"


def forward_pass(functions):
    """The network with weights on the edges and your forward values on the nodes."""
    values = own_values(functions)
    words = f"z_in {_vector(values['z_in'])}, z_out {_vector(values['z_out'])}"
    words += f", f_in {text(entry(values['f_in']))}, f_out {text(entry(values['f_out']))}"
    print(f"Forward pass: {missing(functions, 'q2') if values['f_out'] is None else words}.")
    figure = new_figure(10.4, 4.7)
    if figure is None:
        return
    axes = canvas(figure, "Forward pass: what goes into each unit, and what comes out")
    weights = parameter_numbers(values)
    labels = {p: f"{name(p)} = {text(number, 2)}" for p, number in weights.items()}
    draw_edges(axes, labels, {p: {"color": BLACK, "linestyle": "-", "linewidth": 1.2} for p in weights})
    draw_nodes(axes, values)
    show(figure, "The network with its forward values")


def backward_pass(functions, chain=None):
    """The network with your gradients on the edges, flowing back; `chain="u_1"` or `"W_11"` highlights one chain."""
    values = own_values(functions)
    gradients = parameter_numbers({key: values[f"dL_d{key}"] for key in ("W", "b", "u", "c")})
    if chain is not None and chain not in EDGES:
        print(f"There is no chain {chain!r}: choose one of {', '.join(EDGES)}.")
        return
    known = [p for p in gradients if gradients[p] is not None]
    words = ", ".join(f"∂L/∂{name(p)} {text(gradients[p])}" for p in known) or missing(functions, "q5", "q6")
    factors = _factors(values, chain) if chain else []
    words = _product(functions, factors, chain, gradients[chain]) if chain else f"Backward pass: {words}."
    print(words)
    figure = new_figure(10.4, 4.7)
    if figure is None:
        return
    axes = canvas(
        figure,
        words
        if chain
        else "Backward pass. Blue, solid: positive. Vermillion, broken: negative. Grey: zero. Thicker: larger",
    )
    largest = max((abs(gradients[p]) for p in known), default=0.0) or 1.0
    labels, style = {}, {}
    for parameter, gradient in gradients.items():
        labels[parameter] = f"∂L/∂{name(parameter)}\n{text(gradient)}"
        shown = round(gradient or 0.0, 4)
        colour = GREY if shown == 0 or chain else BLUE if shown > 0 else VERMILLION
        width = 1.0 if gradient is None or chain else 1.0 + 4.0 * abs(gradient) / largest
        style[parameter] = {"color": colour, "linestyle": "--" if shown < 0 else "-", "linewidth": width}
    if chain:
        _highlight(axes, chain, factors, labels, style)
    draw_edges(axes, labels, style, backward=True)
    draw_nodes(axes, values, faded=_beside(chain))
    show(figure, "The network with its gradients")


def _factors(values, chain):
    """(link, your number, place) for each link of one chain, from the loss backwards."""
    first = [
        ("∂L/∂f_out", entry(values["dL_df_out"]), (8.75, 1.95)),
        ("∂f_out/∂f_in", entry(values["df_out_df_in"]), (7.2, 0.35)),
    ]
    if chain.startswith("u"):
        k = int(chain[-1]) - 1
        known = values["dL_du"] is not None
        return [*first, (f"∂f_in/∂{name(chain)}", entry(values["z_out"], k) if known else None, None)]
    j, k = int(chain[-2]) - 1, int(chain[-1]) - 1
    unit, known = "₁₂"[k], values["dL_dW"] is not None
    y = 3.2 if k == 0 else -0.8
    beside = None if j == k else (3.75, 1.6 if k else 1.2)  # along a crossing edge there is no room for a long label
    return [
        *first,
        (f"∂f_in/∂z{unit},out", entry(values["df_in_dz_out"], k), None),
        (f"∂z{unit},out/∂z{unit},in", entry(values["dz_out_dz_in"], k), (3.6, y)),
        (f"∂z{unit},in/∂{name(chain)}", entry(values["x"], j) if known else None, beside),
    ]  # fmt: skip


def _product(functions, factors, chain, gradient):
    """The chain in words, and whether your links multiply to your gradient."""
    left = " · ".join(link for link, _, _ in factors)
    if gradient is None or any(number is None for _, number, _ in factors):
        return f"∂L/∂{name(chain)} = {left}: {missing(functions, 'q5', *(['q6'] if chain[0] == 'W' else []))}"
    links = [number for _, number, _ in factors]
    agrees = math.isclose(math.prod(links), gradient, rel_tol=1e-2, abs_tol=1e-4)
    right = " · ".join(f"({text(link)})" if link < 0 else text(link) for link in links)
    return f"∂L/∂{name(chain)} = {right} {'=' if agrees else '≠'} {text(gradient)}"


def _beside(chain):
    """Nodes that a chain does not touch."""
    if chain is None:
        return ()
    on = {"f", "L", *EDGES[chain][:2]}
    return tuple(node for node in ("x_1", "x_2", "z_1", "z_2") if node not in on)


def _highlight(axes, chain, factors, labels, style):
    """Make one chain thick and write its links along it."""
    for parameter in labels:
        labels[parameter] = name(parameter) if parameter in EDGES else ""
    path = [chain] if chain.startswith("u") else [chain, f"u_{chain[-1]}"]
    for parameter in path:
        style[parameter] = {"color": BLUE, "linestyle": "-", "linewidth": 4.0}
    axes.plot(*zip(PLACES["f"], PLACES["L"]), color=BLUE, linewidth=4.0, zorder=2)
    for link, number, place in factors:
        if place is None:  # along its own edge
            labels[path[-1] if link.startswith("∂f_in/") else chain] = f"{link} = {text(number)}"
        else:
            axes.text(
                *place,
                f"{link} = {text(number)}",
                ha="center",
                va="center",
                fontsize=10,
                color=BLUE,
                zorder=4,
            )


def one_step(functions):
    """Prediction and loss before and after one full step, in words."""
    before = own_values(functions)
    names = ("x", "y", "W", "b", "u", "c", "learning_rate")
    try:
        arguments = [np.array(functions[n]) if isinstance(functions[n], np.ndarray) else functions[n] for n in names]
        W, b, u, c = limited(10, functions["train_step"], *arguments)
        after = own_values({**functions, "W": W, "b": b, "u": u, "c": c})
    except (Exception, SystemExit):
        after = {"L": None, "f_out": None}
    if before["L"] is None or after["L"] is None:
        print(f"One step: {missing(functions, 'q2', 'q3', 'q8')}.")
        return
    print(
        f"Before the step: f_out {text(entry(before['f_out']))}, loss {text(entry(before['L']))}. "
        f"After it: f_out {text(entry(after['f_out']))}, loss {text(entry(after['L']))}."
    )


def loss_curve(run):
    """The mean loss after each epoch of a `train_watched`."""
    if not isinstance(run, Run):
        print(f"Loss curve: {NO_RUN}.")
        return
    if run.problem:
        print(f"Loss curve: {run.problem}.")
        return
    print(f"Loss {run.losses[0]:.4f} after the first epoch, {run.losses[-1]:.4f} after {len(run.losses)}.")
    figure = new_figure(7, 3.2)
    if figure is not None:
        axes = figure.subplots()
        _draw_losses(axes, run, LINES[0])
        show(figure, "The loss over the epochs")


def output_surface(functions, run):
    """f_out over the whole square with the trained parameters, and the four points of XOR."""
    if not isinstance(run, Run):
        print(f"Output surface: {NO_RUN}.")
        return
    outputs, heights = _outputs(functions, run), _heights(functions, run)
    if outputs is None or heights is None:
        print(f"Output surface: {run.problem or NO_OUTPUT}.")
        return
    print(f"Outputs at the points of XOR: {', '.join(outputs)}.")
    figure = new_figure(5.4, 4.4)
    if figure is not None:
        axes = figure.subplots()
        figure.colorbar(_draw_surface(axes, functions, run, heights), ax=axes, label="f_out")
        show(figure, "The output over the square, with the four points of XOR")


def three_learning_rates(functions, rates=(0.1, 0.5, 5.0), epochs=(5000, 5000, 1000)):
    """Train from the same start with three learning rates; loss curves above, output surfaces below."""
    runs = []
    for rate, count in zip(rates, epochs):
        runs.append(train_watched(functions, rate, count))
        if runs[-1].problem:
            break
    for run in runs:
        outputs = _outputs(functions, run)
        what = run.problem or f"loss {run.losses[-1]:.4f} after {len(run.losses)} epochs"
        print(f"Learning rate {run.learning_rate}: {what}{'; outputs ' + ', '.join(outputs) if outputs else ''}.")
    if runs[-1].problem:
        return
    surfaces = [_heights(functions, run) for run in runs]
    if any(heights is None for heights in surfaces):
        print(f"No picture: {NO_OUTPUT}.")
        return
    figure = new_figure(4 * len(runs), 6.4)
    if figure is None:
        return
    axes = figure.subplots(2, len(runs), squeeze=False)
    top = 1.1 * max((loss for run in runs for loss in run.losses if math.isfinite(loss)), default=0.0) or 1.0
    for column, run in enumerate(runs):
        _draw_losses(axes[0, column], run, LINES[column % len(LINES)])
        axes[0, column].set_ylim(0, top)
        surface = _draw_surface(axes[1, column], functions, run, surfaces[column])
    figure.colorbar(surface, ax=axes[1, :].tolist(), label="f_out", shrink=0.9)
    show(figure, "Loss curves and output surfaces of the learning rates side by side")


def _predictions(functions, run, points):
    """f_out at each point, or None where your functions give no numbers."""
    if run.problem:
        return None
    try:
        return [numbers(functions["forward"](point, *run.parameters)[3]).item() for point in points]
    except (Exception, SystemExit):
        return None


def _outputs(functions, run):
    """f_out at the rows of `X` in words, or None."""
    found = _predictions(functions, run, functions.get("X", ()))
    return None if found is None else [f"{output:.3f}" for output in found]


def _heights(functions, run):
    """f_out over the square: a table with a row for each x₂; or None."""
    found = _predictions(functions, run, [np.array([a, b]) for b in SIDE for a in SIDE])
    return None if found is None else np.reshape(found, (len(SIDE), len(SIDE)))


def _draw_losses(axes, run, line):
    colour, style = line
    axes.plot(np.arange(1, len(run.losses) + 1), run.losses, color=colour, linestyle=style, linewidth=2)
    axes.set(xlabel="epoch", ylabel="mean loss", title=f"learning rate {run.learning_rate}")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)


def _draw_surface(axes, functions, run, heights):
    surface = axes.contourf(SIDE, SIDE, heights, levels=np.linspace(0, 1, 11), cmap="cividis")
    if np.min(heights) < 0.5 < np.max(heights):
        axes.contour(SIDE, SIDE, heights, levels=[0.5], colors="white", linestyles="--")
    for row, label in zip(functions["X"], functions["Y"]):
        marker = "s" if label else "o"
        axes.plot(*row, marker, markersize=13, color="white", markeredgecolor=BLACK, markeredgewidth=1.5)
        axes.text(*row, f"{label:.0f}", ha="center", va="center", fontsize=9, color=BLACK)
    axes.set(xlabel="x₁", ylabel="x₂", xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes.set_title(f"learning rate {run.learning_rate}: points with their labels", fontsize=10)
    return surface


def missing(functions, *questions):
    """Why numbers are missing, in words."""
    open_ = [question for question in questions if not is_attempted(question, functions)]
    return (
        f"not attempted yet ({', '.join(open_)})"
        if open_
        else f"no numbers yet, see the check of {', '.join(questions)}"
    )


def _vector(array):
    return "(" + ", ".join(text(float(number)) for number in array) + ")" if array is not None else "?"
