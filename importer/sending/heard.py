"""Replies that were heard before: a connection that brings one again is one reply behind. Pure."""

from __future__ import annotations

from typing import Final

from importer.highlevel.reply import Reply
from importer.records import value_type

_REMEMBERED: Final = 512


@value_type(frozen=True, slots=True, kw_only=True)
class ForeignReply:
    """A reply that is not the one to the call: ``repeated``, or about somebody else."""

    reply: Reply
    repeated: bool


class HeardReplies:
    """The last replies of a location, by the vendor's trace id, which no two requests share.

    The body must be the same, too: a stand-in may give every reply the same id.
    """

    __slots__ = ("_bodies",)

    def __init__(self) -> None:
        self._bodies: dict[str, int] = {}

    def is_repeated(self, trace_id: str | None, body: bytes) -> bool:
        """Remember a reply; tell whether it came before."""
        if trace_id is None:
            return False
        digest = hash(body)
        if self._bodies.get(trace_id) == digest:
            return True
        self._bodies[trace_id] = digest
        if len(self._bodies) > _REMEMBERED:
            del self._bodies[next(iter(self._bodies))]
        return False
