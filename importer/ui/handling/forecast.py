"""S5 and S6: what a run would do, the sub-account's name in large type, and the button."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from importer.errors import ImporterError, SettingsError
from importer.records import Json
from importer.runtime.private_files import write_private
from importer.state.journal import RunState
from importer.ui import children
from importer.ui.drafts import Draft
from importer.ui.guard import Kind
from importer.ui.handling.account import secrets_of_draft
from importer.ui.handling.checking import import_words, keep_known, known_forecast, known_of, state_key
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, number_of, taken

_BEGUN_SECONDS = 60.0
_PLAN_SECONDS = 4 * 3600.0
_PLAN = "plan.json"
_ASKED = "asked.json"
_REST = "rest-of-rows.txt"
_REST_SECONDS = 600.0
_ASKED_SECONDS = 600.0
_SAMPLE = 200
_LOOKED_BACK = 200
_MANY = 1000
"""So many rows are confirmed by the sub-account's name, whatever was imported before."""
_LOOK_SECONDS = 0.1
_MOST_TRIAL_ROWS = 1000


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    before = await asyncio.to_thread(_run_before, screen, draft)
    habit = await asyncio.to_thread(_habit, screen, draft)
    return screen.page(
        "forecast.html.j2",
        draft=draft,
        step="forecast",
        command=command_of(screen, draft),
        before=before,
        habit=habit,
        alone="alone" in asked.query,
    )


def _run_before(screen: Screen, draft: Draft) -> dict[str, Json] | None:
    """Tell of the run that this draft was imported by, if there are rows which it did not bring to HighLevel."""
    if draft.run_id is None or screen.runs.is_held(draft.run_id):
        return None
    with contextlib.suppress(ImporterError):
        line = screen.runs.line(screen.runs.find(draft.run_id))
        if line.run.undone_at is not None:
            return None
        if screen.runs.stands_at_a_stop(line.run) and not screen.runs.followed_by(line.run.id):
            return {"run": line.run.id, "stopped": True, "rows": line.counts.failed + line.counts.pending}
        if line.counts.failed and line.run.state is RunState.FINISHED:
            return {"run": line.run.id, "stopped": False, "rows": line.counts.failed}
    return None


def _habit(screen: Screen, draft: Draft) -> dict[str, Json]:
    """Say whether this mapping was used before, and whether the place has to be confirmed by its name.

    Whoever repeats a small import into the sub-account that it went to the last time has said where; all others say it.
    """
    path = screen.drafts.mapping(draft)
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    alike = [
        line.run.location_id
        for line in screen.runs.newest(_LOOKED_BACK)
        if not line.run.sandbox
        and line.run.mapping_text == text
        and line.counts.created + line.counts.updated
    ]
    found = known_forecast(screen, draft)
    many = found is None or found["ready"] > _MANY
    return {
        "first": draft.one_location not in alike,
        "elsewhere": bool(alike) and alike[0] != draft.one_location,
        "type": not draft.sandbox and (many or not alike or alike[0] != draft.one_location),
    }


def run_words(screen: Screen, draft: Draft, *, trial: int | None, fresh: bool) -> list[str]:
    words = [
        "run",
        *import_words(screen, draft),
        "-o",
        str(screen.output),
        "--before-images",
        "--json",
        "--yes",
    ]
    words += [] if trial is None else ["--trial", str(trial)]
    return [*words, "--fresh"] if fresh else words


def command_of(screen: Screen, draft: Draft) -> str | None:
    """Write the command that does what the button does."""
    if not screen.drafts.mapping(draft).is_file():
        return None
    return shlex.join(
        [
            "importer",
            *(
                word
                for word in run_words(screen, draft, trial=None, fresh=False)
                if word not in {"--yes", "--json"}
            ),
        ]
    )


async def plan(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Read the location's contacts and decide each row; what is known of this very state is not planned again."""
    draft = screen.drafts.open(asked.named["draft"])
    if draft.sandbox:
        raise SettingsError(screen.words("plan.sandbox"))
    async with screen.starting.setdefault(f"{draft.id} plan", asyncio.Lock()):
        if (known := planned(screen, draft)) is None:
            key = state_key(screen, draft)
            words = ["plan", *import_words(screen, draft), "-o", str(screen.output), "--json", "--quiet"]
            ended = await children.ask(
                words, secrets=secrets_of_draft(screen, draft), seconds=_PLAN_SECONDS, program=screen.program
            )
            if not isinstance(ended.answer, dict):
                raise SettingsError(ended.sentence)
            known = ended.answer
            keep_known(screen, draft, _PLAN, known, key=key)
    return data(known)


async def ask_location(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Ask the location which of some rows it knows already; what it says holds for the rest within a margin."""
    draft = screen.drafts.open(asked.named["draft"])
    if draft.sandbox:
        raise SettingsError(screen.words("plan.sandbox"))
    async with screen.starting.setdefault(f"{draft.id} ask", asyncio.Lock()):
        if (known := known_of(screen, draft, _ASKED)) is None:
            key = state_key(screen, draft)
            words = ["check", *import_words(screen, draft), "--json", "--quiet", "--against-location"]
            ended = await children.ask(
                [*words, "--sample", str(_SAMPLE)],
                secrets=secrets_of_draft(screen, draft),
                seconds=_ASKED_SECONDS,
                program=screen.program,
            )
            if not isinstance(ended.answer, dict) or ended.answer.get("expected") is None:
                raise SettingsError(ended.sentence)
            known = ended.answer["expected"]
            keep_known(screen, draft, _ASKED, known, key=key)
    return data(known)


async def planned_row(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say of one row what the plan would do: each field's old and new value. Raises SettingsError."""
    draft = screen.drafts.open(asked.named["draft"])
    number = number_of(asked.query, "row", most=10**9)
    if (found := await asyncio.to_thread(planned, screen, draft)) is None:
        raise SettingsError(screen.words("plan.changed"))
    row = await asyncio.to_thread(_planned_row, Path(str(found["plan"])), number)
    if row is None:
        raise SettingsError(screen.words("plan.no_row", n=number))
    return data(row)


def _planned_row(path: Path, number: int) -> dict[str, Json] | None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for each in csv.DictReader(file):
            if each["plan_row"] == str(number):
                changes: Json = json.loads(each["plan_changes"] or "{}")
                return {
                    "row": number,
                    "action": each["plan_action"],
                    "reason": each["plan_reason"],
                    "changes": changes,
                }
    return None


def planned(screen: Screen, draft: Draft) -> dict[str, Any] | None:
    """Give the plan of a draft as it is now; None where there is none, or something changed since."""
    return known_of(screen, draft, _PLAN)


async def plan_page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Show the plan as its page shows it: what changes, field by field, with examples."""
    draft = screen.drafts.open(asked.named["draft"])
    found = planned(screen, draft)
    path = None if found is None else Path(str(found["plan"])).parent / "plan.html"
    if path is None or not path.is_file():
        raise SettingsError(screen.words("plan.changed"))
    return ScreenReply(kind=Kind.REPORT, content_type="text/html", file=path)


async def start(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Start the run of a draft as a process of its own; whoever clicks twice, or in two windows, gets the same run."""
    said = asked.said()
    draft_id = screen.drafts.open(asked.named["draft"]).id
    trial = taken(said, "trial", int, 0)
    if not 0 <= trial <= _MOST_TRIAL_ROWS:
        raise RefusedRequestError(400, "A trial has 1 to 1000 rows.")
    async with screen.starting.setdefault(draft_id, asyncio.Lock()):
        draft = screen.drafts.open(draft_id)
        version = taken(said, "version", int)
        if version != draft.version:
            if draft.run_id is not None:  # a second click: its page was made before the first
                return data({"run": draft.run_id})
            raise RefusedRequestError(409, screen.words("draft.changed_elsewhere"))
        await asyncio.to_thread(_require_confirmed, screen, draft, taken(said, "confirmed", str))
        if draft.run_id is not None and screen.runs.is_held(draft.run_id):
            raise RefusedRequestError(409, screen.words("forecast.under_way"))
        if draft.run_id is not None and taken(said, "only_failed", bool, default=False):
            await _write_rest(screen, draft)
        words = start_words(screen, draft, trial=trial or None, said=said)
        key = state_key(screen, draft)
        run_id = await _begun(screen, draft, words)
        screen.drafts.change(draft_id, run_id=run_id, imported_as=key)
        return data({"run": run_id})


def _require_confirmed(screen: Screen, draft: Draft, typed: str) -> None:
    """See to it that the sub-account was named where it has to be. Raises RefusedRequestError."""
    said = [draft.location_column] if draft.by_column else [draft.location_id, draft.location_name]
    names = {_plain(each).casefold() for each in said if each}
    if _plain(typed).casefold() not in names and _habit(screen, draft)["type"]:
        raise RefusedRequestError(400, screen.words("forecast.not_confirmed"))


def _plain(said: str) -> str:
    """Give a name as the page shows it: runs of blanks are one to a browser."""
    return " ".join(said.split())


def start_words(screen: Screen, draft: Draft, *, trial: int | None, said: Mapping[str, Json]) -> list[str]:
    if taken(said, "only_failed", bool, default=False):
        return _words_for_rest(screen, draft)
    if not taken(said, "plan", bool, default=False):
        words = run_words(screen, draft, trial=trial, fresh=taken(said, "fresh", bool, default=False))
        if stop_after := taken(said, "stop_after", int, 0):
            words += ["--stop-after-failures", str(max(1, stop_after))]
        return words
    if (found := planned(screen, draft)) is None:
        raise SettingsError(screen.words("plan.changed"))
    folder = str(Path(str(found["plan"])).parent)
    return ["apply", folder, "--state", str(screen.state), "--json", "--yes"]


def _words_for_rest(screen: Screen, draft: Draft) -> list[str]:
    """Say to the command line that the rows which did not arrive are sent, as they were put right, and no others."""
    if draft.run_id is None:
        raise RefusedRequestError(400, "The file was not imported yet.")
    run = screen.runs.find(draft.run_id)
    rest = screen.drafts.folder(draft.id) / _REST
    if not screen.runs.stands_at_a_stop(run):
        rest = screen.runs.file(run.id, "failed.csv")
    return [*run_words(screen, draft, trial=None, fresh=False), "--rows", str(rest), "--follows", run.id]


async def _write_rest(screen: Screen, draft: Draft) -> None:
    """List the rows that a run which was stopped did not bring to HighLevel, those among them that failed."""
    run = screen.runs.find(draft.run_id or "")
    if not screen.runs.stands_at_a_stop(run):
        return
    folder = screen.drafts.folder(draft.id)
    done = folder / "arrived-rows.txt"
    numbers = await asyncio.to_thread(screen.runs.arrived, run)
    await asyncio.to_thread(write_private, done, "".join(f"{each}\n" for each in numbers).encode())
    said = {"arrived": str(done), "out": str(folder / _REST)}
    path = screen.drafts.source(draft)
    await screen.benches.ask(
        f"{draft.id} rest",
        path,
        draft.reading,
        "write_rest",
        name=draft.name,
        seconds=_REST_SECONDS,
        said=said,
    )


async def _begun(screen: Screen, draft: Draft, words: Sequence[str]) -> str:
    """Start the process and wait for its run to be there. Raises SettingsError with its words where it ends before."""
    log = screen.drafts.folder(draft.id) / "run.log"
    log.unlink(missing_ok=True)
    before = await asyncio.to_thread(screen.runs.ids)
    source = screen.drafts.source(draft)
    process = children.start(words, log=log, secrets=secrets_of_draft(screen, draft), program=screen.program)
    until = time.monotonic() + _BEGUN_SECONDS
    while True:
        ended = process.poll() is not None
        found = await asyncio.to_thread(screen.runs.begun_with, source, besides=before)
        if found is not None:
            return found
        if ended:
            answered = children.ended_with(process.returncode, log)
            if isinstance(answered.answer, dict) and (finished := answered.answer.get("run_id")):
                # This very import was finished before: nothing was sent, and that run is shown.
                return str(finished)
            raise SettingsError(answered.sentence)
        if time.monotonic() > until:
            raise RefusedRequestError(504, screen.words("forecast.not_begun"))
        await asyncio.sleep(_LOOK_SECONDS)
