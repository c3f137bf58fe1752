"""Wrong ideas about the backward pass (q4, q5, q6): each as the wrong value it gives."""

import numpy as np

from autograder.checking.misconception import MisconceptionTable

table = MisconceptionTable()


def sigma(z):
    return 1 / (1 + np.exp(-np.asarray(z)))


def slope(z):
    return sigma(z) * (1 - sigma(z))


# q4: sigmoid_derivative
q4 = "q4.value"
table.add("σ′: taken at the activation", q4, lambda z: z * (1 - z),
          "Your formula expects what came out of the sigmoid. What is your function given: input or output of σ?")
table.add("σ′: sigmoid applied twice", q4, lambda z: slope(sigma(z)),
          "How often is σ applied before you take its slope?")
table.add("σ′: only σ", q4, lambda z: sigma(z),
          "That is the height of the curve. Its slope has one factor more.")
table.add("σ′: only 1 − σ", q4, lambda z: 1 - sigma(z),
          "The slope goes to zero on both sides. Yours does so on one side only.")
table.add("σ′: denominator not squared", q4, lambda z: np.exp(-z) / (1 + np.exp(-z)),
          "The quotient rule: what happens to the denominator?", same_as=("σ′: only 1 − σ",))
table.add("σ′: derivative of tanh", q4, lambda z: 1 - np.tanh(z) ** 2,
          "That is the slope of another squashing function. How steep is σ at zero?")
table.add("σ′: plus for minus", q4, lambda z: sigma(z) * (1 + sigma(z)),
          "Where σ is nearly flat its slope must be nearly zero. Try a large z.")
table.add("σ′: sign", q4, lambda z: -slope(z),
          "The sigmoid rises everywhere. Which sign must its slope have?")
table.add("σ′: derivative of ReLU", q4, lambda z: np.where(np.asarray(z) > 0, 1.0, 0.0),
          "That is the slope of another activation function.")
table.add("σ′: σ squared", q4, lambda z: sigma(z) ** 2,
          "The slope goes to zero on both sides. Yours does so on one side only: both factors are the same.")

# q5: dL_df_out
dL_df_out = "q5.dL_df_out"
table.add("dL_df_out: sign of the residual", dL_df_out, lambda y, f_out: y - f_out,
          "If the prediction is too low, raising it makes the loss smaller. Which sign must the derivative have then?")
table.add("dL_df_out: factor 2", dL_df_out, lambda y, f_out: 2 * (f_out - y),
          "The square gives a factor when you derive it. What does the constant before the square do with it?")
table.add("dL_df_out: factor ½", dL_df_out, lambda y, f_out: (f_out - y) / 2,
          "The square gives a factor when you derive it. What does the constant before the square do with it?")
table.add("dL_df_out: derivative of the cross-entropy", dL_df_out,
          lambda y, f_out: (f_out - y) / (f_out * (1 - f_out)),
          "That belongs to another loss. Derive the loss of this exercise.")
table.add("dL_df_out: label fixed at 1", dL_df_out, lambda f_out: f_out - 1,
          "Use the label that your function is given. For which label is yours right?")
table.add("dL_df_out: the loss itself", dL_df_out, lambda y, f_out: (y - f_out) ** 2 / 2,
          "That is the loss. How fast does it change with f_out?")
table.add("dL_df_out: absolute value", dL_df_out, lambda y, f_out: abs(y - f_out),
          "The sign says in which direction the prediction must move. Yours is always the same.")

# q5: df_out_df_in
df_out_df_in = "q5.df_out_df_in"
table.add("df_out_df_in: σ′ taken at the activation", df_out_df_in, lambda f_out: slope(f_out),
          "σ′ is wanted at the input of the output unit. What do you put in?")
table.add("df_out_df_in: f_in for the activation", df_out_df_in, lambda f_in: f_in * (1 - f_in),
          "The rule σ′ = σ · (1 − σ) speaks of activations. Is f_in one?")
table.add("df_out_df_in: σ′ missing", df_out_df_in, lambda: 1.0,
          "Between f_in and f_out there is a sigmoid. Does its slope not matter?")
table.add("df_out_df_in: only σ", df_out_df_in, lambda f_in: sigma(f_in),
          "That is the activation again. Its slope has one factor more.")
table.add("df_out_df_in: only 1 − σ", df_out_df_in, lambda f_in: 1 - sigma(f_in),
          "The slope of σ is a product of two factors. One is missing.")

# q5: dL_du
dL_du = "q5.dL_du"
table.add("dL_du: σ′ of the output missing", dL_du, lambda dL_df_out, z_out: dL_df_out * z_out,
          "On the way from the loss back to u: did you pass through every link, also through the output's activation?")
table.add("dL_du: derivative of the loss missing", dL_du, lambda df_out_df_in, z_out: df_out_df_in * z_out,
          "The chain begins at the loss. Where does your product begin?")
table.add("dL_du: activation z_out missing", dL_du,
          lambda dL_df_out, df_out_df_in: np.full(2, dL_df_out * df_out_df_in),
          "How does f_in change with u_1? The last link of your chain is missing.")
table.add("dL_du: sign", dL_du, lambda dL_df_out, df_out_df_in, z_out: -dL_df_out * df_out_df_in * z_out,
          "The minus of the update does not belong into the gradient. Nor does a second minus of the residual.")
table.add("dL_du: σ′ used twice", dL_du, lambda dL_df_out, df_out_df_in, z_out: dL_df_out * df_out_df_in**2 * z_out,
          "Count the links of the chain: one of them stands twice in your product.")
table.add("dL_du: activations summed", dL_du,
          lambda dL_df_out, df_out_df_in, z_out: np.full(2, dL_df_out * df_out_df_in * np.sum(z_out)),
          "Each weight has its own derivative. Yours are the same for both.")
table.add("dL_du: activations crossed", dL_du,
          lambda dL_df_out, df_out_df_in, z_out: dL_df_out * df_out_df_in * z_out[::-1],
          "Which activation does u_1 multiply?")

# q5: dL_dc
dL_dc = "q5.dL_dc"
table.add("dL_dc: σ′ of the output missing", dL_dc, lambda dL_df_out: dL_df_out,
          "The bias sits before the activation of the output unit, like u. Which link is missing?")
table.add("dL_dc: zero", dL_dc, lambda: 0.0,
          "The bias is a constant for the input, but a parameter for the loss. Does the loss not change with it?")
table.add("dL_dc: derivative of the loss missing", dL_dc, lambda df_out_df_in: df_out_df_in,
          "The chain begins at the loss. Where does your product begin?")
table.add("dL_dc: multiplied by f_in", dL_dc, lambda dL_df_out, df_out_df_in, f_in: dL_df_out * df_out_df_in * f_in,
          "How does f_in change with c? It is simpler than you think.")
table.add("dL_dc: multiplied by the activations", dL_dc,
          lambda dL_df_out, df_out_df_in, z_out: dL_df_out * df_out_df_in * np.sum(z_out),
          "The activations multiply u, not c. What does c multiply?")
table.add("dL_dc: sign", dL_dc, lambda dL_df_out, df_out_df_in: -dL_df_out * df_out_df_in,
          "The minus of the update does not belong into the gradient.")

# q6: df_in_dz_out
df_in_dz_out = "q6.df_in_dz_out"
table.add("df_in_dz_out: ones", df_in_dz_out, lambda: np.ones(2),
          "By how much does f_in grow when one activation grows? Is it the same for each hidden unit?")
table.add("df_in_dz_out: the activations", df_in_dz_out, lambda z_in: sigma(z_in),
          "That is the derivative with respect to u. Here z_out is what changes.")
table.add("df_in_dz_out: the whole chain so far", df_in_dz_out,
          lambda u, dL_df_out, df_out_df_in: dL_df_out * df_out_df_in * u,
          "Only this one link is asked here; the product comes later.")
table.add("df_in_dz_out: weights crossed", df_in_dz_out, lambda u: u[::-1],
          "Which weight belongs to which hidden unit?")
table.add("df_in_dz_out: weights summed", df_in_dz_out, lambda u: np.full(2, np.sum(u)),
          "Each activation has its own weight.")

# q6: dz_out_dz_in
dz_out_dz_in = "q6.dz_out_dz_in"
table.add("dz_out_dz_in: σ′ taken at the activation", dz_out_dz_in, lambda z_in: slope(sigma(z_in)),
          "σ′ is wanted at the input of the hidden units. What do you put in?")
table.add("dz_out_dz_in: z_in for the activation", dz_out_dz_in, lambda z_in: z_in * (1 - z_in),
          "The rule σ′ = σ · (1 − σ) speaks of activations. Is z_in one?")
table.add("dz_out_dz_in: only σ", dz_out_dz_in, lambda z_in: sigma(z_in),
          "That is the activation again. Its slope has one factor more.")
table.add("dz_out_dz_in: σ′ missing", dz_out_dz_in, lambda: np.ones(2),
          "Between z_in and z_out there is a sigmoid. Does its slope not matter?")
table.add("dz_out_dz_in: only 1 − σ", dz_out_dz_in, lambda z_in: 1 - sigma(z_in),
          "The slope of σ is a product of two factors. One is missing.")
table.add("dz_out_dz_in: derivative of tanh", dz_out_dz_in, lambda z_in: 1 - np.tanh(z_in) ** 2,
          "That is the slope of another squashing function.")

# q6: dL_dW
dL_dW = "q6.dL_dW"


def outer(*factors):
    delta = np.prod(np.broadcast_arrays(*factors[1:]), axis=0)
    return np.outer(factors[0], delta)


table.add("dL_dW: outer product the wrong way round", dL_dW,
          lambda x, dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          outer(x, dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in).T,
          "dL_dW[j, k] belongs to W[j, k]: from input j to hidden unit k. Which index runs along the rows?")
table.add("dL_dW: σ′ of the hidden layer missing", dL_dW,
          lambda x, dL_df_out, df_out_df_in, df_in_dz_out: outer(x, dL_df_out, df_out_df_in, df_in_dz_out),
          "Count the links of the lecture's chain for W_11, one by one. One activation is passed without its slope.")
table.add("dL_dW: u missing", dL_dW,
          lambda x, dL_df_out, df_out_df_in, dz_out_dz_in: outer(x, dL_df_out, df_out_df_in, dz_out_dz_in),
          "On the way from the output unit back to a hidden unit: along which edge, with which weight?")
table.add("dL_dW: σ′ of the output missing", dL_dW,
          lambda x, dL_df_out, df_in_dz_out, dz_out_dz_in: outer(x, dL_df_out, df_in_dz_out, dz_out_dz_in),
          "Count the links of the lecture's chain for W_11, one by one. The output's activation is passed without its slope.")
table.add("dL_dW: derivative of the loss missing", dL_dW,
          lambda x, df_out_df_in, df_in_dz_out, dz_out_dz_in: outer(x, df_out_df_in, df_in_dz_out, dz_out_dz_in),
          "The chain begins at the loss. Where does your product begin?")
table.add("dL_dW: x missing", dL_dW,
          lambda dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          outer(np.ones(2), dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in),
          "Your rows are the same. How does z_in change with a weight? In the lecture's example that factor happens to be one.")
table.add("dL_dW: x fixed at the lecture's (1, 0)", dL_dW,
          lambda dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          outer(np.array([1.0, 0.0]), dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in),
          "Use the x that your function is given, not the one of the lecture's example.")
table.add("dL_dW: sign", dL_dW,
          lambda x, dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          -outer(x, dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in),
          "The minus of the update does not belong into the gradient.")
table.add("dL_dW: only the diagonal", dL_dW,
          lambda x, dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          np.diag(np.diag(outer(x, dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in))),
          "Every input is connected to every hidden unit. Which weights get no gradient from you?")

# q6: dL_db
dL_db = "q6.dL_db"
table.add("dL_db: σ′ of the hidden layer missing", dL_db,
          lambda dL_df_out, df_out_df_in, df_in_dz_out: dL_df_out * df_out_df_in * df_in_dz_out,
          "The bias sits before the activation, like the weights. One activation is passed without its slope.")
table.add("dL_db: u missing", dL_db,
          lambda dL_df_out, df_out_df_in, dz_out_dz_in: dL_df_out * df_out_df_in * dz_out_dz_in,
          "On the way from the output unit back to a hidden unit: along which edge, with which weight?")
table.add("dL_db: σ′ of the output missing", dL_db,
          lambda dL_df_out, df_in_dz_out, dz_out_dz_in: dL_df_out * df_in_dz_out * dz_out_dz_in,
          "The output's activation is passed without its slope.")
table.add("dL_db: multiplied by x", dL_db,
          lambda x, dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          dL_df_out * df_out_df_in * df_in_dz_out * dz_out_dz_in * x,
          "x multiplies the weights. What does the bias multiply?")
table.add("dL_db: summed over the hidden units", dL_db,
          lambda dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          np.full(2, np.sum(dL_df_out * df_out_df_in * df_in_dz_out * dz_out_dz_in)),
          "Each hidden unit has its own bias, and each bias its own derivative.")
table.add("dL_db: zero", dL_db, lambda: np.zeros(2),
          "The bias is a constant for the input, but a parameter for the loss. Does the loss not change with it?")
table.add("dL_db: sign", dL_db,
          lambda dL_df_out, df_out_df_in, df_in_dz_out, dz_out_dz_in:
          -dL_df_out * df_out_df_in * df_in_dz_out * dz_out_dz_in,
          "The minus of the update does not belong into the gradient.")
