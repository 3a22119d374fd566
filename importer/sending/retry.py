"""What to do after an attempt. Pure: it decides and never waits, it is handed the dice and the clock's reading."""

from __future__ import annotations

from typing import Final, TypeAlias

from importer.highlevel.client import LostReply
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import value_type
from importer.sending.policy import RetryPolicy

_DAY_RECHECK_SECONDS: Final = 900.0
_REFUSALS_OF_ALL: Final = 3
"""So many forbidden calls, with none done between them, are no matter of single rows."""
_SLOWEST: Final = 4
"""Slowest round trips after which the vendor is done with a request whose reply was lost on the way."""


@value_type(frozen=True, slots=True, kw_only=True)
class Attempts:
    """The story of one call so far, the attempt just made included."""

    count: int
    seconds: float
    """Since the first attempt."""
    repeatable: bool = True
    stores: bool = False
    """The call stores a contact: done twice, it may make two."""
    refusals: int = 0
    """So many calls of the location in a row were forbidden, this one included."""
    doubtful: bool = False
    """An earlier attempt may have been stored."""
    breaker_open: bool = False
    renewals: int = 0
    busy_seconds: float = 0.0
    """So long from now the vendor may still be at work with the attempt, should it be in doubt."""


@value_type(frozen=True, slots=True)
class Accept:
    """The reply is final, good or bad."""


@value_type(frozen=True, slots=True)
class Again:
    """Another attempt after a wait; ``doubtful``: the one before may have been stored."""

    wait_seconds: float
    doubtful: bool


@value_type(frozen=True, slots=True)
class Hold:
    """The burst window is full: the whole location waits, then the attempt is repeated."""

    wait_seconds: float


@value_type(frozen=True, slots=True)
class EndDay:
    """The daily allowance is spent."""


@value_type(frozen=True, slots=True)
class Renew:
    """Get a better token, once for all workers, then repeat."""


@value_type(frozen=True, slots=True)
class Refuse:
    """The location turns us away: nothing more can be sent there."""


@value_type(frozen=True, slots=True)
class GiveUp:
    """No further attempt for this row; ``doubtful``: it may have been stored all the same."""

    doubtful: bool


Decision: TypeAlias = Accept | Again | Hold | EndDay | Renew | Refuse | GiveUp

ACCEPT: Final = Accept()


def decide(  # noqa: PLR0911  (one return for each kind of reply)
    found: Reply | LostReply,
    attempts: Attempts,
    policy: RetryPolicy,
    *,
    chance: float,
    interval_seconds: float = 10.0,
) -> Decision:
    """Decide what follows an attempt; ``chance`` is a random number from 0 to 1."""
    if isinstance(found, LostReply):
        return _after_silence(found, attempts, policy, chance=chance)
    if _leaves_doubt(found, attempts):
        return _after_trouble(attempts, policy, doubtful=True, chance=chance, least=found.retry_after_seconds)
    match found.kind:
        case (
            ReplyKind.DONE
            | ReplyKind.REFUSED
            | ReplyKind.DUPLICATE
            | ReplyKind.NO_CONTACT
            | ReplyKind.TOO_LARGE
        ):
            return ACCEPT
        case ReplyKind.CONTACT_REFUSED | ReplyKind.EDGE_REFUSED:
            return ACCEPT if attempts.refusals < _REFUSALS_OF_ALL else Refuse()
        case ReplyKind.THROTTLED:
            return Hold(throttle_seconds(found.retry_after_seconds, interval_seconds, chance=chance))
        case ReplyKind.DAY_SPENT:
            return EndDay()
        case ReplyKind.TOKEN_REFUSED if attempts.renewals < 2:
            return Renew()
        case (
            ReplyKind.TOKEN_REFUSED
            | ReplyKind.SCOPE_MISSING
            | ReplyKind.LOCATION_REFUSED
            | ReplyKind.LOCATION_PAUSED
        ):
            return Refuse()
        case ReplyKind.MISDIRECTED | ReplyKind.TROUBLE:
            doubtful = found.kind is ReplyKind.TROUBLE
            return _after_trouble(
                attempts, policy, doubtful=doubtful, chance=chance, least=found.retry_after_seconds
            )


def _leaves_doubt(found: Reply, attempts: Attempts) -> bool:
    """Tell whether a call that must not be done twice may have been done, whatever the status says."""
    if found.kind is ReplyKind.DONE or (attempts.repeatable and not attempts.stores):
        return False
    return not found.stored_nothing


def _after_silence(found: LostReply, attempts: Attempts, policy: RetryPolicy, *, chance: float) -> Decision:
    if found.certificate and not policy.certificate_passes:
        return GiveUp(doubtful=attempts.doubtful)
    return _after_trouble(attempts, policy, doubtful=found.sent, chance=chance)


def _after_trouble(
    attempts: Attempts, policy: RetryPolicy, *, doubtful: bool, chance: float, least: float | None = None
) -> Decision:
    doubtful = doubtful or attempts.doubtful
    if doubtful and not attempts.repeatable:
        return GiveUp(doubtful=True)
    tried_enough = attempts.count >= policy.row_attempts and attempts.seconds >= policy.row_seconds
    if tried_enough and not attempts.breaker_open:
        return GiveUp(doubtful=doubtful)
    wait = backoff_seconds(attempts.count, policy, chance=chance)
    wait = max(wait, min(least or 0.0, policy.longest_wait_seconds))
    # Two upserts of one person at once may make two contacts: the attempt before must have come to its end.
    return Again(max(wait, attempts.busy_seconds if doubtful else 0.0), doubtful)


def doubt_seconds(policy: RetryPolicy, slowest_seconds: float) -> float:
    """Tell for how long after an attempt without a reply the vendor may be at work on it, by its slowest reply yet."""
    return max(policy.doubt_seconds, _SLOWEST * slowest_seconds) if policy.doubt_seconds else 0.0


def backoff_seconds(failures: int, policy: RetryPolicy, *, chance: float) -> float:
    """Back off with full jitter: anything between nothing and the doubled wait, so that workers do not march in step."""
    ceiling = policy.first_wait_seconds * 2.0 ** min(failures - 1, 30)
    return chance * min(policy.longest_wait_seconds, ceiling)


def throttle_seconds(retry_after: float | None, interval_seconds: float, *, chance: float) -> float:
    """Wait as long as we are told, else one interval, and a little more so that not all come back in one instant."""
    wait = interval_seconds if retry_after is None else min(retry_after, 3600.0)
    return wait + chance * 0.1 * interval_seconds


def day_recheck_seconds(to_next_day: float, *, chance: float) -> float:
    """Tell when to look again whether a new day has begun: soon after it should, and now and then before."""
    return min(to_next_day + 5.0 + 30.0 * chance, _DAY_RECHECK_SECONDS * (0.75 + 0.5 * chance))
