"""What a search does not show of contacts (do-not-disturb by channel, time zones), read by id and kept until they change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from importer.errors import MirrorError
from importer.highlevel.catalog_reader import refusal
from importer.highlevel.contacts import HeldContact, read_contact
from importer.highlevel.reply import Reply, ReplyKind
from importer.mirror.store import Mirror

_BLOCK: Final = 500
_AT_ONCE: Final = 20
"""Reads in the air: as many as keep up with the quota where a reply takes two seconds."""

ReadById = Callable[[str], Awaitable[Reply]]


async def read_details(
    mirror: Mirror, read_by_id: ReadById, location_id: str, note: Callable[[int], None]
) -> None:
    """Read by id whoever was not since he changed last; what is read stays read, also where this is cut off.

    Raises CredentialsError where contacts may not be read, and MirrorError for one that cannot be. A contact that is
    gone by now is left out.
    """
    read = 0
    for block in _blocks(mirror):
        known = mirror.completed(block)
        open_ones = [contact for contact in block if contact.id not in known]
        for some in _some(open_ones, _AT_ONCE):
            found = await asyncio.gather(*(_read(contact, read_by_id, location_id) for contact in some))
            mirror.complete(each for each in found if each is not None)
            read += len(some)
            note(read)


async def _read(contact: HeldContact, read_by_id: ReadById, location_id: str) -> HeldContact | None:
    reply = await read_by_id(contact.id)
    match reply.kind:
        case ReplyKind.DONE if reply.contact_id == contact.id:
            shown = read_contact(reply.contact)
            # as of the change that the mirror knows: a later one is read when the mirror hears of it
            return HeldContact(id=contact.id, fields=shown.fields, updated=contact.updated)
        case ReplyKind.NO_CONTACT:
            return None
        case ReplyKind.SCOPE_MISSING | ReplyKind.LOCATION_REFUSED | ReplyKind.TOKEN_REFUSED:
            raise refusal(reply, location_id, scope="contacts.readonly")
        case _:
            raise MirrorError(f"The contact {contact.id} cannot be read: {reply.said}.")


def _blocks(mirror: Mirror) -> Iterator[list[HeldContact]]:
    contacts = iter(mirror)
    while block := list(islice(contacts, _BLOCK)):
        yield block


def _some(contacts: Sequence[HeldContact], size: int) -> Iterator[Sequence[HeldContact]]:
    for first in range(0, len(contacts), size):
        yield contacts[first : first + size]
