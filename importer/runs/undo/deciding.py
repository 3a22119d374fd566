"""Did somebody touch what a run wrote, and what is to be put back? Pure: what was written against the contact as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any, Final

from importer.highlevel.additions import COMPANY, KINDS, digest, edited_parts
from importer.highlevel.contacts import HeldContact, held_value, read_contact
from importer.highlevel.equality import is_blank, same_custom, same_field
from importer.highlevel.payload import NEW_IF_DUPLICATE, NOT_IN_UPDATE
from importer.records import Added, Addition, BeforeImage, Change, ImagePart, Json, Record, RowId, value_type

_FILLED_BY_VENDOR: Final = frozenset({"name", "type", "source", "country", "timezone"})
"""Fields of a new contact that the vendor fills where nobody said anything: no trace of a person."""
_NEVER_WRITTEN: Final = ("ssn", "keyword", "attachments")
"""What no import writes, and a contact that is read by id shows: it is somebody's work."""
_PARTS_OF_NAME: Final = frozenset({"firstName", "lastName"})
_CHANNELS: Final = frozenset({"dndSettings", "inboundDndSettings"})
_NOT_NULLABLE: Final = frozenset({"country", "postalCode"})
"""The vendor's schema takes no null for them: asked for apart, so that its refusal costs nothing else."""
_AT_WORK_SECONDS: Final = 600.0
"""For so long at most the vendor may be at work with an attempt, and two clocks may differ."""
_OFF: Final[Mapping[str, Json]] = {"status": "inactive"}


@value_type(frozen=True, slots=True, kw_only=True)
class RowInDoubt:
    """A row that may have been sent: how its contact is looked for, and when one that is the row's own can have been made.

    ``since`` is the vendor's clock, ``until`` ours: the last moment in which an attempt may have left.
    """

    record: Record = field(repr=False)
    since: float
    until: float

    def can_have_made(self, added: float) -> bool:
        """Tell whether a contact may be the row's own by the moment at which it was made."""
        return self.since <= added <= max(self.since, self.until) + _AT_WORK_SECONDS


@value_type(frozen=True, slots=True, kw_only=True)
class WrittenContact:
    """What all rows of a run together wrote to one contact.

    ``fields`` and ``custom_fields`` (by id) hold the last value of each; ``images`` what the rows found, in order.
    ``dropped`` names values of which the vendor's reply showed that they were not stored as they were sent.
    """

    contact_id: str
    location_id: str
    rows: tuple[RowId, ...]
    created: bool
    by_date: bool = False
    """That the run created it is told by its date, to the second, and by no reply."""
    fields: Mapping[str, Json] = field(default_factory=dict, repr=False)
    custom_fields: Mapping[str, Json] = field(default_factory=dict, repr=False)
    tags: frozenset[str] = field(default=frozenset(), repr=False)
    """In lower case, as the vendor keeps them."""
    tags_alone: bool = False
    """They took the place of all others."""
    tags_certain: bool = True
    """The contact had all of them once; else they may never have come."""
    images: tuple[BeforeImage, ...] = field(default=(), repr=False)
    additions: tuple[Addition, ...] = field(default=(), repr=False)
    """What its rows wanted beside it."""
    added: tuple[Added, ...] = ()
    """What they put there."""
    dropped: frozenset[str] = frozenset()
    edited: frozenset[str] = frozenset()
    """What somebody changed between two of its rows, as far as the later one looked, and its row wrote over."""
    doubt: RowInDoubt | None = None
    """Whether it was written to at all, and who it is, is yet to be found out."""

    def joined(self, later: WrittenContact) -> WrittenContact:
        """Take in what a later row wrote to it."""
        return WrittenContact(
            contact_id=self.contact_id,
            location_id=self.location_id,
            rows=(*self.rows, *later.rows),
            created=self.created or later.created,
            by_date=self.by_date or later.by_date,
            fields=_stored_last(self.fields, later.fields, later.dropped),
            custom_fields=_stored_last(
                self.custom_fields, later.custom_fields, later.dropped, kind="custom field "
            ),
            tags=later.tags if later.tags_alone else self.tags | later.tags,
            tags_alone=self.tags_alone or later.tags_alone,
            tags_certain=self.tags_certain and later.tags_certain,
            images=(*self.images, *later.images),
            additions=(*self.additions, *later.additions),
            added=(*self.added, *later.added),
            dropped=self.dropped | later.dropped,
            edited=self.edited | later.edited | self._edited_before(later),
        )

    def _edited_before(self, later: WrittenContact) -> frozenset[str]:
        """Name what a later row found otherwise than this one, which made the contact, had left it."""
        if not self.created:
            return frozenset()
        found = (change for image in later.images for change in image.changes)
        return frozenset(change.name for change in found if not self._left(change))

    def _left(self, change: Change) -> bool:
        written = self.custom_fields if change.custom else self.fields
        if change.reference not in written:
            return is_blank(change.old) or _says_nothing(change.reference, change.old, self)
        return _same(change, written[change.reference], change.old) or (
            is_blank(change.old) and change.reference in self.dropped
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        """Give each field that it wrote over: the value of before its rows, and the one that the last of them wrote.

        Where a later row found something else than the rows before it had written, that is what goes back: somebody
        changed it in between.
        """
        found: dict[str, Change] = {}
        for change in (change for image in self.images for change in image.changes):
            before = found.get(change.reference)
            ours = before is not None and _same(before, before.new, change.old)
            found[change.reference] = (
                replace(before, new=change.new) if before is not None and ours else change
            )
        return tuple(found.values())

    @property
    def tags_added(self) -> frozenset[str]:
        """Tell which tags the contact has by this run alone, as far as is known."""
        return frozenset(tag.lower() for added, _ in self._tag_images() for tag in added) - frozenset(
            tag.lower() for _, removed in self._tag_images() for tag in removed
        )

    @property
    def tags_removed(self) -> frozenset[str]:
        """Tell which tags it lost by this run, as far as is known."""
        return frozenset(tag.lower() for _, removed in self._tag_images() for tag in removed) - frozenset(
            tag.lower() for added, _ in self._tag_images() for tag in added
        )

    @property
    def values_known(self) -> bool:
        """Whether the old values of what its rows wrote are known, of each of them."""
        return {image.row for image in self.images if image.part is ImagePart.VALUES} == set(self.rows)

    def _tag_images(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
        known: dict[RowId, BeforeImage] = {}
        for image in self.images:
            if image.tags_added is not None and (image.row not in known or image.part is ImagePart.VALUES):
                known[image.row] = image
        for image in known.values():
            yield image.tags_added or (), image.tags_removed


def _stored_last(
    earlier: Mapping[str, Json], later: Mapping[str, Json], dropped: frozenset[str], *, kind: str = ""
) -> dict[str, Json]:
    """Lay what a later row wrote over what an earlier one had; the earlier value stands where the vendor dropped the later."""
    stored = {
        name: value for name, value in later.items() if name not in earlier or f"{kind}{name}" not in dropped
    }
    return {**earlier, **stored}


@value_type(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What is put back, and what is left since it holds something else than the run wrote."""

    changes: tuple[Change, ...] = ()
    kept: tuple[str, ...] = ()


def touched(
    written: WrittenContact, contact: Mapping[str, Any], data_types: Mapping[str, str]
) -> tuple[str, ...]:
    """Name what a contact that the run created holds otherwise than the run left it."""
    held = read_contact({"id": written.contact_id, **contact})
    return tuple(
        dict.fromkeys(
            (
                *sorted(written.edited),
                *_touched_fields(written, held),
                *_touched_custom(written, held, data_types),
                *_touched_beside(written, held, contact),
            )
        )
    )


def _touched_fields(written: WrittenContact, held: HeldContact) -> Iterator[str]:
    for name, now in held.fields.items():
        if name not in written.fields and not _says_nothing(name, now, written):
            yield name
    for name, value in written.fields.items():
        if name == NEW_IF_DUPLICATE:
            continue
        now = held_value(held, name)
        if not same_field(name, value, now) and not _never_stored(name, now, written):
            yield name


def _says_nothing(name: str, now: Json, written: WrittenContact) -> bool:
    """Tell whether a value that the run did not write is nobody's work."""
    if name in _CHANNELS:
        return _all_off(now)
    if name in _PARTS_OF_NAME and "name" in written.fields:
        return True  # the vendor's cut of a full name
    return name in _FILLED_BY_VENDOR


def _all_off(channels: Json) -> bool:
    return isinstance(channels, Mapping) and all(
        isinstance(each, Mapping) and each.get("status") == "inactive" for each in channels.values()
    )


def _never_stored(name: str, now: Json, written: WrittenContact) -> bool:
    return name in written.dropped and is_blank(now)


def _touched_custom(
    written: WrittenContact, held: HeldContact, data_types: Mapping[str, str]
) -> Iterator[str]:
    if held.custom_fields.keys() - written.custom_fields.keys():
        yield "a custom field"
    for field_id, value in written.custom_fields.items():
        now = held.custom_fields.get(field_id)
        same = same_custom(data_types.get(field_id, "TEXT"), value, now)
        if not same and not _never_stored(f"custom field {field_id}", now, written):
            yield "a custom field"


def _touched_beside(written: WrittenContact, held: HeldContact, contact: Mapping[str, Any]) -> Iterator[str]:
    tags = {tag.lower() for tag in held.tags}
    if tags - written.tags or (written.tags_certain and written.tags - tags):
        yield "tags"
    if held.emails:
        yield "additional e-mails"
    if held.phones and "additionalPhones" not in written.fields:
        yield "additional phones"
    if _texts(contact.get("followers")) - _wanted_followers(written):
        yield "followers"
    yield from (name for name in _NEVER_WRITTEN if contact.get(name))
    if contact.get("businessId") and not any(each.kind == COMPANY for each in written.additions):
        yield "company"


def _wanted_followers(written: WrittenContact) -> set[str]:
    wanted = (each.content.get("followers") for each in written.additions if each.kind == "followers")
    return {one for some in wanted for one in _texts(some)}


def _texts(items: object) -> set[str]:
    return {each for each in items if isinstance(each, str)} if isinstance(items, list) else set()


def untouched_beside(written: WrittenContact, kind: str, body: Mapping[str, Any]) -> frozenset[str]:
    """Give the ids of what the run put beside a contact and a list shows as it was put there."""
    wanted = {digest(each): each for each in written.additions if each.kind == kind}
    shown = _listed_beside(kind, body)
    return frozenset(
        added.id
        for added in written.added
        if added.kind == kind
        and (addition := wanted.get(added.digest)) is not None
        and (there := shown.get(added.id)) is not None
        # what somebody worked on since (a task done, a deal moved on) is no longer ours to take away
        and not edited_parts(addition, there)
    )


def touched_beside(written: WrittenContact, kind: str, body: Mapping[str, Any]) -> frozenset[str]:
    """Give the ids of what the run put there and somebody wrote into since."""
    there = _listed_beside(kind, body).keys()
    ours = {added.id for added in written.added if added.kind == kind}
    return frozenset(ours & there) - untouched_beside(written, kind, body)


def _listed_beside(kind: str, body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    items = body.get(KINDS[kind].listed)
    listed = items if isinstance(items, list) else []
    return {str(each.get("id")): each for each in listed if isinstance(each, Mapping)}


def restoration(written: WrittenContact, contact: Mapping[str, Any]) -> Restoration:
    """Tell which old values go back: only where the contact still holds what the run wrote."""
    held = read_contact({"id": written.contact_id, **contact})
    changes, kept = [], []
    for change in written.changes:
        if change.reference in NOT_IN_UPDATE:
            continue  # on a contact that is there, the vendor takes none of them
        now = held_value(held, change.reference, custom=change.custom)
        if _same(change, change.old, now):
            continue  # nobody has to put it back
        if _same(change, change.new, now):
            changes.append(change)
        else:
            kept.append(change.name)
    return Restoration(changes=tuple(changes), kept=tuple(kept))


def back(change: Change) -> Json:
    """Give the value to be written so that the old one is there again; None asks the vendor to clear the field."""
    if change.reference == "dnd":
        return bool(change.old)
    if change.reference in _CHANNELS:
        before = change.old if isinstance(change.old, Mapping) else {}
        written = change.new if isinstance(change.new, Mapping) else {}
        return {channel: before.get(channel) or dict(_OFF) for channel in written}
    if change.reference == "additionalPhones":
        return change.old or []
    return None if is_blank(change.old) else change.old


def calls_for(changes: Iterable[Change]) -> Iterator[tuple[Change, ...]]:
    """Part what is put back into calls: what the vendor may refuse to clear goes by itself."""
    changes = tuple(changes)
    doubtful = tuple(
        change for change in changes if change.reference in _NOT_NULLABLE and is_blank(change.old)
    )
    for some in (tuple(change for change in changes if change not in doubtful), doubtful):
        if some:
            yield some


def not_restored(changes: Iterable[Change], contact: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what does not hold its old value although it was put back; clearing by null is no promise of the vendor's."""
    held = read_contact({"id": "it", **contact})
    return tuple(
        change.name
        for change in changes
        if not _same(change, back(change), held_value(held, change.reference, custom=change.custom))
    )


def _same(change: Change, value: Json, now: Json) -> bool:
    if change.data_type is not None:
        return same_custom(change.data_type, value, now)
    if change.reference in _CHANNELS and is_blank(value):
        return is_blank(now) or _all_off(now)
    return same_field(change.reference, value, now)
