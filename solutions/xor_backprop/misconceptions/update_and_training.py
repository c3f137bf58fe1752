"""Wrong ideas about the update, the full step and the training loop (q7, q8, q9): each as the wrong value it gives."""

import numpy as np

from autograder.checking.misconception import MisconceptionTable

table = MisconceptionTable()
LECTURE_RATE = 0.5


def sigma(z):
    return 1 / (1 + np.exp(-np.asarray(z)))


def forward(x, W, b, u, c):
    z_out = sigma(W.T @ x + b)
    return z_out, sigma(u @ z_out + c)


def loss(x, y, W, b, u, c):
    return (y - forward(x, W, b, u, c)[1]) ** 2 / 2


def gradients(x, y, W, b, u, c):
    z_out, f_out = forward(x, W, b, u, c)
    delta = (f_out - y) * f_out * (1 - f_out)
    hidden = delta * u * z_out * (1 - z_out)
    return np.outer(x, hidden), hidden, delta * z_out, delta


def step(x, y, parameters, rate):
    return tuple(p - rate * g for p, g in zip(parameters, gradients(x, y, *parameters), strict=True))


def epoch(rows, parameters, rate):
    for x, y in rows:
        parameters = step(x, y, parameters, rate)
    return parameters


# q7: sgd_update
q7 = "q7.value"
table.add("update: ascent", q7, lambda parameter, gradient, learning_rate: parameter + learning_rate * gradient,
          "The gradient points uphill. In which direction do you go?")
table.add("update: no learning rate", q7, lambda parameter, gradient: parameter - gradient,
          "How long is your step? Something should scale it.")
table.add("update: learning rate fixed", q7, lambda parameter, gradient: parameter - LECTURE_RATE * gradient,
          "Use the learning rate that your function is given, not the one of the lecture's example.")
table.add("update: the change for the new parameter", q7, lambda gradient, learning_rate: -learning_rate * gradient,
          "That is the change. Where does it start from?")
table.add("update: divided by the learning rate", q7,
          lambda parameter, gradient, learning_rate: parameter - gradient / learning_rate,
          "With a smaller learning rate, should the step be shorter or longer?")
table.add("update: relative to the parameter", q7,
          lambda parameter, gradient, learning_rate: parameter * (1 - learning_rate * gradient),
          "The gradient says how far to go; how large the parameter itself is does not matter.")
table.add("update: learning rate scales the parameter", q7,
          lambda parameter, gradient, learning_rate: learning_rate * (parameter - gradient),
          "What exactly is scaled by the learning rate: the step, or all of it?")


def in_place(parameter, gradient, learning_rate):
    if isinstance(parameter, np.ndarray):
        parameter -= learning_rate * gradient
        return parameter
    return parameter - learning_rate * gradient


def in_place_gradient(parameter, gradient, learning_rate):
    if isinstance(gradient, np.ndarray):
        gradient *= learning_rate
        return parameter - gradient
    return parameter - learning_rate * gradient


table.add("update: in place", "q7.unchanged", in_place,
          "After the call the old parameter is gone. Does your code make a new array, or write into the one it was given?")
table.add("update: gradient scaled in place", "q7.unchanged", in_place_gradient,
          "After the call the gradient is another one. Does your code make a new array, or write into the one it was given?")

# q8: train_step
hidden, output, both = "q8.hidden_layer", "q8.output_layer", "q8.hidden_layer q8.output_layer"


def u_first(x, y, W, b, u, c, learning_rate):
    z_out, f_out = forward(x, W, b, u, c)
    delta = (f_out - y) * f_out * (1 - f_out)
    u = u - learning_rate * delta * z_out
    back = delta * u * z_out * (1 - z_out)
    return W - learning_rate * np.outer(x, back), b - learning_rate * back


def output_layer_first(x, y, W, b, u, c, learning_rate):
    _, _, dL_du, dL_dc = gradients(x, y, W, b, u, c)
    dL_dW, dL_db, _, _ = gradients(x, y, W, b, u - learning_rate * dL_du, c - learning_rate * dL_dc)
    return W - learning_rate * dL_dW, b - learning_rate * dL_db


def hidden_layer_first(x, y, W, b, u, c, learning_rate):
    dL_dW, dL_db, _, _ = gradients(x, y, W, b, u, c)
    _, _, dL_du, dL_dc = gradients(x, y, W - learning_rate * dL_dW, b - learning_rate * dL_db, u, c)
    return u - learning_rate * dL_du, c - learning_rate * dL_dc


table.add("train_step: u updated before the hidden gradient", hidden, u_first,
          "All gradients are taken at the old parameters. Which u does your hidden layer see?")
table.add("train_step: forward pass again after the output layer's update", hidden, output_layer_first,
          "All gradients are taken at the old parameters, from one forward pass.")
table.add("train_step: forward pass again after the hidden layer's update", output, hidden_layer_first,
          "All gradients are taken at the old parameters, from one forward pass.")
table.add("train_step: ascent", both,
          lambda W, b, u, c, dL_dW, dL_db, dL_du, dL_dc, learning_rate:
          (W + learning_rate * dL_dW, b + learning_rate * dL_db, u + learning_rate * dL_du, c + learning_rate * dL_dc),
          "After your step the loss is higher than before.")
table.add("train_step: label fixed at 1", both,
          lambda x, W, b, u, c, learning_rate: step(x, 1, (W, b, u, c), learning_rate),
          "Use the label that your function is given. For which label is yours right?")
table.add("train_step: learning rate fixed", both,
          lambda x, y, W, b, u, c: step(x, y, (W, b, u, c), LECTURE_RATE),
          "Use the learning rate that your function is given, not the one of the lecture's example.")
table.add("train_step: two steps", both,
          lambda x, y, W, b, u, c, learning_rate: step(x, y, step(x, y, (W, b, u, c), learning_rate), learning_rate),
          "One call is one step. How often do you update?")
table.add("train_step: nothing updated", both, lambda W, b, u, c: (W, b, u, c),
          "What goes in comes out again. Where do the new parameters get lost?")
table.add("train_step: W not updated", hidden, lambda W, b, dL_db, learning_rate: (W, b - learning_rate * dL_db),
          "One of the hidden layer's parameters comes back as it was.")
table.add("train_step: b not updated", hidden, lambda W, b, dL_dW, learning_rate: (W - learning_rate * dL_dW, b),
          "One of the hidden layer's parameters comes back as it was.")
table.add("train_step: gradient of W transposed", hidden,
          lambda W, b, dL_dW, dL_db, learning_rate: (W - learning_rate * dL_dW.T, b - learning_rate * dL_db),
          "Does each entry of the gradient meet the weight that it belongs to?")
table.add("train_step: σ′ of the hidden layer missing", hidden,
          lambda x, W, b, dL_dc, u, learning_rate: (W - learning_rate * np.outer(x, dL_dc * u), b - learning_rate * dL_dc * u),
          "On the way back to the hidden layer one activation is passed without its slope.")
table.add("train_step: u not updated", output, lambda u, c, dL_dc, learning_rate: (u, c - learning_rate * dL_dc),
          "One of the output layer's parameters comes back as it was.")
table.add("train_step: c not updated", output, lambda u, c, dL_du, learning_rate: (u - learning_rate * dL_du, c),
          "One of the output layer's parameters comes back as it was.")
table.add("train_step: σ′ of the output missing", output,
          lambda u, c, z_out, dL_df_out, learning_rate: (u - learning_rate * dL_df_out * z_out, c - learning_rate * dL_df_out),
          "On the way back the output's activation is passed without its slope.")

# q9: train
parameters, losses = "q9.parameters", "q9.losses"




def reverse(X, Y, W, b, u, c, learning_rate, epochs):
    theta = (W, b, u, c)
    for _ in range(epochs):
        theta = epoch(list(zip(X, Y, strict=True))[::-1], theta, learning_rate)
    return theta


def batch(combine, X, Y, W, b, u, c, learning_rate, epochs):
    theta = (W, b, u, c)
    for _ in range(epochs):
        each = [gradients(x, y, *theta) for x, y in zip(X, Y, strict=True)]
        theta = tuple(p - learning_rate * combine([g[i] for g in each], axis=0) for i, p in enumerate(theta))
    return theta


def some_epochs(X, Y, W, b, u, c, learning_rate, count):
    theta = (W, b, u, c)
    for _ in range(count):
        theta = epoch(zip(X, Y, strict=True), theta, learning_rate)
    return theta


table.add("train: rows in reverse order", parameters, reverse,
          "SGD goes through the rows in their order; each step starts where the one before ended.")
table.add("train: one update with the mean gradient", parameters,
          lambda X, Y, W, b, u, c, learning_rate, epochs: batch(np.mean, X, Y, W, b, u, c, learning_rate, epochs),
          "That is gradient descent on the whole data set. How many updates does SGD make in one epoch?")
table.add("train: one update with the summed gradient", parameters,
          lambda X, Y, W, b, u, c, learning_rate, epochs: batch(np.sum, X, Y, W, b, u, c, learning_rate, epochs),
          "That is gradient descent on the whole data set. How many updates does SGD make in one epoch?")
table.add("train: only one epoch", parameters,
          lambda X, Y, W, b, u, c, learning_rate: some_epochs(X, Y, W, b, u, c, learning_rate, 1),
          "However many epochs are asked for, your parameters stop changing after the first.")
table.add("train: one epoch too few", parameters,
          lambda X, Y, W, b, u, c, learning_rate, epochs: some_epochs(X, Y, W, b, u, c, learning_rate, epochs - 1),
          "Count your epochs: where does your loop begin and end?")
table.add("train: one epoch too many", parameters,
          lambda X, Y, W, b, u, c, learning_rate, epochs: some_epochs(X, Y, W, b, u, c, learning_rate, epochs + 1),
          "Count your epochs: where does your loop begin and end?")
table.add("train: only the first row", parameters,
          lambda X, Y, W, b, u, c, learning_rate, epochs: some_epochs(X[:1], Y[:1], W, b, u, c, learning_rate, epochs),
          "An epoch goes through all rows. How many does yours see?")
table.add("train: learning rate fixed", parameters,
          lambda X, Y, W, b, u, c, epochs: some_epochs(X, Y, W, b, u, c, LECTURE_RATE, epochs),
          "Use the learning rate that your function is given, not the one of the lecture's example.")
table.add("train: starts anew each epoch", parameters,
          lambda X, Y, W, b, u, c, learning_rate: some_epochs(X, Y, W, b, u, c, learning_rate, 1),
          "Each epoch should go on where the one before ended.", same_as=("train: only one epoch",))


def row_losses(X, Y, theta):
    return [loss(x, y, *theta) for x, y in zip(X, Y, strict=True)]


def before_updates(X, Y, W, b, u, c, path):
    return [np.mean(row_losses(X, Y, theta)) for theta in [(W, b, u, c), *path[:-1]]]


def running(X, Y, W, b, u, c, learning_rate, epochs):
    theta, found = (W, b, u, c), []
    for _ in range(epochs):
        seen = []
        for x, y in zip(X, Y, strict=True):
            seen.append(loss(x, y, *theta))
            theta = step(x, y, theta, learning_rate)
        found.append(np.mean(seen))
    return found


def after_each_step(X, Y, W, b, u, c, learning_rate, epochs):
    theta, found = (W, b, u, c), []
    for _ in range(epochs):
        seen = []
        for x, y in zip(X, Y, strict=True):
            theta = step(x, y, theta, learning_rate)
            seen.append(loss(x, y, *theta))
        found.append(np.mean(seen))
    return found


table.add("losses: sum for mean", losses, lambda X, Y, path: [np.sum(row_losses(X, Y, theta)) for theta in path],
          "With more rows your loss grows. The empirical risk of the lecture does not.")
table.add("losses: measured before the updates", losses, before_updates,
          "losses[e] belongs to the parameters after epoch e's updates. When do you measure?")
table.add("losses: collected while updating", losses, running,
          "Each of your rows is measured with other parameters. When is the epoch's loss to be measured?")
table.add("losses: collected after each step", losses, after_each_step,
          "Each of your rows is measured with other parameters. When is the epoch's loss to be measured?")
table.add("losses: only the last row", losses, lambda X, Y, path: [row_losses(X, Y, theta)[-1] for theta in path],
          "The loss of an epoch is a mean over all rows. Which rows enter yours?")
table.add("losses: factor ½ missing", losses, lambda X, Y, path: [2 * np.mean(row_losses(X, Y, theta)) for theta in path],
          "Use the loss of this exercise: a constant is missing.")
table.add("losses: the last one for every epoch", losses,
          lambda X, Y, path: [np.mean(row_losses(X, Y, path[-1])) for _ in path],
          "All your losses are the same. Measure at the end of each epoch, not at the end of training.")
