"""What a file is, told from its bytes; its name is only quoted, never believed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from importer.records import value_type
from importer.runtime.regex import regex


class Format(StrEnum):
    TEXT = "delimited text"
    XLSX = "Excel workbook (.xlsx)"
    XLSB = "binary Excel workbook (.xlsb)"
    XLS = "Excel 97-2003 workbook (.xls)"
    ODS = "OpenDocument spreadsheet (.ods)"
    HTML = "HTML table"
    XML_2003 = "Excel 2003 XML spreadsheet"
    JSON = "JSON"
    VCARD = "vCard"
    GZIP = "gzip"
    ZIP = "zip archive"
    OLE = "OLE container"
    PROTECTED = "password-protected workbook"


@value_type(frozen=True, slots=True, kw_only=True)
class Suffix:
    """What a file may be whose name ends so; which of it, its bytes tell."""

    formats: tuple[Format, ...]
    wraps: bool = False
    """Another file stands in it, whose own suffix comes before this one: ``contacts.csv.gz``."""


_TEXT: Final = Suffix(formats=(Format.TEXT,))
_WORKBOOK: Final = Suffix(formats=(Format.XLSX,))
_PAGE: Final = Suffix(formats=(Format.HTML,))
_OBJECTS: Final = Suffix(formats=(Format.JSON,))

SUFFIXES: Final[Mapping[str, Suffix]] = {
    ".csv": _TEXT,
    ".tsv": _TEXT,
    ".tab": _TEXT,
    ".txt": _TEXT,
    ".xlsx": _WORKBOOK,
    ".xlsm": _WORKBOOK,
    # Web programs export a page with a table under this name.
    ".xls": Suffix(formats=(Format.XLS, Format.HTML)),
    ".xlsb": Suffix(formats=(Format.XLSB,)),
    ".ods": Suffix(formats=(Format.ODS,)),
    ".htm": _PAGE,
    ".html": _PAGE,
    ".json": _OBJECTS,
    ".jsonl": _OBJECTS,
    ".ndjson": _OBJECTS,
    ".vcf": Suffix(formats=(Format.VCARD,)),
    ".gz": Suffix(formats=(Format.GZIP,), wraps=True),
    ".zip": Suffix(formats=(Format.ZIP,), wraps=True),
}
"""What is taken from a folder, given to ``run`` or watched; a file named by itself is taken whatever its name."""

HEAD_BYTES: Final = 8192
_LONGEST_SUFFIX: Final = 12

_MARKS: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"\x1f\x8b", Format.GZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.OLE),
    (b"\x09\x08\x10\x00\x00\x06\x05\x00", Format.XLS),
)

_STRANGERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"{\\rtf", "an RTF document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"\x00\x01\x00\x00Standard ", "an Access database"),
    (b"\x00\x00\x02\x00\x06\x04", "a Lotus 1-2-3 worksheet"),
    (b"\x00\x00\x1a\x00", "a Lotus 1-2-3 worksheet"),
    (b"\x09\x00\x04\x00", "a worksheet of Excel 2"),
    (b"\x09\x02\x06\x00", "a worksheet of Excel 3"),
    (b"\x09\x04\x06\x00", "a worksheet of Excel 4"),
    (b"!BDN", "an Outlook data file"),
)

_TEXT_STRANGERS: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (regex(rb"ID;P[^\r\n]*[\r\n]+[A-Z];"), "a SYLK (symbolic link) worksheet"),
    (regex(rb"TABLE\s*[\r\n]+0,1\s*[\r\n]+\""), "a DIF (data interchange format) worksheet"),
    (
        regex(rb"(?:[\w-]+:[^\r\n]*[\r\n]+(?:[ \t][^\r\n]*[\r\n]+)*)*?MIME-Version:\s*1\.0", re.IGNORECASE),
        "a web page with its parts in one file (MHTML) or an e-mail",
    ),
    (regex(rb"(?:version:\s*1\s+)?dn::?\s[^\r\n]*=", re.IGNORECASE), "an LDIF address book"),
    (regex(rb"BEGIN:VCALENDAR", re.IGNORECASE), "a calendar file"),
    (
        regex(
            rb"(?:(?:From|To|Cc|Subject|Date|Received|Return-Path|Delivered-To|Message-ID):\s[^\r\n]+[\r\n]+){2}"
        ),
        "an e-mail",
    ),
    (
        regex(
            rb"(?:--[^\n]*\n|/\*.{0,2000}?\*/;?|\s)*+(?:INSERT\s+(?:IGNORE\s+)?INTO|CREATE\s+(?:TABLE|DATABASE)|DROP\s+TABLE"
            rb"|LOCK\s+TABLES|PRAGMA\s+\w+\s*=|SET\s+(?:NAMES|@*\w+\s*=)|COPY\s+\S+\s+\([^)]*\)\s+FROM)\s",
            re.IGNORECASE | re.DOTALL,
        ),
        "a dump of a database (SQL)",
    ),
    (
        regex(
            rb"(?:(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ \S+: [^\n]*"
            rb"|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*\s+\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|ERROR)[^\n]*"
            rb"|\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:[^\n]*)\n+){2}"
        ),
        "a program's log",
    ),
    (regex(rb"(?:#[^\n]*\n|\s)*+version: *1\s*[\r\n]+(?:#|[a-z_]+:)"), "a mapping of this importer"),
)

_XML_ELEMENT: Final = regex(rb"<[A-Za-z_][\w:.-]*(?:\s[^<>]*)?>\s*<[A-Za-z_!/?]")

_VCARD: Final = regex(rb"BEGIN:VCARD\s", re.IGNORECASE)
_JSON: Final = regex(
    # A name and a colon, or strings in brackets: a header cell such as [Name] or {id} is no JSON.
    rb'(?:\[\s*)*\{\s*(?:"(?:[^"\\]|\\.)*+"\s*:|\}\s*(?:[\],]|\Z))'
    rb'|(?:\[\s*)+(?:"(?:[^"\\]|\\.)*+"\s*[,\]]|\]\s*\Z)',
    re.DOTALL,
)

_HTML: Final = regex(
    rb"\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|table|head|meta|body|style|div)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML_2003: Final = regex(rb"urn:schemas-microsoft-com:office:spreadsheet")


def suffix_of(name: str) -> str:
    """Tell what a name ends in, in small letters, wrappers with what they wrap: ``.csv.gz``; blank for no suffix."""
    last, before = _last_two(name)
    wraps = last in SUFFIXES and SUFFIXES[last].wraps
    return before + last if wraps else last


def holds_table(name: str) -> bool:
    """Tell whether a file may hold a table, by its name alone."""
    return _last_two(name)[0] in SUFFIXES


def may_be(name: str, form: Format) -> bool:
    """Tell whether a file of this name may be of a format, wrappers aside."""
    last, _ = _last_two(name)
    return last in SUFFIXES and form in SUFFIXES[last].formats


def _last_two(name: str) -> tuple[str, str]:
    suffixes = [suffix.lower() for suffix in PurePosixPath(name.replace("\\", "/")).suffixes]
    last, before, *_ = (*reversed(suffixes), "", "")
    return (last, before if _telling(before) else "") if _telling(last) else ("", "")


def _telling(suffix: str) -> bool:
    return suffix[1:].isalnum() and len(suffix) <= _LONGEST_SUFFIX


def format_of(head: bytes) -> Format:
    """Tell what a file is from its first kilobytes."""
    for mark, form in _MARKS:
        if head.startswith(mark):
            return form
    plain = _without_mark(head)
    if _VCARD.match(plain.lstrip()):
        return Format.VCARD
    if _JSON.match(plain.lstrip()):
        return Format.JSON
    if plain.lstrip()[:1] == b"<":
        if _XML_2003.search(plain):
            return Format.XML_2003
        if _HTML.match(plain):
            return Format.HTML
    return Format.TEXT


def stranger(head: bytes) -> str | None:
    """Name a kind of file that holds no table we can read."""
    for mark, name in _STRANGERS:
        if head.startswith(mark):
            return name
    if _is_dbase(head):
        return "a dBASE table (.dbf)"
    plain = _without_mark(head).lstrip()
    for pattern, name in _TEXT_STRANGERS:
        if pattern.match(plain):
            return name
    if (plain.startswith(b"<?xml") or _XML_ELEMENT.match(plain)) and format_of(head) is Format.TEXT:
        return "an XML document"
    if head[257:262] == b"ustar":
        return "a tar archive"
    return None


_DBASE_KINDS: Final = b"\x02\x03\x04\x05\x30\x31\x32\x43\x63\x83\x8b\x8e\xcb\xf5\xfb"


def _is_dbase(head: bytes) -> bool:
    """Tell a dBASE table by its first byte, a date, and where it says that its header ends."""
    if len(head) < 33 or head[0] not in _DBASE_KINDS or not (0 < head[2] <= 12 and 0 < head[3] <= 31):
        return False
    end = int.from_bytes(head[8:10], "little")
    return end > 32 and (end >= len(head) or b"\r" in head[32 : end + 1]) and not any(head[30:32])


def _without_mark(head: bytes) -> bytes:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[2:].replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf")
