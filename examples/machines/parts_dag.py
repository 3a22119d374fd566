"""A submitted run in Airflow, a mapped task for each location. Put this and parting.py into the folder of DAGs.

The workers of Airflow need `highlevel-importer[postgres]`, IMPORTER_STATE=postgresql://... and a token in their environment.
"""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task
from parting import parts_of, work_on


@dag(
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    default_args={"retries": 20, "retry_delay": timedelta(minutes=5)},
)
def contacts_by_location() -> None:
    @task
    def submit(ds: str | None = None) -> str:
        # Tried again, the same command finds the run that it began.
        words = [
            "importer",
            "submit",
            f"s3://exports/contacts-{ds}.csv",
            "-m",
            "/opt/airflow/mappings/all.yaml",
        ]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603

    @task
    def locations(run: str) -> list[dict[str, str]]:
        return [{"run": run, "location": location} for location in parts_of(run)]

    @task(execution_timeout=timedelta(hours=20), max_active_tis_per_dagrun=50)
    def part(run: str, location: str) -> dict[str, int]:
        return work_on(run, location)

    part.expand_kwargs(locations(submit()))


contacts_by_location()
