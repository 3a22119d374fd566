"""How an undo ended: its file, a line a row, and its summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final

from importer.records import Json, UndoLine, UndoStatus, number_of, source_of, value_type
from importer.results.csv_file import CsvTable, opened_csv
from importer.results.files import Replacing
from importer.results.wording import duration, number
from importer.runtime.counting import counted

FILE_NAME: Final = "undo.csv"
DRY_FILE_NAME: Final = "undo-dry-run.csv"
_HEAD: Final = ("undo_row", "undo_contact_id", "undo_status", "undo_reason")
_SHOWN: Final = (
    UndoStatus.DELETED,
    UndoStatus.RESTORED,
    UndoStatus.KEPT,
    UndoStatus.FAILED,
    UndoStatus.NOTHING,
)
_REASONS: Final = 8
_CUT_OFF: Final = "It was cut off: whether it was taken back is not known. Take the run back once more."


@value_type(frozen=True, slots=True, kw_only=True)
class UndoSummary:
    """What an undo came to, row by row counted."""

    run_id: str
    """The run that was taken back."""
    dry: bool
    """Whether it only looked."""
    rows_read: int
    """All rows of the run."""
    counts: Mapping[UndoStatus, int]
    """Rows by what taking back came to."""
    reasons: Mapping[str, int] = field(repr=False)
    """Why rows were kept or failed, the most frequent first."""
    requests: int
    """Calls that were made."""
    seconds: float
    """How long it took."""
    jobs: tuple[str, ...]
    """They imported the file, and do so again when they meet it."""
    path: Path
    """The file with a line for each row."""
    stopped: str | None = None
    """Why it stopped before its end."""
    reason_code: str | None = None
    """The same for programs: a ``StopError.code``."""

    @property
    def exit_code(self) -> int:
        """0 all taken back, 1 some rows were kept or failed, 3 stopped before its end."""
        if self.stopped is not None:
            return 3
        return 1 if self.left else 0

    @property
    def state(self) -> str:
        """``finished`` or ``stopped``."""
        return "finished" if self.stopped is None else "stopped"

    def count(self, status: UndoStatus) -> int:
        """Count the rows of a status."""
        return self.counts.get(status, 0)

    @property
    def left(self) -> int:
        """Rows that were not taken back."""
        return self.count(UndoStatus.KEPT) + self.count(UndoStatus.FAILED)

    def to_json(self) -> dict[str, Json]:
        """Write it as documented; programs rely on the names."""
        return {
            "run_id": self.run_id,
            "state": self.state,
            "reason": self.stopped,
            "reason_code": self.reason_code,
            "dry_run": self.dry,
            "rows_read": self.rows_read,
            **{status.value: self.count(status) for status in _SHOWN},
            "reasons": dict(self.reasons),
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "jobs": list(self.jobs),
            "undo": str(self.path),
        }


class UndoTally:
    """Counts rows by what they came to, and why."""

    def __init__(self) -> None:
        self.counts: Counter[UndoStatus] = Counter()
        self._reasons: Counter[str] = Counter()

    def see(self, line: UndoLine) -> None:
        self.counts[line.status] += 1
        if line.status in {UndoStatus.KEPT, UndoStatus.FAILED}:
            self._reasons[line.reason] += 1

    @property
    def reasons(self) -> dict[str, int]:
        return dict(self._reasons.most_common(_REASONS))


def write_undo(
    lines: Iterable[Iterable[UndoLine]],
    path: Path,
    *,
    sources: Sequence[str],
    replacing: Replacing,
    tally: UndoTally,
) -> None:
    """Write a line a row, in source order; with the source of each where there are several. Raises StateError."""
    several = len(sources) > 1
    with opened_csv(path, replacing=replacing) as file:
        table = CsvTable(file)
        table.write([*_HEAD, *(["undo_source"] if several else [])])
        for block in lines:
            for line in map(_ended, block):
                tally.see(line)
                named = [sources[source_of(line.row)]] if several else []
                table.write(
                    [str(number_of(line.row)), line.contact_id or "", line.status.value, line.reason, *named]
                )


def _ended(line: UndoLine) -> UndoLine:
    """Show a row that was cut off in the middle as what it is for whoever reads the file: not taken back for certain."""
    if line.status is not UndoStatus.BEGUN:
        return line
    return UndoLine(
        row=line.row,
        contact_id=line.contact_id,
        status=UndoStatus.FAILED,
        reason=line.reason or _CUT_OFF,
    )


def render_undo(summary: UndoSummary) -> str:
    """Say what an undo came to, for people."""
    return "\n".join(_rendered(summary))


def _rendered(summary: UndoSummary) -> Iterable[str]:
    counts = ", ".join(
        f"{number(count)} {status.value}" for status in _SHOWN if (count := summary.count(status))
    )
    rows = counted(summary.rows_read, "row")
    if summary.dry:
        yield f"Nothing was written. Taking back run {summary.run_id} would do this to its {rows}: {counts}."
    elif summary.stopped is not None:
        yield f"Stopped: {summary.stopped} Of {rows} of run {summary.run_id} so far: {counts}."
    else:
        yield f"Run {summary.run_id} was taken back. Of its {rows}: {counts}."
    yield f"{counted(summary.requests, 'request')} in {duration(summary.seconds)}."
    for reason, count in summary.reasons.items():
        yield f"  {number(count)} x {reason}"
    if summary.jobs and not summary.dry:
        names = ", ".join(summary.jobs)
        yield f"These jobs imported it, and do so again when they meet the file: {names}. Mend the file or the job first."
    yield f"Each row: {summary.path}"
