"""Connected by OAuth instead of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.highlevel.grants import Grant, GrantBook
from importer.sandbox import Grant as Consent
from importer.settings import Secret

if TYPE_CHECKING:
    import pytest

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk


def store_old_grant(desk: Desk, vendor: Sandbox) -> tuple[GrantBook, str]:
    """Store a grant whose access token is used up; gives the book and the refresh token."""
    first = vendor.accounts.issue_refresh_token(Consent(client_id="app-1", location_ids=("loc1",)))
    book = GrantBook(desk.folder.parent / "state" / "grants")
    grant = Grant(
        client_id="app-1",
        client_secret=Secret("app-secret"),
        access_token=Secret("used-up"),
        refresh_token=Secret(first),
        expires_at=0.0,
        location_id="loc1",
    )
    book.vault(grant).write(grant, keyring=False)
    return book, first


def test_a_run_without_a_token_uses_the_stored_grant_and_keeps_the_renewed_one(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HIGHLEVEL_TOKEN")
    book, first = store_old_grant(desk, vendor)
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert (ended.code, ended.summary["created"]) == (0, 1)
    kept = book.find("loc1")
    assert kept is not None
    assert kept.read().refresh_token.reveal() not in {first, ""}


def test_a_check_asks_the_location_by_the_stored_grant(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HIGHLEVEL_TOKEN")
    store_old_grant(desk, vendor)
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,bob@example.com,,\n")
    ended = desk.importer("check", "contacts.csv", "-m", "mapping.yaml", "--against-location", "--json")
    assert ended.code == 0, ended.err
    assert ended.summary["expected"] == {"asked": 2, "found": 1, "created": 1, "updated": 1}
