"""The budget of a run: ``--max-requests``, counted over all locations. Look-ups store nothing, and are left out."""

from __future__ import annotations

from collections.abc import Callable

from importer.errors import BudgetSpentError
from importer.runtime.counting import counted


class Budget:
    """How many requests the whole run may send."""

    __slots__ = ("_left", "_limit", "spent")

    def __init__(self, limit: int | None) -> None:
        self._limit = self._left = limit
        self.spent = 0

    def spend(self, reserve: Callable[[], int]) -> None:
        """Take one request out of the budget, unless only ``reserve`` are left, kept for those who need them more."""
        if self._left is not None:
            if self._left <= reserve():
                raise BudgetSpentError(
                    f"The budget of {counted(self._limit or 0, 'request')} is used up. Go on with `importer resume`, which "
                    "may send as many again; with --max-requests 0 it has no limit."
                )
            self._left -= 1
        self.spent += 1

    def look(self) -> None:
        """Count a request that stores nothing."""
        self.spent += 1
