"""Workbooks made for tests, by libraries and by hand."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl

from importer.reading import Source

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT_TYPES = f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'


def cells(source: Source) -> list[tuple[str, ...]]:
    return [row.cells for row in source]


def book(path: Path, rows: Sequence[Sequence[object]], **formats: str) -> Path:
    """Write a workbook; ``formats`` gives number formats by column letter."""
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for letters, code in formats.items():
        for cell in sheet[letters]:
            cell.number_format = code
    workbook.save(path)
    return path


def sheets(path: Path, **named: Sequence[Sequence[object]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, rows in named.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    workbook.save(path)
    return path


def raw_book(path: Path, sheet: str, **parts: str) -> Path:
    """Write a workbook from its XML; parts are named by their file."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
            f'<Relationship Id="r3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, text in parts.items():
            archive.writestr(f"xl/{name}.xml", text)
    return path


def sheet_xml(rows: str, root: str = f'<worksheet xmlns="{MAIN}">', tail: str = "") -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>{root}<sheetData>{rows}</sheetData>{tail}</worksheet>'


def inline(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


HEADER = '<row r="1">' + inline("A1", "Name") + inline("B1", "Email") + "</row>"


ODF = "urn:oasis:names:tc:opendocument:xmlns:"
_ODS_ROOT = (
    "".join(
        f' xmlns:{prefix}="{ODF}{name}:1.0"'
        for prefix, name in [("office", "office"), ("table", "table"), ("text", "text"), ("style", "style")]
    )
    + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def ods(
    path: Path, tables: str, *, styles: str = "", mimetype: bool = True, manifest: str = "", prolog: str = ""
) -> Path:
    """Write an OpenDocument workbook from the XML of its tables."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        if manifest:
            archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<office:document-content{_ODS_ROOT}><office:automatic-styles>{styles}'
            f"</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def ods_table(*rows: str, name: str = "Contacts", style: str = "ta1", columns: str = "") -> str:
    return (
        f'<table:table table:name="{name}" table:style-name="{style}">{columns}{"".join(rows)}</table:table>'
    )


def ods_row(*cells: str, attributes: str = "") -> str:
    written = [cell if cell.startswith("<") else ods_cell(cell) for cell in cells]
    return f"<table:table-row {attributes}>{chr(10).join(written)}</table:table-row>"


def ods_cell(shown: str, kind: str = "string", value: str = "", attributes: str = "") -> str:
    stored = {
        "float": "value",
        "percentage": "value",
        "date": "date-value",
        "time": "time-value",
        "boolean": "boolean-value",
    }
    given = f'office:{stored[kind]}="{value}"' if value else ""
    return f'<table:table-cell office:value-type="{kind}" {given} {attributes}><text:p>{shown}</text:p></table:table-cell>'


def record(kind: int, body: bytes = b"") -> bytes:
    """Write one record of a binary workbook."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(body)
    length = b""
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    return head + length + bytes([size]) + body


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(
    path: Path,
    sheet: bytes,
    *,
    formats: Sequence[str] = (),
    strings: Sequence[str] = (),
    targets: Sequence[str] = (),
    behind: bytes = b"",
    epoch_1904: bool = False,
) -> Path:
    """Write a binary workbook with one sheet; style n, counted from 1, is the n-th of the formats, link L0 leads to the first target."""
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{_OFFICE}/{kind}" Target="{part}"/>'
        for number, (kind, part) in enumerate(
            [
                ("worksheet", "worksheets/sheet1.bin"),
                ("sharedStrings", "sharedStrings.bin"),
                ("styles", "styles.bin"),
            ],
            1,
        )
    )
    codes = b"".join(record(44, struct.pack("<H", 164 + n) + wide(code)) for n, code in enumerate(formats))
    styles = b"".join(
        record(47, struct.pack("<HH", 0, number) + bytes(12))
        for number in [0, *range(164, 164 + len(formats))]
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr(
            "xl/workbook.bin",
            record(131)
            + record(153, bytes([epoch_1904]) + bytes(7))
            + record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("Contacts"))
            + record(132),
        )
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        )
        archive.writestr(
            "xl/sharedStrings.bin", b"".join(record(19, bytes(1) + wide(text)) for text in strings)
        )
        archive.writestr(
            "xl/styles.bin",
            codes + record(626) + record(47, bytes(16)) + record(627) + record(617) + styles + record(618),
        )
        led = (
            f'<Relationship Id="L{number}" Type="{_OFFICE}/hyperlink" Target="{target}" TargetMode="External"/>'
            for number, target in enumerate(targets)
        )
        archive.writestr(
            "xl/worksheets/_rels/sheet1.bin.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(led)}</Relationships>',
        )
        archive.writestr(
            "xl/worksheets/sheet1.bin", record(129) + record(145) + sheet + record(146) + behind + record(130)
        )
    return path


def xlsb_row(index: int, *cells: bytes, hidden: bool = False) -> bytes:
    return record(0, struct.pack("<IIHBB", index, 0, 300, 0, 0x10 * hidden) + bytes(5)) + b"".join(cells)


def xlsb_cell(kind: int, column: int | None, value: bytes, style: int = 0) -> bytes:
    """Write a cell; without a column it is one of the short records, whose numbers are eleven higher."""
    place = b"" if column is None else struct.pack("<I", column)
    return record(kind + 11 * (column is None), place + struct.pack("<I", style) + value)
