"""From a path to a grid and its header: which format, which encoding, which delimiter, and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from importer.errors import SourceError
from importer.reading.detected import Detected, Reading
from importer.reading.formats import HEAD_BYTES, Format, format_of, stranger
from importer.reading.grid import take
from importer.reading.headers import SAMPLE_ROWS, choose_header, header_notes, used_names
from importer.reading.profile import Profile
from importer.reading.text.delimited import DelimitedText, beginning, pieces
from importer.reading.text.dialect import Dialect
from importer.reading.text.encodings import Encoding, detect_encoding
from importer.reading.text.sniffing import detect_dialect
from importer.settings import ReadingOptions

_SAMPLE_CHARACTERS: Final = 1 << 16
_DEEPEST: Final = 3
"""Containers in containers that are opened: a .zip with a .gz with a protected workbook."""


def detect(path: str | os.PathLike[str], options: ReadingOptions, *, name: str | None = None) -> Reading:
    """Find out everything about a file that reading its rows needs."""
    place = Path(path)
    reading = _detect(place, options, name=name or place.name or str(place), depth=0)
    if idle := tuple(_idle(options, reading.detected)):
        detected = replace(reading.detected, doubts=(*reading.detected.doubts, *idle))
        reading = replace(reading, detected=detected)
    return reading


def _idle(options: ReadingOptions, detected: Detected) -> Iterator[str]:
    """Say what was declared of the file and is nothing that a file of its format has."""
    objects = detected.format in {Format.JSON, Format.VCARD}
    declared = {
        "sheet": options.sheet is not None and detected.sheet is None,
        "encoding": options.encoding is not None and detected.encoding is None,
        "delimiter": options.delimiter is not None and detected.format != Format.TEXT,
        "header row": options.header_row is not None and objects,
    }
    for what, without in declared.items():
        if without:
            yield f"The {what} that was declared changes nothing: {detected.name} is of the format {detected.format}, which has none."


def _detect(place: Path, options: ReadingOptions, *, name: str, depth: int) -> Reading:
    with _open(place) as stream:
        if not stream.seekable():  # it is opened again and again, and what came through a pipe is gone then
            raise SourceError(
                f"{place} is a pipe, and this file has to be read more than once. Name the file itself."
            )
        head = stream.read(HEAD_BYTES)
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise SourceError(f"{name} is empty. Export it again.")
    if kind := stranger(head):
        raise SourceError(
            f"{name} is {kind}, which is not read. Export the contacts as CSV or Excel, or open it in a spreadsheet and save it as .xlsx."
        )
    form = format_of(head)
    if form is Format.TEXT:
        return _read_text(place, options, name=name)
    if form is Format.HTML:
        from importer.reading.web_page import read_web_page

        return read_web_page(place, options, name=name)
    if form in {Format.JSON, Format.VCARD}:
        return _read_objects(place, form, options, name=name)
    if form is Format.XML_2003:
        raise SourceError(
            f"{name} is an Excel 2003 XML spreadsheet. Open it in a spreadsheet and save it as .xlsx."
        )
    return _read_container(place, form, options, name=name, depth=depth)


def _read_container(place: Path, form: Format, options: ReadingOptions, *, name: str, depth: int) -> Reading:
    from importer.reading import unpacking
    from importer.reading.workbooks.workbook import kind_of_zip, read_workbook

    if form is Format.ZIP:
        form = kind_of_zip(place, name)
    if form is Format.OLE:
        form = unpacking.kind_of_ole(place, name)
    if form not in {Format.ZIP, Format.GZIP, Format.PROTECTED}:
        return read_workbook(place, form, options, name=name)
    if depth == _DEEPEST:
        raise SourceError(f"{name} is packed too many times over. Unpack it and name the file in it.")
    if form is Format.ZIP:
        inner, how = unpacking.unpack_zip(place, name), "it was unpacked from a .zip"
    elif form is Format.GZIP:
        inner, how = unpacking.unpack_gzip(place, name), "it was unpacked from a .gz"
    else:
        inner, how = unpacking.decrypt(place, name, options.password), "it was opened with the password"
    reading = _detect(inner.path, options, name=inner.name, depth=depth + 1)
    detected = replace(reading.detected, name=name, notes=(how, *reading.detected.notes))
    return replace(reading, detected=detected, kept=(inner, reading.kept))


def _open(place: Path) -> BinaryIO:
    try:
        return place.open("rb")
    except FileNotFoundError:
        raise SourceError(f"{place} does not exist. Check the path.") from None
    except IsADirectoryError:
        raise SourceError(
            f"{place} is a folder. Name the files in it, or a pattern such as {place}/*.csv."
        ) from None
    except (OSError, ValueError) as cause:
        raise SourceError(f"{place} cannot be opened: {getattr(cause, 'strerror', None) or cause}.") from None


def _read_text(place: Path, options: ReadingOptions, *, name: str) -> Reading:
    with _open(place) as stream:
        encoding = detect_encoding(stream, declared=options.encoding)
    sample = beginning(lambda: _open(place), encoding, _SAMPLE_CHARACTERS)
    _refuse_binary(sample, name)
    stated, skipped = _stated_delimiter(sample)
    sample = sample[skipped:]
    declared = options.delimiter if options.delimiter is not None else stated
    dialect = detect_dialect(sample, declared=declared)
    grid = DelimitedText(lambda: _open(place), encoding, dialect, name=name, skip_lines=1 if skipped else 0)
    rows = take(grid, SAMPLE_ROWS)
    choice = choose_header(rows, declared=options.header_row, wanted=options.wanted_headers, name=name)
    header = used_names(choice, rows, spare=16)
    detected = Detected(
        name=name,
        format=Format.TEXT.value,
        encoding=encoding.name,
        encoding_rivals=encoding.rivals,
        delimiter=_shown(dialect),
        quote=dialect.quote,
        header_row=choice.first,
        doubts=encoding.doubts,
        notes=(*_text_notes(encoding, dialect, options, stated), *header_notes(choice, header)),
    )
    return Reading(
        grid=grid,
        header=header,
        header_last=choice.last,
        detected=detected,
        plain=True,
        profile=Profile.below(rows, choice.last, len(header)),
    )


def _read_objects(place: Path, form: Format, options: ReadingOptions, *, name: str) -> Reading:
    from importer.reading.json_objects import json_records
    from importer.reading.objects import objects_reading
    from importer.reading.vcards import vcard_records

    walk = json_records if form is Format.JSON else vcard_records
    with _open(place) as stream:
        encoding = detect_encoding(stream, declared=options.encoding)
    detected = Detected(
        name=name,
        format=form.value,
        encoding=encoding.name,
        encoding_rivals=encoding.rivals,
        doubts=encoding.doubts,
        notes=(f"encoding {encoding.name}: {encoding.why}",),
    )
    return objects_reading(lambda: walk(pieces(lambda: _open(place), encoding), name), detected)


def _refuse_binary(sample: str, name: str) -> None:
    """Refuse what is no text at all; a stray zero byte in a text is no reason to."""
    strange = sum(
        sign < " " and sign not in "\t\r\n\f\v\x00\x01\x1a\x1b\x1c\x1d\x1e\x1f" for sign in sample[:4096]
    )
    if strange * 20 > min(len(sample), 4096):
        raise SourceError(
            f"{name} is not a text and no workbook that we know. Export the contacts as CSV or Excel."
        )


def _shown(dialect: Dialect) -> str | None:
    if dialect.width < 2:
        return None
    return dialect.delimiter + " " if dialect.skip_space and dialect.delimiter == "," else dialect.delimiter


def _text_notes(
    encoding: Encoding, dialect: Dialect, options: ReadingOptions, stated: str | None
) -> list[str]:
    notes = [f"encoding {encoding.name}: {encoding.why}"]
    if options.delimiter is not None:
        notes.append("delimiter: it was declared")
    elif stated is not None:
        notes.append("delimiter: a sep= line states it")
    elif dialect.width < 2:
        notes.append("delimiter: none found, the file has one column")
    else:
        notes.append(f"delimiter: it cuts most rows into {dialect.width} cells")
    if dialect.escape:
        notes.append("a backslash before a quote makes the quote a part of the cell")
    return notes


def _stated_delimiter(sample: str) -> tuple[str | None, int]:
    """Read Excel's ``sep=;`` line, which no spreadsheet shows as a row; also give how long it is."""
    first = sample[:12].splitlines()[0] if sample else ""
    bare = first.strip('"').lstrip("\ufeff")
    if not bare.lower().startswith("sep=") or not 4 < len(bare) <= 7:
        return None, 0
    end = len(first)
    end += 2 if sample.startswith("\r\n", end) else 1
    return bare[4:], end
