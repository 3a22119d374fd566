"""S4: what was found and put right is taken along as files, and a file that was corrected elsewhere is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from importer.reading.rewriting import rewriting_of
from importer.ui.copies import FORMS
from importer.ui.drafts import Draft, safe_name
from importer.ui.edits import CellEdit, DraftEdits
from importer.ui.guard import Kind
from importer.ui.handling.checking import findings_of
from importer.ui.handling.correcting import make, turn_of
from importer.ui.handling.files import refuse_by_name
from importer.ui.handling.rows import cells_now, overview, require_check
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data
from importer.ui.uploads import receive

_SECONDS: Final = 1800.0
_PAGE: Final = 200
_CSV: Final = "text/csv"
_TYPES: Final = {"csv": _CSV, "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_RETURNED: Final = "returned"


async def corrections_file(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hand out the corrections, for `--corrections` of the command line."""
    draft = screen.drafts.open(asked.named["draft"])
    path = await asyncio.to_thread(_written, screen, draft)
    body = b"" if path is None else path.read_bytes()
    headers = {"Content-Disposition": 'attachment; filename="corrections.jsonl"'}
    return ScreenReply(kind=Kind.DOWNLOAD, content_type="application/jsonl", body=body, headers=headers)


def _written(screen: Screen, draft: Draft) -> Path | None:
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        return edits.written()


async def failing_rows(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hand out the rows that fail, as they are by now, with what is wrong with each."""
    draft = screen.drafts.open(asked.named["draft"])
    form = asked.query.get("form", "csv")
    if form not in FORMS:
        raise RefusedRequestError(400, "Failing rows are handed out as csv or as xlsx.")
    await require_check(screen, draft)
    folder = screen.drafts.folder(draft.id)
    out = folder / f"failing-rows.{form}"
    said = {"findings": str(findings_of(screen, draft)), "folder": str(folder), "out": str(out), "form": form}
    await _ask_beside(screen, draft, "write_failing", **said)
    return _download(out, _TYPES[form])


async def corrected_copy(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hand out the whole file, as it was put right."""
    draft = screen.drafts.open(asked.named["draft"])
    corrections = await asyncio.to_thread(_written, screen, draft)
    out = screen.drafts.folder(draft.id) / "corrected.csv"
    laid = None if corrections is None else str(corrections)
    await _ask_beside(screen, draft, "write_copy", corrections=laid, out=str(out))
    return _download(out, _CSV)


async def _ask_beside(screen: Screen, draft: Draft, do: str, **said: Any) -> Any:
    """Ask a process of its own: the questions of the page do not wait for it."""
    path = screen.drafts.source(draft)
    return await screen.benches.ask(
        f"{draft.id} copy", path, draft.reading, do, name=draft.name, seconds=_SECONDS, said=said
    )


def _download(path: Path, content_type: str) -> ScreenReply:
    headers = {"Content-Disposition": f'attachment; filename="{path.name}"'}
    return ScreenReply(kind=Kind.DOWNLOAD, content_type=content_type, file=path, headers=headers)


async def take_in(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Take a file of failing rows back that somebody corrected: what differs becomes corrections, made at once."""
    draft = screen.drafts.open(asked.named["draft"])
    if asked.stream is None:
        raise RefusedRequestError(400, "The request holds no file.")
    await require_check(screen, draft)
    said = unquote(asked.query.get("name", ""))[:500]
    refuse_by_name(screen, said)
    name = safe_name(said)
    length = asked.headers.get("content-length", "")
    path = await receive(
        asked.stream,
        screen.drafts.folder(draft.id),
        f"{_RETURNED}{Path(name).suffix}",
        size=int(length) if length.isdecimal() else None,
    )
    try:
        async with turn_of(screen, draft):
            found = await _taken_in(screen, draft, path, name)
    finally:
        path.unlink(missing_ok=True)
    return data({**found, "overview": await overview(screen, draft)})


async def _taken_in(screen: Screen, draft: Draft, path: Path, name: str) -> dict[str, Any]:
    """Compare the rows that came back with what they are here. Raises RefusedRequestError."""
    await _ask_beside(screen, draft, "open_returned", path=str(path), called=name)
    rows = left = 0
    change = None
    while page := await _ask_beside(screen, draft, "returned", count=_PAGE):
        before = await cells_now(screen, draft, [row for row, _, _ in page])
        header = (await overview(screen, draft))["header"]
        edits: list[CellEdit] = []
        for row, after, error in page:
            differing, spared = _differing(before[row], after, header, error)
            edits += _edits(row, before[row], after, differing)
            rows, left = rows + bool(differing), left + spared
        if edits:
            change = await make(screen, draft, edits, change=change)
    return {"rows": rows, "left": left}


def _differing(
    before: Sequence[str], after: Sequence[str], header: Sequence[str], error: str
) -> tuple[list[int], int]:
    """Say which cells somebody changed, and how many a spreadsheet seems to have rewritten without being asked to."""
    if len(before) != len(after):
        return list(range(len(after))), 0
    places = [place for place, text in enumerate(after) if _lines(text) != _lines(before[place])]
    meant = [
        place
        for place in places
        if (header[place] and header[place] in error) or rewriting_of(before[place], after[place]) is None
    ]
    return meant, len(places) - len(meant)


def _edits(
    row: int, before: Sequence[str], after: Sequence[str], places: Sequence[int]
) -> Iterator[CellEdit]:
    if len(before) != len(after):
        yield CellEdit(row=row, place=None, after=tuple(after), cells=tuple(before))
        return
    cells = list(before)
    for place in places:
        yield CellEdit(row=row, place=place, after=after[place], cells=tuple(cells))
        cells[place] = after[place]


def _lines(text: str) -> str:
    """Write line ends as one sign: a workbook knows no other."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
