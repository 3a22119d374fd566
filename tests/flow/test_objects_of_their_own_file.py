"""Deals, notes and companies of files of their own: each is there once, linked right, and told by row."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import Fault, FaultKind, Sandbox, SandboxSettings
from importer.sandbox.items import Kind
from tests.flow.conftest import open_vendor, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flow.conftest import Desk, Ended

DEALS = """\
version: 1
object: opportunity
fields: {email: {column: Mail, optional: true}, phone: {column: Phone, optional: true, region: US}}
opportunity:
  pipeline: Sales
  name: Deal
  stage: {column: Stage, optional: true}
  value: {column: Amount, optional: true}
  assigned_to: {column: Owner, optional: true}
"""
COMPANIES = """\
version: 1
object: company
defaults: {region: US}
fields: {name: Name, phone: {column: Phone, optional: true}, website: {column: Site, optional: true}}
"""


NOTES = """\
version: 1
object: note
fields: {email: Mail}
notes: [{column: Text, title: {value: Old CRM}}]
"""
TWO_DEALS = "Mail,Deal,Stage,Amount\nann@example.com,Roof,Proposal,10\nann@example.com,Cellar,New,20\n"


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    settings = SandboxSettings(
        burst=0, slow_seconds=60, search_lag_seconds=0, allow_duplicate_opportunities=True
    )
    with open_vendor(settings) as sandbox:
        for name, text in (("deals", DEALS), ("companies", COMPANIES), ("notes", NOTES)):
            desk.write(f"{name}.yaml", text)
        yield sandbox


def kept(vendor: Sandbox, kind: Kind) -> list[dict[str, Any]]:
    return [item.body for item in vendor.vendor.items if item.kind is kind]


def deals(vendor: Sandbox) -> list[tuple[str, str]]:
    return sorted((deal["name"], deal["contactId"]) for deal in kept(vendor, Kind.OPPORTUNITY))


def ends(ended: Ended) -> list[tuple[str, str]]:
    return [(row["import_status"], row["import_error_code"]) for row in ended.rows]


def test_each_deal_goes_to_the_contact_that_its_row_names(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    bob = vendor.add_contact("loc1", phone="+14155550123", firstName="Bob")
    desk.write(
        "deals.csv",
        "Mail,Phone,Deal,Stage,Amount\n"
        'Ann@Example.com,,Roof,Proposal,"1,200.50"\n'
        "ann@example.com,,Cellar,,\n"
        ",(415) 555-0123,Garden,,9\n",
    )
    ended = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(ended) == [("created", "")] * 3, ended.err
    assert [row["import_contact_id"] for row in ended.rows] == [ann, ann, bob]
    assert deals(vendor) == [("Cellar", ann), ("Garden", bob), ("Roof", ann)]
    (roof,) = [deal for deal in kept(vendor, Kind.OPPORTUNITY) if deal["name"] == "Roof"]
    assert roof["monetaryValue"] == 1200.5
    assert json.loads(ended.rows[0]["import_beside"]) == {"opportunities": [roof["id"]]}
    assert [each["dateUpdated"] == each["dateAdded"] for each in vendor.contacts()] == [True, True]


def test_a_deal_that_its_contact_has_is_left_alone_whoever_remembers_it(
    desk: Desk, vendor: Sandbox, tmp_path: Path
) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write("deals.csv", TWO_DEALS)
    assert ends(desk.run("deals.csv", "-m", "deals.yaml")) == [("created", "")] * 2
    again = desk.run("deals.csv", "-m", "deals.yaml", "--fresh")
    assert ends(again) == [("skipped", "already_there")] * 2
    assert "a deal of this name in this pipeline already" in again.rows[0]["import_error"]
    shutil.rmtree(tmp_path / "state")
    lost = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(lost) == [("skipped", "already_there")] * 2, lost.err
    assert len(deals(vendor)) == 2


def test_rows_that_cannot_be_a_deal_are_told_before_the_first_call(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write(
        "deals.csv",
        "Mail,Deal,Stage,Amount,Owner\n"
        "ann@example.com,Roof,Nowhere,,\n"
        "ann@example.com,Roof,,a lot,\n"
        "ann@example.com,Roof,,,Nobody\n"
        "ann@example.com,,,,\n"
        ",Roof,,,\n"
        "ann@example.com,Roof,,,\n",
    )
    checked = desk.importer("check", "deals.csv", "-m", "deals.yaml", "--json")
    told = {
        "unknown_stage": 1,
        "invalid_number": 1,
        "unknown_user": 1,
        "missing_value": 1,
        "no_identifier": 1,
    }
    assert checked.summary["errors_by_code"] == told
    assert deals(vendor) == []
    ended = desk.run("deals.csv", "-m", "deals.yaml")
    assert [code for _, code in ends(ended)] == [*told, ""]
    assert len(deals(vendor)) == 1


def test_each_row_may_name_its_own_pipeline(desk: Desk, vendor: Sandbox) -> None:
    vendor.furnish("loc1", pipelines=[("Renewals", ("Due", "Paid"))])
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write("deals.yaml", DEALS.replace("pipeline: Sales", "pipeline: {column: Pipeline, default: Sales}"))
    desk.write(
        "deals.csv",
        "Mail,Deal,Pipeline,Stage\n"
        "ann@example.com,Roof,Renewals,Due\n"
        "ann@example.com,Cellar,,Proposal\n"
        "ann@example.com,Roof,sales,\n"
        "ann@example.com,Garden,Renewals,Proposal\n"
        "ann@example.com,Shed,Nowhere,Due\n",
    )
    ended = desk.run("deals.csv", "-m", "deals.yaml")
    codes = [code for _, code in ends(ended)]
    assert codes == ["", "", "", "unknown_stage", "unknown_pipeline"], ended.err
    assert "'Nowhere' is no pipeline of the location (Sales, Renewals)" in ended.rows[4]["import_error"]
    names = {pipeline["id"]: pipeline["name"] for pipeline in vendor.location("loc1").pipelines}
    found = sorted((deal["name"], names[deal["pipelineId"]]) for deal in kept(vendor, Kind.OPPORTUNITY))
    assert found == [("Cellar", "Sales"), ("Roof", "Renewals"), ("Roof", "Sales")]


def test_a_deal_of_somebody_whom_the_location_lacks_fails_and_says_what_comes_first(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("deals.csv", "Mail,Deal\nann@example.com,Roof\n")
    ended = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(ended) == [("failed", "contact_not_found")]
    assert "Import the contact first" in ended.rows[0]["import_error"]
    assert vendor.contacts() == []
    vendor.add_contact("loc1", email="ann@example.com")
    mended = desk.run(str(Path(ended.summary["failed_rows"])), "-m", "deals.yaml")
    assert ends(mended) == [("created", "")], mended.err


def test_a_note_of_an_id_that_nobody_has_says_so(desk: Desk, vendor: Sandbox) -> None:
    desk.write("ids.yaml", "version: 1\nobject: note\nfields: {id: Id}\nnotes: [{column: Text}]\n")
    desk.write("ids.csv", "Id,Text\nnobodyOfThisId000001,Likes tea\n")
    ended = desk.run("ids.csv", "-m", "ids.yaml")
    assert ends(ended) == [("failed", "contact_not_found")], ended.err
    assert ended.rows[0]["import_remedy"] == "fix_row"
    assert ended.rows[0]["import_error"].startswith("HighLevel has no contact of this id: ")


@pytest.mark.parametrize("fault", [FaultKind.RESET, FaultKind.GARBAGE])
def test_a_deal_whose_reply_is_lost_is_there_once(desk: Desk, vendor: Sandbox, fault: FaultKind) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com")
    desk.write("deals.csv", "Mail,Deal\nann@example.com,Roof\n")
    pipelines, probe, look = [Fault(path="/opportunities/")] * 3
    vendor.script([pipelines, probe, look, Fault(kind=fault, path="/opportunities/")])
    ended = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(ended) == [("created", "")], ended.err
    assert deals(vendor) == [("Roof", ann)]


def test_deals_find_their_contacts_by_a_number_of_the_old_system(desk: Desk, vendor: Sandbox) -> None:
    vendor.furnish("loc1", custom_fields=["Old Id"])
    ann = vendor.add_contact("loc1", email="ann@example.com")
    vendor.edit(ann, customFields={"Old Id": "A-1"})
    desk.write(
        "by.yaml",
        "version: 1\nobject: opportunity\ncustom_fields: {Old Id: Number}\nmatch: {by: {custom_field: Old Id}}\n"
        "opportunity: {pipeline: Sales, name: Deal}\n",
    )
    desk.write("deals.csv", "Number,Deal\nA-1,Roof\nA-2,Cellar\nA-1,Garden\n")
    ended = desk.run("deals.csv", "-m", "by.yaml")
    assert ends(ended) == [("created", ""), ("failed", "contact_not_found"), ("created", "")], ended.err
    assert deals(vendor) == [("Garden", ann), ("Roof", ann)]


def test_a_contact_may_have_many_notes_of_one_file(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com")
    desk.write(
        "notes.csv",
        "Mail,Text\nann@example.com,Likes tea\nann@example.com,Called\nann@example.com,Likes tea\n",
    )
    ended = desk.run("notes.csv", "-m", "notes.yaml")
    assert ends(ended) == [("created", ""), ("created", ""), ("skipped", "already_there")], ended.err
    found = vendor.vendor.items.of_contact(Kind.NOTE, ann)
    assert sorted(note.body["body"] for note in found) == ["Called", "Likes tea"]


def test_a_company_is_made_once_and_told_what_the_file_says_otherwise(desk: Desk, vendor: Sandbox) -> None:
    desk.write("c.csv", "Name,Phone,Site\nAcme,(415) 555-0123,acme.com\nBeta,,\nACME  ,,\n,,\n")
    first = desk.run("c.csv", "-m", "companies.yaml")
    assert ends(first) == [("created", ""), ("created", ""), ("skipped", "unchanged")], first.err
    acme, beta = kept(vendor, Kind.BUSINESS)
    assert (acme["name"], acme["phone"], acme["website"]) == ("Acme", "+14155550123", "https://acme.com")
    assert json.loads(first.rows[1]["import_beside"]) == {"companies": [beta["id"]]}

    desk.write("c.csv", "Name,Phone,Site\nacme,,acme.org\nBeta,,\n")
    second = desk.run("c.csv", "-m", "companies.yaml")
    assert ends(second) == [("updated", ""), ("skipped", "unchanged")], second.err
    assert [each.get("website") for each in kept(vendor, Kind.BUSINESS)] == ["https://acme.org", None]
    assert kept(vendor, Kind.BUSINESS)[0]["phone"] == "+14155550123"


@pytest.mark.parametrize(
    ("mode", "status"), [("create_only", "already_exists"), ("update_only", "not_found")]
)
def test_companies_are_only_made_or_only_changed_as_the_mode_says(
    desk: Desk, vendor: Sandbox, mode: str, status: str
) -> None:
    desk.write("mode.yaml", f"{COMPANIES}mode: {mode}\n")
    if mode == "create_only":
        desk.write("c.csv", "Name,Phone,Site\nAcme,,\n")
        desk.run("c.csv", "-m", "companies.yaml")
    desk.write("c.csv", "Name,Phone,Site\nAcme,,acme.org\n")
    before = deepcopy(kept(vendor, Kind.BUSINESS))
    assert ends(desk.run("c.csv", "-m", "mode.yaml")) == [("skipped", status)]
    assert kept(vendor, Kind.BUSINESS) == before


def test_a_blank_name_is_no_company(desk: Desk, vendor: Sandbox) -> None:
    desk.write("c.csv", "Name,Phone,Site\n,(415) 555-0123,\n")
    ended = desk.run("c.csv", "-m", "companies.yaml")
    assert ends(ended) == [("failed", "missing_value")]
    assert kept(vendor, Kind.BUSINESS) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--changed-only"), "--changed-only"),
        (("run", "--verify", "10%"), "--verify"),
        (("run", "--before-images"), "--before-images"),
        (("run", "--sandbox"), "importer migrate"),
        (("plan",), "importer check"),
    ],
)
def test_what_is_about_contacts_alone_is_refused_for_deals(
    desk: Desk, vendor: Sandbox, words: tuple[str, ...], said: str
) -> None:
    desk.write("deals.csv", TWO_DEALS)
    ended = desk.importer(*words, "deals.csv", "-m", "deals.yaml")
    assert ended.code == 2
    assert said in ended.err
    assert vendor.state()["requests"] == 0


def imported(desk: Desk, name: str, text: str) -> str:
    desk.write(f"{name}.csv", text)
    ended = desk.run(f"{name}.csv", "-m", f"{name}.yaml")
    assert ended.code == 0, ended.err
    return str(ended.summary["run_id"])


def taken_back(desk: Desk, run_id: str, *words: str) -> tuple[Ended, list[tuple[str, str]]]:
    ended = desk.importer("undo", run_id, "--yes", "--json", "--no-progress", *words)
    lines = read_table(Path(ended.summary["undo"]))
    return ended, [(line["undo_status"], line["undo_reason"]) for line in lines]


def test_deals_of_a_run_are_taken_back_but_for_those_that_somebody_worked_on(
    desk: Desk, vendor: Sandbox
) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    run_id = imported(desk, "deals", TWO_DEALS)
    roof = next(item for item in vendor.vendor.items if item.body["name"] == "Roof")
    roof.body["monetaryValue"] = 99
    _, dry = taken_back(desk, run_id, "--dry-run")
    assert [status for status, _ in dry] == ["kept", "deleted"]
    assert len(deals(vendor)) == 2
    ended, lines = taken_back(desk, run_id)
    assert lines == [
        ("kept", "Kept, since somebody worked on it after the run: monetaryValue."),
        ("deleted", ""),
    ]
    assert (ended.code, [name for name, _ in deals(vendor)]) == (1, ["Roof"])
    assert "2 deals that the run made" in ended.err
    again = desk.run("deals.csv", "-m", "deals.yaml", "--fresh")
    assert ends(again) == [("skipped", "already_there"), ("created", "")], "nobody remembers what is gone"


def test_a_deal_that_was_there_before_the_run_is_not_taken_away(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    imported(desk, "deals", TWO_DEALS)
    ended = desk.run("deals.csv", "-m", "deals.yaml", "--fresh")
    ended, lines = taken_back(desk, str(ended.summary["run_id"]))
    assert [status for status, _ in lines] == ["nothing", "nothing"]
    assert len(deals(vendor)) == 2


def test_companies_of_a_run_are_taken_back_where_nobody_has_part_in_them(desk: Desk, vendor: Sandbox) -> None:
    run_id = imported(desk, "companies", "Name,Phone,Site\nAcme,,\nBeta,,\nGamma,,\nacme,,acme.com\n")
    _, beta, gamma = kept(vendor, Kind.BUSINESS)
    beta["city"] = "Bonn"
    vendor.add_contact("loc1", email="ann@example.com", businessId=gamma["id"])
    _, lines = taken_back(desk, run_id)
    assert [status for status, _ in lines] == ["deleted", "kept", "kept", "deleted"], "one company, two rows"
    assert [each["name"] for each in kept(vendor, Kind.BUSINESS)] == ["Beta", "Gamma"]
    assert "city" in lines[1][1]
    assert "Contacts belong to it" in lines[2][1]


def test_what_a_run_changed_of_a_company_goes_back(desk: Desk, vendor: Sandbox) -> None:
    imported(desk, "companies", "Name,Phone,Site\nAcme,,acme.com\n")
    run_id = imported(desk, "companies", "Name,Phone,Site\nAcme,(415) 555-0123,acme.org\n")
    _, lines = taken_back(desk, run_id)
    (acme,) = kept(vendor, Kind.BUSINESS)
    assert acme["website"] == "https://acme.com"
    assert lines == [("kept", "Kept, since it was blank before or somebody changed it after the run: phone.")]


def test_a_deal_that_was_refused_is_added_by_the_retry(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write("deals.csv", "Mail,Deal\nann@example.com,Roof\n")
    refusal = Fault(status=400, body=b'{"statusCode": 400, "message": "Not now."}', path="/opportunities/")
    pipelines, probe, look = [Fault(path="/opportunities/")] * 3
    vendor.script([pipelines, probe, look, refusal])
    failed = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(failed) == [("failed", "opportunity_failed")], failed.err
    assert (
        failed.rows[0]["import_error"] == "The contact was found, but its opportunity was not added: Not now."
    )
    retried = desk.importer("retry", "--json")
    assert ends(retried) == [("created", "")], retried.err
    assert [name for name, _ in deals(vendor)] == ["Roof"]


def test_a_file_of_deals_finds_its_contacts_in_the_mirror_where_it_compares(
    desk: Desk, vendor: Sandbox
) -> None:
    for number in range(5):
        vendor.add_contact("loc1", email=f"p{number}@example.com")
    lines = "".join(f"p{number}@example.com,Deal {number}\n" for number in range(6))
    desk.write("deals.csv", f"Mail,Deal\n{lines}")
    ended = desk.run("deals.csv", "-m", "deals.yaml", "--compare")
    assert ends(ended) == [("created", "")] * 5 + [("failed", "contact_not_found")], ended.err
    assert len(deals(vendor)) == 5


def test_a_check_against_the_location_says_how_many_rows_find_their_contact(
    desk: Desk, vendor: Sandbox
) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write("deals.csv", "Mail,Deal\nann@example.com,Roof\nbob@example.com,Cellar\n")
    ended = desk.importer("check", "deals.csv", "-m", "deals.yaml", "--against-location")
    assert "50 % of the rows find none in the location" in ended.err


RENEWALS = (
    "Mail,Deal,Amount\nann@example.com,Renewal,10\nann@example.com,Renewal,20\nann@example.com,Renewal,10\n"
)


def amounts(vendor: Sandbox) -> list[float]:
    return sorted(deal["monetaryValue"] for deal in kept(vendor, Kind.OPPORTUNITY))


@pytest.fixture
def renewals(desk: Desk, vendor: Sandbox) -> Sandbox:
    vendor.add_contact("loc1", email="ann@example.com")
    desk.write("deals.csv", RENEWALS)
    return vendor


def test_deals_of_one_name_that_say_otherwise_are_all_added_once(
    desk: Desk, renewals: Sandbox, tmp_path: Path
) -> None:
    checked = desk.importer("check", "deals.csv", "-m", "deals.yaml", "--json")
    assert checked.summary["warnings_by_code"] == {"repeated_beside": 2}
    ended = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(ended) == [("created", ""), ("created", ""), ("skipped", "already_there")], ended.err
    assert amounts(renewals) == [10, 20]
    everything = [("skipped", "already_there")] * 3
    assert ends(desk.run("deals.csv", "-m", "deals.yaml", "--fresh")) == everything
    shutil.rmtree(tmp_path / "state")
    lost = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(lost) == everything
    first, second, third = (row["import_error"] for row in lost.rows)
    assert first != second, "each is known by its own id"
    assert first == third
    assert amounts(renewals) == [10, 20]


@pytest.mark.parametrize("passed", [3, 5])
def test_a_lost_reply_makes_none_of_them_twice(desk: Desk, renewals: Sandbox, passed: int) -> None:
    lost = Fault(path="/opportunities/", kind=FaultKind.RESET)
    renewals.script([*[Fault(path="/opportunities/")] * passed, lost])
    assert desk.run("deals.csv", "-m", "deals.yaml").summary["created"] == 2
    assert renewals.state()["faults"] == {"reset": 1}
    assert amounts(renewals) == [10, 20]


def test_one_that_was_refused_does_not_take_the_other_for_its_own(desk: Desk, renewals: Sandbox) -> None:
    desk.write("deals.csv", RENEWALS.rpartition("ann@")[0])
    refusal = Fault(status=400, body=b'{"statusCode": 400, "message": "Not now."}', path="/opportunities/")
    renewals.script([*[Fault(path="/opportunities/")] * 3, refusal])
    ended = desk.run("deals.csv", "-m", "deals.yaml")
    assert ends(ended) == [("failed", "opportunity_failed"), ("created", "")]
    assert desk.importer("retry", "--json", "--no-progress").code == 0
    assert amounts(renewals) == [10, 20]


def test_a_second_deal_in_a_pipeline_is_told_where_the_location_takes_one(
    desk: Desk, renewals: Sandbox
) -> None:
    renewals.location("loc1").allow_duplicate_opportunities = False
    checked = desk.importer("check", "deals.csv", "-m", "deals.yaml", "--json")
    assert checked.summary["warnings_by_code"]["rival_deal"] == 2
