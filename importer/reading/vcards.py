"""vCard address books: each card a record, its properties by the standard's names (RFC 6350), in any of its versions."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from importer.errors import SourceError
from importer.reading.objects import Named
from importer.runtime.regex import regex

_LONGEST: Final = 1 << 24
_PROPERTY: Final = regex(r'(?:[\w\-]+\.)?([\w\-]+)((?:;(?:[^:;"]|"[^"]*")*)*):(.*)', re.DOTALL)
_PARAMETER: Final = regex(r';((?:[^:;"]|"[^"]*")*)')
_ESCAPE: Final = regex(r"\\(.)", re.DOTALL)
_LINE: Final = regex(r"\r\n|\r|\n")
_COMPACT_DAY: Final = regex(r"(\d{4})(\d{2})(\d{2})(?:T.*)?")

_NO_YEAR: Final = regex(r"--(\d{2})-?(\d{2})(?:T.*)?")

_PARTS: Final = {
    "N": ("Family Name", "Given Name", "Additional Names", "Honorific Prefixes", "Honorific Suffixes"),
    "ADR": (
        "Post Office Box",
        "Extended Address",
        "Street Address",
        "Locality",
        "Region",
        "Postal Code",
        "Country Name",
    ),
}
_KINDS: Final = ("CELL", "HOME", "WORK", "FAX", "PAGER", "OTHER")
"""Types that tell one number or address of a person from another; those that say how it is sent do not."""

_REACHED: Final = frozenset(("EMAIL", "TEL"))
_NO_VOICE: Final = frozenset(("FAX", "PAGER"))
_LEAST_PREFERRED: Final = 101
"""One more than the standard's last."""

_LEFT_OUT: Final = frozenset(
    ("BEGIN", "END", "VERSION", "PRODID", "REV", "X-ABLABEL", "X-ABADR", "SOUND", "KEY")
)
_PICTURES: Final = frozenset(("PHOTO", "LOGO"))


def vcard_records(pieces: Iterator[str], name: str) -> Iterator[Named]:
    """Walk the cards of a text, piece by piece; SourceError where one is cut off."""
    card: _Card | None = None
    count = 0
    for line in _unfolded(pieces, name):
        found = _PROPERTY.fullmatch(line)
        key = found[1].upper() if found else ""
        if key == "BEGIN" and found and found[3].strip().upper() == "VCARD":
            if card is not None:
                raise _cut_off(name, count)
            card, count = _Card(), count + 1
        elif key == "END" and card is not None:
            yield card.named()
            card = None
        elif found and card is not None and key not in _LEFT_OUT:
            card.add(key, _parameters(found[2]), found[3])
    if card is not None:
        raise _cut_off(name, count)


def _cut_off(name: str, count: int) -> SourceError:
    return SourceError(f"{name} is damaged: its card {count} has no end. Export the address book again.")


def _lines(pieces: Iterator[str], name: str) -> Iterator[str]:
    rest = ""
    for piece in pieces:
        text = rest + piece
        if len(text) > _LONGEST:
            raise SourceError(
                f"{name} has a line of more than {_LONGEST >> 20} million characters. Export it again."
            )
        # A carriage return at the end may be the first half of a line end.
        *lines, rest = _LINE.split(text) if piece and not text.endswith("\r") else [text]
        yield from lines
        if not piece:
            yield from _LINE.split(rest)
            return


def _unfolded(pieces: Iterator[str], name: str) -> Iterator[str]:
    """Join lines that go on: behind a space or tab, and behind the equals sign of quoted-printable text."""
    gathered: list[str] = []
    size, soft = 0, False
    for line in _lines(pieces, name):
        goes_on = bool(gathered) and (soft or line[:1] in {" ", "\t"})
        if not goes_on:
            yield "".join(gathered)
            gathered, size = [], 0
        size += len(line)
        if size > _LONGEST:
            raise SourceError(
                f"{name} has a property of more than {_LONGEST >> 20} million characters. Export it again."
            )
        gathered.append(line[1:] if goes_on and not soft else line)
        soft = line.endswith("=") and "QUOTED-PRINTABLE" in gathered[0].upper()
        if soft:
            gathered[-1] = gathered[-1][:-1]
    yield "".join(gathered)


def _parameters(text: str) -> list[tuple[str, str]]:
    """List a property's parameters; the oldest version leaves out that a value is a type."""
    found: list[tuple[str, str]] = []
    for parameter in _PARAMETER.findall(text):
        key, equals, value = parameter.partition("=")
        pair = (key.upper(), value) if equals else ("TYPE", key)
        found.append((pair[0], pair[1].replace('"', "")))
    return found


class _Card:
    """One card's values by their columns, and which of its addresses and numbers it says to take."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._reached: dict[str, list[tuple[int, str]]] = {}
        self._addresses: list[tuple[int, dict[str, str]]] = []
        self._labelled = False

    def add(self, key: str, parameters: list[tuple[str, str]], value: str) -> None:
        """Put a property into its columns, one for each part of it."""
        said = {name: text.upper() for name, text in parameters}
        if key in _PICTURES or said.get("ENCODING", "") in {"B", "BASE64"}:
            return
        types = {one.upper() for name, text in parameters if name == "TYPE" for one in text.split(",")}
        column = ".".join(
            [key, *([" ".join(kinds)] if (kinds := [kind for kind in _KINDS if kind in types]) else [])]
        )
        if said.get("ENCODING") == "QUOTED-PRINTABLE" or "QUOTED-PRINTABLE" in types:
            value = _printable(value, said.get("CHARSET", "UTF-8"))
        if year := said.get("X-APPLE-OMIT-YEAR"):
            value = _without_year(value, year)
        parts = dict(_parted(key, value))
        if key == "ADR" and parts:
            self._addresses.append((_preference(said, types), parts))
            self._labelled = self._labelled or column != key
        for part, text in parts.items():
            _put(self._values, f"{column}.{part}" if part else column, text)
            if key in _REACHED and text and not types & _NO_VOICE:
                self._reached.setdefault(key, []).append((_preference(said, types), text))

    def named(self) -> dict[str, str]:
        """Give the values, and what to take of several once more in columns of its own: one e-mail, number, address.

        Whole, so that nobody has to fall back from column to column: the town of one address, the state of another.
        """
        for key, several in self._reached.items():
            preference, text = min(several, key=lambda one: one[0])
            if len(several) > 1 and preference < _LEAST_PREFERRED:
                self._values[f"{key}.PREF"] = text
        if self._labelled:
            _, parts = min(self._addresses, key=lambda one: one[0])
            self._values.update({f"ADR.PREF.{part}": text for part, text in parts.items()})
        return self._values


def _preference(said: Mapping[str, str], types: AbstractSet[str]) -> int:
    """Rank by the standard's number, 1 first, or by the type of its older versions."""
    number = said.get("PREF", "")
    if number.isascii() and number.isdigit():
        return min(int(number[:4]), _LEAST_PREFERRED - 1)
    return 1 if "PREF" in types else _LEAST_PREFERRED


def _without_year(value: str, year: str) -> str:
    """Leave out the year that Apple puts where none is known: --05-06."""
    rest = value.strip().removeprefix(year).lstrip("-")
    return f"--{rest}" if value.strip().startswith(year) else value


def _printable(value: str, charset: str) -> str:
    content = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
    try:
        return content.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return content.decode("utf-8", "replace")


def _parted(key: str, value: str) -> Iterator[tuple[str, str]]:
    """Cut a structured value into the components that the standard names."""
    if names := _PARTS.get(key):
        for part, text in zip(names, _split(value, ";"), strict=False):
            if text.strip():
                yield part, _plain(text)
    elif key == "ORG":
        first, *units = _split(value, ";")
        yield "", _plain(first)
        if any(units):
            yield "Unit", ", ".join(_plain(unit) for unit in units if unit)
    elif key in {"CATEGORIES", "NICKNAME"}:
        yield "", ", ".join(_plain(text).strip() for text in _split(value, ","))
    elif key in {"BDAY", "ANNIVERSARY"} and (day := _COMPACT_DAY.fullmatch(value.strip())):
        yield "", "-".join(day.groups())
    elif key in {"BDAY", "ANNIVERSARY"} and (day := _NO_YEAR.fullmatch(value.strip())):
        yield "", f"--{day[1]}-{day[2]}"
    else:
        yield "", _plain(value)


def _split(value: str, sign: str) -> list[str]:
    """Cut at a sign that no backslash stands before."""
    return re.findall(rf"(?:^|{sign})((?:\\.|[^\\{sign}])*)", value, re.DOTALL)


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], text).strip()


def _put(card: dict[str, str], column: str, text: str) -> None:
    """Keep a value; a second one of the same kind stands in a column of its own."""
    if not text:
        return
    name, number = column, 1
    while name in card:
        number += 1
        name = f"{column} {number}"
    card[name] = text
