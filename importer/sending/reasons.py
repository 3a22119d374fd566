"""The reasons for which sending to a location ends, each with the sentence that a person reads. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from importer.errors import QuotaSpentError, ServiceDownError, StopError, TrustLostError
from importer.highlevel.client import LostReply, distrust
from importer.highlevel.reply import Reply, ReplyKind
from importer.sending.call_state import LocationRefusedError


def words_of(found: Reply | LostReply) -> str:
    if isinstance(found, LostReply):
        return found.reason
    return f"“{found.words}” ({found.status})" if found.words else f"status {found.status}"


def day_spent(location_id: str, *, until: float) -> QuotaSpentError:
    moment = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d %H:%M")
    return QuotaSpentError(
        f"The daily allowance of location {location_id} is used up. Go on after {moment} UTC with "
        "`importer resume`, or let the run wait with --wait-for-quota."
    )


def out_of_reach(found: Reply | LostReply, *, base_url: str, seconds: float) -> StopError:
    """Say for how long every attempt has come to nothing, and what the last one met."""
    minutes = seconds / 60
    if isinstance(found, LostReply) and found.certificate:
        return TrustLostError(
            f"{distrust(base_url, found.reason)} It has been so for {minutes:.0f} minutes. "
            "Go on later with `importer resume`."
        )
    return ServiceDownError(
        f"HighLevel has not answered for {minutes:.0f} minutes ({words_of(found)}). "
        "Go on later with `importer resume`."
    )


def refused(found: Reply | LostReply, *, location_id: str) -> LocationRefusedError:
    kind = found.kind if isinstance(found, Reply) else ReplyKind.LOCATION_REFUSED
    words = words_of(found)
    return LocationRefusedError(
        f"HighLevel refuses location {location_id}: {words} {_advice(kind)}", kind=kind, words=words
    )


def _advice(kind: ReplyKind) -> str:
    match kind:
        case ReplyKind.SCOPE_MISSING:
            return "Give the token the scopes that `importer doctor` lists."
        case ReplyKind.LOCATION_PAUSED:
            return "The account is paused or unpaid; the same token works again once it is active."
        case ReplyKind.LOCATION_REFUSED:
            return "Use a token of this location, or correct the location's id."
        case _:
            return "Put a valid token into HIGHLEVEL_TOKEN (or run `importer login`)."
