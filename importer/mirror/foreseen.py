"""A location as it will be once the rows before are sent: its mirror, and over it what those rows leave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Protocol, Self

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import ADDITIONAL, HeldContact
from importer.mirror.field_index import FieldIndex, ValueKeys
from importer.mirror.met import MetContacts
from importer.mirror.store import Mirror
from importer.state.key_filter import KeyFilter

_NOBODY: Final[tuple[str, ...]] = ()
_LEFT_BITS: Final = 1 << 25
"""Four megabytes: of a million contacts with three keys each, one key in ten is asked for in vain."""


class LocationView(Protocol):
    """Contacts as a row may meet them."""

    @property
    def values(self) -> ValueKeys | None:
        """How contacts are found by a custom field's value, where they are."""
        ...

    def look(self, keys: Iterable[str], contact_ids: Iterable[str]) -> None: ...

    def holders(self, key: str) -> tuple[str, ...]: ...

    def additional_holders(self, key: str) -> tuple[str, ...]: ...

    def contact(self, contact_id: str) -> HeldContact | None: ...

    def leave(self, contact: HeldContact) -> None: ...

    def settle(self) -> None: ...


class ForeseenLocation:
    """Contacts by key and id. Rows come in blocks: ``look`` reads what a block needs at once, ``settle`` ends it."""

    def __init__(
        self,
        mirror: Mirror,
        left: Mirror,
        met: MetContacts | None = None,
        *,
        values: FieldIndex | None = None,
    ) -> None:
        self._values = values
        self._mirror = mirror
        self._left = left
        self._met = met
        self._left_facts = left.facts
        self._left_keys: KeyFilter | None = None
        self._any_additional = False
        self._holders: dict[str, tuple[str, ...]] = {}
        self._before: Mapping[str, tuple[str, ...]] = {}
        self._contacts: dict[str, HeldContact] = {}
        self._new: dict[str, HeldContact] = {}

    @classmethod
    def open(
        cls,
        mirror: Mirror,
        folder: Path,
        stack: ExitStack,
        *,
        met: MetContacts | None = None,
        by: CustomField | None = None,
        written: Collection[HeldContact] = (),
    ) -> Self:
        """Open a location as its mirror shows it, and over that what was just ``written``; scratch goes into ``folder``.

        ``by``: the custom field that contacts are found by, if any.
        """
        left = stack.enter_context(Mirror.scratch(folder / "left.db"))
        values = None
        if by is not None:
            values = stack.enter_context(FieldIndex.scratch(folder / "values.db", by))
            values.fill(mirror)
        location = cls(mirror, left, met, values=values)
        location._keep(written)
        return location

    def look(self, keys: Iterable[str], contact_ids: Iterable[str]) -> None:
        """Read everybody whom a block of rows may mean."""
        keys = list(keys)
        before = self._mirror.find(keys)
        later = self._left.find(self._perhaps_left(keys))
        by_value = self._values.by_keys(keys) if self._values is not None else {}
        named = {*contact_ids, *(each for ids in by_value.values() for each in ids)}
        wanted = before.contacts.keys() | later.contacts.keys() | named
        if self._met is not None:
            self._met.note(wanted)
        left = self._left.by_ids(self._perhaps_left(wanted))
        held = {**before.contacts, **self._mirror.by_ids(named - before.contacts.keys() - left.keys())}
        # with what only a read by id shows, where that was done: an export does it
        self._contacts = {**held, **self._mirror.completed(held.values()), **left}
        self._before = {**before.holders, **by_value}
        self._holders = {**_laid_over(before.holders, left, later.holders), **by_value}
        self._any_additional = before.additional or later.additional
        self._new = {}

    def holders(self, key: str) -> tuple[str, ...]:
        """Tell the ids of the contacts that hold a key: those that held it already, then those to whom rows gave it."""
        return self._holders.get(key, _NOBODY)

    def additional_holders(self, key: str) -> tuple[str, ...]:
        """Tell the ids of the contacts that hold a key as an additional one, likewise."""
        return self._holders.get(f"{ADDITIONAL}{key}", _NOBODY) if self._any_additional else _NOBODY

    def contact(self, contact_id: str) -> HeldContact | None:
        return self._contacts.get(contact_id)

    def leave(self, contact: HeldContact) -> None:
        """Note what a row leaves: the rows behind it meet the contact so."""
        before = self._contacts.get(contact.id)
        old = frozenset(self._found_by(before)) if before is not None else frozenset()
        new = dict.fromkeys(self._found_by(contact))
        for key in old - new.keys():
            self._holders[key] = tuple(each for each in self.holders(key) if each != contact.id)
        for key in new:
            if key not in old:
                self._holders[key] = _in_order(
                    (*self.holders(key), contact.id), self._before.get(key, _NOBODY)
                )
        self._any_additional = self._any_additional or bool(contact.emails or contact.phones)
        self._contacts[contact.id] = self._new[contact.id] = contact

    def settle(self) -> None:
        """Keep what the rows of this block leave, for the blocks behind it."""
        self._keep(self._new.values())

    def _keep(self, contacts: Collection[HeldContact]) -> None:
        if not contacts:
            return
        self._left.renew(contacts, self._left_facts, to_the_end=True)
        self._left_keys = self._left_keys or KeyFilter(_LEFT_BITS)
        for contact in contacts:
            found_by = (key.removeprefix(ADDITIONAL) for key in contact.found_by())
            self._left_keys.add(map(hash, (contact.id, *found_by)))
        if self._values is not None:
            self._values.renew(contacts)

    def _perhaps_left(self, keys: Iterable[str]) -> list[str]:
        """Leave out what no row left: of a file that changes little that is nearly all of it."""
        left = self._left_keys
        if left is None:
            return []
        asked = list(keys)
        return [asked[index] for index in left.places(map(hash, asked))]

    @property
    def values(self) -> ValueKeys | None:
        return None if self._values is None else self._values.keys

    def _found_by(self, contact: HeldContact) -> list[str]:
        return found_by(contact, self.values)


def _laid_over(
    before: Mapping[str, tuple[str, ...]], left: Collection[str], later: Mapping[str, tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """Tell who holds each key: a contact that a row changed may not be found by what it was found by before."""
    if not left:
        return before
    found: dict[str, tuple[str, ...]] = {}
    for key in (*before, *later):
        after = later.get(key, _NOBODY)
        held = before.get(key, _NOBODY)
        found[key] = _in_order((*(each for each in held if each not in left), *after), held)
    return found


def _in_order(contact_ids: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    """Put holders of a key in an order that knows nothing of blocks: whom a row means must not depend on where one ends.

    Those who held it ``before`` any row keep their places; the others are in the order of their ids, row 9 ahead of row 10.
    """
    if len(contact_ids) < 2:
        return contact_ids
    held = set(contact_ids)
    stay = tuple(each for each in before if each in held)
    return (*stay, *sorted(held.difference(stay), key=lambda each: (len(each), each)))


def found_by(contact: HeldContact, values: ValueKeys | None) -> list[str]:
    """Give all that finds a contact."""
    return contact.found_by() if values is None else [*contact.found_by(), *values.keys_of(contact)]


class OneContact:
    """A location of which one contact is looked at, as it is now."""

    def __init__(self, contact: HeldContact, values: ValueKeys | None) -> None:
        self.values = values
        self._contact = contact
        self._keys = frozenset(found_by(contact, values))

    def look(self, keys: Iterable[str], contact_ids: Iterable[str]) -> None:
        """Do nothing: it was looked at."""

    def holders(self, key: str) -> tuple[str, ...]:
        return (self._contact.id,) if key in self._keys else _NOBODY

    def additional_holders(self, key: str) -> tuple[str, ...]:
        return self.holders(f"{ADDITIONAL}{key}")

    def contact(self, contact_id: str) -> HeldContact | None:
        return self._contact if contact_id == self._contact.id else None

    def leave(self, contact: HeldContact) -> None:
        """Do nothing: no row comes behind."""

    def settle(self) -> None:
        """Do nothing, likewise."""
