"""What is to be added beside contacts, from the mapping to the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from importer.errors import MappingError
from importer.highlevel.additions import digest
from importer.highlevel.catalog import Catalog, Pipeline, Stage, User
from importer.mapping import parse_mapping
from importer.mapping.duplicates import merge
from importer.records import Addition, FollowUpFor, Json, Outcome, Record, TypedText
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


TASK = "tasks: [{title: Note, due: {column: Called%s}%s}]"


def lay_task(cells: list[str], due: str = "", more: str = "", **options: Any) -> Record | Outcome:
    (made,) = lay_over(
        FIELDS + TASK % (due, more), [[*HEADER, "Who", "Done"], ["a@example.com", *cells]], **options
    )
    return made


def task_of(made: Record | Outcome) -> dict[str, Json]:
    assert isinstance(made, Record), made
    (task,) = made.additions
    assert task.kind == "task"
    return dict(task.content)


BERLIN = Catalog(
    location_id="loc1",
    timezone="Europe/Berlin",
    users=(User(id="u1", name="Ann Lee", email="ann@firm.com"), User(id="u2", name="Bob Lee")),
)


@pytest.mark.parametrize(
    ("due", "moment"),
    [
        ("2027-03-01", "2027-03-01T11:00:00Z"),
        ("2027-07-01", "2027-07-01T10:00:00Z"),
        ("2027-03-01 15:30", "2027-03-01T14:30:00Z"),
        ("2027-03-01T15:30:00Z", "2027-03-01T15:30:00Z"),
        ("2027-03-01T15:30:00.000+02:00", "2027-03-01T13:30:00Z"),
        ("2027-03-01 00:00:00", "2027-03-01T11:00:00Z"),
        ("25.12.2027 08:05", "2027-12-25T07:05:00Z"),
        ("1 March 2027", "2027-03-01T11:00:00Z"),
        ("3/13/2027 3:30 PM", "2027-03-13T14:30:00Z"),
        ("2027-03-01 ,  at 9:05  a.m.", "2027-03-01T08:05:00Z"),
        ("2027-03-01 12:15 pm", "2027-03-01T11:15:00Z"),
        ("2027-03-01 12:15:00 AM", "2027-02-28T23:15:00Z"),
        ("2027-03-01 12:00 AM", "2027-03-01T11:00:00Z"),
        ("2027-03-01 15:30 PM", "2027-03-01T14:30:00Z"),
        ("2027-03-01 15:30 UTC", "2027-03-01T15:30:00Z"),
        ("2027-03-01T15:30:00-08", "2027-03-01T23:30:00Z"),
        ("25.12.2027", "2027-12-25T11:00:00Z"),
        ("2027-03-01 3pm", "2027-03-01T14:00:00Z"),
        ("3/13/2027, 3 p.m.", "2027-03-13T14:00:00Z"),
        ("25.12.2027 15.30", "2027-12-25T14:30:00Z"),
        ("25.12.2027 15.30 Uhr", "2027-12-25T14:30:00Z"),
        ("25.12.2027 um 15 Uhr", "2027-12-25T14:00:00Z"),
        ("25/12/2027 à 15h30", "2027-12-25T14:30:00Z"),
        ("25/12/2027 15h", "2027-12-25T14:00:00Z"),
    ],
)
def test_a_task_is_due_by_the_clock_of_its_location(due: str, moment: str) -> None:
    assert task_of(lay_task(["Call", due, "", ""], catalog=BERLIN)) == {
        "title": "Call",
        "dueDate": moment,
        "completed": False,
    }


def test_a_date_of_a_workbook_keeps_its_time() -> None:
    cell = TypedText("1/3/27 15:30", datetime(2027, 3, 1, 15, 30))  # noqa: DTZ001  (as a workbook has it)
    assert task_of(lay_task(["Call", cell, "", ""], catalog=BERLIN))["dueDate"] == "2027-03-01T14:30:00Z"


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        (["Call", "soon", "", ""], "invalid_date", "Called"),
        (["Call", "2027-03-01 25:00", "", ""], "invalid_date", "Called"),
        (["Call", "2027-03-01 15:61", "", ""], "invalid_date", "Called"),
        (["Call", "2027-03-01 15:30 +99:00", "", ""], "invalid_date", "Called"),
        (["Call", "2027-03-01 15:30 +01:75", "", ""], "invalid_date", "Called"),
        (["Call", "2026-11-22", "", ""], "overdue", "Called"),
        (["Call", "2026-11-22", "", "no"], "overdue", "Called"),
        (["Call", "2027-03-01", "Nobody", ""], "unknown_user", "Who"),
        (["Call", "2027-03-01", "", "perhaps"], "invalid_boolean", "Done"),
    ],
)
def test_what_makes_no_task_fails_the_row_with_its_column(cells: list[str], code: str, column: str) -> None:
    made = lay_task(cells, more=", assigned_to: Who, done: Done", catalog=BERLIN)
    assert isinstance(made, Outcome)
    assert (made.code, made.faults[0].column) == (code, column)


@pytest.mark.parametrize("due", ["soon", "2026-11-22"])
def test_a_due_date_that_is_dropped_leaves_the_task_out_with_a_warning(due: str) -> None:
    made = lay_task(["Call", due, "", ""], ", on_invalid: drop")
    assert isinstance(made, Record)
    assert made.additions == ()
    assert [each.column for each in made.warnings] == ["Called"]


@pytest.mark.parametrize(
    ("cells", "more"),
    [
        (["Call", "2026-11-23", "", ""], ""),
        (["Call", "2026-11-22", "", "yes"], ", done: Done"),
        (["Call", "2026-11-22", "", ""], ", overdue: keep"),
    ],
    ids=["today", "done", "kept"],
)
def test_a_task_may_be_due_today_or_over(cells: list[str], more: str) -> None:
    assert task_of(lay_task(cells, more=more))["title"] == "Call"


def test_a_task_without_a_due_date_is_left_out_and_told() -> None:
    made = lay_task(["Call", "", "", ""])
    assert isinstance(made, Record)
    assert (made.additions, [each.code for each in made.warnings]) == ((), ["no_due_date"])
    assert task_of(lay_task(["Call", "", "", ""], ", default: 2027-03-01"))["title"] == "Call"


def test_a_due_date_without_a_task_says_nothing() -> None:
    made = lay_task(["", "2027-03-01", "", ""])
    assert isinstance(made, Record)
    assert (made.additions, made.warnings) == ((), ())


@pytest.mark.parametrize("who", ["Ann Lee", "lee ann", "ANN@firm.com", "u1"])
def test_the_owner_of_a_task_is_a_user_of_the_location(who: str) -> None:
    made = lay_task(["Call", "2027-03-01", who, ""], more=", assigned_to: Who", catalog=BERLIN)
    assert task_of(made)["assignedTo"] == "u1"


def test_an_owner_who_is_no_user_may_be_dropped() -> None:
    owner = ", assigned_to: {column: Who, on_invalid: drop}"
    made = lay_task(["Call", "2027-03-01", "Nobody", ""], more=owner, catalog=BERLIN)
    assert "assignedTo" not in task_of(made)
    assert isinstance(made, Record)
    assert [each.code for each in made.warnings] == ["unknown_user"]


def test_due_dates_that_can_be_read_two_ways_are_told_before_the_first_row() -> None:
    with pytest.raises(MappingError, match="date_order"):
        lay_task(["Call", "01/02/2027", "", ""])
    made = lay_task(["Call", "01/02/2027", "", ""], ", date_order: DMY", catalog=BERLIN)
    assert task_of(made)["dueDate"] == "2027-02-01T11:00:00Z"


def test_a_fixed_due_date_that_is_none_is_a_fault_of_the_mapping() -> None:
    with pytest.raises(MappingError, match="no day of the calendar"):
        parse_mapping(f"version: 1\n{FIELDS}tasks: [{{title: Note, due: {{value: 2027-02-30}}}}]")


def test_users_are_read_where_a_task_has_an_owner() -> None:
    def users(more: str) -> bool:
        return parse_mapping(f"version: 1\n{FIELDS}{TASK % ('', more)}").needs.users

    assert users(", assigned_to: Who")
    assert not users("")


@pytest.mark.parametrize(
    ("rule", "cell", "expected"),
    [
        ("Note", "Ann Lee, bob lee", ["u1", "u2"]),
        ("[Note, Called]", "ann@firm.com", ["u1"]),
        ("{column: Note, split: ;}", "Lee, Ann; u1;Bob Lee", ["u1", "u2"]),
        ("{column: Note, always: [Bob Lee]}", "Ann Lee", ["u1", "u2"]),
        ("{always: Bob Lee}", "", ["u2"]),
        ("{column: Note, on_invalid: drop}", "Nobody, Ann Lee", ["u1"]),
        ("{column: Gone, optional: true, always: u1}", "", ["u1"]),
    ],
)
def test_followers_are_users_of_the_location(rule: str, cell: str, expected: list[str]) -> None:
    (made,) = lay_over(f"{FIELDS}followers: {rule}", [HEADER, ["a@x.com", cell, ""]], catalog=BERLIN)
    assert isinstance(made, Record), made
    (addition,) = made.additions
    assert addition.content == {"followers": expected}


@pytest.mark.parametrize(
    ("rule", "cell", "warned"),
    [("Note", "", []), ("Note", "N/A", []), ("{column: Note, on_invalid: drop}", "Nobody", ["unknown_user"])],
)
def test_a_row_that_names_no_user_gets_no_followers(rule: str, cell: str, warned: list[str]) -> None:
    (made,) = lay_over(f"{FIELDS}followers: {rule}", [HEADER, ["a@x.com", cell, ""]], catalog=BERLIN)
    assert isinstance(made, Record)
    assert (made.additions, [each.code for each in made.warnings]) == ((), warned)


def test_a_follower_who_is_no_user_fails_the_row() -> None:
    (made,) = lay_over(f"{FIELDS}followers: Note", [HEADER, ["a@x.com", "Nobody", ""]], catalog=BERLIN)
    assert isinstance(made, Outcome)
    assert (made.code, made.faults[0].column) == ("unknown_user", "Note")


def test_followers_cost_a_call_and_need_the_users() -> None:
    mapping = parse_mapping(f"version: 1\n{FIELDS}followers: Note")
    assert (mapping.most_calls_beside, mapping.needs.users) == (1, True)


def test_followers_need_somebody() -> None:
    with pytest.raises(MappingError, match="columns, always, or both"):
        parse_mapping(f"version: 1\n{FIELDS}followers: {{for: created}}")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("Note", "Acme"),
        ("{template: '{Note} {Called}'}", "Acme Inc"),
        ("{column: Note, map: {Acme: Beta}}", "Beta"),
        ("{value: Gamma}", "Gamma"),
    ],
)
def test_a_company_is_a_rule_for_its_name(rule: str, expected: str) -> None:
    assert additions(f"company: {rule}", "Acme", "Inc") == [("company", {"name": expected})]


def test_a_row_without_a_company_is_linked_to_none() -> None:
    assert additions("company: Note", "", "") == []


SALES = Pipeline(id="p1", name="Sales", stages=(Stage(id="s1", name="New"), Stage(id="s2", name="Won over")))
WITH_SALES = replace(BERLIN, pipelines=(SALES, Pipeline(id="p2", name="Other")))


def lay_deal(rules: str, *cells: str, pipeline: str = "sales") -> Record | Outcome:
    (made,) = lay_over(
        f"{FIELDS}opportunity: {{pipeline: {pipeline}, name: Note, {rules}}}",
        [HEADER, ["a@example.com", *cells]],
        catalog=WITH_SALES,
    )
    return made


@pytest.mark.parametrize(
    ("rules", "cell", "more"),
    [
        ("", "", {}),
        ("stage: Called", "won OVER", {"pipelineStageId": "s2"}),
        ("stage: Called", "s1", {"pipelineStageId": "s1"}),
        ("value: Called", "$1,200.50", {"monetaryValue": 1200.5}),
        ("status: Called", "Won", {"status": "won"}),
        ("status: {column: Called, map: {yes: won}}", "yes", {"status": "won"}),
        ("assigned_to: Called", "Ann Lee", {"assignedTo": "u1"}),
        ("stage: {column: Called, on_invalid: drop}", "Nowhere", {}),
    ],
)
def test_a_deal_is_in_a_stage_of_the_pipeline(rules: str, cell: str, more: dict[str, Json]) -> None:
    made = lay_deal(rules, "Roof", cell)
    assert isinstance(made, Record), made
    (deal,) = made.additions
    assert (deal.kind, deal.content) == (
        "opportunity",
        {"pipelineId": "p1", "status": "open", "name": "Roof", **more},
    )


@pytest.mark.parametrize(
    ("rules", "cell", "code"),
    [
        ("stage: Called", "Nowhere", "unknown_stage"),
        ("value: Called", "much", "invalid_number"),
        ("status: Called", "perhaps", "invalid_status"),
        ("assigned_to: Called", "Nobody", "unknown_user"),
    ],
)
def test_what_makes_no_deal_fails_the_row_with_its_column(rules: str, cell: str, code: str) -> None:
    made = lay_deal(rules, "Roof", cell)
    assert isinstance(made, Outcome)
    assert (made.code, made.faults[0].column) == (code, "Called")


def test_a_row_without_a_deal_adds_none() -> None:
    made = lay_deal("value: Called", "", "12")
    assert isinstance(made, Record)
    assert made.additions == ()


def test_a_pipeline_that_the_location_lacks_is_told_with_its_place() -> None:
    with pytest.raises(MappingError) as caught:
        lay_deal("stage: Called", "Roof", "New", pipeline="Nowhere")
    assert "mapping.yaml:3:" in str(caught.value)
    assert "no pipeline named 'Nowhere'. It has: 'Sales', 'Other'." in str(caught.value)


def test_deals_need_pipelines_and_the_scope_to_write_them() -> None:
    needs = parse_mapping(f"version: 1\n{FIELDS}opportunity: {{pipeline: Sales, name: Note}}").needs
    assert (needs.pipelines, [probe.scope for probe in needs.probes]) == (True, ["opportunities.write"])


def test_companies_need_their_scopes_and_are_counted_once_each() -> None:
    mapping = parse_mapping(f"version: 1\n{FIELDS}company: Note")
    assert [probe.scope for probe in mapping.needs.probes] == ["businesses.readonly", "businesses.write"]
    assert mapping.most_calls_beside == 2


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
