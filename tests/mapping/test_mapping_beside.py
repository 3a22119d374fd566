"""What is to be added beside contacts, from the mapping to the record."""

from __future__ import annotations

import pytest

from importer.errors import MappingError
from importer.highlevel.additions import digest
from importer.mapping import parse_mapping
from importer.mapping.duplicates import merge
from importer.records import Addition, FollowUpFor, Outcome, Record
from tests.mapping.conftest import Lay, lay_over

HEADER = ["E", "Note", "Called"]
FIELDS = "fields: {email: E}\n"


def additions(rules: str, *cells: str) -> list[tuple[str, object]]:
    (record,) = lay_over(FIELDS + rules, [HEADER, ["a@example.com", *cells]])
    assert isinstance(record, Record), record
    return [(each.kind, each.content) for each in record.additions]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("notes: Note", [{"body": "Likes tea"}]),
        ("notes: [Note]", [{"body": "Likes tea"}]),
        ("notes: {column: Note}", [{"body": "Likes tea"}]),
        ("notes: [{column: Note}, Called]", [{"body": "Likes tea"}, {"body": "May 1"}]),
        ("notes: [{template: '{Note} ({Called})'}]", [{"body": "Likes tea (May 1)"}]),
        ("notes: [{column: Note, title: Called}]", [{"body": "Likes tea", "title": "May 1"}]),
        ("notes: [{column: Note, title: {value: Old}}]", [{"body": "Likes tea", "title": "Old"}]),
        ("notes: [{column: Note, transforms: [upper]}]", [{"body": "LIKES TEA"}]),
        ("notes: [{column: Gone, optional: true}]", []),
    ],
)
def test_a_note_is_a_rule(rules: str, expected: list[dict[str, str]]) -> None:
    assert additions(rules, "Likes tea", "May 1") == [("note", content) for content in expected]


def test_a_blank_cell_adds_nothing_whatever_the_title() -> None:
    assert additions("notes: [{column: Note, title: Called}]", " ", "May 1") == []


def test_lines_of_a_note_stay_lines() -> None:
    assert additions("notes: Note", "one\r\ntwo", "") == [("note", {"body": "one\ntwo"})]


def test_whom_a_note_is_for_and_how_often_is_said_by_its_rule() -> None:
    (record,) = lay_over(
        f"{FIELDS}notes: [{{column: Note, for: created, once: false}}]", [HEADER, ["a@example.com", "x", ""]]
    )
    assert isinstance(record, Record)
    assert record.additions == (
        Addition(kind="note", content={"body": "x"}, applies_to=FollowUpFor.CREATED, once=False),
    )


def test_a_note_that_is_required_fails_the_row_without() -> None:
    (outcome,) = lay_over(f"{FIELDS}notes: [{{column: Note, required: true}}]", [HEADER, ["a@x.com", "", ""]])
    assert isinstance(outcome, Outcome)
    assert outcome.code == "missing_value"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("notes: [{column: Nots}]", "'Nots'"),
        ("notes: [{column: Note, title: Titel}]", "'Titel'"),
    ],
)
def test_a_column_that_the_file_lacks_is_told(lay: Lay, rules: str, said: str) -> None:
    with pytest.raises(MappingError, match=said):
        lay(FIELDS + rules, [HEADER, ["a@x.com", "", ""]])


@pytest.mark.parametrize(
    "key", ["on_update: never", "empty_cells: clear", "region: US", "pad: 5", "codes: true", "split: ';'"]
)
@pytest.mark.parametrize("rule", ["{{column: Note, {}}}", "{{column: Note, title: {{column: Called, {}}}}}"])
def test_a_key_that_does_nothing_for_a_note_is_refused(rule: str, key: str) -> None:
    with pytest.raises(MappingError, match=f"'{key.partition(':')[0]}' does nothing here"):
        parse_mapping(f"version: 1\n{FIELDS}notes: [{rule.format(key)}]")


def test_an_unknown_key_of_a_note_is_told_with_its_place() -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(f"version: 1\n{FIELDS}notes:\n- column: Note\n  titel: Called\n")
    assert "mapping.yaml:5:" in str(caught.value)
    assert "title" in str(caught.value)


def test_the_notes_of_merged_rows_are_all_added() -> None:
    first, second = lay_over(f"{FIELDS}notes: Note", [HEADER, ["a@x.com", "one", ""], ["a@x.com", "two", ""]])
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert [each.content["body"] for each in merge(first, second).additions] == ["one", "two"]


def test_a_note_costs_a_call_and_a_look_where_the_contact_may_have_it() -> None:
    def calls(rule: str) -> int:
        return parse_mapping(f"version: 1\n{FIELDS}notes: [{rule}]").most_calls_beside

    assert calls("Note") == 2
    assert calls("{column: Note, for: created}") == 1
    assert calls("{column: Note, once: false}") == 1
    assert calls("Note, Called") == 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"body": "Likes tea\nand cake"}, {"body": " Likes  tea and cake"}, True),
        ({"body": "Tom & Jo"}, {"body": "<p>Tom &amp; Jo</p>"}, True),
        ({"body": "5 < 6 > 4"}, {"body": "5 < 6 > 4"}, True),
        ({"body": "tea"}, {"body": "Tea"}, False),
        ({"body": "tea"}, {"body": "tea", "title": "Old"}, False),
        ({"body": "tea", "title": "Old"}, {"body": "Old", "title": "tea"}, False),
    ],
)
def test_a_note_is_known_by_its_title_and_text(
    one: dict[str, str], other: dict[str, str], *, same: bool
) -> None:
    first, second = (digest(Addition(kind="note", content=each)) for each in (one, other))
    assert (first == second) is same
