"""Watches how many rows fail, for --stop-after-failures. Pure."""

from __future__ import annotations

from typing import Final

from importer.errors import TooManyFailuresError
from importer.runtime.counting import counted
from importer.settings import FailureLimit

_ROWS_FOR_A_SHARE: Final = 100
"""A share means nothing of fewer rows: one bad row at the top would be all of them."""


class FailureWatch:
    """Counts the rows that were reached, in source order, and those of them that failed, until these are too many."""

    __slots__ = ("_failed", "_limit", "_reached")

    def __init__(self, limit: FailureLimit | None) -> None:
        self._limit = limit
        self._reached = 0
        self._failed = 0

    def reach(self) -> None:
        self._reached += 1

    def fail(self) -> TooManyFailuresError | None:
        """Count a failed row; gives the reason to stop once the limit is reached."""
        self._failed += 1
        if self._limit is None or not self._is_reached(self._limit):
            return None
        return TooManyFailuresError(
            f"{self._failed:,} of the first {counted(self._reached, 'row')} failed, which --stop-after-failures takes as the "
            "end. Look at failed.xlsx, mend the mapping or the rows, and run again; or go on with `importer resume`."
        )

    def _is_reached(self, limit: FailureLimit) -> bool:
        if limit.rows is not None:
            return self._failed >= limit.rows
        if limit.share is not None and self._reached >= _ROWS_FOR_A_SHARE:
            return self._failed > limit.share * self._reached
        return False
