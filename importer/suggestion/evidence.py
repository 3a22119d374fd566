"""What the values of a column say about it: shares of its filled cells that read as one kind or another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import field
from datetime import date
from functools import cached_property
from typing import Final

from importer.highlevel.countries import country_code
from importer.mapping.compiled.headers import column_names
from importer.mapping.values.fault import ReadValue, ValueFault
from importer.mapping.values.texts import clean
from importer.records import TypedText, value_type
from importer.runtime.regex import regex
from importer.suggestion.folding import date_layout, further_phrases, word_set, words

CHECKED: Final = 200
"""Values looked at where a look is dear (phones, addresses)."""
_LOOKED_AT: Final = 300
"""Characters of a cell: no field that can be told by its values is longer."""

_STATES: Final = word_set(
    "active inactive open closed won lost new contacted qualified unqualified converted pending subscribed unsubscribed "
    "confirmed unconfirmed bounced cleaned enabled disabled lead customer prospect opportunity subscriber hot warm cold "
    "cliente clientes prospecto prospect prospetto kunde interessent klant client oportunidad oportunidade "
    "approved declined cancelled canceled complete completed paid unpaid draft archived deleted test aktiv inaktiv "
    "offen geschlossen neu actif inactif activo inactivo ativo inativo attivo actief nuevo novo nouveau"
)
_GENDERS: Final = {
    "female": further_phrases("female") | word_set(
    "f w v k female woman weiblich frau femme feminin mujer femenino mulher feminino femmina donna vrouw kvinna kvinde kvinne kobieta"
),
    "male": further_phrases("male") | word_set(
    "m h male man mannlich mann herr homme masculin hombre masculino homem maschio uomo mand mezczyzna"
),
}  # fmt: skip
_OTHER_GENDERS: Final = word_set("d x divers other non binary nonbinary prefer not to say unknown nb o u")
_DATE: Final = regex(
    r"(?P<year>\d{4})([-/.]) ?\d{1,2}\2 ?\d{1,2}\.?(?:[T ].*)?"
    r"|(?P<first>\d{1,2})([-/.]) ?(?P<second>\d{1,2})\4 ?(?P<last>\d{4}|\d{2})\.?(?:[ ,].*)?"
    r"|\d{4}[年년] ?\d{1,2}[月월] ?\d{1,2}[日일].*"
    r"|--\d{2}-\d{2}"  # a birthday without a year
    r"|\d{1,2}[-. ]+[^\W\d]{3,10}[-., ]+(?:\d{4}|\d{2})|[^\W\d]{3,10}\.? \d{1,2},? \d{4}(?:[ ,].*)?"
)
_URL: Final = regex(r"(?:https?://|www\.)\S+|(?:[a-z0-9-]+\.)+[a-z]{2,24}(?:/\S*)?", re.IGNORECASE)
_NETWORKS: Final = (
    "linkedin.",
    "facebook.",
    "twitter.",
    "instagram.",
    "youtube.",
    "tiktok.",
    "//x.com",
    "pinterest.",
)
_PHONE_LIKE: Final = regex(
    r"(?:p:)?'?[+(]?[\d(][\d\s().\-/+\u00a0]{5,22}(?:\s*(?:x|ext\.?)\s*\d{1,6})?(?:\.0)?"
)
_SCIENTIFIC: Final = regex(r"\d[.,]\d{6,}E\+1\d", re.IGNORECASE)
_NUMBER: Final = regex(r"[-+]?[\d.,' ]*\d%?")


@value_type(frozen=True)
class Column:
    """One column of the sample: its header, and its filled cells, cleaned."""

    header: str
    """As a mapping names it: one that stands several times with its turn."""
    values: tuple[str, ...] = field(repr=False)
    place: int = 0
    rows: int = 0
    role: str = ""
    """A word for the contact that this file alone has, taken off the header: ``requester``, ``stagiaire``."""
    marks: tuple[str, ...] = ()
    """What stands for nothing in the column, each once: NULL, (null), \\N. Such cells are not among the values."""

    @property
    def filled(self) -> int:
        return len(self.values)

    @cached_property
    def words(self) -> tuple[str, ...]:
        said = words(self.header)
        return tuple(word for word in said if word != self.role) or said if self.role else said

    @cached_property
    def layout(self) -> str | None:
        """The order of day and month that the header states."""
        return date_layout(self.header)

    @cached_property
    def few(self) -> tuple[str, ...]:
        """Distinct values, in order, no more than are looked at where a look is dear."""
        return tuple(dict.fromkeys(self.values))[:CHECKED]

    def share(self, claim: Callable[[str], object]) -> float:
        """Tell which share of the distinct values the claim holds for; 0 for an empty column."""
        return sum(bool(claim(value)) for value in self.few) / len(self.few) if self.few else 0.0

    @cached_property
    def distinct_share(self) -> float:
        return len(set(self.values)) / len(self.values) if self.values else 0.0

    @cached_property
    def emails(self) -> float:
        return self.share(is_email) if self.share(lambda value: "@" in value) >= 0.2 else 0.0

    @cached_property
    def phone_like(self) -> float:
        return self.share(looks_like_phone)

    @cached_property
    def dates(self) -> float:
        return self.share(is_date)

    @cached_property
    def booleans(self) -> float:
        """Share of the cells, not of the distinct ones: one "maybe" among a hundred is one row's fault."""
        known = {value for value in self.few if reads_as_boolean(value) is not None}
        return sum(value in known for value in self.values) / len(self.values) if self.values else 0.0

    @cached_property
    def countries(self) -> float:
        return self.share(country_code)

    @cached_property
    def urls(self) -> float:
        return self.share(is_website)

    @cached_property
    def numbers(self) -> float:
        return self.share(_NUMBER.fullmatch)

    @cached_property
    def with_digits(self) -> float:
        return self.share(lambda value: any(sign.isdigit() for sign in value))

    @cached_property
    def lifecycle(self) -> float:
        return self.share(lambda value: plain(value) in _STATES)

    @cached_property
    def genders(self) -> float:
        return self.share(lambda value: gender(value) or plain(value) in _OTHER_GENDERS)

    @cached_property
    def spaced(self) -> float:
        """Share of values of two or more words: a whole name, not a part of one."""
        return self.share(lambda value: len(value.split()) > 1)

    @cached_property
    def average_length(self) -> float:
        return sum(map(len, self.few)) / len(self.few) if self.few else 0.0


_MARKS: Final = frozenset({"NULL", "null", "(null)", "[null]", "<null>", "\\N", "#N/A", "NaN", "N/A", "n/a"})
"""What databases and spreadsheets write for nothing. A person may be called Null, and a country NA."""


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[Column, ...]:
    """Turn sampled rows into columns; cells are cleaned as a mapping cleans them, those that hold nothing left out."""
    cells: list[list[str]] = [[] for _ in header]
    marks: list[set[str]] = [set() for _ in header]
    count = 0
    for row in rows:
        count += 1
        for values, nothing, cell in zip(cells, marks, row, strict=False):
            text = clean(cell[:_LOOKED_AT])
            if text in _MARKS:
                nothing.add(text)
            elif text:
                values.append(cell if isinstance(cell, TypedText) else text)
    return tuple(
        Column(header=name, values=tuple(values), place=place, rows=count, marks=tuple(sorted(nothing)))
        for place, (name, values, nothing) in enumerate(zip(column_names(header), cells, marks, strict=True))
    )


def plain(text: str) -> str:
    return " ".join(words(text.lower()))


def is_email(text: str) -> bool:
    from importer.mapping.values.emails import read_email

    return reads(read_email(text))


def looks_like_phone(text: str) -> bool:
    """Tell what is written like a phone number; whether it is one, the region decides."""
    first = text.split(" ::: ", maxsplit=1)[0]
    if sum(sign.isdigit() for sign in first) < 7:
        return False
    return _is_written_as_phone(first) or any(map(_is_written_as_phone, _first_number(first)))


def _is_written_as_phone(text: str) -> bool:
    return sum(sign.isdigit() for sign in text) < 21 and bool(_PHONE_LIKE.fullmatch(text))


def _first_number(text: str) -> tuple[str, ...]:
    """Take off what the import takes off: labels, a second number, what a spreadsheet put around or made of it."""
    from importer.mapping.values.phone_labels import split_numbers, without_labels

    if _SCIENTIFIC.fullmatch(text):
        return (text[0] + text[2:].partition("E")[0],)
    plain = without_labels(text.strip("=\"'"))
    return tuple(split_numbers(plain) or [plain])[:1]


def is_phone(text: str, region: str | None) -> bool:
    """Tell a valid number of the region, or of any country when it begins with a plus sign."""
    from importer.mapping.values.phones import read_phone

    return reads(read_phone(text, (region,) if region else ()))


def reads(reading: ReadValue) -> bool:
    """Tell a value, with or without a warning, from what cannot be one."""
    return not (isinstance(reading, ValueFault) and reading.fails)


def is_date(text: str) -> bool:
    """Tell a whole date, with its year; a bare number is none, even where Excel would take it for one."""
    if isinstance(text, TypedText):
        return isinstance(text.value, date)
    return bool(_DATE.fullmatch(text))


def is_website(text: str) -> bool:
    return (
        bool(_URL.fullmatch(text)) and "@" not in text and not any(net in text.lower() for net in _NETWORKS)
    )


def reads_as_boolean(text: str) -> bool | None:
    from importer.mapping.values.booleans import read_boolean

    read = read_boolean(text)
    return read if isinstance(read, bool) else None


def gender(text: str) -> str | None:
    word = plain(text)
    return next((name for name, spellings in _GENDERS.items() if word in spellings), None)


def day_order(text: str) -> str | None:
    """Tell the order a date shows: YMD, DMY, MDY, or ``either``; None for what is no numeric date."""
    found = None if isinstance(text, TypedText) else _DATE.fullmatch(text)
    if not found or not (found["year"] or found["first"]):
        return None
    if found["year"]:
        return "YMD"
    first, second = int(found["first"]), int(found["second"])
    if first > 12 >= second:
        return "DMY"
    if second > 12 >= first:
        return "MDY"
    return "either" if max(first, second) <= 12 else None
