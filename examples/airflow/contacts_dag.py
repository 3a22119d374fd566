"""Each night: the file of that day into one sub-account. Put this and importing.py into the folder of DAGs."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task
from importing import import_contacts


@dag(
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # one run at a time and location: a second one would wait for the first
    default_args={"retries": 6, "retry_delay": timedelta(minutes=10)},
)
def contacts() -> None:
    @task(execution_timeout=timedelta(hours=20))
    def bring_over(ds: str | None = None) -> dict[str, int]:
        return import_contacts(
            f"s3://exports/crm/contacts-{ds}.csv",
            "/opt/airflow/mappings/contacts.yaml",
            location_id=os.environ["HIGHLEVEL_LOCATION_ID"],
            token=os.environ["HIGHLEVEL_TOKEN"],
            # one folder that outlives the worker: it is how a retry knows what was sent
            state="/opt/airflow/importer-state",
        )

    bring_over()


contacts()
