"""S9: all runs of the state folder, whoever began them; what goes with one that is forgotten; the same import once more."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any, Final

from importer.highlevel.connections import ConnectionBook
from importer.records import Json
from importer.state.secrets import secrets_in
from importer.ui.past import RunLine, RunSearch
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, number_of, taken

_PAGE: Final = 50
_LONGEST_SEARCH: Final = 200
_STATES: Final = ("finished", "stopped", "running", "undone")


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Show one page of the runs; what is looked for stands in the address, so that going back finds it again."""
    said = asked.query.get("q", "")[:_LONGEST_SEARCH]
    state = asked.query.get("state", "")
    first = number_of(asked.query, "first", most=10**6)
    wanted = RunSearch.of(said, state if state in _STATES else "")
    found = await asyncio.to_thread(
        screen.runs.page, wanted, names=lambda: _names(screen), first=first, count=_PAGE
    )
    screen.in_background(screen.runs.warm)
    names = await asyncio.to_thread(location_names, screen)
    jobs = await asyncio.to_thread(screen.schedules.job_of_runs)
    return screen.page(
        "history.html.j2",
        runs=[_shown(screen, line, names, jobs) for line in found.lines],
        said=said,
        state=wanted.state,
        states=_STATES,
        first=first,
        until=first + len(found.lines),
        step=_PAGE,
        found=found.found,
        of=found.of,
    )


def _shown(screen: Screen, line: RunLine, names: dict[str, str], jobs: dict[str, str]) -> dict[str, Json]:
    run = line.run
    return {
        **line.to_json(),
        "location_name": names.get(run.location_id or ""),
        "job": jobs.get(run.id),
        "followed_by": list(screen.runs.followed_by(run.id)),
    }


def location_names(screen: Screen) -> dict[str, str]:
    """Name the locations whose names are known: of those that were connected, and of drafts."""
    drafts = {each.location_id: each.location_name for each in screen.drafts.list()}
    book = ConnectionBook(secrets_in(screen.state))
    return {
        **{location: name for location, name in drafts.items() if location and name},
        **{each.location_id: each.name for each in book.all() if each.name},
    }


def _names(screen: Screen) -> dict[str, str]:
    return {**location_names(screen), **{state: screen.words("state." + state) for state in _STATES}}


async def holdings(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say what forgetting a run would take, and what stays."""
    run = await asyncio.to_thread(screen.runs.find, asked.named["run"])
    found: dict[str, Any] = asdict(await asyncio.to_thread(screen.runs.holdings, run))
    return data(found)


async def forget(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Delete what is kept of a run. What nothing but the run can finish is given up by a word of its own alone."""
    given_up = taken(asked.said(), "unfinished", bool, default=False)
    run = await asyncio.to_thread(screen.runs.find, asked.named["run"])
    left = await asyncio.to_thread(screen.runs.holdings, run)
    if left.unfinished and not given_up:
        raise RefusedRequestError(409, screen.words("forget.unfinished", n=f"{left.unfinished:,}"))
    await asyncio.to_thread(screen.runs.forget, run.id)
    return data({})
