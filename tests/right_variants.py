"""Right solutions as students write them: every one must get full marks.

`VARIANTS` maps a name to the code cells of a notebook. A variant is the plain solution with some functions written
differently, or with cells around it.
"""

from __future__ import annotations

IMPORT = "import numpy as np"

PLAIN = {
    "sigmoid": "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))",
    "forward": """
def forward(x, W, b, u, c):
    z_in = np.dot(x, W) + b
    z_out = sigmoid(z_in)
    f_in = np.dot(z_out, u) + c
    return z_in, z_out, f_in, sigmoid(f_in)""",
    "l2_loss": "def l2_loss(y, f_out):\n    return (f_out - y) ** 2 / 2",
    "sigmoid_derivative": "def sigmoid_derivative(z):\n    s = sigmoid(z)\n    return s - s * s",
    "output_layer_gradients": """
def output_layer_gradients(y, z_out, f_in, f_out):
    first = f_out - y
    second = f_out * (1 - f_out)
    return first, second, first * second * z_out, first * second""",
    "hidden_layer_gradients": """
def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in):
    slope = sigmoid_derivative(z_in)
    delta = dL_df_out * df_out_df_in * u * slope
    return u, slope, x[:, None] * delta[None, :], delta""",
    "sgd_update": "def sgd_update(parameter, gradient, learning_rate):\n    return parameter + (-learning_rate) * gradient",
    "train_step": """
def train_step(x, y, W, b, u, c, learning_rate):
    z_in, z_out, f_in, f_out = forward(x, W, b, u, c)
    dL_df_out, df_out_df_in, dL_du, dL_dc = output_layer_gradients(y, z_out, f_in, f_out)
    _, _, dL_dW, dL_db = hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in)
    return tuple(sgd_update(p, g, learning_rate) for p, g in ((W, dL_dW), (b, dL_db), (u, dL_du), (c, dL_dc)))""",
    "train": """
def train(X, Y, W, b, u, c, learning_rate, epochs):
    losses = []
    for epoch in range(epochs):
        for i in range(len(X)):
            W, b, u, c = train_step(X[i], Y[i], W, b, u, c, learning_rate)
        losses.append(sum(l2_loss(Y[i], forward(X[i], W, b, u, c)[3]) for i in range(len(X))) / len(X))
    return (W, b, u, c), losses""",
}


def cells(*, before: tuple[str, ...] = (), after: tuple[str, ...] = (), **own: str) -> list[str]:
    """The plain solution, one function a cell, with `own` functions in place of the plain ones."""
    unknown = set(own) - set(PLAIN)
    assert not unknown, unknown
    return [IMPORT, *before, *({**PLAIN, **own}.values()), *after]


ROUNDED = {
    "sigmoid": "def sigmoid(z):\n    return np.round(1 / (1 + np.exp(-z)), 4)",
    "forward": """
def forward(x, W, b, u, c):
    z_in = np.round(W.T @ x + b, 4)
    z_out = sigmoid(z_in)
    f_in = round(u @ z_out + c, 4)
    return z_in, z_out, f_in, sigmoid(f_in)""",
    "l2_loss": "def l2_loss(y, f_out):\n    return round(0.5 * (y - f_out) ** 2, 4)",
    "sigmoid_derivative": "def sigmoid_derivative(z):\n    return np.round(sigmoid(z) * (1 - sigmoid(z)), 4)",
    "output_layer_gradients": """
def output_layer_gradients(y, z_out, f_in, f_out):
    a, s = round(f_out - y, 4), sigmoid_derivative(f_in)
    return a, s, np.round(a * s * z_out, 4), round(a * s, 4)""",
    "hidden_layer_gradients": """
def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in):
    slope = sigmoid_derivative(z_in)
    delta = dL_df_out * df_out_df_in * u * slope
    return np.round(u, 4), slope, np.round(np.outer(x, delta), 4), np.round(delta, 4)""",
    "sgd_update": """
def sgd_update(parameter, gradient, learning_rate):
    return np.round(parameter - learning_rate * gradient, 4)""",
}

VARIANTS: dict[str, list[str]] = {
    "plain": cells(),
    "explicit scalars": cells(
        sigmoid="""
import math
def sigmoid(z):
    if np.ndim(z) == 0:
        return 1 / (1 + math.exp(-z))
    return np.array([1 / (1 + math.exp(-v)) for v in z])""",
        forward="""
def forward(x, W, b, u, c):
    z1_in = W[0, 0] * x[0] + W[1, 0] * x[1] + b[0]
    z2_in = W[0, 1] * x[0] + W[1, 1] * x[1] + b[1]
    z1, z2 = sigmoid(z1_in), sigmoid(z2_in)
    f_in = u[0] * z1 + u[1] * z2 + c
    return np.array([z1_in, z2_in]), np.array([z1, z2]), f_in, sigmoid(f_in)""",
        hidden_layer_gradients="""
def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in):
    s1, s2 = sigmoid(z_in[0]), sigmoid(z_in[1])
    d1 = dL_df_out * df_out_df_in * u[0] * s1 * (1 - s1)
    d2 = dL_df_out * df_out_df_in * u[1] * s2 * (1 - s2)
    dW = np.zeros((2, 2))
    dW[0, 0], dW[0, 1], dW[1, 0], dW[1, 1] = x[0] * d1, x[0] * d2, x[1] * d1, x[1] * d2
    return np.array([u[0], u[1]]), np.array([s1 * (1 - s1), s2 * (1 - s2)]), dW, np.array([d1, d2])""",
    ),
    "einsum": cells(
        forward="""
def forward(x, W, b, u, c):
    z_in = np.einsum("jk,j->k", W, x) + b
    z_out = sigmoid(z_in)
    f_in = np.einsum("k,k->", u, z_out) + c
    return z_in, z_out, f_in, sigmoid(f_in)""",
        hidden_layer_gradients="""
def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in):
    s = sigmoid_derivative(z_in)
    return u, s, np.einsum(",,j,k,k->jk", dL_df_out, df_out_df_in, x, u, s), dL_df_out * df_out_df_in * u * s""",
    ),
    "float32": cells(
        forward="""
def forward(x, W, b, u, c):
    x, W, b, u, c = (np.asarray(v, dtype=np.float32) for v in (x, W, b, u, c))
    z_in = W.T @ x + b
    z_out = sigmoid(z_in)
    f_in = u @ z_out + c
    return z_in, z_out, f_in, sigmoid(f_in)""",
        sgd_update="""
def sgd_update(parameter, gradient, learning_rate):
    return np.float32(parameter) - np.float32(learning_rate) * np.float32(gradient)""",
    ),
    "lists": cells(
        forward="""
def forward(x, W, b, u, c):
    z_in = [sum(W[j][k] * x[j] for j in range(2)) + b[k] for k in range(2)]
    z_out = [float(sigmoid(v)) for v in z_in]
    f_in = sum(u[k] * z_out[k] for k in range(2)) + c
    return [z_in, z_out, f_in, sigmoid(f_in)]""",
        output_layer_gradients="""
def output_layer_gradients(y, z_out, f_in, f_out):
    a, s = f_out - y, sigmoid_derivative(f_in)
    return [a, s, [a * s * z for z in z_out], a * s]""",
        hidden_layer_gradients="""
def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in):
    s = [sigmoid_derivative(z) for z in z_in]
    d = [dL_df_out * df_out_df_in * u[k] * s[k] for k in range(2)]
    return list(u), s, [[x[j] * d[k] for k in range(2)] for j in range(2)], d""",
        sgd_update="""
def sgd_update(parameter, gradient, learning_rate):
    return np.array(parameter) - learning_rate * np.array(gradient)""",
    ),
    "column vectors": cells(
        forward="""
def forward(x, W, b, u, c):
    x, b, u = (np.reshape(v, (2, 1)) for v in (x, b, u))
    z_in = W.T @ x + b
    z_out = sigmoid(z_in)
    f_in = u.T @ z_out + c
    return z_in, z_out, f_in, sigmoid(f_in)""",
        output_layer_gradients="""
def output_layer_gradients(y, z_out, f_in, f_out):
    z_out = np.reshape(z_out, (2, 1))
    dL = -(y - f_out)
    df = sigmoid_derivative(f_in)
    return dL, df, dL * df * z_out, dL * df""",
        hidden_layer_gradients="""
def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in):
    x, z_in, u = (np.reshape(v, (2, 1)) for v in (x, z_in, u))
    s = sigmoid_derivative(z_in)
    delta = dL_df_out * df_out_df_in * u * s
    return u, s, x @ delta.T, delta""",
        train_step="""
def train_step(x, y, W, b, u, c, learning_rate):
    z_in, z_out, f_in, f_out = forward(x, W, b, u, c)
    dL, df, du, dc = output_layer_gradients(y, z_out, f_in, f_out)
    _, _, dW, db = hidden_layer_gradients(x, z_in, u, dL, df)
    return (sgd_update(W, dW, learning_rate), sgd_update(np.reshape(b, (2, 1)), db, learning_rate),
            sgd_update(np.reshape(u, (2, 1)), du, learning_rate), sgd_update(c, dc, learning_rate))""",
    ),
    "row vectors": cells(
        forward="""
def forward(x, W, b, u, c):
    z_in = x.reshape(1, 2) @ W + b.reshape(1, 2)
    z_out = sigmoid(z_in)
    f_in = (z_out @ u.reshape(2, 1) + c).item()
    return z_in, z_out, f_in, sigmoid(f_in)""",
        train_step="""
def train_step(x, y, W, b, u, c, learning_rate):
    z_in, z_out, f_in, f_out = forward(x, W, b, u, c)
    dL, df, du, dc = output_layer_gradients(y, z_out.ravel(), f_in, f_out)
    _, _, dW, db = hidden_layer_gradients(x, z_in.ravel(), u, dL, df)
    return W - learning_rate * dW, b - learning_rate * db, u - learning_rate * du, c - learning_rate * dc""",
    ),
    "tanh form": cells(sigmoid="def sigmoid(z):\n    return 0.5 * (1 + np.tanh(np.asarray(z) / 2))"),
    "exp over one plus exp": cells(sigmoid="def sigmoid(z):\n    e = np.exp(z)\n    return e / (1 + e)"),
    "stable sigmoid with where": cells(
        sigmoid="""
def sigmoid(z):
    z = np.asarray(z, dtype=float)
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))"""
    ),
    "power of e": cells(sigmoid="def sigmoid(z):\n    return (1 + np.e ** (-z)) ** -1"),
    "vectorize": cells(sigmoid="import math\nsigmoid = np.vectorize(lambda z: 1 / (1 + math.exp(-z)))"),
    "lambda functions": cells(
        sigmoid="sigmoid = lambda z: 1 / (1 + np.exp(-z))",
        l2_loss="l2_loss = lambda y, f_out: 0.5 * np.square(y - f_out)",
        sgd_update="sgd_update = lambda parameter, gradient, learning_rate: parameter - learning_rate * gradient",
    ),
    "numeric derivative": cells(
        sigmoid_derivative="def sigmoid_derivative(z, h=1e-5):\n    return (sigmoid(z + h) - sigmoid(z - h)) / (2 * h)"
    ),
    "numeric gradients": cells(
        hidden_layer_gradients="""
def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in, h=1e-6):
    slope = (sigmoid(z_in + h) - sigmoid(z_in - h)) / (2 * h)
    upstream = dL_df_out * df_out_df_in * u
    dL_dW = np.empty((2, 2))
    for j in range(2):
        for k in range(2):
            dL_dW[j, k] = upstream[k] * slope[k] * ((x[j] * (1 + h)) - (x[j] * (1 - h))) / (2 * h)
    return u, slope, dL_dW, upstream * slope"""
    ),
    "rounding to four decimals": cells(**ROUNDED),
    "helper class": cells(
        before=(
            """
class Chain:
    def __init__(self, x, y, W, b, u, c):
        self.x, self.y, self.W, self.b, self.u, self.c = x, y, W, b, u, c
        self.z = self.act(W.T @ x + b)
        self.f = self.act(u @ self.z + c)
    @staticmethod
    def act(v):
        return 1 / (1 + np.exp(-v))
    def gradients(self):
        d = (self.f - self.y) * self.f * (1 - self.f)
        h = d * self.u * self.z * (1 - self.z)
        return np.outer(self.x, h), h, d * self.z, d
""",
        ),
        train_step="""
def train_step(x, y, W, b, u, c, learning_rate):
    theta = (W, b, u, c)
    return [p - learning_rate * g for p, g in zip(theta, Chain(x, y, W, b, u, c).gradients())]""",
    ),
    "named tuple": cells(
        before=("from collections import namedtuple\nPass = namedtuple('Pass', 'z_in z_out f_in f_out')",),
        forward="""
def forward(x, W, b, u, c):
    z_in = W.T.dot(x) + b
    f_in = sigmoid(z_in).dot(u) + c
    return Pass(z_in, sigmoid(z_in), f_in, sigmoid(f_in))""",
    ),
    "type hints and other parameter names": cells(
        before=("from numpy.typing import NDArray",),
        l2_loss="def l2_loss(label: float, prediction: float) -> float:\n    return ((label - prediction) ** 2) * .5",
        sgd_update="def sgd_update(p: NDArray, g: NDArray, lr: float):\n    return np.subtract(p, np.multiply(lr, g))",
    ),
    "late scratch cells": cells(
        after=(
            "W = np.ones((3, 3)); b = None; x = 'scratch'; u = 0; c = []",
            "print(sigmoid(0.0))\nz_in = forward(np.zeros(2), np.eye(2), np.zeros(2), np.ones(2), 0.0)[0]",
        )
    ),
    "magics and shell lines": cells(
        before=(
            "%matplotlib inline\n%load_ext autoreload\n!echo hello\nfiles = !ls",
            "%%time\nstart = 1",
            "?np.exp",
        ),
        sigmoid="%%time\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))",
        after=("%timeit sigmoid(0.3)\n%time t = sigmoid(0.2)", "%%bash\nexit 3"),
    ),
    "a scratch cell that raises": cells(
        before=("1 / 0",), after=("raise RuntimeError('just trying')", "undefined_name")
    ),
    "a cell with a syntax error": cells(before=("def unfinished(:\n    pass",)),
    "plots and displays": cells(
        before=(
            "import matplotlib.pyplot as plt\nfrom IPython.display import display, HTML\nfrom tqdm.auto import tqdm",
        ),
        train="""
def train(X, Y, W, b, u, c, learning_rate, epochs):
    losses = []
    for _ in tqdm(range(epochs)):
        for x, y in zip(X, Y):
            W, b, u, c = train_step(x, y, W, b, u, c, learning_rate)
        losses.append(np.mean([l2_loss(y, forward(x, W, b, u, c)[-1]) for x, y in zip(X, Y)]))
    return (W, b, u, c), losses""",
        after=("fig, ax = plt.subplots()\nax.plot([1, 2], label='loss')\nplt.show()\ndisplay(HTML('<b>done</b>'))",),
    ),
    "made in Colab": cells(
        before=(
            "from google.colab import drive\ndrive.mount('/content/drive')\n%cd /content/drive/MyDrive\n!pip install -q otter-grader",
            "from mpl_toolkits.mplot3d import Axes3D",
        )
    ),
    "NumPy's own methods on numbers": cells(
        sigmoid="def sigmoid(z):\n    return np.reciprocal(1 + np.exp(-z))",
        l2_loss="def l2_loss(y, f_out):\n    return (f_out - y).item() ** 2 / 2",
        output_layer_gradients="""
def output_layer_gradients(y, z_out, f_in, f_out):
    a, s = f_out.item() - y, sigmoid_derivative(f_in).item()
    return a, s, a * s * z_out, a * s""",
    ),
    "assertions and prints": cells(
        forward="""
def forward(x, W, b, u, c):
    assert W.shape == (2, 2) and x.shape == (2,), "shapes"
    z_in = W.T @ x + b
    print("z_in", z_in)
    z_out = sigmoid(z_in)
    f_in = float(u @ z_out + c)
    return z_in, z_out, f_in, sigmoid(f_in)"""
    ),
    "everything in one cell": ["\n\n".join(cells())],
    "written backwards": [IMPORT, *reversed(list(PLAIN.values()))],
    "redefined later": cells(sigmoid="def sigmoid(z):\n    return z", after=(PLAIN["sigmoid"],)),
    "losses as an array, parameters as a list": cells(
        train="""
def train(X, Y, W, b, u, c, learning_rate, epochs):
    theta = [W.copy(), b.copy(), u.copy(), c]
    losses = np.zeros(epochs)
    for e in range(epochs):
        for x, y in zip(X, Y):
            theta = list(train_step(x, y, *theta, learning_rate))
        losses[e] = np.mean([l2_loss(y, forward(x, *theta)[3]) for x, y in zip(X, Y)])
    return theta, losses"""
    ),
    "memo and decorators": cells(
        before=(
            "import functools\ndef logged(f):\n    @functools.wraps(f)\n    def g(*a, **k):\n        return f(*a, **k)\n    return g",
        ),
        l2_loss="@logged\ndef l2_loss(y, f_out):\n    return 0.5 * pow(y - f_out, 2)",
        train_step="@logged" + PLAIN["train_step"],
    ),
    "functions in a class body": cells(
        before=("class Net:\n    @staticmethod\n    def act(z): return 1 / (1 + np.exp(-z))",),
        sigmoid="sigmoid = Net.act",
        sigmoid_derivative="def sigmoid_derivative(z):\n    return Net.act(z) * Net.act(-z)",
    ),
}
