"""The state of a call: one call on its way to a final reply, and how it can end without one."""

from __future__ import annotations

from typing import ClassVar, Final

from importer.errors import CredentialsLostError
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import RowId, value_type
from importer.settings import Secret

FIRST_CONTACT: Final[RowId] = -1
"""The row of a call that is made for no row: those with which a location is met."""


class LocationRefusedError(CredentialsLostError):
    """The location turned us away; ``kind`` says how. ``no_token``: it was not asked, since there was nothing to ask it with."""

    def __init__(self, message: str, *, kind: ReplyKind, no_token: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.no_token = no_token


@value_type(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """No final reply could be had; ``doubtful``: the vendor may have done it all the same."""

    words: str
    doubtful: bool
    status: int | None = None
    certificate: bool = False
    """Somebody answered who cannot prove to be the vendor."""


class CallState:
    """One call to be brought to an end: on whose behalf, and how its attempts went.

    ``soft``: a refusal of the location or the scope is an answer to the caller, and ends nothing.
    ``stores``: it stores a row's contact, so no attempt may meet the one before it still at work.
    """

    stores: ClassVar[bool] = False

    __slots__ = (
        "attempts", "doubtful", "failures", "not_before", "renewals", "repeatable", "row", "sent_at", "soft", "token",
        "troubled_since",
    )  # fmt: skip

    def __init__(
        self, row: RowId, *, repeatable: bool = True, doubtful: bool = False, soft: bool = False
    ) -> None:
        self.row = row
        self.soft = soft
        self.repeatable = repeatable
        self.doubtful = doubtful
        self.attempts = 0
        self.failures = 0
        self.sent_at = 0.0
        self.not_before = 0.0
        """The earliest moment for the next attempt, on the monotonic clock."""
        self.token: Secret | None = None
        self.renewals = 0
        self.troubled_since: float | None = None

    def reserve(self) -> int:
        """Tell how many requests of the run's budget must be left over for others."""
        return 0

    def recognises(self, reply: Reply) -> bool:  # noqa: ARG002  (for those that know whom they ask about)
        """Tell whether a reply can be the one to this call, by what it shows."""
        return True

    async def claims(self, reply: Reply) -> bool:  # noqa: ARG002  (likewise)
        """Look for proof that a reply that was not recognised is ours all the same."""
        return False

    @property
    def announced(self) -> bool:
        """Tell whether the next attempt may leave as the journal stands."""
        return True

    async def announce(self) -> None:
        """Have it written down that an attempt is about to leave, and wait for that."""

    def leave(self) -> None:
        """Take note that an attempt leaves now."""

    def note_end(self, *, perhaps_stored: bool) -> None:
        """Learn whether the attempt that ended without success, or one before it, may have been stored all the same."""
