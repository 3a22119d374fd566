"""The parts of an .xlsx file: its sheets, its shared strings and what its styles mean."""

from __future__ import annotations

import codecs
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from importer.errors import SourceError
from importer.reading.limits import refuse_bombs
from importer.reading.workbooks.xlsx_formats import Renderer, renderer_of

_CHUNK: Final = 1 << 18
_DECLARATION: Final = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION: Final = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """One sheet of a workbook and where its XML is."""

    name: str
    part: str
    visible: bool
    chart: bool = False


class Package:
    """An .xlsx file, opened part by part."""

    def __init__(self, place: Path, *, name: str) -> None:
        self.name = name
        self._place = place
        with self.opened() as archive:
            refuse_bombs(archive.infolist(), name)
            self._parts = {entry.filename.lower().lstrip("/"): entry.filename for entry in archive.infolist()}
            workbook = self._workbook_part(archive)
            root = self._tree(archive, workbook)
            self._relations = self._relations_of(archive, workbook)
        self.epoch_1904 = _is_1904(root)
        self.sheets = tuple(self._sheets(root))

    @contextmanager
    def opened(self) -> Iterator[zipfile.ZipFile]:
        """Open the archive; whatever is wrong with it comes out as a SourceError."""
        try:
            with zipfile.ZipFile(self._place) as archive:
                yield archive
        except (zipfile.BadZipFile, zlib.error, EOFError, ET.ParseError, UnicodeError) as cause:
            raise self._damaged(cause) from None
        except (NotImplementedError, RuntimeError, KeyError, ValueError, OSError) as cause:
            raise self._damaged(cause) from None

    def _damaged(self, cause: Exception) -> SourceError:
        return SourceError(
            f"{self.name} is a damaged or incomplete workbook ({type(cause).__name__}: {str(cause)[:120]}). "
            "Download or export it again, or open it in a spreadsheet and save it under a new name."
        )

    def chunks(self, archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
        """Inflate one part, chunk by chunk."""
        with archive.open(self._parts[part.lower().lstrip("/")]) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    def text(self, archive: zipfile.ZipFile, part: str) -> Iterator[str]:
        """Decode one part, chunk by chunk."""
        decoder: codecs.IncrementalDecoder | None = None
        for chunk in self.chunks(archive, part):
            if decoder is None:
                decoder = codecs.getincrementaldecoder(_xml_encoding(chunk))("strict")
            yield decoder.decode(chunk)
        if decoder is not None:
            yield decoder.decode(b"", final=True)

    def has(self, part: str | None) -> bool:
        return part is not None and part.lower().lstrip("/") in self._parts

    def part_of_kind(self, kind: str) -> str | None:
        """Find the part that the workbook relates to as ``kind``: ``sharedStrings``, ``styles``."""
        found = [target for what, target in self._relations.values() if what.endswith("/" + kind)]
        return next((target for target in found if self.has(target)), None)

    def renderers(self) -> list[Renderer]:
        """List, by a cell's style number, how its number becomes text."""
        part = self.part_of_kind("styles")
        if part is None:
            return []
        with self.opened() as archive:
            root = self._tree(archive, part)
        codes = {
            int(one.get("numFmtId", "0")): one.get("formatCode", "General") for one in root.iter("numFmt")
        }
        cache: dict[int, Renderer] = {}
        found: list[Renderer] = []
        for style in root.iterfind("cellXfs/xf"):
            number = int(style.get("numFmtId", "0"))
            if number not in cache:
                cache[number] = renderer_of(number, codes.get(number), epoch_1904=self.epoch_1904)
            found.append(cache[number])
        return found

    def _workbook_part(self, archive: zipfile.ZipFile) -> str:
        if "_rels/.rels" in self._parts:
            for relation in self._tree(archive, "_rels/.rels"):
                if relation.get("Type", "").endswith("/officeDocument"):
                    return relation.get("Target", "").lstrip("/")
        return "xl/workbook.xml"

    def _relations_of(self, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
        folder, leaf = posixpath.split(part)
        rels = f"{folder}/_rels/{leaf}.rels".lstrip("/")
        if not self.has(rels):
            return {}
        return {
            one.get("Id", ""): (one.get("Type", ""), _resolve(folder, one.get("Target", "")))
            for one in self._tree(archive, rels)
        }

    def _sheets(self, root: ET.Element) -> Iterator[SheetPart]:
        for order, sheet in enumerate(root.iter("sheet"), 1):
            key = sheet.get(_RELATION) or sheet.get(_STRICT_RELATION) or sheet.get("id", "")
            kind, part = self._relations.get(key or "", ("/worksheet", f"xl/worksheets/sheet{order}.xml"))
            yield SheetPart(
                name=sheet.get("name", f"Sheet{order}"),
                part=part,
                visible=sheet.get("state", "visible") == "visible",
                chart=not kind.endswith("/worksheet") or not self.has(part),
            )

    def _tree(self, archive: zipfile.ZipFile, part: str) -> ET.Element:
        """Parse a small part whole, with the main namespace taken off its names."""
        text = "".join(self.text(archive, part))
        refuse_entities(text, self.name)
        root = ET.fromstring(_DECLARATION.sub("", text))  # noqa: S314  (entities were refused above)
        for element in root.iter():
            if isinstance(element.tag, str):
                element.tag = element.tag.rpartition("}")[2]
        return root


def refuse_entities(text: str, name: str) -> None:
    """Refuse XML that declares entities: no workbook does, and they can grow without end."""
    if "<!DOCTYPE" in text[:4096] or "<!ENTITY" in text[:4096]:
        raise SourceError(
            f"{name} is not a workbook that a spreadsheet wrote: its XML declares entities. It was not read."
        )


def _xml_encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = re.match(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9._\-]+)", head)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    return "utf-8-sig" if name in {"utf-8", "utf8"} else name


def _resolve(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target))


def _is_1904(root: ET.Element) -> bool:
    properties = root.find("workbookPr")
    return properties is not None and properties.get("date1904", "0").lower() in {"1", "true"}
