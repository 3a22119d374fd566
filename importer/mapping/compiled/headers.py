"""Which column of the file a mapping's header means."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import count
from typing import Final

from importer.records import value_type
from importer.runtime.regex import regex
from importer.yaml.sentences import nearest

_IGNORED: Final = regex(r"[\W_]+")
_LISTED: Final = 20
_LONGEST: Final = 60


def fold(header: str) -> str:
    """Reduce a header to what decides when nothing matches exactly: no case, white space or punctuation."""
    # Composed first: a decomposed umlaut would lose its dots as punctuation.
    plain = unicodedata.normalize("NFKC", header).casefold()
    return _IGNORED.sub("", plain) or plain.strip()


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Give what a mapping calls each column: its header, with its turn behind one that stands several times.

    Of two columns ``Phone`` the second is ``Phone (2)``; a blank header has no name.
    """
    times = Counter(header)
    if len(times) == len(header):
        return tuple(header)
    taken = {fold(title) for title in times}
    names: list[str] = []
    turns: Counter[str] = Counter()
    for title in header:
        turns[title] += 1
        if times[title] == 1 or not title.strip():
            names.append(title)
            continue
        said = (f"{title} ({turns[title]}{f'.{more}' if more else ''})" for more in count())
        # A column that is called "Phone 2" keeps its name, and nobody else's column is meant by it.
        name = next(name for name in said if fold(name) not in taken)
        taken.add(fold(name))
        names.append(name)
    return tuple(names)


@value_type(frozen=True, slots=True)
class Missing:
    """A header that finds no column, or several; ``sentence`` says which.

    ``far``: no column comes near it, so that people need to see which there are.
    """

    sentence: str
    several: bool = False
    far: bool = False


class HeaderIndex:
    """Finds columns: exactly, else ignoring case, white space and punctuation, else by a header's turn; two hits are none."""

    def __init__(self, header: Sequence[str]) -> None:
        self._header = tuple(header)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return column_names(self._header)

    def find(self, name: str) -> int | Missing:
        folded = fold(name)
        found = [index for index, title in enumerate(self._header) if title == name]
        found = found or [index for index, title in enumerate(self._header) if fold(title) == folded]
        if not found:  # its sign is asked for: who looks for a "Phone 2" does not mean the second "Phone"
            said = name.strip().casefold()
            found = [index for index, own in enumerate(self._names) if own.strip().casefold() == said]
        if len(found) == 1:
            return found[0]
        if found:
            which = " and ".join(f"{self._header[index]!r} (column {index + 1})" for index in found)
            ways = " or ".join(repr(self._names[index]) for index in found if self._header[index].strip())
            return Missing(
                f"The header {name!r} matches {len(found)} columns of the file: {which}."
                + (f" Say which: {ways}." if ways else ""),
                several=True,
            )
        near = nearest(name, self._header, count=3) or self._sharing(folded)
        hint = f" Nearest: {', '.join(map(_shown, near))}." if near else ""
        return Missing(f"The file has no column {name!r}.{hint}", far=not near)

    def _sharing(self, folded: str) -> tuple[str, ...]:
        """Find the headers that are part of a name, or that it is part of: E-mail for Email Address."""
        found = [
            title for title in self._header if title and (fold(title) in folded or folded in fold(title))
        ]
        return tuple(title for title in found if len(fold(title)) > 2)[:3]

    def listed(self) -> str:
        """List the file's headers, the first of many and the start of long ones."""
        titles = [_shown(title) for title in self._header if title]
        rest = len(titles) - _LISTED
        return ", ".join(titles[:_LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _shown(title: str) -> str:
    return repr(title if len(title) <= _LONGEST else title[: _LONGEST - 3] + "...")
