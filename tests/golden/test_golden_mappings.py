"""File in, mapping, payload lines and errors out: what changes here, changes for every user.

Each folder is a case. After a wanted change: REWRITE_GOLDEN=1 pytest tests/golden, and review the difference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from importer.highlevel.catalog import Catalog, CustomField, User
from importer.highlevel.follow_ups import follow_up_plan
from importer.highlevel.payload import build_upsert
from importer.mapping import Mapping, load_mapping
from importer.reading import open_source
from importer.records import Fault, Outcome, Record, number_of
from importer.settings import ReadingOptions

HERE = Path(__file__).parent
CASES = sorted(path.name for path in HERE.iterdir() if (path / "mapping.yaml").is_file())


def catalog_of(folder: Path) -> Catalog | None:
    path = folder / "catalog.json"
    if not path.is_file():
        return None
    said = json.loads(path.read_text(encoding="utf-8"))
    fields = tuple(
        CustomField(**{**field, "options": tuple(field.get("options", ()))})
        for field in said["custom_fields"]
    )
    users = tuple(User(**user) for user in said["users"])
    return Catalog(
        location_id=said["location_id"], custom_fields=fields, users=users, timezones=tuple(said["timezones"])
    )


def said_of(faults: tuple[Fault, ...]) -> list[dict[str, Any]]:
    return [{"code": fault.code, "column": fault.column, "message": fault.message} for fault in faults]


def line(mapping: Mapping, each: Record | Outcome) -> dict[str, Any]:
    if isinstance(each, Outcome):
        told = {"row": number_of(each.row), "status": each.status.value, "errors": said_of(each.faults)}
        return told | ({"warnings": said_of(each.warnings)} if each.warnings else {})
    return {
        "row": number_of(each.row),
        "location_id": each.location_id,
        "contact_id": each.contact_id,
        "payload": build_upsert(each, tag_mode=mapping.tag_mode),
        "follow_ups": follow_up_plan(each, mapping.follow_ups),
        "warnings": said_of(each.warnings),
    }


def lines(folder: Path) -> Iterator[str]:
    mapping = load_mapping(folder / "mapping.yaml")
    source = open_source(folder / "contacts.csv", options=mapping.reading_options(ReadingOptions()))
    surveyor = mapping.surveyor(source.header, location_id=None, today=date(2026, 11, 23))
    for block in source.blocks():
        surveyor.see(block)
    bound = surveyor.bind()
    resolver = bound.resolver(catalog_of(folder))
    for block in source.blocks(2):
        for each in bound.map(block):
            final = resolver.resolve(each) if isinstance(each, Record) else each
            yield json.dumps(line(mapping, final), ensure_ascii=False)


@pytest.mark.parametrize("case", CASES)
def test_a_file_and_its_mapping_give_the_lines_that_were_reviewed(case: str) -> None:
    expected = HERE / case / "expected.jsonl"
    made = "".join(f"{each}\n" for each in lines(HERE / case))
    if os.environ.get("REWRITE_GOLDEN"):
        expected.write_text(made, encoding="utf-8", newline="\n")
    assert made == expected.read_text(encoding="utf-8")
