"""What is kept of a submitted run goes, from whichever machine somebody says so; and not from under a worker."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from importer.errors import RunConflictError
from importer.runs.forgetting import forget_person
from importer.settings import ReadingOptions
from importer.state.kept_files import KeptFiles
from tests.parts.cluster import Cluster


def texts_in(postgres: str) -> str:
    """Give all that stands in any table, as text."""
    tables = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'importer%'"
    with psycopg.connect(postgres) as database:
        return "\n".join(
            str(line)
            for (table,) in database.execute(tables).fetchall()
            for line in database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        ).lower()


def files_with(folder: Path, text: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text in path.read_bytes().lower()]


async def test_a_run_is_not_forgotten_from_under_its_worker(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1})
    run_id = (await cluster.submit()).run_id
    with (
        cluster.store("two").take(run_id, "A"),
        pytest.raises(RunConflictError, match=f"being worked on by .*importer stop {run_id}"),
    ):
        cluster.store().folder.forget(run_id)
    assert (await cluster.work()).tally.exit_code == 0


async def test_what_waits_of_a_forgotten_run_is_sent_by_nobody(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1})
    run_id = (await cluster.submit()).run_id
    cluster.store("three").folder.forget(run_id)
    worker = await cluster.work()
    assert (worker.tally.stopped, worker.tally.finished) == (2, 0)
    assert cluster.vendor.contacts("A") == []
    assert list(cluster.store().folder.run_ids()) == []
    again = await cluster.submit()
    assert (again.parts, again.rows) == (2, 3)


async def test_a_person_is_forgotten_from_a_machine_that_never_saw_the_run(
    cluster: Cluster, postgres: str
) -> None:
    cluster.write({"A": 3, "B": 2})
    run_id = (await cluster.submit(changed_only=True)).run_id
    await cluster.work()
    assert files_with(cluster.folder / "two" / "machines", b"n1@a.example.com") == ["contacts.csv"]
    store = cluster.store("three")
    forgotten = forget_person("N1@A.example.com", store.state, reading=ReadingOptions())
    assert [(each.run_id, each.rows) for each in forgotten.runs] == [(run_id, 1)]
    assert forgotten.unread == ()
    assert KeptFiles(store.folder.run_folder(run_id)).names() == ()
    assert "n1@a.example.com" not in texts_in(postgres)
    assert files_with(cluster.folder / "three", b"n1@a.example.com") == []
    with store.folder.open_journal(store.run(run_id), thorough=False) as journal:
        assert journal.counts().created == 5  # how the row ended stays known
    # once more finds nothing, and is no fault
    assert forget_person("n1@a.example.com", store.state, reading=ReadingOptions()).nothing
