"""Rows whose contact an earlier row of the plan makes: they go to that contact, or nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.records import Change, Outcome, Planned, Record, Remedy, Status
from importer.sandbox import Fault, FaultKind
from tests.sending.runs import PLACE, StartRun, record

ANN = "ann@example.com"


def creating(row: int = 2, *, email: str = ANN) -> Record:
    return replace(record(row, email=email, firstName="Ann", city="Rome"), planned=Planned(creates=True))


def changing(row: int = 3, *, email: str = ANN) -> Record:
    """A row that changes the city alone: the name is there already, by row 2."""
    changes = (Change(reference="city", name="city", old="Rome", new="Oslo"),)
    return replace(record(row, email=email, city="Oslo"), planned=Planned(changes=changes, made_by=2))


def unchanged(row: int = 4) -> Record:
    end = Outcome(row=row, status=Status.SKIPPED, location_id=PLACE, code="unchanged")
    return replace(record(row, email=ANN), planned=Planned(made_by=2, end=end))


async def test_what_a_row_changes_of_a_contact_just_made_goes_by_its_id(start: StartRun) -> None:
    run = await start()
    outcomes = await run.send([creating(), changing(), unchanged()])
    (contact,) = run.sandbox.contacts()
    assert (contact["properties"]["firstName"], contact["properties"]["city"]) == ("Ann", "Oslo")
    assert [outcomes[row].status for row in (2, 3, 4)] == [Status.CREATED, Status.UPDATED, Status.SKIPPED]
    assert {each.contact_id for each in outcomes.values()} == {contact["id"]}
    assert outcomes[4].code == "unchanged"
    assert "POST contacts/upsert" not in run.sandbox.state()["paths"]


async def test_where_the_first_row_is_refused_the_next_one_makes_no_half_of_a_contact(
    start: StartRun,
) -> None:
    run = await start()
    outcomes = await run.send(
        [
            creating(email="nonsense"),
            changing(email="nonsense"),
            replace(unchanged(), fields={"email": "nonsense"}),
        ]
    )
    assert run.sandbox.contacts() == []
    assert [outcomes[row].code for row in (2, 3, 4)] == [
        "refused",
        "contact_not_created",
        "contact_not_created",
    ]
    assert outcomes[3].remedy is Remedy.RUN_AGAIN
    assert "Row 2 was to create the contact" in str(outcomes[3].message)


async def test_somebody_who_came_meanwhile_is_not_written_over_by_the_second_row(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email=ANN, city="Paris")
    outcomes = await run.send([creating(), changing(), unchanged()])
    (contact,) = run.sandbox.contacts()
    assert contact["properties"]["city"] == "Paris"
    assert {each.code for each in outcomes.values()} == {"changed_since"}


@pytest.mark.parametrize("city", ["Bern", "Rome"])
async def test_what_somebody_changed_of_it_meanwhile_is_left_alone(start: StartRun, city: str) -> None:
    """The run was stopped between the two rows."""
    run = await start()
    (made,) = (await run.send([creating()])).values()
    run.sandbox.edit(str(made.contact_id), fields={"city": city})
    outcome = (await run.send([changing()]))[3]
    assert (outcome.status is Status.UPDATED) is (city == "Rome")
    assert run.sandbox.contacts()[0]["properties"]["city"] == ("Oslo" if city == "Rome" else city)


async def test_a_page_in_the_way_of_a_look_is_not_the_rows_fault(start: StartRun) -> None:
    run = await start()
    contact_id = run.sandbox.add_contact(PLACE, email=ANN, city="Rome")
    run.sandbox.script([Fault(status=406, body=b"<html>Not acceptable</html>", path="/contacts")])
    planned = replace(changing().planned or Planned(), made_by=None)
    outcome = (await run.send([replace(changing(), contact_id=contact_id, planned=planned)]))[3]
    assert (outcome.code, outcome.remedy) == ("edge_refused", Remedy.RUN_AGAIN)


async def test_an_appended_text_is_there_once_although_the_first_reply_was_lost(start: StartRun) -> None:
    run = await start()
    field = run.sandbox.vendor.location(PLACE).furnish_custom_field("Shirt Size").id
    ann = run.sandbox.add_contact(PLACE, email=ANN)
    run.sandbox.edit(ann, customFields={"Shirt Size": "M"})
    change = Change(reference=field, name="Shirt Size", old="M", new="M\nL", data_type="LARGE_TEXT")
    row = replace(
        record(2, email=ANN), fields={}, custom_fields=((field, "M\nL"),), contact_id=ann,
        planned=Planned(changes=(change,)),
    )  # fmt: skip
    # the look passes, and the update is stored before its connection is cut
    run.sandbox.script([Fault(path="/contacts/"), Fault(kind=FaultKind.RESET, path="/contacts/")])
    outcome = (await run.send([row]))[2]
    assert outcome.status is Status.UPDATED
    assert outcome.attempts == 2
    (contact,) = run.sandbox.contacts()
    assert contact["customFields"] == [{"id": field, "value": "M\nL"}]
