"""Reference solution of `xor_backprop`: the oracle of grading and the source of the students' stubs.

The signature and the docstring of each function are what the student gets; the body is the answer.
Source of the formulas: the lecture on basic backpropagation. All arithmetic is exact in float64.
"""

import numpy as np


def sigmoid(z):
    """The logistic sigmoid, elementwise.

    σ(z) = 1 / (1 + exp(−z))

    Parameters
    ----------
    z : number or array of any shape

    Returns
    -------
    σ(z), a number or an array of the same shape as `z`
    """
    return 1.0 / (1.0 + np.exp(-np.asarray(z, dtype=float)))


def forward(x, W, b, u, c):
    """Forward pass of the 2-2-1 network in four steps.

    z_in  = Wᵀ x + b      inputs of the two hidden units
    z_out = σ(z_in)       their activations
    f_in  = uᵀ z_out + c  input of the output unit
    f_out = σ(f_in)       its activation: the prediction

    Parameters
    ----------
    x : array of shape (2,), one observation
    W : array of shape (2, 2); `W[j, k]` is the weight from input j to hidden unit k
    b : array of shape (2,), the hidden biases
    u : array of shape (2,), the weights from the hidden units to the output
    c : number, the output bias

    Returns
    -------
    (z_in, z_out, f_in, f_out) of shapes (2,), (2,), number, number
    """
    z_in = W.T @ x + b
    z_out = sigmoid(z_in)
    f_in = u @ z_out + c
    f_out = sigmoid(f_in)
    return z_in, z_out, f_in, f_out


def l2_loss(y, f_out):
    """The L2 loss of one observation.

    L = ½ (y − f_out)²

    Parameters
    ----------
    y : number, the label, 0 or 1
    f_out : number, the prediction of the forward pass

    Returns
    -------
    L, a number
    """
    return 0.5 * (y - f_out) ** 2


def sigmoid_derivative(z):
    """The derivative σ′ of the sigmoid, elementwise, at the pre-activation `z`.

    `z` is what goes *into* the sigmoid (z_in or f_in), not what comes out of it.

    Parameters
    ----------
    z : number or array of any shape, a pre-activation

    Returns
    -------
    σ′(z), a number or an array of the same shape as `z`
    """
    activation = sigmoid(z)
    return activation * (1.0 - activation)


def output_layer_gradients(y, z_out, f_in, f_out):
    """First half of the backward pass: from the loss back to `u` and `c`.

    ∂L/∂u_k = ∂L/∂f_out · ∂f_out/∂f_in · ∂f_in/∂u_k, and the same chain with ∂f_in/∂c for the bias.

    Parameters
    ----------
    y : number, the label, 0 or 1
    z_out : array of shape (2,), activations of the hidden units
    f_in : number, input of the output unit
    f_out : number, the prediction

    Returns
    -------
    (dL_df_out, df_out_df_in, dL_du, dL_dc) of shapes number, number, (2,), number
    """
    dL_df_out = -(y - f_out)
    df_out_df_in = sigmoid_derivative(f_in)
    dL_du = dL_df_out * df_out_df_in * z_out
    dL_dc = dL_df_out * df_out_df_in
    return dL_df_out, df_out_df_in, dL_du, dL_dc


def hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in):
    """Second half of the backward pass: from the output unit back to `W` and `b`.

    ∂L/∂W_jk = ∂L/∂f_out · ∂f_out/∂f_in · ∂f_in/∂z_k,out · ∂z_k,out/∂z_k,in · ∂z_k,in/∂W_jk,
    and the same chain with ∂z_k,in/∂b_k for the biases. The first two factors are those of the output layer.

    Parameters
    ----------
    x : array of shape (2,), the observation
    z_in : array of shape (2,), inputs of the hidden units
    u : array of shape (2,), the weights from the hidden units to the output
    dL_df_out : number, from the output layer
    df_out_df_in : number, from the output layer

    Returns
    -------
    (df_in_dz_out, dz_out_dz_in, dL_dW, dL_db) of shapes (2,), (2,), (2, 2), (2,);
    `dL_dW[j, k]` belongs to `W[j, k]`
    """
    df_in_dz_out = np.array(u, dtype=float)
    dz_out_dz_in = sigmoid_derivative(z_in)
    delta = dL_df_out * df_out_df_in * df_in_dz_out * dz_out_dz_in
    dL_dW = np.outer(x, delta)
    dL_db = delta
    return df_in_dz_out, dz_out_dz_in, dL_dW, dL_db


def sgd_update(parameter, gradient, learning_rate):
    """One step of stochastic gradient descent for one parameter.

    θ_new = θ_old − α · ∂L/∂θ. The arguments stay as they are: the new parameter is a new number or array.

    Parameters
    ----------
    parameter : number or array, θ_old
    gradient : number or array of the same shape, ∂L/∂θ
    learning_rate : number, α

    Returns
    -------
    θ_new, a number or an array of the same shape as `parameter`
    """
    return parameter - learning_rate * gradient


def train_step(x, y, W, b, u, c, learning_rate):
    """One full step on one observation: forward pass, backward pass, update of all parameters.

    All gradients are taken at the old parameters; only then is anything updated.

    Parameters
    ----------
    x : array of shape (2,), the observation
    y : number, its label, 0 or 1
    W, b, u, c : the parameters, of shapes (2, 2), (2,), (2,), number
    learning_rate : number, α

    Returns
    -------
    the new (W, b, u, c), of the same shapes
    """
    z_in, z_out, f_in, f_out = forward(x, W, b, u, c)
    dL_df_out, df_out_df_in, dL_du, dL_dc = output_layer_gradients(y, z_out, f_in, f_out)
    _, _, dL_dW, dL_db = hidden_layer_gradients(x, z_in, u, dL_df_out, df_out_df_in)
    W_new = sgd_update(W, dL_dW, learning_rate)
    b_new = sgd_update(b, dL_db, learning_rate)
    u_new = sgd_update(u, dL_du, learning_rate)
    c_new = sgd_update(c, dL_dc, learning_rate)
    return W_new, b_new, u_new, c_new


def train(X, Y, W, b, u, c, learning_rate, epochs):
    """Stochastic gradient descent: one `train_step` for each row of `X`, in row order, `epochs` times.

    Parameters
    ----------
    X : array of shape (n, 2), one observation a row
    Y : array of shape (n,), their labels
    W, b, u, c : the start parameters, of shapes (2, 2), (2,), (2,), number
    learning_rate : number, α
    epochs : int, how often to go through all rows

    Returns
    -------
    (parameters, losses): `parameters` is the trained (W, b, u, c); `losses[e]` is the mean L2 loss
    over all rows of X with the parameters as they are after epoch e's updates, so `epochs` numbers
    """
    losses = []
    for _ in range(epochs):
        for x, y in zip(X, Y, strict=True):
            W, b, u, c = train_step(x, y, W, b, u, c, learning_rate)
        row_losses = [l2_loss(y, forward(x, W, b, u, c)[3]) for x, y in zip(X, Y, strict=True)]
        losses.append(float(np.mean(row_losses)))
    parameters = (W, b, u, c)
    return parameters, losses
