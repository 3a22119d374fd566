"""The one table of suffixes: whatever it takes can be opened."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest
import xlsxwriter  # type: ignore[import-untyped]
import xlwt  # type: ignore[import-untyped]

from importer.reading import open_source
from importer.reading.formats import SUFFIXES, Format, holds_table, may_be, suffix_of

ROWS: Final = (("Name", "Email"), ("Ann", "ann@example.com"))
TEXT: Final = "".join(f"{','.join(row)}\n" for row in ROWS)


def text() -> bytes:
    return TEXT.encode()


def page() -> bytes:
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS)
    return f"<html><body><table>{rows}</table></body></html>".encode()


def xlsx() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
    return content.getvalue()


def xls() -> bytes:
    content, book = io.BytesIO(), xlwt.Workbook()
    sheet = book.add_sheet("Contacts")
    for number, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    book.save(content)
    return content.getvalue()


def ods() -> bytes:
    office = "urn:oasis:names:tc:opendocument:xmlns"
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        f"<table:table-row>{''.join(cell.format(each) for each in row)}</table:table-row>" for row in ROWS
    )
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" '
        f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Contacts">'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return archive(
        {
            "mimetype": kind,
            "content.xml": content,
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{office}:manifest:1.0"/>',
        }
    )


def xlsb() -> bytes:
    """Write the few records of Excel's binary form that a sheet of texts needs."""
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    types = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    link = f'<Relationships xmlns="{relations}"><Relationship Id="rId1" Type="{types}/{{}}" Target="{{}}"/></Relationships>'
    sheet_name = struct.pack("<II", 0, 1) + wide("rId1") + wide("Contacts")
    cells = b"".join(
        record(0, struct.pack("<IIHHI", number, 0, 300, 0, 0) + b"\0")
        + b"".join(record(6, struct.pack("<II", column, 0) + wide(cell)) for column, cell in enumerate(row))
        for number, row in enumerate(ROWS)
    )
    size = struct.pack("<4I", 0, len(ROWS) - 1, 0, len(ROWS[0]) - 1)
    return archive(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": link.format("officeDocument", "xl/workbook.bin"),
            "xl/_rels/workbook.bin.rels": link.format("worksheet", "worksheets/sheet1.bin"),
            "xl/workbook.bin": record(131)
            + record(143)
            + record(156, sheet_name)
            + record(144)
            + record(132),
            "xl/worksheets/sheet1.bin": (
                record(129) + record(148, size) + record(145) + cells + record(146) + record(130)
            ),
        }
    )


def record(kind: int, content: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(content)]) + content


def wide(cell: str) -> bytes:
    return struct.pack("<I", len(cell)) + cell.encode("utf-16-le")


def archive(parts: Mapping[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
    return content.getvalue()


def objects() -> bytes:
    return json.dumps([dict(zip(ROWS[0], ROWS[1], strict=True))]).encode()


def card() -> bytes:
    return b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ann\r\nEMAIL:ann@example.com\r\nEND:VCARD\r\n"


MAKERS: Final[Mapping[Format, Callable[[], bytes]]] = {
    Format.TEXT: text,
    Format.HTML: page,
    Format.XLSX: xlsx,
    Format.XLSB: xlsb,
    Format.XLS: xls,
    Format.ODS: ods,
    Format.JSON: objects,
    Format.VCARD: card,
}
WRAPPERS: Final[Mapping[Format, Callable[[str, bytes], bytes]]] = {
    Format.GZIP: lambda _, content: gzip.compress(content),
    Format.ZIP: lambda name, content: archive({name: content}),
}


def every_file() -> Iterator[tuple[str, bytes]]:
    """Give a file of each suffix in each format that may bear it, by itself and in each wrapper."""
    for suffix, facts in SUFFIXES.items():
        if facts.wraps:
            (form,) = facts.formats
            yield f"contacts{suffix}", WRAPPERS[form]("contacts", text())
            continue
        for form in facts.formats:
            content = MAKERS[form]()
            yield f"contacts{suffix}", content
            for wrapper, around in SUFFIXES.items():
                if around.wraps:
                    yield (
                        f"contacts{suffix}{wrapper}",
                        WRAPPERS[around.formats[0]](f"contacts{suffix}", content),
                    )


@pytest.mark.parametrize(("name", "content"), [pytest.param(*each, id=each[0]) for each in every_file()])
def test_what_is_taken_by_its_name_can_be_opened(tmp_path: Path, name: str, content: bytes) -> None:
    assert holds_table(name)
    assert holds_table(name.upper())
    (tmp_path / name).write_bytes(content)
    source = open_source(tmp_path / name)
    if source.detected.format == Format.VCARD:  # its columns have names of the standard's
        assert [set(ROWS[1]) <= set(row.cells) for row in source] == [True]
    else:
        assert (source.header, *(row.cells for row in source)) == ROWS


@pytest.mark.parametrize(
    "name", ["a.csv.bz2", "a.csv.xz", "a.pdf", "a.docx", "a", "csv", "a.csv.bak", ".csv"]
)
def test_what_nobody_can_open_is_not_taken(name: str) -> None:
    assert not holds_table(name)


def test_a_page_is_believed_where_tables_are_exported_as_pages() -> None:
    pages = [suffix for suffix in SUFFIXES if may_be(f"contacts{suffix}", Format.HTML)]
    assert pages == [".xls", ".htm", ".html"]
    assert not may_be("contacts", Format.HTML)


def test_a_wrapper_is_named_with_what_it_wraps() -> None:
    assert suffix_of(r"in\Contacts.CSV.GZ") == ".csv.gz"
    assert suffix_of("contacts.csv.bak") == ".bak"
    assert suffix_of("contacts.v2 (final).zip") == ".zip"
