"""The cell by which a person sees best which of several encodings a text is in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import islice
from typing import Final

from importer.reading.source import Source
from importer.records import value_type

_LOOKED_AT: Final = 300
_SHOWN: Final = 60


@value_type(frozen=True, slots=True, kw_only=True)
class RivalReadings:
    """Where a cell stands, and how it reads in each encoding: the guess first."""

    name: str
    row: int
    column: str
    texts: tuple[tuple[str, str], ...] = field(repr=False)
    """Pairs of encoding and text; no two texts are alike."""


def rival_readings(source: Source) -> RivalReadings | None:
    """Find the cell whose readings differ most; None where the encoding is no guess, or no cell tells."""
    guess, rivals = source.detected.encoding, source.detected.encoding_rivals
    if guess is None or not rivals:
        return None
    return max(islice(_cells(source, guess, rivals), _LOOKED_AT), key=_difference, default=None)


def _cells(source: Source, guess: str, rivals: Sequence[str]) -> Iterator[RivalReadings]:
    for row in source:
        for column, cell in zip(source.header, row.cells, strict=False):
            readings = {} if cell.isascii() else _readings(cell, guess, rivals)
            if len(readings) > 1:
                pairs = tuple((codec, text) for text, codec in readings.items())
                yield RivalReadings(name=source.name, row=row.number, column=column, texts=pairs)


def _readings(cell: str, guess: str, rivals: Sequence[str]) -> dict[str, str]:
    """Give each text that the cell's bytes can be, with the likeliest encoding that reads it so."""
    try:
        raw = cell.encode(guess)
    except UnicodeEncodeError:
        return {}  # a damaged character: what stood there is not known
    found: dict[str, str] = {}
    for codec in (guess, *rivals):
        found.setdefault(_shown(raw.decode(codec, "replace")), codec)
    return found


def _shown(text: str) -> str:
    """Fit a cell into a line of a terminal, on which nothing in it can act."""
    plain = "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}..."


def _difference(cell: RivalReadings) -> tuple[int, int, int]:
    (_, guessed), *_ = cell.texts
    letters = {sign for sign in guessed if sign.isalpha() and not sign.isascii()}
    return len(cell.texts), len(letters), -len(guessed)
