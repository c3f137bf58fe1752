"""Says in words how wrong answers relate to what is needed, without giving it away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autograder.checking.values import Tolerance
from autograder.student.answers import Array

_RELATIONS: tuple[tuple[str, Callable[[Array], Array | None]], ...] = (
    ("has the opposite sign of what is needed", lambda needed: -needed),
    ("is half as large as what is needed", lambda needed: needed / 2),
    ("is twice as large as what is needed", lambda needed: needed * 2),
    ("is the transpose of what is needed", lambda needed: needed.T if needed.ndim == 2 else None),
    (
        "has its entries in reverse order",
        lambda needed: needed[::-1] if needed.ndim == 1 and needed.size > 1 else None,
    ),
)


def relation_words(
    name: str,
    answers: Sequence[Array],
    needed: Sequence[Array],
    agree: Sequence[bool],
    changes: bool,
    tolerance: Tolerance,
) -> str:
    """One sentence on the answers for value `name`.

    Parameters
    ----------
    answers, needed : the student's values and those that were due, case by case, of the same shapes
    agree : which cases were right
    changes : whether the answers change from input to input
    """
    if not changes:
        zero = all(tolerance.close(answer, np.zeros_like(answer)) for answer in answers)
        return f"`{name}` is {'zero' if zero else 'the same'} for every input"
    for words, change in _RELATIONS:
        changed = [change(value) for value in needed]
        if all(c is not None and tolerance.close(a, c) for a, c in zip(answers, changed, strict=True)):
            return f"`{name}` {words}"
    right = sum(agree)
    if right:
        return f"`{name}` is right for {right} of {len(agree)} inputs only"
    parts = [
        {index for index in np.ndindex(due.shape) if tolerance.close(answer[index], due[index])}
        for answer, due in zip(answers, needed, strict=True)
    ]
    always = set.intersection(*parts)
    if always and answers[0].size > 1:
        return f"`{name}` has {len(always)} of {answers[0].size} entries right"
    return f"`{name}` is not what is needed"
