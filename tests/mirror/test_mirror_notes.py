"""Notes are read of each contact once: what was read is kept, goes on after a cut, and is not believed for long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from importer.errors import CredentialsError, MirrorError
from importer.highlevel.contacts import HeldContact
from importer.highlevel.notes import HeldNote, read_notes
from importer.highlevel.reply import Reply, ReplyKind
from importer.mirror.kept_notes import CUT_OFF_SECONDS, WHOLE_SECONDS
from importer.mirror.notes import read_all_notes
from importer.mirror.store import Mirror
from importer.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTACTS = [HeldContact(id=f"c{number}", fields={}) for number in range(45)]


class Clock(SystemClock):
    """A clock that stands still until it is set."""

    at = 1_000_000.0

    def now(self) -> float:
        return self.at


class Vendor:
    """Answers for each contact with one note; ``broken``: the reply for some."""

    def __init__(self, broken: dict[str, Reply] | None = None) -> None:
        self.asked: list[str] = []
        self.broken = broken or {}

    async def list_notes(self, contact_id: str) -> Reply:
        self.asked.append(contact_id)
        return self.broken.get(contact_id) or listed({"id": f"n {contact_id}", "body": "Called"})


def listed(*notes: object) -> Reply:
    return Reply(kind=ReplyKind.DONE, status=200, body={"notes": list(notes)})


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    with Mirror.scratch(tmp_path / "m.db") as mirror:
        yield mirror


def read(mirror: Mirror, vendor: Vendor, clock: Clock) -> int:
    """Read all notes, and tell of how many contacts the vendor was asked."""
    vendor.asked.clear()
    asyncio.run(
        read_all_notes(
            mirror.notes, [CONTACTS], vendor.list_notes, "loc1", clock=clock, note=lambda _read: None
        )
    )
    return len(vendor.asked)


def test_what_was_read_whole_is_believed_for_an_hour(mirror: Mirror) -> None:
    vendor, clock = Vendor(), Clock()
    assert (read(mirror, vendor, clock), read(mirror, vendor, clock)) == (45, 0)
    clock.at += WHOLE_SECONDS - 1
    assert read(mirror, vendor, clock) == 0
    clock.at += 2
    assert (read(mirror, vendor, clock), read(mirror, vendor, clock)) == (45, 0)


@pytest.mark.parametrize(("later", "asked"), [(CUT_OFF_SECONDS - 1, 25), (CUT_OFF_SECONDS + 1, 45)])
def test_a_reading_that_was_cut_off_goes_on_for_a_day(mirror: Mirror, later: float, asked: int) -> None:
    clock = Clock()
    refused = Vendor({"c30": Reply(kind=ReplyKind.REFUSED, status=422)})
    with pytest.raises(MirrorError, match="contact c30"):
        read(mirror, refused, clock)
    clock.at += later
    assert read(mirror, Vendor(), clock) == asked


def test_a_scope_that_is_missing_is_named(mirror: Mirror) -> None:
    refused = Vendor({"c0": Reply(kind=ReplyKind.SCOPE_MISSING, status=401)})
    with pytest.raises(CredentialsError, match=r"contacts\.readonly"):
        read(mirror, refused, Clock())


def test_a_contact_that_is_gone_has_none_and_one_that_is_forgotten_keeps_none(mirror: Mirror) -> None:
    read(mirror, Vendor({"c1": Reply(kind=ReplyKind.NO_CONTACT, status=400)}), Clock())
    mirror.forget(["c2"])
    found = mirror.notes.find(["c1", "c2", "c3"])
    assert found == {"c1": (), "c3": (HeldNote(id="n c3", body="Called"),)}


@pytest.mark.parametrize("body", [{}, {"notes": {}}, {"notes": [{"id": "n", "contactId": "another"}]}])
def test_what_is_no_list_of_the_contacts_own_notes_is_not_believed(body: dict[str, object]) -> None:
    assert read_notes("c1", body) is None
