from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pytest

from importer.errors import MappingError
from importer.highlevel.catalog import Catalog, CustomField
from importer.mapping import parse_mapping
from importer.records import Block, Outcome, Record, TypedText

Lay = Callable[..., list[Record | Outcome]]


def birthdays(lay: Lay, cells: list[str], rule: str = "D", before: str = "") -> list[object]:
    rows = [[f"a{number}@b.com", cell] for number, cell in enumerate(cells)]
    mapped = lay(f"{before}\nfields: {{email: E, dateOfBirth: {rule}}}", [["E", "D"], *rows])
    return [each.fields.get("dateOfBirth") if isinstance(each, Record) else each.code for each in mapped]


def test_one_cell_that_reads_one_way_tells_the_order_of_the_whole_column(lay: Lay) -> None:
    assert birthdays(lay, ["03/04/1990", "25/12/1985"]) == ["1990-04-03", "1985-12-25"]
    assert birthdays(lay, ["03/04/1990", "12/25/1985"]) == ["1990-03-04", "1985-12-25"]


def test_a_column_that_stays_open_is_one_clear_fault(lay: Lay) -> None:
    with pytest.raises(MappingError) as refused:
        birthdays(lay, ["03/04/1990", "05/06/1991", "1985-12-25"])
    (told,) = refused.value.faults
    assert told.startswith("mapping.yaml:3:33: The dates of column 'D' can be read two ways ('0")
    assert "no cell of the column tells which" in told
    assert "date_order: DMY or MDY" in told


def test_a_column_that_proves_both_orders_is_refused_when_a_cell_stays_open(lay: Lay) -> None:
    with pytest.raises(MappingError, match="some cells prove day first, others month first"):
        birthdays(lay, ["25/12/1985", "12/25/1985", "03/04/1990"])
    assert birthdays(lay, ["25/12/1985", "12/25/1985"]) == ["1985-12-25", "1985-12-25"]


def test_dates_that_read_one_way_need_no_order(lay: Lay) -> None:
    assert birthdays(lay, ["05/05/1990", "1985-12-25", "", "2 Jan 1990"]) == [
        "1990-05-05", "1985-12-25", None, "1990-01-02",
    ]  # fmt: skip


def test_the_order_of_the_rule_goes_before_the_default_and_both_before_the_column(lay: Lay) -> None:
    cells, default = ["03/04/1990"], "defaults: {date_order: DMY}"
    assert birthdays(lay, cells, before=default) == ["1990-04-03"]
    assert birthdays(lay, cells, rule="{column: D, date_order: MDY}", before=default) == ["1990-03-04"]


def test_a_date_that_contradicts_the_stated_order_is_read_the_only_way_with_a_warning(lay: Lay) -> None:
    rules = "fields: {email: E, dateOfBirth: {column: D, date_order: DMY}}"
    (record,) = lay(rules, [["E", "D"], ["a@b.com", "12/25/1985"]])
    assert isinstance(record, Record)
    assert record.fields["dateOfBirth"] == "1985-12-25"
    assert [warning.code for warning in record.warnings] == ["date_order"]


def test_an_explicit_format_needs_no_order(lay: Lay) -> None:
    assert birthdays(lay, ["03/04/1990", "1990-04-03"], rule="{column: D, format: '%d/%m/%Y'}") == [
        "1990-04-03", "invalid_date",
    ]  # fmt: skip


def test_date_cells_of_a_workbook_prove_nothing_and_need_nothing(lay: Lay) -> None:
    assert birthdays(lay, [TypedText("03/04/1990", date(1990, 4, 3))]) == ["1990-04-03"]


def test_the_evidence_is_gathered_over_all_blocks() -> None:
    mapping = parse_mapping("version: 1\nfields: {email: E, dateOfBirth: D}")
    surveyor = mapping.surveyor(["E", "D"], location_id="loc1", today=date(2026, 11, 23))
    first = Block(source=0, numbers=[2], rows=[["a@b.com", "03/04/1990"]])
    surveyor.see(first)
    surveyor.see(Block(source=0, numbers=[3], rows=[["a@b.com", "25/12/1985"]]))
    (record,) = surveyor.bind().map(first)
    assert isinstance(record, Record)
    assert record.fields["dateOfBirth"] == "1990-04-03"


def test_a_date_step_is_watched_behind_the_steps_before_it(lay: Lay) -> None:
    rules = "fields: {email: E, source: {column: D, transforms: [{split: {by: '|', part: 2}}, date]}}"
    rows = [["E", "D"], ["a@b.com", "x|03/04/1990"], ["b@b.com", "y|25/12/1985"]]
    first, _ = lay(rules, rows)
    assert isinstance(first, Record)
    assert first.fields["source"] == "1990-04-03"
    with pytest.raises(MappingError, match="two ways"):
        lay(rules, rows[:2])


def test_a_custom_date_field_is_refused_as_open_only_once_it_turns_out_to_be_one(lay: Lay) -> None:
    rules, rows = "fields: {email: E}\ncustom_fields: {Renewal: D}", [["E", "D"], ["a@b.com", "03/04/2027"]]

    def catalog(kind: str) -> Catalog:
        field = CustomField(id="f1", name="Renewal", key="contact.renewal", data_type=kind)
        return Catalog(location_id="loc1", custom_fields=(field,))

    (as_text,) = lay(rules, rows, catalog=catalog("TEXT"))
    assert isinstance(as_text, Record)
    assert as_text.custom_fields == (("f1", "03/04/2027"),)
    with pytest.raises(MappingError, match="does not fit the location"):
        lay(rules, rows, catalog=catalog("DATE"))
    (as_date,) = lay(f"defaults: {{date_order: DMY}}\n{rules}", rows, catalog=catalog("DATE"))
    assert isinstance(as_date, Record)
    assert as_date.custom_fields == (("f1", "2027-04-03"),)


def test_a_few_odd_dates_fail_and_the_others_are_read_by_the_order_of_nearly_all(lay: Lay) -> None:
    cells = ["25/12/1985", "26/12/1985", "27/12/1985", "28/12/1985", "12/29/1985", "03/04/1990"]
    assert birthdays(lay, cells)[-2:] == ["invalid_date", "1990-04-03"]
    many = [f"{day}/12/1985" for day in range(13, 32)] + [f"{day}/11/1985" for day in range(13, 24)]
    assert birthdays(lay, [*many, "12/29/1985", "12/30/1985", "11/29/1985", "03/04/1990"])[-4:] == [
        "invalid_date", "invalid_date", "invalid_date", "1990-04-03",
    ]  # fmt: skip


def test_an_odd_date_says_what_the_others_show(lay: Lay) -> None:
    rows = [["a@b.com", f"{day}/12/1985"] for day in range(13, 20)]
    mapped = lay(
        "fields: {email: E, dateOfBirth: D}",
        [["E", "D"], *rows, ["a@b.com", "12/29/1985"], ["a@b.com", "03/04/1990"]],
    )
    odd = mapped[-2]
    assert isinstance(odd, Outcome)
    assert "has the month first, where the other dates of the column have the day first" in (
        odd.message or ""
    )


def other(lay: Lay, others: list[str], rule: str = "D") -> list[object]:
    rows = [[f"a{number}@b.com", "05/06/1980", cell] for number, cell in enumerate(others)]
    mapped = lay(f"fields: {{email: E, dateOfBirth: {rule}}}", [["E", "D", "Added"], *rows])
    return [each.fields.get("dateOfBirth") if isinstance(each, Record) else each.code for each in mapped]


def test_the_order_that_another_column_of_the_file_proves_is_taken(lay: Lay) -> None:
    assert other(lay, ["01/02/2024", "13/02/2024"]) == ["1980-06-05"] * 2
    assert other(lay, ["01/02/2024", "02/13/2024 10:00"]) == ["1980-05-06"] * 2


@pytest.mark.parametrize(
    "added", [["01/02/2024"], ["13/02/2024", "02/13/2024"], ["2024-02-13"], ["Main Street 13/2"]]
)
def test_a_column_that_proves_both_or_nothing_is_no_evidence(lay: Lay, added: list[str]) -> None:
    with pytest.raises(MappingError, match="dates open"):
        other(lay, added)


NO_DATE_COLUMN = {
    "notes that begin with a date": ["12/31/2020 called", "asked for a call", "wrote"],
    "notes, one of which is a date": ["12/31/2020", "wrote", "left a message"],
}


@pytest.mark.parametrize("notes", NO_DATE_COLUMN.values(), ids=NO_DATE_COLUMN)
def test_a_date_among_words_tells_nothing_of_another_column(lay: Lay, notes: list[str]) -> None:
    rows = [[f"a{n}@b.com", "02/03/1980", note] for n, note in enumerate(notes)]
    with pytest.raises(MappingError, match="The mapping leaves the dates open"):
        lay("fields: {email: E, dateOfBirth: D}", [["E", "D", "N"], *rows])


def test_the_month_first_elsewhere_is_not_taken_for_dates_with_full_stops(lay: Lay) -> None:
    fields = "fields: {email: E, dateOfBirth: D}"
    with pytest.raises(MappingError, match="The mapping leaves the dates open"):
        lay(fields, [["E", "D", "S"], ["a@b.com", "01.06.1983", "12/31/2020"]])
    (record,) = lay(fields, [["E", "D", "S"], ["a@b.com", "01.06.1983", "31/12/2020 10:00"]])
    assert isinstance(record, Record)
    assert record.fields["dateOfBirth"] == "1983-06-01"


def test_what_the_column_itself_shows_goes_before_the_others(lay: Lay) -> None:
    rows = [["a@b.com", "05/06/1980", "13/02/2024"], ["b@b.com", "05/16/1980", ""]]
    first, _ = lay("fields: {email: E, dateOfBirth: D}", [["E", "D", "Added"], *rows])
    assert isinstance(first, Record)
    assert first.fields["dateOfBirth"] == "1980-05-06"


def half_converted(lay: Lay, cells: Sequence[str], before: str = "") -> list[list[str]]:
    rows = [["a@b.com", cell] for cell in cells]
    mapped = lay(f"{before}\nfields: {{email: E, dateOfBirth: D}}", [["E", "D"], *rows])
    return [[fault.code for fault in each.warnings] for each in mapped]


LOW = [
    TypedText("1984-05-06", date(1984, 5, 6)),
    TypedText("1984-07-08", date(1984, 7, 8)),
    TypedText("1984-04-04", date(1984, 4, 4)),
]


@pytest.mark.parametrize("before", ["", "defaults: {date_order: DMY}"])
def test_date_cells_that_a_spreadsheet_made_of_the_days_up_to_12_are_told(lay: Lay, before: str) -> None:
    told = half_converted(lay, [*LOW, "13/02/1984", "25/12/1985"], before)
    assert told == [["swapped_date"], ["swapped_date"], [], [], []]


def test_date_cells_with_later_days_or_alone_are_what_they_are(lay: Lay) -> None:
    assert half_converted(lay, [*LOW, TypedText("1984-05-16", date(1984, 5, 16)), "25/12/1985"]) == [[]] * 5
    assert half_converted(lay, LOW) == [[]] * 3
    assert half_converted(lay, [*LOW, "1985-12-25"]) == [[]] * 4


def test_a_column_that_proves_both_does_not_spoil_what_another_proves(lay: Lay) -> None:
    rows = [
        ["a@b.com", "05/06/1980", "13/02/2024", "14/02/2024"],
        ["b@b.com", "05/06/1980", "02/13/2024", ""],
    ]
    first, _ = lay("fields: {email: E, dateOfBirth: D}", [["E", "D", "Changed", "Added"], *rows])
    assert isinstance(first, Record)
    assert first.fields["dateOfBirth"] == "1980-06-05"
