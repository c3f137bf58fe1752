"""Wrong ideas about the forward pass and the loss (q1, q2, q3): each as the wrong value it gives."""

import numpy as np

from autograder.checking.misconception import MisconceptionTable

table = MisconceptionTable()
W_LECTURE = np.array([[-0.07, 0.94], [0.22, 0.46]])
U_LECTURE = np.array([-0.22, 0.58])


def sigma(z):
    return 1 / (1 + np.exp(-np.asarray(z)))


# q1: sigmoid
q1 = "q1.value"
table.add("sigmoid: sign of the exponent", q1, lambda z: 1 / (1 + np.exp(z)),
          "Try a large positive z: should the activation come close to 1 or to 0?")
table.add("sigmoid: tanh instead", q1, lambda z: np.tanh(z),
          "Your curve runs between -1 and 1. Between which values does the lecture's σ run?")
table.add("sigmoid: the 1 in the denominator forgotten", q1, lambda z: 1 / np.exp(-z),
          "Your values grow beyond all bounds. What keeps σ below 1?")
table.add("sigmoid: minus in the denominator", q1, lambda z: 1 / (1 - np.exp(-z)),
          "At z = 0 your denominator vanishes. Look at the signs in the formula of σ again.")
table.add("sigmoid: ReLU instead", q1, lambda z: np.maximum(z, 0),
          "That is another activation function. Which one does the lecture use for this network?")
table.add("sigmoid: softplus instead", q1, lambda z: np.log1p(np.exp(z)),
          "There is a logarithm too many: that is a smooth ReLU.")
table.add("sigmoid: applied twice", q1, lambda z: sigma(sigma(z)),
          "Your values never leave the range from one half to three quarters. How often is σ applied?")
table.add("sigmoid: the input is returned as it is", q1, lambda z: z,
          "Nothing is squashed yet: what came in goes out again.")
table.add("sigmoid: a hard step", q1, lambda z: np.where(np.asarray(z) > 0, 1.0, 0.0),
          "A step cannot be trained with gradients: its slope is zero. The sigmoid is the smooth one.")
table.add("sigmoid: its derivative instead", q1, lambda z: sigma(z) * (1 - sigma(z)),
          "You give the slope of the curve; here its height is asked.")
table.add("sigmoid: softmax instead", q1, lambda z: np.exp(z) / np.sum(np.exp(z)),
          "Your entries depend on each other. The sigmoid works on each entry alone.")

# q2: z_in
z_in = "q2.z_in"
table.add("z_in: W not transposed", z_in, lambda W, x, b: W @ x + b,
          "W[j, k] goes from input j to hidden unit k. Over which index must the sum run?")
table.add("z_in: bias forgotten", z_in, lambda W, x: W.T @ x,
          "Each hidden unit has one more input, which is always on.")
table.add("z_in: bias subtracted", z_in, lambda W, x, b: W.T @ x - b,
          "Look at the sign with which the bias enters.")
table.add("z_in: x ignored", z_in, lambda W, b: W.sum(axis=0) + b,
          "Your value does not depend on the observation.")
table.add("z_in: only the first input used", z_in, lambda W, x, b: W[0] * x[0] + b,
          "In the lecture's example the second input is zero, in general it is not.")
table.add("z_in: x fixed at the lecture's (1, 0)", z_in, lambda W, b: W[0] + b,
          "Use the x that your function is given, not the one of the lecture's example.")
table.add("z_in: the lecture's W used", z_in, lambda x, b: W_LECTURE.T @ x + b,
          "Your function reads a W from outside. Which W is it given?")
table.add("z_in: already activated", z_in, lambda W, x, b: sigma(W.T @ x + b),
          "That is one step further already: z_in is what goes into the activation.")
table.add("z_in: bias inside the product", z_in, lambda W, x, b: W.T @ (x + b),
          "The bias is added to the weighted sum, not to the inputs.")
table.add("z_in: bias multiplied", z_in, lambda W, x, b: (W.T @ x) * b,
          "A bias shifts; it does not scale.")
table.add("z_in: one sum for both units", z_in, lambda W, x, b: np.sum(W.T * x) + b,
          "Both hidden units get the same weighted sum. A sum over one index too many?")

# q2: z_out
z_out = "q2.z_out"
table.add("z_out: activation forgotten", z_out, lambda z_in: z_in,
          "Input and output of the hidden units are the same. What stands between them?")
table.add("z_out: sigmoid applied twice", z_out, lambda z_in: sigma(sigma(z_in)),
          "How often does the signal pass through an activation on its way through one unit?")
table.add("z_out: tanh instead", z_out, lambda z_in: np.tanh(z_in),
          "Which activation function do the hidden units have in the lecture?")
table.add("z_out: sign of the input", z_out, lambda z_in: sigma(-z_in),
          "Your activation falls where it should rise.")
table.add("z_out: ReLU instead", z_out, lambda z_in: np.maximum(z_in, 0),
          "Which activation function do the hidden units have in the lecture?", same_as=())
table.add("z_out: derivative of the sigmoid", z_out, lambda z_in: sigma(z_in) * (1 - sigma(z_in)),
          "The slope belongs to the backward pass. Here the height is asked.")

# q2: f_in
f_in = "q2.f_in"
table.add("f_in: bias forgotten", f_in, lambda u, z_out: u @ z_out,
          "The output unit has a bias, too.")
table.add("f_in: z_in for z_out", f_in, lambda u, z_in, c: u @ z_in + c,
          "What leaves the hidden units: what went into their activation, or what came out?")
table.add("f_in: bias subtracted", f_in, lambda u, z_out, c: u @ z_out - c,
          "Look at the sign with which the bias enters.")
table.add("f_in: u ignored", f_in, lambda z_out, c: np.sum(z_out) + c,
          "The two activations are added up with equal weight. What are the weights?")
table.add("f_in: weights crossed", f_in, lambda u, z_out, c: u[::-1] @ z_out + c,
          "Which weight belongs to which hidden unit?")
table.add("f_in: the lecture's u used", f_in, lambda z_out, c: U_LECTURE @ z_out + c,
          "Your function reads a u from outside. Which u is it given?")
table.add("f_in: mean for sum", f_in, lambda u, z_out, c: np.mean(u * z_out) + c,
          "A unit adds up its weighted inputs; it does not average them.")
table.add("f_in: bias added for each unit", f_in, lambda u, z_out, c: np.sum(u * z_out + c),
          "Broadcasting: how many times does your c enter the sum?")

# q2: f_out
f_out = "q2.f_out"
table.add("f_out: activation forgotten", f_out, lambda f_in: f_in,
          "The prediction should be a probability. Between which values must it lie?")
table.add("f_out: tanh instead", f_out, lambda f_in: np.tanh(f_in),
          "The prediction should be a probability. Between which values must it lie?")
table.add("f_out: sigmoid applied twice", f_out, lambda f_in: sigma(sigma(f_in)),
          "How often does the signal pass through an activation on its way through one unit?")
table.add("f_out: rounded to a class", f_out, lambda f_in: float(f_in > 0),
          "A yes or no has no slope to learn from. The network predicts how likely the class is.")
table.add("f_out: sign of the input", f_out, lambda f_in: sigma(-f_in),
          "You predict the probability of the other class.")

# q3: l2_loss
q3 = "q3.value"
table.add("loss: factor ½ missing", q3, lambda y, f_out: (y - f_out) ** 2,
          "Compare with the lecture's loss: which constant makes its derivative so simple?")
table.add("loss: absolute error", q3, lambda y, f_out: abs(y - f_out),
          "That is the L1 loss. Which power of the residual does L2 take?")
table.add("loss: cross-entropy", q3, lambda y, f_out: -(y * np.log(f_out) + (1 - y) * np.log(1 - f_out)),
          "A fine loss for classification, but the lecture uses another one, so that the computations stay simple.")
table.add("loss: residual not squared", q3, lambda y, f_out: (y - f_out) / 2,
          "Should a prediction that is too high make the loss negative?")
table.add("loss: label fixed at 1", q3, lambda f_out: (1 - f_out) ** 2 / 2,
          "Use the label that your function is given. For which label is yours right?")
table.add("loss: ½ inside the square", q3, lambda y, f_out: ((y - f_out) / 2) ** 2,
          "What exactly is squared, and what stands before the square?")
table.add("loss: negative", q3, lambda y, f_out: -((y - f_out) ** 2) / 2,
          "Training makes the loss small. What would a loss that is negative mean?")
