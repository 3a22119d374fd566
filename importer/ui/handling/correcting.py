"""S4: rows are put right where they stand, one cell or all that hold the same, and each change can be taken back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from importer.records import Json
from importer.state.findings import Findings
from importer.ui.drafts import Draft
from importer.ui.edits import CellEdit, DraftEdits, Judged, RowOutlook
from importer.ui.handling.checking import findings_of
from importer.ui.handling.files import ask_bench
from importer.ui.handling.rows import cells_now, outlook_of, overview, place_of, require_check, shown_row
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, number_of, taken

Found = Mapping[str, Any]
"""What the check found of a row, with what the row alone does not tell; as it is kept."""

_PAGE: Final = 200
_LISTED: Final = 50
_COUNTED_ROWS: Final = 20_000
"""Of a cause so many rows are looked at to say what stands in them most often."""
_MOST_VALUES: Final = 50


def turn_of(screen: Screen, draft: Draft) -> asyncio.Lock:
    """Give what lets one correction of a draft in at a time."""
    # Two at once would each be made upon what the row was before both.
    return screen.starting.setdefault(f"{draft.id} edits", asyncio.Lock())


async def correct(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Put one cell right, or without ``place`` a whole row, and say at once what becomes of the row."""
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    row = taken(said, "row", int)
    async with turn_of(screen, draft):
        await require_check(screen, draft)
        cells = (await cells_now(screen, draft, [row]))[row]
        edit = _whole_row(said, row, cells) if said.get("place") is None else _one_cell(said, row, cells)
        if edit.before != edit.after:
            await make(screen, draft, [edit])
        return await _row_now(screen, draft, row)


def _one_cell(said: Mapping[str, Json], row: int, cells: Sequence[str]) -> CellEdit:
    place, after = taken(said, "place", int), taken(said, "after", str)
    if not 0 <= place < len(cells):
        raise RefusedRequestError(400, "The row has no such cell.")
    return CellEdit(row=row, place=place, after=after, cells=tuple(cells))


def _whole_row(said: Mapping[str, Json], row: int, cells: Sequence[str]) -> CellEdit:
    after = taken(said, "cells", list)
    if not all(isinstance(each, str) for each in after):
        raise RefusedRequestError(400, "The cells of a row are texts.")
    return CellEdit(row=row, place=None, after=tuple(map(str, after)), cells=tuple(cells))


async def _row_now(screen: Screen, draft: Draft, row: int) -> ScreenReply:
    """Say what became of a row, and how many there are of each kind by now."""
    cells = (await cells_now(screen, draft, [row]))[row]
    found = await overview(screen, draft)
    outlook, original = await asyncio.to_thread(_outlook, screen, draft, row)
    return data(
        {"row": shown_row(row, found["header"], cells, outlook, original=original), "overview": found}
    )


def _outlook(screen: Screen, draft: Draft, row: int) -> tuple[RowOutlook, list[str] | None]:
    with (
        Findings.open(findings_of(screen, draft)) as findings,
        DraftEdits.open(screen.drafts.folder(draft.id)) as edits,
    ):
        judged = edits.outlooks([row]).get(row)
        outlook = outlook_of(findings.faults_of([row]).get(row, ())) if judged is None else judged.now
        return outlook, edits.originals([row]).get(row)


async def make(screen: Screen, draft: Draft, made: Sequence[CellEdit], *, change: int | None = None) -> int:
    """Write edits, those of one row in their order, and keep what becomes of each row; gives the number of the change.

    Raises SettingsError, RefusedRequestError.
    """
    after = {each.row: _laid(each) for each in made}
    if any(not "".join(cells).strip() for cells in after.values()):
        raise RefusedRequestError(422, screen.words("rows.nothing_left"))
    header = await asyncio.to_thread(_header, screen, draft)
    if any(len(cells) > len(header) for cells in after.values()):
        raise RefusedRequestError(422, screen.words("repair.too_many", n=len(header)))
    before = {each.row: list(each.cells) for each in reversed(made)}
    founds = await _founds(screen, draft, before)
    judged = await _judged(screen, draft, header, founds, after)

    def keep() -> int:
        with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
            number = edits.make(made, header, change=change)
            edits.judge(judged)
            return number

    return await asyncio.to_thread(keep)


def _laid(edit: CellEdit) -> list[str]:
    if isinstance(edit.after, tuple):
        return list(edit.after)
    cells = list(edit.cells)
    cells[edit.place or 0] = edit.after
    return cells


def _header(screen: Screen, draft: Draft) -> tuple[str, ...]:
    with Findings.open(findings_of(screen, draft)) as findings:
        return findings.sources[0].header


async def _founds(screen: Screen, draft: Draft, cells: Mapping[int, list[str]]) -> dict[int, Found]:
    """Say what the check found of rows, which held ``cells`` then."""
    found = await asyncio.to_thread(_founds_kept, screen, draft, list(cells))
    if unknown := [row for row in cells if row not in found]:
        outlooks = await _outlooks(screen, draft, [(row, cells[row]) for row in unknown])
        by_row = dict(zip(unknown, outlooks, strict=True))
        found |= await asyncio.to_thread(_founds_anew, screen, draft, by_row, cells)
    return found


def _founds_kept(screen: Screen, draft: Draft, rows: Sequence[int]) -> dict[int, Found]:
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        return {row: judged.found for row, judged in edits.outlooks(rows).items()}


def _founds_anew(
    screen: Screen, draft: Draft, alone: Mapping[int, RowOutlook], cells: Mapping[int, list[str]]
) -> dict[int, Found]:
    """Hold what the check found of rows against what each of them ``alone`` tells.

    What it does not tell, since other rows or the reader do, is true of it still after a change elsewhere in it.
    """
    with Findings.open(findings_of(screen, draft)) as findings:
        faults = findings.faults_of(list(alone))
    found: dict[int, Found] = {}
    for row, outlook in alone.items():
        checked = outlook_of(faults.get(row, ()))
        alone_codes = {code for code, *_ in outlook["faults"]}
        skipped = outlook["status"] == "skipped" and checked["status"] == "ready"
        found[row] = {
            "status": "skipped" if skipped else checked["status"],
            "faults": checked["faults"],
            "elsewhere": [each for each in checked["faults"] if each[0] not in alone_codes],
            "cells": cells[row],
        }
    return found


async def _judged(
    screen: Screen,
    draft: Draft,
    header: Sequence[str],
    founds: Mapping[int, Found],
    after: Mapping[int, list[str]],
) -> list[Judged]:
    """Map rows once more, by the mapping that the check went by."""
    now = await _outlooks(screen, draft, list(after.items()))
    return [
        Judged(row=row, found=founds[row], now=_completed(outlook, founds[row], header, after[row]))
        for row, outlook in zip(after, now, strict=True)
    ]


def _completed(now: RowOutlook, found: Found, header: Sequence[str], cells: Sequence[str]) -> RowOutlook:
    """Add what the row alone does not tell, as long as nobody touched what it is about."""
    kept = [
        each for each in found["elsewhere"] if _is_untouched(place_of(header, each[2]), found["cells"], cells)
    ]
    fails = any(fails for _, fails, *_ in kept)
    return {"status": "failed" if fails else now["status"], "faults": [*now["faults"], *kept]}


def _is_untouched(place: int | None, before: Sequence[str], cells: Sequence[str]) -> bool:
    if len(before) != len(cells):
        return False
    return place is None or before[place] == cells[place]


async def _outlooks(screen: Screen, draft: Draft, rows: Sequence[tuple[int, list[str]]]) -> list[RowOutlook]:
    text = screen.drafts.mapping_text(draft)
    found: list[RowOutlook] = await ask_bench(screen, draft, "outlooks", text=text, rows=list(rows))
    return found


# Many at once


async def alike(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Count what stands in a column of a cause's rows, with what may be meant by it."""
    draft = screen.drafts.open(asked.named["draft"])
    code, place = asked.query.get("code", ""), number_of(asked.query, "place", most=10**6)
    fails = asked.query.get("fails", "true") == "true"
    counted: Counter[str] = Counter()
    seen = 0
    async for page in _pages(screen, draft, code, fails=fails):
        counted.update(cells[place] for cells in page.values() if place < len(cells))
        if (seen := seen + len(page)) >= _COUNTED_ROWS:
            break
    most = counted.most_common(_MOST_VALUES)
    meant = await ask_bench(screen, draft, "meant", code=code, texts=[value for value, _ in most])
    return data(
        {
            "rows": seen,
            "distinct": len(counted),
            "values": [
                {"value": value, "rows": rows, "meant": may_be}
                for (value, rows), may_be in zip(most, meant, strict=True)
            ],
        }
    )


async def correct_alike(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Put a column of all rows of a cause right: those that hold one text, or each as it may be meant.

    With ``count`` alone, say how many rows that is.
    """
    said = asked.said()
    draft = screen.drafts.open(asked.named["draft"])
    code, place = taken(said, "code", str), taken(said, "place", int)
    fails, count = taken(said, "fails", bool, default=True), taken(said, "count", bool, default=False)
    old, new = (None, None) if "old" not in said else (taken(said, "old", str), taken(said, "new", str))
    rows, change = 0, None
    async with turn_of(screen, draft):
        await require_check(screen, draft)
        async for page in _pages(screen, draft, code, fails=fails):
            made = await _edits_of(screen, draft, page, code, place=place, old=old, new=new)
            rows += len(made)
            if made and not count:
                change = await make(screen, draft, made, change=change)
    found = {"rows": rows}
    return data(found if count else {**found, "overview": await overview(screen, draft)})


async def _edits_of(
    screen: Screen,
    draft: Draft,
    page: Mapping[int, list[str]],
    code: str,
    *,
    place: int,
    old: str | None,
    new: str | None,
) -> list[CellEdit]:
    concerned = {row: cells for row, cells in page.items() if 0 <= place < len(cells)}
    if old is not None and new is not None:
        after: dict[int, str | None] = {row: new for row, cells in concerned.items() if cells[place] == old}
    else:
        texts = [cells[place] for cells in concerned.values()]
        meant = await ask_bench(screen, draft, "meant", code=code, texts=texts)
        after = dict(zip(concerned, meant, strict=True))
    return [
        CellEdit(row=row, place=place, after=text, cells=tuple(page[row]))
        for row, text in after.items()
        if text is not None and (old is not None or text != page[row][place])
    ]


async def _pages(
    screen: Screen, draft: Draft, code: str, *, fails: bool
) -> AsyncIterator[dict[int, list[str]]]:
    """Walk the rows of a cause, as they are by now."""
    first = 0
    while rows := await asyncio.to_thread(_numbers, screen, draft, code, fails=fails, first=first):
        yield await cells_now(screen, draft, rows)
        first += _PAGE


def _numbers(screen: Screen, draft: Draft, code: str, *, fails: bool, first: int) -> list[int]:
    with Findings.open(findings_of(screen, draft)) as findings:
        return [each.number for each in findings.page(code, fails=fails, first=first, count=_PAGE)]


# Taken back


async def take_back(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    return await _moved(screen, asked, again=False)


async def make_again(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    return await _moved(screen, asked, again=True)


async def _moved(screen: Screen, asked: ScreenRequest, *, again: bool) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    async with turn_of(screen, draft):
        await require_check(screen, draft)
        rows = await asyncio.to_thread(_rows_of_last, screen, draft, again=again)
        for some in _parts(rows):
            await _keep_found(screen, draft, some)
        await asyncio.to_thread(_mark, screen, draft, again=again)
        for some in _parts(rows):
            await _judge_anew(screen, draft, some)
        return data({"rows": len(rows), "overview": await overview(screen, draft)})


def _parts(rows: Sequence[int]) -> list[Sequence[int]]:
    return [rows[first : first + _PAGE] for first in range(0, len(rows), _PAGE)]


def _rows_of_last(screen: Screen, draft: Draft, *, again: bool) -> tuple[int, ...]:
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        return edits.rows_of_last(undone=again)


def _mark(screen: Screen, draft: Draft, *, again: bool) -> None:
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        edits.make_again() if again else edits.take_back()


async def _keep_found(screen: Screen, draft: Draft, rows: Sequence[int]) -> None:
    """Keep what the check found of rows, while they are still what it looked at."""
    founds = await _founds(screen, draft, await cells_now(screen, draft, rows))
    await asyncio.to_thread(
        _keep, screen, draft, [Judged(row=row, found=found, now=found) for row, found in founds.items()]
    )


async def _judge_anew(screen: Screen, draft: Draft, rows: Sequence[int]) -> None:
    header = await asyncio.to_thread(_header, screen, draft)
    founds = await asyncio.to_thread(_founds_kept, screen, draft, rows)
    judged = await _judged(screen, draft, header, founds, await cells_now(screen, draft, rows))
    await asyncio.to_thread(_keep, screen, draft, judged)


def _keep(screen: Screen, draft: Draft, judged: Sequence[Judged]) -> None:
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        edits.judge(judged)


async def edited(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """List what was put right, the newest first."""
    draft = screen.drafts.open(asked.named["draft"])
    return data(await asyncio.to_thread(_edited, screen, draft))


def _edited(screen: Screen, draft: Draft) -> dict[str, Any]:
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        listed = edits.listed(most=_LISTED)
        return {"edits": listed, "count": edits.count, "can_make_again": edits.can_make_again}
