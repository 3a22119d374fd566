"""`match: {by: {custom_field: ...}}`: contacts found by another system's number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import SandboxSettings
from tests.flow.conftest import open_vendor
from tests.flow.test_comparing import asked, held
from tests.flow.test_plan_command import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields: {firstName: First, email: Mail}
custom_fields: {ERP Id: Number}
match: {by: {custom_field: ERP Id}}
"""


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as sandbox:
        sandbox.furnish("loc1", custom_fields=["ERP Id", "ERP Name"])
        desk.write("mapping.yaml", MAPPING)
        yield sandbox


def add(vendor: Sandbox, number: str, **fields: Any) -> str:
    made = vendor.add_contact("loc1", **fields)
    vendor.edit(made, customFields={"ERP Id": number})
    return made


def written(desk: Desk, *rows: str) -> str:
    return desk.write("p.csv", "\n".join(["First,Mail,Number", *rows, ""]))


def test_a_contact_is_found_by_its_number_whatever_its_email(desk: Desk, vendor: Sandbox) -> None:
    ann = add(vendor, "A-1", email="old@example.com", firstName="Ann")
    file = written(desk, "Anna,new@example.com,A-1", "Cid,cid@example.com,C-1")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    assert plan.actions == ["update", "create"]
    assert plan.changes(0)["email"] == {"old": "old@example.com", "new": "new@example.com"}
    ended = desk.run(file, "-m", "mapping.yaml")  # it compares by itself
    assert (ended.code, ended.summary["updated"], ended.summary["created"]) == (0, 1, 1), ended.err
    assert held(vendor, ann)["properties"]["email"] == "new@example.com"
    again = desk.run(file, "-m", "mapping.yaml", "--fresh")
    assert again.summary["skipped_by_code"] == {"unchanged": 2}
    assert len(vendor.contacts("loc1")) == 2


def test_a_contact_without_a_number_is_found_by_email_and_gets_it(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    ended = desk.run(written(desk, "Ann,ann@example.com,A-1"), "-m", "mapping.yaml")
    assert ended.summary["updated"] == 1
    assert [each["value"] for each in held(vendor, ann)["customFields"]] == ["A-1"]


def test_a_row_without_a_number_fails_and_is_told_what_it_lacks(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.run(written(desk, "Ann,ann@example.com,"), "-m", "mapping.yaml")
    (row,) = ended.rows
    assert (row["import_status"], row["import_error_code"]) == ("failed", "no_identifier")
    assert "ERP Id" in row["import_error"]


def test_a_row_of_the_number_alone_updates_and_does_not_create(desk: Desk, vendor: Sandbox) -> None:
    ann = add(vendor, "A-1", email="ann@example.com", firstName="Ann")
    ended = desk.run(written(desk, "Anna,,A-1", "Cid,,C-1"), "-m", "mapping.yaml")
    assert [row["import_status"] for row in ended.rows] == ["updated", "failed"]
    assert ended.rows[1]["import_error_code"] == "no_identifier"
    assert held(vendor, ann)["properties"]["firstName"] == "Anna"


def test_who_is_several_people_by_it_is_not_sent(desk: Desk, vendor: Sandbox) -> None:
    add(vendor, "A-1", email="ann@example.com")
    add(vendor, "A-1", email="amy@example.com")
    add(vendor, "B-1", email="bob@example.com")
    file = written(desk, "Ann,x@example.com,A-1", "Bob,ann@example.com,B-1")
    ended = desk.run(file, "-m", "mapping.yaml")
    assert [row["import_error_code"] for row in ended.rows] == ["ambiguous", "ambiguous"]
    assert asked(vendor, "PUT contacts/*") == 0


def test_two_rows_of_one_number_make_one_contact(desk: Desk, vendor: Sandbox) -> None:
    file = written(desk, "Ann,ann@example.com,A-1", "Anna,anna@example.com,A-1", "Anne,,A-1")
    ended = desk.run(file, "-m", "mapping.yaml")
    assert [row["import_status"] for row in ended.rows] == ["created", "updated", "updated"], ended.rows
    (contact,) = vendor.contacts("loc1")
    assert (contact["properties"]["firstName"], contact["properties"]["email"]) == (
        "Anne",
        "anna@example.com",
    )


def test_rows_of_one_number_are_merged_as_those_of_one_email_are(desk: Desk, vendor: Sandbox) -> None:
    desk.write("mapping.yaml", MAPPING.replace("match: {", "match: {in_file_duplicates: merge, "))
    ended = desk.run(written(desk, "Ann,ann@example.com,A-1", "Anna,,A-1"), "-m", "mapping.yaml")
    assert [row["import_status"] for row in ended.rows] == ["skipped", "created"]
    (contact,) = vendor.contacts("loc1")
    assert contact["properties"]["email"] == "ann@example.com"


@pytest.mark.parametrize(
    ("words", "said"),
    [(("plan",), "Nearest: 'ERP Id'"), (("run", "--compare"), "Nearest: 'ERP Id'")],
)
def test_a_field_that_the_location_lacks_is_told_before_its_contacts_are_read(
    desk: Desk, vendor: Sandbox, words: tuple[str, ...], said: str
) -> None:
    desk.write("mapping.yaml", MAPPING.replace("ERP Id", "ERP Ids"))
    ended = desk.importer(*words, written(desk, "Ann,ann@example.com,A-1"), "-m", "mapping.yaml")
    assert ended.code == 2
    assert said in ended.err
    assert asked(vendor, "POST contacts/search") == 0


def test_a_field_without_a_rule_is_a_fault_of_the_mapping(desk: Desk, vendor: Sandbox) -> None:
    desk.write("mapping.yaml", MAPPING.replace("by: {custom_field: ERP Id}", "by: {custom_field: ERP}"))
    ended = desk.importer("check", written(desk, "Ann,ann@example.com,A-1"), "-m", "mapping.yaml")
    assert ended.code == 2
    assert "mapping.yaml:5:" in ended.err
    assert "'ERP'" in ended.err
