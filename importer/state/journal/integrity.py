"""Whether a journal is as it was last written: a checksum with each row, and the seal beside the file."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from importer.records import RowId
from importer.state.database import DamagedError, Database
from importer.state.journal.rows import LANDED_COLUMNS, MARK_COLUMNS, OUTCOME_COLUMNS
from importer.state.journal.seal import Seal

LAST_ROW: Final[RowId] = (1 << 63) - 1

_MARSHAL_VERSION: Final = 2
"""The format without references, the same in every Python since 2.5; a test holds it to its bytes."""
_CLOCK_MARGIN_SECONDS: Final = 60.0
_TWO_CLOCKS_MARGIN_SECONDS: Final = 600.0


def intent_checksum(row: str, first_attempt_at: str, last_attempt_at: str, attempts: str, exact: str) -> str:
    """Write the sum of an intent's cells as SQL, which merges a repeated intent; cells are columns or parameters.

    The location is not part of it: nobody reads it from there.
    """
    moments = f"CAST({first_attempt_at} * 1000000 AS INTEGER) * 31 + CAST(coalesce({last_attempt_at}, 0) * 1000000 AS INTEGER) * 13"
    return f"{row} * 1000003 + {moments} + {attempts} * 7 + {exact}"


STORED_INTENT_CHECKSUM: Final = intent_checksum(
    '"row"', "first_attempt_at", "last_attempt_at", "attempts", "exact"
)

_CHECKED: Final = {
    "outcomes": f"{OUTCOME_COLUMNS}, pass",
    "landed": LANDED_COLUMNS,
    "follow_ups": MARK_COLUMNS,
}
"""Tables whose rows bear the checksum of these columns."""


def checksum(cells: Sequence[Any]) -> int:
    """Sum up the cells of one row, as they go into SQLite; never 0, which marks rows of an older importer."""
    return zlib.crc32(marshal.dumps(tuple(cells), _MARSHAL_VERSION)) or 1


def with_checksum(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put the checksum behind the cells of a row."""
    return (
        *cells,
        zlib.crc32(marshal.dumps(cells, _MARSHAL_VERSION)) or 1,
    )  # not by `checksum`: once for each row


@dataclass(frozen=True, slots=True, kw_only=True)
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
            f"Up to {self.intents:,} rows that it does not know of may have been sent"
            if self.intents
            else "How some rows ended is not known any more"
        )
        return (
            f"The journal {self.path} lost what was written to it last: its -wal file was deleted, cut or damaged. "
            f"{rows}; `importer resume {self.run_id}` asks HighLevel before it says how each of them ended."
        )


def find_loss(db: Database, seal: Seal | None, *, run_id: str, started_at: float) -> Loss | None:
    """Compare a journal with its seal, together with what an earlier session found to be lost."""
    blank = Loss(appends=0, intents=0, last_row=0, since=0.0, run_id=run_id, path=db.path)
    appends, intents, lost_intents, last_row, since = db.execute(
        "SELECT appends, intents, lost_intents, lost_last_row, lost_since FROM progress"
    ).fetchone()
    known = None
    if last_row is not None:
        known = replace(blank, intents=lost_intents, last_row=last_row, since=since)
    if seal is None or seal.appends <= appends:
        return known
    latest = db.execute("SELECT max(first_attempt_at) FROM intents").fetchone()[0]
    # A little earlier than it may have been: the estimate of the vendor's clock gets better with each reply, and
    # where no intent is left there is only the start by our own clock.
    since = started_at - _TWO_CLOCKS_MARGIN_SECONDS if latest is None else latest - _CLOCK_MARGIN_SECONDS
    return replace(
        blank,
        appends=seal.appends - appends,
        intents=max(0, seal.intents - intents) + (known.intents if known else 0),
        last_row=max(seal.last_row, known.last_row if known else 0),
        since=min(since, known.since) if known else since,
    )


def keep_loss(db: Database, loss: Loss) -> None:
    """Write down what was lost, before the journal goes on and its seal with it."""
    db.execute(
        "UPDATE progress SET appends = appends + ?, lost_intents = ?, lost_last_row = ?, lost_since = ?",
        (loss.appends, loss.intents, loss.last_row, loss.since),
    )


def may_be_unchecked(db: Database) -> bool:
    """Tell whether an older importer wrote some of it, without checksums."""
    return bool(db.execute("SELECT unchecked FROM progress").fetchone()[0])


def refuse_altered(db: Database, seal: Seal | None) -> None:
    """Read every row against its checksum, which takes some seconds for a million; raises DamagedError."""
    appends, intents, unchecked = db.execute("SELECT appends, intents, unchecked FROM progress").fetchone()
    if appends and seal is None:
        raise damaged(db, "the file journal.seal, which tells how far it had come, is missing or damaged")
    if db.execute("SELECT count(*) FROM intents").fetchone()[0] != intents:
        raise damaged(db, "rows that were sent are missing in it")
    old = " AND checksum <> 0" if unchecked else ""
    # IS NOT: a moment whose bits make no number is NULL.
    wrong = f"SELECT 1 FROM intents WHERE checksum IS NOT {STORED_INTENT_CHECKSUM}{old} LIMIT 1"  # noqa: S608  (our own names)
    if db.execute(wrong).fetchone():
        raise damaged(db, "an intent is not as it was written")
    for table, columns in _CHECKED.items():
        if any(_altered(db, table, columns, unchecked=unchecked)):
            raise damaged(db, f"a row of its table {table} is not as it was written")


def _altered(db: Database, table: str, columns: str, *, unchecked: bool) -> Iterator[bool]:
    for *cells, kept in db.execute(f"SELECT {columns}, checksum FROM {table}"):  # noqa: S608  (our own names)
        yield kept != checksum(cells) and not (unchecked and kept == 0)


def damaged(db: Database, found: str) -> DamagedError:
    return DamagedError(f"{db.purpose.title} {db.path} is damaged ({found}). {db.purpose.if_damaged}")
