"""Whatever a location holds and a file says: once a plan is done, nothing of it is left to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import HeldContact
from importer.mirror.changes import UpdateRules, difference, left_by_update
from importer.mirror.foreseen import ForeseenLocation
from importer.mirror.store import Mirror
from importer.records import ImportMode, Json, OnUpdate, PlanAction, Record, TagMode
from importer.runs.planning.deciding import Decider, DecidingRules

EMAILS = st.sampled_from(["ann@example.com", "Ann@Example.com", "bob@example.com", "cid@example.com"])
PHONES = st.sampled_from(["+14155550100", "+14155550101", "+14155550102"])
TEXTS = st.sampled_from(["", "Ann", "ANN", "Bob", " Bob ", "0", "line\r\nbreak"])
TAGS = st.lists(st.sampled_from(["a", "A", "b", "c"]), max_size=3).map(tuple)
MODES = st.sampled_from(list(TagMode))
POLICIES = st.sampled_from([OnUpdate.OVERWRITE, OnUpdate.IF_BLANK, OnUpdate.NEVER])


def filled(fields: Mapping[str, object]) -> dict[str, Json]:
    return {name: cast("Json", value) for name, value in fields.items() if value not in (None, "")}


FIELDS = st.fixed_dictionaries(
    {"email": EMAILS},
    optional={
        "phone": PHONES,
        "firstName": TEXTS,
        "lastName": TEXTS,
        "city": TEXTS,
        "dnd": st.booleans(),
        "additionalPhones": st.lists(PHONES.map(lambda phone: {"phone": phone}), min_size=1, max_size=2),
    },
).map(filled)
RECORDS = st.lists(st.tuples(FIELDS, TAGS), min_size=1, max_size=6)
CONTACTS = st.lists(st.tuples(FIELDS, TAGS), max_size=4)


def records(said: list[tuple[dict[str, Json], tuple[str, ...]]]) -> list[Record]:
    return [
        Record(row=number, location_id="loc1", fields=fields, tags=tags)
        for number, (fields, tags) in enumerate(said, 2)
    ]


def holds(contact_id: str, fields: Mapping[str, Json], tags: tuple[str, ...]) -> HeldContact:
    """Let a contact hold what a file says of it, as the search shows it."""
    others = cast("list[dict[str, str]]", fields.get("additionalPhones", []))
    return HeldContact(
        id=contact_id,
        fields={name: value for name, value in fields.items() if name != "additionalPhones"},
        tags=tuple(dict.fromkeys(tag.lower() for tag in tags)),
        phones=tuple(each["phone"] for each in others),
    )


@contextmanager
def location(held: list[tuple[dict[str, Json], tuple[str, ...]]]) -> Iterator[ForeseenLocation]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        mirror = stack.enter_context(Mirror.scratch(folder / "mirror.db"))
        left = stack.enter_context(Mirror.scratch(folder / "left.db"))
        mirror.renew(
            [holds(f"c{number}", fields, tags) for number, (fields, tags) in enumerate(held)],
            mirror.facts,
        )
        yield ForeseenLocation(mirror, left)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(held=CONTACTS, said=RECORDS, mode=MODES, policy=POLICIES)
def test_rows_that_were_sent_change_nothing_the_next_time(
    held: list[tuple[dict[str, Json], tuple[str, ...]]],
    said: list[tuple[dict[str, Json], tuple[str, ...]]],
    mode: TagMode,
    policy: OnUpdate,
) -> None:
    """Each row by itself: rows of one person may well undo each other."""
    rules = DecidingRules(
        order=("email", "phone"), mode=ImportMode.UPSERT, update=UpdateRules(tag_mode=mode, policy=policy)
    )
    for record in records(said):
        with location(held) as foreseen:
            decider = Decider(foreseen, rules)
            first = decider.decide([record])[record.row]
            again = decider.decide([record])[record.row]
            if first.action in (PlanAction.CREATE, PlanAction.UPDATE):
                # a new contact holds its tags, whatever a rule takes from those that exist
                expected = {PlanAction.UNCHANGED}
                if mode is TagMode.REMOVE and first.action is PlanAction.CREATE:
                    expected.add(PlanAction.UPDATE)
                assert again.action in expected
            else:
                assert again.action is first.action


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(held=CONTACTS, said=RECORDS, cut=st.integers(0, 6), mode=MODES)
def test_rows_decided_in_blocks_or_one_by_one_are_decided_alike(
    held: list[tuple[dict[str, Json], tuple[str, ...]]],
    said: list[tuple[dict[str, Json], tuple[str, ...]]],
    cut: int,
    mode: TagMode,
) -> None:
    """Two rows of one person are decided one upon the other, in one block or in two."""
    rules = DecidingRules(order=("email", "phone"), mode=ImportMode.UPSERT, update=UpdateRules(tag_mode=mode))
    with location(held) as foreseen:
        decider, rows = Decider(foreseen, rules), records(said)
        together = decider.decide(rows[:cut]) | decider.decide(rows[cut:])
    with location(held) as foreseen:
        decider = Decider(foreseen, rules)
        alone = {record.row: decider.decide([record])[record.row] for record in records(said)}
    assert together == alone


def test_whom_an_ambiguous_row_names_first_does_not_depend_on_where_a_block_ends() -> None:
    phone: dict[str, Json] = {"phone": "+14155550100"}
    held: list[tuple[dict[str, Json], tuple[str, ...]]] = [
        ({"email": "bob@example.com", "dnd": True, **phone}, ()),
        ({"email": "ann@example.com", **phone}, ()),
    ]
    said: list[tuple[dict[str, Json], tuple[str, ...]]] = [
        ({"email": "bob@example.com", "dnd": False}, ()),
        ({"email": "ann@example.com", **phone}, ()),
    ]
    rules = DecidingRules(order=("email", "phone"), mode=ImportMode.UPSERT)
    for cut in (0, 1):
        with location(held) as foreseen:
            decider, rows = Decider(foreseen, rules), records(said)
            decided = decider.decide(rows[:cut]) | decider.decide(rows[cut:])
        assert (decided[3].action, decided[3].contact_id) == (PlanAction.AMBIGUOUS, "c0")


def person(name: str, phone: str = "", further: str = "") -> tuple[dict[str, Json], tuple[str, ...]]:
    number = "+1415555010{}".format
    others: Json = [{"phone": number(further)}] if further else []
    fields = {"email": f"{name}@example.com", "phone": phone and number(phone), "additionalPhones": others}
    return {field: value for field, value in fields.items() if value}, ()


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(
            [person("ann"), person("bob", further="1"), person("ann", "0", "1"), person("ann", "1")],
            id="the first contact gets the phone last",
        ),
        pytest.param(
            [person("ann", "", "1"), person("bob", "", "1"), person("ann", "0"), person("cid", "1")],
            id="the first contact is changed in something else",
        ),
        pytest.param(
            [person(f"p{n}", "", "1" if n in {0, 8} else "2") for n in range(9)] + [person("cid", "1")],
            id="rows 2 and 10",
        ),
    ],
)
def test_who_shares_a_phone_is_told_in_one_order_wherever_blocks_end(
    said: list[tuple[dict[str, Json], tuple[str, ...]]],
) -> None:
    rules = DecidingRules(order=("email", "phone"), mode=ImportMode.UPSERT)
    rows, told = records(said), set[str | None]()
    cuts = [*range(len(rows)), None]
    for cut in cuts:
        blocks = [[row] for row in rows] if cut is None else [rows[:cut], rows[cut:]]
        with location([]) as foreseen:
            decided = [Decider(foreseen, rules).decide(block) for block in blocks][-1]
        told.add(decided[rows[-1].row].reason)
    (reason,) = told
    assert str(reason).endswith(
        ("the one of row 2, the one of row 3.", "the one of row 2, the one of row 10.")
    )


def test_a_row_meets_the_further_phones_that_the_rows_before_it_leave() -> None:
    eve: dict[str, Json] = {"email": "eve@example.com"}
    before: Json = [{"phone": "+14155550101"}]
    after: Json = [{"phone": "+14155550102"}]
    said: list[tuple[dict[str, Json], tuple[str, ...]]] = [
        ({**eve, "additionalPhones": after}, ()),
        (
            {**eve, "additionalPhones": before},
            (),
        ),  # what the first row put away is not taken to be there still
        ({**eve, "additionalPhones": after}, ()),
        ({"phone": "+14155550101"}, ()),
        ({"phone": "+14155550102"}, ()),
    ]
    rules = DecidingRules(order=("email", "phone"), mode=ImportMode.UPSERT)
    with location([({**eve, "additionalPhones": before}, ())]) as foreseen:
        decided = Decider(foreseen, rules).decide(records(said)).values()
    update, create = PlanAction.UPDATE, PlanAction.CREATE
    assert [each.action for each in decided] == [update, update, update, create, update]
    assert [each.contact_id for each in decided] == ["c0", "c0", "c0", None, "c0"]


@given(fields=FIELDS, tags=TAGS, other=FIELDS, held_tags=TAGS, mode=MODES)
def test_what_an_update_leaves_differs_in_nothing(
    fields: dict[str, Json],
    tags: tuple[str, ...],
    other: dict[str, Json],
    held_tags: tuple[str, ...],
    mode: TagMode,
) -> None:
    record = Record(row=2, location_id="loc1", fields=fields, tags=tags)
    held = holds("c", other, held_tags)
    rules = UpdateRules(tag_mode=mode)
    assert difference(record, left_by_update(held, difference(record, held, rules)), rules).nothing


STORY = CustomField(id="story", name="Story", key="contact.story", data_type="LARGE_TEXT")
CHOICES = CustomField(id="choices", name="Choices", key="contact.choices", data_type="CHECKBOX")
VALUES = {
    STORY.id: st.sampled_from([None, "one", "two", " one ", "one\ntwo", "two\r\none", "1"]),
    CHOICES.id: st.sampled_from([None, [], ["a"], ["b", "a"], ["c"], "a"]),
}
CUSTOM = st.fixed_dictionaries({}, optional=VALUES)


def parts(value: Json) -> set[str]:
    """Take a value apart: choices, or lines."""
    said = value if isinstance(value, list) else str(value or "").splitlines()
    return {str(each).strip() for each in said}


@given(said=CUSTOM, held=CUSTOM, policy=st.sampled_from(list(OnUpdate)))
def test_what_a_policy_lets_through_is_there_afterwards_and_adds_nothing_again(
    said: dict[str, Json], held: dict[str, Json], policy: OnUpdate
) -> None:
    """A lost reply, the same file every night: neither makes an appended text longer."""
    record = Record(row=2, location_id="loc1", fields={}, custom_fields=tuple(said.items()))
    contact = HeldContact(id="c", fields={}, custom_fields=held)
    rules = UpdateRules(policy=policy, custom_fields={STORY.id: STORY, CHOICES.id: CHOICES})
    first = difference(record, contact, rules)
    left = left_by_update(contact, first)
    assert difference(record, left, rules).nothing
    if policy is OnUpdate.APPEND:
        assert all(parts(change.old) <= parts(change.new) for change in first.changes)
    if policy is OnUpdate.NEVER:
        assert first.nothing
