"""Custom fields of the location that have the name of a column nobody else wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from importer.highlevel.catalog import CustomField
from importer.suggestion.choosing import separator
from importer.suggestion.evidence import Column
from importer.suggestion.folding import words
from importer.suggestion.guesses import Guess, Left

_SEVERAL: Final = frozenset({"MULTIPLE_OPTIONS", "CHECKBOX"})
_NOT_WRITABLE: Final = frozenset({"FILE_UPLOAD", "SIGNATURE", "TEXTBOX_LIST"})
_FITS: Final[dict[str, Callable[[Column], bool]]] = {
    "NUMERICAL": lambda column: column.numbers >= 0.5,
    "FLOAT": lambda column: column.numbers >= 0.5,
    "MONETORY": lambda column: column.with_digits >= 0.5,
    "DATE": lambda column: column.dates >= 0.5,
    "PHONE": lambda column: column.phone_like >= 0.5,
    "EMAIL": lambda column: column.emails >= 0.5,
}


def custom_guesses(
    left: Sequence[Left], known: Sequence[CustomField]
) -> tuple[tuple[Guess, ...], tuple[Left, ...]]:
    """Take the columns that a custom field is named like; give the guesses and what is still left."""
    guesses: list[Guess] = []
    still: list[Left] = []
    names = {
        name: one
        for one in reversed(known)
        for name in (words(one.key.removeprefix("contact.")), words(one.name))
    }
    taken: set[str] = set()
    for one in left:
        custom = names.get(words(one.column.header))
        if custom is None or custom.id in taken or not _fits(custom, one.column):
            still.append(one)
            continue
        taken.add(custom.id)
        guesses.append(_guess(custom, one.column))
    return tuple(guesses), tuple(still)


def _fits(custom: CustomField, column: Column) -> bool:
    if custom.data_type in _NOT_WRITABLE:
        return False
    fits = _FITS.get(custom.data_type)
    return fits is None or not column.filled or fits(column)


def _guess(custom: CustomField, column: Column) -> Guess:
    return Guess(
        field=custom.name,
        columns=(column,),
        reason=f"the location has a custom field of this name ({custom.data_type})",
        split=separator((column,)) if custom.data_type in _SEVERAL else None,
    )
