"""The address of a Postgres: what is shown of it, and where its password may stand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.state.postgres.address import Address, address_given, address_with_password, is_address
from importer.state.postgres.faces import MARK_NAME, face_around, face_of, make_face


@pytest.mark.parametrize(
    ("written", "shown", "password"),
    [
        ("postgresql://db.example/importer", "postgresql://db.example/importer", None),
        ("postgres://db/importer", "postgresql://db/importer", None),
        (
            "postgresql://ann:pa%40ss@db:5433/x?sslmode=require",
            "postgresql://ann@db:5433/x?sslmode=require",
            "pa@ss",
        ),
        (
            "postgresql://db/x?password=hush-hush&application_name=a",
            "postgresql://db/x?application_name=a",
            "hush-hush",
        ),
        ("postgresql://:hush-hush@db/x", "postgresql://db/x", "hush-hush"),
        ("postgresql://one:1,two:2/x", "postgresql://one:1,two:2/x", None),
        ("postgresql://?service=crm", "postgresql://?service=crm", None),
        ("postgresql:///importer", "postgresql:///importer", None),
    ],
)
def test_an_address_is_shown_without_its_password(written: str, shown: str, password: str | None) -> None:
    address = Address.read(written)
    assert address.text == shown
    assert (address.password and address.password.reveal()) == password
    assert password is None or password not in repr(address)


def test_a_password_in_a_flag_is_refused_with_the_places_where_it_may_stand() -> None:
    with pytest.raises(SettingsError, match=r"PGPASSWORD.*service") as refused:
        address_given("postgresql://ann:hush-hush@db/x")
    assert "hush-hush" not in str(refused.value)


def test_the_password_of_the_environment_goes_with_its_own_address_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IMPORTER_STATE", "postgresql://ann:hush-hush@db/x")
    found = address_with_password("postgresql://ann@db/x").password
    assert found is not None
    assert found.reveal() == "hush-hush"
    assert address_given("postgresql://ann@elsewhere/x").password is None


@pytest.mark.parametrize("text", ["postgresql://db/x", "POSTGRES://db", "postgresql:/db/x"])
def test_an_address_is_told_from_a_folder(text: str) -> None:
    assert is_address(text)
    assert not is_address(f"./{text}")


def test_a_face_folder_is_private_and_leads_to_its_address(tmp_path: Path) -> None:
    folder = make_face(Address.read("postgresql://ann:hush-hush@db/x"), tmp_path)
    assert make_face(Address.read("postgresql://ann:hush-hush@db/x"), tmp_path) == folder
    assert make_face(Address.read("postgresql://ann@db/y"), tmp_path) != folder
    assert "hush-hush" not in (folder / MARK_NAME).read_text()
    for inside in (folder, folder / "runs" / "r" / "sources"):
        found = face_around(inside)
        assert found is not None
        assert (found.folder, found.address.text) == (folder, "postgresql://ann@db/x")
    assert face_around(tmp_path) is None
    if os.name == "posix":
        assert {each.stat().st_mode & 0o777 for each in (folder, folder.parent)} == {0o700}
        assert (folder / MARK_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("file", "shared"),
    [
        ("memory.db", True),
        ("runs/r1/journal.db", True),
        ("drafts/a/draft.db", False),
        ("mirror/x/mirror.db", False),
    ],
)
def test_the_state_and_its_runs_are_in_the_store_and_what_is_this_machines_own_is_not(
    tmp_path: Path,
    file: str,
    shared: bool,  # noqa: FBT001
) -> None:
    folder = make_face(Address.read("postgresql://db/x"), tmp_path)
    assert (face_of(folder / file) is not None) is shared


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="needs somebody else's file")
def test_another_users_mark_sends_our_password_nowhere(tmp_path: Path) -> None:
    folder = make_face(Address.read("postgresql://db/x"), tmp_path)
    os.chown(folder / MARK_NAME, 65534, 65534)
    assert face_around(folder) is None
