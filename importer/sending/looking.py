"""Looking without writing: what a sender needs that asks a location and imports nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Final

from importer.highlevel.follow_ups import named_contacts
from importer.highlevel.notes import read_notes
from importer.highlevel.reply import Reply, ReplyKind
from importer.highlevel.search import is_of
from importer.records import Addition, Append, Outcome, Pulse, QuotaMark, RowId
from importer.sending.call_state import FIRST_CONTACT, CallState
from importer.sending.policy import RetryPolicy, SendingPolicy

_PATIENCE: Final = RetryPolicy(row_seconds=15.0, outage_seconds=15.0, certificate_passes=False)
LOOKING: Final = SendingPolicy(retry=_PATIENCE, opening=_PATIENCE)
"""Somebody sits before it, and nothing is lost by giving up."""


_PERSEVERANCE: Final = RetryPolicy(row_seconds=120.0, certificate_passes=False)
MIRRORING: Final = SendingPolicy(retry=_PERSEVERANCE, opening=_PERSEVERANCE)
"""A reading of hundreds of calls is not given up for one of them."""


class SearchCallState(CallState):
    """The call that searches one location: a page with another's contacts is not the reply to it."""

    __slots__ = ("_location_id",)

    def __init__(self, location_id: str) -> None:
        super().__init__(FIRST_CONTACT, soft=True)
        self._location_id = location_id

    def recognises(self, reply: Reply) -> bool:
        return is_of(self._location_id, reply.body)


class ContactCallState(CallState):
    """The call that reads one contact: no other's will do."""

    __slots__ = ("_contact_id",)

    def __init__(self, row: RowId, contact_id: str, *, soft: bool = False) -> None:
        super().__init__(row, soft=soft)
        self._contact_id = contact_id

    def recognises(self, reply: Reply) -> bool:
        return reply.contact_id in (None, self._contact_id)


class NotesCallState(CallState):
    """The call that lists one contact's notes: what shows another's, or is no list, is not the reply to it."""

    __slots__ = ("_contact_id",)

    def __init__(self, contact_id: str) -> None:
        super().__init__(FIRST_CONTACT, soft=True)
        self._contact_id = contact_id

    def recognises(self, reply: Reply) -> bool:
        return reply.kind is not ReplyKind.DONE or read_notes(self._contact_id, reply.body) is not None


class ContactsCallState(CallState):
    """The call for several contacts: a reply that names another is not the one to it."""

    __slots__ = ("_contact_ids",)

    def __init__(
        self, row: RowId, contact_ids: Iterable[str], *, repeatable: bool = True, soft: bool = False
    ) -> None:
        super().__init__(row, repeatable=repeatable, soft=soft)
        self._contact_ids = frozenset(contact_ids)

    def recognises(self, reply: Reply) -> bool:
        return named_contacts(reply.body) <= self._contact_ids


class NoRows:
    """The journal of a sender to which no row ever comes; of what it is told it keeps the quota marks."""

    def __init__(self) -> None:
        self.marks: dict[str, QuotaMark] = {}

    def write(self, append: Append) -> Future[None]:  # noqa: ARG002  (JournalWriter's signature)
        """Write nothing: nothing was to be sent."""
        written: Future[None] = Future()
        written.set_result(None)
        return written

    def written(self, append: Append) -> None:
        """Settle nothing."""

    def pulse(self, *pulses: Pulse) -> None:
        """Write no report."""

    def mark_quota(self, marks: Sequence[QuotaMark]) -> None:
        self.marks.update((mark.location_id, mark) for mark in marks)

    def made_here(self, contact_id: str, before: RowId) -> bool:  # noqa: ARG002  (JournalWriter's signature)
        return False

    def find_added(self, addition: Addition, location_id: str, contact_id: str) -> str | None:  # noqa: ARG002  (likewise)
        return None

    def added_beside(self, contact_id: str) -> dict[str, str]:  # noqa: ARG002  (likewise)
        return {}

    def made_by(self, row: RowId) -> str | Outcome | None:  # noqa: ARG002  (likewise)
        return None
