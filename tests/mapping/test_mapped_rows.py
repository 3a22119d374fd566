from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from importer.mapping import parse_mapping
from importer.records import Block, Fault, Outcome, Record, Remedy, Status, TypedText, row_id

FieldsOf = Callable[..., dict[str, Any]]
Lay = Callable[..., list[Record | Outcome]]
TODAY = date(2026, 11, 23)


def only_failure(mapped: list[Record | Outcome]) -> Outcome:
    (outcome,) = mapped
    assert isinstance(outcome, Outcome)
    assert outcome.status is Status.FAILED
    return outcome


def record_of(mapped: list[Record | Outcome]) -> Record:
    (record,) = mapped
    assert isinstance(record, Record), record
    return record


def test_blank_cells_are_left_out_and_the_others_named_by_the_vendor(fields_of: FieldsOf) -> None:
    assert fields_of("  firstName: A\n  city: B", ["A", "B"], [" Ann ", "  "]) == {"firstName": "Ann"}


def test_the_first_column_that_is_not_blank_gives_the_value(fields_of: FieldsOf) -> None:
    assert fields_of("  lastName: [A, B, C]", ["A", "B", "C"], ["", "Lee", "Ray"]) == {"lastName": "Lee"}


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (("Acme", "North"), "Acme (North)"),
        (("Acme", ""), "Acme"),
        (("", "North"), "(North)"),
        (("", ""), None),
    ],
)
def test_a_template_leaves_nothing_behind_for_blank_cells(
    fields_of: FieldsOf, cells: tuple[str, ...], text: str | None
) -> None:
    fields = fields_of("  companyName: {template: '{Company} ({Branch})'}", ["Company", "Branch"], cells)
    assert fields.get("companyName") == text


def test_braces_can_be_written_double(fields_of: FieldsOf) -> None:
    assert fields_of("  city: {template: '{{x}} {A}'}", ["A"], ["b"]) == {"city": "{x} b"}


def test_a_default_stands_for_a_blank_and_not_for_a_refused_value(lay: Lay) -> None:
    rules = "fields: {email: E, country: {column: C, default: usa, on_invalid: drop}}"
    first, second = lay(rules, [["E", "C"], ["a@b.com", ""], ["a@b.com", "Narnia"]])
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert first.fields["country"] == "US"
    assert "country" not in second.fields
    assert [warning.code for warning in second.warnings] == ["invalid_country"]


@pytest.mark.parametrize(
    ("cell", "value"), [("M", "male"), (" m ", "male"), ("male", "male"), ("F", "female")]
)
def test_a_map_matches_exactly_else_ignoring_case_and_keeps_its_own_results(
    fields_of: FieldsOf, cell: str, value: str
) -> None:
    rule = "  gender: {column: A, map: {M: male, F: female}}"
    assert fields_of(rule, ["A"], [cell]) == {"gender": value}


def test_a_text_that_the_map_does_not_list_fails_unless_it_is_kept(fields_of: FieldsOf, lay: Lay) -> None:
    rules = "fields: {email: E, gender: {column: A, map: {M: male}}}"
    failure = only_failure(lay(rules, [["E", "A"], ["a@b.com", "Q"]]))
    assert (failure.code, failure.message) == (
        "unmapped_value",
        "Column 'A': 'Q' is not in the map of this rule.",
    )
    kept = "  gender: {column: A, map: {M: male}, unmapped: keep}"
    assert fields_of(kept, ["A"], ["Q"]) == {"gender": "Q"}


def test_a_map_stands_before_the_reading_of_a_value(fields_of: FieldsOf) -> None:
    assert fields_of("  country: {column: A, map: {Home: Germany}}", ["A"], ["home"]) == {"country": "DE"}


def test_the_failing_row_tells_its_first_fault_and_all_sentences(lay: Lay) -> None:
    rules = "defaults: {region: US}\nfields: {email: {column: E, required: true}, phone: Mobile, dnd: Stop}"
    failure = only_failure(lay(rules, [["E", "Mobile", "Stop"], ["", "12", "maybe"]]))
    assert failure.code == "missing_value"
    assert failure.message == (
        "Column 'E' is blank, and this value is required. Column 'Stop': 'maybe' is neither yes nor no. "
        "Column 'Mobile': '12' is too short to be a phone number of US."
    )
    assert [(fault.code, fault.column) for fault in failure.faults] == [
        ("missing_value", "E"),
        ("invalid_boolean", "Stop"),
        ("invalid_phone", "Mobile"),
    ]
    assert failure.remedy is Remedy.FIX_ROW
    assert failure.row == row_id(0, 2)


def test_a_fault_names_the_header_as_the_file_spells_it(lay: Lay) -> None:
    failure = only_failure(lay("fields: {email: e-mail}", [["E Mail"], ["nobody"]]))
    assert failure.faults[0].column == "E Mail"


def test_a_fault_names_the_column_that_gave_the_value(lay: Lay) -> None:
    failure = only_failure(lay("fields: {email: [A, B]}", [["A", "B"], ["", "nobody"]]))
    assert failure.faults[0].column == "B"


def test_a_dropped_value_leaves_a_warning(lay: Lay) -> None:
    rules = "fields: {email: E, phone: {column: P, region: US, on_invalid: drop}}"
    record = record_of(lay(rules, [["E", "P"], ["a@b.com", "12"]]))
    assert "phone" not in record.fields
    (warning,) = record.warnings
    assert (warning.code, warning.fails) == ("invalid_phone", False)
    assert (
        warning.message == "Column 'P': '12' is too short to be a phone number of US; the value is left out."
    )


def test_a_required_value_cannot_be_dropped(lay: Lay) -> None:
    rules = "fields: {email: {column: E, required: true, on_invalid: drop}, phone: {column: P, region: US}}"
    assert only_failure(lay(rules, [["E", "P"], ["nobody", "4155552671"]])).code == "invalid_email"


@pytest.mark.parametrize(
    ("match", "cells", "code"),
    [
        ("", ["a@b.com", "", ""], None),
        ("", ["", "4155552671", ""], None),
        ("", ["", "", "abc"], None),
        ("", ["", "", ""], "no_identifier"),
        ("match: {require: email}", ["", "4155552671", ""], "no_identifier"),
        ("match: {require: phone}", ["a@b.com", "", ""], "no_identifier"),
    ],
)
def test_a_row_needs_something_to_be_matched_by(
    lay: Lay, match: str, cells: list[str], code: str | None
) -> None:
    rules = f"{match}\nfields: {{email: E, phone: {{column: P, region: US}}, id: I}}"
    (mapped,) = lay(rules, [["E", "P", "I"], cells])
    assert (mapped.code if isinstance(mapped, Outcome) else None) == code


def test_a_contact_id_is_taken_from_the_row(lay: Lay) -> None:
    record = record_of(lay("fields: {id: Contact Id, city: C}", [["Contact Id", "C"], ["abc123", "Rome"]]))
    assert (record.contact_id, dict(record.fields)) == ("abc123", {"city": "Rome"})


def test_a_phone_is_read_with_the_country_of_its_own_row_first(lay: Lay) -> None:
    rules = "defaults: {region: US}\nfields: {phone: P, country: {column: C, default: GB}}"
    rows = [
        ["P", "C"],
        ["020 7946 0958", "UK"],
        ["(415) 555-2671", ""],
        ["0171 1234567", "Germany"],
        ["020 7946 0958", ""],
    ]
    records = [each for each in lay(rules, rows) if isinstance(each, Record)]
    assert [(each.fields["phone"], [w.code for w in each.warnings]) for each in records] == [
        ("+442079460958", []),
        ("+14155552671", []),
        ("+491711234567", []),
        ("+442079460958", ["phone_region"]),
    ]


def test_a_rules_own_region_goes_before_the_default(fields_of: FieldsOf) -> None:
    rule, default = "  phone: {column: P, region: GB}", "defaults: {region: US}"
    assert fields_of(rule, ["P"], ["020 7946 0958"], before=default) == {"phone": "+442079460958"}


def test_transforms_come_before_a_phone_is_read(fields_of: FieldsOf) -> None:
    rule = "  phone: {column: P, region: US, transforms: [{split: {by: '->', part: 2}}]}"
    assert fields_of(rule, ["P"], ["desk -> 415 555 2671"]) == {"phone": "+14155552671"}


def test_a_date_of_an_opt_out_blocks_and_a_blank_says_nothing(fields_of: FieldsOf) -> None:
    rule = '  dndSettings.Email: {column: A, transforms: [dated], map: {no: ""}, unmapped: keep}'
    assert fields_of(rule, ["A"], ["2023-05-01"]) == {"dndSettings": {"Email": {"status": "active"}}}
    for nothing in ("", "no", "0000-00-00"):
        assert fields_of(rule, ["A"], [nothing]) == {}


def test_a_whole_name_is_split_where_it_shows_how_and_sent_whole_with_a_warning_elsewhere(lay: Lay) -> None:
    rules = (
        "fields: {email: E, firstName: {column: N, transforms: [first_name]}, "
        "lastName: {column: N, transforms: [last_name]}}"
    )
    rows = [["E", "N"], ["a@example.com", "Lee, Ann"], ["b@example.com", "Mary Ann Smith"]]
    split, whole = lay(rules, rows)
    assert isinstance(split, Record)
    assert isinstance(whole, Record)
    assert (split.fields["firstName"], split.fields["lastName"]) == ("Ann", "Lee")
    assert (whole.fields["firstName"], whole.fields.get("lastName")) == ("Mary Ann Smith", None)
    assert [warning.code for warning in whole.warnings] == ["name_order"]


def test_do_not_disturb_is_nested_as_the_vendor_has_it(fields_of: FieldsOf) -> None:
    rules = """  dnd: A
  dndSettings.SMS: B
  dndSettings.SMS.message: C
  dndSettings.Email: D
  inboundDndSettings.all: E"""
    header = ["A", "B", "C", "D", "E"]
    assert fields_of(rules, header, ["no", "yes", "asked", "", "no"]) == {
        "dnd": False,
        "dndSettings": {"SMS": {"status": "active", "message": "asked"}},
        "inboundDndSettings": {"all": {"status": "inactive"}},
    }
    assert fields_of(rules, header, ["", "", "asked", "", ""]) == {}
    assert fields_of(rules, header, ["", "", "asked", "permanent", ""]) == {
        "dndSettings": {"Email": {"status": "permanent"}}
    }


def test_a_message_may_be_written_before_its_status(fields_of: FieldsOf) -> None:
    rules = "  dndSettings.SMS.message: C\n  dndSettings.SMS: B"
    assert fields_of(rules, ["B", "C"], ["yes", "asked"]) == {
        "dndSettings": {"SMS": {"status": "active", "message": "asked"}}
    }


def test_tags_are_trimmed_united_and_told_apart_ignoring_case(lay: Lay) -> None:
    rules = (
        "fields: {email: E}\ntags: {columns: [A, B], split: ';', always: [Import], map: {old: new, junk: ''}}"
    )
    record = record_of(lay(rules, [["E", "A", "B"], ["a@b.com", "VIP; vip ;;Old", "import; junk"]]))
    assert record.tags == ("VIP", "new", "import")


def test_blank_cells_clear_only_what_the_vendor_lets_be_cleared(fields_of: FieldsOf) -> None:
    rules = "  city: A\n  postalCode: B\n  companyName: {column: C, empty_cells: leave}"
    assert fields_of(rules, ["A", "B", "C"], ["", "", ""], before="empty_cells: clear") == {"city": None}
    assert fields_of("  city: {column: A, empty_cells: clear}", ["A"], [""]) == {"city": None}


def test_a_blank_cell_never_clears_what_contacts_are_matched_by(lay: Lay) -> None:
    body = "empty_cells: clear\nfields: {email: E, phone: P, city: C}"
    record = record_of(lay(body, [["E", "P", "C"], ["ann@example.com", "", ""]]))
    assert record.fields == {"email": "ann@example.com", "city": None}


def test_a_cleared_value_is_no_identity(lay: Lay) -> None:
    assert only_failure(lay("empty_cells: clear\nfields: {email: E}", [["E"], [""]])).code == "no_identifier"


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("{skip_if: {column: S, in: [test, Deleted]}}", ["ok", ""]),
        ("{only_if: {column: S, equals: OK}}", ["ok"]),
        ("{skip_if: {column: S, blank: true}}", ["test", "deleted ", "ok"]),
        ("{only_if: {column: S, blank: false}}", ["test", "deleted ", "ok"]),
        ("{skip_if: [{column: S, contains: LET}, {column: S, equals: test}]}", ["ok", ""]),
        ("{only_if: [{column: S, blank: false}, {column: S, in: ok}]}", ["ok"]),
    ],
)
def test_rows_that_the_mapping_leaves_out_are_skipped_with_the_reason(
    lay: Lay, rows: str, kept: list[str]
) -> None:
    states = ["test", "deleted ", "ok", ""]
    cells = [["a@b.com", state] for state in states]
    mapped = lay(f"fields: {{email: E}}\nrows: {rows}", [["E", "S"], *cells])
    assert [state for state, each in zip(states, mapped, strict=True) if isinstance(each, Record)] == kept
    left_out = {(each.status, each.code) for each in mapped if isinstance(each, Outcome)}
    assert left_out == {(Status.SKIPPED, "row_filter")}


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("{hidden: skip}", ["seen", "x"]),
        ("{hidden: import}", ["seen", "hidden", "x"]),
        ("{hidden: skip, skip_if: {column: S, equals: x}}", ["seen"]),
    ],
)
def test_rows_that_a_workbook_hides_are_skipped_where_the_mapping_says_so(rows: str, kept: list[str]) -> None:
    hidden = Fault(code="hidden_row", message="It is hidden.", fails=False)
    cells = [["a@b.com", "seen"], ["b@b.com", "hidden"], ["c@b.com", "x"]]
    block = Block(source=0, numbers=[2, 3, 4], rows=cells, faults={1: (hidden,)})
    mapping = parse_mapping(f"version: 1\nfields: {{email: E, city: S}}\nrows: {rows}")
    surveyor = mapping.surveyor(["E", "S"], location_id="loc1", today=TODAY)
    surveyor.see(block)

    mapped = surveyor.bind().map(block)

    assert [each.fields["city"] for each in mapped if isinstance(each, Record)] == kept
    assert {(each.status, each.code) for each in mapped if isinstance(each, Outcome)} <= {
        (Status.SKIPPED, "row_filter")
    }


def test_a_row_that_is_left_out_is_not_judged(lay: Lay) -> None:
    rules = "fields: {email: E}\nrows: {skip_if: {column: S, equals: x}}"
    (mapped,) = lay(rules, [["E", "S"], ["nobody", "x"]])
    assert isinstance(mapped, Outcome)
    assert mapped.status is Status.SKIPPED


def test_a_location_by_column_fans_rows_out(lay: Lay) -> None:
    rules = "location: {column: L, map: {Acme: loc7, Beta: loc8}}\nfields: {email: E}"
    rows = [["a@b.com", "acme"], ["a@b.com", "loc8"], ["a@b.com", "Gamma"], ["a@b.com", ""]]
    mapped = lay(rules, [["E", "L"], *rows])
    assert [each.location_id for each in mapped] == ["loc7", "loc8", None, None]
    third, fourth = mapped[2:]
    assert isinstance(third, Outcome)
    assert isinstance(fourth, Outcome)
    assert (third.code, third.message) == (
        "unknown_location",
        "Column 'L': 'Gamma' is in no entry of the mapping's location: map, so the row has no location to go to.",
    )
    assert fourth.code == "unknown_location"


@pytest.mark.parametrize("cell", ["../x", "loc1/contacts", "loc 1", "loc1?x=1", "Acme, Inc."])
def test_a_cell_that_can_be_no_locations_id_fails_its_row_alone(lay: Lay, cell: str) -> None:
    bad, good = lay(
        "location: {column: L}\nfields: {email: E}", [["E", "L"], ["a@b.com", cell], ["c@d.com", "loc1"]]
    )
    assert isinstance(bad, Outcome)
    assert (bad.code, bad.message) == (
        "unknown_location",
        f"Column 'L': '{cell}' is no location's id (letters and digits, as in .../location/ID/...), so the row has no location to go to.",
    )
    assert good.location_id == "loc1"


def test_a_location_column_without_a_map_holds_ids_and_may_have_a_default(lay: Lay) -> None:
    rules = "location: {column: L, default: loc9}\nfields: {email: E}"
    mapped = lay(rules, [["E", "L"], ["a@b.com", "loc7"], ["a@b.com", ""]])
    assert [each.location_id for each in mapped] == ["loc7", "loc9"]


def test_locations_in_a_map_may_come_from_the_environment(lay: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_LOCATION", "loc7")
    rules = "location: {column: L, map: {Acme: '${ACME_LOCATION}', Beta: '${SURELY_NOT_SET}'}}\nfields: {email: E}"
    mapped = lay(rules, [["E", "L"], ["a@b.com", "Acme"], ["a@b.com", "Beta"]])
    assert [each.location_id for each in mapped] == ["loc7", "${SURELY_NOT_SET}"]


def test_a_location_given_for_the_run_goes_before_the_mappings(lay: Lay) -> None:
    rules = "location: loc5\nfields: {email: E}"
    assert lay(rules, [["E"], ["a@b.com"]], location_id=None)[0].location_id == "loc5"
    assert lay(rules, [["E"], ["a@b.com"]], location_id="loc1")[0].location_id == "loc1"


def test_rows_with_a_fault_of_reading_fail_with_it_and_warnings_ride_along() -> None:
    mapping = parse_mapping("version: 1\nfields: {email: E, city: C}")
    surveyor = mapping.surveyor(["E", "C"], location_id="loc1", today=TODAY)
    stray = Fault(code="stray_quote", message="A quote.", fails=False)
    block = Block(
        source=1,
        numbers=[2, 3, 5],
        rows=[["a@b.com", "Rome", "extra"], ["a@b.com", "Rome"], ["a@b.com", "Oslo"]],
        faults={0: (Fault(code="column_count", message="Row 2 has 3 cells."), stray), 2: (stray,)},
    )
    surveyor.see(block)
    bound = surveyor.bind()
    failure, plain, warned = bound.map(block)
    assert (bound.rows, bound.location_rows) == (3, {"loc1": 2})
    assert isinstance(failure, Outcome)
    assert (failure.row, failure.code, failure.message) == (
        row_id(1, 2),
        "column_count",
        "Row 2 has 3 cells.",
    )
    assert [warning.code for warning in failure.warnings] == ["stray_quote"]
    assert isinstance(plain, Record)
    assert isinstance(warned, Record)
    assert [warning.code for warning in warned.warnings] == ["stray_quote"]


def test_the_survey_counts_rows_by_location_without_those_left_out() -> None:
    rules = "location: {column: L}\nfields: {email: E}\nrows: {skip_if: {column: E, blank: true}}"
    surveyor = parse_mapping(f"version: 1\n{rules}").surveyor(["E", "L"], location_id=None, today=TODAY)
    surveyor.see(Block(source=0, numbers=[2, 3, 4], rows=[["a@b.com", "x"], ["", "x"], ["b@b.com", "y"]]))
    bound = surveyor.bind()
    assert (bound.rows, bound.location_rows) == (3, {"x": 1, "y": 1})


def test_typed_cells_are_sent_as_the_text_they_show(fields_of: FieldsOf) -> None:
    cells = [TypedText("7", 7), TypedText("02108", 2108), TypedText("FAUX", False)]
    fields = fields_of("  city: A\n  postalCode: B\n  dnd: C", ["A", "B", "C"], cells)
    assert fields == {"city": "7", "postalCode": "02108", "dnd": False}
    assert {type(value) for value in fields.values()} == {str, bool}


def test_equal_texts_of_different_cells_are_read_each_by_its_own_value(lay: Lay) -> None:
    april, march = (TypedText("03/04/1990", date(1990, month, day)) for month, day in ((4, 3), (3, 4)))
    mapped = lay("fields: {email: E, dateOfBirth: D}", [["E", "D"], ["a@b.com", april], ["b@b.com", march]])
    days = [each.fields["dateOfBirth"] for each in mapped if isinstance(each, Record)]
    assert days == ["1990-04-03", "1990-03-04"]


def test_an_email_made_of_parts_is_checked_all_the_same(lay: Lay) -> None:
    rules = "fields: {email: {template: '{User}@{Domain}', transforms: [lower]}}"
    first, second = lay(rules, [["User", "Domain"], ["ANN", "Acme.com"], ["Ann", ""]])
    assert isinstance(first, Record)
    assert first.fields["email"] == "ann@acme.com"
    assert isinstance(second, Outcome)
    assert second.code == "invalid_email"
    assert second.faults[0].column == "User, Domain"


def test_a_number_read_by_the_countrys_default_alone_is_told_as_a_guess(lay: Lay) -> None:
    rules = "fields: {phone: P, country: {column: C, default: US}}"
    rows = [
        ["P", "C"],
        ["(212) 555-0130", ""],
        ["(212) 555-0131", "US"],
        ["+1 212 555 0132", ""],
        ["020 7946 0958", "GB"],
        ["020 7946 0958", "FR"],
    ]
    mapped = lay(rules, rows)
    assert [_number_and_codes(each) for each in mapped] == [
        ("+12125550130", ["phone_region"]), ("+12125550131", []), ("+12125550132", []), ("+442079460958", []), (None, ["invalid_phone"]),
    ]  # fmt: skip
    (first, *_) = mapped
    assert "which is a guess" in first.warnings[0].message


@pytest.mark.parametrize(
    "rules",
    [
        "defaults: {region: US}\nfields: {phone: P}",
        "fields: {phone: {column: P, region: US}}",
        "fields: {phone: P, country: {value: US}}",
    ],
)
def test_a_region_that_the_mapping_states_is_no_guess(lay: Lay, rules: str) -> None:
    (each,) = lay(rules, [["P"], ["(212) 555-0130"]])
    assert _number_and_codes(each) == ("+12125550130", [])


def _number_and_codes(each: Record | Outcome) -> tuple[object, list[str]]:
    if isinstance(each, Outcome):
        return None, [fault.code for fault in each.faults]
    return each.fields.get("phone"), [fault.code for fault in each.warnings]


def test_a_pasted_address_in_the_location_column_is_taken_for_its_id(lay: Lay) -> None:
    body = "location: {column: L}\nfields: {email: E}"
    address = "https://app.gohighlevel.com/v2/location/loc1/dashboard"
    assert record_of(lay(body, [["E", "L"], ["ann@example.com", address]])).location_id == "loc1"


def test_a_value_that_was_refused_is_refused_in_every_row_and_block_that_has_it() -> None:
    mapping = parse_mapping("version: 1\nfields: {email: E, country: C}")
    rows = [["a@b.com", "Narnia"], ["b@b.com", "France"], ["c@b.com", "Narnia"]]
    block = Block(source=0, numbers=[2, 3, 4], rows=rows)
    bound = mapping.surveyor(["E", "C"], location_id="loc1", today=TODAY).bind()
    for _ in range(2):
        told = [
            each.code if isinstance(each, Outcome) else each.fields["country"] for each in bound.map(block)
        ]
        assert told == ["invalid_country", "FR", "invalid_country"]


def test_a_column_that_only_some_rows_fill_is_left_out_of_the_others(lay: Lay) -> None:
    rules = "fields: {email: E, city: C, state: S}\ncustom_fields: {Size: Z, Note: N}"
    rows = [["a@b.com", "", "", "", "x"], ["b@b.com", "Rome", "", "M", "y"], ["c@b.com", "", "", "", ""]]
    mapped = lay(rules, [["E", "C", "S", "Z", "N"], *rows])
    found = [
        (list(each.fields), [name for name, _ in each.custom_fields])
        for each in mapped
        if isinstance(each, Record)
    ]
    assert found == [
        (["email"], ["contact.note"]),
        (["email", "city"], ["contact.size", "contact.note"]),
        (["email"], []),
    ]
