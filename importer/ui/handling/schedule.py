"""S9: imports that nobody starts: the job file of `importer serve`, how its jobs stand, and who runs them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
from collections.abc import Callable
from datetime import time
from typing import TYPE_CHECKING, Any, Final

from importer.errors import SettingsError
from importer.highlevel.connections import ConnectionBook
from importer.mapping.editing import edited_text
from importer.runtime.environment import read_tokens, variable_token
from importer.sources import is_url
from importer.state.secrets import secrets_in
from importer.ui import children
from importer.ui.handling.history import location_names
from importer.ui.schedules import NewJob
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, taken

if TYPE_CHECKING:
    from importer.state.journal import Run

_LIKE: Final = 20
_BEGUN_SECONDS: Final = 60.0
_ENDED_SECONDS: Final = 30.0
_LONGEST: Final = 2000
_READING: Final = ("sheet", "header_row", "encoding", "delimiter")


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    like = await asyncio.to_thread(_like, screen, asked.query.get("like", ""))
    command = shlex.join(["importer", "serve", str(screen.schedules.path), "--state", str(screen.state)])
    return screen.page("schedule.html.j2", like=like, chosen=asked.query.get("like", ""), command=command)


def _like(screen: Screen, first: str) -> list[dict[str, Any]]:
    """List runs that a job can be made after: one for each file and place, the one that was asked for ahead."""
    names = location_names(screen)
    known = {*screen.tokens.by_location, *_stored(screen)}
    lines = [line for line in screen.runs.newest(_LIKE * 5) if not line.run.sandbox]
    lines.sort(key=lambda line: line.run.id != first)
    seen: set[tuple[str, str | None, str]] = set()
    found = []
    for line in lines:
        run = line.run
        key = (line.source, run.location_id, run.mapping_fingerprint)
        if key in seen:
            continue
        seen.add(key)
        found.append(
            {
                "run": run.id,
                "source": line.source,
                "reference": _reference(screen, run),
                "location_id": run.location_id,
                "location_name": names.get(run.location_id or ""),
                "has_token": run.location_id in known or variable_token("HIGHLEVEL_TOKEN") is not None,
            }
        )
    return found[:_LIKE]


def _stored(screen: Screen) -> set[str]:
    book = ConnectionBook(secrets_in(screen.state))
    return {*read_tokens(), *(each.location_id for each in book.all())}


def _reference(screen: Screen, run: Run) -> str:
    """Name where a run's file came from; a copy that the screen took in is no place where another one will lie."""
    references = [source.reference for source in run.sources]
    if len(references) != 1 or "@" in references[0]:
        return ""
    path = run.working_folder / references[0]
    if is_url(references[0]):
        return references[0]
    return "" if path.is_relative_to(screen.drafts.path) else str(path)


async def job_states(screen: Screen, _: ScreenRequest) -> ScreenReply:
    return data(await asyncio.to_thread(screen.schedules.job_states))


async def add(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Write a job after a run: its mapping, its place, and when."""
    said = asked.said()
    run = await asyncio.to_thread(screen.runs.find, taken(said, "like", str))
    if run.sandbox:
        raise SettingsError(screen.words("schedule.sandbox"))
    new = NewJob(
        name=taken(said, "name", str).strip(),
        source=taken(said, "source", str)[:_LONGEST],
        location=run.location_id,
        mapping_text=_mapping_of(run),
        at=_time(taken(said, "at", str)),
        days=taken(said, "days", str),
        changed_only=taken(said, "changed_only", bool, default=False),
        notify=taken(said, "notify", str, "").strip()[:_LONGEST],
    )
    version = taken(said, "version", str)
    await asyncio.to_thread(screen.schedules.add, new, version=version)
    return data(await asyncio.to_thread(screen.schedules.job_states))


def _mapping_of(run: Run) -> str:
    """Give a run's mapping with how its file was read: the next one is read the same way, and nobody is there to say it."""
    reading: Any = run.options.get("reading")
    said = reading if isinstance(reading, dict) else {}
    chosen = [(("source", name), str(said[name])) for name in _READING if said.get(name) is not None]
    return (
        edited_text(run.mapping_text, name=run.mapping_path.name, set_to=chosen)
        if chosen
        else run.mapping_text
    )


def _time(said: str) -> time:
    with contextlib.suppress(ValueError):
        return time.fromisoformat(said)
    raise RefusedRequestError(400, "A time is written as 02:30.")


async def switch(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    said = asked.said()
    name, version = taken(said, "name", str), taken(said, "version", str)
    await asyncio.to_thread(screen.schedules.switch, name, on=taken(said, "on", bool), version=version)
    return data(await asyncio.to_thread(screen.schedules.job_states))


async def remove(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    said = asked.said()
    name, version = taken(said, "name", str), taken(said, "version", str)
    await asyncio.to_thread(screen.schedules.remove, name, version=version)
    return data(await asyncio.to_thread(screen.schedules.job_states))


async def serve(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Have the jobs run by a process of their own, or end it: begun again, it knows what the file says now."""
    on = taken(asked.said(), "on", bool)
    async with screen.starting.setdefault("serve", asyncio.Lock()):
        await asyncio.to_thread(screen.schedules.end_server)
        await _until(lambda: screen.schedules.server() is None, _ENDED_SECONDS)
        if on:
            await _begin(screen)
    return data(await asyncio.to_thread(screen.schedules.job_states))


async def _begin(screen: Screen) -> None:
    log = screen.state / "serve.log"
    log.unlink(missing_ok=True)
    words = ["serve", str(screen.schedules.path), "--state", str(screen.state)]
    # As if it had been typed where the screen was: jobs name variables of their own for their tokens.
    secrets = {**os.environ}
    for location_id in screen.tokens.by_location:
        secrets |= screen.tokens.for_child(location_id)
    process = children.start(words, log=log, secrets=secrets, program=screen.program)

    def begun() -> bool:
        # Between taking the lock and writing who took it there is a moment.
        owner = screen.schedules.server()
        return process.poll() is not None or (owner is not None and owner.pid > 0)

    await _until(begun, _BEGUN_SECONDS)
    if process.poll() is not None:
        raise SettingsError(children.ended_with(process.returncode, log).sentence)


async def _until(there: Callable[[], bool], seconds: float) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(there) and asyncio.get_running_loop().time() < end:  # noqa: ASYNC110  (another process)
        await asyncio.sleep(0.1)
