"""``--max-requests`` and ``--stop-after-failures`` over all workers of a run. Pure; within a part the sender counts exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from importer.errors import BudgetSpentError, StopError, TooManyFailuresError
from importer.records import Json, value_type
from importer.runtime.counting import counted
from importer.settings import FailureLimit

_ROWS_FOR_A_SHARE: Final = 100
"""A share means nothing of fewer rows, as in one process."""


@value_type(frozen=True, slots=True, kw_only=True)
class RunLimits:
    """What a run may come to before all of its parts stop."""

    requests: int | None = None
    failures: FailureLimit | None = None

    @classmethod
    def of(cls, options: Mapping[str, Json]) -> RunLimits:
        """Read them from what a run remembers of its settings."""
        kept: Any = options
        failures = kept.get("stop_after_failures")
        return cls(requests=kept.get("max_requests"), failures=FailureLimit(**failures) if failures else None)

    def __bool__(self) -> bool:
        return self.requests is not None or self.failures is not None


@value_type(frozen=True, slots=True, kw_only=True)
class DoneSoFar:
    """What all workers of a run did together."""

    requests: int
    settled: int
    failed: int

    def since(self, before: DoneSoFar) -> DoneSoFar:
        return DoneSoFar(
            requests=self.requests - before.requests,
            settled=self.settled - before.settled,
            failed=self.failed - before.failed,
        )


def reason_to_stop(limits: RunLimits, done: DoneSoFar) -> StopError | None:
    """Give the reason for all parts of a run to end; None as long as there is none."""
    if limits.requests is not None and done.requests >= limits.requests:
        return BudgetSpentError(
            f"The budget of {counted(limits.requests, 'request')} is used up, by all workers together. Submit the run again to "
            "go on."
        )
    if limits.failures is not None and _are_too_many(limits.failures, done):
        return TooManyFailuresError(
            f"{done.failed:,} of {counted(done.settled, 'row')} failed, over all workers, which --stop-after-failures takes as the "
            "end. Look at failed.xlsx, mend the mapping or the rows; or submit the run again to go on."
        )
    return None


def _are_too_many(limit: FailureLimit, done: DoneSoFar) -> bool:
    if limit.rows is not None:
        return done.failed >= limit.rows
    return (
        limit.share is not None
        and done.settled >= _ROWS_FOR_A_SHARE
        and done.failed > limit.share * done.settled
    )
