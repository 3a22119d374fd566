"""Which column of the file a mapping's header means."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
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


@value_type(frozen=True, slots=True)
class Missing:
    """A header that finds no column, or several; ``sentence`` says which.

    ``far``: no column comes near it, so that people need to see which there are.
    """

    sentence: str
    several: bool = False
    far: bool = False


class HeaderIndex:
    """Finds columns: exactly, else ignoring case, white space and punctuation; two hits are none."""

    def __init__(self, header: Sequence[str]) -> None:
        self._header = tuple(header)

    def find(self, name: str) -> int | Missing:
        exact = [index for index, title in enumerate(self._header) if title == name]
        folded = fold(name)
        found = exact or [index for index, title in enumerate(self._header) if fold(title) == folded]
        if len(found) == 1:
            return found[0]
        if found:
            which = " and ".join(f"{self._header[index]!r} (column {index + 1})" for index in found)
            return Missing(
                f"The header {name!r} matches {len(found)} columns of the file: {which}.", several=True
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
