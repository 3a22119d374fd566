from __future__ import annotations

import asyncio
import os
import stat
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from importer.errors import CredentialsError
from importer.highlevel.auth import AnyTokens, GrantTokens, redeem_code
from importer.highlevel.client import Client
from importer.highlevel.grants import Grant, GrantBook, StoredGrant
from importer.highlevel.secret_folder import SecretFolder
from importer.runtime.clock import SystemClock
from importer.sandbox import Grant as Consent
from importer.sandbox import MovableClock, Sandbox, SandboxSettings
from importer.settings import Connection, Secret

PLACE = "sandboxLocation00001"
APP = {"app-1": "app-secret"}


@asynccontextmanager
async def connected(
    *, agency: bool = False, folder: Path
) -> AsyncIterator[tuple[Sandbox, Client, GrantBook]]:
    """A sandbox with an app, and the grant that its owner gave, stored."""
    book = GrantBook(folder)
    clock = MovableClock(time.time())
    settings = SandboxSettings(apps=APP)
    async with Sandbox(settings, clock=clock) as sandbox, Client(sandbox.base_url) as client:
        consent = Consent(client_id="app-1", user_type="Company", location_ids=None)
        grant = await redeem_code(
            client,
            client_id="app-1",
            client_secret=Secret("app-secret"),
            code=sandbox.accounts.issue_code(consent if agency else Consent(client_id="app-1")),
            redirect_uri="http://localhost:8765/callback",
            agency=agency,
        )
        book.vault(grant).write(grant, keyring=False)
        yield sandbox, client, book


def aged(vault: StoredGrant) -> Grant:
    """Store the grant as one whose access token is past its time."""
    from dataclasses import replace

    grant = replace(vault.read(), expires_at=0.0)
    vault.write(grant)
    return grant


async def test_a_grant_is_stored_for_its_owner_alone(tmp_path: Path) -> None:
    async with connected(folder=tmp_path / "grants") as (_, _, book):
        vault = book.find(PLACE)
        assert vault is not None
        if sys.platform != "win32":
            assert stat.S_IMODE((tmp_path / "grants" / f"{vault.name}.json").stat().st_mode) == 0o600
            assert stat.S_IMODE((tmp_path / "grants").stat().st_mode) == 0o700
        grant = vault.read()
        assert grant.location_id == PLACE
        for secret in (grant.access_token, grant.refresh_token, grant.client_secret):
            assert secret.reveal() not in repr(grant)


async def test_an_old_token_is_renewed_once_for_many_workers(tmp_path: Path) -> None:
    async with connected(folder=tmp_path) as (sandbox, client, book):
        vault = book.find(PLACE)
        assert vault is not None
        before = aged(vault)
        tokens = GrantTokens(book, client)
        requests = sandbox.state()["requests"]
        given = await asyncio.gather(*(tokens.token(PLACE) for _ in range(20)))
        assert len(set(given)) == 1
        after = vault.read()
        assert given[0] == after.access_token != before.access_token
        assert after.refresh_token != before.refresh_token
        renewed = await asyncio.gather(*(tokens.renew(PLACE, before.access_token) for _ in range(20)))
        assert all(renewed)
        assert vault.read() == after
        assert sandbox.state()["requests"] - requests <= 1


async def test_two_processes_renew_once_between_them(tmp_path: Path) -> None:
    async with connected(folder=tmp_path) as (_, client, book):
        vault = book.find(PLACE)
        assert vault is not None
        first, second = GrantTokens(book, client), GrantTokens(book, client)
        refused = await first.token(PLACE)
        assert await second.token(PLACE) == refused
        assert await first.renew(PLACE, refused)
        assert await second.renew(PLACE, refused)  # with the used-up refresh token this would fail
        assert await first.token(PLACE) == await second.token(PLACE) != refused


def test_a_process_that_hangs_over_a_grant_is_named(tmp_path: Path) -> None:
    vault = StoredGrant(SecretFolder(tmp_path), "location-x")
    waiting = vault.locked(since=1.0, wait_seconds=0)
    said = rf"location-x\.json is held by the renewal of location-x \(process {os.getpid()} on .* end it"
    with vault.locked(since=1.0), pytest.raises(CredentialsError, match=said):
        waiting.__enter__()
    with vault.locked(since=1.0, wait_seconds=0):
        pass


async def test_a_used_up_refresh_token_asks_for_a_new_login(tmp_path: Path) -> None:
    async with connected(folder=tmp_path) as (sandbox, client, book):
        vault = book.find(PLACE)
        assert vault is not None
        old = vault.read()
        await GrantTokens(book, client).renew(PLACE, old.access_token)
        vault.write(old)  # as a crash between the vendor's reply and our writing would leave it
        assert isinstance(sandbox.clock, MovableClock)
        sandbox.clock.advance(31)  # sooner, the vendor would repeat what it gave
        with pytest.raises(CredentialsError, match="importer login") as caught:
            await GrantTokens(book, client).renew(PLACE, old.access_token)
        assert "refresh token is invalid" in str(caught.value)
        assert old.refresh_token.reveal() not in str(caught.value)
        with pytest.raises(CredentialsError, match="cut off before its reply came"):
            await GrantTokens(book, client).renew(PLACE, old.access_token)


async def test_a_paused_location_keeps_its_grant(tmp_path: Path) -> None:
    async with connected(folder=tmp_path) as (sandbox, client, book):
        vault = book.find(PLACE)
        assert vault is not None
        aged(vault)
        sandbox.accounts.pause(PLACE)
        with pytest.raises(CredentialsError, match="works again once it is active"):
            await GrantTokens(book, client).token(PLACE)
        sandbox.accounts.unpause(PLACE)
        assert (await GrantTokens(book, client).token(PLACE)).reveal()


async def test_an_agencys_grant_gives_a_token_for_each_location(tmp_path: Path) -> None:
    async with connected(agency=True, folder=tmp_path) as (sandbox, client, book):
        tokens = GrantTokens(book, client)
        first, second = await tokens.token("locA"), await tokens.token("locB")
        assert first != second
        assert await tokens.token("locA") == first
        sandbox.accounts.expire(first.reveal())
        assert await tokens.renew("locA", first)
        assert await tokens.token("locA") not in {first, second}


async def test_an_agencys_own_token_is_renewed_on_the_way(tmp_path: Path) -> None:
    async with connected(agency=True, folder=tmp_path) as (sandbox, client, book):
        tokens = GrantTokens(book, client)
        vault = book.find("locA")
        assert vault is not None
        sandbox.accounts.expire(vault.read().access_token.reveal())
        assert (await tokens.token("locA")).reveal()


async def test_given_tokens_come_before_grants(tmp_path: Path) -> None:
    async with connected(folder=tmp_path) as (sandbox, client, _):
        connection = Connection(base_url=sandbox.base_url, tokens={PLACE: Secret("pit-own")}, grants=tmp_path)
        tokens = AnyTokens(connection, client, clock=SystemClock())
        assert await tokens.token(PLACE) == Secret("pit-own")
        assert not await tokens.renew(PLACE, Secret("pit-own"))
        with pytest.raises(CredentialsError, match="no grant for location elsewhere"):
            await tokens.token("elsewhere")


async def test_a_wrong_code_or_secret_is_told_in_the_vendors_words(tmp_path: Path) -> None:
    async with connected(folder=tmp_path) as (sandbox, client, _):
        good = sandbox.accounts.issue_code(Consent(client_id="app-1"))
        for code, words in (("nosuch", "Authorization code not found"), (good, "UnAuthorized!")):
            with pytest.raises(CredentialsError, match=words) as caught:
                await redeem_code(
                    client,
                    client_id="app-1",
                    client_secret=Secret("not-the-secret"),
                    code=code,
                    redirect_uri="http://localhost:1/",
                    agency=False,
                )
            assert "not-the-secret" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"client_id": "x"}'])
def test_a_damaged_grant_asks_for_a_new_login(tmp_path: Path, content: str) -> None:
    path = tmp_path / "location-x.json"
    path.write_text(content)
    with pytest.raises(CredentialsError, match="importer login"):
        StoredGrant(SecretFolder(tmp_path), "location-x").read()
