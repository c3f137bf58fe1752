"""Public checks of the notebook: the lecture's numbers, value by value.

They tell you which of your values agrees, which is close, and which is off. Grading uses other numbers, too.
"""

import numpy as np

W = np.array([[-0.07, 0.94], [0.22, 0.46]])
b = np.array([-0.46, 0.10])
u = np.array([-0.22, 0.58])
c = 0.78
x = np.array([1.0, 0.0])
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([0.0, 1.0, 1.0, 0.0])

Z_IN, Z_OUT = [-0.53, 1.04], [0.37051689, 0.73885001]
F_IN, F_OUT = 1.12701929, 0.75528840
SLOPES = [0.23323412, 0.19295067]
DL_DF_OUT, DF_OUT_DF_IN = -0.24471160, 0.18482783

# question: (function, [(arguments, {name of the value: what the lecture's numbers give})])
LECTURE = {
    "q1": (
        "sigmoid",
        [((-0.53,), {"σ(-0.53)": 0.37051689}), ((np.array([-0.53, 1.04]),), {"σ([-0.53, 1.04])": Z_OUT})],
    ),
    "q2": ("forward", [((x, W, b, u, c), {"z_in": Z_IN, "z_out": Z_OUT, "f_in": F_IN, "f_out": F_OUT})]),
    "q3": ("l2_loss", [((1, F_OUT), {"L": 0.02994188})]),
    "q4": (
        "sigmoid_derivative",
        [((F_IN,), {"σ′(1.1270)": DF_OUT_DF_IN}), ((np.array(Z_IN),), {"σ′([-0.53, 1.04])": SLOPES})],
    ),
    "q5": (
        "output_layer_gradients",
        [
            (
                (1, np.array(Z_OUT), F_IN, F_OUT),
                {
                    "dL_df_out": DL_DF_OUT,
                    "df_out_df_in": DF_OUT_DF_IN,
                    "dL_du": [-0.01675830, -0.03341783],
                    "dL_dc": -0.04522951,
                },
            )
        ],
    ),
    "q6": (
        "hidden_layer_gradients",
        [
            (
                (x, np.array(Z_IN), u, DL_DF_OUT, DF_OUT_DF_IN),
                {
                    "df_in_dz_out": [-0.22, 0.58],
                    "dz_out_dz_in": SLOPES,
                    "dL_dW": [[0.00232079, -0.00506170], [0.0, 0.0]],
                    "dL_db": [0.00232079, -0.00506170],
                },
            )
        ],
    ),
    "q7": (
        "sgd_update",
        [
            ((-0.22, -0.01675830, 0.5), {"u_1 new": -0.21162085}),
            ((u, np.array([-0.01675830, -0.03341783]), 0.5), {"u new": [-0.21162085, 0.59670891]}),
        ],
    ),
    "q8": (
        "train_step",
        [
            (
                (x, 1, W, b, u, c, 0.5),
                {
                    "W": [[-0.07116040, 0.94253085], [0.22, 0.46]],
                    "b": [-0.46116040, 0.10253085],
                    "u": [-0.21162085, 0.59670891],
                    "c": 0.80261476,
                },
            )
        ],
    ),
    "q9": (
        "train",
        [
            (
                (X, Y, W, b, u, c, 0.5, 3),
                {
                    "parameters": {
                        "W": [[-0.06197801, 0.93150088], [0.22649438, 0.45415000]],
                        "b": [-0.44574397, 0.07405294],
                        "u": [-0.31962912, 0.41708233],
                        "c": 0.53265727,
                    },
                    "losses": [0.14858529, 0.14287295, 0.13814505],
                },
            )
        ],
    ),
}


def check(question, functions):
    """Check one question with the lecture's numbers.

    `functions` is the notebook's namespace. Raises `AssertionError` with a line for each value unless all agree.
    """
    name, cases = LECTURE[question]
    function = functions.get(name)
    assert callable(function), f"There is no function `{name}` yet: run its cell first."
    lines, fine = [], True
    for arguments, expected in cases:
        given = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
        try:
            answer = function(*given)
        except Exception as error:
            raise AssertionError(f"`{name}` raised {type(error).__name__}: {error}") from None
        for value, verdict in _compare(answer, expected):
            fine = fine and verdict.startswith(("exact", "close"))
            lines.append(f"  {value:<20} {verdict}")
        for before, after in zip(arguments, given):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after):
                fine = False
                lines.append("  an argument          was changed in place: make a new array instead")
    if not fine:
        first = "The first line that is not exact or close is the one to look at."
        raise AssertionError("\n".join([f"{name}, value by value:", *lines, first]))


def _compare(answer, expected):
    """(name, verdict) for each expected value of an answer."""
    if len(expected) == 1:
        ((name, value),) = expected.items()
        return [(name, _verdict(answer, value))]
    if answer is None:
        return [(name, "None came back: did you forget a `return`?") for name in expected]
    if answer is Ellipsis:
        return [(name, "not attempted yet") for name in expected]
    if not isinstance(answer, (tuple, list)) or len(answer) != len(expected):
        count = len(answer) if isinstance(answer, (tuple, list)) else "one"
        due = ", ".join(expected)
        return [(name, f"off: {count} value(s) came back where ({due}) are due") for name in expected]
    found = []
    for part, (name, value) in zip(answer, expected.items()):
        found += _compare(part, value) if isinstance(value, dict) else [(name, _verdict(part, value))]
    return found


def _verdict(answer, expected):
    """How one value compares: exact, close, or off and by how much."""
    if answer is Ellipsis:
        return "not attempted yet"
    if answer is None:
        return "None came back: did you forget a `return`?"
    expected = np.asarray(expected, dtype=float)
    try:
        got = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return f"off: {type(answer).__name__} came back where numbers are due"
    if got.size != expected.size or (expected.ndim == 2 and got.shape != expected.shape):
        return f"off: shape {got.shape} came back where {expected.shape} is due"
    difference = np.max(np.abs(got.reshape(expected.shape) - expected))
    if not np.isfinite(difference):
        return "off: not a finite number"
    if difference <= 1e-7:
        return "exact"
    near = np.all(np.abs(got.reshape(expected.shape) - expected) <= 1e-4 + 1e-3 * np.abs(expected))
    return f"{'close' if near else 'off'}, largest difference {difference:.1e}"
