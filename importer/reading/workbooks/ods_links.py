"""The links of an .ods sheet that write to somebody: in its texts, and as formulas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from importer.reading.workbooks.links import address_of
from importer.reading.workbooks.ods_cells import PARAGRAPHS, TABLE, TEXT
from importer.runtime.regex import regex

_TARGET: Final = "{http://www.w3.org/1999/xlink}href"
_FORMULA: Final = regex(r'HYPERLINK\(\s*"(mailto:[^"]*)"', re.IGNORECASE)
SIGN: Final = b"mailto:"
"""What the content of a workbook has somewhere if any of its links writes to somebody, in letters of any case."""


def target_of(cell: ET.Element) -> str:
    """Give the first link of a cell that writes to somebody; one in a comment is none of the cell."""
    return next(filter(address_of, _targets(cell)), "")


def _targets(cell: ET.Element) -> Iterator[str]:
    for paragraph in cell:
        if paragraph.tag in PARAGRAPHS:
            yield from (link.get(_TARGET, "") for link in paragraph.iter(f"{TEXT}a"))
    yield from _FORMULA.findall(cell.get(f"{TABLE}formula", ""))
