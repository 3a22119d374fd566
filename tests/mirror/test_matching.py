"""Who a row is: one contact, several, somebody else, nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import HeldContact
from importer.mirror.field_index import FieldIndex
from importer.mirror.foreseen import ForeseenLocation
from importer.mirror.matching import Ambiguous, find_contact, look_for
from importer.mirror.store import Mirror
from importer.records import Json, Record

ORDER = ("email", "phone")
ERP = CustomField(id="f1", name="ERP Id", key="contact.erp_id", data_type="TEXT")


def person(contact_id: str, *, erp: Json = None, **fields: Any) -> HeldContact:
    emails, phones = (tuple(fields.pop(name, ())) for name in ("emails", "phones"))
    custom = {} if erp is None else {ERP.id: erp}
    return HeldContact(id=contact_id, fields=fields, custom_fields=custom, emails=emails, phones=phones)


PEOPLE = (
    person("ann", email="ann@x.com", phone="+1", firstName="Ann", lastName="Smith"),
    person("bob", email="bob@x.com", phone="+2", firstName="Bob", erp="B-1"),
    person("eve", email="eve@x.com", phone="+3", emails=["eve@work.x"], phones=["+33"]),
    person("two", email="two@x.com", firstName="T", erp="same"),
    person("too", email="two@x.com", firstName="T", erp="same "),
    person("cid", phone="+4", firstName="Cid"),
)


@contextmanager
def location(
    *, field: CustomField | None = None, people: Iterable[HeldContact] = PEOPLE
) -> Iterator[ForeseenLocation]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        mirror = stack.enter_context(Mirror.scratch(folder / "mirror.db"))
        left = stack.enter_context(Mirror.scratch(folder / "left.db"))
        mirror.renew(people, mirror.facts)
        values = None if field is None else stack.enter_context(FieldIndex.scratch(folder / "v.db", field))
        if values is not None:
            values.fill(mirror)
        yield ForeseenLocation(mirror, left, values=values)


def found(at: ForeseenLocation, *, erp: object = None, order: tuple[str, ...] = ORDER, **fields: Any) -> Any:
    """Tell who a row is: an id, the ids of an ambiguous one with the reason, or None."""
    custom: Any = () if erp is None else ((ERP.id, erp),)
    record = Record(row=2, location_id="loc1", fields=fields, custom_fields=custom)
    (keys,) = look_for([record], at, order)
    match find_contact(record, at, keys):
        case Ambiguous(contact_ids=contact_ids, reason=reason):
            return contact_ids, reason
        case None:
            return None
        case contact:
            return contact.id


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({"email": "ANN@x.com"}, "ann"),
        ({"email": "new@x.com"}, None),
        ({"phone": "+2"}, "bob"),
        ({"email": "ann@x.com", "phone": "+1"}, "ann"),
        ({"email": "ann@x.com", "phone": "+9"}, "ann"),
        # the phone alone, and one of name and e-mail agrees
        ({"email": "new@x.com", "phone": "+1", "firstName": "ann", "lastName": "SMITH"}, "ann"),
        ({"phone": "+1", "firstName": "Zoe"}, "ann"),
        ({"email": "new@x.com", "phone": "+1"}, "ann"),
        ({"email": "new@x.com", "phone": "+4", "firstName": "Zoe"}, "cid"),
        ({"phone": "+33"}, "eve"),
    ],
)
def test_a_row_is_the_contact_with_its_keys(fields: dict[str, Any], who: str | None) -> None:
    with location() as at:
        assert found(at, **fields) == who


@pytest.mark.parametrize(
    ("fields", "who", "why"),
    [
        (
            {"email": "ann@x.com", "phone": "+2"},
            ("ann", "bob"),
            "the e-mail is one contact's and the phone another's",
        ),
        ({"email": "two@x.com"}, ("two", "too"), "2 contacts have this e-mail"),
        ({"email": "eve@work.x"}, ("eve",), "an additional one"),
        ({"email": "new@x.com", "phone": "+1", "name": "Zoe Jones"}, ("ann",), "e-mail and name both differ"),
    ],
)
def test_a_row_that_could_be_several_people_is_none(
    fields: dict[str, Any], who: tuple[str, ...], why: str
) -> None:
    with location() as at:
        ids, reason = found(at, **fields)
    assert ids == who
    assert why in reason


def test_the_location_may_match_by_one_key_alone() -> None:
    with location() as at:
        assert found(at, email="ann@x.com", phone="+2", order=("phone",)) == "bob"


@pytest.mark.parametrize(
    ("row", "who"),
    [
        ({"erp": "B-1"}, "bob"),
        ({"erp": " B-1 ", "email": "moved@x.com"}, "bob"),
        ({"erp": "B-1", "email": "bob@x.com", "phone": "+2"}, "bob"),
        ({"erp": "b-1"}, None),
        ({"erp": "new"}, None),
        # nobody has the value, and the one with the e-mail has none yet
        ({"erp": "new", "email": "ann@x.com"}, "ann"),
    ],
)
def test_a_custom_field_finds_a_contact_before_its_keys(row: dict[str, Any], who: str | None) -> None:
    with location(field=ERP) as at:
        assert found(at, **row) == who


@pytest.mark.parametrize(
    ("row", "who", "why"),
    [
        ({"erp": "same"}, ("two", "too"), "2 contacts have this value of ERP Id"),
        (
            {"erp": "B-1", "email": "ann@x.com"},
            ("bob", "ann"),
            "ERP Id is one contact's and the e-mail another's",
        ),
        ({"erp": "B-1", "phone": "+33"}, ("bob", "eve"), "ERP Id is one contact's and the phone another's"),
        ({"erp": "new", "email": "bob@x.com"}, ("bob",), "another value of ERP Id"),
        ({"erp": "new", "email": "ann@x.com", "phone": "+3"}, ("ann", "eve"), "another's"),
    ],
)
def test_a_value_and_keys_of_different_people_are_nobody(
    row: dict[str, Any], who: tuple[str, ...], why: str
) -> None:
    with location(field=ERP) as at:
        ids, reason = found(at, **row)
    assert ids == who
    assert why in reason


@pytest.mark.parametrize(
    ("data_type", "held", "written"),
    [
        ("NUMERICAL", 7, "7.0"),
        ("DATE", 631152000000, "1990-01-01"),
        ("EMAIL", "A@x.com", "a@X.com"),
        ("PHONE", "+1 415", "+1415"),
        ("TEXT", "line\r\nbreak", "line\nbreak "),
    ],
)
def test_values_are_compared_as_the_field_stores_them(data_type: str, held: Any, written: str) -> None:
    field = CustomField(id="f1", name="ERP Id", key="contact.erp_id", data_type=data_type)
    with location(field=field, people=[person("ann", erp=held)]) as at:
        assert found(at, erp=written) == "ann"


def test_a_contact_is_found_by_the_value_that_a_row_leaves_and_no_longer_by_the_old_one() -> None:
    with location(field=ERP) as at:
        at.look(["value:B-1"], ["bob"])
        bob = at.contact("bob")
        assert bob is not None
        at.leave(person("bob", erp="B-2", email="bob@x.com"))
        assert (at.holders("value:B-1"), at.holders("value:B-2")) == ((), ("bob",))
        at.settle()
        assert found(at, erp="B-2") == "bob"
        assert found(at, erp="B-1") is None
