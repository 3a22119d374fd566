"""What to do after a run, with the command to type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from importer.records import Remedy
from importer.results.summary import Summary
from importer.results.wording import rows


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One thing to do; ``command`` is ready to be pasted."""

    sentence: str
    command: str | None = None


def next_steps(summary: Summary) -> tuple[NextStep, ...]:
    """Tell what is left to do, in the order in which to do it; nothing when all is done."""
    return tuple(_steps(summary))


def _steps(summary: Summary) -> Iterator[NextStep]:
    if summary.state == "stopped":
        yield NextStep(
            sentence="Go on where it stopped (rows that are settled are not sent again):",
            command=summary.commands.resume(summary.run_id),
        )
        return
    again = summary.failed_by_remedy.get(Remedy.RUN_AGAIN, 0)
    if again:
        yield NextStep(
            sentence=f"Send {rows(again)} again that failed through no fault of the data:",
            command=summary.commands.retry(summary.run_id),
        )
    if in_doubt := summary.errors_by_code.get("follow_up_unconfirmed"):
        yield NextStep(
            sentence=f"See to {rows(in_doubt)} by hand, where import_error tells what is not known of their follow-ups; "
            "take such rows out of failed.csv before you import it."
        )
    if summary.failed_by_remedy.get(Remedy.FIX_ROW):
        yield NextStep(
            sentence="Correct the failed rows in failed.csv (a spreadsheet will do) and import that file:",
            command=summary.commands.run_corrected(summary.failed_rows),
        )
