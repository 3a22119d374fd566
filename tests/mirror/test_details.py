"""What only a read by id shows of a contact: read once, again when the contact changed, and never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.errors import CredentialsError, MirrorError
from importer.highlevel.contacts import HeldContact
from importer.highlevel.reply import Reply, read_reply
from importer.mirror.details import read_details
from importer.mirror.store import Mirror
from tests.mirror.conftest import PLACE

NO = {"SMS": {"status": "active"}}


class Readings:
    """Replies to reads by id, and who was asked for."""

    def __init__(self, **replies: tuple[int, dict[str, object]]) -> None:
        self.asked: list[str] = []
        self._replies = replies

    async def __call__(self, contact_id: str) -> Reply:
        self.asked.append(contact_id)
        shown = {"contact": {"id": contact_id, "locationId": PLACE, "dndSettings": NO}}
        status, body = self._replies.get(contact_id, (200, shown))
        return read_reply(status, {}, json.dumps(body).encode())


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    with Mirror.scratch(tmp_path / "mirror.db") as opened:
        opened.renew([held("a"), held("b"), held("c")], opened.facts)
        yield opened


def held(contact_id: str, updated: int = 1) -> HeldContact:
    return HeldContact(id=contact_id, fields={"email": f"{contact_id}@example.com"}, updated=updated)


async def read(mirror: Mirror, readings: Readings) -> list[str]:
    before = len(readings.asked)
    await read_details(mirror, [list(mirror)], readings, PLACE, lambda _: None)
    return sorted(readings.asked[before:])


async def test_a_contact_is_read_again_once_it_changed(mirror: Mirror) -> None:
    readings = Readings()
    assert await read(mirror, readings) == ["a", "b", "c"]
    assert await read(mirror, readings) == []
    mirror.renew([held("b", updated=2)], mirror.facts)
    assert await read(mirror, readings) == ["b"]
    assert all(each.fields["dndSettings"] == NO for each in mirror.completed(mirror).values())


async def test_who_is_gone_is_left_out(mirror: Mirror) -> None:
    await read(mirror, Readings(b=(400, {"message": "Contact with id b not found"})))
    assert list(mirror.completed(mirror)) == ["a", "c"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ((401, {"message": "The token is not authorized for this scope."}), CredentialsError),
        ((422, {"message": ["bad"]}), MirrorError),
        ((200, {"contact": {"id": "somebody else"}}), MirrorError),
        ((200, {}), MirrorError),
    ],
)
async def test_what_cannot_be_read_stops_it(
    mirror: Mirror, reply: tuple[int, dict[str, object]], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await read(mirror, Readings(b=reply))
