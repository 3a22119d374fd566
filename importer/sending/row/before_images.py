"""What a row finds at its contact, written down before it is written over: without that no update can be taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from importer.highlevel import calls
from importer.highlevel.catalog import Catalog
from importer.highlevel.contacts import NOT_IN_SEARCH, held_value, read_contact
from importer.highlevel.equality import same_custom, same_field
from importer.highlevel.follow_ups import tags_met
from importer.highlevel.payload import NEW_IF_DUPLICATE, creates_anew
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import BeforeImage, Change, ImagePart, ImportMode, Outcome, Record, TagMode
from importer.sending.call_state import Unanswered
from importer.sending.caller import Caller
from importer.sending.looking import ContactCallState
from importer.sending.row import outcomes
from importer.sending.row.matching import find_match
from importer.sending.row.submitted import SubmittedRow

Keep: TypeAlias = Callable[[SubmittedRow, BeforeImage], Awaitable[None]]
"""Writes down what a row found, and returns when that is durable."""


class BeforeImages:
    """Takes the before-images of one location's rows."""

    def __init__(self, caller: Caller, keep: Keep, catalog: Catalog) -> None:
        self._caller = caller
        self._keep = keep
        self._policy = caller.policy
        self._types = {each.id: each for each in catalog.custom_fields}
        self._duplicates_allowed = catalog.duplicates_allowed

    def wanted(self, record: Record) -> bool:
        """Tell whether a row's contact has to be read before: it may be there, and nobody compared it."""
        if not self._policy.before_images or self._policy.mode is ImportMode.CREATE_ONLY:
            return False
        return not creates_anew(record, duplicates_allowed=self._duplicates_allowed)

    async def take(self, submitted: SubmittedRow) -> Outcome | None:
        """Read the contact that a row will meet, and write down what it holds; an outcome where it cannot be read."""
        found = await self._find(submitted)
        if isinstance(found, Unanswered):
            return outcomes.unanswered(submitted, found)
        if isinstance(found, Reply):
            return outcomes.refused(submitted, found)
        if found is not None:
            await self._keep(submitted, self._image(submitted.record, found))
        return None

    async def keep_looked_at(self, submitted: SubmittedRow, contact: Mapping[str, Any]) -> None:
        """Write down what a compared row's contact holds right before it is overwritten."""
        record, planned = submitted.record, submitted.record.planned
        if planned is None or record.contact_id is None:
            return
        held = read_contact({"id": record.contact_id, **contact})
        looked_at = (
            replace(change, old=held_value(held, change.reference, custom=change.custom))
            for change in planned.changes
        )
        changes = tuple(change for change in looked_at if not _holds_new(change))
        image = BeforeImage(
            row=record.row,
            contact_id=record.contact_id,
            part=ImagePart.VALUES,
            changes=changes,
            tags_added=planned.tags_added,
            tags_removed=planned.tags_removed,
        )
        await self._keep(submitted, image)

    async def _find(self, submitted: SubmittedRow) -> Mapping[str, Any] | Reply | Unanswered | None:
        record = submitted.record
        if record.contact_id is not None:
            return await self._read(submitted, record.contact_id)
        found = await find_match(self._caller, record)
        if isinstance(found, Mapping) and not _shows_all(record, found):
            return await self._read(submitted, str(found["id"]))
        return found

    async def _read(
        self, submitted: SubmittedRow, contact_id: str
    ) -> Mapping[str, Any] | Reply | Unanswered | None:
        state = ContactCallState(submitted.row, contact_id)
        found = await self._caller.ask(calls.get_contact(contact_id), state)
        if isinstance(found, Unanswered):
            return found
        match found.kind:
            case ReplyKind.DONE:
                return {"id": contact_id, **found.contact}
            case ReplyKind.NO_CONTACT:
                return None  # the row's own call says so
            case _:
                return found

    def _image(self, record: Record, contact: Mapping[str, Any]) -> BeforeImage:
        added, removed = self._tags(record, contact)
        return BeforeImage(
            row=record.row,
            contact_id=str(contact["id"]),
            part=ImagePart.VALUES,
            changes=tuple(self._changes(record, contact)),
            tags_added=added,
            tags_removed=removed,
        )

    def _changes(self, record: Record, contact: Mapping[str, Any]) -> Iterator[Change]:
        held = read_contact(contact)
        for name, new in record.fields.items():
            old = held_value(held, name)
            if name != NEW_IF_DUPLICATE and not same_field(name, new, old):
                yield Change(reference=name, name=name, old=old, new=new)
        for field_id, new in record.custom_fields:
            old, known = held_value(held, field_id, custom=True), self._types.get(field_id)
            data_type = known.data_type if known else "TEXT"
            if not same_custom(data_type, new, old):
                name = known.name if known else field_id
                yield Change(reference=field_id, name=name, old=old, new=new, data_type=data_type)

    def _tags(
        self, record: Record, contact: Mapping[str, Any]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        tags = record.tags
        met = tags_met(tags, contact)
        if met is None:
            return None, ()
        missing = tuple(tag for tag in tags if tag.casefold() not in met)
        match self._policy.follow_ups.tag_mode:
            case TagMode.ADD:
                return missing, ()
            case TagMode.REMOVE:
                return (), tuple(tag for tag in tags if tag.casefold() in met)
            case TagMode.REPLACE if not (tags or record.clears_tags):
                return (), ()
            case TagMode.REPLACE:
                wanted = {tag.casefold() for tag in tags}
                return missing, tuple(tag for tag in contact["tags"] if tag.casefold() not in wanted)


def _shows_all(record: Record, contact: Mapping[str, Any]) -> bool:
    """Tell whether a search shows a contact as a read by id does: what it leaves out would be taken for blank."""
    needed = {"customFields", "tags", "dateAdded"} | (NOT_IN_SEARCH & record.fields.keys())
    return needed <= contact.keys()


def _holds_new(change: Change) -> bool:
    """Tell whether a field holds already what the row writes: an attempt whose reply was lost may have written it."""
    if change.data_type is not None:
        return same_custom(change.data_type, change.new, change.old)
    return same_field(change.reference, change.new, change.old)
