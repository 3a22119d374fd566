"""What to do after a run, with the command to type."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import TrialDoneError
from importer.records import Remedy, Since, value_type
from importer.results.commands import NextCommands
from importer.results.wording import rows

if TYPE_CHECKING:
    from importer.results.forecast import Forecast
    from importer.results.summary import Summary

TRIAL_ROWS: Final = 5
"""So many are soon looked at by a person, one by one."""


@value_type(frozen=True, slots=True, kw_only=True)
class NextStep:
    """One thing to do; ``command`` is ready to be pasted."""

    sentence: str
    command: str | None = None


def next_steps(summary: Summary) -> tuple[NextStep, ...]:
    """Tell what is left to do, in the order in which to do it; nothing when all is done."""
    return tuple(_steps(summary))


def first_steps(forecast: Forecast) -> Iterator[NextStep]:
    """Tell what comes after a check: for a mapping that was never used, a few rows before all of them."""
    if not forecast.ready:
        return
    if forecast.first_time and forecast.ready > TRIAL_ROWS:
        yield NextStep(
            sentence=f"It is the first import by this mapping. Send {TRIAL_ROWS} rows, and look at them in HighLevel:",
            command=forecast.commands.run("--trial", str(TRIAL_ROWS)),
        )
    yield NextStep(sentence="Import them:", command=forecast.commands.run())


def _steps(summary: Summary) -> Iterator[NextStep]:
    if summary.state == "stopped":
        tried = summary.reason_code == TrialDoneError.code
        yield NextStep(
            sentence="Send the rest, once the contacts of the trial look as they should in HighLevel:"
            if tried
            else "Go on where it stopped (rows that are settled are not sent again):",
            command=summary.commands.resume(summary.run_id),
        )
        return
    if summary.since is not None:
        yield from steps_since(summary.since, summary.commands)
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
            f"take such rows out of {_to_correct(summary).name} before you import it."
        )
    if summary.failed_by_remedy.get(Remedy.FIX_ROW):
        yield NextStep(
            sentence=_correct(summary),
            command=summary.commands.run_corrected(_to_correct(summary)),
        )


def steps_since(since: Since, commands: NextCommands) -> Iterator[NextStep]:
    """Tell what is left where other runs took the failed rows up: correcting all of them once more would undo theirs."""
    if since.left:
        yield NextStep(
            sentence=f"{rows(since.left)} of the {since.failed:,} that failed {'is' if since.left == 1 else 'are'} left. "
            "The newest run that took them up tells more:",
            command=commands.show(since.successors[-1]),
        )


def _to_correct(summary: Summary) -> Path:
    """Name the file to correct: the workbook, whose cells no spreadsheet rewrites, where there is one."""
    return summary.failed_workbook or summary.failed_rows


def _correct(summary: Summary) -> str:
    name = _to_correct(summary).name
    if summary.failed_workbook is not None:
        return f"Correct the failed rows in {name} (its cells are text, so zeros and dates stay) and import that file:"
    return f"Correct the failed rows in {name} in a text editor (a spreadsheet would drop leading zeros) and import that file:"
