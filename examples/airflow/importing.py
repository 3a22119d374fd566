"""What the task does. It imports nothing of Airflow, so that it can be tried at a desk."""

from __future__ import annotations

import os
from pathlib import Path

import importer


def import_contacts(source: str, mapping: str, *, location_id: str, token: str, state: str) -> dict[str, int]:
    """Check a file, import it, and give the counts; raises where nothing should go on as if all were well."""
    account = {
        "location_id": location_id,
        "token": token,
        "state": state,
        "base_url": os.environ.get("HIGHLEVEL_BASE_URL"),
    }
    forecast = importer.check(source, mapping, **account)
    if forecast.failed > forecast.rows_read * 0.05:
        raise RuntimeError(
            f"{forecast.failed} of {forecast.rows_read} rows would fail: {dict(forecast.errors_by_code)}"
        )
    # The same call goes on where a killed worker left off: a retry of the task sends nothing twice.
    summary = importer.run(source, mapping, compare=True, output=Path(state) / "results", **account)
    if summary.state != "finished":
        raise RuntimeError(
            f"Run {summary.run_id} stopped: {summary.reason} A retry of the task goes on with it."
        )
    return {
        "created": summary.created,
        "updated": summary.updated,
        "skipped": summary.skipped,
        "failed": summary.failed,
    }
