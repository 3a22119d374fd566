"""connect: a token goes in unseen, is tried, kept by location, and found again in the agreed order."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from importer.cli.account import doctor_command
from importer.cli.connecting import connect_command
from importer.errors import CredentialsError, SettingsError
from importer.highlevel.connections import ConnectionBook, StoredConnection, token_of
from importer.runtime.environment import read_tokens
from importer.sandbox import Account, Sandbox, SandboxSettings
from importer.settings import Connection, Secret

PLACE = "sandboxLocation00001"
ADDRESS = f"https://app.gohighlevel.com/v2/location/{PLACE}/dashboard?x=1"
TOKEN = "pit-secret-0001"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_BASE_URL", "HIGHLEVEL_TOKENS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path / "state"))


@pytest.fixture
def book(tmp_path: Path) -> ConnectionBook:
    return ConnectionBook(tmp_path / "state" / "grants")


def mode_of(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


async def call(command: Any, *words: str, text: str = "", **environment: str) -> Result:
    return await asyncio.to_thread(
        lambda: CliRunner().invoke(command, words, input=text, env=environment, catch_exceptions=True)
    )


def stored(
    name: str = "Acme", base_url: str = "https://api.example", *, keyring: bool = False
) -> StoredConnection:
    return StoredConnection(
        location_id=PLACE, name=name, base_url=base_url, stored_at=1_700_000_000.0, in_keyring=keyring
    )


async def test_a_piped_token_is_tried_and_kept_for_the_location_of_a_pasted_address(
    book: ConnectionBook,
) -> None:
    async with Sandbox() as sandbox:
        done = await call(
            connect_command, ADDRESS, "--no-keyring", "--base-url", sandbox.base_url, text=f"{TOKEN}\n"
        )
        assert done.exit_code == 0, done.output
        assert f"location: {PLACE} (Sandbox {PLACE}" in done.output
        assert "matching: email then phone" in done.output
        assert f"Connected {PLACE}" in done.output
        assert f"--location {PLACE}" in done.output
        assert TOKEN not in done.output
        later = await call(doctor_command, "--base-url", sandbox.base_url, "--location", PLACE)
    assert "token: accepted" in later.output
    if sys.platform != "win32":
        assert mode_of(book.where(PLACE)) == 0o600


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("pit-invalid", "Make a new private integration token"),
        ("pit-no-access", "Use a token of this location"),
        ("pit-no-scope", "missing; needed for every import"),
    ],
)
async def test_a_token_that_cannot_import_is_not_kept_and_says_why(
    book: ConnectionBook, token: str, words: str
) -> None:
    async with Sandbox() as sandbox:
        done = await call(connect_command, PLACE, "--no-keyring", "--base-url", sandbox.base_url, text=token)
    assert words in done.output
    assert "The token was not stored" in str(done.exception)
    assert list(book.all()) == []
    assert token not in done.output


async def test_a_missing_scope_that_some_imports_need_is_told_and_the_token_kept(
    book: ConnectionBook,
) -> None:
    limited = Account(token=TOKEN, scopes=frozenset({"contacts.write", "locations.readonly"}))
    async with Sandbox(SandboxSettings(accounts=(limited,))) as sandbox:
        done = await call(connect_command, PLACE, "--no-keyring", "--base-url", sandbox.base_url, text=TOKEN)
    assert "locations/customFields.readonly: missing; needed for custom fields" in done.output
    assert [each.location_id for each in book.all()] == [PLACE]


async def test_a_token_in_the_command_is_refused_and_not_repeated(book: ConnectionBook) -> None:
    done = await call(connect_command, TOKEN)
    assert done.exit_code == 2
    assert "make a new one" in done.output
    assert TOKEN not in done.output


@pytest.mark.parametrize(
    ("location", "text", "words"),
    [
        ("../../etc", TOKEN, "That is no location's id"),
        (PLACE, "", "No token came"),
        (PLACE, ADDRESS, "That is an address, and no token"),
        (PLACE, PLACE, "That is the sub-account's id, and no token"),
        (PLACE, "two words", "holds more than a token"),
        (PLACE, '"pit-quoted"', "holds more than a token"),
        (PLACE, "HIGHLEVEL_TOKEN=pit-assigned", "holds more than a token"),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anybody_is_asked(
    location: str, text: str, words: str
) -> None:
    done = await call(connect_command, location, "--base-url", "http://127.0.0.1:1", text=text)
    assert words in str(done.exception)


@pytest.mark.parametrize(
    "words", [(PLACE, "--list"), ("--list", "--forget", PLACE), (PLACE, "--forget", PLACE)]
)
async def test_what_would_do_only_one_of_two_things_is_refused(words: tuple[str, ...]) -> None:
    assert "say one of them" in (await call(connect_command, *words)).output


@pytest.mark.parametrize("token", ["two words", "'pit-quoted'", "pit-\u00e4", "Bearer pit-1"])
def test_a_token_of_one_location_is_looked_at_as_the_one_of_all_is(
    token: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tokens").write_text(f"loc2 = {token}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"tokens:1 holds more than a token"):
        read_tokens(tmp_path / "tokens")
    monkeypatch.setenv("HIGHLEVEL_TOKEN_loc1", token)
    with pytest.raises(SettingsError, match="HIGHLEVEL_TOKEN_loc1 holds more than a token"):
        read_tokens()


async def test_a_token_piped_by_a_shell_that_marks_its_texts_is_taken(book: ConnectionBook) -> None:
    async with Sandbox() as sandbox:
        await call(
            connect_command, PLACE, "--no-keyring", "--base-url", sandbox.base_url, text=f"\ufeff{TOKEN}\r\n"
        )
        token = book.token(PLACE, sandbox.base_url)
    assert token is not None
    assert token.reveal() == TOKEN


async def test_what_is_connected_is_listed_without_its_token_and_can_be_forgotten(
    book: ConnectionBook, tmp_path: Path
) -> None:
    book.store(stored("Acme\x1b[2J Ltd"), Secret(TOKEN))
    listed = await call(connect_command, "--list")
    assert f"{PLACE}  2023-11-14  file     https://api.example  Acme" in listed.output
    assert TOKEN not in listed.output
    assert "\x1b" not in listed.output
    assert (await call(connect_command, "--forget", ADDRESS)).exit_code == 0
    assert list((tmp_path / "state" / "grants").glob("*")) == []
    assert "No token is stored" in str((await call(connect_command, "--forget", PLACE)).exception)


def test_the_tokens_of_a_location_come_in_the_agreed_order(book: ConnectionBook) -> None:
    book.store(stored(), Secret("stored"))
    own, general = {PLACE: Secret("own")}, Secret("general")

    def chosen(**given: Any) -> str:
        connection = Connection(
            base_url="https://api.example/", grants=Path(book.where(PLACE)).parent, **given
        )
        found = token_of(connection, PLACE)
        return "" if found is None else found.reveal()

    assert chosen(token=general, token_first=True, tokens=own) == "general"
    assert chosen(token=general, tokens=own) == "own"
    assert chosen(token=general) == "stored"
    assert chosen() == "stored"
    assert token_of(Connection(token=general, grants=Path(book.where(PLACE)).parent), PLACE) == general


def test_a_stored_token_goes_to_the_server_that_it_was_made_for_and_to_no_other(book: ConnectionBook) -> None:
    book.store(stored(), Secret(TOKEN))
    assert book.token(PLACE, "https://api.example/") == Secret(TOKEN)
    assert book.token(PLACE, "http://127.0.0.1:8700") is None
    assert book.token("otherLocation", "https://api.example") is None
    assert book.token("../x", "https://api.example") is None


def test_a_damaged_connection_says_how_to_make_it_anew(book: ConnectionBook) -> None:
    book.store(stored(), Secret(TOKEN))
    Path(book.where(PLACE)).write_text("{}")
    with pytest.raises(CredentialsError, match=f"importer connect {PLACE}"):
        book.token(PLACE, "https://api.example")
    assert list(book.all()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
async def test_on_a_terminal_the_token_is_asked_for_and_not_shown(book: ConnectionBook) -> None:
    import pty

    ours, theirs = pty.openpty()
    async with Sandbox() as sandbox:
        words = ["connect", PLACE, "--no-keyring", "--base-url", sandbox.base_url]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "importer", *words),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        shown = await asyncio.to_thread(read_until, ours, b"not shown): ")
        os.write(ours, f"{TOKEN}\n".encode())
        shown += await asyncio.to_thread(read_until, ours, b"")
        assert await process.wait() == 0, shown
    os.close(ours)
    assert b"Connected" in shown
    assert TOKEN.encode() not in shown
    assert book.token(PLACE, sandbox.base_url) == Secret(TOKEN)


def read_until(terminal: int, end: bytes) -> bytes:
    """Read what a terminal shows, up to some words or to its end."""
    shown = b""
    while not (end and shown.endswith(end)):
        try:
            read = os.read(terminal, 1024)
        except OSError:  # Linux says so where the other side is closed
            break
        if not read:
            break
        shown += read
    return shown
