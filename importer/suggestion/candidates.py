"""Which fields a column may be: what its header says, checked against what its values say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from importer.mapping.values.states import state_code
from importer.suggestion.cards import CardName, card_name
from importer.suggestion.evidence import Column, is_phone
from importer.suggestion.fitting import allowed
from importer.suggestion.folding import word_set
from importer.suggestion.headers import (
    SITES,
    Title,
)
from importer.suggestion.named_columns import LIKELY, POSSIBLE, SURE, Candidate, by_title, candidate
from importer.suggestion.people import PERSONAL, is_somebody_else
from importer.suggestion.synonyms import (
    CALLED,
    NO_NAME,
    NO_PHONE,
    ONLY_SPOKEN,
)
from importer.suggestion.worded_columns import has_other_words, in_other_words, of_code_and_town

_REACHED: Final = frozenset({"email", "phone"})


def candidates(column: Column, spoken: frozenset[str] = frozenset({"en"})) -> tuple[Candidate, ...]:
    """Give every reading of the column that header and values allow together, the surest first.

    ``spoken`` are the languages of the file's other headers: Department is no misspelt département in English.
    """
    if not column.header.strip():
        return ()
    found = [
        one
        for one in (*_by_header(column, spoken), *_by_values(column))
        if allowed(one.field, column)
        and not (one.field in PERSONAL and is_somebody_else(column))
        and not (one.field in _REACHED and SITES & set(column.words))
    ]
    best: dict[str, Candidate] = {}
    for one in sorted(found, key=lambda one: -one.strength):
        best.setdefault(one.field, one)
    return tuple(best.values())


def _by_header(column: Column, spoken: frozenset[str]) -> Iterator[Candidate]:
    phrase = " ".join(column.words)
    if phrase in NO_NAME or ONLY_SPOKEN.get(phrase, "en") not in spoken:
        return
    if phrase in CALLED:
        yield candidate("called", column, Title(column.words), POSSIBLE, "its header")
        return
    card = card_name(column.header)
    # A column FN of one word each is somebody's short for first name.
    if card is not None and not (card.field == "name" and column.spaced < 0.5):
        yield from _of_a_card(column, card)
        return
    found = tuple(by_title(column, column.words)) or tuple(of_code_and_town(column))
    if found:
        yield from found
        return
    yield from in_other_words(column, spoken)


def _of_a_card(column: Column, card: CardName) -> Iterator[Candidate]:
    if card.field:
        title = Title(column.words, place=card.place, number=card.number)
        yield candidate(card.field, column, title, SURE, "its name in the vCard standard")


def _by_values(column: Column) -> Iterator[Candidate]:
    """Know e-mail addresses and phone numbers by what they are, whatever the header says; states below a bare code."""
    unnumbered = Title(column.words)
    if column.emails >= 0.6 and _one_each(column):
        yield replace(
            candidate("email", column, unnumbered, LIKELY, "its values"), supposed=has_other_words(column)
        )
    if len("".join(column.words)) < 4 and column.share(state_code) >= 0.8:
        yield candidate("state", column, unnumbered, POSSIBLE, "its values")
    if (
        column.words
        and set(column.words) <= _WHEN_OR_WHERE
        and column.phone_like >= 0.8
        and column.dates < 0.5
    ):
        yield candidate(
            "phone", column, Title(column.words), POSSIBLE, "its values, below where or when to call"
        )
    if column.phone_like >= 0.8 and _one_each(column) and _written_for_people(column):
        yield replace(
            candidate("phone", column, unnumbered, POSSIBLE, "its values"), supposed=has_other_words(column)
        )


_WHEN_OR_WHERE: Final = word_set(
    "home work day night evening daytime office business private main primary other privat dienstlich geschaftlich buro domicile bureau travail "
    "fixe casa trabajo oficina trabalho ufficio lavoro thuis werk hem arbete hjem arbejde dom praca"
)
"""Headers that say of a number when or where it rings, and nothing else."""


def _one_each(column: Column) -> bool:
    """Contacts have an address each; a few addresses on many rows are their owners'."""
    return column.filled < 10 or column.distinct_share >= 0.5


def _written_for_people(column: Column) -> bool:
    """Only numbers that name their country, or stand in brackets, are sure to be dialled: digits may be anything."""
    if set(column.words) & NO_PHONE or column.dates >= 0.5:
        return False
    return column.share(lambda value: is_phone(value, "US" if value.startswith("(") else None)) >= 0.6
