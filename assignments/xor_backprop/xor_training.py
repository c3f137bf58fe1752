"""Trains with your `train` while you watch: in pieces, with a progress bar, and stopped when it takes too long."""

import sys
from typing import NamedTuple

import numpy as np
from xor_compare import limited, numbers

PIECES = 50  # of a long training: after each the bar moves on
SECONDS = 10  # for one piece


class Run(NamedTuple):
    """What came of a training: the parameters, the loss after each epoch, and what went wrong, if anything."""

    learning_rate: float
    parameters: tuple = None
    losses: tuple = ()
    problem: str = ""


def train_watched(functions, learning_rate, epochs):
    """Train on the notebook's `X` and `Y` from its start values `W`, `b`, `u`, `c`.

    `train` is called for a few epochs at a time, each time with the parameters that it returned before; that is the same
    as one call for all epochs.

    Parameters
    ----------
    functions : the notebook's namespace, `globals()`
    learning_rate : number, α
    epochs : int, 1 or more

    Returns
    -------
    a `Run`; never raises, whatever `train` does
    """
    missing = [name for name in ("W", "b", "u", "c", "train", "X", "Y") if name not in functions]
    if missing:
        return Run(learning_rate, problem=f"there is no `{missing[0]}` yet, run its cell first")
    epochs = _whole(epochs)
    if epochs is None:
        return Run(learning_rate, problem="epochs must be a whole number, 1 or more")
    start = [functions[name] for name in ("W", "b", "u", "c")]
    parameters = tuple(np.array(value) if isinstance(value, np.ndarray) else value for value in start)
    curve = []
    counts = [len(piece) for piece in np.array_split(np.arange(epochs), min(PIECES, epochs))]
    bar = _NoBar()
    try:
        for count in counts:
            answer = limited(
                SECONDS, functions["train"], functions["X"], functions["Y"], *parameters, learning_rate, count
            )
            parameters, new = _parts(answer, count)
            curve += new
            if isinstance(bar, _NoBar):  # not before there is something to show
                bar = _bar(epochs, f"learning rate {learning_rate}")
            bar.update(count)
    except _NotYet as problem:
        return Run(learning_rate, problem=str(problem))
    except (Exception, SystemExit) as error:
        words = f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
        return Run(learning_rate, problem=f"train stopped with {words}")
    finally:
        bar.close()
    return Run(learning_rate, parameters, tuple(curve))


def _whole(epochs):
    """The number of epochs, or None if it is none."""
    got = numbers(epochs)
    return int(got) if got is not None and got.ndim == 0 and 1 <= got < np.inf and got == np.floor(got) else None


class _NotYet(Exception):
    """There is nothing to train with yet; says why."""


def _parts(answer, count):
    """Parameters and losses of what `train` returned."""
    if answer is None:
        raise _NotYet("None came back from train, did you forget a `return`?")
    if answer is Ellipsis or (isinstance(answer, (tuple, list)) and any(part is Ellipsis for part in answer)):
        raise _NotYet("train is not attempted yet (question 9)")
    try:
        parameters, losses = answer
        W, b, u, c = parameters
    except (TypeError, ValueError):
        raise _NotYet("train does not return ((W, b, u, c), losses) yet: see its check") from None
    got = numbers(losses)
    if got is None or got.shape != (count,):
        raise _NotYet("train does not return one loss for each epoch yet: see its check")
    return (W, b, u, c), list(got)


class _NoBar:
    """Where tqdm is not installed."""

    def update(self, count):
        pass

    def close(self):
        pass


def _bar(epochs, words):
    try:
        from tqdm import tqdm
    except ImportError:
        return _NoBar()
    return tqdm(total=epochs, desc=words, unit=" epochs", file=sys.stdout, ncols=90)
