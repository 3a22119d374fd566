"""Rows that are no data although they stand among it: totals, notes, repeated headers, a second table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from importer.reading.grid import Cells
from importer.reading.profile import Profile
from importer.reading.shapes import PERSONAL_SHAPES, Shape, shape_of
from importer.records import Fault
from importer.runtime.regex import regex

_TOTAL: Final = (
    r"(?:(?:grand|sub|net|overall)[\s-]?)?(?:totals?|sum|count)\b|total g[\u00e9e]n[\u00e9e]ral\b|sous-total\b"
    r"|(?:zwischen)?summe\b|gesamt(?:summe|betrag)?\b|totale\b|somme\b|suma\b|soma\b|totaal\b|summa\b|razem\b|celkem\b"
    r"|\u00f6sszesen\b|toplam\b|\u0438\u0442\u043e\u0433\u043e\b|\u0432\u0441\u0435\u0433\u043e\b|\u5408\u8a08|\u5408\u8ba1|\u603b\u8ba1|\ud569\uacc4"
)
_IS_TOTAL: Final = regex(rf"(?:{_TOTAL})(?:\s+\w+)?\s?[:.=]?", re.IGNORECASE)
"""The words before a total's figures, and no more than those: somebody may be called Total."""
_IS_BARE: Final = regex(rf"(?:{_TOTAL})\s?[:.=]?", re.IGNORECASE)
_STATES_TOTAL: Final = regex(rf"(?:{_TOTAL})(?:\s+\w+)?\s?[:=(]*\s*\d[\d.,]*(?:\s+\w+)?\)?", re.IGNORECASE)
_COUNTED: Final = r"(?:records?|rows?|contacts?|entries|results)\b"
_IS_COUNT: Final = regex(rf"\d+\s+{_COUNTED}", re.IGNORECASE)
_IS_NOTE: Final = regex(
    rf"{_COUNTED}\s?[:=]|\d+\s+{_COUNTED}"
    r"|(?:generated|exported|report(?:ed)?|printed|downloaded|source|page|notes?|copyright|confidential|disclaimer)\b\s?(?::|\d|by\b|on\b|from\b|at\b|\u00a9)"
    r"|(?:confidential information|all rights reserved|end of (?:report|file|list|data))\b"
    r"|(?:\u00a9|\(c\)\s|---|===|\*\*\*)",
    re.IGNORECASE,
)

_MARKS: Final = ("\ufeff{}", '\ufeff"{}"', "ï»¿{}", 'ï»¿"{}"')
"""What files begin with that were laid behind each other, in UTF-8 and as Windows reads it."""

REPEATED: Final = Fault(code="repeated_header", message="The row repeats the header; it is no contact.")
NOTE: Final = Fault(
    code="footer_row",
    message="The row stands at the end of the table and reads like a note, not like a contact.",
)
TOTAL: Final = Fault(
    code="footer_row",
    message="The row stands at the end of the table and reads like a total, not like a contact.",
)
"""Whether it is one the rows above can prove, see ``importer.mapping.footers``."""
_SECOND: Final = Fault(
    code="second_table",
    message="The row belongs to a second table below the first, with other columns. Import it from a file of its own.",
)


_OPT_OUTS: Final = regex(
    r"\W*(?:(?:the )?following\b.{0,30})?(?:"
    r"un-?subscribe[ds]?|un-?subscriptions|opt(?:ed)?[- ]?outs?|(?:please )?(?:do not|don'?t) (?:contact|call|e-?mail|mail|text|send|disturb)"
    r"|no (?:contact|mailings?|marketing|e-?mails?)|dnc|dnd|suppress(?:ed|ions?)|black ?list(?:ed)?"
    r"|abgemeldet\w*|abmeldungen|nicht (?:kontaktieren|anschreiben|anrufen)|keine werbung|werbesperre|sperrliste|robinson\w*"
    r"|d[ée]sabonn[ée]\w*|d[ée]sinscri\w+|ne pas (?:contacter|appeler)|liste rouge"
    r"|bajas|dad[oa]s de baja|no (?:contactar|llamar|enviar)|lista negra|descadastrad\w+|n[ãa]o (?:contatar|contactar|ligar|enviar)"
    r"|disiscritt\w|non contattare|uitgeschreven|afgemeld\w*|niet (?:bellen|mailen|benaderen)|avregistrerade|afmeldt\w*|wypisan\w*"
    r"|nie kontaktowa\w+|odhl[áa][šs]en\w*"
    r")\b(?! *[:=]? *[\w.]*[@\d])(?:\W*\w+){0,6}\W*",
    re.IGNORECASE,
)
"""A line by itself between rows: what stands below it are people who may not be written to."""

_WHO: Final = regex(
    r"name|first|given|nombre|apellido|pr[ée]nom|mail|phone|mobile|contact|client|customer|person|nom\b|cognome|naam|namn|navn|imi[eę]|kunde",
    re.IGNORECASE,
)
"""Headers of columns in which such a word is no value; a column of states holds it as one."""


class Oddities:
    """Judges rows one by one, in order; only rows where something may be odd are shown to it."""

    def __init__(self, *, header: Sequence[str], width: int, profile: Profile) -> None:
        self._header = [*header, *[""] * (width - len(header))]
        self._width = width
        self._profile = profile
        self._below = False
        self._marked = (
            [[mark.format(self._header[0]), *self._header[1:]] for mark in _MARKS] if self._header else []
        )
        self._names_who = bool(self._header and _WHO.search(self._header[0]))
        self._line = ""
        """The last line by itself that set apart people who may not be written to."""

    @property
    def set_apart(self) -> bool:
        """Tell that each row has to be looked at: people who may not be written to stand below a line."""
        return bool(self._line)

    def is_odd(self, rows: Sequence[Cells]) -> bool:
        """Tell whether one of many rows repeats the header, or stands alone as a line between rows."""
        return self._repeats_header(rows) or any(self._is_line(cells) for cells in rows if not any(cells[1:]))

    def _is_line(self, cells: Cells) -> bool:
        return bool(cells) and bool(cells[0].strip()) and not any(map(str.strip, cells[1:]))

    def _repeats_header(self, rows: Sequence[Cells]) -> bool:
        """Tell whether one of many rows repeats the header, at the speed of a list comparison."""
        return self._header in rows or any(marked in rows for marked in self._marked)

    def _below_line(self, cells: Cells, *, after_gap: bool) -> Fault | None:
        """Refuse people below a line such as UNSUBSCRIBED, up to the next line by itself that says something else."""
        if self._is_line(cells):
            said = cells[0].strip()
            if _OPT_OUTS.fullmatch(said) and (after_gap or self._names_who):
                self._line = said[:60]
            elif after_gap and shape_of(said) is Shape.WORDS:
                self._line = ""
        if not self._line:
            return None
        return Fault(
            code="set_apart",
            message=f"The row stands below the line {self._line!r}, which sets people apart who may not be written to. Import them "
            "from a file of their own, with do not disturb for all of them (dnd: {value: yes}).",
        )

    def footer(self, cells: Cells) -> Fault | None:
        """Say that one of the last rows is a total or a note."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        if self._width < 2 or not filled:
            return None
        label, *others = filled
        if all(map(_is_figure, others)):
            if _STATES_TOTAL.fullmatch(label):
                return NOTE
            if (_IS_TOTAL if others else _IS_BARE).fullmatch(label):
                return TOTAL
        if self._width < 3 or len(filled) > max(2, self._width // 2) or not _IS_NOTE.match(label):
            return None
        return None if {shape_of(cell) for cell in filled} & PERSONAL_SHAPES else NOTE

    def fault(self, cells: Cells, *, after_gap: bool) -> Fault | None:
        """Say what a row is that is no data; None for a row of the table."""
        if self._repeats_header([list(cells)]):
            return REPEATED
        if (apart := self._below_line(cells, after_gap=after_gap)) is not None:
            return apart
        if after_gap and (found := self.footer(cells)):
            return found
        if after_gap or self._below:
            self._below = self._is_second(cells)
            return _SECOND if self._below else None
        return None

    def shifted(self, cells: Cells) -> bool:
        """Tell a row whose surplus cell is blank because a blank cell further left pushed all others on."""
        hits, misses = self._profile.matches(cells[: self._width])
        if not misses:
            return False
        for column in range(self._width):
            if not cells[column].strip():
                back = [*cells[:column], *cells[column + 1 :]]
                better, worse = self._profile.matches(back[: self._width])
                if better > hits and worse < misses:
                    return True
        return False

    def _is_second(self, cells: Cells) -> bool:
        """Tell names where values should be; below such a row, whatever does not fit the first table's columns."""
        hits, misses = self._profile.matches(cells)
        if self._below:
            return not hits or misses > 0
        shapes = [shape_of(cell) for cell in cells if cell.strip()]
        return (
            len(shapes) > 1
            and not hits
            and misses > 0
            and all(shape in {Shape.WORDS, Shape.OTHER} for shape in shapes)
        )


def _is_figure(cell: str) -> bool:
    return shape_of(cell) is Shape.NUMBER or _IS_COUNT.fullmatch(cell) is not None
