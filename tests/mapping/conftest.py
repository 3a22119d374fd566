"""A mapping laid over rows written in the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeAlias

import pytest

from importer.highlevel.catalog import Catalog
from importer.mapping import parse_mapping
from importer.records import Block, Outcome, Record

TODAY = date(2026, 11, 23)
Lay: TypeAlias = Callable[..., list[Record | Outcome]]


def lay_over(
    text: str,
    rows: Sequence[Sequence[str]],
    *,
    catalog: Catalog | None = None,
    location_id: str | None = "loc1",
    allow_transforms: bool = False,
) -> list[Record | Outcome]:
    """Map ``rows`` (the header first) by a mapping text; its version line is added."""
    mapping = parse_mapping(f"version: 1\n{text}")
    header, *cells = rows
    surveyor = mapping.surveyor(
        header, location_id=location_id, today=TODAY, allow_transforms=allow_transforms
    )
    block = Block(source=0, numbers=range(2, len(cells) + 2), rows=cells)
    surveyor.see(block)
    bound = surveyor.bind()
    resolver = bound.resolver(catalog)
    mapped = bound.map(block)
    assert len(mapped) == len(cells)
    return [resolver.resolve(each) if isinstance(each, Record) else each for each in mapped]


@pytest.fixture
def lay() -> Lay:
    return lay_over


@pytest.fixture
def fields_of(lay: Lay) -> Callable[..., dict[str, Any]]:
    """Map one row whose rules are given, beside an e-mail that keeps it matchable; give its fields but the e-mail."""

    def read(rules: str, header: Sequence[str], cells: Sequence[str], **options: Any) -> dict[str, Any]:
        text = f"{options.pop('before', '')}\nfields:\n  email: {{value: a@example.com}}\n{rules}"
        (record,) = lay(text, [header, cells], **options)
        assert isinstance(record, Record), record
        return {name: value for name, value in record.fields.items() if name != "email"}

    return read
