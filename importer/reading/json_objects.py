"""JSON and JSON Lines: a list of objects, each of them a record; the names of what is nested are joined by dots."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any, Final

from importer.errors import SourceError
from importer.reading.json_lists import SeveralListsError, follow, records_path
from importer.reading.objects import Named
from importer.reading.workbooks.xlsx_formats import general
from importer.records import TypedText

_LONGEST: Final = 1 << 24
_LONGEST_WHOLE: Final = 1 << 26
"""Characters of one record, and of a list that stands inside an object and so is read at once."""

_SPACE: Final = " \t\r\n\ufeff"
_EXACT_DIGITS: Final = 15


def json_records(pieces: Iterator[str], name: str) -> Iterator[Named]:
    """Walk the records of a text, piece by piece; SourceError where it is no list of objects."""
    for number, value in enumerate(_records(_Text(pieces, name), name), 1):
        if not isinstance(value, dict):
            raise SourceError(
                f"{name} is JSON, but its record {number} is no object with names. A list of objects is read, such as "
                '[{"email": "ann@example.com"}]; export it so, or as CSV.'
            )
        record: dict[str, str] = {}
        _flatten(value, "", record)
        yield record


class _Text:
    """Decodes one value after the other from a text that is never held whole."""

    def __init__(self, pieces: Iterator[str], name: str) -> None:
        self._pieces = pieces
        self._name = name
        self._text = ""
        self._place = 0
        self._count = 0
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_int=_whole, parse_float=general, parse_constant=_nothing
        )

    def next_sign(self) -> str:
        """Give the next sign that is no white space, without taking it; empty at the end."""
        while True:
            while self._place < len(self._text) and self._text[self._place] in _SPACE:
                self._place += 1
            if self._place < len(self._text):
                return self._text[self._place]
            if not self._grow(_LONGEST):
                return ""

    def skip(self) -> None:
        self._place += 1

    def value(self, longest: int) -> Any:
        """Decode the value that begins here."""
        self._count += 1
        while True:
            try:
                value, self._place = self._decoder.raw_decode(self._text, self._place)
            except json.JSONDecodeError as cause:
                fault = cause.msg
            except RecursionError:
                raise self.broken("it is nested too deeply") from None
            else:
                return value
            if not self._grow(longest):
                raise self.broken(fault)

    def _grow(self, longest: int) -> bool:
        """Take in as much text again as is held, so that looking anew stays cheap; tell whether there was any."""
        held = len(self._text) - self._place
        if held > longest:
            raise self.broken(f"it is longer than {longest >> 20} million characters")
        parts, size = [self._text[self._place :]], held
        while size <= min(2 * held, longest) and (piece := next(self._pieces, "")):
            parts.append(piece)
            size += len(piece)
        self._text, self._place = "".join(parts), 0
        return size > held

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
            raise self.broken(f"it names {twice[:60]!r} twice")
        return found

    def broken(self, why: str) -> SourceError:
        return SourceError(
            f"{self._name} is damaged or no JSON: record {self._count} cannot be read, {why}. Export it again."
        )


def _values(text: _Text) -> Iterator[Any]:
    if text.next_sign() == "[":
        text.skip()
        yield from _of_list(text)
        return
    first = text.value(_LONGEST_WHOLE)
    yield first
    while text.next_sign():
        yield text.value(_LONGEST)


def _of_list(text: _Text) -> Iterator[Any]:
    if text.next_sign() == "]":
        text.skip()
    else:
        sign = ","
        while sign == ",":
            text.next_sign()
            yield text.value(_LONGEST)
            sign = text.next_sign()
            text.skip()
        if sign != "]":
            raise text.broken("no comma or bracket follows it")
    if text.next_sign():
        raise text.broken("more follows the end of the list")


def _records(text: _Text, name: str) -> Iterator[Any]:
    """Take the records out of what is around them, as services answer: ``{"contacts": [...], "total": 2}``."""
    values = _values(text)
    first = next(values, None)
    if first is None:
        return
    second = next(values, None)
    try:
        path = records_path(first, alone=second is None)
    except SeveralListsError as several:
        shown = ", ".join(f"{one} ({count})" for one, count in several.lists.items())
        raise SourceError(
            f"{name} holds several lists of objects, with the number of each: {shown}. Keep the one that is to be "
            "imported, as a list of objects, or export the contacts as CSV."
        ) from None
    for value in itertools.chain([first], [] if second is None else [second], values):
        yield from follow(value, path)


def _flatten(value: Any, name: str, record: dict[str, str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{name}.{key}" if name else key, record)
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for place, inner in enumerate(value, 1):
            _flatten(inner, f"{name}.{place}", record)
    else:
        record[name] = _listed(value) if isinstance(value, list) else _plain(value)


def _listed(values: list[Any]) -> str:
    """Join a list of texts as lists in cells are; as JSON where the sign between them is in one of them."""
    texts = [_plain(value) for value in values]
    return json.dumps(texts, ensure_ascii=False) if any("," in text for text in texts) else ", ".join(texts)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return TypedText("TRUE" if value else "FALSE", value)
    text: str = value or ""
    return text


def _whole(text: str) -> str:
    return TypedText(text, int(text)) if len(text) <= _EXACT_DIGITS else text


def _nothing(_: str) -> None:
    """Read NaN and infinities, which are no JSON and no value either, as blank."""
