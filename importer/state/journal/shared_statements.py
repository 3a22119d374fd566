"""The SQL by which rows are written to a journal in Postgres, many at once. Pure: texts in, texts out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from importer.records import value_type
from importer.state.journal.rows import (
    ADDED_COLUMNS,
    IMAGE_COLUMNS,
    INTENT_COLUMNS,
    LANDED_COLUMNS,
    MARK_COLUMNS,
    MOMENT_COLUMNS,
    OUTCOME_COLUMNS,
    UNDO_COLUMNS,
    SqlCells,
)
from importer.state.journal.statements import (
    ADD,
    BY_DATE,
    INTEND,
    LAND,
    MARK,
    OPEN,
    PULSE,
    REMEMBER,
    SETTLE,
    UNDO,
    UNDO_MOMENT,
    WITHDRAW,
)

_TYPES: Final = {
    **dict.fromkeys(('"row"', "attempts", "exact", "http_status", "made", "pass", "part"), "bigint"),
    **dict.fromkeys(("first_attempt_at", "last_attempt_at", "at"), "double precision"),
}
"""Of columns; the others are text."""
_TYPE_OF_IMAGE_PART: Final = {**_TYPES, "part": "text"}
_PARTED: Final = ("all_intents", "all_landed", "all_outcomes")
"""Tables whose rows belong to a part, which is their last cell."""
_NUMBERS: Final = {int, float}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_QUOTED: Final = re.compile(r'["\\]')


@value_type(frozen=True, slots=True, kw_only=True)
class Bulk:
    """How rows of one kind are written, many at once: by an array for each column."""

    text: str
    arrays: int
    keys: int = 1
    """How many of the first cells tell rows apart."""
    parted: bool = False
    """The last cell is the part that the row belongs to."""


def _written(table: str, columns: str, then: str, *, keys: int = 1, ours: str = "", first: int = 1) -> Bulk:
    parted = table in _PARTED
    columns = f"{columns}, part" if parted else columns
    types = _TYPE_OF_IMAGE_PART if table == "before_images" else _TYPES
    names = [name.strip() for name in columns.split(",")]
    arrays = ", ".join(f"${n}::{types.get(name, 'text')}[]" for n, name in enumerate(names, first))
    text = (
        f"INSERT INTO {table} ({columns}) SELECT given.* FROM unnest({arrays}) AS given ({columns})"  # noqa: S608  (our own names)
        f"{ours}{then and f' ON CONFLICT {then}'}"
    )
    return Bulk(text=text, arrays=len(names), keys=keys, parted=parted)


def _replaced(table: str, columns: str, *, keys: int = 1) -> Bulk:
    names = [name.strip() for name in columns.split(",")]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names[keys:])
    then = f"UPDATE SET {changed}" if changed else "NOTHING"
    return _written(table, columns, f"({', '.join(names[:keys])}) DO {then}", keys=keys)


OUTCOMES: Final = f"{OUTCOME_COLUMNS}, pass"
_KNOWN: Final = "all_intents"
# of one that was taken back nothing earlier counts
_INTENDED: Final = f"""("row") DO UPDATE SET location_id = excluded.location_id,
    first_attempt_at = CASE WHEN {_KNOWN}.attempts > 0
        THEN least({_KNOWN}.first_attempt_at, excluded.first_attempt_at) ELSE excluded.first_attempt_at END,
    last_attempt_at = greatest({_KNOWN}.last_attempt_at, excluded.last_attempt_at),
    attempts = greatest({_KNOWN}.attempts, excluded.attempts),
    exact = greatest({_KNOWN}.exact, excluded.exact)"""
BULKS: Final = {
    INTEND: _written(_KNOWN, INTENT_COLUMNS, _INTENDED),
    WITHDRAW: _replaced(_KNOWN, INTENT_COLUMNS),
    LAND: _replaced("all_landed", LANDED_COLUMNS),
    MARK: _replaced("follow_ups", MARK_COLUMNS, keys=2),
    ADD: _replaced("additions", ADDED_COLUMNS, keys=2),
    REMEMBER: _replaced("before_images", IMAGE_COLUMNS, keys=2),
    BY_DATE: _replaced("created_by_date", '"row"'),
    UNDO: _replaced("undo_lines", f"{UNDO_COLUMNS}, pass"),
    UNDO_MOMENT: _replaced("undo_moments", MOMENT_COLUMNS),
    SETTLE: _written(
        "all_outcomes",
        OUTCOMES,
        '("row") DO UPDATE SET '
        + ", ".join(f"{name.strip()} = excluded.{name.strip()}" for name in OUTCOMES.split(",")[1:])
        + f" WHERE {OPEN.format('excluded.pass').replace('outcomes.', 'all_outcomes.')}",
    ),
}
_HELD: Final = "SELECT id, epoch, pg_backend_pid() FROM parts WHERE id {0} FOR SHARE"
_OURS: Final = (
    " JOIN (SELECT id FROM held JOIN unnest(${0}::bigint[], ${1}::bigint[]) AS taken (id, epoch) USING (id, epoch) "
    "WHERE session = ${2}::bigint) AS ours ON ours.id = given.part"
)


def held_check(parts: Iterable[int]) -> str:
    """Ask which epochs parts have, and keep these until the transaction ends."""
    return _HELD.format(f"IN ({', '.join(map(str, sorted(parts)))})")


def _if_held(*kinds: str) -> str:
    count = sum(BULKS[kind].arrays for kind in kinds)
    ours = _OURS.format(*range(count + 1, count + 4))
    written, first = "", 1
    for kind in kinds:
        table, columns, then = _AT_ONCE[kind]
        bulk = _written(table, columns, then, ours=ours, first=first)
        written += f", into_{table} AS ({bulk.text})"
        first += bulk.arrays
    held = _HELD.format(f"= ANY(${count + 1}::bigint[])")
    return f"WITH held (id, epoch, session) AS MATERIALIZED ({held}){written} SELECT id, epoch, session FROM held"  # noqa: S608  (our own names)


_AT_ONCE: Final = {
    INTEND: (_KNOWN, INTENT_COLUMNS, _INTENDED),
    SETTLE: ("all_outcomes", OUTCOMES, ""),  # of rows that have none: one that has is refused
}
IF_HELD: Final[Mapping[tuple[str, ...], str]] = {
    kinds: _if_held(*kinds) for kinds in ((INTEND,), (SETTLE,), (INTEND, SETTLE))
}
"""By the kinds of rows: how they are written for parts whose epochs and session are as given, in one exchange with the server.

The arrays of each kind come first, then those of the parts and their epochs, and the session; it answers as ``held_check``."""

PULSE_OF_PART: Final = PULSE.replace("INTO pulses", "INTO all_pulses").replace(
    ") VALUES (", ", part) VALUES (?, "
)


def rows_of(bulk: Bulk, cells: Iterable[SqlCells]) -> list[SqlCells]:
    """Give the rows to write; of one that is there twice, the later one counts."""
    return list({each[: bulk.keys]: each for each in cells}.values())


def arrays_of(rows: Sequence[SqlCells]) -> list[str]:
    """Write an array for each column."""
    return [_array(column) for column in zip(*rows, strict=True)]


def copy_lines(rows: Sequence[SqlCells]) -> str:
    """Write rows as COPY reads them."""
    return _whole("".join([_copy_line(cells) for cells in rows]))


def _copy_line(cells: SqlCells) -> str:
    line = "\t".join([cell if type(cell) is str else "\\N" if cell is None else str(cell) for cell in cells])
    # Looked at as a whole: cell by cell it would take three times as long, and hardly one has anything to escape.
    as_it_is = (
        line.count("\t") == len(cells) - 1
        and line.count("\\") == cells.count(None)
        and "\n" not in line
        and "\r" not in line
    )
    return f"{line}\n" if as_it_is else "\t".join(map(_copy_cell, cells)) + "\n"


def _copy_cell(cell: Any) -> str:
    if cell is None:
        return "\\N"
    return cell.translate(_ESCAPES) if isinstance(cell, str) else str(cell)


def _array(column: Sequence[Any]) -> str:
    kinds = set(map(type, column))
    if kinds <= _NUMBERS:
        return f"{{{','.join(map(repr, column))}}}"
    if kinds == {str}:
        joined = '","'.join(column)
        if "\\" not in joined and joined.count('"') == 2 * (len(column) - 1):
            return _whole(f'{{"{joined}"}}')
    return _whole("{" + ",".join([_array_cell(cell) for cell in column]) + "}")


def _whole(text: str) -> str:
    """Replace half of a surrogate pair, quoted from a cell: no file of results could hold it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _array_cell(cell: Any) -> str:
    if cell is None:
        return "NULL"
    if isinstance(cell, str):
        return f'"{_QUOTED.sub(_escaped, cell)}"'
    return str(int(cell)) if isinstance(cell, bool) else repr(cell)


def _escaped(found: re.Match[str]) -> str:
    return f"\\{found[0]}"
