"""S4: all rows are checked before one is sent; what fails stands by cause, and is put right where it stands."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from importer.codes import BY_NAME
from importer.errors import SettingsError
from importer.state.findings import Findings, FoundRow
from importer.ui import children
from importer.ui.drafts import Draft, write_private
from importer.ui.edits import CellEdit, DraftEdits
from importer.ui.handling.account import place_words, reading_words, secrets_of
from importer.ui.handling.files import ask_bench
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, number_of, taken

_CHECK_SECONDS: Final = 3600.0
_MOST_ROWS: Final = 200
_PAGE: Final = 1000
_LISTED: Final = 50
_FORECAST: Final = "forecast.json"


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    return screen.page("rows.html.j2", draft=draft, step="rows")


async def forecast(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Check all rows, by the command that does it; what is known already of this very state is not checked again."""
    draft = screen.drafts.open(asked.named["draft"])
    found = await check(screen, draft)
    edits = await edits_of(screen, draft)
    return data({**found, "edits": len(edits.listed(_LISTED)), "can_make_again": edits.can_make_again})


async def check(screen: Screen, draft: Draft) -> dict[str, Any]:
    """Give the forecast of `importer check`, and keep its findings. Raises SettingsError with its sentence."""
    # A second window waits for the check of the first.
    async with screen.starting.setdefault(f"{draft.id} check", asyncio.Lock()):
        if (known := known_of(screen, draft, _FORECAST)) is not None:
            return known
        key = state_key(screen, draft)
        words = ["check", *import_words(screen, draft), "--json", "--quiet"]
        words += ["--findings", str(_findings(screen, draft))]
        ended = await children.ask(
            words, secrets=secrets_of(screen, draft.location_id), seconds=_CHECK_SECONDS
        )
        if not isinstance(ended.answer, dict):
            raise SettingsError(ended.sentence)
        found: dict[str, Any] = ended.answer
        keep_known(screen, draft, _FORECAST, found, key=key)
        return found


def known_forecast(screen: Screen, draft: Draft) -> dict[str, Any] | None:
    """Give what the last check said, if nothing changed since."""
    return known_of(screen, draft, _FORECAST)


def keep_known(screen: Screen, draft: Draft, name: str, found: dict[str, Any], *, key: str) -> None:
    """Keep what a command found out about a draft; ``key`` is its state before the command began.

    Somebody may correct a cell while it works: taken afterwards, the key would vouch for rows that nobody looked at.
    """
    kept = {"key": key, "found": found}
    write_private(screen.drafts.folder(draft.id) / name, json.dumps(kept).encode())


def known_of(screen: Screen, draft: Draft, name: str) -> dict[str, Any] | None:
    """Give what was found out about a draft, unless something changed since."""
    try:
        kept = json.loads((screen.drafts.folder(draft.id) / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept["found"] if kept.get("key") == state_key(screen, draft) else None


def state_key(screen: Screen, draft: Draft) -> str:
    """Digest all that a check depends on and that the screen can change."""
    digest = hashlib.sha256()
    for path in (screen.drafts.mapping(draft), screen.drafts.folder(draft.id) / "corrections.jsonl"):
        digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    source = screen.drafts.source(draft).stat()
    said = [draft.source, source.st_mtime_ns, source.st_size, draft.reading, draft.sandbox, draft.location_id]
    digest.update(json.dumps(said, sort_keys=True).encode())
    return digest.hexdigest()


def _findings(screen: Screen, draft: Draft) -> Path:
    return screen.drafts.folder(draft.id) / "findings.db"


def import_words(screen: Screen, draft: Draft) -> list[str]:
    """Say what is imported, by which mapping and where to: the same for a check, a plan and a run."""
    mapping = screen.drafts.mapping(draft)
    if not mapping.is_file():
        raise SettingsError(screen.words("forecast.no_mapping"))
    corrections = screen.drafts.folder(draft.id) / "corrections.jsonl"
    laid = corrections.is_file() and corrections.stat().st_size
    return [
        str(screen.drafts.source(draft)),
        "-m",
        str(mapping),
        *(["--corrections", str(corrections)] if laid else []),
        *place_words(draft),
        *reading_words(draft),
        "--state",
        str(screen.state),
    ]


async def edits_of(screen: Screen, draft: Draft) -> DraftEdits:
    found = await ask_bench(screen, draft, "describe", rows=0)
    return DraftEdits(screen.drafts.folder(draft.id), header=found["header"])


async def causes(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say why rows fail and what they are warned of, with what to do about each."""
    draft = screen.drafts.open(asked.named["draft"])
    await check(screen, draft)
    return data(await asyncio.to_thread(_causes, _findings(screen, draft)))


def _causes(path: Path) -> dict[str, Any]:
    with Findings.open(path) as findings:
        totals = findings.totals
        return {
            "rows": totals.rows,
            "failing": totals.failing,
            "warned": totals.warned,
            "header": list(findings.sources[0].header) if findings.sources else [],
            "causes": [
                {
                    "code": each.code,
                    "fails": each.fails,
                    "rows": each.rows,
                    "columns": each.columns,
                    "title": BY_NAME[each.code].title if each.code in BY_NAME else each.code,
                    "mend": BY_NAME[each.code].mend if each.code in BY_NAME else "",
                }
                for each in findings.causes()
            ],
        }


async def found_rows(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give one page of a cause's rows, with what was put right since laid over them."""
    draft = screen.drafts.open(asked.named["draft"])
    first, count = (
        number_of(asked.query, name, most=most) for name, most in (("first", 10**9), ("count", _MOST_ROWS))
    )
    edits = await edits_of(screen, draft)
    found = await asyncio.to_thread(
        _page,
        _findings(screen, draft),
        asked.query.get("code", ""),
        fails=asked.query.get("fails", "true") == "true",
        first=first,
        count=count or 50,
        edits=edits,
    )
    for row in found:
        if row["cells"] is None:
            row["cells"] = (await ask_bench(screen, draft, "cells", row=row["row"]))["cells"]
    return data({"rows": found})


def _page(
    path: Path, code: str, *, fails: bool, first: int, count: int, edits: DraftEdits
) -> list[dict[str, Any]]:
    latest = _latest(edits)
    with Findings.open(path) as findings:
        header = findings.sources[0].header
        return [
            {
                "n": each.n,
                "row": each.number,
                "cells": None if each.cells is None else _laid(each, header, latest),
                "faults": [{"column": fault.column, "message": fault.message} for fault in each.faults],
            }
            for each in findings.page(code, fails=fails, first=first, count=count)
        ]


def _latest(edits: DraftEdits) -> dict[tuple[int, str | int], str]:
    return {
        (each.row, each.column): each.after
        for each in edits.corrections()
        if isinstance(each.after, str) and each.column is not None
    }


def _laid(row: FoundRow, header: tuple[str, ...], latest: dict[tuple[int, str | int], str]) -> list[str]:
    return [
        latest.get((row.number, title), latest.get((row.number, place + 1), cell))
        for place, (cell, title) in enumerate(zip(row.cells or (), (*header, *[""] * 999), strict=False))
    ]


def _edits_turn(screen: Screen, draft: Draft) -> asyncio.Lock:
    # Each edit writes the file of all edits anew: of two at once, one would be lost and the row sent as it was.
    return screen.starting.setdefault(f"{draft.id} edits", asyncio.Lock())


async def correct(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Put one cell right, and say at once what becomes of its row."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    row, place, after = taken(said, "row", int), taken(said, "place", int), taken(said, "after", str)
    text = screen.drafts.mapping_text(draft)
    async with _edits_turn(screen, draft):
        cells = await _cells_now(screen, draft, row)
        if not 0 <= place < len(cells):
            raise RefusedRequestError(400, "The row has no such cell.")
        if (before := cells[place]) != after:
            edits = await edits_of(screen, draft)
            await asyncio.to_thread(edits.add, [CellEdit(row=row, column=place, before=before, after=after)])
            cells[place] = after
    becomes = await ask_bench(screen, draft, "would_become", text=text, row=row, cells=cells)
    return data({"cells": cells, "becomes": becomes})


async def correct_alike(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Put one text right in a column of all rows of a cause; with ``count`` alone, say how many they are."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    code, place = taken(said, "code", str), taken(said, "place", int)
    old, new = taken(said, "old", str), taken(said, "new", str)
    async with _edits_turn(screen, draft):
        edits = await edits_of(screen, draft)
        alike = await asyncio.to_thread(
            lambda: list(_alike(_findings(screen, draft), code, place=place, old=old, edits=edits))
        )
        if not taken(said, "count", bool, default=False) and old != new:
            made = [CellEdit(row=row, column=place, before=old, after=new) for row in alike]
            await asyncio.to_thread(edits.add, made)
    return data({"rows": len(alike)})


def _alike(path: Path, code: str, *, place: int, old: str, edits: DraftEdits) -> Iterator[int]:
    latest = _latest(edits)
    with Findings.open(path) as findings:
        header = findings.sources[0].header
        first = 0
        while page := findings.page(code, first=first, count=_PAGE):
            for each in page:
                cells = _laid(each, header, latest)
                if place < len(cells) and cells[place] == old:
                    yield each.number
            first += _PAGE


async def take_back(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    return await _moved(screen, asked, again=False)


async def make_again(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    return await _moved(screen, asked, again=True)


async def _moved(screen: Screen, asked: ScreenRequest, *, again: bool) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    async with _edits_turn(screen, draft):
        edits = await edits_of(screen, draft)
        done = await asyncio.to_thread(edits.make_again if again else edits.take_back)
    return data({"edits": done})


async def edited(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """List what was put right, the newest first."""
    draft = screen.drafts.open(asked.named["draft"])
    edits = await edits_of(screen, draft)
    return data({"edits": edits.listed(_LISTED), "can_make_again": edits.can_make_again})


async def corrections_file(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hand out the corrections, for `--corrections` of the command line."""
    from importer.ui.guard import Kind

    draft = screen.drafts.open(asked.named["draft"])
    edits = await edits_of(screen, draft)
    body = edits.path.read_bytes() if edits.any else b""
    headers = {"Content-Disposition": 'attachment; filename="corrections.jsonl"'}
    return ScreenReply(kind=Kind.DOWNLOAD, content_type="application/jsonl", body=body, headers=headers)


async def _cells_now(screen: Screen, draft: Draft, row: int) -> list[str]:
    """Give a row's cells as they are by now."""
    found = await ask_bench(screen, draft, "cells", row=row)
    cells: list[str] = found["cells"]
    latest = _latest(await edits_of(screen, draft))
    header = (*found["header"], *[""] * len(cells))
    return [
        latest.get((row, header[place]), latest.get((row, place + 1), cell))
        for place, cell in enumerate(cells)
    ]
