"""A spreadsheet in, contacts upserted, a results file out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Sandbox
from tests.flow.conftest import ROOT, read_table, write_table

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

CONTACTS = """\
First,Mail,Phone,Tags
Ann,ann@example.com,(212) 555-0111,vip; News
Bob,bob@example.com,,
Cid,not an address,,
Dora,,,vip
Ann,ANN@example.com,,again
"""


def test_each_row_is_marked_created_updated_or_failed(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert ended.code == 1
    told = [(row["import_row"], row["import_status"], row["import_error_code"]) for row in ended.rows]
    assert told == [
        ("2", "created", ""),
        ("3", "created", ""),
        ("4", "failed", "invalid_email"),
        ("5", "failed", "no_identifier"),
        ("6", "updated", ""),
    ]
    people = {contact["email"].lower(): contact for contact in vendor.contacts()}
    assert set(people) == {"ann@example.com", "bob@example.com"}
    assert people["ann@example.com"]["phone"] == "+12125550111"
    assert sorted(people["ann@example.com"]["tags"]) == ["again", "news", "vip"]


def test_the_results_hold_the_contact_ids_and_the_source_columns(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    rows = desk.run("contacts.csv", "-m", "mapping.yaml").rows
    ids = {contact["email"].lower(): contact["id"] for contact in vendor.contacts()}
    assert rows[0]["import_contact_id"] == rows[4]["import_contact_id"] == ids["ann@example.com"]
    assert rows[0]["import_location_id"] == "loc1"
    assert rows[0]["import_http_status"] == "200"
    assert rows[0]["import_trace_id"]
    assert [rows[0][name] for name in ("First", "Mail", "Phone", "Tags")] == [
        "Ann",
        "ann@example.com",
        "(212) 555-0111",
        "vip; News",
    ]


def test_the_summary_accounts_for_every_row(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    summary = desk.run("contacts.csv", "-m", "mapping.yaml").summary
    counted = [summary[name] for name in ("created", "updated", "skipped", "failed", "pending")]
    assert counted == [2, 1, 0, 2, 0]
    assert sum(counted) == summary["rows_read"] == 5
    assert summary["errors_by_code"] == {"invalid_email": 1, "no_identifier": 1}
    assert summary["state"] == "finished"
    assert summary == json.loads(Path(summary["results"]).with_name("summary.json").read_text("utf-8"))
    assert summary["requests"] == vendor.state()["requests"]


def test_failed_rows_are_corrected_and_imported_as_they_are(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    failed = Path(desk.run("contacts.csv", "-m", "mapping.yaml").summary["failed_rows"])
    assert [row["First"] for row in read_table(failed)] == ["Cid", "Dora"]
    rows = read_table(failed)
    for row, address in zip(rows, ("cid@example.com", "dora@example.com"), strict=True):
        row["Mail"] = address
    write_table(desk.folder / "mended.csv", rows)
    ended = desk.run("mended.csv", "-m", "mapping.yaml")
    assert (ended.code, ended.summary["created"]) == (0, 2)
    assert {contact["email"] for contact in vendor.contacts()} > {"cid@example.com", "dora@example.com"}


def test_the_same_command_again_sends_nothing(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    first = desk.run("contacts.csv", "-m", "mapping.yaml").summary
    requests = vendor.state()["requests"]
    metrics = desk.folder / "importer.prom"
    again = desk.run("contacts.csv", "-m", "mapping.yaml", "--metrics-file", str(metrics))
    assert again.code == 0
    assert (again.summary["run_id"], again.summary["repeated"]) == (first["run_id"], True)
    assert vendor.state()["requests"] == requests
    assert "nothing was sent" in again.err
    assert "--fresh" in again.err
    assert 'exit_code{mapping="mapping"} 0.0' in metrics.read_text("utf-8")
    fresh = desk.run("contacts.csv", "-m", "mapping.yaml", "--fresh").summary
    assert (fresh["created"], fresh["updated"]) == (0, 3)


def test_a_limit_takes_the_first_rows_only(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml", "--limit", "2")
    assert (ended.code, ended.summary["rows_read"], len(ended.rows)) == (0, 2, 2)
    assert len(vendor.contacts()) == 2


def test_several_sources_go_into_one_run(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    desk.write("b.csv", "Mail,First,Phone,Tags,Note\nbob@example.com,Bob,,,hello\n")
    ended = desk.run("a.csv", "b.csv", "-m", "mapping.yaml")
    assert [(row["import_source"], row["import_status"], row["Mail"]) for row in ended.rows] == [
        ("a.csv", "created", "ann@example.com"),
        ("b.csv", "created", "bob@example.com"),
    ]


def test_every_property_of_the_upsert_arrives(desk: Desk, vendor: Sandbox) -> None:
    header = (
        "first,last,name,email,phone,street,city,state,zip,country,web,zone,company,sex,source,owner,born,"
        "dnd,sms,inbound,size,news,value,renewal,seats\n"
    )
    row = (
        "Ann,Lee,Ann Lee,ann@example.com,+12125550111,1 Pine St,New York,NY,01234,USA,example.com,US/Eastern,Acme,f,"
        'fair,{owner},1990-02-01,no,yes,no,M,"News; Events",1200.50,2027-01-31,3\n'
    )
    owner = vendor.location("loc1").users[0]["id"]
    desk.write("all.csv", header + row.replace("{owner}", owner))
    desk.write("all.yaml", ALL_PROPERTIES)
    ended = desk.run("all.csv", "-m", "all.yaml")
    assert ended.code == 0, ended.err
    (contact,) = vendor.contacts()
    assert contact["properties"] == {
        "firstName": "Ann",
        "lastName": "Lee",
        "name": "Ann Lee",
        "email": "ann@example.com",
        "phone": "+12125550111",
        "address1": "1 Pine St",
        "city": "New York",
        "state": "NY",
        "postalCode": "01234",
        "country": "US",
        "website": "https://example.com",
        "timezone": "US/Eastern",
        "companyName": "Acme",
        "gender": "female",
        "source": "fair",
        "assignedTo": owner,
        "dateOfBirth": "1990-02-01",
        "dnd": False,
        "dndSettings": {"SMS": {"status": "active", "message": "asked by mail", "code": "7"}},
        "inboundDndSettings": {"all": {"status": "inactive"}},
    }
    names = {field.id: field.name for field in vendor.location("loc1").custom_fields.values()}
    assert {names[each["id"]]: each["value"] for each in contact["customFields"]} == {
        "Shirt Size": "M",
        "Interests": ["News", "Events"],
        "Contract Value": 1200.5,
        "Renewal Date": "2027-01-31T00:00:00.000Z",  # as the vendor shows a date field
        "Seats": 3,
    }
    assert [row["import_warnings"] for row in ended.rows] == [""]


ALL_PROPERTIES = """\
version: 1
fields:
  firstName: first
  lastName: last
  name: name
  email: email
  phone: phone
  address1: street
  city: city
  state: state
  postalCode: zip
  country: country
  website: web
  timezone: zone
  companyName: company
  gender: {column: sex, map: {f: female, m: male}}
  source: source
  assignedTo: owner
  dateOfBirth: born
  dnd: dnd
  dndSettings.SMS: sms
  dndSettings.SMS.message: {value: asked by mail}
  dndSettings.SMS.code: {value: "7"}
  inboundDndSettings.all: inbound
  createNewIfDuplicateAllowed: {value: "no"}
custom_fields:
  Shirt Size: {column: size}
  Interests: {column: news, split: ";"}
  Contract Value: {column: value}
  Renewal Date: {column: renewal}
  Seats: {column: seats}
"""


def test_a_sample_runs_in_the_embedded_sandbox_without_token_or_location(desk: Desk) -> None:
    ended = desk.run(
        str(ROOT / "sample_data" / "contacts.csv"), "-m", str(ROOT / "mappings" / "sample.yaml"), "--sandbox"
    )
    assert ended.code == 0
    assert ended.summary["created"] > 0
    assert ended.summary["updated"] > 0


@pytest.mark.parametrize(
    "command", ["run", "check", "preview", "read", "schema", "sandbox", "suggest", "resume", "retry"]
)
def test_each_command_explains_itself_with_an_example(desk: Desk, command: str) -> None:
    ended = desk.importer(command, "--help")
    assert ended.code == 0
    assert f"\n    importer {command}" in ended.out


def test_failed_rows_are_imported_again_although_the_mapping_describes_the_first_file(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write(
        "export.csv", "Export of May\n\nName;Mail\nJürgen;nobody\nÄnne;aenne@example.com\n", encoding="cp1252"
    )
    desk.write(
        "export.yaml",
        'version: 1\nsource: {header_row: 3, encoding: cp1252, delimiter: ";"}\n'
        "fields: {firstName: Name, email: Mail}\n",
    )
    first = desk.run("export.csv", "-m", "export.yaml")
    assert [row["import_status"] for row in first.rows] == ["failed", "created"]
    failed = Path(first.summary["failed_rows"])
    rows = read_table(failed, delimiter=";")
    rows[0]["Mail"] = "juergen@example.com"
    write_table(failed, rows, delimiter=";")
    again = desk.run(str(failed), "-m", "export.yaml")
    assert [(row["import_status"], row["Name"]) for row in again.rows] == [("created", "Jürgen")]
