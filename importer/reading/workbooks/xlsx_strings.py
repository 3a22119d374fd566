"""Texts of a workbook's XML: escapes undone, formatting runs joined, reading aids left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from importer.runtime.regex import regex

_ENTITY: Final = regex(r"&(?:#x([0-9A-Fa-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));")
_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ESCAPE: Final = regex(r"_x([0-9A-Fa-f]{4})_")
_ITEM: Final = regex(r"<si>\s*<t(?: xml:space=\"preserve\")?(?:/>|>([^<]*)</t>)\s*</si>|<si/>")
_RUN: Final = regex(r"<rPh\b.*?</rPh>|<t\b[^>]*?/>|<t\b[^>]*>(.*?)</t>", re.DOTALL)
_LONGEST: Final = 1 << 25
_CDATA: Final = regex(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_MARKUP: Final = regex(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def plain(text: str) -> str:
    """Undo the escapes of XML and of workbooks (``_x000D_``) in a text between tags."""
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "_x" in text:
        text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _character(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED[found[3]]
    number = int(found[1], 16) if found[1] else int(found[2])
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        return "\ufffd"
    return chr(number)


def rich(markup: str) -> str:
    """Join the runs of a formatted text; phonetic readings are aids, not text."""
    parts: list[str] = []
    for found in _RUN.finditer(markup):
        body = found[1]
        if body:
            body = _CDATA.sub(lambda one: one[1].replace("&", "&amp;").replace("<", "&lt;"), body)
            parts.append(plain(_MARKUP.sub("", body)))
    return "".join(parts)


def shared_strings(chunks: Iterable[str]) -> list[str]:
    """Read the table of shared strings in order."""
    strings: list[str] = []
    rest = ""
    prefix: str | None = None
    for chunk in chunks:
        rest += chunk
        if prefix is None and (root := re.search(r"<(?:(\w+):)?sst\b", rest)):
            prefix = root[1] or ""
        cut = rest.rfind("</si>" if not prefix else f"</{prefix}:si>")
        if cut < 0:
            if len(rest) > _LONGEST:
                raise ValueError("a text that is longer than any cell")
            continue
        cut = rest.index(">", cut) + 1
        strings += _items(_without(prefix, rest[:cut]))
        rest = rest[cut:]
    return strings + _items(_without(prefix, rest))


def _without(prefix: str | None, text: str) -> str:
    return re.sub(rf"(</?){re.escape(prefix)}:", r"\1", text) if prefix else text


def _items(text: str) -> list[str]:
    found = _bare_items(text)
    if found is None:
        found = _ITEM.findall(text)
        if len(found) != text.count("<si"):
            items = re.finditer(r"<si\b[^>]*?/>|<si\b[^>]*>(.*?)</si>", text, re.DOTALL)
            return [rich(item[1] or "") for item in items]
    if "&" not in text and "_x" not in text and "\r" not in text:
        return found  # in most tables nothing is written in another way than it is meant
    return [one if "&" not in one and "_x" not in one and "\r" not in one else plain(one) for one in found]


_OPENING: Final = "<si><t>"
_CLOSING: Final = "</t></si>"


def _bare_items(text: str) -> list[str] | None:
    """Cut a table whose items are all written as Excel and LibreOffice write them; None for any other.

    They are read before the first row can be, and cutting takes a fifth of what a pattern does.
    """
    text = text.replace('<t xml:space="preserve">', "<t>")
    if not (text.startswith(_OPENING) and text.endswith(_CLOSING)):
        return None
    found = text[len(_OPENING) : -len(_CLOSING)].split(_CLOSING + _OPENING)
    # Four tags an item; one more is a run, a comment or a reading aid within an item.
    return found if text.count("<") == 4 * len(found) else None


def fragment(root: str, row: str) -> ET.Element | None:
    """Parse one row of a sheet under the sheet's own root tag; None where it is no XML."""
    try:
        tree = ET.fromstring(f"{root}{row}</{root[1:].split(None, 1)[0].rstrip('>')}>")  # noqa: S314
    except ET.ParseError:
        return None
    for element in tree.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return tree.find("row")
