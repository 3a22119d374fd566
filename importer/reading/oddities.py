"""Rows that are no data although they stand among it: totals, notes, repeated headers, a second table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from importer.reading.grid import Cells
from importer.reading.profile import Profile
from importer.reading.shapes import PERSONAL_SHAPES, Shape, shape_of
from importer.records import Fault

_FOOTER: Final = re.compile(
    r"(?:grand\s+|sub-?\s?)?totals?\b(?!\s+\w+\s+\w+\s+\w+)|(?:total|count|sum|records?|rows?|contacts?)\s?[:=]|\d+\s+(?:records?|rows?|contacts?|entries|results)\b"
    r"|(?:generated|exported|report(?:ed)?|printed|downloaded|source|page|notes?|copyright|confidential|disclaimer)\b\s?(?::|\d|by\b|on\b|from\b|at\b|©)"
    r"|(?:©|\(c\)\s|---|===|\*\*\*|end of (?:report|file|list|data)\b|summe\b|gesamt\b|totale\b)",
    re.IGNORECASE,
)

_MARKS: Final = ("\ufeff{}", '\ufeff"{}"', "ï»¿{}", 'ï»¿"{}"')
"""What files begin with that were laid behind each other, in UTF-8 and as Windows reads it."""

REPEATED: Final = Fault(code="repeated_header", message="The row repeats the header; it is no contact.")
_FOOTER_FAULT: Final = Fault(
    code="footer_row",
    message="The row stands at the end of the table and reads like a total or a note, not like a contact.",
)
_SECOND: Final = Fault(
    code="second_table",
    message="The row belongs to a second table below the first, with other columns. Import it from a file of its own.",
)


_OPT_OUTS: Final = re.compile(
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

_WHO: Final = re.compile(
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
        return _FOOTER_FAULT if self._is_footer(cells) else None

    def fault(self, cells: Cells, *, after_gap: bool) -> Fault | None:
        """Say what a row is that is no data; None for a row of the table."""
        if self._repeats_header([list(cells)]):
            return REPEATED
        if (apart := self._below_line(cells, after_gap=after_gap)) is not None:
            return apart
        if after_gap and self._is_footer(cells):
            return _FOOTER_FAULT
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

    def _is_footer(self, cells: Cells) -> bool:
        filled = [cell.strip() for cell in cells if cell.strip()]
        if self._width < 3 or not filled or len(filled) > max(2, self._width // 2):
            return False
        if not _FOOTER.match(filled[0]):
            return False
        return not {shape_of(cell) for cell in filled} & PERSONAL_SHAPES

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
