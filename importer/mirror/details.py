"""What a search does not show of contacts (do-not-disturb by channel, time zones), read by id and kept until they change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from importer.errors import MirrorError
from importer.highlevel.catalog_reader import refusal
from importer.highlevel.contacts import HeldContact, read_contact
from importer.highlevel.reply import Reply, ReplyKind
from importer.mirror.store import Mirror

_AT_ONCE: Final = 20
"""Reads in the air: as many as keep up with the quota where a reply takes two seconds."""

ReadById = Callable[[str], Awaitable[Reply]]


async def read_details(
    mirror: Mirror,
    blocks: Iterable[Sequence[HeldContact]],
    read_by_id: ReadById,
    location_id: str,
    note: Callable[[int], None],
) -> None:
    """Read by id whoever of a mirror's contacts was not since he changed last; what is read stays read, also where this is cut off.

    Raises CredentialsError where contacts may not be read, and MirrorError for one that cannot be. A contact that is
    gone by now is left out.
    """
    read = 0
    for block in blocks:
        known = mirror.completed(block)
        open_ones = {contact.id: contact for contact in block if contact.id not in known}
        async for found in read_contacts([*open_ones], read_by_id, location_id):
            # as of the change that the mirror knows: a later one is read when the mirror hears of it
            mirror.complete(replace(each, updated=open_ones[each.id].updated) for each in found)
            read += len(found)
            note(read)


async def read_contacts(
    contact_ids: Sequence[str], read_by_id: ReadById, location_id: str
) -> AsyncIterator[list[HeldContact]]:
    """Read contacts by id, some at a time; those that are gone are left out. Raises as ``read_details`` does."""
    for first in range(0, len(contact_ids), _AT_ONCE):
        some = contact_ids[first : first + _AT_ONCE]
        found = await asyncio.gather(*(_read(each, read_by_id, location_id) for each in some))
        yield [each for each in found if each is not None]


async def _read(contact_id: str, read_by_id: ReadById, location_id: str) -> HeldContact | None:
    reply = await read_by_id(contact_id)
    match reply.kind:
        case ReplyKind.DONE if reply.contact_id == contact_id:
            return replace(read_contact(reply.contact), seen_by_id=True)
        case ReplyKind.NO_CONTACT:
            return None
        case ReplyKind.SCOPE_MISSING | ReplyKind.LOCATION_REFUSED | ReplyKind.TOKEN_REFUSED:
            raise refusal(reply, location_id, scope="contacts.readonly")
        case _:
            raise MirrorError(f"The contact {contact_id} cannot be read: {reply.said}.")
