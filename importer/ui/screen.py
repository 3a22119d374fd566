"""One screen: what its handlers work with."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.errors import ImporterError
from importer.records import Json
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.own_commands import PROGRAM
from importer.settings import Secret
from importer.ui.benches import Benches
from importer.ui.checks import Checks
from importer.ui.drafts import Draft, Drafts
from importer.ui.guard import Admission, Kind
from importer.ui.logins import Login
from importer.ui.runs import ScreenRuns
from importer.ui.schedules import Schedules
from importer.ui.surface import RefusedRequestError, ScreenReply
from importer.ui.words import Words, english

if TYPE_CHECKING:
    from importer.runtime.templates import Templates

_PAGES = Path(__file__).parent / "pages"


@dataclass(slots=True, kw_only=True)
class Tokens:
    """Tokens that were entered here, by location; kept in memory, handed to a child's environment alone."""

    by_location: dict[str, Secret] = field(default_factory=dict, repr=False)

    def keep(self, location_id: str, token: Secret) -> None:
        self.by_location[location_id] = token

    def for_child(self, location_id: str | None) -> dict[str, str]:
        """Give the variable by which a child process knows its token; none for the sandbox.

        It names the location: a token that is stored for it would go ahead of a mere HIGHLEVEL_TOKEN, and one that
        somebody has just entered is the one that is meant.
        """
        token = self.by_location.get(location_id or "")
        return {} if token is None else {f"HIGHLEVEL_TOKEN_{location_id}": token.reveal()}


class Screen:
    """The state folder, the drafts, the open files and the runs, and who may come in."""

    def __init__(
        self,
        state: Path,
        *,
        output: Path,
        words: Words | None = None,
        jobs: Path | None = None,
        clock: Clock | None = None,
        spare: bool = False,
    ) -> None:
        self.clock = clock or SystemClock()
        self.state = state
        self.output = output
        self.words = words or english()
        self.drafts = Drafts(state, clock=self.clock)
        self.benches = Benches(spare=spare)
        self.checks = Checks()
        self.runs = ScreenRuns(state)
        self.schedules = Schedules(state, jobs, output=output)
        self.tokens = Tokens()
        self.admission: Admission | None = None
        self.starting: dict[str, asyncio.Lock] = {}
        """A second click on Start waits for the first and finds its run."""
        self.location_fields: dict[str, list[Json]] = {}
        """The custom fields of locations that were asked for them."""
        self.looking: dict[str, str] = {}
        """What a look at taking a run back said last, by the run's id."""
        self.program: Sequence[str] = PROGRAM
        """What begins the commands that it starts."""
        self.start_id = secrets.token_hex(8)
        """Stands in each page: the program that made it may have ended, and another one answer at its address."""
        self.login: Login | None = None
        """The login that somebody began last."""
        self.masked = False
        """People's data is hidden on every page: somebody else looks at the screen."""
        self._heard_at = self.clock.monotonic()
        self._beside: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something beside, for whoever asks next: that it fails is told then."""
        task = asyncio.ensure_future(_quietly(work))
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def close(self) -> None:
        """End what was begun here; runs go on."""
        for task in self._beside:
            task.cancel()
        if self.login is not None:
            await self.login.end()
        await self.checks.cancel_all()
        await self.benches.close_all()
        await asyncio.gather(*self._beside, return_exceptions=True)

    def in_background(self, work: Callable[[], None]) -> None:
        """Do something that nobody waits for."""
        self.spawn(asyncio.to_thread(work))

    def heard(self) -> None:
        """Note that somebody is there."""
        self._heard_at = self.clock.monotonic()

    @property
    def idle_seconds(self) -> float:
        return self.clock.monotonic() - self._heard_at

    def any_run_under_way(self) -> bool:
        return self.runs.any_under_way()

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        draft: Draft | None = None,
        stranger: bool = False,
        **shown: Any,
    ) -> ScreenReply:
        """Render a page; one for a ``stranger`` holds nothing by which a change could be made."""
        text = self._templates.get_template(template).render(
            csrf="" if stranger or self.admission is None else self.admission.csrf,
            draft=draft,
            known_draft=None if draft is None else _known(draft),
            masked=self.masked,
            start=self.start_id,
            hue=None if draft is None or draft.location_id is None else hue_of(draft.location_id),
            **{"place": None, **shown},
        )
        return ScreenReply(status=status, kind=Kind.PAGE, content_type="text/html", body=text.encode())

    @cached_property
    def _templates(self) -> Templates:
        from importer.runtime.templates import templates_in

        templates = templates_in(_PAGES / "templates")
        templates.globals["t"] = self.words
        return templates


def _known(draft: Draft) -> dict[str, Json]:
    """Give what a page's script has to know of its draft."""
    return {
        "id": draft.id,
        "version": draft.version,
        "name": draft.name,
        "sandbox": draft.sandbox,
        "location": draft.location_id,
        "location_name": draft.location_name,
        "column": draft.location_column,
        "several": draft.by_column,
        "zone": draft.location_zone,
        "automations": list(draft.automations),
    }


async def _quietly(work: Coroutine[Any, Any, object]) -> None:
    with contextlib.suppress(ImporterError, RefusedRequestError, OSError):
        await work


def hue_of(location_id: str) -> int:
    """Give a location its own colour, one of twelve: the eye notices another client before the name is read."""
    return hashlib.sha256(location_id.encode()).digest()[0] % 12
