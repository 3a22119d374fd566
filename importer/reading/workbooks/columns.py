"""Columns by their letters."""

from __future__ import annotations

from typing import Final

from importer.errors import SourceError

MOST_COLUMNS: Final = 16_384


def column_of(letters: str, name: str) -> int:
    """Count columns from 0 by their letters."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if number > MOST_COLUMNS:
        raise SourceError(f"{name} is damaged: it has a cell in column {letters}, which no workbook has.")
    return number - 1


def letters_of(column: int) -> str:
    """Name a column, counted from 0, as a spreadsheet does."""
    letters = ""
    column += 1
    while column:
        column, left = divmod(column - 1, 26)
        letters = chr(65 + left) + letters
    return letters
