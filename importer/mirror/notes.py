"""The notes of all contacts of a mirror, read one contact after the other: the vendor lists no location's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from importer.errors import MirrorError
from importer.highlevel.catalog_reader import refusal
from importer.highlevel.contacts import HeldContact
from importer.highlevel.notes import HeldNote, read_notes
from importer.highlevel.reply import Reply, ReplyKind
from importer.mirror.kept_notes import KeptNotes
from importer.runtime.clock import Clock

_AT_ONCE: Final = 20
"""As of reads by id."""

ReadList = Callable[[str], Awaitable[Reply]]


async def read_all_notes(
    kept: KeptNotes,
    blocks: Iterable[Sequence[HeldContact]],
    read_list: ReadList,
    location_id: str,
    *,
    clock: Clock,
    note: Callable[[int], None],
) -> None:
    """Read the notes of whoever's are not kept; what is read stays read, also where this is cut off.

    Raises CredentialsError where they may not be read, and MirrorError for a contact whose cannot be. Of a contact that
    is gone there are none.
    """
    kept.begin(clock.now())
    read = 0
    for block in blocks:
        ids = [contact.id for contact in block]
        known = kept.find(ids)
        open_ones = [contact_id for contact_id in ids if contact_id not in known]
        for first in range(0, len(open_ones), _AT_ONCE):
            some = open_ones[first : first + _AT_ONCE]
            found = await asyncio.gather(*(_read(each, read_list, location_id) for each in some))
            kept.keep(dict(zip(some, found, strict=True)), clock.now())
            read += len(some)
            note(read)
    kept.finish(clock.now())


async def _read(contact_id: str, read_list: ReadList, location_id: str) -> tuple[HeldNote, ...]:
    reply = await read_list(contact_id)
    match reply.kind:
        case ReplyKind.DONE if (notes := read_notes(contact_id, reply.body)) is not None:
            return notes
        case ReplyKind.NO_CONTACT:
            return ()
        case ReplyKind.SCOPE_MISSING | ReplyKind.LOCATION_REFUSED | ReplyKind.TOKEN_REFUSED:
            raise refusal(reply, location_id, scope="contacts.readonly")
        case _:
            raise MirrorError(
                f"The notes of the contact {contact_id} cannot be read: {reply.said or 'the reply is no list'}."
            )
