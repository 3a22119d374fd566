"""Workbooks: which kind, which sheet, which header."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from importer.errors import SourceError
from importer.reading.detected import Detected, Reading
from importer.reading.formats import Format
from importer.reading.grid import is_blank, take
from importer.reading.headers import (
    SAMPLE_ROWS,
    NumberedRow,
    choose_header,
    header_notes,
    used_names,
    wanted_hits,
)
from importer.reading.profile import Profile
from importer.reading.shapes import is_personal
from importer.reading.workbooks.book import Book, Opened
from importer.reading.workbooks.links import LinkColumn, LinkedGrid, link_columns
from importer.reading.zip_files import translated
from importer.records import value_type
from importer.settings import ReadingOptions


@value_type(frozen=True, slots=True, kw_only=True)
class SheetChoice:
    """The sheet that is read, why, and the other visible ones that have rows too."""

    name: str
    notes: tuple[str, ...]
    left: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def read_workbook(place: Path, form: Format, options: ReadingOptions, *, name: str) -> Reading:
    """Choose the sheet of a workbook and find its header."""
    book = _open_book(place, form, name)
    sheet = _choose_sheet(book, options, name)
    opened = book.open(sheet.name)
    label = f"Sheet {sheet.name!r} of {name}"
    sample = take(opened.grid_of(0), SAMPLE_ROWS)
    choice = choose_header(sample, declared=options.header_row, wanted=options.wanted_headers, name=label)
    table = used_names(choice, sample, spare=0)
    links = opened.links()
    beside = link_columns(links, sample, table, choice.last)
    header = (*table, *(one.name for one in beside))
    detected = Detected(
        name=name,
        format=form.value,
        sheet=sheet.name,
        sheets=tuple((each.name, each.visible) for each in book.sheet_names),
        sheets_left=sheet.left,
        header_row=choice.first,
        hidden_rows=opened.hidden_rows,
        hidden_columns=len(opened.hidden_columns),
        hidden_letters=opened.hidden_columns,
        link_columns=tuple((one.shown, one.name) for one in beside),
        doubts=sheet.doubts,
        notes=(*sheet.notes, *header_notes(choice, table), *_around(opened), *map(_linked, beside)),
    )
    grid = opened.grid_of(len(table))
    if beside:
        grid = LinkedGrid(grid, [links[one.column] for one in beside], width=len(table))
    return Reading(
        grid=grid,
        header=header,
        header_last=choice.last,
        detected=detected,
        profile=Profile.below(sample, choice.last, len(table)),
        ragged=True,
    )


def _linked(one: LinkColumn) -> str:
    return f"column {one.shown!r} shows no e-mail addresses, and its links lead to some: they stand in a column of their own, {one.name!r}"


def _open_book(place: Path, form: Format, name: str) -> Book:
    if form is Format.XLSX:
        from importer.reading.workbooks.xlsx_book import XlsxBook

        return XlsxBook(place, name=name)
    if form is Format.ODS:
        from importer.reading.workbooks.ods_book import OdsBook

        return OdsBook(place, name=name)
    if form is Format.XLSB:
        from importer.reading.workbooks.xlsb_book import XlsbBook

        return XlsbBook(place, name=name)
    from importer.reading.workbooks.calamine_book import CalamineBook
    from importer.reading.workbooks.xls_looks import looks_of

    return CalamineBook(place, name=name, looks=partial(looks_of, place))


def _around(opened: Opened) -> list[str]:
    notes = []
    if opened.hidden_rows:
        notes.append(
            "1 row is hidden, by hand or by a filter; it is imported, with a warning, unless the mapping skips hidden rows"
            if opened.hidden_rows == 1
            else f"{opened.hidden_rows:,} rows are hidden, by hand or by a filter; they are imported, each with a warning, unless the mapping skips hidden rows"
        )
    if opened.hidden_columns:
        notes.append(
            f"columns {', '.join(opened.hidden_columns[:20])} are hidden; they are read like the others"
        )
    if not opened.formats_read:
        notes.append(
            "number formats, error cells and what is hidden cannot be seen in this workbook: "
            "02134 stored as a number is 2134; .xlsx keeps it"
        )
    if opened.merged_areas:
        notes.append(
            f"{opened.merged_areas} merged areas span rows; their text counts for each of those rows"
        )
    return notes


def _choose_sheet(book: Book, options: ReadingOptions, name: str) -> SheetChoice:
    """Take the sheet named, else the only visible one with rows, else the one whose header the mapping knows best."""
    visible = [sheet.name for sheet in book.sheet_names if sheet.visible]
    hidden = [sheet.name for sheet in book.sheet_names if not sheet.visible]
    if options.sheet is not None:
        named = _named_sheet(options.sheet, visible, hidden, name)
        return SheetChoice(name=named, notes=("sheet: it was named",))
    if not visible:
        raise SourceError(
            f"{name} has no visible sheet with a table. Hidden ones are read when named with --sheet."
        )
    notes = (f"hidden sheets are left alone: {', '.join(hidden)}",) if hidden else ()
    samples = {sheet: take(book.peek(sheet), _PEEKED) for sheet in visible} if len(visible) > 1 else {}
    filled = {sheet: rows for sheet, rows in samples.items() if any(not is_blank(cells) for _, cells in rows)}
    if len(filled) < 2:
        chosen = next(iter(filled), visible[0])
        return SheetChoice(name=chosen, notes=(*notes, "sheet: it is the only visible one with rows"))
    chosen = _by_headers(filled, options, name)
    others = tuple(sheet for sheet in filled if sheet != chosen)
    people = [sheet for sheet in others if _holds_people(filled[sheet])]
    left = [f"sheet {sheet!r} is left out: it shows no people" for sheet in others if sheet not in people]
    return SheetChoice(
        name=chosen,
        notes=(*notes, "sheet: its header fits the mapping best", *left),
        left=others,
        doubts=tuple(
            f"Sheet {sheet!r} holds people, too, and is not imported. Name it with --sheet, in an import of its own, if "
            "they are to be imported."
            for sheet in people
        ),
    )


def _holds_people(rows: Sequence[NumberedRow]) -> bool:
    return any(is_personal(cell) for _, cells in rows for cell in cells)


_PEEKED: Final = 60


def _named_sheet(wanted: str, visible: list[str], hidden: list[str], name: str) -> str:
    every = [*visible, *hidden]
    if wanted in every:
        return wanted
    folded = [sheet for sheet in every if sheet.strip().casefold() == wanted.strip().casefold()]
    if len(folded) == 1:
        return folded[0]
    raise SourceError(f"{name} has no sheet {wanted!r}. Its visible sheets: {', '.join(visible) or 'none'}.")


def _by_headers(samples: dict[str, list[NumberedRow]], options: ReadingOptions, name: str) -> str:
    hits = {sheet: wanted_hits(rows, options.wanted_headers) for sheet, rows in samples.items()}
    best = max(hits.values())
    chosen = [sheet for sheet in samples if hits[sheet] == best]
    if best and len(chosen) == 1:
        return chosen[0]
    why = (
        "more than one of them has the columns that the mapping names"
        if best
        else "it cannot be told which has the contacts"
    )
    raise SourceError(
        f"{name} has {len(samples)} visible sheets with rows ({', '.join(samples)}), and {why}. "
        "Name one with --sheet, or in the mapping as source: sheet.",
        sheets=tuple(samples),
    )


def kind_of_zip(place: Path, name: str) -> Format:
    """Tell workbooks from other archives by the parts inside."""
    looks = f"{name} begins like a workbook or a zip archive but is damaged or incomplete"
    with translated(looks, advice="Download or export it again."), zipfile.ZipFile(place) as archive:
        parts = {entry.filename.lower().lstrip("/") for entry in archive.infolist()}
        mimetype = _open_document(archive)
    if b"opendocument.spreadsheet" in mimetype:
        if b"encryption-data" in mimetype:
            raise SourceError(f"{name} is protected by a password. Save it without one.")
        return Format.ODS
    if "xl/workbook.bin" in parts:
        return Format.XLSB
    if "xl/workbook.xml" in parts or any(part.endswith("workbook.xml") for part in parts):
        return Format.XLSX
    _refuse_strangers(parts, mimetype, name)
    return Format.ZIP


def _open_document(archive: zipfile.ZipFile) -> bytes:
    """Read what an archive says of itself if it is an OpenDocument file; programs leave out the one part or the other."""
    said = b""
    names = archive.namelist()
    for part in ("mimetype", "META-INF/manifest.xml"):
        if part in names and "content.xml" in names:
            with archive.open(part) as stream:
                said += stream.read(_SAID)
    if not said and "content.xml" in names:
        with archive.open("content.xml") as stream:
            head = stream.read(_SEARCHED)
        found = re.search(rb"<office:(spreadsheet|text|presentation|drawing)\b", head)
        said = b"opendocument." + found[1] if found else b""
    return said


_SAID: Final = 1 << 16
_SEARCHED: Final = 4 << 20
"""How far into the content of an OpenDocument file its kind is looked for, behind all of its styles."""


def _refuse_strangers(parts: set[str], mimetype: bytes, name: str) -> None:
    kinds = {"word/document.xml": "a Word document", "ppt/presentation.xml": "a PowerPoint presentation"}
    for part, kind in kinds.items():
        if part in parts:
            raise SourceError(f"{name} is {kind}, not a table. Export the contacts as CSV or Excel.")
    if b"opendocument" in mimetype or b"epub" in mimetype:
        raise SourceError(
            f"{name} is an OpenDocument text or an e-book, not a spreadsheet. Export the contacts as CSV or Excel."
        )
    if "[content_types].xml" in parts:
        raise SourceError(
            f"{name} is an Office file without a workbook in it: it is damaged, or of another program. Export it again."
        )
    if any(part.endswith((".iwa", "index.zip")) for part in parts):
        raise SourceError(f"{name} is an Apple Numbers file. Export it from Numbers as CSV or Excel.")
