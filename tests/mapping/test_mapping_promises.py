"""What holds for every file, whatever is in it."""

from __future__ import annotations

import json
import unicodedata
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from importer.codes import BY_NAME
from importer.mapping import parse_mapping
from importer.records import Block, Outcome, Record, row_id

HEADER = ["Name", "E-mail", "Phone", "Country", "DOB", "Stop", "Tags", "Note", "Status"]
MAPPING = parse_mapping("""
version: 1
defaults: {region: US, date_order: DMY}
fields:
  firstName: Name
  email: {column: E-mail, on_invalid: drop}
  phone: {column: Phone, on_invalid: drop}
  country: Country
  dateOfBirth: DOB
  dnd: {column: Stop, on_invalid: drop}
  companyName: {template: "{Name} ({Note})"}
  id: Status
tags: {columns: [Tags], split: ";", always: [x]}
custom_fields: {Note: {column: Note, split: ","}}
rows: {skip_if: {column: Status, equals: skip}}
""")
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "a@b.com", "4155552671", "+44 20 7946 0958", "US", "Narnia", "03/04/1990", "yes", "no", "skip"]
    ),
)
ROWS = st.lists(st.lists(CELLS, min_size=9, max_size=9), max_size=8)


def mapped(rows: list[list[str]]) -> list[Record | Outcome]:
    surveyor = MAPPING.surveyor(HEADER, location_id="loc1", today=date(2026, 11, 23))
    block = Block(source=3, numbers=range(2, len(rows) + 2), rows=rows)
    surveyor.see(block)
    bound = surveyor.bind()
    assert bound.rows == len(rows)
    resolver = bound.resolver(None)
    return [resolver.resolve(each) if isinstance(each, Record) else each for each in bound.map(block)]


@given(ROWS)
def test_there_is_exactly_one_result_for_each_row_in_order(rows: list[list[str]]) -> None:
    assert [each.row for each in mapped(rows)] == [row_id(3, number) for number in range(2, len(rows) + 2)]


@given(ROWS)
def test_every_result_is_json_or_carries_a_known_code_and_a_sentence(rows: list[list[str]]) -> None:
    for each in mapped(rows):
        if isinstance(each, Record):
            json.dumps([dict(each.fields), each.custom_fields, each.tags])
        else:
            assert each.code in BY_NAME
            assert each.message
        for warning in each.warnings:
            assert warning.code in BY_NAME
            assert not warning.fails


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Z", "Cf"]), min_size=1, max_size=30))
def test_a_name_goes_through_as_it_is(name: str) -> None:
    row = [name, "a@b.com", "", "", "", "", "", "", ""]
    (record,) = mapped([row])
    assert isinstance(record, Record)
    assert record.fields["firstName"] == unicodedata.normalize("NFC", name)


@given(ROWS)
def test_a_row_means_the_same_alone_as_among_others(rows: list[list[str]]) -> None:
    """But for an opt-out of an earlier row of the same person, which is kept."""
    together = mapped(rows)
    for each, row in zip(together, rows, strict=True):
        (alone,) = mapped([row])
        if any(warning.code == "opt_out_kept" for warning in each.warnings):
            continue
        if isinstance(each, Record) and isinstance(alone, Record):
            assert (each.fields, each.tags, each.custom_fields) == (
                alone.fields,
                alone.tags,
                alone.custom_fields,
            )
        else:
            assert isinstance(each, Outcome)
            assert isinstance(alone, Outcome)
            assert (each.code, each.message) == (alone.code, alone.message)
