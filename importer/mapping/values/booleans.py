"""Yes and no in the spellings of the big languages."""

from __future__ import annotations

from typing import Final

from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.records import Json, TypedText
from importer.runtime.regex import regex

CODE: Final = "invalid_boolean"
_YES: Final = frozenset(
    {
        "yes",
        "y",
        "yep",
        "true",
        "t",
        "1",
        "1.0",
        "on",
        "x",
        "ja",
        "j",
        "wahr",
        "oui",
        "o",
        "vrai",
        "si",
        "s\u00ed",
    }
    | {
        "s\u00ec",
        "s",
        "sim",
        "verdadeiro",
        "verdadero",
        "vero",
        "waar",
        "tak",
        "evet",
        "да",
        "はい",
        "是",
        "ano",
        "igen",
        "네",
        "예",
        "כן",
        "نعم",
        "так",
        "ναι",
    }
    | {"da", "áno", "kyllä", "jah", "jā", "taip", "có", "ใช่", "ya"}
    | {
        "checked",
        "ticked",
        "enabled",
        "unsubscribed",
        "opted out",
        "opted-out",
        "optedout",
        "opt out",
        "opt-out",
    }
    | {"optout", "\u2713", "\u2714", "\u2611"}
)
_NO: Final = frozenset(
    {
        "no",
        "n",
        "nope",
        "false",
        "f",
        "0",
        "0.0",
        "off",
        "nein",
        "falsch",
        "non",
        "faux",
        "n\u00e3o",
        "nao",
        "falso",
    }
    | {
        "onwaar",
        "nee",
        "nie",
        "nej",
        "nei",
        "ne",
        "nem",
        "hay\u0131r",
        "нет",
        "いいえ",
        "否",
        "아니요",
        "아니오",
        "לא",
        "لا",
        "ні",
        "όχι",
        "hayir",
    }
    | {"nu", "ei", "nē", "не", "không", "ไม่", "ไม่ใช่", "tidak"}
    | {
        "unchecked",
        "unticked",
        "disabled",
        "subscribed",
        "opted in",
        "opted-in",
        "optedin",
        "opt in",
        "opt-in",
    }
    | {"optin", "\u2717", "\u2718", "\u2610"}
)


def read_boolean(text: str) -> ReadValue:
    """Read a yes or a no; anything else fails, and a blank cell never comes here."""
    if isinstance(text, TypedText) and isinstance(text.value, bool):
        return text.value
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    return ValueFault(CODE, f"{quoted(text)} is neither yes nor no")


_INACTIVE: Final = frozenset({"inactive"})
_CHANNELS: Final = {
    "call": "Call", "calls": "Call", "phone": "Call", "voice": "Call", "email": "Email", "e-mail": "Email", "emails": "Email",
    "sms": "SMS", "text": "SMS", "texts": "SMS", "text message": "SMS", "text messages": "SMS", "whatsapp": "WhatsApp",
    "gmb": "GMB", "gbp": "GMB", "google my business": "GMB", "fb": "FB", "facebook": "FB", "messenger": "FB",
}  # fmt: skip
_BETWEEN: Final = regex(r"\s*(?:[,;|/&+\n]|\band\b)\s*")


def without_no(text: str) -> str:
    """Take away what means no, also as the vendor's own status; every other text stays."""
    return "" if text.casefold() in _INACTIVE or read_boolean(text) is False else text


def read_dnd_or_channels(text: str) -> ReadValue:
    """Read a yes or a no, or the list of the channels that are not to be disturbed, by the vendor's names."""
    read = read_boolean(text)
    if not isinstance(read, ValueFault):
        return read
    listed = [_CHANNELS.get(word) for word in _BETWEEN.split(text.strip().casefold()) if word]
    channels = [channel for channel in listed if channel is not None]
    return read if not channels or len(channels) < len(listed) else list[Json](dict.fromkeys(channels))


def read_dnd(text: str) -> ReadValue:
    """Read a channel's do-not-disturb status: yes is active (no messages), no is inactive."""
    word = text.casefold()
    if word in {"active", "inactive", "permanent"}:
        return word
    read = read_boolean(text)
    return read if isinstance(read, ValueFault) else ("active" if read else "inactive")


def read_inbound_dnd(text: str) -> ReadValue:
    """Read the inbound status, which cannot be permanent."""
    status = read_dnd(text)
    return ValueFault(CODE, f"{quoted(text)} is neither yes nor no") if status == "permanent" else status
