"""A deal beside a contact has its source, and custom fields of its own: of deals, and not of contacts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

DEAL = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields: {email: Mail}
opportunity:
  pipeline: Sales
  name: Deal
  source: From
  custom_fields:
    Term: {column: Term, date_order: DMY}
    opportunity.seats: Seats
    Extras: {column: Extras, split: "+"}
"""


def deals(vendor: Sandbox) -> list[dict[str, Any]]:
    return [item.body for item in vendor.vendor.items if item.kind.value == "opportunity"]


def test_a_deal_has_its_source_and_its_own_custom_fields(desk: Desk, vendor: Sandbox) -> None:
    place = vendor.location("loc1")
    place.add_custom_field("Term", data_type="TEXT")  # of contacts: another one
    term = place.add_custom_field(
        "Term", data_type="DATE", model="opportunity", field_id="dealTermField0000001"
    )
    seats = place.add_custom_field("Seats", data_type="NUMERICAL", model="opportunity")
    extras = place.add_custom_field(
        "Extras", data_type="MULTIPLE_OPTIONS", options=("Oil", "Wax"), model="opportunity"
    )
    desk.write("mapping.yaml", DEAL)
    desk.write(
        "p.csv",
        "Mail,Deal,From,Term,Seats,Extras\n"
        'ann@example.com,Car,Fair,03/04/2027,"1,200.5",oil+Wax\n'
        "bob@example.com,Van,,,many,\ncid@example.com,Bus,,,,\n",
    )
    ended = desk.run("p.csv", "-m", "mapping.yaml")
    assert [row["import_error_code"] for row in ended.rows] == ["", "invalid_number", ""]
    by_name = {each["name"]: each for each in deals(vendor)}  # sent side by side, they are made in any order
    assert by_name.keys() == {"Car", "Bus"}
    ann, cid = by_name["Car"], by_name["Bus"]
    values = {each["id"]: each["fieldValue"] for each in ann["customFields"]}
    assert (ann["source"], values) == (
        "Fair",
        {term.id: "2027-04-03T00:00:00.000Z", seats.id: 1200.5, extras.id: ["Oil", "Wax"]},
    )
    assert (cid["customFields"], "source" in cid) == ([], False)


def test_a_custom_field_that_deals_do_not_have_stops_before_the_first_row(
    desk: Desk, vendor: Sandbox
) -> None:
    vendor.location("loc1").add_custom_field("Term", data_type="DATE")  # of contacts
    desk.write("mapping.yaml", DEAL)
    desk.write("p.csv", "Mail,Deal,From,Term,Seats,Extras\nann@example.com,Car,,,,\n")
    ended = desk.run("p.csv", "-m", "mapping.yaml")
    assert (ended.code, vendor.contacts("loc1")) == (2, [])
    assert "mapping.yaml:9:5: The location has no custom field 'Term'." in ended.err


def test_what_deals_lack_is_made_as_their_own(desk: Desk, vendor: Sandbox) -> None:
    desk.write("mapping.yaml", DEAL)
    desk.write(
        "p.csv",
        "Mail,Deal,From,Term,Seats,Extras\nann@example.com,Car,,03/04/2027,7,Oil+Wax\nb@example.com,Van,,,,\n",
    )
    ended = desk.importer(
        "fields", "create", "p.csv", "-m", "mapping.yaml", "--yes", "--json", "--no-progress"
    )
    made = {(each["model"], each["name"]): each["data_type"] for each in ended.summary["fields"]}
    assert (ended.code, made) == (
        0,
        {
            ("opportunity", "Term"): "DATE",
            ("opportunity", "Seats"): "NUMERICAL",
            ("opportunity", "Extras"): "MULTIPLE_OPTIONS",
        },
    ), ended.err
    assert desk.run("p.csv", "-m", "mapping.yaml").code == 0


def test_a_try_in_the_sandbox_and_a_preview_know_the_fields_of_deals(desk: Desk) -> None:
    desk.write("mapping.yaml", DEAL)
    desk.write("p.csv", "Mail,Deal,From,Term,Seats,Extras\nann@example.com,Car,,03/04/2027,7,Oil\n")
    assert desk.run("p.csv", "-m", "mapping.yaml", "--sandbox").code == 0
    shown = json.loads(desk.importer("preview", "p.csv", "-m", "mapping.yaml").out)
    (deal,) = shown["follow_ups"]["opportunities"]
    assert deal["customFields"][0] == {"key": "term", "field_value": "2027-04-03"}
