"""Draws the network with your own numbers on it; `xor_figures` has the calls that the notebook uses."""

import io

import numpy as np
from xor_compare import limited, numbers

# Okabe and Ito's colours, which people with any kind of colour vision tell apart; sign and chain differ in line, too.
BLUE, VERMILLION, GREEN, GREY, BLACK = "#0072B2", "#D55E00", "#009E73", "#9AA5B1", "#16222E"
SECONDS = 2  # for one call of a function
PLACES = {"x_1": (0, 2.4), "x_2": (0, 0), "z_1": (3.6, 2.4), "z_2": (3.6, 0), "f": (7.2, 1.2), "L": (10.4, 1.2)}
EDGES = {  # parameter: (from, to, where its label stands along the edge)
    "W_11": ("x_1", "z_1", 0.5),
    "W_12": ("x_1", "z_2", 0.36),
    "W_21": ("x_2", "z_1", 0.3),
    "W_22": ("x_2", "z_2", 0.5),
    "u_1": ("z_1", "f", 0.5),
    "u_2": ("z_2", "f", 0.5),
}
BIASES = {"b_1": "z_1", "b_2": "z_2", "c": "f"}
# function: (its arguments, the values that it returns with their shapes), in the order of the chain
ASKED = {
    "forward": ("x W b u c", {"z_in": (2,), "z_out": (2,), "f_in": (), "f_out": ()}),
    "l2_loss": ("y f_out", {"L": ()}),
    "output_layer_gradients": (
        "y z_out f_in f_out", {"dL_df_out": (), "df_out_df_in": (), "dL_du": (2,), "dL_dc": ()},
    ),
    "hidden_layer_gradients": (
        "x z_in u dL_df_out df_out_df_in",
        {"df_in_dz_out": (2,), "dz_out_dz_in": (2,), "dL_dW": (2, 2), "dL_db": (2,)},
    ),
}  # fmt: skip


def own_values(functions):
    """Every value along the chain as the notebook's own functions give it, each fed with the ones before; None if unknown.

    Parameters
    ----------
    functions : the notebook's namespace, `globals()`

    Returns
    -------
    dict of float arrays; vectors of shape (2,), `W` and `dL_dW` (2, 2), the rest ()
    """
    shapes = {"x": (2,), "y": (), "W": (2, 2), "b": (2,), "u": (2,), "c": ()}
    values = {name: _shaped(functions.get(name), shape) for name, shape in shapes.items()}
    for function, (needs, gives) in ASKED.items():
        given = [values[name] for name in needs.split()]
        try:
            if any(value is None for value in given):
                raise ValueError("an earlier value is missing")
            with np.errstate(all="ignore"):
                answer = limited(SECONDS, functions[function], *(v.copy() if v.ndim else float(v) for v in given))
            parts = [answer] if len(gives) == 1 else list(answer)
            parts += [None] * len(gives)
        except (Exception, SystemExit):
            parts = [None] * len(gives)
        for (name, shape), part in zip(gives.items(), parts):
            values[name] = _shaped(part, shape)
    return values


def _shaped(value, shape):
    """The value as floats of that shape, or None."""
    got = None if value is None else numbers(value)
    if got is None or got.size != np.prod(shape, dtype=int) or not np.all(np.isfinite(got)):
        return None
    return got.reshape(shape)


def entry(array, *index):
    """One number of a value that may be unknown."""
    return None if array is None else float(array[index])


def text(number, digits=4):
    """A number as it stands in a picture, with `None` for digits as short as it is; "?" where there is none yet."""
    if number is None:
        return "?"
    return (f"{number:g}" if digits is None else f"{round(number, digits) + 0.0:.{digits}f}").replace("-", "−")


def name(parameter):
    """`W_11` with subscripts."""
    letter, _, index = parameter.partition("_")
    return letter + index.translate(str.maketrans("12", "₁₂"))


def parameter_numbers(array_of):
    """{"W_11": …, …, "c": …} from a dict with arrays `W`, `b`, `u`, `c`, any of them None."""
    found = {f"W_{j + 1}{k + 1}": entry(array_of["W"], j, k) for j in (0, 1) for k in (0, 1)}
    for vector in ("b", "u"):
        found.update({f"{vector}_{k + 1}": entry(array_of[vector], k) for k in (0, 1)})
    return {**found, "c": entry(array_of["c"])}


def new_figure(width, height):
    """An empty picture, sizes in inches; None, with a word, where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        print("No picture without matplotlib: python -m pip install matplotlib")
        return None
    return Figure(figsize=(width, height), layout="constrained")


def show(figure, words):
    """Show a picture below the cell, wherever the notebook runs; `words` are for those who do not see it."""
    from IPython.display import Image, display

    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=100, bbox_inches="tight")
    display(Image(png.getvalue(), alt=words))


def canvas(figure, title):
    """Axes with room for the network."""
    axes = figure.subplots()
    axes.set(xlim=(-0.7, 11.3), ylim=(-1.6, 4.2), aspect="equal")
    axes.axis("off")
    axes.set_title(title, fontsize=12, loc="left", color=BLACK)
    return axes


def draw_nodes(axes, values, faded=()):
    """Inputs, units and loss, with what goes into each unit and what comes out; a broken outline where it is unknown."""
    lines = {f"x_{j + 1}": [f"x{'₁₂'[j]} = {text(entry(values['x'], j), None)}"] for j in (0, 1)}
    for k in (0, 1):
        lines[f"z_{k + 1}"] = [
            f"z{'₁₂'[k]}", f"in {text(entry(values['z_in'], k))}", f"out {text(entry(values['z_out'], k))}"]  # fmt: skip
    lines["f"] = ["f", f"in {text(entry(values['f_in']))}", f"out {text(entry(values['f_out']))}"]
    lines["L"] = [f"L = {text(entry(values['L']))}", f"y = {text(entry(values['y']), None)}"]
    for node, (x, y) in PLACES.items():
        content = "\n".join(lines[node])
        colour = GREY if node in faded else BLACK
        style = {
            "facecolor": "white",
            "edgecolor": colour,
            "linestyle": "--" if "?" in content else "-",
            "linewidth": 1.6,
        }
        axes.text(
            x, y, content, ha="center", va="center", fontsize=10, color=colour, zorder=5,
            bbox={"boxstyle": "round,pad=0.5", **style},
        )  # fmt: skip


def draw_edges(axes, labels, style, backward=False):
    """All edges, and the biases as short ones from above or below.

    labels : parameter -> text, "" leaves a bias out; style : parameter -> dict with `color`, `linestyle`, `linewidth`
    """
    for parameter, (start, end, along) in EDGES.items():
        _edge(
            axes, np.array(PLACES[start]), np.array(PLACES[end]), along, labels[parameter], style[parameter], backward
        )
    for parameter, node in BIASES.items():
        if not labels[parameter]:
            continue
        x, y = PLACES[node]
        away = -1.1 if y == 0 else 1.1
        _edge(axes, np.array([x, y + away]), np.array([x, y]), 0.0, labels[parameter], style[parameter], backward)
    axes.plot(*zip(PLACES["f"], PLACES["L"]), color=GREY, linewidth=1.2, zorder=1)


def _edge(axes, start, end, along, label, style, backward):
    axes.plot(*zip(start, end), zorder=1, **style)
    direction = (end - start) / np.linalg.norm(end - start)
    tip = start + (0.42 if along == 0.0 else along + 0.12 if backward else along) * (end - start)
    axes.annotate(
        "", tip + direction * (-0.2 if backward else 0.2), tip, zorder=2,
        arrowprops={"arrowstyle": "-|>", "color": style["color"], "linewidth": 1.5, "mutation_scale": 16},
    )  # fmt: skip
    if along == 0.0:  # a bias: its label at the free end
        x, y = start - 0.22 * (1 + label.count("\n")) * direction
    else:  # above the edge, clear of it over the label's whole length
        lines = label.split("\n")
        slope = abs(direction[1] / direction[0])
        x, y = start + along * (end - start)
        y += 0.13 + 0.13 * len(lines) + 0.045 * max(map(len, lines)) * slope
    axes.text(
        x, y, label, ha="center", va="center", fontsize=10, color=style["color"], zorder=4,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )  # fmt: skip
