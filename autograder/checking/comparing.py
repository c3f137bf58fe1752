"""How a step's values compare on the lecture's own numbers: the readout value by value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.checking.asking import Reading, Run
from autograder.checking.question import Step
from autograder.checking.result import Agreement, Compared
from autograder.checking.values import Tolerance, WrongForm

EXACT = 1e-7
"""as in the notebook's public checks, which print eight decimals"""


def compare(run: Run, step: Step, tolerance: Tolerance) -> tuple[Compared, ...]:
    """A row for each value of `step` over the public cases; nothing of any hidden case.

    The difference is that from the reference, also where the value follows from an earlier slip.
    """
    public = run.readings[: run.question.public]
    return tuple(_compared(public, name, tolerance) for name in step.values) if public else ()


def _compared(public: Sequence[Reading], name: str, tolerance: Tolerance) -> Compared:
    label = public[0].question.label(name)
    largest, close = 0.0, True
    for reading in public:
        own, expected = reading.own[name], reading.expected[name]
        if isinstance(own, WrongForm):
            return Compared(label, "no number")
        difference = float(np.abs(own - expected).max(initial=0.0))
        largest = max(largest, difference)
        close = close and (difference <= EXACT or tolerance.close(own, expected))
    agreement: Agreement = "off" if not close else "exact" if largest <= EXACT else "close"
    return Compared(label, agreement, float(f"{largest:.1e}"))
