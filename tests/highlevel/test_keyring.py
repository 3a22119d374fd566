from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.errors import CredentialsError
from importer.highlevel.connections import ConnectionBook, StoredConnection
from importer.highlevel.grants import Grant, StoredGrant
from importer.highlevel.secret_folder import SecretFolder
from importer.settings import Secret

keyring: Any = pytest.importorskip("keyring", reason="the extra keyring is not installed")
fail: Any = pytest.importorskip("keyring.backends.fail", reason="the extra keyring is not installed")
backend: Any = pytest.importorskip("keyring.backend", reason="the extra keyring is not installed")

GRANT = Grant(
    client_id="app-1",
    client_secret=Secret("app-secret"),
    access_token=Secret("access-1"),
    refresh_token=Secret("refresh-1"),
    expires_at=1.0,
    location_id="loc",
)


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A keyring without a desktop; what it keeps."""
    kept: dict[str, str] = {}
    memory = type(
        "MemoryKeyring",
        (backend.KeyringBackend,),
        {
            "priority": 1.0,
            "get_password": lambda _, __, name: kept.get(name),
            "set_password": lambda _, __, name, secret: kept.__setitem__(name, secret),
            "delete_password": lambda _, __, name: kept.pop(name),
        },
    )
    monkeypatch.setattr(keyring.core, "_keyring_backend", memory())
    return kept


def test_secrets_can_live_in_the_systems_keyring(tmp_path: Path, kept: dict[str, str]) -> None:
    vault = StoredGrant(SecretFolder(tmp_path), "location-loc")
    vault.write(GRANT, keyring=True)
    assert vault.read() == GRANT
    assert "refresh-1" in kept["location-loc"]
    for secret in ("app-secret", "access-1", "refresh-1"):
        assert secret not in (tmp_path / "location-loc.json").read_text()


def test_a_renewed_grant_stays_in_the_keyring(tmp_path: Path, kept: dict[str, str]) -> None:
    vault = StoredGrant(SecretFolder(tmp_path), "location-loc")
    vault.write(GRANT, keyring=True)
    vault.write(vault.read())
    assert "refresh-1" not in (tmp_path / "location-loc.json").read_text()
    kept.clear()
    with pytest.raises(CredentialsError, match="importer login"):
        vault.read()


def test_a_connections_token_lives_in_the_keyring_and_goes_with_it(
    tmp_path: Path, kept: dict[str, str]
) -> None:
    book = ConnectionBook(tmp_path)
    wanted = StoredConnection(
        location_id="loc", name="Acme", base_url="https://api.example", stored_at=1.0, in_keyring=True
    )
    assert book.store(wanted, Secret("pit-secret")) == wanted
    assert kept == {"token-loc": "pit-secret"}
    assert "pit-secret" not in (tmp_path / "token-loc.json").read_text()
    assert book.token("loc", "https://api.example") == Secret("pit-secret")
    assert book.store(replace(wanted, in_keyring=False), Secret("pit-other")).in_keyring is False
    assert kept == {}
    assert book.token("loc", "https://api.example") == Secret("pit-other")
    assert book.forget("loc")
    assert not book.forget("loc")


def test_a_keyring_that_refuses_leaves_the_token_to_the_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring.core, "_keyring_backend", fail.Keyring())
    book = ConnectionBook(tmp_path)
    wanted = StoredConnection(
        location_id="loc", name="", base_url="https://api.example", stored_at=1.0, in_keyring=True
    )
    assert book.store(wanted, Secret("pit-secret")).in_keyring is False
    assert book.token("loc", "https://api.example") == Secret("pit-secret")


def test_a_token_that_the_keyring_lost_says_how_to_connect_again(
    tmp_path: Path, kept: dict[str, str]
) -> None:
    book = ConnectionBook(tmp_path)
    book.store(
        StoredConnection(
            location_id="loc", name="", base_url="https://api.example", stored_at=1.0, in_keyring=True
        ),
        Secret("pit-secret"),
    )
    kept.clear()
    with pytest.raises(CredentialsError, match="importer connect loc"):
        book.token("loc", "https://api.example")
