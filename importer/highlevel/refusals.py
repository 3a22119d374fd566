"""A location that refuses us, for people: the sentence, what to do next, and how its rows end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from importer.codes import remedy_of
from importer.highlevel.reply import ReplyKind
from importer.records import Outcome, Record, Status


def refusal_sentence(location_id: str, kind: ReplyKind, said: str, *, scope: str | None = None) -> str:
    """Say why a location cannot be used, with the vendor's words, and what to do; ``scope`` where just one is needed."""
    return f"HighLevel refuses location {location_id}: {said}. {_advice(kind, scope)}"


def _advice(kind: ReplyKind, scope: str | None) -> str:
    if kind is ReplyKind.SCOPE_MISSING and scope is not None:
        return f"Give the token the scope {scope}."
    return _ADVICE.get(kind, "Check the location's id.")


_ADVICE: Final[Mapping[ReplyKind, str]] = {
    ReplyKind.SCOPE_MISSING: "Give the token the scopes that `importer doctor` lists.",
    ReplyKind.LOCATION_REFUSED: "Use a token of this location, or correct the location's id.",
    ReplyKind.CONTACT_REFUSED: "Use a token of this location, and contact ids of this location.",
    ReplyKind.EDGE_REFUSED: (
        "This is a page of the network edge before HighLevel's API, and not about the token: it refuses this machine's "
        "network, or text that looks like an attack. Try from another network, or ask HighLevel's support with the "
        "page's words; then `importer resume`."
    ),
    ReplyKind.LOCATION_PAUSED: (
        "The account is paused or unpaid; the same token works again once it is active."
    ),
    ReplyKind.TOKEN_REFUSED: "Put a valid token into HIGHLEVEL_TOKEN, or run `importer login`.",
}


def location_refused(record: Record, sentence: str) -> Outcome:
    """Fail a row of a location that refuses us; the other locations of its file go on."""
    return Outcome(
        row=record.row,
        status=Status.FAILED,
        location_id=record.location_id,
        code="location_refused",
        message=sentence,
        remedy=remedy_of("location_refused"),
        warnings=record.warnings,
    )
