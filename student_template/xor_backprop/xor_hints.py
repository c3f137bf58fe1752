"""Hints, two for each question: `hint("q5")` points at the idea, `hint("q5", more=True)` goes one step further.

No hint gives code: the line itself is yours.
"""

import textwrap

# question: (where to look, what to do next)
HINTS = {
    "q1": (
        "Build the formula from the inside out: flip the sign, take the exponential, add one, turn the fraction over. "
        "What should come out for z = 0, and what for a very large z?",
        "If one number works and an array does not, look at which exponential you use. The one in Python's math module takes "
        "single numbers only; NumPy's goes through an array entry by entry, and so do plus and divided by.",
    ),
    "q2": (
        "Four lines, in the order in which the signal travels; each needs the line before it. Work out z_1,in on paper for "
        "x = (1, 0): which two entries of W take part? Do they stand in one row of W or in one column?",
        "What arrives at unit k comes from column k of W, weighted with x; do not forget that each unit has a bias. You can "
        "write the sums out unit by unit or let NumPy's matrix product do it, then mind which side W stands on or whether "
        "it must be transposed. Both activations are the function of question 1.",
    ),
    "q3": (
        "Three things happen to prediction and label: a difference, a square, a half. Does the order within the "
        "difference matter here?",
        "If your loss is twice what is due, the half is missing; if it is negative, look at what you squared and what not.",
    ),
    "q4": (
        "The slope of a sigmoid needs no new exponential: it can be told from the height of the curve at the same place. At "
        "which height is the curve steepest, and how steep is it there?",
        "First find the height at z with your function from question 1. The slope is that height times what is missing from "
        "it to 1. If your numbers for large z are far from 0, you have put z itself where its height belongs.",
    ),
    "q5": (
        "One link at a time. First link: take the derivative of the loss of question 3 by f_out, and mind the sign: our prediction "
        "is below the label, so what must happen to the loss when the prediction grows? Second link: a slope that you already "
        "have. Third link: f_in is a plain sum, so what stands beside u_k in it?",
        "The residual is label minus prediction; the half cancels the two of the square, and the chain rule brings a minus. "
        "The slope is wanted at what goes into the output unit, not at what comes out. In the sum f_in, u_k stands beside the "
        "activation z_k,out, and c stands beside a constant 1: so the gradient of c is the product of the first two links alone.",
    ),
    "q6": (
        "The first two links come in as arguments. Third link: f_in once more, now by z_k,out: what stands beside it in the sum? "
        "Fourth: the slope of the hidden sigmoid. Fifth: z_k,in is a sum, too; what stands beside W_jk, what beside b_k?",
        "Multiply the first four links: one number for each hidden unit, and that is already the gradient of b. For W each of these "
        "numbers meets each input: a 2 x 2 table with a row for each input j and a column for each hidden unit k. With x = (1, 0) "
        "the second row is 0. If your second column is 0 instead, the table lies on its side.",
    ),
    "q7": (
        "The gradient points uphill. Which way does the parameter have to go, and how far?",
        "If the value is right but an argument was changed: an operator with an equals sign behind it writes into the old "
        "array. Compute a new value and return that.",
    ),
    "q8": (
        "All the pieces are there: the functions of questions 2, 5, 6 and 7, in this order. What each of them needs, the ones before "
        "it return; take what they return apart into names.",
        "Collect all four gradients before you update anything, and give the updated parameters names of their own. If W and b "
        "are off but u and c are not, see which u went into the hidden layer's gradients: it must be the old one.",
    ),
    "q9": (
        "Two loops, one inside the other: epochs outside, rows inside. Each step starts from the parameters that the step before "
        "returned. When in an epoch is the loss measured, and with which parameters?",
        "The loss of an epoch is measured after its last row, with the parameters as they are then: a second pass over all rows "
        "with the forward pass and the loss of question 3, and the mean of these. The list grows by one number an epoch.",
    ),
}


def hint(question, more=False):
    """Print the first hint for a question; with `more=True` the second one."""
    if question not in HINTS:
        print(f"There is no question {question!r}: ask for one of {', '.join(HINTS)}.")
        return
    first, second = HINTS[question]
    print(textwrap.fill(second if more else first, 100))
    if not more:
        print(f'\nStill stuck? hint("{question}", more=True)')
