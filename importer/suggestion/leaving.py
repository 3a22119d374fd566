"""Why no rule uses a column: what it holds, whose it is, and what it could be put into by hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from importer.runtime.counting import counted
from importer.suggestion.addresses import ADDRESS, AddressGroup, others_in_words
from importer.suggestion.candidates import candidates
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import Column, plain, reads_as_boolean
from importer.suggestion.fitting import allowed
from importer.suggestion.folding import word_set
from importer.suggestion.guesses import Left
from importer.suggestion.named_columns import SURE, Candidate
from importer.suggestion.people import identifies_nobody, is_perhaps_else, is_somebody_else, whose
from importer.suggestion.synonyms import PHONE_WORDS

_OFFERS: Final = {
    "assignedTo": "an owner; map it once these users exist in the location",
    # In another location the ids mean nobody, and every row would fail.
    "id": "only to change contacts of the very location they come from",
}


def left_of(column: Column, readings: Sequence[Candidate]) -> Left:
    """Say why a column is left; ``readings`` are what it and the others could have been."""
    if not column.header.strip():
        return Left(column=column, note="it has no header")
    could_be = {one.field for one in readings if one.column.place == column.place}
    for name, note in _OFFERS.items():
        if name in could_be:
            return Left(column=column, note=note, offer=name)
    if reached := reach(column):
        return _of_somebody_else(column, reached)
    if could_be & {"name", *ADDRESS}:
        return Left(column=column, note="another column gives this already")
    return _of_other_values(column)


def _is_of_the_dead(column: Column) -> bool:
    """Tell a yes, a date or a status by which somebody has died; a death benefit is none."""
    if _DEATH & {plain(text) for text in column.values}:
        return True
    said = _DEATH & set(column.words) and max(column.booleans, column.dates) >= _MOST
    return bool(said) and any(reads_as_boolean(text) is not False for text in column.values)


_MOST: Final = 0.5
_DEATH: Final = word_set(
    "deceased died death verstorben verstorbene verstorbener gestorben todesdatum sterbedatum decede decedee deces fallecido fallecida "
    "fallecimiento defuncion falecido falecida falecimento obito deceduto deceduta decesso overleden overlijden overlijdensdatum "
    "avliden afdod avdod dodsdato zmarly zmarla zgonu"
)


def deaths_left(columns: Iterable[Column]) -> dict[int, Left]:
    """Point out each column that says who has died: nobody should write to them."""
    why = "says who has died: leave those rows out (rows: {skip_if: ...}) or block them before you import"
    doubt = Doubt(code=DoubtCode.DECEASED, sentence=why)
    return {
        column.place: Left(column=column, note=f"{why}; {described(column)}", doubt=doubt)
        for column in columns
        if _is_of_the_dead(column)
    }


def reach(column: Column) -> str | None:
    """Tell e-mail addresses and phone numbers that were not taken for the contact's."""
    if column.emails >= 0.6:
        return "email"
    return "phone" if column.phone_like >= 0.8 and "phone" in _named(column) else None


def _of_somebody_else(column: Column, reached: str) -> Left:
    if identifies_nobody(column):
        said = "the same in every row, so that it identifies nobody"
        return Left(column=column, note=said, doubt=Doubt(code=DoubtCode.IDENTIFIES_NOBODY, sentence=said))
    if is_somebody_else(column) or is_perhaps_else(column):
        said = f"somebody else's, by the word {whose(column)!r}; map it if that is the contact"
    else:
        said = "it may be somebody else's; map it if it is the contact's"
    return Left(
        column=column, note=said, offer=reached, doubt=Doubt(code=DoubtCode.SOMEBODY_ELSE, sentence=said)
    )


def _named(column: Column) -> set[str]:
    """Give the fields that the header names, whatever the values and whoever it belongs to."""
    return {one.field for one in candidates(_unfilled(column))} | (
        {"phone"} if set(column.words) & PHONE_WORDS else set()
    )


def _of_other_values(column: Column) -> Left:
    refused = _refused(column)
    doubt = None
    if refused and _REACHED & {one.field for one in candidates(_unfilled(column)) if one.strength == SURE}:
        doubt = Doubt(code=DoubtCode.VALUES_REFUSED, sentence=f"is not mapped: {refused}")
    return Left(column=column, note=refused or described(column), doubt=doubt)


_REACHED: Final = frozenset({"email", "phone"})


def _unfilled(column: Column) -> Column:
    return Column(header=column.header, values=(), place=column.place, rows=column.rows)


def _refused(column: Column) -> str | None:
    """Say why values kept a column from the field that its header names."""
    named = [one.field for one in candidates(_unfilled(column)) if not allowed(one.field, column)]
    if not named or not column.filled:
        return None
    meant = "HighLevel's own contact id" if named[0] == "id" else named[0].rstrip("?")
    return f"its header says {meant}, its values do not; {described(column)}"


def described(column: Column) -> str:
    """Say what a column holds without quoting anybody's values."""
    if not column.filled:
        return "blank in every row looked at"
    kinds = (
        (column.emails, "e-mail addresses"), (column.booleans, "yes or no"), (column.dates, "dates"), (column.urls, "web addresses"),
        (column.numbers, "numbers"),
    )  # fmt: skip
    kind = next((name for share, name in kinds if share >= 0.8), "text")
    return f"{kind}, filled in {column.filled} of {counted(column.rows, 'row')}"


def other_addresses(groups: Sequence[AddressGroup], used: Collection[int]) -> dict[int, Left]:
    """Say of each column of an address that is not taken which one is."""
    if not others_in_words(groups):
        return {}
    taken = f"the {groups[0].place} one is taken" if groups[0].place else "the one without a place is taken"
    return {
        one.column.place: Left(
            column=one.column,
            note=f"part of the {group.place or 'other'} address; {taken}",
            doubt=Doubt(code=DoubtCode.OTHER_ADDRESS, sentence=taken),
        )
        for group in groups[1:]
        for one in group.parts.values()
        if one.column.place not in used
    }
