"""Public checks of the notebook: the lecture's numbers, value by value.

They tell you which of your values is exact, which is close, and which is off, and by how much. Grading uses other
numbers, too.
"""

import inspect
import traceback

import numpy as np
from xor_compare import Line, Report, TooSlow, compare, limited, same_line

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


# question: the earlier ones whose functions it builds on
NEEDS = {
    "q2": ("q1",),
    "q4": ("q1",),
    "q5": ("q4",),
    "q6": ("q4",),
    "q8": ("q2", "q5", "q6", "q7"),
    "q9": ("q2", "q3", "q8"),
}
SECONDS = 2  # for one call of a function, as in grading


def look(question, functions, known=None):
    """The `Report` of one question; never raises, whatever the function does.

    `functions` is the notebook's namespace, `globals()`; `known` holds reports of earlier questions that are made already.
    """
    known = dict(known or {})
    report = known[question] = _report(question, functions)
    if report.attempted and not report.passed:
        chain = _open_chain(question, functions, known)
        if chain and (not report.own_cause or any(known[earlier].own_cause for earlier in chain)):
            report.begin_with = chain[-1]
    return report


def look_at_all(functions):
    """The `Report` of each question, by its name."""
    reports = {}
    for question in LECTURE:
        reports[question] = look(question, functions, reports)
    return reports


def _open_chain(question, functions, known):
    """The questions that do not pass and that this one builds on, one on the other, down to where to begin."""
    for needed in NEEDS.get(question, ()):
        if needed not in known:
            known[needed] = _report(needed, functions)
        if not known[needed].passed:
            return [needed, *_open_chain(needed, functions, known)]
    return []


def _report(question, functions):
    """The values of one question alone."""
    name, cases = LECTURE[question]
    function = functions.get(name)
    lines, stopped = [], False
    for arguments, expected in cases:
        if stopped:
            lines += same_line(expected, "off", "not tried after that")
            continue
        if not callable(function):
            lines += same_line(expected, "not attempted", f"there is no function `{name}` yet, run its cell first")
            continue
        given = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
        try:
            with np.errstate(all="ignore"):
                answer = limited(SECONDS, function, *given)
        except (Exception, SystemExit) as error:
            stopped = isinstance(error, TooSlow)
            lines += same_line(expected, *_raised(question, functions, error))
            continue
        lines += compare(answer, expected)
        for label, before, after in zip(_parameters(function, arguments), arguments, given):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after):
                lines.append(
                    Line(label, "off", "the argument itself was changed; make a new array and leave it as it was")
                )
    return Report(question, name, lines)


def check(question, functions):
    """Raise `AssertionError` with the report of one question unless all its values are exact or close."""
    report = look(question, functions)
    assert report.passed, "\n" + repr(report)


def _parameters(function, arguments):
    """Names of a function's parameters, as far as it tells them."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return [*names, *["an argument"] * len(arguments)][: len(arguments)]


def _raised(question, functions, error):
    """Status and words for an exception: an earlier question may be what is missing."""
    if isinstance(error, TooSlow):
        return "off", str(error)
    notebook = getattr(functions.get(LECTURE[question][0]), "__globals__", functions)
    steps = zip(traceback.walk_tb(error.__traceback__), traceback.extract_tb(error.__traceback__))
    own = [step.line for (frame, _), step in steps if frame.f_globals is notebook and step.line]
    words = ": ".join(filter(None, (type(error).__name__, " ".join(str(error).split()))))
    words = f"{words[:120]}…" if len(words) > 121 else words
    if own:
        words += f", at the line `{own[-1]}`"
    missing = [earlier for earlier in _builds_on(question) if not is_attempted(earlier, functions)]
    if missing:
        return "waits", f"{', '.join(missing)} first, not attempted yet ({words})"
    return "off", words


def _builds_on(question):
    """All questions that one builds on, directly or not, in order."""
    found = {earlier: None for needed in NEEDS.get(question, ()) for earlier in (*_builds_on(needed), needed)}
    return sorted(found)


def is_attempted(question, functions):
    """Does the function return anything but placeholders? One that raises is attempted, too."""
    name, cases = LECTURE[question]
    arguments, expected = cases[0]
    function = functions.get(name)
    if not callable(function):
        return False
    try:
        answer = limited(SECONDS, function, *(np.array(a) if isinstance(a, np.ndarray) else a for a in arguments))
    except (Exception, SystemExit):
        return True
    return any(line.status != "not attempted" for line in compare(answer, expected))
