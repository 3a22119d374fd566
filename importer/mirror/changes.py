"""What an update would change of a contact, field by field, and what it leaves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import lru_cache
from typing import Final

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import NOT_IN_SEARCH, HeldContact
from importer.highlevel.equality import is_blank, same_custom, same_field
from importer.highlevel.payload import NOT_IN_UPDATE
from importer.records import Change, Json, OnUpdate, Record, TagMode, value_type

_NO_TAGS: Final[tuple[tuple[str, ...], tuple[str, ...]]] = ((), ())


@value_type(frozen=True, slots=True, kw_only=True)
class UpdateRules:
    """What may be done to a contact that exists. ``policies`` go by a field's name, or a custom field's id."""

    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)
    policies: Mapping[str, OnUpdate] = field(default_factory=dict)
    policy: OnUpdate = OnUpdate.OVERWRITE
    tag_mode: TagMode = TagMode.ADD

    def of(self, reference: str) -> OnUpdate:
        return self.policies.get(reference, self.policy)


@value_type(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an update changes. ``kept``: what a policy held back, or the vendor's update cannot carry, in words."""

    changes: tuple[Change, ...] = ()
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.changes or self.tags_added or self.tags_removed)


NO_DIFFERENCE: Final = Difference()


def difference(record: Record, held: HeldContact, rules: UpdateRules) -> Difference:
    """Compare a record with what its contact holds."""
    kept: list[str] = []
    found = [*_field_changes(record, held, kept), *_custom_changes(record, held, rules)]
    given = record.tags or record.clears_tags
    tags = _tag_changes(record.tags, held.tags, rules.tag_mode) if given else _NO_TAGS
    if not found and not kept and tags == _NO_TAGS:
        return NO_DIFFERENCE  # as of nearly every row of a nightly file
    changes = tuple(
        allowed
        for change in found
        if (allowed := _allowed(change, rules.of(change.reference), kept)) is not None
    )
    added, removed = tags
    return Difference(changes=changes, tags_added=added, tags_removed=removed, kept=tuple(kept))


def left_by_update(held: HeldContact, found: Difference) -> HeldContact:
    """Tell what the contact holds after an update."""
    fields, custom, phones = dict(held.fields), dict(held.custom_fields), held.phones
    for change in found.changes:
        if change.reference == "additionalPhones":
            phones = _phones_of(change.new)
        else:
            (custom if change.custom else fields)[change.reference] = change.new
    gone = frozenset(found.tags_removed)
    tags = (*(tag for tag in held.tags if tag not in gone), *found.tags_added)
    return replace(held, fields=fields, custom_fields=custom, tags=tags, phones=phones)


def left_by_create(record: Record, contact_id: str) -> HeldContact:
    """Tell what a contact holds that is made by a record."""
    return HeldContact(
        id=contact_id,
        fields={name: value for name, value in record.fields.items() if value is not None},
        custom_fields={reference: value for reference, value in record.custom_fields if value is not None},
        tags=tuple(dict.fromkeys(tag.lower() for tag in record.tags)),
        phones=_phones_of(record.fields.get("additionalPhones")),
    )


def _phones_of(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(str(each["phone"]) for each in value if isinstance(each, dict) and "phone" in each)


def _field_changes(record: Record, held: HeldContact, kept: list[str]) -> Iterator[Change]:
    for name, new in record.fields.items():
        old = held.fields.get(name)
        if old == new:
            continue  # nearly every value is
        old = _held_value(name, held)
        if same_field(name, new, old):
            continue
        if name in NOT_IN_UPDATE:
            if name == "gender":
                kept.append("gender can be set only when a contact is created")
            continue
        yield Change(
            reference=name,
            name=name,
            old=old,
            new=new,
            unseen=name in NOT_IN_SEARCH and old is None and not held.seen_by_id,
        )


def _held_value(name: str, held: HeldContact) -> Json:
    if name == "additionalPhones":
        return [{"phone": phone} for phone in held.phones]
    if name == "name" and "name" not in held.fields:
        parts = (held.fields.get("firstName"), held.fields.get("lastName"))
        return " ".join(str(part) for part in parts if part) or None
    return held.fields.get(name)


def _custom_changes(record: Record, held: HeldContact, rules: UpdateRules) -> Iterator[Change]:
    for reference, new in record.custom_fields:
        known = rules.custom_fields.get(reference)
        old = held.custom_fields.get(reference)
        if not same_custom(known.data_type if known else "TEXT", new, old):
            yield Change(
                reference=reference,
                name=known.name if known else reference,
                old=old,
                new=new,
                data_type=known.data_type if known else "TEXT",
            )


def _allowed(change: Change, policy: OnUpdate, kept: list[str]) -> Change | None:
    match policy:
        case OnUpdate.OVERWRITE:
            return change
        case OnUpdate.IF_BLANK if is_blank(change.old) and not change.unseen:
            return change
        case OnUpdate.APPEND if is_blank(change.new):
            kept.append(f"{change.name} is only added to, and not emptied")
        case OnUpdate.APPEND:
            return _appended(change)
        case OnUpdate.IF_BLANK if change.unseen:
            kept.append(f"{change.name} may have a value: the search does not show it")
        case OnUpdate.IF_BLANK:
            kept.append(f"{change.name} has a value")
        case OnUpdate.NEVER:
            kept.append(f"{change.name} is not changed on contacts that exist")
    return None


def _appended(change: Change) -> Change | None:
    """Put a value behind what is there; what is there already is not put there again."""
    old, new = change.old, change.new
    if is_blank(old):
        return change
    if isinstance(new, list) or isinstance(old, list):
        held = old if isinstance(old, list) else [old]
        more = [each for each in (new if isinstance(new, list) else [new]) if each not in held]
        return replace(change, new=[*held, *more]) if more else None
    lines, more_lines = _lines(old).rstrip(), _lines(new).strip()
    if f"\n{more_lines}\n" in f"\n{lines}\n":
        return None
    return replace(change, new=f"{lines}\n{more_lines}")


def _lines(value: Json) -> str:
    return str(value).replace("\r\n", "\n")


@lru_cache(maxsize=4_096)  # people of one file have few different sets of tags
def _tag_changes(
    tags: tuple[str, ...], held: tuple[str, ...], mode: TagMode
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell which tags come and which go; the vendor keeps them in lower case."""
    wanted = dict.fromkeys(tag.lower() for tag in tags)
    there = {tag.lower(): tag for tag in held}
    new = tuple(tag for tag in wanted if tag not in there)
    match mode:
        case TagMode.ADD:
            return new, ()
        case TagMode.REMOVE:
            return (), tuple(there[tag] for tag in wanted if tag in there)
        case TagMode.REPLACE:
            return new, tuple(tag for key, tag in there.items() if key not in wanted)
