"""Columns whose header is a field's name, with or without words that say whose and which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from importer.records import value_type
from importer.suggestion.evidence import Column
from importer.suggestion.headers import (
    PERSONS,
    SITES,
    Title,
    titles,
)
from importer.suggestion.synonyms import (
    LANGUAGES,
    PART_OR_WHOLE,
    SECOND_LINES,
    SURNAME_PREFIXES,
    fields_of,
)

SURE: Final = 1.0


LIKELY: Final = 0.8


POSSIBLE: Final = 0.6


_NO_PLACE: Final = frozenset({"tags", "source", "gender", "dateOfBirth", "id"})
"""Fields that a place word turns into something else: an address's label is no tag."""


_STATUS_TOO: Final = frozenset({"estado", "stato"})
_OF_A_SITE: Final = frozenset({"address1", "address2", "city", "state", "postalCode", "country"})


@value_type(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One reading of a column: the field, how sure, which of several it is, and why."""

    field: str
    column: Column
    strength: float
    reason: str
    place: str = ""
    number: int = 1
    word: str = ""
    supposed: bool = False
    """The header has words beside the field's name that are not understood: it may be anybody's."""

    @property
    def header(self) -> str:
        return self.column.header


def by_title(column: Column, parts: tuple[str, ...]) -> Iterator[Candidate]:
    """Read the words of a header by the first of its titles that is a field's name."""
    for steps, title in enumerate(titles(parts)):
        found = tuple(_named(column, title, SURE - 0.02 * steps))
        if found:
            yield from found
            return


def _named(column: Column, title: Title, strength: float) -> Iterator[Candidate]:
    phrase = " ".join(title.name)
    if phrase in PART_OR_WHOLE and not _is_of_a_site(title):
        yield candidate("name?", column, title, strength, "its header", word=phrase)
        return
    if phrase == "line" and (title.placed or title.numbered_last):
        yield candidate("address1" if title.number == 1 else "address2", column, title, LIKELY, "its header")
    for field, language in fields_of(phrase):
        if field == "address1" and title.numbered_last and title.number > 1:
            field = "address2"  # noqa: PLW2901  (a second line, not a second address)
        if field == "companyName" and column.words[-1] in _STAFF:
            continue
        if not (title.placed and field in _NO_PLACE) and (field in _OF_A_SITE or not _is_of_a_site(title)):
            # In Spanish and Italian a status as well as a state.
            sure = LIKELY if field == "state" and phrase in _STATUS_TOO else strength
            yield candidate(field, column, title, sure, said(language, field))
    if _is_of_a_person(title, column) and column.spaced >= 0.5:
        yield candidate("name", column, title, LIKELY, "its header and its values, of several words each")
    if phrase in SECOND_LINES:
        yield candidate("address2", column, title, strength, "its header")
    if phrase in SURNAME_PREFIXES:
        yield candidate("surnamePrefix", column, title, strength, "its header")


def _is_of_a_person(title: Title, column: Column) -> bool:
    """Tell a header that says whose the column is and nothing else: "Customer", "Primary Contact"."""
    said = set(title.name)
    return said <= PERSONS | _FOREMOST | {column.role} and not said <= _FOREMOST


_FOREMOST: Final = frozenset({"primary", "main", "preferred"})
_STAFF: Final = frozenset({"member", "members"})
"""What makes of a company its people, where English sets it last: "Company Member"."""


def _is_of_a_site(title: Title) -> bool:
    return bool(SITES & set(title.place.split()))


def candidate(
    field: str, column: Column, title: Title, strength: float, reason: str, *, word: str = ""
) -> Candidate:
    return Candidate(
        field=field,
        column=column,
        strength=strength,
        reason=reason,
        place=title.place,
        number=title.number,
        word=word,
    )


def said(language: str, field: str) -> str:
    return "its header" if language == "en" else f"its header, {LANGUAGES[language]} for {field}"
