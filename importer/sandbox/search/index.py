"""What the search sees: every contact as it was one lag ago, the deleted ones included."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from importer.sandbox.contacts import Contact, ContactBook, snapshot


class SearchIndex:
    """Keeps how contacts were before their latest changes, for as long as the search lags behind."""

    def __init__(self, book: ContactBook, *, lag_seconds: float) -> None:
        self._book = book
        self._lag = lag_seconds
        self._before: dict[str, deque[Contact | None]] = {}
        self._changes: deque[tuple[float, str]] = deque()
        self.generation = 0
        """Moves on whenever the search may see something else than before."""

    def note_arrival(self, contact: Contact, now: float) -> None:
        self._note(contact.id, None, now)

    def note_change(self, contact: Contact, now: float) -> None:
        """Keep how the contact is, just before it is changed or deleted."""
        self._note(contact.id, snapshot(contact) if self._lag > 0 else None, now)

    def catch_up(self, now: float) -> None:
        """Let the search see every change that is older than the lag."""
        while self._changes and self._changes[0][0] <= now - self._lag:
            _, contact_id = self._changes.popleft()
            versions = self._before[contact_id]
            versions.popleft()
            if not versions:
                del self._before[contact_id]
            self.generation += 1

    def visible(self, location_id: str) -> Iterator[Contact]:
        """Yield the contacts of a location as the search sees them."""
        for contact in self._book.of_location(location_id):
            shown = self._before[contact.id][0] if contact.id in self._before else contact
            if shown is not None:
                yield shown
        for contact_id, versions in self._before.items():
            lingering = versions[0]
            if lingering and lingering.location_id == location_id and self._book.get(contact_id) is None:
                yield lingering

    def _note(self, contact_id: str, before: Contact | None, now: float) -> None:
        self.generation += 1
        if self._lag > 0:
            self._before.setdefault(contact_id, deque()).append(before)
            self._changes.append((now, contact_id))
