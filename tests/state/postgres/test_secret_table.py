"""Grants and tokens in a Postgres: encrypted, bound to their names, renewed by one process at a time on all machines."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from importer.errors import CredentialsError, SettingsError
from importer.highlevel.connections import ConnectionBook, StoredConnection
from importer.highlevel.grants import Grant, GrantBook
from importer.runtime.process_lock import LockHeldError, this_process
from importer.settings import Secret, SecretStore
from importer.state.postgres.address import Address
from importer.state.postgres.faces import make_face
from importer.state.postgres.secret_table import KEY_VARIABLE
from importer.state.secrets import secrets_in

pytestmark = pytest.mark.versions

ACME = StoredConnection(
    location_id="loc1", name="Acme", base_url="https://api.example", stored_at=1.0, in_keyring=False
)
GRANT = Grant(
    client_id="app-1",
    client_secret=Secret("client-1"),
    access_token=Secret("access-1"),
    refresh_token=Secret("refresh-1"),
    expires_at=9.0,
    location_id="loc1",
)


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def face(postgres: str, tmp_path: Path) -> Path:
    return make_face(Address.read(postgres), tmp_path)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    key = new_key()
    monkeypatch.setenv(KEY_VARIABLE, key)
    return key


@pytest.fixture
def kept(face: Path, key: str) -> SecretStore:
    return secrets_in(face)


@pytest.fixture
def table(postgres: str, kept: SecretStore) -> Iterator[psycopg.Connection]:
    """The table as the database's administrator sees it."""
    kept.names("")
    with closing(psycopg.connect(postgres, autocommit=True)) as connection:
        connection.execute("SET search_path = importer_secrets")
        yield connection


def test_tokens_are_kept_listed_and_deleted(kept: SecretStore) -> None:
    book = ConnectionBook(kept)
    assert book.token("loc1", ACME.base_url) is None
    book.store(ACME, Secret("pit-1"))
    book.store(ACME, Secret("pit-2"))
    assert list(book.all()) == [ACME]
    assert book.token("loc1", ACME.base_url) == Secret("pit-2")
    assert book.forget("loc1")
    assert not book.forget("loc1")
    assert list(book.all()) == []


def test_the_grant_of_the_location_comes_before_the_newest_of_an_agency(kept: SecretStore) -> None:
    book = GrantBook(kept)
    assert not book
    assert book.find("loc1") is None
    agencies = [replace(GRANT, agency=True, location_id=None, company_id=name) for name in ("z", "a")]
    for each in agencies:
        book.vault(each).write(each)
    found = book.find("loc1")
    assert found is not None
    assert found.read() == agencies[1]
    book.vault(GRANT).write(GRANT)
    found = book.find("loc1")
    assert found is not None
    assert found.read() == GRANT
    assert [each.company_id for each in book.listed()] == ["a", "z", None]


def test_no_keyring_of_one_machine_is_asked(kept: SecretStore) -> None:
    wanted = replace(ACME, in_keyring=True)
    assert ConnectionBook(kept).store(wanted, Secret("pit-1")) == ACME
    book = GrantBook(kept)
    book.vault(GRANT).write(GRANT, keyring=True)
    assert book.vault(GRANT).read() == GRANT
    book.prepare(keyring=False)
    with pytest.raises(SettingsError, match="without --keyring"):
        book.prepare(keyring=True)


def test_no_secret_can_be_read_in_the_database(kept: SecretStore, table: psycopg.Connection) -> None:
    GrantBook(kept).vault(GRANT).write(GRANT)
    ((content,),) = table.execute("SELECT content FROM secrets").fetchall()
    assert not any(word in content for word in (b"refresh-1", b"access-1", b"client"))
    GrantBook(kept).vault(GRANT).write(GRANT)
    assert table.execute("SELECT content FROM secrets").fetchall() != [(content,)]


def test_one_location_cannot_be_given_the_token_of_another_in_the_database(
    kept: SecretStore, table: psycopg.Connection
) -> None:
    book = ConnectionBook(kept)
    book.store(ACME, Secret("pit-1"))
    book.store(replace(ACME, location_id="loc2"), Secret("pit-2"))
    table.execute("UPDATE secrets SET content = (SELECT content FROM secrets WHERE name = 'token-loc2')")
    with pytest.raises(SettingsError, match="token-loc1 was stored under another key"):
        book.token("loc1", ACME.base_url)


@pytest.mark.parametrize("given", ["", "no key at all", base64.b64encode(b"short").decode()])
def test_a_key_that_is_none_is_refused_before_anything_is_stored(
    face: Path, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, given)
    book = ConnectionBook(secrets_in(face))
    for prepare in (book.prepare, lambda: GrantBook(secrets_in(face)).prepare(keyring=False)):
        with pytest.raises(SettingsError, match=KEY_VARIABLE):
            prepare()
    with pytest.raises(SettingsError, match=rf"{KEY_VARIABLE}.*openssl rand -base64 32") as refused:
        book.store(ACME, Secret("pit-1"))
    assert not given or given not in str(refused.value)
    assert book.token("loc1", ACME.base_url) is None  # nothing stored needs no key


def test_another_key_is_told_and_an_older_one_is_read_still(
    kept: SecretStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = ConnectionBook(kept)
    book.store(ACME, Secret("pit-1"))
    newer = new_key()
    monkeypatch.setenv(KEY_VARIABLE, newer)
    with pytest.raises(SettingsError, match=f"another key than {KEY_VARIABLE} holds"):
        book.token("loc1", ACME.base_url)
    monkeypatch.setenv(KEY_VARIABLE, f"{newer}, {key}")
    assert book.token("loc1", ACME.base_url) == Secret("pit-1")
    book.store(ACME, Secret("pit-2"))
    monkeypatch.setenv(KEY_VARIABLE, newer)
    assert book.token("loc1", ACME.base_url) == Secret("pit-2")


def test_a_renewal_is_of_one_process_and_leaves_a_trace_meanwhile(kept: SecretStore, face: Path) -> None:
    vault = GrantBook(kept).vault(GRANT)
    vault.write(GRANT)
    elsewhere = GrantBook(secrets_in(face)).vault(GRANT)
    waiting = elsewhere.locked(since=1.0, wait_seconds=0)
    with vault.locked(since=1.0):
        vault.write(replace(GRANT, refreshing=True))
        assert elsewhere.read().refreshing
        with pytest.raises(
            CredentialsError, match=rf"held by the renewal of location-loc1 \(process {os.getpid()} on"
        ):
            waiting.__enter__()
        other = GrantBook(kept).vault(replace(GRANT, location_id="loc2"))
        with other.locked(since=1.0, wait_seconds=0):
            pass
    with elsewhere.locked(since=1.0, wait_seconds=0):
        pass


def test_whoever_dies_gives_the_renewal_back(kept: SecretStore, table: psycopg.Connection) -> None:
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
    owner = this_process("the renewal", 1.0)
    with kept.locked("n", owner, wait_seconds=0):
        assert table.execute(ends).fetchall() == [(True,)]
    with (
        kept.locked("n", owner, wait_seconds=0),
        pytest.raises(LockHeldError),
        kept.locked("n", owner, wait_seconds=0),
    ):
        pass
