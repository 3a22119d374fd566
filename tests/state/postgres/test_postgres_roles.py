"""The roles that a database may have: who works on runs makes no tables, and who looks at them changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from importer.errors import ImporterError
from importer.records import Counts, Intent, Outcome, Status
from importer.state import StateFolder
from importer.state.journal import Journal, Run, RunState, SessionKind
from importer.state.postgres.address import Address
from importer.state.postgres.faces import mark_face

pytestmark = pytest.mark.versions


@pytest.fixture
def roles(postgres: str) -> Iterator[dict[str, str]]:
    """The addresses of a worker and a reader."""
    name = postgres.rpartition("/")[2]
    with closing(psycopg.connect(postgres, autocommit=True)) as server:
        for role in ("importer_worker", "importer_reader"):
            server.execute(
                f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
            server.execute(f"CREATE ROLE {role}_{name} LOGIN IN ROLE {role}")
        try:
            yield {
                role: postgres.replace("postgres@", f"importer_{role}_{name}@")
                for role in ("worker", "reader")
            }
        finally:
            for role in ("importer_worker", "importer_reader"):
                server.execute(f"DROP OWNED BY {role}_{name}; DROP ROLE {role}_{name}")


def face(folder: Path, address: str) -> StateFolder:
    folder.mkdir()
    mark_face(folder, Address.read(address))
    return StateFolder(folder)


def test_a_worker_works_on_a_run_and_a_reader_looks_at_it(
    tmp_path: Path, postgres: str, roles: dict[str, str], make_run: Callable[..., Run]
) -> None:
    owner = face(tmp_path / "owner", postgres)
    new = owner.new_run()
    Journal.create(new.path, make_run(new.path)).close()
    owner.previous(make_run(new.path, id="another"))  # what is made with a start

    worker = face(tmp_path / "worker", roles["worker"])
    run = worker.run(new.id)
    with worker.open_journal(run) as journal:
        journal.begin(SessionKind.RESUME)
        journal.intend([Intent(row=2, location_id="l", first_attempt_at=1.0)])
        journal.settle([Outcome(row=2, status=Status.CREATED)])
        journal.set_rows_read(1)
        journal.set_state(RunState.FINISHED)
    with pytest.raises(ImporterError, match="does not let this role do that"):
        Journal.create(worker.run_folder("20260101-000000-0000"), make_run(tmp_path / "20260101-000000-0000"))

    reader = face(tmp_path / "reader", roles["reader"])
    assert [each.id for each in reader.runs()] == [new.id]
    with reader.open_journal(reader.run(new.id), thorough=False) as journal:
        assert journal.counts() == Counts(created=1)
        with pytest.raises(ImporterError, match="does not let this role do that"):
            journal.begin(SessionKind.RESUME)
