"""S4b: who becomes one contact, seen before anything is sent: rows that share a key, and rows that could be several people."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from importer.records import Json
from importer.state.findings import Findings
from importer.state.grouped_rows import GroupKind, RowGroup
from importer.ui.drafts import Draft
from importer.ui.handling.checking import check, known_forecast
from importer.ui.handling.files import ask_bench
from importer.ui.handling.forecast import planned
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, number_of, redirect

_GROUPS: Final = 4
_MEMBERS: Final = 5
_COLUMNS: Final = 6
_AMBIGUOUS: Final = 20
_WHO: Final = ("firstName", "lastName", "name", "email", "phone")
_LONGEST_CELL: Final = 200


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Show the page; whoever is on the way to the forecast is led past it where no two rows have to do with each other."""
    draft = screen.drafts.open(asked.named["draft"])
    if "onward" in asked.query:
        found = await asyncio.to_thread(known_forecast, screen, draft)
        if found is not None and not found["same_contact"]["groups"]:
            return redirect(f"/d/{draft.id}/forecast?alone")
    return screen.page("people.html.j2", draft=draft, step="people")


async def people(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say how many groups of rows there are of each kind, and what is done about each."""
    draft = screen.drafts.open(asked.named["draft"])
    text = screen.drafts.mapping_text(draft)
    found = await check(screen, draft)
    rules: Any = await ask_bench(screen, draft, "rules", text=text)
    kinds = await asyncio.to_thread(_kinds, screen, draft)
    plan = await asyncio.to_thread(planned, screen, draft)
    return data(
        {
            "version": draft.version,
            "kinds": kinds,
            "match": rules["match"],
            "counts": {name: found[name] for name in ("rows_read", "ready", "skipped", "failed")},
            "same_contact": found["same_contact"],
            "ambiguous": None if plan is None else plan["ambiguous"],
        }
    )


def _findings(screen: Screen, draft: Draft) -> Path:
    return screen.drafts.folder(draft.id) / "findings.db"


def _kinds(screen: Screen, draft: Draft) -> list[Json]:
    with Findings.open(_findings(screen, draft)) as findings:
        return [
            {"kind": each.kind.value, "groups": each.groups, "rows": each.rows}
            for each in findings.group_kinds()
        ]


async def groups(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give a few groups of a kind: their first rows side by side, in the columns that say who it is or that differ."""
    draft = screen.drafts.open(asked.named["draft"])
    if (said := asked.query.get("kind", "")) not in list(GroupKind):
        raise RefusedRequestError(400, "There is no such kind of group.")
    first = number_of(asked.query, "first", most=10**9)
    await check(screen, draft)
    rules: Any = await ask_bench(screen, draft, "rules", text=screen.drafts.mapping_text(draft))
    who = _places_of_who(rules["rules"])
    header, found = await asyncio.to_thread(_groups, screen, draft, GroupKind(said), first)
    return data({"groups": [_side_by_side(each, header, who) for each in found]})


def _groups(
    screen: Screen, draft: Draft, kind: GroupKind, first: int
) -> tuple[tuple[str, ...], tuple[RowGroup, ...]]:
    with Findings.open(_findings(screen, draft)) as findings:
        header = findings.sources[0].header if findings.sources else ()
        return header, findings.groups(kind, first=first, count=_GROUPS, members=_MEMBERS)


def _places_of_who(rules: Iterable[dict[str, Any]]) -> list[int]:
    found = {
        field: rule["places"]
        for rule in rules
        if rule["path"][0] == "fields" and (field := rule["path"][1]) in _WHO
    }
    return list(dict.fromkeys(place for field in _WHO for place in found.get(field, ())))


def _side_by_side(group: RowGroup, header: Sequence[str], who: Sequence[int]) -> dict[str, Json]:
    cells = [each.cells for each in group.members]
    differing = [place for place in range(len(header)) if _differs(cells, place)]
    shown = list(dict.fromkeys([*who, *differing]))[:_COLUMNS]
    return {
        "n": group.n,
        "key": group.key,
        "rows": group.rows,
        "columns": [header[place] if place < len(header) else "" for place in shown],
        "differing": [place in differing for place in shown],
        "more_differ": len(set(differing) - set(shown)),
        "members": [
            {
                "row": each.number,
                "apart": each.apart,
                "contradicts": each.contradicts,
                "fails": each.fails,
                "cells": [_cell(each.cells, place)[:_LONGEST_CELL] for place in shown],
            }
            for each in group.members
        ],
    }


def _differs(cells: Sequence[Sequence[str]], place: int) -> bool:
    return len({_cell(each, place).strip().casefold() for each in cells}) > 1


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


async def ambiguous(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Give rows that could be several contacts of the location, as the plan says it: which, and what HighLevel would do."""
    draft = screen.drafts.open(asked.named["draft"])
    plan = await asyncio.to_thread(planned, screen, draft)
    if plan is None:
        raise RefusedRequestError(409, screen.words("plan.changed"))
    first = number_of(asked.query, "first", most=10**9)
    folder = Path(str(plan["plan"])).parent
    return data({"rows": await asyncio.to_thread(_ambiguous, folder / "plan.csv", first)})


def _ambiguous(path: Path, first: int) -> list[Json]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = (each for each in csv.DictReader(file) if each["plan_action"] == "ambiguous")
        return [
            {"row": int(each["plan_row"]), "reason": each["plan_reason"]}
            for each in islice(rows, first, first + _AMBIGUOUS)
        ]
