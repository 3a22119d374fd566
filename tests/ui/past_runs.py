"""Runs of a state folder, made without importing anything."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from importer.records import Outcome, Remedy, Status
from importer.sources import StagedSource
from importer.state import StateFolder
from importer.state.journal import Journal, Run, RunState

MAPPING = "version: 1\n# mind the phones\nfields: {firstName: First Name, email: E-mail}\n"


def past_run(
    state: Path, name: str = "contacts.csv", *, ended: RunState | None = RunState.FINISHED, **parts: Any
) -> Run:
    """Make a run that created one contact and failed with one row."""
    new = StateFolder(state).new_run()
    copy = new.sources / "0.csv"
    copy.write_text("E-mail\nada@example.com\n")
    staged = StagedSource(
        index=0,
        reference=name,
        name=Path(name).name,
        path=copy,
        fingerprint=hashlib.sha256(name.encode()).hexdigest(),
        size=23,
    )
    fields: dict[str, Any] = {
        "id": new.id,
        "started_at": new.started_at,
        "sources": (staged,),
        "mapping_path": Path("contacts.yaml"),
        "mapping_text": MAPPING,
        "mapping_fingerprint": hashlib.sha256(MAPPING.encode()).hexdigest(),
        "location_id": "ve9EPM428h8vShlRW1KT",
        "base_url": "https://api.example.test",
        "working_folder": state,
        "options": {"output": str(state.parent / "results"), "reading": {}},
    }
    with Journal.create(new.path, Run(**{**fields, **parts})) as journal:
        journal.set_rows_read(2)
        journal.settle(
            [
                Outcome(row=2, status=Status.CREATED, location_id="ve9EPM428h8vShlRW1KT", contact_id="c1"),
                Outcome(row=3, status=Status.FAILED, code="service_down", remedy=Remedy.RUN_AGAIN),
            ]
        )
        if ended is not None:
            journal.set_state(ended)
        return journal.run


def spoil(state: Path, run_id: str) -> None:
    """Make a journal unreadable without a trace in its folder's own times, so that reading it would be seen."""
    with (state / "runs" / run_id / "journal.db").open("rb+") as opened:
        opened.write(b"no journal" * 1_000)
