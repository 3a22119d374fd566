"""Check points out what a mapping overlooks in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.results.forecast import Forecast
from importer.results.forecast_text import render_forecast
from importer.results.report import write_forecast_report
from importer.runs.forecast import check
from importer.settings import Connection, RunSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def checked(folder: Path, rows: str, fields: str, *, more: str = "") -> Forecast:
    (folder / "list.csv").write_text(rows, encoding="utf-8")
    (folder / "mine.yaml").write_text(
        f"version: 1\nfields: {{email: Email, {fields}}}\n{more}", encoding="utf-8"
    )
    settings = RunSettings(
        sources=(str(folder / "list.csv"),),
        mapping=folder / "mine.yaml",
        connection=Connection(location_id="location1"),
        state=folder / "state",
    )
    return check(settings)


REFUSING = "Email,Newsletter?,Opt-out reason\na@example.com,Yes,\nb@example.com,No,too many\n"


def test_a_refusal_that_no_rule_reads_is_said_with_the_field_it_belongs_to(folder: Path) -> None:
    (said,) = checked(folder, REFUSING, "").overlooked
    assert said.startswith("Column 'Newsletter?' says who opted out")
    assert "dndSettings.Email" in said


def test_a_refusal_that_goes_to_a_tag_blocks_nobody_and_is_said(folder: Path) -> None:
    assert checked(folder, REFUSING, "", more="tags: Newsletter?\n").overlooked


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ('dndSettings.Email: {column: newsletter, map: {no: "yes", "yes": ""}}', ""),
        ("", "rows: {skip_if: {column: Newsletter?, in: ['no']}}\n"),
        ("", "rows: {only_if: {column: Newsletter?, in: ['yes']}}\n"),
    ],
)
def test_a_column_that_decides_who_is_written_to_is_not_overlooked(
    fields: str, more: str, folder: Path
) -> None:
    assert checked(folder, REFUSING, fields, more=more).overlooked == ()


def test_a_column_that_looks_like_consent_and_is_not_understood_is_said(folder: Path) -> None:
    (said,) = checked(
        folder, "Email,Marketing consent\na@example.com,level 1\nb@example.com,level 2\n", ""
    ).overlooked
    assert said.startswith("Column 'Marketing consent' looks like consent")
    assert "level" not in said


BASQUE = "Email,Buletina nahi dut\na@example.eus,Bai\nb@example.eus,Ez\n"


def test_a_yes_or_no_in_a_language_that_is_not_read_is_said_until_a_rule_uses_it(folder: Path) -> None:
    (said,) = checked(folder, BASQUE, "").overlooked
    assert said.startswith("Column 'Buletina nahi dut' may be consent")
    mapped = "lastName: Buletina nahi dut"
    assert checked(folder, BASQUE, mapped).overlooked == ()


def test_an_opt_in_that_everybody_gave_says_nothing(folder: Path) -> None:
    assert checked(folder, "Email,Newsletter\na@example.com,yes\nb@example.com,yes\n", "").overlooked == ()


NAMES = 'Email,Name\na@example.com,"Lee, Ann"\nb@example.com,"Ray, Bob"\n'


def test_names_that_go_out_last_name_first_are_said(folder: Path) -> None:
    (said,) = checked(folder, NAMES, "name: Name").overlooked
    assert said.startswith("Column 'Name' is written last name first")
    assert "full_name" in said


@pytest.mark.parametrize(
    "fields",
    [
        "name: {column: Name, transforms: [full_name]}",
        "firstName: {column: Name, transforms: [first_name]}",
        "source: Name",
    ],
)
def test_names_that_a_rule_turns_round_are_not_overlooked(fields: str, folder: Path) -> None:
    assert checked(folder, NAMES, fields).overlooked == ()


HUBSPOTS = """
    firstName: {column: First Name, optional: true}, lastName: {column: Last Name, optional: true},
    phone: {columns: [Mobile Phone Number, Phone Number], optional: true}, city: {column: City, optional: true}
"""


def test_a_mapping_that_finds_little_more_than_the_e_mail_is_said(folder: Path) -> None:
    (said,) = checked(folder, "Email,Code\na@example.com,7\n", HUBSPOTS).overlooked
    assert said.startswith(
        "4 of the 5 rules that read a column find none in this file: 'First Name', 'Last Name', "
        "'Mobile Phone Number' or 'Phone Number', 'City'."
    )


def test_one_field_beside_the_e_mail_is_hardly_more(folder: Path) -> None:
    (said,) = checked(folder, "Email,City\na@example.com,Rome\n", HUBSPOTS).overlooked
    assert said.startswith("3 of the 5 rules")


def test_two_columns_that_are_not_there_are_a_matter_of_course(folder: Path) -> None:
    fields = "firstName: {column: First Name, optional: true}, lastName: {column: Last Name, optional: true}"
    assert checked(folder, "Email,Code\na@example.com,7\n", fields).overlooked == ()


def test_a_vague_word_alone_is_nobody_s_near_miss(folder: Path) -> None:
    fields = "firstName: First, lastName: Last, state: {column: State Code, optional: true}"
    assert checked(folder, "Email,First,Last,Code\na@example.com,Ann,Lee,x\n", fields).overlooked == ()
    assert checked(folder, "Email,First,Last,State\na@example.com,Ann,Lee,NV\n", fields).overlooked


def test_columns_that_an_export_lacks_are_no_matter_where_the_others_are_there(folder: Path) -> None:
    rows = "Email,First Name,Last Name\na@example.com,Ann,Lee\n"
    assert checked(folder, rows, HUBSPOTS).overlooked == ()


def test_a_column_that_the_file_has_under_nearly_that_name_is_named_first(folder: Path) -> None:
    rows = "Email,First Name,Last Name,Citty\na@example.com,Ann,Lee,Rome\n"
    (said,) = checked(folder, rows, HUBSPOTS).overlooked
    assert "2 of the 5 rules" in said
    assert "file: 'City' (the file has 'Citty'), 'Mobile Phone Number' or 'Phone Number'." in said
    rows = "Email,First Name,Last,Phone\na@example.com,Ann,Lee,\n"
    (said,) = checked(folder, rows, HUBSPOTS).overlooked
    assert "'Last Name' (the file has 'Last')" in said
    assert "or 'Phone Number' (the file has 'Phone')" in said


@pytest.mark.parametrize("header", ["City Manager", "Phone Type", "Code", "Number"])
def test_a_column_that_only_shares_a_word_is_nobody_s_near_miss(header: str, folder: Path) -> None:
    rows = f"Email,First Name,Last Name,{header}\na@example.com,Ann,Lee,x\n"
    assert checked(folder, rows, HUBSPOTS).overlooked == ()


def test_a_column_that_another_rule_reads_is_nobody_s_near_miss(folder: Path) -> None:
    fields = "firstName: Name, lastName: {column: Last Name, optional: true}"
    assert checked(folder, "Email,Name\na@example.com,Ann\n", fields).overlooked == ()


def test_a_type_that_no_contact_is_named_for_is_said_before_it_is_left_out(folder: Path) -> None:
    rows = "Email,Kind,Id\na@example.com,lead,c1\n"
    (said,) = checked(folder, rows, "type: Kind").overlooked
    assert said.startswith("Field 'type' is not sent")
    assert checked(folder, rows, "type: Kind, id: Id").overlooked == ()


def test_what_is_overlooked_stands_on_the_terminal_in_the_json_and_in_the_report(folder: Path) -> None:
    rows = "Email,<b>Newsletter</b>\na@example.com,yes\nb@example.com,no\n"
    forecast = checked(folder, rows, "")
    assert "Look before you import\n  Column '<b>Newsletter</b>' looks like consent" in render_forecast(
        forecast
    )
    assert forecast.to_json()["overlooked"] == list(forecast.overlooked)
    write_forecast_report(forecast, folder / "page.html", details=False)
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "looks like consent" in page
    assert "<b>Newsletter" not in page
