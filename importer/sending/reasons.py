"""The reasons for which sending to a location ends, each with the sentence that a person reads. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from importer.errors import QuotaSpentError, ServiceDownError, StopError, TrustLostError
from importer.highlevel.client import LostReply, distrust
from importer.highlevel.quota import QuotaReading
from importer.highlevel.refusals import refusal_sentence
from importer.highlevel.reply import Reply, ReplyKind
from importer.sending.call_state import LocationRefusedError


def words_of(found: Reply | LostReply) -> str:
    return found.reason if isinstance(found, LostReply) else found.said


def day_spent(location_id: str, *, until: float) -> QuotaSpentError:
    moment = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M")
    return QuotaSpentError(
        f"The daily allowance of location {location_id} is used up. Go on after {moment} UTC with "
        "`importer resume`, or let the run wait with --wait-for-quota."
    )


def long_throttled(location_id: str, *, since: float, wait: float, minutes: float) -> str:
    """Say what a run waits for that the vendor refuses again and again, or for long."""
    moment = datetime.fromtimestamp(since, UTC).strftime("%H:%M:%S")
    return (
        f"HighLevel has taken nothing for location {location_id} since {moment} UTC: its requests within the burst window "
        f"are used up (429), perhaps by another program with the same token. The next attempt is in {wait:.0f} s, the last "
        f"one after {minutes:.0f} minutes. Ctrl-C stops, and nothing is lost by it."
    )


def throttled(location_id: str, *, seconds: float) -> ServiceDownError:
    """Say that the vendor has refused all there was for too long."""
    return ServiceDownError(
        f"HighLevel has answered every request for location {location_id} with 429 (Too Many Requests) for "
        f"{seconds / 60:.0f} minutes. Another program may use up its quota: see which ones have a token of this location. "
        "Go on later with `importer resume`."
    )


def absurd_interval(location_id: str, quota: QuotaReading, used_seconds: float) -> str:
    """Say that a burst window is not believed, and what is kept to instead."""
    hours = (quota.absurd_interval_seconds or 0.0) / 3600
    return (
        f"HighLevel says that the burst window of location {location_id} lasts {hours:,.0f} hours, which cannot be: "
        f"{used_seconds:g} s are kept to. Something in between may have changed X-RateLimit-Interval-Milliseconds."
    )


def out_of_reach(found: Reply | LostReply, *, base_url: str, seconds: float) -> StopError:
    """Say for how long every attempt has come to nothing, and what the last one met."""
    minutes = seconds / 60
    if isinstance(found, LostReply) and found.certificate:
        return TrustLostError(
            f"{distrust(base_url, found.reason)} It has been so for {minutes:.0f} minutes. "
            "Go on later with `importer resume`."
        )
    if isinstance(found, LostReply) and found.lasting:
        return ServiceDownError(
            f"Nothing gets through any more, and waiting seldom mends that: {found.reason}. "
            "Go on with `importer resume` once it is mended."
        )
    return ServiceDownError(
        f"HighLevel has not answered for {minutes:.0f} minutes ({words_of(found)}). "
        "Go on later with `importer resume`."
    )


def refused(found: Reply | LostReply, *, location_id: str) -> LocationRefusedError:
    kind = found.kind if isinstance(found, Reply) else ReplyKind.LOCATION_REFUSED
    status = found.status if isinstance(found, Reply) else None
    return LocationRefusedError(
        refusal_sentence(location_id, kind, words_of(found), status=status), kind=kind
    )
