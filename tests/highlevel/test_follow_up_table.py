from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.codes import BY_NAME
from importer.errors import MappingError
from importer.highlevel import follow_ups as table
from importer.highlevel.auth import SCOPES
from importer.highlevel.catalog import Catalog, Listed
from importer.highlevel.follow_ups import FOLLOW_UPS, FollowUp, follow_up_plan, resolve, steps_for
from importer.mapping.language.model import After
from importer.records import Addition, FollowUpFor, FollowUps, Record, Remedy, Status, TagMode

EVERY_KIND = pytest.mark.parametrize("kind", FOLLOW_UPS, ids=lambda kind: kind.name)
BY_KIND = {kind.name: kind for kind in FOLLOW_UPS}
EVERYTHING = FollowUps(workflow="Welcome", campaign="Drip")

modes = st.sampled_from(TagMode)
names = st.none() | st.text(min_size=1, max_size=5)
wishes = st.builds(
    FollowUps, tag_mode=modes, workflow=names, campaign=names, applies_to=st.sampled_from(FollowUpFor)
)
tags = st.lists(st.text(min_size=1, max_size=5), max_size=3, unique=True).map(tuple)


def wishing(kind: FollowUp) -> tuple[FollowUps, tuple[str, ...]]:
    """Follow-ups and tags that ask for this kind."""
    mode = TagMode.REMOVE if kind.name == "remove_tags" else TagMode.ADD
    return FollowUps(tag_mode=mode, workflow="w", campaign="c"), ("x",)


def value_of(kind: FollowUp) -> tuple[str, ...] | Addition:
    if kind.beside and kind.contacts_a_call == 1:
        return Addition(kind=kind.name, content={"body": "x"})
    if kind.beside:
        return ("Acme",)
    return kind.wanted(*wishing(kind))


def record(*tags: str) -> Record:
    return Record(row=2, location_id="loc", fields={}, tags=tags)


@EVERY_KIND
def test_a_kind_has_all_its_facts(kind: FollowUp) -> None:
    assert value_of(kind), "nothing in the table asks for it"
    assert BY_NAME[kind.code].remedy is Remedy.RUN_AGAIN, "a follow-up that failed is told to be run again"
    assert kind.scope in SCOPES or kind.beside, "what few mappings need is no part of an app's consent"
    assert kind.failed
    assert not kind.failed.endswith(".")
    assert kind.contacts_a_call >= 1
    if kind.listing is not None:
        assert kind.listing.scope in SCOPES
        assert kind.listing.noun in After.keys_by_name


@EVERY_KIND
def test_a_kind_that_must_not_be_sent_twice_says_what_to_look_at(kind: FollowUp) -> None:
    if kind.repeatable:
        assert (kind.unknown, kind.look) == ("", "")
    elif kind.addition is not None:
        assert kind.unknown, "whether it is there is looked up, as long as the vendor answers"
        assert not kind.look
    else:
        assert kind.unknown
        assert kind.look.endswith(".")
        assert kind.contacts_a_call == 1, "one lost reply must not leave many contacts in doubt"


@EVERY_KIND
def test_a_call_names_each_of_its_contacts_and_quotes_what_it_is_given(kind: FollowUp) -> None:
    contact_ids = [f"contact/{number}" for number in range(min(2, kind.contacts_a_call))]
    call = kind.call("loc", contact_ids, value_of(kind))
    assert call.method == "POST"
    body = json.loads(call.body or b"")
    named = body.get("contacts", body.get("ids"))
    assert named in (None, contact_ids)
    assert named or "contact%2F0" in call.path or body["contactId"] == "contact/0"


def test_names_are_told_apart_and_stay_as_journals_know_them() -> None:
    assert [kind.name for kind in FOLLOW_UPS] == [
        "note",
        "task",
        "opportunity",
        "followers",
        "company",
        "add_tags",
        "remove_tags",
        "workflow",
        "campaign",
    ]


def test_every_key_of_after_is_a_follow_up() -> None:
    assert set(After.keys_by_name) - {"applies_to"} <= set(BY_KIND)


def test_bulk_calls_come_before_what_may_act_on_them() -> None:
    steps = steps_for(EVERYTHING, ("vip",), Status.CREATED)
    assert [(step.kind.name, step.value) for step in steps] == [
        ("add_tags", ("vip",)),
        ("workflow", ("Welcome",)),
        ("campaign", ("Drip",)),
    ]


@given(follow_ups=wishes, tags=tags, status=st.sampled_from([Status.CREATED, Status.UPDATED]))
def test_plan_steps_and_costs_are_of_one_mind(
    follow_ups: FollowUps, tags: tuple[str, ...], status: Status
) -> None:
    possible = steps_for(follow_ups, tags)
    steps = steps_for(follow_ups, tags, status)
    plan = follow_up_plan(record(*tags), follow_ups)
    assert set(steps) <= set(possible)
    assert [name for name in plan if name != "for"] == [step.kind.name for step in possible]
    assert {step.kind.selective for step in set(possible) - set(steps)} <= {True}
    assert ("for" in plan) == (follow_ups.workflow is not None or follow_ups.campaign is not None)
    assert table.calls_a_row(follow_ups, tagged=bool(tags)) == pytest.approx(
        sum(1 / step.kind.contacts_a_call for step in possible)
    )
    shared = any(step.kind.contacts_a_call > 1 for step in possible)
    assert table.may_open_batches(record(*tags), follow_ups) == shared


def test_a_row_costs_a_share_of_a_bulk_call_and_one_call_for_each_enrolment() -> None:
    assert table.calls_a_row(FollowUps(), tagged=False) == 0
    assert table.calls_a_row(FollowUps(), tagged=True) == 1 / 500
    assert table.calls_a_row(FollowUps(tag_mode=TagMode.REPLACE), tagged=True) == 0
    assert table.calls_a_row(EVERYTHING, tagged=True) == 2 + 1 / 500


def test_the_plan_says_what_happens_after_the_upsert() -> None:
    assert follow_up_plan(record("x"), FollowUps()) == {"add_tags": ["x"]}
    assert follow_up_plan(record("x"), FollowUps(tag_mode=TagMode.REPLACE)) == {}
    plan = follow_up_plan(
        record("x"),
        FollowUps(tag_mode=TagMode.REMOVE, workflow="Welcome", applies_to=FollowUpFor.CREATED),
    )
    assert plan == {"remove_tags": ["x"], "workflow": "Welcome", "for": "created"}


@pytest.mark.parametrize(
    ("name", "tags", "contact", "shown"),
    [
        ("add_tags", ("Spring",), {"tags": ["spring", "vip"]}, True),
        ("add_tags", ("Spring", "new"), {"tags": ["spring", "vip"]}, False),
        ("add_tags", ("new",), {"tags": []}, False),
        ("add_tags", ("new",), {}, False),
        ("remove_tags", ("Spring",), {"tags": ["spring", "vip"]}, False),
        ("remove_tags", ("new",), {"tags": ["spring"]}, True),
        ("remove_tags", ("new",), {"tags": []}, True),
        ("remove_tags", ("new",), {}, False),
        ("workflow", ("w1",), {"tags": ["w1"]}, False),
    ],
)
def test_nothing_is_asked_for_that_the_reply_shows_to_be_so(
    name: str, tags: tuple[str, ...], contact: dict[str, Any], *, shown: bool
) -> None:
    assert BY_KIND[name].shown(tags, contact) is shown


def test_errors_of_a_bulk_reply_are_found_whatever_its_shape() -> None:
    read_errors = BY_KIND["add_tags"].read_errors
    body = {"responses": [{"contactId": "a", "type": "success"}, {"contactId": "b", "type": "error"}, "x"]}
    assert read_errors(body) == {"b": "no reason given"}
    assert read_errors({}) == read_errors({"responses": None}) == {}


def test_names_become_ids_of_the_location() -> None:
    catalog = Catalog(
        location_id="loc",
        listed={"workflows": (Listed(id="w1", name="WELCOME"),), "campaigns": (Listed(id="Drip", name="x"),)},
    )
    assert resolve(EVERYTHING, catalog) == FollowUps(workflow="w1", campaign="Drip")


def test_a_name_is_taken_for_an_id_where_the_list_cannot_be_read() -> None:
    assert resolve(EVERYTHING, Catalog(location_id="loc", listed={"workflows": None})) == EVERYTHING


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (("Drip", "drip"), "has 2 workflows named 'Welcome'. Name it by its id."),
        ((), "It has: none."),
        (("Other",), "It has: 'Other'."),
    ],
)
def test_a_name_that_means_no_one_thing_is_told_with_what_there_is(known: tuple[str, ...], said: str) -> None:
    listed = tuple(Listed(id=f"w{number}", name=name) for number, name in enumerate(known))
    if len(known) == 2:
        listed = tuple(Listed(id=each.id, name="welcome") for each in listed)
    with pytest.raises(MappingError) as caught:
        resolve(FollowUps(workflow="Welcome"), Catalog(location_id="loc", listed={"workflows": listed}))
    assert said in str(caught.value)
