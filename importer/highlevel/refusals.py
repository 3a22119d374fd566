"""A location that refuses us, for people: the sentence, what to do next, and how its rows end. Pure."""

from __future__ import annotations

from importer.codes import remedy_of
from importer.highlevel.reply import ReplyKind
from importer.records import Outcome, Record, Status


def refusal_sentence(location_id: str, kind: ReplyKind, said: str, *, scope: str | None = None) -> str:
    """Say why a location cannot be used, with the vendor's words, and what to do; ``scope`` where just one is needed."""
    return f"HighLevel refuses location {location_id}: {said}. {_advice(kind, scope)}"


def _advice(kind: ReplyKind, scope: str | None) -> str:
    match kind:
        case ReplyKind.SCOPE_MISSING if scope is not None:
            return f"Give the token the scope {scope}."
        case ReplyKind.SCOPE_MISSING:
            return "Give the token the scopes that `importer doctor` lists."
        case ReplyKind.LOCATION_REFUSED:
            return "Use a token of this location, or correct the location's id."
        case ReplyKind.LOCATION_PAUSED:
            return "The account is paused or unpaid; the same token works again once it is active."
        case ReplyKind.TOKEN_REFUSED:
            return "Put a valid token into HIGHLEVEL_TOKEN, or run `importer login`."
        case _:
            return "Check the location's id."


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
