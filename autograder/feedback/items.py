"""Classical item analysis of a class, from running sums: nothing is kept of a single student.

Sources
-------
difficulty, item-total correlation, D : L. Crocker & J. Algina, Introduction to Classical and Modern Test Theory
    (1986), chapter 14
corrected item-total correlation : S. Henrysson, Correction of item-total correlations in item analysis,
    Psychometrika 28 (1963), 211-218
upper and lower 27 % : T. L. Kelley, The selection of upper and lower groups for the validation of test items,
    Journal of Educational Psychology 30 (1939), 17-24
α : L. J. Cronbach, Coefficient alpha and the internal structure of tests, Psychometrika 16 (1951), 297-334
what is low : R. L. Ebel & D. A. Frisbie, Essentials of Educational Measurement, 5th ed. (1991), chapter 13
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.student.answers import Array

UPPER_LOWER = 0.27
LOW_DISCRIMINATION = 0.2
FEW_STUDENTS = 30


@dataclass(frozen=True)
class Item:
    """Figures of one item; None where they are not defined (no spread, too few students).

    Parameters
    ----------
    difficulty : p, the class's share of the item's points, from 0 (nobody) to 1 (all)
    discrimination : D, difficulty in the upper 27 % less that in the lower 27 %, from -1 to 1
    item_total : correlation of the item's points with the total; the point-biserial one for an item that is
        right or wrong
    item_rest : the same with the total of the other items
    """

    difficulty: float | None
    discrimination: float | None
    item_total: float | None
    item_rest: float | None


class ItemAnalysis:
    """Collects the points of one student after the other.

    Memory grows with the number of different totals, not of students.
    """

    def __init__(self, points: Sequence[float]) -> None:
        """`points` that each item is worth."""
        self._points = np.asarray(points, dtype=np.float64)
        count = len(self._points)
        self.students = 0
        self._sum, self._squares, self._with_total = np.zeros(count), np.zeros(count), np.zeros(count)
        self._total = self._total_squares = 0.0
        self._by_total: dict[float, tuple[int, Array]] = {}

    def add(self, earned: Sequence[float]) -> None:
        """One student's points, item by item."""
        scores = np.asarray(earned, dtype=np.float64)
        total = float(scores.sum())
        self.students += 1
        self._sum += scores
        self._squares += scores * scores
        self._with_total += scores * total
        self._total += total
        self._total_squares += total * total
        alike, sums = self._by_total.get(round(total, 6), (0, np.zeros(len(scores))))
        self._by_total[round(total, 6)] = alike + 1, sums + scores

    @property
    def totals(self) -> dict[float, int]:
        """How many students have each total, in rising order."""
        return {total: self._by_total[total][0] for total in sorted(self._by_total)}

    @property
    def mean(self) -> float | None:
        """The mean total."""
        return self._total / self.students if self.students else None

    @property
    def deviation(self) -> float | None:
        """The totals' standard deviation (n − 1)."""
        if self.students < 2:
            return None
        return math.sqrt(max(0.0, self._total_variance() * self.students / (self.students - 1)))

    @property
    def median(self) -> float | None:
        """The median total."""
        if not self.students:
            return None
        wanted = ((self.students - 1) // 2, self.students // 2)
        found, below = [], 0
        for total, alike in self.totals.items():
            found += [total for rank in wanted if below <= rank < below + alike]
            below += alike
        return sum(found) / 2

    @property
    def alpha(self) -> float | None:
        """Cronbach's α over all items; None without spread or with a single item."""
        count = len(self._points)
        if self.students < 2 or count < 2:
            return None
        variance = self._total_variance()
        if variance <= _NOTHING:
            return None
        return float(count / (count - 1) * (1 - self._variances().sum() / variance))

    def items(self) -> Iterator[Item]:
        """The figures of each item, in order."""
        n = self.students
        if not n:
            yield from (Item(None, None, None, None) for _ in self._points)
            return
        variances, total_variance = self._variances(), self._total_variance()
        covariances = self._with_total / n - self._sum / n * (self._total / n)
        upper, lower = self._group(reverse=True), self._group(reverse=False)
        for i, worth in enumerate(self._points):
            variance, covariance = float(variances[i]), float(covariances[i])
            rest = total_variance - 2 * covariance + variance
            yield Item(
                difficulty=float(self._sum[i] / n / worth) if worth else None,
                discrimination=float((upper[i] - lower[i]) / worth) if worth and n > 1 else None,
                item_total=_correlation(covariance, variance, total_variance),
                item_rest=_correlation(covariance - variance, variance, rest),
            )

    def _variances(self) -> Array:
        result: Array = np.maximum(0.0, self._squares / self.students - (self._sum / self.students) ** 2)
        return result

    def _total_variance(self) -> float:
        return max(0.0, self._total_squares / self.students - (self._total / self.students) ** 2)

    def _group(self, *, reverse: bool) -> Array:
        """Mean points of the upper or lower 27 %; of students with the same total at its edge, all count in part."""
        size = max(1, round(UPPER_LOWER * self.students))
        needed, sums = size, np.zeros(len(self._points))
        for total in sorted(self._by_total, reverse=reverse):
            alike, theirs = self._by_total[total]
            taken = min(alike, needed)
            sums += theirs * (taken / alike)
            needed -= taken
            if not needed:
                break
        result: Array = sums / size
        return result


_NOTHING = 1e-12


def _correlation(covariance: float, first: float, second: float) -> float | None:
    if first <= _NOTHING or second <= _NOTHING:
        return None
    return max(-1.0, min(1.0, covariance / math.sqrt(first * second)))
