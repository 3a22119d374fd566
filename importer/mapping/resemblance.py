"""Who may be the same person although no e-mail or phone says so: what two rows have in common, and where to look for such pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from importer.errors import SettingsError
from importer.highlevel.payload import email_key, phone_key
from importer.mapping.persons import folded, name_of
from importer.mapping.values.nicknames import are_nicknames, nickname_groups
from importer.records import Json, Record, RowId
from importer.runtime.installation import missing_extra
from importer.runtime.regex import regex

try:
    from rapidfuzz.distance import OSA
except ModuleNotFoundError:
    raise SettingsError(missing_extra("Looking for similar people", "similar")) from None

_DIGITS: Final = regex(r"\d+")
_WORD: Final = regex(r"[^\W\d_]+")
_LONG_NAME: Final = 5
"""Letters from which on two names that differ in one of them are more likely misspelt than two names."""
_LONG_LOCAL: Final = 5
_PHONE_DIGITS: Final = 10


class Likeness(StrEnum):
    """What two rows have in common; the names are stable."""

    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"
    NICKNAME = "nickname"
    SAME_ADDRESS = "same_address"
    NEAR_PHONE = "near_phone"
    """One digit is another or missing, or two are exchanged."""
    NEAR_EMAIL = "near_email"
    """One sign is another or missing, or the same name stands at another provider."""
    SAME_BIRTHDAY = "same_birthday"
    SAME_COMPANY = "same_company"


class Traits(NamedTuple):
    """What of a row is compared: folded to lower case without accents, "" where there is nothing."""

    row: RowId
    first: str
    last: str
    email: str
    phone: str
    street: str
    place: str
    company: str
    born: str


def traits_of(record: Record) -> Traits | None:
    """Read what is compared of a record; None where it has no whole name, and so little to go by."""
    first, last = name_of(record.fields)
    if not (first and last):
        return None
    fields = record.fields
    return Traits(
        row=record.row,
        first=first,
        last=last,
        email=_key(email_key(record)),
        phone=_key(phone_key(record)),
        street=_folded(fields.get("address1")),
        place=_folded(fields.get("postalCode")).replace(" ", "") or _folded(fields.get("city")),
        company=_folded(fields.get("companyName")),
        born=_folded(fields.get("dateOfBirth")),
    )


def _key(written: str | None) -> str:
    """Take the kind off a match key."""
    return (written or "").partition(":")[2]


def _folded(text: Json) -> str:
    return folded(text) if isinstance(text, str) else ""


def block_keys(traits: Traits) -> Iterator[str]:
    """Name the small groups in which a row is compared: whoever is alike in one way shares a key with it.

    A typing mistake spoils some of them, hardly all.
    """
    yield f"name {_called(traits.first)} {traits.last}"
    if traits.place:
        yield f"last {traits.last[:4]} {traits.place}"
    if traits.place and traits.street:
        yield f"street {_house(traits.street)} {traits.place}"
    if len(digits := traits.phone.lstrip("+")[-_PHONE_DIGITS:]) == _PHONE_DIGITS:
        half = _PHONE_DIGITS // 2
        yield f"phone begin {digits[:half]} {traits.last[:2]}"
        yield f"phone end {digits[half:]} {traits.last[:2]}"
        yield f"phone digits {''.join(sorted(digits))} {traits.last[:2]}"
    local = re.sub(r"\W|_", "", traits.email.partition("@")[0].partition("+")[0])
    if len(local) >= _LONG_LOCAL:
        yield f"email {local}"


def _called(first: str) -> str:
    """Give a first name, or what stands for all names that one may be called by."""
    groups = nickname_groups(first)
    return f"#{min(groups)}" if groups else first


def _house(street: str) -> str:
    """Give the number of a house and how its street begins: what stands behind is written in many ways."""
    word = next((word for word in _WORD.findall(street) if len(word) > 2), "")
    return f"{' '.join(_DIGITS.findall(street))} {word[:3]}"


def likeness(one: Traits, other: Traits) -> tuple[Likeness, ...]:
    """Say what speaks for two rows being one person's; empty where it is too little, or something speaks against it."""
    if (one.email and one.email == other.email) or (one.phone and one.phone == other.phone):
        return ()  # they are one contact already, or are kept apart
    name = _names(one, other)
    if name is None or _contradict(one.born, other.born):
        return ()
    found = [kind for kind, holds in _beside(one, other) if holds]
    # Two of a common name in one company are two people as well, when the name is not even the same.
    if not found or (found == [Likeness.SAME_COMPANY] and name is Likeness.SIMILAR_NAME):
        return ()
    return (name, *found)


def _names(one: Traits, other: Traits) -> Likeness | None:
    if (one.first, one.last) in {(other.first, other.last), (other.last, other.first)}:
        return Likeness.SAME_NAME
    if one.last == other.last and are_nicknames(one.first, other.first):
        return Likeness.NICKNAME
    if _is_misspelt(one.last, other.last) and _is_misspelt(one.first, other.first):
        return Likeness.SIMILAR_NAME
    return None


def _is_misspelt(one: str, other: str) -> bool:
    if one == other:
        return True
    return min(len(one), len(other)) >= _LONG_NAME and _edits(one, other) == 1


def _beside(one: Traits, other: Traits) -> Iterator[tuple[Likeness, bool]]:
    yield Likeness.SAME_ADDRESS, _is_same_address(one, other)
    yield Likeness.NEAR_PHONE, bool(one.phone and other.phone) and _edits(one.phone, other.phone) == 1
    yield Likeness.NEAR_EMAIL, _is_near_email(one.email, other.email)
    yield Likeness.SAME_BIRTHDAY, bool(one.born) and one.born == other.born
    yield Likeness.SAME_COMPANY, bool(one.company) and one.company == other.company


def _is_same_address(one: Traits, other: Traits) -> bool:
    if not (one.place and one.place == other.place and one.street and other.street):
        return False
    # 12 and 21 Main Street are two houses, Mian Street is none.
    return _DIGITS.findall(one.street) == _DIGITS.findall(other.street) and (
        _house(one.street) == _house(other.street) or _edits(one.street, other.street) <= 1
    )


def _is_near_email(one: str, other: str) -> bool:
    if not (one and other):
        return False
    local, other_local = one.partition("@")[0], other.partition("@")[0]
    return _edits(one, other) == 1 or (local == other_local and len(local) >= _LONG_LOCAL)


def _contradict(one: str, other: str) -> bool:
    return bool(one and other) and _edits(one, other) > 1


def _edits(one: str, other: str) -> int:
    """Count what a typing mistake changes: signs put in, left out, mistaken or exchanged; more than 1 is 2."""
    return int(OSA.distance(one, other, score_cutoff=1))
