"""The summary as a log line, for collectors."""

from __future__ import annotations

from typing import Final

from importer.results.summary import Summary
from importer.runtime.logs import logger_of

_RUNS: Final = logger_of("importer.run")


def log_summary(summary: Summary) -> None:
    """Log how a run ended, with the names that ``summary.json`` has."""
    summed_up = summary.to_json()
    names = (
        "state reason reason_code rows_read created updated skipped failed pending warnings requests throttled seconds "
        "errors_by_code results failed_rows report"
    )
    # Under one name, since a log record has a `created` of its own.
    known = {name: summed_up[name] for name in names.split()}
    _RUNS.info("run %s", summary.state, extra={"run_id": summary.run_id, "summary": known})
