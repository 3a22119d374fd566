"""What the sender tells whoever watches."""

from __future__ import annotations

from typing import Protocol

from importer.records import Outcome


class SendingProgress(Protocol):
    """Told on the loop, so it must not block."""

    def planned(self, rows: int, requests: int, seconds: float) -> None: ...

    def settled(self, outcome: Outcome) -> None: ...

    def requested(self, location_id: str, seconds: float, throttled: bool) -> None: ...  # noqa: FBT001  (an agreed signature)

    def holding(self, location_id: str, seconds: float, reason: str) -> None: ...

    def message(self, text: str) -> None: ...


class SilentProgress:
    """Nobody watches."""

    def planned(self, rows: int, requests: int, seconds: float) -> None: ...

    def settled(self, outcome: Outcome) -> None: ...

    def requested(self, location_id: str, seconds: float, throttled: bool) -> None: ...  # noqa: FBT001  (see above)

    def holding(self, location_id: str, seconds: float, reason: str) -> None: ...

    def message(self, text: str) -> None: ...
