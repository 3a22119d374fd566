from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.mapping import BoundMapping, parse_mapping
from importer.mapping.opt_outs import OptOutsInOrder
from importer.records import Block, Json, Outcome, Record, Remedy, Status

Lay = Callable[..., list[Record | Outcome]]
HEADER = ["E", "P", "C", "T"]
RULES = """
defaults: {region: US}
fields: {email: {column: E, on_invalid: drop}, phone: {column: P, on_invalid: drop}, city: C}
tags: {columns: [T], split: ";"}
match: {in_file_duplicates: %s}
"""
PEOPLE = [
    ["ann@x.com", "4155552671", "Rome", "a"],
    ["bob@x.com", "", "Oslo", ""],
    ["ANN@x.com", "", "", "b"],
    ["", "+1 415 555 2671", "Paris", "A;c"],
]


def statuses(mapped: list[Record | Outcome]) -> list[str]:
    return [each.status.value if isinstance(each, Outcome) else "sent" for each in mapped]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("in_order", ["sent", "sent", "sent", "sent"]),
        ("first", ["sent", "sent", "skipped", "skipped"]),
        ("last", ["skipped", "sent", "skipped", "sent"]),
        ("merge", ["skipped", "sent", "skipped", "sent"]),
        ("fail", ["failed", "sent", "failed", "failed"]),
    ],
)
def test_rows_of_one_person_are_found_by_email_or_phone(lay: Lay, policy: str, expected: list[str]) -> None:
    assert statuses(lay(RULES % policy, [HEADER, *PEOPLE])) == expected


def test_a_skipped_row_names_the_row_that_is_sent(lay: Lay) -> None:
    outcome = lay(RULES % "first", [HEADER, *PEOPLE])[2]
    assert isinstance(outcome, Outcome)
    assert (outcome.code, outcome.remedy) == ("duplicate_in_file", Remedy.NONE)
    assert outcome.message == "The row is the same person, by e-mail or phone, as row 2, which is sent."


def test_a_failed_row_names_the_others(lay: Lay) -> None:
    outcome = lay(RULES % "fail", [HEADER, *PEOPLE])[2]
    assert isinstance(outcome, Outcome)
    assert (outcome.code, outcome.remedy) == ("duplicate_in_file", Remedy.FIX_ROW)
    assert outcome.message == "The row is the same person, by e-mail or phone, as rows 2, 5."


def test_merging_lets_later_values_win_where_they_are_not_blank_and_unites_tags(lay: Lay) -> None:
    record = lay(RULES % "merge", [HEADER, *PEOPLE])[3]
    assert isinstance(record, Record)
    assert dict(record.fields) == {"email": "ANN@x.com", "phone": "+14155552671", "city": "Paris"}
    assert record.tags == ("a", "b", "c")


def test_merged_rows_say_a_warning_once(lay: Lay) -> None:
    rows = [["ann@x.com", "nobody", "", ""], ["ann@x.com", "nobody", "", ""]]
    record = lay(RULES % "merge", [HEADER, *rows])[1]
    assert isinstance(record, Record)
    assert len(record.warnings) == len(set(record.warnings)) > 0


OPTED_OUT = {
    # which row is sent, and what the rows of one person say of not being disturbed
    "a later row takes it back": ("merge", ["yes", "no"], {"dnd": True}),
    "the last row says nothing": ("last", ["yes", ""], {"dnd": True}),
    "the last row takes it back": ("last", ["yes", "no"], {"dnd": True}),
    "it comes behind the row that is sent": ("first", ["", "yes", "no"], {"dnd": True}),
    "the row that is sent says it itself": ("first", ["yes", "no"], {"dnd": True}),
    "nobody says it": ("merge", ["no", "no"], {"dnd": False}),
}
FOR_GOOD = {
    # what the rows of one person say of one channel, and what is sent: the strongest of them, wherever it stands
    "it is taken back": (["permanent", "no"], "permanent"),
    "it is said less strongly": (["permanent", "yes"], "permanent"),
    "it is said more strongly": (["yes", "permanent"], "permanent"),
    "it is not said again": (["permanent", ""], "permanent"),
    "it stands between others": (["yes", "permanent", "no"], "permanent"),
    "nobody says for good": (["no", "yes", "no"], "active"),
    "nobody says it": (["no", "no"], "inactive"),
}


@pytest.mark.parametrize(("policy", "said", "sent"), OPTED_OUT.values(), ids=OPTED_OUT)
def test_an_opt_out_of_any_row_of_a_person_wins(
    lay: Lay, policy: str, said: list[str], sent: dict[str, object]
) -> None:
    rules = f"fields: {{email: E, dnd: D}}\nmatch: {{in_file_duplicates: {policy}}}"
    mapped = lay(rules, [["E", "D"], *(["ann@x.com", cell] for cell in said)])
    (record,) = (each for each in mapped if isinstance(each, Record))
    assert dict(record.fields) == {"email": "ann@x.com", **sent}


@pytest.mark.parametrize(("said", "sent"), FOR_GOOD.values(), ids=FOR_GOOD)
@pytest.mark.parametrize("policy", ["first", "last", "merge"])
def test_of_several_opt_outs_of_a_channel_the_strongest_is_sent(
    lay: Lay, policy: str, said: list[str], sent: str
) -> None:
    rules = f"fields: {{email: E, dndSettings.SMS: D}}\nmatch: {{in_file_duplicates: {policy}}}"
    mapped = lay(rules, [["E", "D"], *(["ann@x.com", cell] for cell in said)])
    (record,) = (each for each in mapped if isinstance(each, Record))
    assert record.fields["dndSettings"] == {"SMS": {"status": sent}}


def test_rows_sent_one_after_the_other_do_not_weaken_what_is_for_good(lay: Lay) -> None:
    rows = [["ann@x.com", "permanent"], ["ann@x.com", "yes"], ["ann@x.com", "no"]]
    mapped = lay("fields: {email: E, dndSettings.SMS: D}", [["E", "D"], *rows])
    sent = [each.fields["dndSettings"] for each in mapped if isinstance(each, Record)]
    assert sent == [{"SMS": {"status": "permanent"}}] * 3


def test_what_is_for_good_by_another_row_is_said_once(lay: Lay) -> None:
    rules = "fields: {email: E, dndSettings.SMS: D}\nmatch: {in_file_duplicates: last}"
    record = lay(rules, [["E", "D"], ["ann@x.com", "permanent"], ["ann@x.com", ""]])[1]
    assert isinstance(record, Record)
    assert [fault.message for fault in record.warnings] == [
        "Do not disturb (dndSettings.SMS for good) is set, as row 2 of the same person says; this row does not."
    ]


def test_an_opt_out_that_is_kept_is_said_with_its_row_and_channel(lay: Lay) -> None:
    rules = "fields: {email: E, dndSettings.SMS: S, dndSettings.Email: M}\nmatch: {in_file_duplicates: merge}"
    mapped = lay(rules, [["E", "S", "M"], ["ann@x.com", "yes", "no"], ["ann@x.com", "no", "yes"]])
    record = mapped[1]
    assert isinstance(record, Record)
    assert record.fields["dndSettings"] == {"SMS": {"status": "active"}, "Email": {"status": "active"}}
    assert [(fault.code, fault.message) for fault in record.warnings] == [
        (
            "opt_out_kept",
            "Do not disturb (dndSettings.SMS) is set, as row 2 of the same person says; this row does not.",
        )
    ]


@pytest.mark.parametrize(
    ("field", "on"),
    [("dnd", True), ("dndSettings.Call", {"Call": {"status": "active"}})],
)
def test_rows_sent_one_after_the_other_do_not_lift_an_opt_out(lay: Lay, field: str, on: object) -> None:
    rows = [
        ["ann@x.com", "", "no"],
        ["ann@x.com", "+12125550123", "yes"],
        ["ann@x.com", "", "no"],
        ["", "+12125550123", ""],
    ]
    mapped = lay(
        f"fields: {{email: E, phone: P, {field}: D}}", [["E", "P", "D"], *rows, ["bob@x.com", "", "no"]]
    )
    sent = [each for each in mapped if isinstance(each, Record)]
    name = field.partition(".")[0]
    off = False if name == "dnd" else {"Call": {"status": "inactive"}}
    assert [each.fields.get(name) for each in sent] == [off, on, on, on, off]
    told = [[fault.message for fault in each.warnings if fault.code == "opt_out_kept"] for each in sent]
    said = f"Do not disturb ({field}) is set, as row 3 of the same person says; this row does not."
    assert told == [[], [], [said], [said], []]


def test_an_opt_out_is_kept_for_whoever_is_linked_to_it_by_another_row(lay: Lay) -> None:
    rows = [["ann@x.com", "", "yes"], ["ann@x.com", "+12125550123", ""], ["", "+12125550123", "no"]]
    mapped = lay("fields: {email: E, phone: P, dnd: D}", [["E", "P", "D"], *rows])
    assert [each.fields["dnd"] for each in mapped if isinstance(each, Record)] == [True, True, True]


def test_each_pass_over_a_file_keeps_the_same_opt_outs() -> None:
    kept = OptOutsInOrder()
    rows = [
        opted(2, "ann@x.com", dnd=False),
        opted(3, "ann@x.com", dnd=True),
        opted(4, "ann@x.com", dnd=False),
    ]
    first, second = ([kept.settle(each) for each in rows] for _ in range(2))
    assert first == second
    assert [each.fields["dnd"] for each in second] == [False, True, True]


def test_in_a_long_file_everybody_s_opt_out_is_kept_and_nobody_else_is_given_one() -> None:
    people = 5_000
    rows = [opted(number + 2, f"p{number}@example.com", dnd=number % 2 == 0) for number in range(people)]
    rows += [opted(number + people + 2, f"p{number}@example.com", dnd=False) for number in range(people)]
    kept = OptOutsInOrder()
    for _ in range(2):
        settled = [kept.settle(each) for each in rows]
        assert [each.fields["dnd"] for each in settled] == [row % 2 == 0 for row in range(people)] * 2
        assert [
            fault.message.partition(" says")[0] for each in settled[people:] for fault in each.warnings
        ] == [
            f"Do not disturb (dnd) is set, as row {number + 2} of the same person"
            for number in range(0, people, 2)
        ]


def test_what_several_rows_of_a_person_turn_on_adds_up() -> None:
    kept = OptOutsInOrder()
    texts: dict[str, Json] = {"dndSettings": {"SMS": {"status": "active"}}}
    rows = [
        opted(2, "ann@x.com", dnd=True),
        Record(row=3, location_id="location1", fields={"email": "ann@x.com", **texts}),
        Record(row=4, location_id="location1", fields={"email": "ann@x.com"}),
    ]
    for _ in range(2):
        last = [kept.settle(each) for each in rows][-1]
        assert last.fields == {"email": "ann@x.com", "dnd": True, **texts}
        assert ["row 2, 3 of the same person" in fault.message for fault in last.warnings] == [True]


def opted(number: int, email: str, *, dnd: bool) -> Record:
    return Record(row=number, location_id="location1", fields={"email": email, "dnd": dnd})


def test_the_opt_out_of_another_location_s_contact_is_its_own(lay: Lay) -> None:
    rules = (
        "location: {column: L, map: {a: ve9EPM428h8vShlRW1KT, b: x7FqPM428h8vShlRW1KT}}\n"
        "fields: {email: E, dnd: D}\nmatch: {in_file_duplicates: first}"
    )
    mapped = lay(rules, [["L", "E", "D"], ["a", "ann@x.com", ""], ["b", "ann@x.com", "yes"]])
    assert ["dnd" in each.fields for each in mapped if isinstance(each, Record)] == [False, True]


def test_a_row_that_fails_by_itself_is_not_the_one_that_is_sent(lay: Lay) -> None:
    rules = "fields: {email: E, dnd: D}\nmatch: {in_file_duplicates: first}"
    mapped = lay(rules, [["E", "D"], ["ann@x.com", "maybe"], ["ann@x.com", "no"], ["ann@x.com", "yes"]])
    assert statuses(mapped) == ["failed", "sent", "skipped"]


def test_a_row_whose_number_only_the_whole_column_makes_readable_has_company_too(lay: Lay) -> None:
    rules = (
        "fields: {email: E, source: {column: N, transforms: [number]}}\nmatch: {in_file_duplicates: first}"
    )
    mapped = lay(rules, [["E", "N"], ["ann@x.com", "1,234"], ["ann@x.com", "12.5"]])
    assert statuses(mapped) == ["sent", "skipped"]


def test_rows_that_the_mapping_leaves_out_are_nobodys_duplicate(lay: Lay) -> None:
    rules = "fields: {email: E}\nmatch: {in_file_duplicates: last}\nrows: {skip_if: {column: S, equals: x}}"
    mapped = lay(rules, [["E", "S"], ["ann@x.com", ""], ["ann@x.com", "x"]])
    assert statuses(mapped) == ["sent", "skipped"]


def test_one_person_in_two_locations_is_two_contacts(lay: Lay) -> None:
    rules = "location: {column: L}\nfields: {email: E}\nmatch: {in_file_duplicates: fail}"
    assert statuses(lay(rules, [["E", "L"], ["ann@x.com", "x"], ["ann@x.com", "y"]])) == ["sent", "sent"]


def bind(policy: str, rows: list[list[str]]) -> tuple[BoundMapping, list[Block]]:
    mapping = parse_mapping("version: 1" + RULES % policy)
    surveyor = mapping.surveyor(HEADER, location_id="loc1", today=date(2026, 11, 23))
    blocks = [Block(source=0, numbers=[at + 2], rows=[row]) for at, row in enumerate(rows)]
    for block in blocks:
        surveyor.see(block)
    return surveyor.bind(), blocks


EMAILS, PHONES = (
    st.sampled_from(["", "a@x.com", "b@x.com", "C@x.com", "c@x.com"]),
    st.sampled_from(["", "4155552671", "4155552672"]),
)
ROWS = st.lists(
    st.tuples(EMAILS, PHONES, st.sampled_from(["", "Rome"]), st.sampled_from(["", "t"])).map(list), max_size=9
)


@given(ROWS, st.sampled_from(["first", "last", "merge", "fail"]))
def test_every_pass_over_a_file_gives_the_same_and_one_row_of_a_person_is_sent(
    rows: list[list[str]], policy: str
) -> None:
    bound, blocks = bind(policy, rows)
    passes = [[bound.map(block)[0] for block in blocks] for _ in range(2)]
    assert passes[0] == passes[1]
    sent = [each for each in passes[0] if isinstance(each, Record)]
    keys = [
        str(each.fields[name]).lower()
        for each in sent
        for name in ("email", "phone")
        if each.fields.get(name)
    ]
    if policy != "fail":
        assert len(keys) == len(set(keys)), "two rows that share a key were both sent"
        given_keys = {cell.lower() for row in rows for cell in row[:1] if cell}
        sent_or_skipped = {str(each.fields.get("email", "")).lower() for each in sent}
        assert policy != "merge" or len(sent_or_skipped) >= min(1, len(given_keys))
    assert all(
        each.status is not Status.SKIPPED or each.code == "duplicate_in_file"
        for each in passes[0]
        if isinstance(each, Outcome)
    )
