"""The parts of an .xlsx file: its sheets, its shared strings and what its styles mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from importer.reading.workbooks.archive import Archive
from importer.reading.workbooks.xlsx_formats import Renderer, renderer_of
from importer.records import value_type

_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION: Final = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@value_type(frozen=True, slots=True, kw_only=True)
class SheetPart:
    """One sheet of a workbook and where its content is."""

    name: str
    part: str
    visible: bool
    chart: bool = False


class Package(Archive):
    """An .xlsx file, opened part by part."""

    def __init__(self, place: Path, *, name: str) -> None:
        super().__init__(place, name=name)
        with self.opened() as archive:
            workbook = self.main_part(archive, "xl/workbook.xml")
            root = self.tree(archive, workbook)
            self._relations = self.relations_of(archive, workbook)
        self.epoch_1904 = _is_1904(root)
        self.sheets = tuple(self._sheets(root))

    def strings_part(self) -> str | None:
        return self.part_of_kind(self._relations, "sharedStrings")

    def renderers(self) -> list[Renderer]:
        """List, by a cell's style number, how its number becomes text."""
        part = self.part_of_kind(self._relations, "styles")
        if part is None:
            return []
        with self.opened() as archive:
            root = self.tree(archive, part)
        codes = {
            _count(one.get("numFmtId", "0")): one.get("formatCode", "General") for one in root.iter("numFmt")
        }
        cache: dict[int, Renderer] = {}
        found: list[Renderer] = []
        for style in root.iterfind("cellXfs/xf"):
            number = _count(style.get("numFmtId", "0"))
            if number not in cache:
                cache[number] = renderer_of(number, codes.get(number), epoch_1904=self.epoch_1904)
            found.append(cache[number])
        return found

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


def _count(text: str) -> int:
    """Read a number of the package; 0, which is the plain format, where the file is damaged there."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _is_1904(root: ET.Element) -> bool:
    properties = root.find("workbookPr")
    return properties is not None and properties.get("date1904", "0").lower() in {"1", "true"}
