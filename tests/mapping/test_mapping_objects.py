"""Mappings whose rows become no contacts: what does nothing there is refused where it stands, and a row is one thing."""

from __future__ import annotations

import pytest

from importer.errors import MappingError
from importer.mapping import parse_mapping
from importer.records import Outcome, Record
from tests.mapping.conftest import lay_over

DEAL = "object: opportunity\nfields: {email: Mail}\nopportunity: {pipeline: Sales, name: Deal}\n"
NOTE = "object: note\nfields: {email: Mail}\nnotes: [{column: Text}]\n"
COMPANY = "object: company\nfields: {name: Name, phone: {column: Phone, region: US}}\n"


def faults(text: str) -> list[str]:
    with pytest.raises(MappingError) as refused:
        parse_mapping(f"version: 1\n{text}")
    return list(refused.value.faults)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("object: deal\nfields: {email: Mail}\n", "2:9", "none of contact, opportunity, note, task, company"),
        (f"{DEAL}tags: [vip]\n", "5:7", "'tags' does nothing"),
        (f"{DEAL}company: Firm\n", "5:10", "'company' does nothing"),
        (f"{DEAL}notes: [Text]\n", "5:8", "'notes' does nothing"),
        (f"{DEAL}mode: update_only\n", "5:7", "'mode' does nothing"),
        (f"{DEAL}match: {{shared_key: send}}\n", "5:21", "'shared_key' is for contacts"),
        (f"{DEAL}custom_fields: {{Size: Size}}\n", "5:23", "only for `match: by`"),
        (DEAL.replace("{email: Mail}", "{email: Mail, city: City}"), "3:29", "'city' is not written"),
        (DEAL.replace("{email: Mail}", "{}"), "3:9", "whose deal is it?"),
        (DEAL.replace("name: Deal", "name: Deal, for: created"), "4:49", "'for' does nothing"),
        ("object: task\nfields: {email: Mail}\n", "2:9", "'tasks' does not say"),
        (NOTE.replace("[{column: Text}]", "[Text, More]"), "4:8", "one note"),
        (f"{NOTE}defaults: {{on_update: never}}\n", "5:23", "'on_update' is for contacts"),
        (COMPANY.replace("name: Name, ", ""), "3:9", "No rule fills name"),
        (COMPANY.replace("name: Name", "name: Name, firstName: First"), "3:33", "no field of a company"),
        (f"{COMPANY}suppress: {{file: out.csv}}\n", "4:11", "'suppress' is for contacts"),
        (
            "fields: {email: Mail, address: Street}\n",
            "2:32",
            "no field of a contact. Did you mean 'address1'",
        ),
    ],
)
def test_what_does_nothing_there_is_refused_where_it_stands(text: str, place: str, said: str) -> None:
    (fault,) = faults(text)
    assert fault.startswith(f"mapping.yaml:{place}: ")
    assert said in fault


def test_a_row_of_a_company_is_read_as_contacts_are() -> None:
    text = "object: company\nfields: {name: Name, phone: Phone, country: Country, website: Site, postalCode: Zip}\n"
    header = ["Name", "Phone", "Country", "Site", "Zip"]
    rows = [["Acme", "030 901820", "Germany", "acme.example", "01067"], ["", "+1 415 555 0123", "", "", ""]]
    acme, nameless = lay_over(text, [header, *rows])
    assert isinstance(acme, Record)
    assert acme.fields == {}
    (wanted,) = acme.additions
    assert wanted.content == {
        "name": "Acme",
        "phone": "+4930901820",
        "country": "DE",
        "website": "https://acme.example",
        "postalCode": "01067",
    }
    assert isinstance(nameless, Outcome)
    assert (nameless.code, nameless.message) == (
        "missing_value",
        "Column 'Name' is blank, so the row is no company: one is known by its name.",
    )


def test_a_row_that_adds_nothing_fails_and_names_the_column() -> None:
    deal, blank = lay_over(DEAL, [["Mail", "Deal"], ["a@example.com", "Roof"], ["a@example.com", ""]])
    assert isinstance(deal, Record)
    assert [each.content["name"] for each in deal.additions] == ["Roof"]
    assert isinstance(blank, Outcome)
    assert (blank.code, blank.message) == ("missing_value", "Column 'Deal' is blank, so the row has no deal.")


TASK = "object: task\nfields: {email: Mail}\ntasks: [{title: Task, due: {column: Due, on_invalid: drop}}]\n"
DEAL_BY_COLUMN = DEAL.replace("pipeline: Sales", "pipeline: {column: Line}")


@pytest.mark.parametrize(
    ("mapping", "headers", "cells", "said"),
    [
        (
            TASK,
            ["Task", "Due"],
            ["Call", ""],
            "The row has no task. Column 'Due' is blank, and HighLevel takes no",
        ),
        (
            TASK,
            ["Task", "Due"],
            ["Call", "2020-31-31"],
            "The row has no task. Column 'Due': '2020-31-31' is no",
        ),
        (TASK, ["Task", "Due"], ["", "2099-01-01"], "One of the columns 'Task' and 'Due' is blank, so"),
        (DEAL_BY_COLUMN, ["Deal", "Line"], ["Roof", ""], "One of the columns 'Deal' and 'Line' is blank, so"),
    ],
)
def test_a_row_that_adds_nothing_names_no_column_that_has_a_value(
    mapping: str, headers: list[str], cells: list[str], said: str
) -> None:
    (ended,) = lay_over(mapping, [["Mail", *headers], ["a@example.com", *cells]])
    assert isinstance(ended, Outcome)
    assert ended.message is not None
    assert ended.message.startswith(said)


def test_a_mapping_of_contacts_has_the_fingerprint_that_it_always_had() -> None:
    plain = parse_mapping("version: 1\nfields: {email: Mail}\n")
    said = parse_mapping("version: 1\nobject: contact\nfields: {email: Mail}\n")
    assert said.fingerprint == plain.fingerprint


@pytest.mark.parametrize(
    ("column", "advised"),
    [
        ("Associated Contact IDs", "the ready migration hubspot-by-id does"),
        ("Deal - Contact person ID", "find them by it (`match: {by: {custom_field: ...}}`)"),
        ("Contact Number", ""),
        ("Deal Id", ""),
    ],
)
def test_a_file_that_names_contacts_by_old_ids_alone_says_how_they_are_found(
    column: str, advised: str
) -> None:
    with pytest.raises(MappingError) as refused:
        lay_over(
            DEAL.replace("email: Mail", "email: {column: Mail, optional: true}"),
            [["Deal", column], ["Roof", "1"]],
        )
    assert advised in str(refused.value)
    assert bool(advised) == ("old system's numbers" in str(refused.value))


def test_a_row_without_a_key_says_the_same_where_its_contact_has_a_number() -> None:
    (failed,) = lay_over(DEAL, [["Mail", "Deal", "Contact ID"], ["", "Roof", "101"]])
    assert isinstance(failed, Outcome)
    assert "'Contact ID' seems to name contacts" in str(failed.message)


def test_contacts_that_a_custom_field_finds_need_no_column_of_an_email() -> None:
    text = (
        "fields: {email: {column: Mail, optional: true}, city: City}\ncustom_fields: {Old Id: Id}\n"
        "match: {by: {custom_field: Old Id}}\n"
    )
    (made,) = lay_over(text, [["City", "Id"], ["Oakland", "101"]])
    assert isinstance(made, Record)
