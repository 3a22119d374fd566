"""The shape that the rows of a sheet share, so that a row is read by one match instead of one for each cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from importer.reading.workbooks.xlsx_formats import Renderer, general
from importer.reading.workbooks.xlsx_strings import plain
from importer.records import TypedText, value_type

FoundCell = tuple[str, str, str, str, str, str, str]
"""Column letters, style, type, formula, value, empty value, inline text: as the pattern of a plain cell finds them."""

_MOST_COLUMNS: Final = 256
_MOST_VARIANTS: Final = 6
_MOST_REBUILDS: Final = 64


@value_type(frozen=True, slots=True)
class _Variant:
    """One way in which the cells of a column are written."""

    style: str
    kind: str

    def pattern(self) -> str:
        style = f' s="{self.style}"' if self.style else ""
        kind = f' t="{self.kind}"' if self.kind else ""
        if self.kind == "inlineStr":
            value = '<is><t(?: xml:space="preserve")?+>([^<]*+)</t></is>'
        else:
            value = "<v>([0-9]++)</v>" if self.kind == "s" else "<v>([^<]*+)</v>"
        return f"{style}{kind}(?:/>|>{value}</c>)"


def _truth(text: str) -> str:
    true = text.strip() in {"1", "true"}
    return TypedText("TRUE" if true else "FALSE", true)


def _same(text: str) -> str:
    return text


class RowShape:
    """Learns how each column's cells are written, and reads rows that keep to it."""

    def __init__(self, *, shared: Sequence[str], renderers: Sequence[Renderer], width: int) -> None:
        self._shared = shared
        self._renderers = renderers
        self._width = width
        self._variants: dict[int, list[_Variant]] = {}
        self._letters: dict[int, str] = {}
        self._left = _MOST_REBUILDS
        self._pattern: re.Pattern[str] | None = None
        self._matched = False
        self._columns: list[int] = []
        self._careful: list[Callable[[str], str] | None] = []
        self._quick: list[Callable[[str], str] | None] = []
        self._aligned = False

    def read(self, xml: str) -> list[str] | None:
        """Read a row of the shape learnt so far; None for any other."""
        if self._pattern is None or not (match := self._pattern.fullmatch(xml)):
            return None
        self._matched = True
        careful = "&" in xml or "_x" in xml or "\r" in xml
        shared = self._shared
        texts = [
            "" if value is None else shared[int(value)] if render is None else render(value)
            for value, render in zip(match.groups(), self._careful if careful else self._quick, strict=True)
        ]
        return texts if self._aligned and len(texts) >= self._width else self._placed(texts)

    def _placed(self, texts: list[str]) -> list[str]:
        row = [""] * max(self._width, self._columns[-1] + 1)
        for column, text in zip(self._columns, texts, strict=True):
            if text:
                row[column] = text
        return row

    def learn(self, cells: Sequence[FoundCell], columns: Sequence[int]) -> None:
        """Take in how the cells of a row are written that was read cell by cell."""
        if self._left <= 0 or len(cells) > _MOST_COLUMNS or not _increasing(columns):
            return
        if not all(_learnable(cell) for cell in cells):
            return
        if not self._matched:
            # The header is written as no row below it is; what is known of it alone only makes every row slower.
            self._variants.clear()
        news = False
        for (letters, style, kind, *_), column in zip(cells, columns, strict=True):
            variants = self._variants.setdefault(column, [])
            variant = _Variant(style, kind)
            if variant not in variants:
                variants.append(variant)
                news = True
            self._letters[column] = letters
        if news:
            self._left = (
                0 if any(len(one) > _MOST_VARIANTS for one in self._variants.values()) else self._left - 1
            )
            self._build()

    def _build(self) -> None:
        pieces: list[str] = []
        self._columns, self._careful, self._quick = [], [], []
        for column in sorted(self._variants):
            variants = self._variants[column]
            ways = "|".join(variant.pattern() for variant in variants)
            pieces.append(f'(?:<c r="{self._letters[column]}[0-9]++"(?:{ways}))?+')
            for variant in variants:
                self._columns.append(column)
                careful, quick = self._renders(variant)
                self._careful.append(careful)
                self._quick.append(quick)
        self._pattern = re.compile("".join(pieces))
        self._aligned = self._columns == list(range(len(self._columns)))

    def _renders(self, variant: _Variant) -> tuple[Callable[[str], str] | None, Callable[[str], str] | None]:
        """Give the two ways to text: for rows with escapes in them, and for the many without."""
        match variant.kind:
            case "s":
                return None, None
            case "b":
                return _truth, _truth
            case "str" | "inlineStr":
                return plain, _same
        number = int(variant.style) if variant.style.isdecimal() and len(variant.style) < 7 else -1
        render = self._renderers[number] if 0 <= number < len(self._renderers) else general
        return render, render


def _increasing(columns: Sequence[int]) -> bool:
    return all(first < second for first, second in pairwise(columns))


def _learnable(cell: FoundCell) -> bool:
    _, style, kind, formula, value, empty, _ = cell
    if formula or empty or (kind == "s" and value and not value.isdecimal()):
        return False
    return kind in {"", "n", "s", "b", "str", "inlineStr"} and len(style) < 7
