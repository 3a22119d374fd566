"""What is taken back and what stays is decided by what was written, what was found, and what is there now."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importer.highlevel.additions import digest
from importer.records import Added, Addition, BeforeImage, Change, ImagePart, Json
from importer.runs.undo.deciding import (
    WrittenContact,
    back,
    calls_for,
    not_restored,
    restoration,
    touched,
    touched_beside,
    untouched_beside,
)

SIZE = "field1"
TYPES = {SIZE: "TEXT"}


def made(**more: Any) -> WrittenContact:
    given: dict[str, Any] = {
        "fields": {"firstName": "Ann", "email": "ann@example.com", "phone": "+14155550101"},
        "custom_fields": {SIZE: "L"},
        "tags": frozenset({"spring"}),
        "rows": (2,),
    }
    return WrittenContact(contact_id="c1", location_id="loc1", created=True, **{**given, **more})


def shown(**more: Any) -> dict[str, Any]:
    """Show the contact that ``made`` left, as a read by id does."""
    return {
        "id": "c1",
        "firstName": "Ann",
        "name": "Ann",
        "email": "ann@example.com",
        "phone": "+14155550101",
        "type": "lead",
        "country": "US",
        "tags": ["spring"],
        "customFields": [{"id": SIZE, "value": "L"}],
        **more,
    }


def test_what_the_vendor_normalises_or_fills_by_itself_is_nobodys_edit() -> None:
    written = made(
        fields={
            "firstName": "Ann",
            "email": "Ann@Example.com",
            "phone": "+1 415-555-0101",
            "website": "example.com/",
            "dateOfBirth": "1990-02-01",
        }
    )
    contact = shown(
        website="example.com",
        dateOfBirth="1990-02-01T00:00:00.000Z",
        dnd=False,
        dndSettings={"SMS": {"status": "inactive"}},
        timezone="US/Pacific",
        source="api",
    )
    assert touched(written, contact, TYPES) == ()


@pytest.mark.parametrize(
    ("edit", "name"),
    [
        ({"city": "Rome"}, "city"),
        ({"phone": "+14155550102"}, "phone"),
        ({"phone": None}, "phone"),
        ({"dnd": True}, "dnd"),
        ({"dndSettings": {"SMS": {"status": "permanent"}}}, "dndSettings"),
        ({"lastName": "Lee"}, "lastName"),
        ({"assignedTo": "user1"}, "assignedTo"),
        ({"tags": ["spring", "vip"]}, "tags"),
        ({"tags": []}, "tags"),
        ({"customFields": []}, "a custom field"),
        ({"customFields": [{"id": SIZE, "value": "L"}, {"id": "other", "value": "x"}]}, "a custom field"),
        ({"additionalEmails": [{"email": "b@example.com"}]}, "additional e-mails"),
        ({"additionalPhones": [{"phone": "+14155550109"}]}, "additional phones"),
        ({"followers": ["user1"]}, "followers"),
        ({"businessId": "company1"}, "company"),
    ],
)
def test_any_edit_is_seen_and_named(edit: dict[str, Any], name: str) -> None:
    assert touched(made(), shown(**edit), TYPES) == (name,)


def test_parts_of_a_full_name_are_the_vendors_cut() -> None:
    written = made(fields={"name": "Ann Lee"})
    contact = shown(name="Ann Lee", lastName="Lee", email=None, phone=None)
    assert touched(written, contact, TYPES) == ()


def test_a_value_that_the_vendor_dropped_is_missed_and_no_edit() -> None:
    written = made(dropped=frozenset({"phone", f"custom field {SIZE}"}))
    assert touched(written, shown(phone=None, customFields=[]), TYPES) == ()
    assert touched(written, shown(phone="+14155550102", customFields=[]), TYPES) == ("phone",)


def test_a_value_that_the_vendor_dropped_leaves_that_of_the_row_before() -> None:
    later = made(
        rows=(3,),
        fields={"phone": "+14155550102"},
        custom_fields={SIZE: "XL"},
        dropped=frozenset({"phone", f"custom field {SIZE}"}),
    )
    assert touched(made().joined(later), shown(), TYPES) == ()
    assert touched(made().joined(later), shown(phone="+14155550109"), TYPES) == ("phone",)


def test_followers_and_company_of_the_run_are_no_edit() -> None:
    company = Addition(kind="company", content={"name": "Acme"})
    followers = Addition(kind="followers", content={"followers": ["user1"]})
    contact = shown(followers=["user1"], businessId="company1")
    assert touched(made(additions=(company, followers)), contact, TYPES) == ()
    assert touched(made(additions=(company,)), contact, TYPES) == ("followers",)


def test_tags_that_may_never_have_come_may_be_missing_but_others_not_there() -> None:
    written = made(tags_certain=False)
    assert touched(written, shown(tags=[]), TYPES) == ()
    assert touched(written, shown(tags=["vip"]), TYPES) == ("tags",)


def test_tags_that_took_the_place_of_all_others_are_the_last_rows_alone() -> None:
    later = made(rows=(3,), tags=frozenset({"summer"}))
    assert touched(made().joined(later), shown(tags=["spring", "summer"]), TYPES) == ()
    alone = made(rows=(3,), tags=frozenset({"summer"}), tags_alone=True)
    assert touched(made().joined(alone), shown(tags=["summer"]), TYPES) == ()
    assert touched(made().joined(alone), shown(tags=["spring", "summer"]), TYPES) == ("tags",)


# old values


def change(name: str, old: Json, new: Json, data_type: str | None = None) -> Change:
    return Change(reference=name, name=name, old=old, new=new, data_type=data_type)


def found(
    row: int, *changes: Change, added: tuple[str, ...] | None = (), removed: tuple[str, ...] = ()
) -> BeforeImage:
    return BeforeImage(
        row=row,
        contact_id="c1",
        part=ImagePart.VALUES,
        changes=changes,
        tags_added=added,
        tags_removed=removed,
    )


def updated(*images: BeforeImage, rows: tuple[int, ...] = (2,)) -> WrittenContact:
    return WrittenContact(contact_id="c1", location_id="loc1", rows=rows, created=False, images=images)


def test_a_value_goes_back_only_where_the_contact_holds_what_was_written() -> None:
    written = updated(
        found(
            2,
            change("city", "Paris", "Rome"),
            change("state", None, "CA"),
            change("website", "a.example", "b.example"),
        )
    )
    due = restoration(written, {"city": "Rome", "state": "NY", "website": "a.example"})
    assert [each.name for each in due.changes] == ["city"]
    assert due.kept == ("state",)


def test_the_first_row_knows_what_was_there_and_the_last_one_what_was_written() -> None:
    written = updated(found(2, change("city", "Paris", "Rome")), rows=(2,)).joined(
        updated(found(3, change("city", "Rome", "Oslo")), rows=(3,))
    )
    (due,) = restoration(written, {"city": "Oslo"}).changes
    assert due.old == "Paris"
    assert restoration(written, {"city": "Rome"}).kept == ("city",)


def test_what_somebody_wrote_between_two_rows_goes_back_and_not_what_was_there_before_both() -> None:
    written = updated(
        found(2, change("city", "Paris", "Rome"), change("state", "NY", "CA")),
        found(3, change("city", "Vienna", "Oslo"), change("state", "CA", "TX")),
        rows=(2, 3),
    )
    due = restoration(written, {"city": "Oslo", "state": "TX"}).changes
    assert [(each.name, each.old) for each in due] == [("city", "Vienna"), ("state", "NY")]


def test_tags_of_several_rows_are_taken_together() -> None:
    written = updated(
        found(2, added=("Spring", "a"), removed=()), found(3, added=("b",), removed=("old",)), rows=(2, 3)
    )
    assert written.tags_added == {"spring", "a", "b"}
    assert written.tags_removed == {"old"}


def test_what_a_row_knew_beforehand_of_tags_counts_before_what_a_reply_showed() -> None:
    by_reply = BeforeImage(row=2, contact_id="c1", part=ImagePart.TAGS, tags_added=("a", "b"))
    assert updated(by_reply).tags_added == {"a", "b"}
    assert updated(found(2, added=("a",)), by_reply).tags_added == {"a"}
    assert updated(by_reply, found(2, added=("a",))).tags_added == {"a"}
    assert updated(by_reply, found(2, added=None)).tags_added == {"a", "b"}


@pytest.mark.parametrize(
    ("seen", "edited"),
    [
        (change("firstName", "Ann", "Anna"), ()),
        (change("firstName", "Annie", "Anna"), ("firstName",)),
        (change("city", None, "Rome"), ()),
        (change("city", "Paris", "Rome"), ("city",)),
        (change("country", "US", "IT"), ()),
        (change(SIZE, "L", "M", "TEXT"), ()),
        (change(SIZE, "XL", "M", "TEXT"), (SIZE,)),
        (change("dndSettings", {"SMS": {"status": "inactive"}}, {"SMS": {"status": "active"}}), ()),
        (change("dndSettings", {"SMS": {"status": "active"}}, {"SMS": {"status": "inactive"}}), ("dndSettings",)),
    ],
)  # fmt: skip
def test_what_a_later_row_found_changed_keeps_a_contact_that_an_earlier_one_made(
    seen: Change, edited: tuple[str, ...]
) -> None:
    later = replace(updated(found(3, seen), rows=(3,)), fields={}, custom_fields={}, tags=frozenset())
    both = made().joined(later)
    assert touched(both, shown(), TYPES) == edited
    assert updated(found(2)).joined(later).edited == frozenset()


def test_old_values_are_known_only_if_they_are_of_every_row() -> None:
    assert updated(found(2), rows=(2,)).values_known
    assert not updated(found(2), rows=(2, 3)).values_known
    assert not updated(
        BeforeImage(row=2, contact_id="c1", part=ImagePart.TAGS, tags_added=("a",))
    ).values_known


@pytest.mark.parametrize(
    ("changed", "written"),
    [
        (change("city", "Paris", "Rome"), "Paris"),
        (change("city", "", "Rome"), None),
        (change("dnd", None, True), False),
        (
            change("dndSettings", {"SMS": {"status": "active"}}, {"SMS": {"status": "inactive"}, "Email": {"status": "active"}}),
            {"SMS": {"status": "active"}, "Email": {"status": "inactive"}},
        ),
        (change("additionalPhones", [], [{"phone": "+14155550109"}]), []),
        (change("field1", None, "L", "TEXT"), None),
    ],
)  # fmt: skip
def test_an_old_value_is_written_as_the_vendor_takes_it(changed: Change, written: Json) -> None:
    assert back(changed) == written


def test_what_the_vendor_may_refuse_to_clear_goes_in_a_call_of_its_own() -> None:
    city, zip_code, country = (
        change("city", None, "Rome"),
        change("postalCode", None, "94107"),
        change("country", "US", "IT"),
    )
    assert list(calls_for((city, zip_code, country))) == [(city, country), (zip_code,)]
    assert list(calls_for((zip_code,))) == [(zip_code,)]


def test_a_value_that_is_not_there_when_read_back_is_named() -> None:
    changes = (change("city", "Paris", "Rome"), change("state", None, "CA"), change("gender", "f", "m"))
    assert not_restored(changes[:2], {"city": "Paris"}) == ()
    assert not_restored(changes[:2], {"city": "Rome", "state": "CA"}) == ("city", "state")
    assert restoration(updated(found(2, changes[2])), {"gender": "m"}).changes == ()


# what the run put beside a contact

TASK = Addition(kind="task", content={"title": "Call", "dueDate": "2026-01-01T00:00:00Z", "completed": False})
ADDED = Added(
    kind="task", location_id="loc1", contact_id="c1", id="t1", made=True, digest=digest(TASK)
)  # fmt: skip


@pytest.mark.parametrize(
    ("item", "ours"),
    [
        ({"id": "t1", **TASK.content}, True),
        ({"id": "t1", **TASK.content, "completed": True}, False),
        ({"id": "t1", **TASK.content, "title": "Call her back"}, False),
        ({"id": "t2", **TASK.content}, None),
    ],
    ids=["as it was", "done", "edited", "somebody else's"],
)
def test_what_the_run_put_beside_a_contact_is_its_own_until_somebody_works_with_it(
    item: dict[str, Json],
    ours: bool | None,  # noqa: FBT001  (a case, no option)
) -> None:
    written = updated(found(2))
    written = replace(written, additions=(TASK,), added=(ADDED,))
    body = {"tasks": [item]}
    assert untouched_beside(written, "task", body) == ({"t1"} if ours else frozenset())
    assert touched_beside(written, "task", body) == ({"t1"} if ours is False else frozenset())
