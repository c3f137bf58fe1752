"""Writes the sample class: notebooks as students hand them in, made from the student template.

    python tests/sample_class/make.py

Each student is the template with some stubs filled in; `expected_grades.csv` says what each must get.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from right_variants import PLAIN, VARIANTS  # noqa: E402

TEMPLATE = HERE.parents[1] / "student_template" / "xor_backprop" / "xor_backprop.ipynb"
FUNCTIONS = tuple(PLAIN)


def functions_of(variant: str) -> dict[str, str]:
    """The functions of a right variant; what stands around them stays away."""
    cells = VARIANTS[variant]
    return dict(zip(FUNCTIONS, cells[-len(FUNCTIONS) :], strict=True))


def change(function: str, *pairs: tuple[str, str]) -> dict[str, str]:
    """The plain solution with one function changed."""
    text = PLAIN[function]
    for old, new in pairs:
        assert old in text, (function, old)
        text = text.replace(old, new)
    return {**PLAIN, function: text}


RESIDUAL = ("first = f_out - y", "first = y - f_out")
STUDENTS: dict[str, dict[str, str]] = {
    "ada_vectorised": PLAIN,
    "bruno_explicit_scalars": functions_of("explicit scalars"),
    "chen_float32": functions_of("float32"),
    "dana_rounds_to_four_decimals": functions_of("rounding to four decimals"),
    "emil_half_done": {name: PLAIN[name] for name in FUNCTIONS[:4]},
    "fatima_sign_of_the_residual": change("output_layer_gradients", RESIDUAL),
    "goran_slope_at_the_activation": change("sigmoid_derivative", ("s = sigmoid(z)", "s = z")),
    "hana_outer_product_wrong_way_round": change(
        "hidden_layer_gradients", ("x[:, None] * delta[None, :]", "np.outer(delta, x)")
    ),
    "ivan_bias_forgotten": change("forward", ("np.dot(x, W) + b", "np.dot(x, W)")),
    "jun_updates_in_place": {
        **PLAIN,
        "sgd_update": (
            "def sgd_update(parameter, gradient, learning_rate):\n"
            "    parameter -= learning_rate * gradient\n"
            "    return parameter"
        ),
    },
    "karla_several_slips": {
        **change("output_layer_gradients", RESIDUAL),
        "l2_loss": "def l2_loss(y, f_out):\n    return (f_out - y) ** 2",
        "sgd_update": (
            "def sgd_update(parameter, gradient, learning_rate):\n    return parameter + learning_rate * gradient"
        ),
        "train": PLAIN["train"].replace(
            "for i in range(len(X)):\n            W", "for i in reversed(range(len(X))):\n            W"
        ),
    },
    "lars_untouched": {},
    "mina_crashing_cell": PLAIN,
    "nils_endless_loop": {
        **PLAIN,
        "train": (
            "def train(X, Y, W, b, u, c, learning_rate, epochs):\n"
            "    e = 0\n"
            "    while e < epochs:\n"
            "        W, b, u, c = train_step(X[0], Y[0], W, b, u, c, learning_rate)\n"
            "    return (W, b, u, c), []"
        ),
    },
    "olga_lecture_numbers_typed_in": {
        **PLAIN,
        "forward": (
            "def forward(x, W, b, u, c):\n"
            "    return np.array([-0.53, 1.04]), np.array([0.3705, 0.7389]), 1.1270, 0.7553"
        ),
        "sigmoid_derivative": "def sigmoid_derivative(z):\n    return 0.2332",
    },
    "sven_forgot_return": {**PLAIN, "l2_loss": "def l2_loss(y, f_out):\n    loss = 0.5 * (y - f_out) ** 2"},
    "tara_three_of_four_values": change(
        "forward", ("return z_in, z_out, f_in, sigmoid(f_in)", "return z_in, z_out, sigmoid(f_in)")
    ),
}
EXTRA_CELLS = {
    "mina_crashing_cell": ["W_backup = W.copy()\nW_backup[5, 5]", "import does_not_exist"],
    "ada_vectorised": ["%timeit sigmoid(0.3)", "forward(x, W, b, u, c)"],
}


def notebook(functions: dict[str, str], extra: list[str]) -> dict[str, Any]:
    """The template with the stubs of `functions` filled in and `extra` code cells before the first question."""
    made: dict[str, Any] = copy.deepcopy(json.loads(TEMPLATE.read_text(encoding="utf-8")))
    count, filled, first_answer = 0, set(), 0
    for index, cell in enumerate(made["cells"]):
        if cell["cell_type"] != "code":
            continue
        count += 1
        cell["execution_count"] = count
        name = next((f for f in FUNCTIONS if "".join(cell["source"]).startswith(f"def {f}(")), None)
        if name is not None:
            first_answer = first_answer or index
        if name in functions:
            cell["source"] = functions[name].strip().splitlines(keepends=True)
            filled.add(name)
    assert filled == set(functions)
    for number, source in enumerate(extra):
        own = {"cell_type": "code", "execution_count": None, "id": f"own-{number}", "metadata": {}, "outputs": []}
        made["cells"].insert(first_answer, {**own, "source": source.splitlines(keepends=True)})
    made["metadata"]["language_info"] = {"name": "python", "version": "3.11.7", "file_extension": ".py"}
    return made


def files() -> dict[str, str]:
    """Every file of the class by name."""
    made = {
        f"{name}.ipynb": json.dumps(notebook(functions, EXTRA_CELLS.get(name, [])), indent=1, ensure_ascii=False) + "\n"
        for name, functions in STUDENTS.items()
    }
    made["pavel_corrupt.ipynb"] = made["ada_vectorised.ipynb"][:7000]
    made["quinn_empty.ipynb"] = ""
    source = ["def fibonacci(n):\n", "    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)"]
    other = {
        "cells": [
            {"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {}, "outputs": [], "source": source}
        ],
        "metadata": {"autograder": {"assignment": "recursion"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    made["rosa_other_assignment.ipynb"] = json.dumps(other, indent=1) + "\n"
    return made


if __name__ == "__main__":
    folder = HERE / "notebooks"
    folder.mkdir(exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(files())} notebooks in {folder}")
