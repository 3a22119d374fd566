from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from importer.mapping import Mapping, parse_mapping
from importer.records import Json, Outcome, Status, row_id
from importer.runs.preparing import Preparation, open_preparation
from importer.runs.preparing.order import Order
from importer.settings import Connection, RunSettings
from importer.sources import stage
from importer.state.journal import Journal, Run

MAPPING = """\
version: 1
location: loc1
fields:
  firstName: First
  email: Mail
  phone: {column: Phone, region: US}
tags: {columns: [Tags], split: ";"}
custom_fields:
  Shirt Size: Shirt
"""
CONTACTS = "First,Mail,Phone,Tags,Shirt\n" + "".join(
    f"Zoë {number},p{number}@example.com,415555{number:04},vip;new,M\n" for number in range(1_200)
)


@dataclass(kw_only=True)
class Bureau:
    """A run that began, and the preparations that may work for it."""

    order: Order
    mapping: Mapping
    journal: Journal
    open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def prepare(self, *, second_process: bool) -> Preparation:
        return self.open.enter_context(
            open_preparation(self.order, self.mapping, self.journal, second_process=second_process)
        )

    def settle(self, *numbers: int) -> None:
        self.journal.settle(
            Outcome(row=row_id(0, number), status=Status.CREATED, location_id="loc1", contact_id=f"c{number}")
            for number in numbers
        )


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Bureau]]:
    monkeypatch.setenv("IMPORTER_PROCESSES", "2")
    numbers = count(1)
    with contextlib.ExitStack() as stack:

        def begin(
            contacts: str = CONTACTS,
            mapping_text: str = MAPPING,
            options: dict[str, Json] | None = None,
            **given: object,
        ) -> Bureau:
            run_id = f"2026-11-26-090000-{next(numbers):04x}"
            source, folder = tmp_path / "contacts.csv", tmp_path / run_id
            source.write_text(contacts, encoding="utf-8")
            folder.mkdir()
            mapping = parse_mapping(mapping_text, name="mapping.yaml")
            run = Run(
                id=run_id,
                started_at=1_795_683_600.0,
                sources=(stage(str(source), folder, 0),),
                mapping_path=Path("mapping.yaml"),
                mapping_text=mapping_text,
                mapping_fingerprint=mapping.fingerprint,
                location_id="loc1",
                base_url="http://127.0.0.1:1",
                sandbox=False,
                options=options or {},
            )
            settings = RunSettings(
                sources=(str(source),),
                mapping=Path("mapping.yaml"),
                connection=Connection(),
                state=tmp_path,
                output=tmp_path / "out",
                **given,  # type: ignore[arg-type]
            )
            journal = stack.enter_context(Journal.create(folder, run))
            made = Bureau(order=Order.of(run, settings, mapping), mapping=mapping, journal=journal)
            stack.enter_context(made.open)
            return made

        yield begin
