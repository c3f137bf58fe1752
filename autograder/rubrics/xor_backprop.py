"""The rubric of `xor_backprop`: the lecture's derivation as a table, and the questions asked along it.

A value's parameters are what it follows from: the edges of the computational graph. Nothing else is said about
it anywhere. Symbols and formulas: the lecture on basic backpropagation.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from autograder.checking.derivation import Derivation, pick
from autograder.checking.layout import Layout
from autograder.checking.question import Observation, Question, Rubric, Step
from autograder.checking.values import WrongForm, in_form

network = Derivation()
value = network.value


# Forward pass
@value
def sigma(z: Any) -> Any: return 1 / (1 + np.exp(-np.asarray(z)))
@value
def z_in(W: Any, x: Any, b: Any) -> Any: return W.T @ x + b
@value
def z_out(z_in: Any) -> Any: return sigma(z_in)
@value
def f_in(u: Any, z_out: Any, c: Any) -> Any: return u @ z_out + c
@value
def f_out(f_in: Any) -> Any: return sigma(f_in)
@value
def L(y: Any, f_out: Any) -> Any: return (y - f_out) ** 2 / 2


# Backward pass: output layer
@value
def sigma_prime(z: Any) -> Any: return sigma(z) * (1 - sigma(z))
@value
def dL_df_out(y: Any, f_out: Any) -> Any: return f_out - y
@value
def df_out_df_in(f_in: Any) -> Any: return sigma_prime(f_in)
@value
def dL_du(dL_df_out: Any, df_out_df_in: Any, z_out: Any) -> Any: return dL_df_out * df_out_df_in * z_out
@value
def dL_dc(dL_df_out: Any, df_out_df_in: Any) -> Any: return dL_df_out * df_out_df_in


# Backward pass: hidden layer
@value
def df_in_dz_out(u: Any) -> Any: return u
@value
def dz_out_dz_in(z_in: Any) -> Any: return sigma_prime(z_in)
@value
def dL_dW(x: Any, dL_df_out: Any, df_out_df_in: Any, df_in_dz_out: Any, dz_out_dz_in: Any) -> Any:
    return np.outer(x, dL_db(dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in))
@value
def dL_db(dL_df_out: Any, df_out_df_in: Any, df_in_dz_out: Any, dz_out_dz_in: Any) -> Any:
    return dL_df_out * df_out_df_in * df_in_dz_out * dz_out_dz_in


# Update
@value
def theta_new(parameter: Any, gradient: Any, learning_rate: Any) -> Any: return parameter - learning_rate * gradient
@value
def W_new(W: Any, dL_dW: Any, learning_rate: Any) -> Any: return theta_new(W, dL_dW, learning_rate)
@value
def b_new(b: Any, dL_db: Any, learning_rate: Any) -> Any: return theta_new(b, dL_db, learning_rate)
@value
def u_new(u: Any, dL_du: Any, learning_rate: Any) -> Any: return theta_new(u, dL_du, learning_rate)
@value
def c_new(c: Any, dL_dc: Any, learning_rate: Any) -> Any: return theta_new(c, dL_dc, learning_rate)


# Training: `path` is the parameters after each epoch
@value
def path(X: Any, Y: Any, W: Any, b: Any, u: Any, c: Any, learning_rate: Any, epochs: int) -> Any:
    parameters, after = {"W": W, "b": b, "u": u, "c": c}, []
    for _ in range(epochs):
        for x, y in zip(X, Y, strict=True):
            new = pick(network, ("W_new", "b_new", "u_new", "c_new"),
                       {**parameters, "x": x, "y": y, "learning_rate": learning_rate})
            parameters = dict(zip("Wbuc", new.values(), strict=True))
        after.append(tuple(parameters.values()))
    return after
@value
def W_end(path: Any) -> Any: return path[-1][0]
@value
def b_end(path: Any) -> Any: return path[-1][1]
@value
def u_end(path: Any) -> Any: return path[-1][2]
@value
def c_end(path: Any) -> Any: return path[-1][3]
@value
def losses(X: Any, Y: Any, path: Any) -> Any:
    return [np.mean([network.resolve("L", dict(x=x, y=y, W=W, b=b, u=u, c=c)) for x, y in zip(X, Y, strict=True)])
            for W, b, u, c in path]


# ---------------------------------------------------------------------------------------------------------
# Inputs: the lecture's numbers, and random ones whose gradients are of order 0.1

LECTURE = dict(x=np.array([1.0, 0.0]), y=1, W=np.array([[-0.07, 0.94], [0.22, 0.46]]), b=np.array([-0.46, 0.10]),
               u=np.array([-0.22, 0.58]), c=0.78, learning_rate=0.5)
XOR = dict(X=np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), Y=np.array([0.0, 1.0, 1.0, 0.0]))
GRADIENTS = ("dL_dW", "dL_db", "dL_du", "dL_dc")


def draw(rng: random.Random) -> dict[str, Any]:
    """One random network, observation and learning rate; drawn again until every gradient is of order 0.1."""
    def signed(low: float, high: float) -> float: return rng.choice((-1, 1)) * rng.uniform(low, high)
    while True:
        known: dict[str, Any] = dict(
            x=np.array([signed(0.5, 1.8) for _ in "12"]), y=rng.randrange(2),
            W=np.array([[signed(0.3, 1.2) for _ in "12"] for _ in "12"]), b=np.array([signed(0.3, 1.0) for _ in "12"]),
            u=np.array([signed(1.0, 3.0) for _ in "12"]), c=signed(0.3, 1.0), learning_rate=rng.uniform(0.3, 1.5))
        sizes = np.concatenate([np.abs(np.ravel(g)) for g in pick(network, GRADIENTS, known).values()])
        if sizes.min() > 0.02 and sizes.max() < 0.3:
            return known


def draws(question: str) -> tuple[dict[str, Any], ...]:
    """The lecture's network and five random ones, which no other question uses: what is learnt in one helps in no other."""
    rng = random.Random(f"xor_backprop {question}")
    return LECTURE, *(draw(rng) for _ in range(5))


def training_case(known: dict[str, Any], X: Any, Y: Any, epochs: int) -> dict[str, Any]:
    """Inputs of `train` that start from a draw's parameters."""
    return {**{name: known[name] for name in ("W", "b", "u", "c", "learning_rate")}, "X": X, "Y": Y, "epochs": epochs}


def rows(draws: tuple[dict[str, Any], ...]) -> tuple[Any, Any]:
    """The observations of several draws as the rows of X and Y."""
    return np.array([d["x"] for d in draws]), np.array([float(d["y"]) for d in draws])


def ask(name: str, function: str, inputs: str, returns: Any, *steps: Step, cases: Any = None, public: int = 1, **more: Any) -> Question:
    """A question; its cases are the draws unless given. The first is the lecture's numbers, which are public."""
    parameters = tuple(inputs.split())
    if cases is None:
        cases = tuple(pick(network, parameters, known) for known in draws(name))
    return Question(name, function, parameters, returns, steps, tuple(cases), public=public, **more)


def fewer_epochs(inputs: Any) -> Any:
    """What to change for further calls of `train`: one for each number of epochs below the case's own."""
    return [{"epochs": epochs} for epochs in range(1, inputs["epochs"])]


def parameters_of(answers: Any) -> Any:
    """The student's own parameters after each epoch, from their `train` asked for so many epochs."""
    found = []
    for values in answers:
        values = values or {}
        shapes = {"W_end": (2, 2), "b_end": (2,), "u_end": (2,), "c_end": ()}
        forms = [in_form(values[name], shape) if isinstance(values.get(name), (float, list, np.ndarray)) else None
                 for name, shape in shapes.items()]
        if any(isinstance(form, (WrongForm, type(None))) for form in forms):
            return None
        found.append(tuple(forms))
    return found


def z_cases(question: str) -> Any:
    """Pre-activations: arrays of two, and numbers."""
    return tuple({"z": z} for d in draws(question) for z in pick(network, ("z_in", "f_in"), d).values())


update_cases = tuple(dict(parameter=p, gradient=g, learning_rate=d["learning_rate"]) for d in draws("q7")
                     for p, g in zip((d["W"], d["b"], d["u"], d["c"]), pick(network, GRADIENTS, d).values(), strict=True))
_d = draws("q9")
train_cases = (training_case(LECTURE, XOR["X"], XOR["Y"], 3), training_case(_d[1], *rows(_d[2:5]), 2),
               training_case(_d[2], *rows((_d[5], _d[3])), 2))


def each(**places: str) -> tuple[Step, ...]:
    """One step for each returned value, and where the lecture treats it."""
    return tuple(Step(name, (name,), place=place) for name, place in places.items())


FORWARD, BACKWARD, RESULT = "“Forward pass”", "“Backward pass”", "“Result”"

# How the graph is drawn; what follows from what is said by the derivation alone.
layout = Layout(
    headings=((0, -0.5, "forward ↓"), (1, -0.5, "factors ↑"), (2, -0.5, "gradients"), (3, -0.5, "update"), (0, 4.75, "functions that the chain uses"), (3, 3.6, "training")),
    spots={
        "q2.z_in": (0, 0), "q6.dz_out_dz_in": (1, 0.5), "q6.dL_dW": (2, 0),
        "q2.z_out": (0, 1), "q6.df_in_dz_out": (1, 1.5), "q6.dL_db": (2, 1), "q8.hidden_layer": (3, 0.5),
        "q2.f_in": (0, 2), "q5.df_out_df_in": (1, 2.5), "q5.dL_du": (2, 2.25), "q8.output_layer": (3, 2.75),
        "q2.f_out": (0, 3), "q5.dL_df_out": (1, 3.5), "q5.dL_dc": (2, 3.25),
        "q3.value": (0, 4), "q9.parameters": (3, 4.1), "q9.losses": (3, 5.25),
        "q1.value": (0, 5.25), "q4.value": (1, 5.25), "q7.value": (2, 5.25)},
    symbols={
        "sigma": "σ(z)", "z_in": "z_{in}", "z_out": "z_{out}", "f_in": "f_{in}", "f_out": "f_{out}", "sigma_prime": "σ′(z)",
        "dL_df_out": "∂L / ∂f_{out}", "df_out_df_in": "∂f_{out} / ∂f_{in}", "dL_du": "∂L / ∂u", "dL_dc": "∂L / ∂c",
        "df_in_dz_out": "∂f_{in} / ∂z_{out}", "dz_out_dz_in": "∂z_{out} / ∂z_{in}", "dL_dW": "∂L / ∂W", "dL_db": "∂L / ∂b",
        "theta_new": "θ_{new}", "q8.hidden_layer": "W, b_{new}", "q8.output_layer": "u, c_{new}", "q9.parameters": "θ_{end}",
        "losses": "losses", "learning_rate": "α", "parameter": "θ", "gradient": "∂L/∂θ"})

rubric = Rubric(network, (
    ask("q1", "sigmoid", "z", "sigma", Step("value", ("sigma",), place=f"“XOR example”, the activations; {FORWARD}, where z_1,out is computed"),
        cases=z_cases("q1"), public=2, labels={"sigma": "σ(z)"}),
    ask("q2", "forward", "x W b u c", ("z_in", "z_out", "f_in", "f_out"), *each(
        z_in=f"{FORWARD}, z_1,in and z_2,in: the first of the four steps",
        z_out=f"{FORWARD}, z_1,out and z_2,out: the second of the four steps",
        f_in=f"{FORWARD}, f_in: the third of the four steps (mind the erratum in the notebook)",
        f_out=f"{FORWARD}, f_out: the last of the four steps")),
    ask("q3", "l2_loss", "y f_out", "L", Step("value", ("L",), place=f"{FORWARD}, last slide: the L2 loss")),
    ask("q4", "sigmoid_derivative", "z", "sigma_prime", Step("value", ("sigma_prime",), place=f"{BACKWARD}, 2nd step: the rule for σ′"),
        cases=z_cases("q4"), public=2, labels={"sigma_prime": "σ′(z)"}),
    ask("q5", "output_layer_gradients", "y z_out f_in f_out", ("dL_df_out", "df_out_df_in", "dL_du", "dL_dc"), *each(
        dL_df_out=f"{BACKWARD}, 1st step: the derivative of the L2 loss",
        df_out_df_in=f"{BACKWARD}, 2nd step: the rule for σ′, at f_in",
        dL_du=f"{BACKWARD}, 3rd step, and “Plug it together”",
        dL_dc=f"{BACKWARD}, “Plug it together”; {RESULT} for the bias c")),
    ask("q6", "hidden_layer_gradients", "x z_in u dL_df_out df_out_df_in",
        ("df_in_dz_out", "dz_out_dz_in", "dL_dW", "dL_db"), *each(
        df_in_dz_out=f"{BACKWARD}, “Now for W_11”: how f_in depends on z_1,out",
        dz_out_dz_in=f"{BACKWARD}, “Next”: the rule for σ′, at z_1,in",
        dL_dW=f"{BACKWARD}, how z_1,in depends on W_11, and “Plugging together”",
        dL_db=f"{BACKWARD}, “Plugging together”; {RESULT} for the biases b")),
    ask("q7", "sgd_update", "parameter gradient learning_rate", "theta_new",
        Step("value", ("theta_new",), place=f"{BACKWARD}, “Full SGD update”"),
        Step("unchanged", checks="arguments unchanged", place=f"{BACKWARD}, “Full SGD update”: [old] and [new]"),
        cases=update_cases, labels={"theta_new": "the new parameter"}),
    ask("q8", "train_step", "x y W b u c learning_rate", ("W_new", "b_new", "u_new", "c_new"),
        Step("hidden_layer", ("W_new", "b_new"), place=f"{RESULT}: W and b after the update"),
        Step("output_layer", ("u_new", "c_new"), place=f"{RESULT}: u and c after the update")),
    ask("q9", "train", "X Y W b u c learning_rate epochs", (("W_end", "b_end", "u_end", "c_end"), "losses"),
        Step("parameters", ("W_end", "b_end", "u_end", "c_end"), place=f"{RESULT}, last line: rinse and repeat"),
        Step("losses", ("losses",), place="“Backpropagation: basic idea”: the empirical risk is a mean over the observations"),
        cases=train_cases, observes={"losses": {"path": Observation(fewer_epochs, parameters_of)}},
        labels={"W_end": "W after training", "b_end": "b after training", "u_end": "u after training", "c_end": "c after training",
                "path": "parameters after each epoch"}),
), layout)
