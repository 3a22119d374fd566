"""The links of an .xlsx sheet that write to somebody: as parts behind the rows, and as formulas in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from importer.reading.workbooks.columns import column_of
from importer.reading.workbooks.links import MOST_LINKS, LinkNotes, Links, address_of
from importer.reading.workbooks.xlsx_strings import plain
from importer.runtime.regex import regex

_LINK: Final = regex(r"<(?:\w+:)?hyperlink\b([^>]*)>")
_ATTRIBUTE: Final = regex(r'(?:\w+:)?(ref|id|Id|Target)="([^"]*)"')
_RELATION: Final = regex(r"<(?:\w+:)?Relationship\b([^>]*)>")
_AREA: Final = regex(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?")
_FORMULA: Final = regex(
    r'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*><f[^>]*>\s*HYPERLINK\(\s*(?:"|&quot;)(mailto:(?:(?!&quot;)[^"<])*)',
    re.IGNORECASE,
)


def related_targets(chunks: Iterable[str]) -> dict[str, str]:
    """Read what the ids of a sheet's links stand for: those that write to somebody."""
    found: dict[str, str] = {}
    for relation in _tags(chunks, _RELATION):
        said = dict(_ATTRIBUTE.findall(relation))
        target = plain(said.get("Target", ""))
        if len(found) < MOST_LINKS and address_of(target):
            found[said.get("Id", "")] = target
    return found


def _tags(chunks: Iterable[str], tag: re.Pattern[str]) -> Iterator[str]:
    text = ""
    for chunk in chunks:
        text += chunk
        end = text.rfind(">") + 1
        yield from tag.findall(text[:end])
        text = text[end:]


def links_behind(tail: str, related: dict[str, str], name: str) -> Links:
    """Place the links that stand behind a sheet's rows; one may be of several cells."""
    notes = LinkNotes()
    for found in _LINK.finditer(tail):
        said = dict(_ATTRIBUTE.findall(found[1]))
        area, target = _AREA.fullmatch(said.get("ref", "")), related.get(said.get("id", ""))
        if area is not None and target is not None:
            notes.put(column_of(area[1], name), int(area[2]), int(area[4] or area[2]), target)
    return notes.links


def links_in_formulas(rows: Iterable[str], name: str) -> Links:
    """Find formulas such as HYPERLINK("mailto:ann@x.com", "Write me")."""
    notes = LinkNotes()
    for xml in rows:
        for letters, number, target in _FORMULA.findall(xml) if "HYPERLINK(" in xml else ():
            notes.put(column_of(letters, name), int(number), int(number), plain(target))
    return notes.links
