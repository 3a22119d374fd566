"""Outcomes as log lines for collectors: where and why, never what a cell holds."""

from __future__ import annotations

import logging
from typing import Final

from importer.records import Outcome, Status, number_of, source_of
from importer.results.summary import Summary

_ROWS: Final = logging.getLogger("importer.rows")
_RUNS: Final = logging.getLogger("importer.run")


def log_outcome(outcome: Outcome) -> None:
    """Log a row that failed; the others only when everything is logged."""
    level = logging.INFO if outcome.status is Status.FAILED else logging.DEBUG
    if not _ROWS.isEnabledFor(level):
        return
    number = number_of(outcome.row)
    why = f" ({outcome.code})" if outcome.code else ""
    known = {
        "row": number,
        "source": source_of(outcome.row),
        "status": outcome.status.value,
        "code": outcome.code,
        "remedy": outcome.remedy.value,
        "location_id": outcome.location_id,
        "contact_id": outcome.contact_id,
        "http_status": outcome.http_status,
        "attempts": outcome.attempts,
        "trace_id": outcome.trace_id,
    }
    given = {name: value for name, value in known.items() if value is not None}
    _ROWS.log(level, "row %d %s%s", number, outcome.status.value, why, extra=given)


def log_summary(summary: Summary) -> None:
    """Log how a run ended, with the names that ``summary.json`` has."""
    told = summary.to_json()
    names = (
        "state reason rows_read created updated skipped failed pending warnings requests throttled seconds "
        "errors_by_code results failed_rows report"
    )
    # Under one name, since a log record has a `created` of its own.
    known = {name: told[name] for name in names.split()}
    _RUNS.info("run %s", summary.state, extra={"run_id": summary.run_id, "summary": known})
