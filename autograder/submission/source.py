"""What a submission's source tells of its functions, looked at only when it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograder.submission.traces import leaves_nothing
from autograder.submission.uses import Uses


class CellsSource:
    """See the engine's `Source`."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = cells
        self._uses = Uses(cells)

    def may_use(self, function: str, names: Iterable[str]) -> bool:
        """Whether `function` may use any of `names`."""
        return self._uses(function, names)

    def leaves_nothing(self, functions: Iterable[str]) -> bool:
        """Whether no call of `functions` leaves anything behind that another call sees."""
        return leaves_nothing(self._cells, functions)
