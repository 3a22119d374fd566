"""S1: a file comes in, is described in words, and read otherwise where the guess was wrong."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from importer.errors import MappingError, SettingsError
from importer.mapping import parse_mapping
from importer.records import Json
from importer.runtime.private_files import write_private
from importer.state.journal import Run
from importer.ui import children
from importer.ui.drafts import FILE_FOLDER, Draft, safe_name
from importer.ui.edits import forget_edits
from importer.ui.handling.history import location_names
from importer.ui.handling.together import begun_like_those_before, shown
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, taken
from importer.ui.uploads import may_hold_table, receive

_COUNT_SECONDS = 600.0
_FETCH_SECONDS = 1800.0
_LONGEST_ADDRESS = 4000
_READING = ("sheet", "header_row", "encoding", "delimiter")


async def upload(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Take a file's bytes as they come; a draft that is named gets another file, else a new draft is made."""
    said = unquote(asked.query.get("name", ""))[:500]
    length = asked.headers.get("content-length", "")
    size = int(length) if length.isdecimal() else None
    if asked.stream is None:
        raise RefusedRequestError(400, "The request holds no file.")
    again = asked.query.get("draft")
    before = asked.query.get("behind")
    like = None if (run_id := asked.query.get("like")) is None else screen.runs.find(run_id)
    refuse_by_name(screen, said)
    behind = None if before is None else screen.drafts.open(before).id
    draft = screen.drafts.open(again) if again else screen.drafts.create()
    name = safe_name(said)
    try:
        await receive(asked.stream, screen.drafts.folder_of_file(draft.id), name, size=size)
    except BaseException:
        if not again:
            screen.drafts.discard(draft.id)
        raise
    if again:
        await screen.checks.cancel(draft.id)
        # They name rows of the file before: laid over another one, they would keep it from being checked at all.
        forget_edits(screen.drafts.folder(draft.id))
    screen.drafts.change(
        draft.id,
        name=said.replace("\\", "/").rpartition("/")[2],
        source=f"{FILE_FOLDER}/{name}",
        reading={},
        behind=behind or draft.behind,
    )
    if like is not None:
        await asyncio.to_thread(_take_over, screen, draft.id, like)
    return data({"draft": draft.id})


def refuse_by_name(screen: Screen, said: str) -> None:
    """Refuse a file that is no table by its name, before a byte of it is taken. Raises RefusedRequestError."""
    if not may_hold_table(said):
        raise RefusedRequestError(422, screen.words("upload.suffix", name=said))


async def fetch(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Copy a file from an address into a new draft: a Google sheet, a web address, a bucket, a server."""
    address = taken(asked.said(), "address", str).strip()[:_LONGEST_ADDRESS]
    draft = screen.drafts.create()
    try:
        file, name = await _fetched(address, screen.drafts.folder_of_file(draft.id))
    except BaseException:
        screen.drafts.discard(draft.id)
        raise
    source = file.relative_to(screen.drafts.folder(draft.id))
    screen.drafts.change(draft.id, name=name, source=str(source))
    return data({"draft": draft.id})


async def _fetched(address: str, folder: Path) -> tuple[Path, str]:
    """Copy the file of an address; give the copy and its name. Raises SettingsError."""
    question = {"address": address, "folder": str(folder)}
    found = await children.put_question("importer.ui.fetch_process", question, seconds=_FETCH_SECONDS)
    if "refused" in found:
        raise SettingsError(str(found["refused"]))
    return Path(found["file"]), str(found["name"])


def _take_over(screen: Screen, draft_id: str, run: Run) -> None:
    """Let a draft go where a run went, by the same mapping: its file is another one of the same shape."""
    reading: Any = run.options.get("reading")
    said = reading if isinstance(reading, dict) else {}
    kept = {name: said[name] for name in _READING if said.get(name) is not None}
    draft = screen.drafts.change(
        draft_id,
        reading=kept,
        location_column=_location_column(run.mapping_text),
        sandbox=run.sandbox,
        location_id=run.location_id,
        location_name=location_names(screen).get(run.location_id or ""),
        like=run.id,
    )
    write_private(screen.drafts.mapping(draft), run.mapping_text.encode())


def _location_column(text: str) -> str | None:
    with contextlib.suppress(
        MappingError
    ):  # an older version's; the page of columns says what is wrong with it
        return parse_mapping(text, name="mapping.yaml").location_column
    return None


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = await begun_like_those_before(screen, screen.drafts.open(asked.named["draft"]))
    warm(screen, draft)
    return screen.page("file.html.j2", draft=draft, step="file")


async def describe(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say what the file is, as its parser's own process found it."""
    draft = screen.drafts.open(asked.named["draft"])
    found = await ask_bench(screen, draft, "describe")
    # The columns come next: whoever looks at the first rows gives the time to guess what they are.
    screen.spawn(ask_bench(screen, draft, "suggest"))
    return data(await _described(screen, draft, found))


async def _described(screen: Screen, draft: Draft, found: Any) -> dict[str, Any]:
    together = await asyncio.to_thread(shown, screen.drafts, draft)
    if together:
        screen.benches.prepare()  # for the next of them
    return {
        "version": draft.version,
        "reading": draft.reading,
        "found": found,
        "skip_hidden": draft.skip_hidden,
        "together": together,
    }


async def count(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Count the rows; a long file takes its time, and nobody waits for it."""
    draft = screen.drafts.open(asked.named["draft"])
    path = screen.drafts.source(draft)
    # a process of its own: the questions of the page do not wait for a million rows
    found = await screen.benches.ask(
        f"{draft.id} count",
        path,
        draft.reading,
        "count",
        name=draft.name,
        seconds=_COUNT_SECONDS,
        beside=True,
    )
    return data(found)


async def sheets(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Count the rows of each sheet; nobody waits for it."""
    draft = screen.drafts.open(asked.named["draft"])
    path = screen.drafts.source(draft)
    found = await screen.benches.ask(
        f"{draft.id} sheets",
        path,
        draft.reading,
        "sheets",
        name=draft.name,
        seconds=_COUNT_SECONDS,
        beside=True,
    )
    await screen.benches.close(f"{draft.id} sheets")
    return data(found)


async def head(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give the first rows as they stand in the file."""
    draft = screen.drafts.open(asked.named["draft"])
    return data({"rows": await ask_bench(screen, draft, "head")})


async def met_before(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Name the imports that had this very file, the newest first."""
    draft = screen.drafts.open(asked.named["draft"])
    content = await asyncio.to_thread(_sha256, screen.drafts.source(draft))
    names = await asyncio.to_thread(location_names, screen)
    found = await asyncio.to_thread(screen.runs.of_contents, content)
    return data(
        {
            "runs": [
                {**line.to_json(), "location_name": names.get(line.run.location_id or "")} for line in found
            ]
        }
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def read_otherwise(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Read the file by other options than those that were detected. A reading that fails is not kept."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    wanted: dict[str, Json] = {}
    for name in _READING:
        value = said.get(name)
        if value in (None, ""):
            continue
        wanted[name] = taken(said, name, int) if name == "header_row" else taken(said, name, str)
    changed = screen.drafts.change(draft.id, version=taken(said, "version", int), reading=wanted)
    try:
        found = await ask_bench(screen, changed, "describe")
    except BaseException:
        screen.drafts.change(draft.id, reading=draft.reading)
        raise
    return data(await _described(screen, changed, found))


async def discard(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft_id = asked.named["draft"]
    await screen.checks.cancel(draft_id)
    await screen.benches.close(draft_id)
    await asyncio.to_thread(screen.drafts.discard, draft_id)
    return data({})


async def ask_bench(screen: Screen, draft: Draft, do: str, **said: Any) -> Any:
    """Ask the process that has a draft's file open."""
    return await screen.benches.ask(
        draft.id, screen.drafts.source(draft), draft.reading, do, name=draft.name, said=said
    )


def warm(screen: Screen, draft: Draft) -> None:
    """Open a draft's file before anything is asked about it, so that the first answer comes as soon as the others."""
    screen.spawn(ask_bench(screen, draft, "describe", rows=0))
