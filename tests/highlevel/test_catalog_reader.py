from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from importer.errors import CredentialsError, SettingsError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds, CustomField, Listed, User
from importer.highlevel.catalog_reader import Ask, read_catalog
from importer.highlevel.follow_ups import wanted_listings
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import FollowUps

LISTINGS = wanted_listings(FollowUps(workflow="Welcome", campaign="Drip"))
ALL = CatalogNeeds(custom_fields=True, users=True, listings=LISTINGS, timezones=True)
PLACE: Mapping[str, Any] = {
    "location": {
        "id": "loc",
        "name": "Acme",
        "companyId": "co",
        "country": "US",
        "timezone": "America/Chicago",
        "settings": {"allowDuplicateContact": True, "contactUniqueIdentifiers": ["phone", "email"]},
    }
}


def vendor(answers: Mapping[str, ReplyKind | Mapping[str, Any]]) -> tuple[Ask, list[str]]:
    """Answer by the beginning of the path: a body, or a refusal of this kind."""
    asked: list[str] = []

    async def ask(call: Call) -> Reply:
        asked.append(f"{call.method} {call.path}")
        for path, answer in answers.items():
            if call.path.startswith(path):
                if isinstance(answer, ReplyKind):
                    return Reply(kind=answer, status=401, words="No.")
                return Reply(kind=ReplyKind.DONE, status=200, body=answer)
        return Reply(kind=ReplyKind.NO_CONTACT, status=400, words="Contact not found")

    return ask, asked


async def test_a_location_is_read_with_its_matching() -> None:
    ask, asked = vendor({"/locations/loc": PLACE})
    catalog = await read_catalog(ask, "loc", CatalogNeeds())
    assert (catalog.name, catalog.company_id, catalog.country) == ("Acme", "co", "US")
    assert catalog.duplicates_allowed
    assert (catalog.custom_fields, catalog.users, catalog.listed) == ((), None, {})
    assert asked == ["GET /locations/loc"]  # nothing that no rule needs


async def test_everything_a_mapping_needs_is_read() -> None:
    fields = [
        {"id": "f1", "name": "Shirt", "fieldKey": "contact.shirt", "dataType": "SINGLE_OPTIONS", "picklistOptions": ["S", "M"]},
        {"id": "f2", "name": "Old", "fieldKey": "contact.old", "dataType": "RADIO", "picklistOptions": [{"value": "A", "name": "a"}]},
        {"name": "without an id"},
        "nonsense",
    ]  # fmt: skip
    ask, _ = vendor(
        {
            "/locations/loc/customFields": {"customFields": fields},
            "/locations/loc/timezones": {"timeZones": ["US/Central"]},
            "/locations/loc": PLACE,
            "/users/": {"users": [{"id": "u1", "firstName": "Ann", "lastName": "Lee", "email": "a@b.co"}]},
            "/workflows/": {"workflows": [{"id": "w1", "name": "Welcome", "status": "draft"}]},
            "/campaigns/": {"campaigns": [{"id": "c1", "name": "Drip"}]},
        }
    )
    catalog = await read_catalog(ask, "loc", ALL)
    assert catalog.custom_fields == (
        CustomField(
            id="f1", name="Shirt", key="contact.shirt", data_type="SINGLE_OPTIONS", options=("S", "M")
        ),
        CustomField(id="f2", name="Old", key="contact.old", data_type="RADIO", options=("A",)),
    )
    assert catalog.users == (User(id="u1", name="Ann Lee", email="a@b.co"),)
    assert catalog.listed == {
        "workflows": (Listed(id="w1", name="Welcome", status="draft"),),
        "campaigns": (Listed(id="c1", name="Drip"),),
    }
    assert catalog.timezones == ("US/Central",)


async def test_users_are_searched_where_their_list_is_gone() -> None:
    page = {"users": [{"id": "u1", "name": "Ann Lee"}], "count": 1}
    ask, asked = vendor({"/locations/loc": PLACE, "/users/search": page, "/users/": ReplyKind.MISDIRECTED})
    catalog = await read_catalog(ask, "loc", CatalogNeeds(users=True))
    assert catalog.users == (User(id="u1", name="Ann Lee"),)
    assert "companyId=co" in asked[-1]


async def test_what_may_be_missing_is_left_unknown() -> None:
    ask, _ = vendor(
        {"/locations/loc": PLACE, "/users/": ReplyKind.SCOPE_MISSING, "/workflows/": ReplyKind.SCOPE_MISSING}
    )
    catalog = await read_catalog(ask, "loc", CatalogNeeds(users=True, listings=LISTINGS[:1]))
    assert (catalog.users, catalog.listed) == (None, {"workflows": None})


async def test_custom_fields_that_cannot_be_read_end_the_run_before_it_begins() -> None:
    ask, _ = vendor({"/locations/loc/customFields": ReplyKind.SCOPE_MISSING, "/locations/loc": PLACE})
    with pytest.raises(CredentialsError, match=r"locations/customFields\.readonly"):
        await read_catalog(ask, "loc", CatalogNeeds(custom_fields=True))


async def test_a_token_that_may_only_write_contacts_is_enough() -> None:
    ask, asked = vendor({"/locations/loc": ReplyKind.SCOPE_MISSING})
    catalog = await read_catalog(ask, "loc", CatalogNeeds())
    assert not catalog.duplicates_allowed
    assert asked[-1].startswith("PUT /contacts/")


async def test_a_token_that_may_not_even_write_contacts_is_not() -> None:
    ask, _ = vendor({"/locations/loc": ReplyKind.SCOPE_MISSING, "/contacts/": ReplyKind.SCOPE_MISSING})
    with pytest.raises(CredentialsError, match=r"contacts\.write"):
        await read_catalog(ask, "loc", CatalogNeeds())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (ReplyKind.TOKEN_REFUSED, CredentialsError),
        (ReplyKind.LOCATION_REFUSED, CredentialsError),
        (ReplyKind.LOCATION_PAUSED, CredentialsError),
        (ReplyKind.REFUSED, CredentialsError),
        (ReplyKind.MISDIRECTED, SettingsError),
        ({"location": []}, SettingsError),
        ({}, SettingsError),
    ],
)
async def test_a_location_that_cannot_be_met_says_why(answer: Any, error: type[Exception]) -> None:
    ask, _ = vendor({"/locations/loc": answer})
    with pytest.raises(error):
        await read_catalog(ask, "loc", CatalogNeeds())
