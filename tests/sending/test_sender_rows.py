from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from importer.records import FollowUps, ImportMode, Intent, Json, Record, Remedy, Status, TagMode
from importer.sandbox import Fault, FaultKind
from tests.sending.runs import PATIENT, PLACE, QUICK, StartRun, people, record


async def test_every_row_ends_in_one_outcome(start: StartRun) -> None:
    run = await start()
    outcomes = await run.send(people(300))
    assert sorted(outcomes) == list(range(2, 302))
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    assert len(run.sandbox.contacts()) == 300


async def test_a_contact_that_was_there_is_updated(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="ann@example.com", firstName="An")
    outcomes = await run.send([record(2, email="Ann@Example.com", firstName="Ann")])
    assert outcomes[2].status is Status.UPDATED
    assert run.sandbox.contacts()[0]["properties"]["firstName"] == "Ann"


async def test_an_outcome_carries_what_support_asks_for(start: StartRun) -> None:
    run = await start()
    outcome = (await run.send(people(1)))[2]
    assert outcome.location_id == PLACE
    assert outcome.contact_id == run.sandbox.contacts()[0]["id"]
    assert (outcome.http_status, outcome.attempts) == (200, 1)
    assert outcome.trace_id


async def test_rows_of_one_person_are_never_in_flight_together_and_go_in_file_order(start: StartRun) -> None:
    run = await start(racy=True, latency_ms=(0, 4))
    chain = [
        record(2, email="a@example.com", phone="+14155550100", firstName="first"),
        record(3, email="a@example.com", firstName="second"),
        record(4, phone="+14155550100", firstName="third"),
        record(5, email="b@example.com", phone="+14155550100", firstName="fourth"),
        record(6, email="B@example.com", firstName="last"),
    ]
    others = people(40, first=100)
    outcomes = await run.send([*chain, *others, record(200, email="b@example.com", firstName="very last")])
    assert run.sandbox.state()["overlapping_upserts"] == 0
    assert run.sandbox.state()["contacts"] == 41
    assert outcomes[2].status is Status.CREATED
    assert {outcomes[row].status for row in (3, 4, 5, 6, 200)} == {Status.UPDATED}
    shown = next(each for each in run.sandbox.contacts() if each["phone"] == "+14155550100")
    assert shown["properties"]["firstName"] == "very last"


async def test_lost_replies_do_not_turn_created_into_updated(start: StartRun) -> None:
    faults = {FaultKind.RESET: 0.15, FaultKind.GARBAGE: 0.1, FaultKind.TRUNCATED: 0.1, FaultKind.DROP: 0.1}
    run = await start(faults=faults, seed=4)
    run.sandbox.add_contact(PLACE, email="person2@example.com")
    run.clock.ahead_seconds = 60.0  # and the vendor's clock is not ours
    outcomes = await run.send(
        people(150), retry=PATIENT, opening=PATIENT
    )  # the first contact meets these faults as well
    assert outcomes[2].status is Status.UPDATED
    assert {each.status for row, each in outcomes.items() if row > 2} == {Status.CREATED}
    assert len(run.sandbox.contacts()) == 150
    assert max(each.attempts for each in outcomes.values()) > 1


async def test_a_repeat_does_not_meet_the_attempt_before_it_at_work(start: StartRun) -> None:
    run = await start(faults={FaultKind.RESET: 0.2, FaultKind.DROP: 0.1}, seed=2, latency_ms=(20, 30))
    outcomes = await run.send(
        people(100), retry=replace(QUICK, first_wait_seconds=0.0, longest_wait_seconds=5.0)
    )
    assert max(each.attempts for each in outcomes.values()) > 1
    assert run.sandbox.state()["overlapping_upserts"] == 0


async def test_a_connection_cut_at_once_is_no_sign_that_the_vendor_is_done(start: StartRun) -> None:
    """In the first seconds nothing is known yet of how long it takes, and an outage's pause is shorter still."""
    run = await start(faults={"reset-20ms": 0.25}, seed=3, racy=True, store_delay_ms=(200, 700))
    patient = replace(PATIENT, doubt_seconds=2.5, row_seconds=60.0)
    outcomes = await run.send(people(60), retry=patient, opening=PATIENT)
    assert len(run.sandbox.contacts()) == 60
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    assert max(each.attempts for each in outcomes.values()) > 1


async def test_a_row_that_nothing_can_match_is_not_sent_again_after_a_lost_reply(start: StartRun) -> None:
    run = await start(allow_duplicates=True, faults={FaultKind.RESET: 0.3}, seed=1)
    records = [
        record(row, email="same@example.com", createNewIfDuplicateAllowed=True) for row in range(2, 42)
    ]
    outcomes = await run.send(records)
    lost = [each for each in outcomes.values() if each.code == "unconfirmed"]
    assert lost
    assert all(each.remedy is Remedy.FIX_ROW and each.attempts == 1 for each in lost)
    assert len(run.sandbox.contacts()) == 40
    assert len(lost) + sum(each.status is Status.CREATED for each in outcomes.values()) == 40


async def test_a_refused_row_fails_in_the_vendors_words_and_is_not_tried_again(start: StartRun) -> None:
    run = await start()
    outcomes = await run.send([record(2, email="not an address"), *people(1, first=3)])
    assert outcomes[2].status is Status.FAILED
    assert (outcomes[2].code, outcomes[2].attempts, outcomes[2].remedy) == ("refused", 1, Remedy.FIX_ROW)
    assert "email must be an email" in str(outcomes[2].message)
    assert outcomes[3].status is Status.CREATED


async def test_a_phone_of_another_contact_is_reported_as_not_stored(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="ann@example.com")
    run.sandbox.add_contact(PLACE, email="bob@example.com", phone="+14155550100")
    outcomes = await run.send([record(2, email="ann@example.com", phone="+14155550100")])
    warning = outcomes[2].warnings[0]
    assert (warning.code, warning.fails) == ("not_stored", False)
    assert "phone belongs to another contact" in warning.message


async def test_a_row_that_names_its_contact_is_put_to_it(start: StartRun) -> None:
    run = await start()
    contact_id = run.sandbox.add_contact(PLACE, email="ann@example.com", firstName="An")
    named = Record(
        row=2,
        location_id=PLACE,
        fields={"email": "new@example.com", "firstName": "Ann", "gender": "female"},
        contact_id=contact_id,
    )
    missing = Record(row=3, location_id=PLACE, fields={"firstName": "Bo"}, contact_id="nobodyAtAll000000000")
    outcomes = await run.send([named, missing])
    assert (outcomes[2].status, outcomes[2].contact_id) == (Status.UPDATED, contact_id)
    assert "gender" in outcomes[2].warnings[0].message
    assert run.sandbox.contacts()[0]["email"] == "new@example.com"
    assert (outcomes[3].status, outcomes[3].code) == (Status.FAILED, "contact_not_found")


async def test_create_only_leaves_alone_whom_it_finds(start: StartRun) -> None:
    for allowed in (False, True):
        run = await start(allow_duplicates=allowed)
        contact_id = run.sandbox.add_contact(PLACE, email="ann@example.com", firstName="An")
        records = [record(2, email="ann@example.com", firstName="Ann"), *people(3, first=3)]
        outcomes = await run.send(records, mode=ImportMode.CREATE_ONLY)
        assert (outcomes[2].status, outcomes[2].code) == (Status.SKIPPED, "already_exists")
        assert outcomes[2].contact_id == contact_id
        assert {outcomes[row].status for row in (3, 4, 5)} == {Status.CREATED}
        assert run.sandbox.contacts()[0]["properties"]["firstName"] == "An"


async def test_create_only_knows_its_own_contact_after_a_lost_reply(start: StartRun) -> None:
    for allowed in (False, True):
        run = await start(allow_duplicates=allowed, faults={FaultKind.RESET: 0.3}, seed=2)
        outcomes = await run.send(people(40), mode=ImportMode.CREATE_ONLY)
        assert {each.status for each in outcomes.values()} == {Status.CREATED}
        assert len(run.sandbox.contacts()) == 40


LOST_AND_THERE = (Fault(kind=FaultKind.RESET, path="/contacts"), Fault(path="/contacts"))
"""The first attempt is stored and its reply lost; the second is told who is there, and that one is looked at."""


@pytest.mark.parametrize(("made", "status"), [(-3_000, Status.UPDATED), (-7_199, Status.CREATED)])
async def test_a_row_that_is_gone_on_with_later_made_no_contact_that_came_in_between(
    start: StartRun, made: float, status: Status
) -> None:
    run = await start()
    now = time.time()
    run.sandbox.add_contact(PLACE, added_at=now + made, email="person2@example.com")
    intent = Intent(
        row=2,
        location_id=PLACE,
        first_attempt_at=now - 7_200,
        last_attempt_at=now - 7_190,
        attempts=1,
        exact=False,
    )
    outcomes = await run.send(people(1), row_states={2: intent})
    assert outcomes[2].status is status


@pytest.mark.parametrize("there", [False, True])
async def test_a_row_that_is_refused_after_it_was_stored_is_told_for_what_it_made(
    start: StartRun,
    there: bool,  # noqa: FBT001
) -> None:
    """The reply to the first attempt was lost; by the second one the vendor has changed its mind."""
    run = await start()
    if there:
        run.sandbox.add_contact(PLACE, added_at=1.7e9, email="person2@example.com")
    refusal = Fault(status=422, body=b'{"message": ["city is full"]}', path="/contacts/upsert")
    run.sandbox.script([Fault(kind=FaultKind.RESET, path="/contacts/upsert"), refusal])
    outcome = (await run.send(people(1), retry=PATIENT))[2]
    (contact,) = run.sandbox.contacts()
    if there:
        assert (outcome.status, outcome.code) == (Status.FAILED, "refused")
        assert "may have been stored all the same" in str(outcome.message)
    else:
        assert (outcome.status, outcome.contact_id) == (Status.CREATED, contact["id"])


async def test_a_contact_that_cannot_be_looked_at_after_a_lost_reply_is_not_taken_for_somebody_elses(
    start: StartRun,
) -> None:
    run = await start()
    run.sandbox.script([*LOST_AND_THERE, Fault(status=503, path="/contacts", times=100)])
    hasty = replace(PATIENT, row_seconds=0.02)
    outcome = (await run.send(people(1), mode=ImportMode.CREATE_ONLY, retry=hasty))[2]
    assert (outcome.status, outcome.code, outcome.remedy) == (Status.FAILED, "service_down", Remedy.RUN_AGAIN)


async def test_a_contact_that_does_not_say_when_it_was_made_is_not_taken_for_somebody_elses(
    start: StartRun,
) -> None:
    run = await start()

    def undated(body: bytes) -> bytes:
        told = json.loads(body)
        del told["contact"]["dateAdded"]
        return json.dumps(told).encode()

    run.sandbox.script([*LOST_AND_THERE, Fault(path="/contacts", alter=undated)])
    outcome = (await run.send(people(1), mode=ImportMode.CREATE_ONLY, retry=PATIENT))[2]
    assert (outcome.status, outcome.code) == (Status.FAILED, "unconfirmed")
    assert outcome.contact_id == run.sandbox.contacts()[0]["id"]


@pytest.mark.parametrize(
    ("times", "status", "code"), [(1, Status.CREATED, None), (9, Status.FAILED, "unconfirmed")]
)
async def test_a_contact_that_was_named_and_is_not_found_is_asked_for_twice_and_never_called_missing(
    start: StartRun, times: int, status: Status, code: str | None
) -> None:
    run = await start()
    missing = Fault(status=404, body=b'{"message": "Contact not found"}', path="/contacts", times=times)
    run.sandbox.script([*LOST_AND_THERE, missing])
    outcome = (await run.send(people(1), mode=ImportMode.CREATE_ONLY, retry=PATIENT))[2]
    assert (outcome.status, outcome.code) == (status, code)
    assert outcome.contact_id == run.sandbox.contacts()[0]["id"]


async def test_after_a_lost_reply_nobody_is_believed_only_when_it_is_said_twice(start: StartRun) -> None:
    run = await start(allow_duplicates=True)
    search = "/contacts/search/duplicate"
    nobody = Fault(path=search, alter=lambda _: b'{"contact": null}', times=2)
    run.sandbox.script([nobody, Fault(kind=FaultKind.RESET, path="/contacts")])
    outcomes = await run.send(people(1), mode=ImportMode.CREATE_ONLY, retry=PATIENT)
    assert outcomes[2].status is Status.CREATED
    assert len(run.sandbox.contacts()) == 1


async def test_update_only_creates_nobody(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="person2@example.com")
    outcomes = await run.send(people(2), mode=ImportMode.UPDATE_ONLY)
    assert outcomes[2].status is Status.UPDATED
    assert (outcomes[3].status, outcomes[3].code) == (Status.SKIPPED, "not_found")
    assert len(run.sandbox.contacts()) == 1


async def test_custom_fields_are_read_back_from_a_sample(start: StartRun) -> None:
    run = await start()
    field_id = next(iter(run.sandbox.location(PLACE).custom_fields))
    records = [
        Record(
            row=row,
            location_id=PLACE,
            fields={"email": f"p{row}@example.com"},
            custom_fields=((field_id, "M"), ("unknownField00000000", "x")),
        )
        for row in (2, 3)
    ]
    outcomes = await run.send(records, verify_share=1.0)
    for each in outcomes.values():
        assert [warning.message for warning in each.warnings] == [
            "custom field unknownField00000000 was dropped"
        ]


async def test_tags_replace_in_the_upsert_and_need_no_further_call(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="person2@example.com", tags=["old"])
    await run.send(people(1, tags=("new",)), follow_ups=FollowUps(tag_mode=TagMode.REPLACE))
    assert run.sandbox.contacts()[0]["tags"] == ["new"]
    assert run.journal.landed == {}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FaultKind.WORDS_OBJECT, "email: reason: not deliverable; email: code: 17"),
        (FaultKind.WORDS_NESTED, "email is on a list; phone too; twice"),
        (FaultKind.WORDS_PLAIN, "This contact is not wanted here."),
    ],
)
async def test_a_refusal_in_words_of_any_shape_reaches_the_person(
    start: StartRun, kind: FaultKind, words: str
) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=kind, path="/contacts/upsert")])
    outcome = (await run.send(people(1)))[2]
    assert (outcome.status, outcome.code) == (Status.FAILED, "refused")
    assert words in str(outcome.message)


async def test_an_update_by_id_carries_company_and_type_clears_by_null_and_tells_what_it_cannot(
    start: StartRun,
) -> None:
    run = await start()
    contact_id = run.sandbox.add_contact(PLACE, email="ann@example.com", city="Bonn", companyName="Old")
    fields: dict[str, Json] = {"companyName": "Acme", "type": "customer", "city": None, "gender": "female"}
    outcome = (await run.send([Record(row=2, location_id=PLACE, contact_id=contact_id, fields=fields)]))[2]
    stored = run.sandbox.contacts()[0]["properties"]
    assert outcome.status is Status.UPDATED
    assert (stored["companyName"], stored["type"], stored.get("city")) == ("Acme", "customer", None)
    assert [each.message for each in outcome.warnings] == [
        "gender cannot be changed on a contact that is named by its id"
    ]


async def test_a_type_is_told_to_be_for_updates_by_id_and_further_phones_are_stored(start: StartRun) -> None:
    run = await start()
    further: list[Json] = [{"phone": "+14155550101"}]
    outcome = (await run.send([record(2, phone="+14155550100", additionalPhones=further, type="customer")]))[
        2
    ]
    assert outcome.status is Status.CREATED
    assert run.sandbox.contacts()[0]["additionalPhones"] == ["+14155550101"]
    assert [each.message for each in outcome.warnings] == [
        "type can be set only on a contact that is named by its id"
    ]


async def test_without_dates_the_contacts_just_made_tell_the_vendors_clock(start: StartRun) -> None:
    run = await start()
    run.clock.ahead_seconds = -60.0
    undated = {"Date": "unknown"}
    run.sandbox.script(
        [
            *(
                Fault(path=path, headers=undated, times=20)
                for path in ("/locations/", "/workflows/", "/campaigns/")
            ),
            Fault(path="/contacts/upsert", kind=FaultKind.RESET),
            *[Fault(path="/contacts/upsert", headers=undated)] * 2,
            Fault(path="/contacts/upsert", kind=FaultKind.RESET),
            Fault(path="/contacts/upsert", headers=undated, times=20),
        ]
    )
    outcomes = await run.send(
        people(6), concurrency=2, retry=replace(QUICK, first_wait_seconds=0.3, row_seconds=60.0)
    )
    assert max(each.attempts for each in outcomes.values()) == 2
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
