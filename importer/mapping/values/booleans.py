"""Yes and no in the spellings of the big languages."""

from __future__ import annotations

from typing import Final

from importer.mapping.values.finding import Finding, Reading, quoted
from importer.records import TypedText

CODE: Final = "invalid_boolean"
_YES: Final = frozenset(
    [
        "yes",
        "y",
        "yep",
        "true",
        "t",
        "1",
        "on",
        "x",
        "ja",
        "j",
        "wahr",
        "oui",
        "o",
        "vrai",
        "si",
        "sí",
        "s",
        "sim",
        "verdadeiro",
        "verdadero",
        "vero",
        "waar",
        "checked",
        "ticked",
        "enabled",
        "active",
        "opted-out",
        "optedout",
        "unsubscribed",
        "1.0",
        "✓",
        "✔",
        "☑",
        "да",
        "はい",
        "是",
        "tak",
        "evet",
    ]
)
_NO: Final = frozenset(
    [
        "no",
        "n",
        "nope",
        "false",
        "f",
        "0",
        "off",
        "nein",
        "falsch",
        "non",
        "faux",
        "não",
        "nao",
        "falso",
        "onwaar",
        "nee",
        "unchecked",
        "unticked",
        "disabled",
        "inactive",
        "subscribed",
        "0.0",
        "-",
        "✗",
        "✘",
        "☐",
        "нет",
        "いいえ",
        "否",
        "nie",
        "hayır",
    ]
)


def read_boolean(text: str) -> Reading:
    """Read a yes or a no; anything else fails, and a blank cell never comes here."""
    if isinstance(text, TypedText) and isinstance(text.value, bool):
        return text.value
    word = text.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    return Finding(CODE, f"{quoted(text)} is neither yes nor no")


def read_dnd(text: str) -> Reading:
    """Read a channel's do-not-disturb status: yes is active (no messages), no is inactive."""
    word = text.casefold()
    if word in {"active", "inactive", "permanent"}:
        return word
    read = read_boolean(text)
    return read if isinstance(read, Finding) else ("active" if read else "inactive")
