"""Who is on the list, told without keeping anybody of it."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from importer.mapping.suppression import SuppressedRows, Suppression
from importer.records import Outcome, Record, Status

LIST = Suppression.of(["email:ann@x.com", "phone:+1415"], name="optout.csv", fingerprint="f")


def row(number: int = 2, **fields: Any) -> Record:
    return Record(row=number, location_id="loc1", fields=fields)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"email": "Ann@X.com"}, True),
        ({"phone": "+1 415"}, True),
        ({"email": "bob@x.com", "additionalPhones": [{"phone": "+1415"}]}, True),
        ({"email": "bob@x.com", "phone": "+1416"}, False),
        ({"email": None, "phone": None}, False),
        ({}, False),
    ],
)
def test_a_row_is_of_somebody_of_the_list_by_any_of_its_keys(fields: dict[str, Any], *, named: bool) -> None:
    assert LIST.names(row(**fields)) is named


def test_the_list_crosses_to_another_process_and_tells_the_same() -> None:
    again = pickle.loads(pickle.dumps(LIST))  # noqa: S301  (just made)
    assert again.has("email:ann@x.com")
    assert not again.has("email:bob@x.com")


def test_neither_what_it_holds_nor_what_it_shows_is_anybodys() -> None:
    assert "ann" not in repr(LIST)
    assert b"ann@x.com" not in pickle.dumps(LIST)
    other = Suppression.of(["email:ann@x.com"], name="optout.csv", fingerprint="f")
    assert set(other.hashes).isdisjoint(LIST.hashes)  # another salt each time


def test_what_holds_for_one_row_of_a_person_holds_for_all() -> None:
    rows = SuppressedRows(LIST)
    people = [row(2, phone="+2"), row(3, email="ann@x.com"), row(4, email="bob@x.com")]
    for each in people:
        rows.see(each)
    rows.spread([(2, 3)])
    first, second, third = map(rows.settle, people)
    assert isinstance(first, Outcome)
    assert isinstance(second, Outcome)
    assert (first.status, first.code, second.code) == (Status.SKIPPED, "suppressed", "suppressed")
    assert str(first.message).startswith("Row 3 is of the same person")
    assert third is people[2]
