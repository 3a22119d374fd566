"""A location that refuses us, for people: the sentence, what to do next, and how its rows end. Pure."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from importer.codes import remedy_of
from importer.highlevel.reply import ReplyKind
from importer.records import Outcome, Record, Status

INSIDE: Final = (
    "Make a private integration token inside the sub-account (its Settings > Private Integrations)."
)
"""The one thing that helps where a token is the agency's."""

NAMED_IN_CREATE_ONLY: Final = "The row names a contact by its id, and the mapping's mode is create_only."


_LEGAL: Final = HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS


def refusal_sentence(
    location_id: str, kind: ReplyKind, said: str, *, status: int | None = None, scope: str | None = None
) -> str:
    """Say why a location cannot be used, with the vendor's words, and what to do; ``scope`` where just one is needed."""
    if status == _LEGAL:
        return f"HighLevel cannot be reached for legal reasons: {said}. {LEGAL_ADVICE}"
    return f"HighLevel refuses location {location_id}: {said}. {_advice(kind, said.lower(), scope)}"


LEGAL_ADVICE: Final = (
    "Neither token nor location is at fault: somebody on the way (a provider's or a country's filter, a company's proxy), or "
    "HighLevel for this country, may not let it through. Try from another network without that proxy, or ask HighLevel's support "
    "with the page's words; then the same command again."
)


def misdirected_advice(status: int) -> str:
    """Say what to do where an address does not answer as the vendor's does."""
    if status == HTTPStatus.MISDIRECTED_REQUEST:
        return (
            "The connection led to a server that does not answer for this address: something on the way (a proxy, a VPN) "
            "sends it elsewhere. Check HIGHLEVEL_BASE_URL, and the proxy's settings; or try from another network."
        )
    return "Check HIGHLEVEL_BASE_URL."


def is_of_an_agency(said: str) -> bool:
    """Tell whether the vendor's words betray a token that was made for the agency: no scope mends that."""
    return "user type mismatch" in said.lower() or "authclass" in said.lower()


def _advice(kind: ReplyKind, said: str, scope: str | None) -> str:  # noqa: PLR0911  (one answer for each refusal)
    match kind:
        case _ if is_of_an_agency(said):
            return f"The token is the agency's. {INSIDE}"
        case _ if "version" in said and ("header" in said or "segment" in said):
            return (
                "The token is not at fault: that address does not know the API version which was asked for. Try the "
                "other one with --api-version, check HIGHLEVEL_BASE_URL, or look for a newer version of the importer."
            )
        case ReplyKind.SCOPE_MISSING if scope is not None:
            return f"Give the token the scope {scope}. If it has it, it is the agency's: {INSIDE[0].lower()}{INSIDE[1:]}"
        case ReplyKind.SCOPE_MISSING:
            return (
                "Give the token the scopes that `importer doctor` lists. If it has them, it is the agency's: "
                f"{INSIDE[0].lower()}{INSIDE[1:]}"
            )
        case ReplyKind.LOCATION_REFUSED:
            return "Use a token of this location, or correct the location's id."
        case ReplyKind.CONTACT_REFUSED:
            return "Use a token of this location, and contact ids of this location."
        case ReplyKind.EDGE_REFUSED:
            return (
                "This is a page of the network edge before HighLevel's API, and not about the token: it refuses this "
                "machine's network, or text that looks like an attack. Try from another network, or ask HighLevel's "
                "support with the page's words; then the same command again."
            )
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
