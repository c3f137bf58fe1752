"""How a step's values compare on the lecture's own numbers: the readout value by value."""

from __future__ import annotations

import numpy as np

from autograder.checking.asking import Run
from autograder.checking.question import Step
from autograder.checking.result import Agreement, Compared
from autograder.checking.values import Tolerance, WrongForm

EXACT = 1e-7
"""as in the notebook's public checks, which print eight decimals"""


def compare(run: Run, step: Step, tolerance: Tolerance) -> tuple[Compared, ...]:
    """A row for each value of `step` over the public cases; nothing of any hidden case.

    The difference is that from the reference, also where the value follows from an earlier slip.
    """
    if run.failure is not None and len(run.readings) < run.question.public:
        missing = run.failure.reason == "missing"
        return () if missing else tuple(Compared(run.question.label(name), "no number") for name in step.values)
    if not run.question.public:
        return ()
    return tuple(_compared_quickly(run, name) or _compared(run, name, tolerance) for name in step.values)


def _compared_quickly(run: Run, name: str) -> Compared | None:
    """Where the answers have the form that is due and are exact."""
    differences = run.public_differences(name)
    if differences is None or not (largest := float(differences.max(initial=0.0))) <= EXACT:
        return None
    return Compared(run.question.label(name), "exact", float(f"{largest:.1e}"))


def _compared(run: Run, name: str, tolerance: Tolerance) -> Compared:
    label = run.question.label(name)
    largest, close = 0.0, True
    for reading in run.readings[: run.question.public]:
        own, expected = reading.own[name], reading.expected[name]
        if isinstance(own, WrongForm):
            return Compared(label, "no number")
        difference = float(np.abs(own - expected).max(initial=0.0))
        largest = max(largest, difference)
        close = close and (difference <= EXACT or tolerance.close(own, expected))
    agreement: Agreement = "off" if not close else "exact" if largest <= EXACT else "close"
    return Compared(label, agreement, float(f"{largest:.1e}"))
