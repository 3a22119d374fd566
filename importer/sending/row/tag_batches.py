"""Tag batches: landed rows that get the same tags wait for each other, so that one call serves up to 500."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.highlevel.calls import BULK_TAG_LIMIT
from importer.records import TagMode
from importer.sending.capacity import Capacity
from importer.sending.row.submitted import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class TagBatch:
    """One bulk call: rows that get the same tags."""

    tags: tuple[str, ...] = field(repr=False)
    rows: tuple[Held, ...]


@dataclass(slots=True)
class _OpenBatch:
    since: float
    rows: list[Held] = field(default_factory=list)


class TagBatcher:
    """The waiting rows of one location, by their set of tags."""

    __slots__ = ("_capacity", "_limit", "_open", "held")

    def __init__(self, capacity: Capacity, *, limit: int = BULK_TAG_LIMIT) -> None:
        self._capacity = capacity
        self._open: dict[tuple[str, ...], _OpenBatch] = {}
        self._limit = limit
        self.held = 0

    def add(self, held: Held, now: float) -> TagBatch | None:
        """Put a row to those that get the same tags; gives a batch that is full, or that makes room."""
        batch = self._open.get(held.tags)
        if batch is None:
            batch = self._open[held.tags] = _OpenBatch(now)
            self._capacity.batches += 1
        batch.rows.append(held)
        self.held += 1
        self._capacity.taken += 1
        if len(batch.rows) >= self._limit:
            return self._take(held.tags)
        return self._take_fullest() if self._capacity.exceeded else None

    def take_older(self, than: float) -> Iterator[TagBatch]:
        """Take the batches that have waited since before a moment."""
        for tags in [tags for tags, batch in self._open.items() if batch.since <= than]:
            yield self._take(tags)

    def take_all(self) -> Iterator[TagBatch]:
        for tags in list(self._open):
            yield self._take(tags)

    def _take_fullest(self) -> TagBatch:
        return self._take(max(self._open, key=lambda tags: len(self._open[tags].rows)))

    def _take(self, tags: tuple[str, ...]) -> TagBatch:
        rows = self._open.pop(tags).rows
        self.held -= len(rows)
        self._capacity.taken -= len(rows)
        self._capacity.batches -= 1
        return TagBatch(tags=tags, rows=tuple(rows))


def tags_due(tags: tuple[str, ...], mode: TagMode, contact: Mapping[str, Any]) -> bool:
    """Tell whether a tag call is needed: not where the reply shows that the contact is already as wanted."""
    if not tags or mode is TagMode.REPLACE:
        return False
    shown = contact.get("tags")
    if not isinstance(shown, list):
        return True
    if not shown:
        return mode is not TagMode.REMOVE
    present = {str(tag).casefold() for tag in shown}  # the vendor keeps tags in lower case
    wanted = {tag.casefold() for tag in tags}
    return bool(wanted & present) if mode is TagMode.REMOVE else not wanted <= present


def tag_errors(body: Mapping[str, Any]) -> dict[str, str]:
    """Read the bulk reply: which contacts were refused, and why."""
    responses = body.get("responses")
    if not isinstance(responses, list):
        return {}
    return {
        str(item.get("contactId")): str(item.get("message") or "no reason given")
        for item in responses
        if isinstance(item, Mapping) and item.get("type") == "error"
    }
