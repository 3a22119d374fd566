"""The server that tests over PostgreSQL use: one for all, a database for each, and none left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres_server import OTHER_VARIABLE, REQUIRED_VARIABLE, Postgres, find_programs, own_server

pytestmark = pytest.mark.versions


def test_a_database_is_empty_and_speaks_utf8(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        encoding = connection.execute("SHOW server_encoding").fetchone()
    assert (tables, encoding) == ((0,), ("UTF8",))


def test_each_test_has_a_database_of_its_own(postgres: str, postgres_server: Postgres) -> None:
    with psycopg.connect(postgres) as connection:
        name = connection.info.dbname
        assert name.startswith("test_")
    assert name not in postgres_server.address("postgres")


def test_what_was_durable_outlives_a_crash_and_connections_do_not() -> None:
    with own_server() as server:
        address = server.address("postgres")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (row BIGINT)")
            connection.execute("INSERT INTO kept VALUES (7)")
            server.crash()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        server.start()
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT row FROM kept").fetchall() == [(7,)]
        folder = server.folder
    assert not folder.exists()


def test_a_folder_that_holds_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OTHER_VARIABLE, str(tmp_path))
    monkeypatch.delenv(REQUIRED_VARIABLE, raising=False)
    assert find_programs() == tmp_path
    with pytest.raises(pytest.skip.Exception, match=str(tmp_path)), own_server():
        pass
    monkeypatch.setenv(REQUIRED_VARIABLE, "required")
    with pytest.raises(pytest.fail.Exception, match="required"), own_server():
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="nobody watches over it there")
def test_a_server_ends_with_the_tests_that_were_killed(tmp_path: Path) -> None:
    program = (
        "import os, signal; from tests.postgres_server import own_server\n"
        "with own_server() as server:\n"
        "    print(server.folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    folder = Path(killed.stdout.strip())
    assert folder.name.startswith("importer-postgres-"), killed.stderr
    subprocess.run(  # fails after its minute
        ["/bin/sh", "-c", 'while [ -e "$1" ]; do sleep 0.1; done', "wait", str(folder)],
        check=True,
        timeout=60,
    )
    assert folder.name.startswith("importer-postgres-")
