"""Checks that are under way: one a draft, however many windows look at it; each can be watched and cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from typing import Any, Final

from importer.errors import ImporterError
from importer.ui.surface import RefusedRequestError

_LONGEST_LINE: Final = 400
Hear = Callable[[str], None]
Work = Callable[[Hear], Coroutine[Any, Any, dict[str, Any]]]


class Check:
    """One check: how far it is, and how it ended."""

    def __init__(self, work: Work) -> None:
        self.phase = ""
        self.rows = 0
        self.total: int | None = None
        """Rows of the whole file, once all were read."""
        self.task = asyncio.ensure_future(work(self.hear))

    def hear(self, line: str) -> None:
        """Take what the command says of how far it is; its other messages are none of that."""
        with contextlib.suppress(ValueError, TypeError, KeyError):
            said = json.loads(line[:_LONGEST_LINE])["check"]
            if said["phase"] != self.phase:
                self.total = self.rows if self.phase else None
            self.phase, self.rows = str(said["phase"]), int(said["rows"])

    @property
    def trouble(self) -> str | None:
        """Why it came to nothing, in a sentence; None while it is under way, when all is well, and when it was cancelled."""
        if not self.task.done() or self.task.cancelled():
            return None
        found = self.task.exception()
        if found is None or isinstance(found, ImporterError | RefusedRequestError):
            return None if found is None else str(found)
        raise found


class Checks:
    """The checks of one screen."""

    def __init__(self) -> None:
        self._by_draft: dict[str, Check] = {}

    def begin(self, draft_id: str, work: Work) -> Check:
        """Begin a check, or join the one that is under way."""
        found = self._by_draft.get(draft_id)
        if found is None or found.task.done():
            found = self._by_draft[draft_id] = Check(work)
        return found

    def find(self, draft_id: str) -> Check | None:
        """Give the last check of a draft, under way or not."""
        return self._by_draft.get(draft_id)

    async def cancel(self, draft_id: str) -> None:
        """End a check; that there is none is no fault."""
        if (found := self._by_draft.get(draft_id)) is not None:
            found.task.cancel()
            await asyncio.wait({found.task})

    async def cancel_all(self) -> None:
        for draft_id in list(self._by_draft):
            await self.cancel(draft_id)
