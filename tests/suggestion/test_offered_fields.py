"""Columns that nothing else takes are offered as custom fields: comments that make a mapping once they are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.highlevel.catalog import Catalog, CustomField
from importer.mapping import parse_mapping
from importer.reading import open_source
from importer.suggestion.suggesting import suggest

OFFERED = "# Worth keeping?"
ROWS = "\n".join(
    f"p{day}@example.com,{'Gold' if day % 2 else 'Silver'},2024-01-0{day},,No: {day}" for day in range(1, 10)
)
TEXT = f'Email,Plan,Joined,Empty,"Seat, ""A"" #1"\n{ROWS}\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def offered(text: str) -> list[str]:
    """Give the lines that are offered, without the sign that keeps them out of the mapping."""
    return [line.removeprefix("# ") for line in text.partition(OFFERED)[2].splitlines()[1:]]


def test_uncommented_the_offered_fields_are_part_of_the_mapping(file: Path) -> None:
    text = suggest(open_source(file)).to_yaml()
    mapping = parse_mapping("\n".join((text.partition(OFFERED)[0], *offered(text), "")))
    assert {name: rule.column for name, rule in mapping.model.custom_fields.items()} == {
        name: name for name in ("Plan", "Joined", 'Seat, "A" #1')
    }


def test_each_says_what_would_be_made_of_it_and_shows_nobodys_values(file: Path) -> None:
    lines = "\n".join(offered(suggest(open_source(file)).to_yaml()))
    assert "SINGLE_OPTIONS, by the sample: 2 different values in 9 rows" in lines
    assert "DATE, by the sample: all 9 values read as dates" in lines
    assert "Gold" not in lines


def test_beside_fields_of_the_location_they_need_no_section_of_their_own(file: Path) -> None:
    plan = CustomField(id="f1", name="Plan", key="contact.plan", data_type="TEXT")
    known = Catalog(location_id="loc1", custom_fields=(plan,))
    text = suggest(open_source(file), catalog=known).to_yaml()
    assert "custom_fields:" not in offered(text)
    assert parse_mapping("\n".join((text.partition(OFFERED)[0].rstrip(), *offered(text), ""))).model.custom_fields.keys() == {
        "Plan", "Joined", 'Seat, "A" #1'
    }  # fmt: skip


def test_a_file_that_is_mapped_whole_offers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("Email,First Name\na@example.com,Ann\n", encoding="utf-8")
    assert OFFERED not in suggest(open_source(path)).to_yaml()
