"""S7 and S8: a run under way, how it ended, and its files."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from importer.errors import SettingsError
from importer.records import Status
from importer.state.journal import Run
from importer.state.remote import EndWish
from importer.ui import children
from importer.ui.guard import Kind
from importer.ui.handling.account import secrets_of_run
from importer.ui.handling.checking import state_key
from importer.ui.handling.history import location_names
from importer.ui.handling.together import next_in_line
from importer.ui.runs import SHOWN_FILES
from importer.ui.screen import Screen, hue_of
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, number_of, taken
from importer.ui.words import without_flags

_LOOKED_SECONDS: Final = 3600.0
_ROWS: Final = 20
_LONGEST_SEARCH: Final = 200
_TAIL: Final = 2000
_BEGUN_SECONDS: Final = 30.0


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    run = await asyncio.to_thread(screen.runs.find, asked.named["run"])
    return screen.page("run.html.j2", run=run.id, place=await asyncio.to_thread(_place, screen, run))


def _place(screen: Screen, run: Run) -> dict[str, object]:
    hue = None if run.location_id is None else hue_of(run.location_id)
    return {
        "sandbox": run.sandbox,
        "location_id": run.location_id,
        "name": _name_of(screen, run),
        "hue": hue,
        "confirm": _confirmed_by(screen, run),
    }


def _name_of(screen: Screen, run: Run) -> str | None:
    return None if run.location_id is None else location_names(screen).get(run.location_id)


def _confirmed_by(screen: Screen, run: Run) -> str:
    """Say what is typed before a run is taken back: whose contacts they are, by its name where that is known.

    A run whose rows name their own sub-accounts has no one place, and is named itself; the sandbox has nothing to lose.
    """
    return "" if run.sandbox else _plain(_name_of(screen, run) or "") or run.location_id or run.id


def _plain(said: str) -> str:
    """Give a name as the page shows it: runs of blanks are one to a browser, and nobody can type what is not seen."""
    return " ".join(said.split())


async def state(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say where a run stands, and once no process works on it any more, how it ended."""
    found = await asyncio.to_thread(_state_of, screen, asked.named["run"])
    return data(found)


def _state_of(screen: Screen, run_id: str) -> dict[str, Any]:
    run = screen.runs.find(run_id)
    found: dict[str, Any] = {**screen.runs.progress(run)}
    if (said := screen.looking.get(run.id)) is not None:
        # A look holds the run as an undo does, and takes nothing back.
        found["undoing"], found["undo_says"] = False, said
    elif found["undoing"]:
        found["undo_says"] = _last_line(screen.state / "runs" / run.id / "screen.log")
    if not found["under_way"]:
        found |= screen.runs.line(run).to_json()
        found["followed_by"] = list(screen.runs.followed_by(run.id))
        found["causes"] = [
            {**each, "mend": screen.words.mend(str(each["code"]))} for each in screen.runs.causes(run)
        ]
        found["undo_open"] = not found["undoing"] and screen.runs.undo_stands_open(run)
        found["files"] = screen.runs.files(run)
    found["reason"] = without_flags(str(found.get("reason") or ""))
    for draft in screen.drafts.list():
        if draft.run_id == run_id:
            found["draft"] = draft.id
            found["rest_can_be_changed"] = screen.runs.stands_at_a_stop(run)
            found["changed_since"] = draft.imported_as != state_key(screen, draft)
            if (then := next_in_line(screen.drafts, draft)) is not None:
                found["next_file"] = {"draft": then.id, "name": then.name}
    return found


def _last_line(log: Path) -> str:
    """Give what a command said last."""
    if not log.is_file():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


async def rows(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give how rows of a run ended, with a link to each contact; a page at a time, by status and text, from a row on."""
    run = await asyncio.to_thread(screen.runs.find, asked.named["run"])
    status = asked.query.get("status", "")
    if status not in {"", *Status}:
        raise RefusedRequestError(400, "There is no such status.")
    # Of several files the first is gone through from the row whose number is asked for; a page goes on behind a row's id.
    after = max(0, number_of(asked.query, "from", most=10**9) - 1)
    after = max(after, number_of(asked.query, "after", most=1 << 62))
    if text := asked.query.get("text", "").strip():
        return await _rows_with(screen, run, text[:_LONGEST_SEARCH], status=status, after=after)
    found = await asyncio.to_thread(screen.runs.rows, run, status=status, after=after, count=_ROWS + 1)
    more = len(found) > _ROWS
    return data({"rows": found[:_ROWS], "more": more, "after": found[_ROWS - 1]["id"] if more else None})


async def _rows_with(screen: Screen, run: Run, text: str, *, status: str, after: int) -> ScreenReply:
    if "results.csv" not in await asyncio.to_thread(screen.runs.files, run):
        raise RefusedRequestError(404, screen.words("ended.no_table"))
    async with screen.starting.setdefault(
        f"{run.id} search", asyncio.Lock()
    ):  # a table is read by one at a time
        found, looked_to = await asyncio.to_thread(
            screen.runs.search, run, text, status=status, after=after, count=_ROWS
        )
    return data({"rows": found, "more": looked_to is not None, "after": looked_to})


async def pause(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    await asyncio.to_thread(screen.runs.wish, asked.named["run"], EndWish.PAUSE)
    return data({})


async def stop(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    await asyncio.to_thread(screen.runs.wish, asked.named["run"], EndWish.STOP)
    return data({})


async def resume(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Go on with a stopped run, in a process of its own."""
    return await _set_going(screen, asked.named["run"], "resume")


async def retry(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    return await _set_going(screen, asked.named["run"], "retry")


async def _set_going(screen: Screen, run_id: str, command: str, *more: str) -> ScreenReply:
    async with screen.starting.setdefault(run_id, asyncio.Lock()):
        run = await asyncio.to_thread(screen.runs.find, run_id)
        if screen.runs.is_held(run.id):
            return data({"run": run.id})
        log = screen.state / "runs" / run.id / "screen.log"
        log.unlink(missing_ok=True)
        words = [command, run.id, "--state", str(screen.state), "--yes", *more]
        process = children.start(words, log=log, secrets=secrets_of_run(screen, run), program=screen.program)
        until = asyncio.get_running_loop().time() + _BEGUN_SECONDS
        while process.poll() is None and not screen.runs.is_held(run.id):
            if asyncio.get_running_loop().time() > until:
                break
            await asyncio.sleep(0.1)
        if process.poll() not in {None, 0, 1, 3}:
            raise SettingsError(children.ended_with(process.returncode, log).sentence)
    return data({"run": run.id})


async def undo(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Look what taking a run back would do, or do it: the writing needs the name of its place typed."""
    said = asked.said()
    run = await asyncio.to_thread(screen.runs.find, asked.named["run"])
    if taken(said, "dry", bool):
        words = ["undo", run.id, "--state", str(screen.state), "--dry-run", "--json"]

        def hear(line: str) -> None:
            screen.looking[run.id] = line

        hear("")
        try:
            ended = await children.ask(
                words,
                secrets=secrets_of_run(screen, run),
                seconds=_LOOKED_SECONDS,
                hear=hear,
                program=screen.program,
            )
        finally:
            screen.looking.pop(run.id, None)
        if not isinstance(ended.answer, dict):
            raise SettingsError(ended.sentence)
        return data(ended.answer)
    wanted = await asyncio.to_thread(_confirmed_by, screen, run)
    if _plain(taken(said, "confirmed", str)).casefold() != wanted.casefold():
        raise RefusedRequestError(400, screen.words("undo.not_confirmed", name=wanted))
    return await _set_going(screen, run.id, "undo")


async def taken_back(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say what taking a run back came to: asked once, and not with every look, since all rows are counted."""
    run = await asyncio.to_thread(screen.runs.find, asked.named["run"])
    return data(await asyncio.to_thread(screen.runs.taken_back, run))


async def file(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hand out one of a run's files: the report as a page without scripts, all else to be kept."""
    name = asked.named["name"]
    path = await asyncio.to_thread(screen.runs.file, asked.named["run"], name)
    if name == "report.html":
        return ScreenReply(kind=Kind.REPORT, content_type="text/html", file=path)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return ScreenReply(kind=Kind.DOWNLOAD, content_type=SHOWN_FILES[name], file=path, headers=headers)
