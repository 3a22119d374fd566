"""Watches how many rows fail, for --stop-after-failures. Pure."""

from __future__ import annotations

from typing import Final

from importer.errors import TooManyFailuresError
from importer.settings import FailureLimit

_ROWS_FOR_A_SHARE: Final = 100
"""A share means nothing of fewer rows: one bad row at the top would be all of them."""


class FailureWatch:
    """Counts settled rows until too many of them failed."""

    __slots__ = ("_failed", "_limit", "_settled")

    def __init__(self, limit: FailureLimit | None) -> None:
        self._limit = limit
        self._settled = 0
        self._failed = 0

    def see(self, failed: bool) -> TooManyFailuresError | None:  # noqa: FBT001  (it is all there is to see)
        """Count a row; gives the reason to stop once the limit is reached."""
        self._settled += 1
        self._failed += failed
        if not failed or self._limit is None or not self._reached(self._limit):
            return None
        return TooManyFailuresError(
            f"{self._failed:,} of {self._settled:,} rows failed, which --stop-after-failures takes as the end. "
            "Look at failed.csv, mend the mapping or the rows, and run again; or go on with `importer resume`."
        )

    def _reached(self, limit: FailureLimit) -> bool:
        if limit.rows is not None:
            return self._failed >= limit.rows
        if limit.share is not None and self._settled >= _ROWS_FOR_A_SHARE:
            return self._failed > limit.share * self._settled
        return False
