"""Who a record is, as far as its keys and its name tell: hashes alone, so that they can be remembered."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from importer.highlevel.contacts import email_key, phone_key
from importer.records import Json, MatchKey, Record, RowId
from importer.runtime.regex import regex

HashText: TypeAlias = Callable[[str], int]
"""Hashes a text under the machine's own salt; never 0, which stands for nothing."""

_WORD: Final = regex(r"[^\W_]+")
_NAMES_REMEMBERED: Final = 10_000


class HeldKey(NamedTuple):
    """One match key of a person, with the other one beside it (0: there is none)."""

    kind: MatchKey
    key: int
    other: int


class Person(NamedTuple):
    """A record's match keys, and both parts of the name (0: there is none)."""

    row: RowId
    keys: tuple[HeldKey, ...]
    first: int
    last: int
    by_id: bool
    """The row names its contact by id: the vendor matches nothing."""


class PersonReader:
    """Reads who a record is. ``match_by``: the fields that its location finds contacts by."""

    def __init__(self, hash_text: HashText) -> None:
        self._hash = hash_text
        # Names are compared under one key only, so that half of a hash is enough to store.
        self._hash_name = lru_cache(_NAMES_REMEMBERED)(
            lambda text: hash_text(text) & 0x7FFF_FFFF or 1 if text else 0
        )

    def read(self, record: Record, match_by: Collection[str]) -> Person | None:
        """Give the person behind a record; None where nothing is matched."""
        fields, place = record.fields, record.location_id
        email, phone = email_key(fields.get("email")), phone_key(fields.get("phone"))
        mail = self._hash(f"{place}\0email:{email}") if email else 0
        number = self._hash(f"{place}\0phone:{phone}") if phone else 0
        keys: tuple[HeldKey, ...] = ()
        if mail and "email" in match_by:
            keys = (HeldKey(MatchKey.EMAIL, mail, number),)
        if number and "phone" in match_by:
            keys = (*keys, HeldKey(MatchKey.PHONE, number, mail))
        if not keys:
            return None
        first, last = name_of(fields)
        return Person(
            record.row, keys, self._hash_name(first), self._hash_name(last), record.contact_id is not None
        )


def name_of(fields: Mapping[str, Json]) -> tuple[str, str]:
    """Give a name as it is compared: its last word, and all words before it; without case, accents and punctuation.

    So ``Ludwig`` and ``van Beethoven`` in two columns are the same as the whole name in one.
    """
    first, last = _plain(fields.get("firstName")), _plain(fields.get("lastName"))
    if not first and not last:
        return _taken_apart(_plain(fields.get("name")))
    if first and last:
        return _taken_apart(f"{first} {last}") if " " in last else (first, last)
    return first, last.rpartition(" ")[2]


def _taken_apart(name: str) -> tuple[str, str]:
    before, _, last = name.rpartition(" ")
    return (before, last) if before else (last, "")


def _plain(text: Json) -> str:
    if not isinstance(text, str):
        return ""
    if (
        text.isascii() and text.isalnum()
    ):  # as most names are: that is told sooner than what is remembered is found
        return text.lower()
    return folded(text)


@lru_cache(_NAMES_REMEMBERED)
def folded(text: str) -> str:
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", text)
        # "Cf" are signs that nobody sees (U+200B, U+00AD, marks of direction): they make no other name.
        text = "".join(
            sign for sign in letters if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf"
        )
    return " ".join(_WORD.findall(text.casefold()))
