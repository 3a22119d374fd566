"""progress.json says where the whole run stands, whatever a session of it does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from importer.mapping import parse_mapping
from importer.records import Outcome, Pulse, Remedy, Status
from importer.runs.context import RunContext
from importer.runs.remote import open_to_others
from importer.runs.session import RunSession
from importer.settings import Connection, RunSettings
from importer.state.journal import Journal, SessionKind
from importer.state.remote import read_progress

PULSE = Pulse(
    location_id="l", started_at=0.0, seconds=10, requests=90, throttled=0, settled=88,
    latency_p50=100.0, latency_p95=300.0, latency_max=900.0,
)  # fmt: skip


def ended(row: int, status: Status) -> Outcome:
    remedy = Remedy.RUN_AGAIN if status is Status.FAILED else Remedy.NONE
    return Outcome(row=row, status=status, location_id="l", remedy=remedy)


async def shown(folder: Path, **wanted: object) -> dict[str, Any]:
    """Wait until progress.json says so, as somebody does who follows the run."""
    while True:
        told = read_progress([folder])
        if told is not None and wanted.items() <= told.items():
            return told
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("kind", "failed", "pending"), [(SessionKind.RETRY, 0, 2), (SessionKind.RESUME, 1, 1)]
)
async def test_rows_that_a_retry_sends_again_are_open_until_they_settle(
    journal: Journal, tmp_path: Path, kind: SessionKind, failed: int, pending: int
) -> None:
    journal.set_rows_read(3)
    journal.append(outcomes=[ended(2, Status.CREATED), ended(3, Status.FAILED)])
    journal.pulse(PULSE)
    session = RunSession(
        journal=journal,
        settings=RunSettings(
            sources=("a.csv",),
            mapping=Path("m.yaml"),
            connection=Connection(),
            state=tmp_path,
            output=tmp_path / "results",
        ),
        mapping=parse_mapping("version: 1\nfields: {email: Mail}\n"),
        context=RunContext(),
        kind=kind,
    )
    async with open_to_others(session) as watched:
        watched.context.progress.planned(2, 2, 1.0)
        begun = await asyncio.wait_for(shown(journal.folder, rows=3), 20)
        assert (begun["created"], begun["failed"], begun["pending"]) == (1, failed, pending)
        assert begun["requests"] == 90  # of the session before
        watched.context.progress.landed([4])
        watched.context.progress.requested("l", 0.1, False)
        stored = await asyncio.wait_for(shown(journal.folder, sent=begun["settled"] + 1), 20)
        assert stored["settled"] == begun["settled"]
        watched.context.progress.settled(ended(4, Status.UPDATED))
        moved = await asyncio.wait_for(shown(journal.folder, updated=1), 20)
        assert (moved["requests"], moved["sent"]) == (91, moved["settled"])
        assert (moved["settled"], moved["pending"]) == (begun["settled"] + 1, pending - 1)
    assert json.loads((journal.folder / "progress.json").read_text())["phase"] == "ended"
