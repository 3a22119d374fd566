"""How a turn ended, and what that means for where the job stands and for whom to tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from importer.jobs.job_state import Health, JobState, Result
from importer.jobs.notices import Event
from importer.records import value_type

FIRST_RETRY_SECONDS: Final = 300.0
LONGEST_RETRY_SECONDS: Final = 6 * 3600.0
APPROVAL_SECONDS: Final = 30.0
"""How long after an approval a job goes on, at most."""
GOOD: Final = frozenset({Result.FINISHED, Result.NOTHING_NEW})


@value_type(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one file, or a turn without one, ended."""

    result: Result
    sentence: str
    file: str | None = None
    run_id: str | None = None
    counts: dict[str, int]
    errors_by_code: dict[str, int]
    report: str | None = None
    heals: bool = False
    """Trying again later may help without anybody doing anything."""
    again_in: float | None = None
    """Look again so many seconds from now; no news to anyone."""
    next_time: bool = False
    """It goes on when the job is due again, and not before."""
    notify: bool = True


def ending(result: Result, sentence: str, **facts: object) -> Ending:
    known: dict[str, object] = {"counts": {}, "errors_by_code": {}, **facts}
    return Ending(result=result, sentence=sentence, **known)  # type: ignore[arg-type]


def judged(job_state: JobState, last: Ending, *, retries: int, now: float) -> tuple[JobState, Event | None]:
    """Tell where a job stands after an ending, and which event it is, if it is any."""
    if last.again_in is not None:
        return replace(job_state, next_at=now + last.again_in), None
    if last.result is Result.AWAITING:  # how the job does is known only once somebody decided
        return replace(job_state, next_at=now + APPROVAL_SECONDS), Event.APPROVAL
    if last.result is Result.STOPPED and not last.notify:
        return replace(job_state, next_at=None if last.next_time else now), None
    if last.result in GOOD:
        return _after_good(job_state, last, now)
    return _after_bad(job_state, last, retries, now)


def _after_good(job_state: JobState, last: Ending, now: float) -> tuple[JobState, Event | None]:
    calm = replace(job_state, next_at=None, attempt=0, open_due=None)
    if last.result is Result.NOTHING_NEW:
        return calm, None  # no proof that what failed before works again
    since = job_state.since if job_state.health is Health.WELL else now
    event = Event.RECOVERY if job_state.health is Health.FAILING else Event.SUCCESS
    return replace(calm, health=Health.WELL, since=since), event


def _after_bad(job_state: JobState, last: Ending, retries: int, now: float) -> tuple[JobState, Event | None]:
    # A stopped run goes on until it is done, however long that takes; a start that fails is tried a few times.
    again = last.heals and (last.result is Result.STOPPED or job_state.attempt < retries)
    following = replace(
        job_state,
        next_at=now + _retry_after(job_state.attempt) if again else None,
        attempt=job_state.attempt + 1 if again else 0,
    )
    notified_already = last.result is Result.STOPPED and job_state.attempt > 0
    if again and (last.result is Result.FAILED or notified_already):
        return following, None
    since = job_state.since if job_state.health is Health.FAILING else now
    event = Event.THRESHOLD if last.result in {Result.REFUSED, Result.CROSSED} else Event.FAILURE
    return replace(following, health=Health.FAILING, since=since), event


def _retry_after(attempt: int) -> float:
    return float(min(FIRST_RETRY_SECONDS * 2.0**attempt, LONGEST_RETRY_SECONDS))
