"""A vendor that quotes our token: it stands in nothing that is stored or shown."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Fault, FaultKind, Sandbox

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

TOKEN = "pit-3f1c9e52-77aa-4b1e-9c0d-5d2b8e6f4a10"
CONTACTS = "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\nBob,bob@example.com,,vip\n"


def holders(folder: Path) -> list[str]:
    """Name the files in which the token stands, or its telling beginning; packed results included."""
    telling = TOKEN[:20].encode()
    for database in folder.rglob("*.db"):
        with sqlite3.connect(database) as opened:
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return [str(each) for each in folder.rglob("*") if each.is_file() and telling in each.read_bytes()]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(
            status=422,
            path="/contacts/upsert",
            body=json.dumps({"message": [f"Bearer {TOKEN} may not", f"nor {TOKEN[:24]}…"]}).encode(),
        ),
        Fault(kind=FaultKind.QUOTED_TOKEN, path="/contacts/upsert"),
        Fault(status=200, path="/contacts/upsert", body=f"<p>{TOKEN}".encode(), times=2),
    ],
    ids=["a row that is refused", "a token that is refused", "a page in place of a reply"],
)
def test_a_token_that_is_quoted_back_is_nowhere(
    desk: Desk, vendor: Sandbox, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", TOKEN)
    desk.write("contacts.csv", CONTACTS)
    vendor.script([fault])
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    shown = desk.importer("show")
    for text in (ended.out, ended.err, shown.out, shown.err):
        assert TOKEN[:20] not in text
    assert not holders(desk.folder.parent)
    if fault.status == 422:
        assert "Bearer *** may not; nor ***…" in " ".join(ended.rows[0].values()) + " ".join(
            ended.rows[1].values()
        )


def test_doctor_quotes_no_token(desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", TOKEN)
    vendor.script([Fault(kind=FaultKind.QUOTED_TOKEN, times=20)])
    ended = desk.importer("doctor")
    assert "Invalid token ***" in ended.out
    assert TOKEN[:20] not in ended.out + ended.err
