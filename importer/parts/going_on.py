"""When a part that ended before its end is taken again by itself, and when it is left to a person."""

from __future__ import annotations

from typing import Final

from importer.errors import (
    InterruptedRunError,
    QuotaSpentError,
    ServiceDownError,
    StateError,
    TrustLostError,
)
from importer.mirror.folder import MirrorHeldError

HELD_SECONDS: Final = 1.0
"""Somebody else sends to the location: asked for again soon, since waiting in the queue costs no slot."""
_KILLED: Final = "killed"
_AGAIN_SECONDS: Final = {
    InterruptedRunError.code: 0.0,
    _KILLED: 0.0,
    StateError.code: 5.0,
    MirrorHeldError.code: 5.0,
    ServiceDownError.code: 60.0,
    TrustLostError.code: 600.0,
    QuotaSpentError.code: 1_800.0,
}
"""By the code of the reason. What is not here waits for a person: lost credentials, too many failures, a spent budget,
a pause, a trial."""


def again_in(reason_code: str | None, *, wished: bool) -> float | None:
    """Tell in how many seconds a stopped part is taken again; None where somebody has to say so.

    ``wished``: a person asked the run to end, so that nobody goes on with it unasked.
    """
    return None if wished or reason_code is None else _AGAIN_SECONDS.get(reason_code)
