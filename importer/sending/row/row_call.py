"""The call that stores a row's contact."""

from __future__ import annotations

from collections.abc import Callable

from importer.highlevel.reply import Reply, ReplyKind
from importer.sending.call_state import CallState
from importer.sending.caller import Caller
from importer.sending.row.evidence import can_be_of, refuses
from importer.sending.row.leases import Leases
from importer.sending.row.matching import is_of
from importer.sending.row.submitted import SubmittedRow


class RowCallState(CallState):
    """The call that stores a row's contact. Notes when it was sent first, which is evidence later."""

    stores = True
    __slots__ = ("_caller", "_leases", "_reserve", "submitted")

    def __init__(
        self,
        submitted: SubmittedRow,
        caller: Caller,
        leases: Leases,
        reserve: Callable[[SubmittedRow], int],
    ) -> None:
        super().__init__(submitted.row, repeatable=submitted.repeatable, doubtful=submitted.doubtful)
        self.submitted = submitted
        self._caller = caller
        self._leases = leases
        self._reserve = reserve
        self.not_before = submitted.not_before

    def recognises(self, reply: Reply) -> bool:
        if reply.kind is ReplyKind.DUPLICATE:
            return refuses(self.submitted.record, reply)
        return can_be_of(self.submitted.record, reply.contact)

    async def claims(self, reply: Reply) -> bool:
        record = self.submitted.record
        return record.contact_id is None and await is_of(record, reply, self._caller)

    def reserve(self) -> int:
        return self._reserve(self.submitted)

    @property
    def announced(self) -> bool:
        return self.submitted.repeatable and self._leases.covers(self.submitted)

    async def announce(self) -> None:
        if self.submitted.repeatable:
            await self._leases.hold(self.submitted)
        else:
            await self._leases.hold_exactly(self.submitted)

    def leave(self) -> None:
        submitted, now = self.submitted, self._caller.clock.monotonic()
        submitted.attempts += 1
        submitted.perhaps_stored = True
        self._leases.let_go(submitted)
        if submitted.sent_here_at is None:
            submitted.sent_here_at = now
        if submitted.first_attempt_at is None:
            submitted.first_sent_at = now
            submitted.first_attempt_at = self._caller.vendor_clock.first_attempt_at()

    def note_end(self, *, perhaps_stored: bool) -> None:
        self.submitted.perhaps_stored = perhaps_stored
