"""The reference solution against three independent oracles: the lecture's numbers, finite differences, autograd."""

import csv
from pathlib import Path

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.course import load_module, reference_path

ref = load_module(reference_path("xor_backprop"))

W = np.array([[-0.07, 0.94], [0.22, 0.46]])
b = np.array([-0.46, 0.10])
u = np.array([-0.22, 0.58])
c, x, y, rate = 0.78, np.array([1.0, 0.0]), 1, 0.5
ROWS = list(csv.DictReader((Path(__file__).parent / "data" / "lecture_values.csv").open(encoding="utf-8")))

# What the lecture's own line gives, from the numbers printed on it and the lines before.
_PRINTED_Z = np.array([0.3705, 0.7389])
_, _, _HIDDEN_W, _HIDDEN_B = ref.hidden_layer_gradients(x, np.array([-0.53, 1.04]), u, -0.2475, 0.1862)
_OUT = ref.output_layer_gradients(1, _PRINTED_Z, 1.1122, 0.7525)
_NEW_W = ref.sgd_update(W, np.array([[0.0024, _HIDDEN_W[0, 1]], _HIDDEN_W[1]]), rate)
_NEW_B = ref.sgd_update(b, np.array([0.0024, _HIDDEN_B[1]]), rate)
_PRINTED_NEW = dict(
    W=np.array([[-0.0712, 0.9426], [0.22, 0.46]]),
    b=np.array([-0.4612, 0.1026]),
    u=np.array([-0.2115, 0.5970]),
    c=0.8030,
)
STEP_BY_STEP = {
    "z_1,in": ref.forward(x, W, b, u, c)[0][0],
    "z_1,out": ref.sigmoid(-0.53),
    "z_2,in": ref.forward(x, W, b, u, c)[0][1],
    "z_2,out": ref.sigmoid(1.04),
    "f_in": u @ _PRINTED_Z + c,
    "f_out": ref.sigmoid(1.1122),
    "L": ref.l2_loss(1, 0.7525),
    "dL/df_out": _OUT[0],
    "df_out/df_in": 0.7525 * (1 - 0.7525),
    "df_in/du_1": 0.3705,
    "dL/du_1": -0.2475 * 0.1862 * 0.3705,
    "u_1 new": ref.sgd_update(-0.22, -0.0171, rate),
    "df_in/dz_1,out": ref.hidden_layer_gradients(x, np.array([-0.53, 1.04]), u, 1.0, 1.0)[0][0],
    "dz_1,out/dz_1,in": 0.3705 * (1 - 0.3705),
    "dz_1,in/dW_11": x[0],
    "dL/dW_11": -0.2475 * 0.1862 * -0.22 * 0.2332 * 1,
    "W_11 new": _NEW_W[0, 0],
    "W_12 new": _NEW_W[0, 1],
    "W_21 new": _NEW_W[1, 0],
    "W_22 new": _NEW_W[1, 1],
    "b_1 new": _NEW_B[0],
    "b_2 new": _NEW_B[1],
    "u_2 new": ref.sgd_update(0.58, -0.2475 * 0.1862 * 0.7389, rate),
    "c new": ref.sgd_update(0.78, -0.2475 * 0.1862, rate),
    "f(x | theta_new)": ref.forward(x, **_PRINTED_NEW)[3],
    "L new": ref.l2_loss(1, 0.7615),
}


def end_to_end():
    """Every quantity from the start values alone, in exact arithmetic."""
    z_in, z_out, f_in, f_out = ref.forward(x, W, b, u, c)
    a, s, du, _dc = ref.output_layer_gradients(y, z_out, f_in, f_out)
    back, slope, dW, _db = ref.hidden_layer_gradients(x, z_in, u, a, s)
    W2, b2, u2, c2 = ref.train_step(x, y, W, b, u, c, rate)
    f_new = ref.forward(x, W2, b2, u2, c2)[3]
    values = [z_in[0], z_out[0], z_in[1], z_out[1], f_in, f_out, ref.l2_loss(y, f_out), a, s, z_out[0], du[0], u2[0],
              back[0], slope[0], x[0], dW[0, 0], W2[0, 0], W2[0, 1], W2[1, 0], W2[1, 1], b2[0], b2[1], u2[1], c2,
              f_new, ref.l2_loss(y, f_new)]  # fmt: skip
    return dict(zip((row["quantity"] for row in ROWS), values, strict=True))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["quantity"])
def test_each_lecture_line_from_its_own_printed_inputs(row):
    """Printed to four decimals, products of printed factors to one unit of the last; an erratum misses by more."""
    value, printed = STEP_BY_STEP[row["quantity"]], float(row["printed"])
    if row["step_verdict"] == "ERRATUM":
        assert abs(value - printed) > 5e-4
    else:
        assert abs(value - printed) <= 0.51e-4
    assert abs(value - float(row["exact_from_printed_inputs"])) <= 0.6e-4


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["quantity"])
def test_each_lecture_value_end_to_end(row):
    assert end_to_end()[row["quantity"]] == pytest.approx(float(row["exact_end_to_end"]), abs=0.51e-6)


def test_the_two_errata_and_only_they():
    assert [row["quantity"] for row in ROWS if row["step_verdict"] == "ERRATUM"] == [
        "f_in",
        "f(x | theta_new)",
    ]
    # The printed f_in follows from u_2 = 0.56, the equations use 0.58.
    assert np.array([-0.22, 0.56]) @ _PRINTED_Z + c == pytest.approx(1.1122, abs=1e-4)
    assert ref.forward(x, W, b, u, c)[2] == pytest.approx(1.1270, abs=1e-4)
    assert STEP_BY_STEP["f(x | theta_new)"] == pytest.approx(0.7625, abs=1e-4)
    assert end_to_end()["f(x | theta_new)"] == pytest.approx(0.7624, abs=1e-4)


numbers = st.floats(-2, 2, allow_nan=False)
networks = st.fixed_dictionaries(
    {
        "x": st.lists(numbers, min_size=2, max_size=2).map(np.array),
        "y": st.sampled_from([0, 1]),
        "W": st.lists(numbers, min_size=4, max_size=4).map(lambda v: np.array(v).reshape(2, 2)),
        "b": st.lists(numbers, min_size=2, max_size=2).map(np.array),
        "u": st.lists(numbers, min_size=2, max_size=2).map(np.array),
        "c": numbers,
    }
)


def reference_gradients(x, y, W, b, u, c):
    z_in, z_out, f_in, f_out = ref.forward(x, W, b, u, c)
    a, s, du, dc = ref.output_layer_gradients(y, z_out, f_in, f_out)
    _, _, dW, db = ref.hidden_layer_gradients(x, z_in, u, a, s)
    return {"W": dW, "b": db, "u": du, "c": dc}


def independent_loss(theta, x, y):
    """The network written down once more, for automatic differentiation."""
    hidden = 1 / (1 + anp.exp(-(anp.dot(x, theta["W"]) + theta["b"])))
    prediction = 1 / (1 + anp.exp(-(anp.dot(hidden, theta["u"]) + theta["c"])))
    return 0.5 * (y - prediction) ** 2


@given(networks)
@settings(max_examples=60, deadline=None)
def test_gradients_agree_with_automatic_differentiation(network):
    theta = {name: network[name] for name in "Wbuc"}
    automatic = grad(independent_loss)(theta, network["x"], network["y"])
    for name, gradient in reference_gradients(**network).items():
        np.testing.assert_allclose(gradient, automatic[name], rtol=1e-9, atol=1e-12)


@given(networks)
@settings(max_examples=30, deadline=None)
def test_gradients_agree_with_finite_differences(network):
    h = 1e-6
    for name, gradient in reference_gradients(**network).items():
        for index in np.ndindex(np.shape(network[name])):

            def loss(shift, name=name, index=index):
                moved = np.array(network[name], dtype=float)
                moved[index] += shift
                changed = {**network, name: moved if moved.shape else float(moved)}
                y = changed.pop("y")
                return ref.l2_loss(y, ref.forward(**changed)[3])

            assert (loss(h) - loss(-h)) / (2 * h) == pytest.approx(np.asarray(gradient)[index], abs=1e-8)


@given(st.floats(-30, 30))
def test_sigmoid_derivative_agrees_with_finite_differences_and_autograd(z):
    slope = ref.sigmoid_derivative(z)
    assert (ref.sigmoid(z + 1e-6) - ref.sigmoid(z - 1e-6)) / 2e-6 == pytest.approx(slope, abs=1e-8)
    assert grad(lambda v: 1 / (1 + anp.exp(-v)))(z) == pytest.approx(slope, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("rate", "epochs", "learned"), [(0.1, 5000, True), (0.5, 5000, False), (5.0, 1000, True)])
def test_what_the_notebook_says_of_the_three_learning_rates(rate, epochs, learned):
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    Y = np.array([0.0, 1.0, 1.0, 0.0])
    parameters, losses = ref.train(X, Y, W, b, u, c, rate, epochs)
    outputs = np.array([ref.forward(row, *parameters)[3] for row in X])
    assert bool(np.all((outputs > 0.5) == (Y > 0.5)) and losses[-1] < 0.02) is learned
    if not learned:
        assert np.sum(np.abs(outputs - 0.49) < 0.02) == 2
