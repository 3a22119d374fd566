"""S4: what a check found stands by cause; of a cause's rows a page is read at a time, as they are by now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final

from importer.codes import BY_NAME
from importer.reading.workbooks.columns import letters_of
from importer.records import Fault
from importer.state.findings import Cause, Findings, FoundRow
from importer.ui.drafts import Draft
from importer.ui.edits import DraftEdits, RowOutlook, cause_name
from importer.ui.handling.checking import check, findings_of, known_of
from importer.ui.handling.files import ask_bench, warm
from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest, data, number_of
from importer.ui.words import Words

_MOST_ROWS: Final = 200
_LONGEST_CELL: Final = 200
"""So much of a cell is seen in a grid; the editor asks for all of it."""
_STATUSES: Final = ("ready", "skipped", "failed")


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    return screen.page("rows.html.j2", draft=draft, step="rows")


async def causes(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say why rows fail and what they are warned of, with what to do about each; and how many there are by now."""
    draft = screen.drafts.open(asked.named["draft"])
    await require_check(screen, draft)
    warm(screen, draft)
    return data(await overview(screen, draft))


async def require_check(screen: Screen, draft: Draft) -> None:
    """See to it that there are findings of this mapping, if not of the last correction. Raises SettingsError."""
    if _found(screen, draft) is None or not findings_of(screen, draft).is_file():
        await check(screen, draft)


def _found(screen: Screen, draft: Draft) -> dict[str, Any] | None:
    return known_of(screen, draft, "forecast.json", but_for_edits=True)


async def overview(screen: Screen, draft: Draft) -> dict[str, Any]:
    return await asyncio.to_thread(_overview, screen, draft)


def _overview(screen: Screen, draft: Draft) -> dict[str, Any]:
    forecast = _found(screen, draft) or {}
    with (
        Findings.open(findings_of(screen, draft)) as findings,
        DraftEdits.open(screen.drafts.folder(draft.id)) as edits,
    ):
        shifts = edits.shifts()
        counts = {"ready": forecast["ready"], "skipped": forecast["skipped"], "failed": forecast["failed"]}
        return {
            "read": forecast["rows_read"],
            **{status: counts[status] + shifts.get(status, 0) for status in _STATUSES},
            "failing": findings.totals.failing,
            "header": list(findings.sources[0].header) if findings.sources else [],
            "causes": [_cause(each, shifts, screen.words) for each in findings.causes()],
        }


def _cause(cause: Cause, shifts: dict[str, int], words: Words) -> dict[str, Any]:
    known = BY_NAME.get(cause.code)
    return {
        "code": cause.code,
        "fails": cause.fails,
        "rows": cause.rows,
        "now": max(0, cause.rows + shifts.get(cause_name(cause.code, fails=cause.fails), 0)),
        "columns": cause.columns,
        "title": cause.code if known is None else known.title,
        "mend": words.mend(cause.code),
    }


async def found_rows(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give one page of a cause's rows, as they are by now."""
    draft = screen.drafts.open(asked.named["draft"])
    first, count = (
        number_of(asked.query, name, most=most) for name, most in (("first", 10**9), ("count", _MOST_ROWS))
    )
    code, fails = asked.query.get("code", ""), asked.query.get("fails", "true") == "true"
    header, found = await asyncio.to_thread(
        _read, screen, draft, code, fails=fails, first=first, count=count or _MOST_ROWS
    )
    cells = await cells_now(screen, draft, [each.number for each in found])
    return data({"rows": await asyncio.to_thread(_page, screen, draft, header, found, cells)})


def _read(
    screen: Screen, draft: Draft, code: str, *, fails: bool, first: int, count: int
) -> tuple[tuple[str, ...], tuple[FoundRow, ...]]:
    with Findings.open(findings_of(screen, draft)) as findings:
        return findings.sources[0].header, findings.page(code, fails=fails, first=first, count=count)


def _page(
    screen: Screen,
    draft: Draft,
    header: Sequence[str],
    found: Sequence[FoundRow],
    cells: dict[int, list[str]],
) -> list[dict[str, Any]]:
    rows = [each.number for each in found]
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        judged, originals = edits.outlooks(rows), edits.originals(rows)
    return [
        {
            "n": each.n,
            **shown_row(
                each.number,
                header,
                cells[each.number],
                judged[each.number].now if each.number in judged else outlook_of(each.faults),
                original=originals.get(each.number),
            ),
            "judged": each.number in judged,
        }
        for each in found
    ]


def outlook_of(faults: Iterable[Fault]) -> RowOutlook:
    """Give what a check found of a row in the form that what became of it has."""
    listed = [[each.code, each.fails, each.column, each.message] for each in faults]
    return {"status": "failed" if any(fails for _, fails, *_ in listed) else "ready", "faults": listed}


def shown_row(
    row: int,
    header: Sequence[str],
    cells: Sequence[str],
    outlook: RowOutlook,
    *,
    original: Sequence[str] | None,
) -> dict[str, Any]:
    """Describe a row for the grid: the beginnings of its cells, where it was corrected, and what is wrong with it."""
    before = cells if original is None else original
    return {
        "row": row,
        "cells": [cell[:_LONGEST_CELL] for cell in cells],
        "cut": [place for place, cell in enumerate(cells) if len(cell) > _LONGEST_CELL],
        "edited": [
            place for place, cell in enumerate(cells) if place >= len(before) or before[place] != cell
        ],
        "ragged": len(cells) != len(header),
        "status": outlook["status"],
        "faults": [
            {"place": place_of(header, column), "column": column, "message": message, "fails": fails}
            for _, fails, column, message in outlook["faults"]
        ],
    }


def place_of(header: Sequence[str], column: str | None) -> int | None:
    """Find the column that a fault names: by its header, or, what the reader says, as a spreadsheet calls the cell."""
    if column is None:
        return None
    if column in header:
        return header.index(column)
    letters = column.rstrip("0123456789")
    return next((place for place in range(len(header)) if letters_of(place) == letters), None)


async def cells(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give one row whole."""
    draft = screen.drafts.open(asked.named["draft"])
    row = number_of(asked.query, "row", most=10**9)
    return data({"cells": (await cells_now(screen, draft, [row]))[row]})


async def cells_now(screen: Screen, draft: Draft, rows: Sequence[int]) -> dict[int, list[str]]:
    """Give rows whole, as they are by now. Raises RefusedRequestError for one that the file has not."""
    found = await asyncio.to_thread(_kept_cells, screen, draft, rows)
    if missing := [row for row in rows if row not in found]:
        answer = await ask_bench(screen, draft, "cells", rows=missing)
        found |= dict(zip(missing, answer, strict=True))
    return found


def _kept_cells(screen: Screen, draft: Draft, rows: Sequence[int]) -> dict[int, list[str]]:
    with (
        Findings.open(findings_of(screen, draft)) as findings,
        DraftEdits.open(screen.drafts.folder(draft.id)) as edits,
    ):
        checked = {row: list(cells) for row, cells in findings.cells_of(rows).items()}
        return {**checked, **edits.current(rows)}
