"""A run over workers whose files lie in a bucket: IMPORTER_FILES=s3://..., by a real server on loopback."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from importer.errors import ImporterError
from importer.sources.cloud import read_object
from tests.parts.cluster import Cluster
from tests.s3_server import ACCESS, put, s3_on_loopback


@pytest.fixture(autouse=True)
def _both_ends() -> None:
    """Import them where they are used: they are much of what collecting all tests costs, in each of xdist's processes."""
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")


async def test_workers_find_rows_and_results_in_a_bucket_and_nothing_is_left_of_a_forgotten_run(
    cluster: Cluster, postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with s3_on_loopback() as url:
        put(f"{url}/runs")
        for name, value in {
            "AWS_ENDPOINT_URL_S3": url,
            **ACCESS,
            "IMPORTER_FILES": "s3://runs/importer",
        }.items():
            monkeypatch.setenv(name, value)
        cluster.write({"A": 3, "B": 1})
        run_id = (await cluster.submit()).run_id
        (tmp_path / "contacts.csv").unlink()
        assert (await cluster.work()).tally.exit_code == 0
        assert len(cluster.results(run_id)) == 4
        assert len(cluster.vendor.contacts("A")) == 3
        with psycopg.connect(postgres) as database:
            database.execute(f'SET search_path = "importer_run_{run_id}_kept"')
            kept = database.execute("SELECT name, place FROM kept_files").fetchall()
            pieces = database.execute("SELECT count(*) FROM pieces").fetchone()
        assert {place for _, place in kept} == {f"s3://runs/importer/{run_id}/{name}" for name, _ in kept}
        assert any(name.startswith("results/") for name, _ in kept)
        assert pieces == (0,)
        cluster.store("three").folder.forget(run_id)
        with pytest.raises(ImporterError, match=r"s3://runs/importer"):
            list(read_object(f"s3://runs/importer/{run_id}/{kept[0][0]}"))
