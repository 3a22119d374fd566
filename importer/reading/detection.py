"""From a path to a grid and its header: which format, which encoding, which sheet, which row, and why."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from importer.errors import SourceError
from importer.reading.delimited import DelimitedText, open_text
from importer.reading.encodings import detect_encoding
from importer.reading.formats import HEAD_BYTES, Format, format_of, stranger
from importer.reading.grid import Grid, take
from importer.reading.headers import SAMPLE_ROWS, HeaderChoice, choose_header
from importer.reading.sniffing import detect_dialect
from importer.settings import ReadingOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What the reader found out about a file, for people and for the report."""

    name: str
    format: str
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    sheet: str | None = None
    header_row: int = 1
    hidden_rows: int = 0
    hidden_columns: int = 0
    notes: tuple[str, ...] = ()
    """Sentences: why each thing was decided so, and what a careful person would look at."""

    def describe(self) -> list[str]:
        """Give one line for each thing detected."""
        named = {
            "format": self.format,
            "encoding": self.encoding,
            "delimiter": _shown(self.delimiter),
            "quote": self.quote,
            "sheet": self.sheet,
            "header row": str(self.header_row),
        }
        lines = [f"{key}: {value}" for key, value in named.items() if value is not None]
        return [*lines, *(f"note: {note}" for note in self.notes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A grid with its header found."""

    grid: Grid = field(repr=False)
    header: tuple[str, ...]
    header_last: int
    detected: Detected


_NAMES = {"\t": "tab", " ": "space", ", ": "comma and space"}


def _shown(delimiter: str | None) -> str | None:
    return None if delimiter is None else _NAMES.get(delimiter, delimiter)


def detect(path: str | os.PathLike[str], options: ReadingOptions) -> Reading:
    """Find out everything about a file that reading its rows needs."""
    place = Path(path)
    with _open(place) as stream:
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise SourceError(f"{place.name} is empty. Export it again.")
    form = format_of(head)
    if name := stranger(head):
        raise SourceError(f"{place.name} is {name}, not a table. Export the contacts as CSV or Excel.")
    if form is Format.TEXT:
        return _read_text(place, options)
    from importer.reading.workbook import read_workbook

    return read_workbook(place, form, options)


def _open(place: Path) -> BinaryIO:
    try:
        return place.open("rb")
    except FileNotFoundError:
        raise SourceError(f"{place} does not exist. Check the path.") from None
    except IsADirectoryError:
        raise SourceError(
            f"{place} is a folder. Name the files in it, or a pattern such as {place}/*.csv."
        ) from None
    except OSError as cause:
        raise SourceError(f"{place} cannot be opened: {cause.strerror or cause}.") from None


def _read_text(place: Path, options: ReadingOptions) -> Reading:
    with _open(place) as stream:
        encoding = detect_encoding(stream, declared=options.encoding)
    with open_text(_open(place), encoding) as text:
        sample = text.read(1 << 16)
    declared, skip = options.delimiter, 0
    if (stated := _stated_delimiter(sample)) is not None:
        skip, sample = 1, sample.partition("\n")[2]
        declared = declared or stated
    dialect = detect_dialect(sample, declared=declared)
    grid = DelimitedText(lambda: _open(place), encoding, dialect, skip_lines=skip)
    choice = choose_header(
        take(grid, SAMPLE_ROWS), declared=options.header_row, wanted=options.wanted_headers, name=place.name
    )
    detected = Detected(
        name=place.name,
        format=Format.TEXT.value,
        encoding=encoding.name,
        delimiter=", " if dialect.skip_space and dialect.delimiter == "," else dialect.delimiter,
        quote=dialect.quote,
        header_row=choice.first,
        notes=(f"{encoding.name}: {encoding.why}", *_header_notes(choice)),
    )
    return Reading(grid=grid, header=choice.names, header_last=choice.last, detected=detected)


def _stated_delimiter(sample: str) -> str | None:
    """Read Excel's ``sep=;`` line, which no spreadsheet shows as a row."""
    first = sample.splitlines()[0] if sample else ""
    first = first.strip('"')
    if first.lower().startswith("sep=") and 0 < len(first) - 4 <= 3:
        return first[4:]
    return None


def _header_notes(choice: HeaderChoice) -> list[str]:
    notes = [f"header row {choice.first}: {choice.why}"]
    if choice.above:
        notes.append(f"{choice.above} rows above the header were left out as titles or notes")
    return notes
