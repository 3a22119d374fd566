from __future__ import annotations

import pytest

from importer.highlevel.payload import (
    build_create,
    build_update,
    build_upsert,
    lost_in_update,
    lost_in_upsert,
    match_keys,
    repeatable,
)
from importer.highlevel.versions import ApiVersion
from importer.records import Json, Record, TagMode


def record(*, tags: tuple[str, ...] = (), contact_id: str | None = None, **fields: Json) -> Record:
    return Record(
        row=2,
        location_id="loc",
        fields=fields,
        custom_fields=(("fieldA", "M"), ("contact.shoe", 42)),
        tags=tags,
        contact_id=contact_id,
    )


def test_an_upsert_carries_location_fields_and_custom_fields_by_id() -> None:
    payload = build_upsert(record(email="a@example.com", city=None), tag_mode=TagMode.ADD)
    assert payload == {
        "locationId": "loc",
        "email": "a@example.com",
        "city": None,
        "customFields": [{"id": "fieldA", "field_value": "M"}, {"key": "shoe", "field_value": 42}],
    }


def test_tags_are_in_the_upsert_only_where_they_replace() -> None:
    tagged = record(tags=("x",))
    assert "tags" not in build_upsert(tagged, tag_mode=TagMode.ADD)
    assert "tags" not in build_upsert(tagged, tag_mode=TagMode.REMOVE)
    assert build_upsert(tagged, tag_mode=TagMode.REPLACE)["tags"] == ["x"]
    assert "tags" not in build_upsert(record(), tag_mode=TagMode.REPLACE)


def test_v3_spells_channels_and_values_its_own_way() -> None:
    settings: Json = {"SMS": {"status": "active"}, "WhatsApp": {"status": "inactive"}}
    payload = build_upsert(record(dndSettings=settings), version=ApiVersion.V3, tag_mode=TagMode.ADD)
    assert payload["dndSettings"] == {"sms": {"status": "active"}, "whatsApp": {"status": "inactive"}}
    assert payload["customFields"] == [
        {"id": "fieldA", "fieldValue": "M"},
        {"key": "shoe", "fieldValue": 42},
    ]


def test_building_leaves_the_record_as_it_is() -> None:
    settings: Json = {"SMS": {"status": "active"}}
    given = record(dndSettings=settings)
    build_upsert(given, version=ApiVersion.V3, tag_mode=TagMode.REPLACE)
    assert given.fields == {"dndSettings": {"SMS": {"status": "active"}}}


def test_an_update_leaves_out_what_the_vendor_refuses_there() -> None:
    given = record(gender="female", companyName="Acme", type="lead", createNewIfDuplicateAllowed=True)
    assert build_update(given, tag_mode=TagMode.ADD).keys() == {"companyName", "type", "customFields"}
    assert lost_in_update(given) == ("gender",)


def test_an_upsert_leaves_out_what_only_an_update_carries() -> None:
    given = record(companyName="Acme", type="lead")
    assert build_upsert(given, tag_mode=TagMode.ADD).keys() == {"locationId", "companyName", "customFields"}
    assert "type" not in build_create(given, tag_mode=TagMode.ADD)
    assert lost_in_upsert(given) == ("type",)


def test_the_primary_phone_is_no_additional_one() -> None:
    others: Json = [{"phone": "+14155550100"}, {"phone": "+14155550101"}]
    both = record(phone="+14155550100", additionalPhones=others)
    assert build_upsert(both, tag_mode=TagMode.ADD)["additionalPhones"] == [{"phone": "+14155550101"}]
    alone = record(phone="+14155550100", additionalPhones=[{"phone": "+14155550100"}])
    assert "additionalPhones" not in build_update(alone, tag_mode=TagMode.ADD)


def test_a_create_leaves_out_the_flag_of_the_upsert() -> None:
    given = record(firstName="Ann", createNewIfDuplicateAllowed=True)
    assert "createNewIfDuplicateAllowed" not in build_create(given, tag_mode=TagMode.ADD)


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"email": " Ann@Example.COM "}, ("email:ann@example.com",)),
        ({"phone": "+1 415-555-0100"}, ("phone:+14155550100",)),
        ({"phone": "+14155550100", "email": "a@b.co"}, ("email:a@b.co", "phone:+14155550100")),
        ({"firstName": "Ann"}, ()),
        ({"email": None, "phone": ""}, ()),
    ],
)
def test_match_keys_are_what_the_vendor_matches_by(fields: dict[str, Json], keys: tuple[str, ...]) -> None:
    assert match_keys(Record(row=2, location_id="loc", fields=fields)) == keys


def test_a_named_contact_is_a_match_key_too() -> None:
    assert match_keys(record(contact_id="c1", email="a@b.co")) == ("contact:c1", "email:a@b.co")


def test_only_a_row_that_meets_the_same_contact_again_is_repeatable() -> None:
    assert repeatable(record(email="a@b.co"))
    assert repeatable(record(contact_id="c1"))
    assert not repeatable(record(firstName="Ann"))
    assert not repeatable(record(email="a@b.co", createNewIfDuplicateAllowed=True))
