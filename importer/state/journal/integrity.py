"""Whether a journal is as it was last written: a checksum with each row, and the seal beside the file."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from importer.records import RowId, value_type
from importer.runtime.counting import counted
from importer.state.database import DamagedError, Database
from importer.state.journal.rows import (
    ADDED_COLUMNS,
    IMAGE_COLUMNS,
    LANDED_COLUMNS,
    MARK_COLUMNS,
    MOMENT_COLUMNS,
    OUTCOME_COLUMNS,
    UNDO_COLUMNS,
)
from importer.state.journal.seal import Seal

LAST_ROW: Final[RowId] = (1 << 63) - 1

_MARSHAL_VERSION: Final = 2
"""The format without references, the same in every Python since 2.5; a test holds it to its bytes."""
_CLOCK_MARGIN_SECONDS: Final = 60.0
_TWO_CLOCKS_MARGIN_SECONDS: Final = 600.0


def intent_checksum(
    row: str, first_attempt_at: str, last_attempt_at: str, attempts: str, exact: str, append: str
) -> str:
    """Write the sum of an intent's cells as SQL, which merges a repeated intent; cells are columns or parameters.

    The location is not part of it: nobody reads it from there.
    """
    moments = f"CAST({first_attempt_at} * 1000000 AS INTEGER) * 31 + CAST(coalesce({last_attempt_at}, 0) * 1000000 AS INTEGER) * 13"
    return f"{row} * 1000003 + {moments} + {attempts} * 7 + {append} * 3 + {exact}"


STORED_INTENT_CHECKSUM: Final = intent_checksum(
    '"row"', "first_attempt_at", "last_attempt_at", "attempts", "exact", "append"
)

_CHECKED: Final = {
    "outcomes": f"{OUTCOME_COLUMNS}, pass",
    "landed": LANDED_COLUMNS,
    "follow_ups": MARK_COLUMNS,
    "additions": ADDED_COLUMNS,
    "before_images": IMAGE_COLUMNS,
    "undo_lines": f"{UNDO_COLUMNS}, pass",
    "undo_moments": MOMENT_COLUMNS,
    "created_by_date": '"row"',
}
"""Tables whose rows bear the checksum of these columns."""

_COUNTED: Final = ("intents", *_CHECKED, "run")
"""Tables whose rows tell which append wrote them last; every append writes at least one."""


def checksum(cells: Sequence[Any], *, append: int = 0) -> int:
    """Sum up the cells of one row, as they go into SQLite, and the number of the append that wrote them."""
    return zlib.crc32(marshal.dumps(tuple(cells), _MARSHAL_VERSION), append)


def checked(rows: Iterable[tuple[Any, ...]], append: int) -> list[tuple[Any, ...]]:
    """Put the number of their append and a checksum behind the cells of rows."""
    crc, dumps = zlib.crc32, marshal.dumps  # not by `checksum`: once for each row
    return [(*cells, append, crc(dumps(cells, _MARSHAL_VERSION), append)) for cells in rows]


@value_type(frozen=True, slots=True, kw_only=True)
class Loss:
    """The end of a journal is gone: rows up to ``last_row`` that it knows nothing of may have been sent."""

    appends: int
    intents: int
    last_row: RowId
    since: float
    """On the vendor's clock: none of the lost attempts was earlier."""
    run_id: str
    path: Path

    @property
    def sentence(self) -> str:
        rows = (
            f"Up to {counted(self.intents, 'row')} that it does not know of may have been sent"
            if self.intents
            else "How some rows ended is not known any more"
        )
        return (
            f"The journal {self.path} lost what was written to it last: its -wal file was deleted, cut or damaged. "
            f"{rows}; `importer resume {self.run_id}` asks HighLevel before it says how each of them ended."
        )


def read_progress(db: Database) -> Seal:
    """Tell how far a journal has come, as its seal should: by the newest append of all rows, which reads all of it."""
    newest = "".join(f", coalesce((SELECT max(append) FROM {table}), 0)" for table in _COUNTED)  # noqa: S608  (our own names)
    counted = f'SELECT (SELECT count(*) FROM intents), (SELECT coalesce(max("row"), 0) FROM intents), appends {newest} FROM progress'  # noqa: S608  (our own names)
    intents, last_row, *appends = db.execute(counted).fetchone()
    return Seal(appends=max(appends), intents=intents, last_row=last_row)


def unproven(path: Path) -> str:
    """Say that a journal is further than its seal, as after a power cut: the one is synced with each append, the other is not."""
    return (
        f"The machine seems to have stopped (a power cut?) before the seal of the journal {path} was on the disk. What "
        "the journal holds was read through and is as it was written; that nothing came after it cannot be proven."
    )


def find_loss(
    db: Database, seal: Seal | None, progress: Seal, *, run_id: str, started_at: float
) -> Loss | None:
    """Compare how far a journal has come with its seal, together with what an earlier session found to be lost."""
    blank = Loss(appends=0, intents=0, last_row=0, since=0.0, run_id=run_id, path=db.path)
    lost_intents, last_row, since = db.execute(
        "SELECT lost_intents, lost_last_row, lost_since FROM progress"
    ).fetchone()
    known = None
    if last_row is not None:
        known = replace(blank, intents=lost_intents, last_row=last_row, since=since)
    if seal is None or seal.appends <= progress.appends:
        return known
    latest = db.execute("SELECT max(first_attempt_at) FROM intents").fetchone()[0]
    # A little earlier than it may have been: the estimate of the vendor's clock gets better with each reply, and
    # where no intent is left there is only the start by our own clock.
    since = started_at - _TWO_CLOCKS_MARGIN_SECONDS if latest is None else latest - _CLOCK_MARGIN_SECONDS
    return replace(
        blank,
        appends=seal.appends - progress.appends,
        intents=max(0, seal.intents - progress.intents) + (known.intents if known else 0),
        last_row=max(seal.last_row, known.last_row if known else 0),
        since=min(since, known.since) if known else since,
    )


def keep_loss(db: Database, loss: Loss, appends: int) -> None:
    """Write down what was lost, before the journal goes on and its seal with it; ``appends`` were known to the seal."""
    db.execute(
        "UPDATE progress SET appends = ?, lost_intents = ?, lost_last_row = ?, lost_since = ?",
        (appends, loss.intents, loss.last_row, loss.since),
    )


def may_be_unchecked(db: Database) -> bool:
    """Tell whether an older importer wrote some of it, without checksums."""
    return bool(db.execute("SELECT unchecked FROM progress").fetchone()[0])


def refuse_altered(db: Database, seal: Seal | None, progress: Seal) -> None:
    """Read every row against its checksum, which takes some seconds for a million; raises DamagedError."""
    unchecked = may_be_unchecked(db)
    if progress.appends and seal is None:
        raise damaged(db, "the file journal.seal, which tells how far it had come, is missing or damaged")
    # with its end lost, rows that are missing are in doubt in any case
    if seal is not None and seal.appends <= progress.appends and progress.intents < seal.intents:
        raise damaged(db, "rows that were sent are missing in it")
    old = " AND append > 0" if unchecked else ""
    # IS NOT: a moment whose bits make no number is NULL.
    wrong = f"SELECT 1 FROM intents WHERE checksum IS NOT {STORED_INTENT_CHECKSUM}{old} LIMIT 1"  # noqa: S608  (our own names)
    if db.execute(wrong).fetchone():
        raise damaged(db, "an intent is not as it was written")
    for table, columns in _CHECKED.items():
        if any(_altered(db, table, columns, unchecked=unchecked)):
            raise damaged(db, f"a row of its table {table} is not as it was written")


def _altered(db: Database, table: str, columns: str, *, unchecked: bool) -> Iterator[bool]:
    for *cells, append, kept in db.execute(f"SELECT {columns}, append, checksum FROM {table}"):  # noqa: S608  (our own names)
        if append or not unchecked:
            yield not isinstance(append, int) or kept != checksum(cells, append=append)


def damaged(db: Database, found: str) -> DamagedError:
    return DamagedError(f"{db.purpose.title} {db.path} is damaged ({found}). {db.purpose.if_damaged}")
