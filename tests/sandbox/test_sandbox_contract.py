"""The sandbox against the vendor's own OpenAPI files, where they lie beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller

PLACE = "loc1"
SPECS: Final = Path(__file__).parents[2].parent / "shared" / "reference" / "openapi"
pytestmark = pytest.mark.skipif(not SPECS.is_dir(), reason="the vendor's OpenAPI files are not here")

GOOD: Final[dict[str, Any]] = {
    "locationId": PLACE,
    "firstName": "Ann",
    "lastName": "Example",
    "name": "Ann Example",
    "email": "ann@example.com",
    "phone": "+14155550100",
    "address1": "1 Main Street",
    "city": "Springfield",
    "state": "IL",
    "postalCode": "62701",
    "country": "US",
    "website": "https://example.com",
    "timezone": "America/Chicago",
    "companyName": "Example Ltd",
    "gender": "female",
    "source": "import",
    "assignedTo": "someUser000000000001",
    "dateOfBirth": "1990-09-25",
    "dnd": True,
    "dndSettings": {"SMS": {"status": "active", "message": "asked", "code": "1"}},
    "inboundDndSettings": {"all": {"status": "inactive", "message": ""}},
    "tags": ["vip"],
    "customFields": [],
    "createNewIfDuplicateAllowed": False,
}
BAD: Final[list[dict[str, Any]]] = [
    *({name: 7} for name in GOOD if name != "dateOfBirth"),
    *({name: None} for name in ("postalCode", "country", "gender", "source", "assignedTo", "tags", "dnd")),
    {"additionalEmails": ["x@example.com"]},
    {"dndSettings": {"SMS": {}}},
    {"dndSettings": {"SMS": {"status": "perhaps"}}},
    {"inboundDndSettings": {"all": {"status": "permanent"}}},
]
NULLABLE: Final = (
    *("firstName", "lastName", "name", "address1", "city", "state", "website", "timezone"),
    *("companyName", "dateOfBirth", "phone"),
)


class Spec:
    """One OpenAPI file with the overlay: what it declares wrongly for the values that really travel."""

    def __init__(self, name: str) -> None:
        self._document = _plain(json.loads((SPECS / "apps" / name).read_text(encoding="utf-8")))
        schemas = self._document["components"]["schemas"]
        anything: dict[str, Any] = {}
        for schema, held in schemas.items():
            for prop, declared in held.get("properties", {}).items():
                if prop == "dateOfBirth" and schema.startswith(("Upsert", "Update", "Create")):
                    declared.update({"type": ["string", "null"]})
                if prop in ("field_value", "value", "responses"):
                    held["properties"][prop] = anything
        if "UpsertContactDto" in schemas:
            schemas["UpsertContactDto"]["additionalProperties"] = False

    def faults(self, schema: str, value: Any) -> list[str]:
        import jsonschema  # type: ignore[import-untyped]  # dear to load, and every worker loads this module

        pointer = {"$ref": f"#/components/schemas/{schema}", "components": self._document["components"]}
        return [fault.message for fault in jsonschema.Draft202012Validator(pointer).iter_errors(value)]


def _plain(node: Any) -> Any:
    """Turn OpenAPI 3.0's ``nullable`` into a JSON Schema type."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _plain(each) for name, each in node.items()}
    if plain.pop("nullable", None) is True and "type" in plain:
        plain["type"] = [plain["type"], "null"]
    return plain


@pytest.fixture(scope="module")
def contacts() -> Spec:
    return Spec("contacts.json")


async def test_what_the_spec_takes_the_sandbox_takes(caller: Caller, contacts: Spec) -> None:
    assert contacts.faults("UpsertContactDto", GOOD) == []
    assert (await caller.upsert(**GOOD)).status == 200
    for name in NULLABLE:
        assert contacts.faults("UpsertContactDto", {**GOOD, name: None}) == []
        assert (await caller.upsert(**{**GOOD, name: None})).status == 200, name


async def test_what_the_spec_refuses_the_sandbox_refuses(caller: Caller, contacts: Spec) -> None:
    for fields in BAD:
        assert contacts.faults("UpsertContactDto", {**GOOD, **fields}), fields
        assert (await caller.upsert(**{**GOOD, **fields})).status == 422, fields


async def test_every_property_of_the_spec_comes_back(caller: Caller, contacts: Spec) -> None:
    contact = (await caller.upsert(**GOOD)).body["contact"]
    assert set(GOOD) - {"createNewIfDuplicateAllowed"} <= set(contact)


async def test_contact_replies_fit_the_spec(caller: Caller, contacts: Spec) -> None:
    custom = caller.sandbox.location(PLACE).find_custom_field("Shirt Size")
    assert custom is not None
    upserted = await caller.upsert(**{**GOOD, "customFields": [{"id": custom.id, "field_value": "L"}]})
    contact = upserted.body["contact"]
    path = f"/contacts/{contact['id']}"
    bulk = {"locationId": PLACE, "contacts": [contact["id"]], "tags": ["a"]}
    replies = {
        "UpsertContactsSuccessfulResponseDto": upserted,
        "ContactsByIdSuccessfulResponseDto": await caller.ask("GET", path),
        "UpdateContactsSuccessfulResponseDto": await caller.ask("PUT", path, {"city": "Shelbyville"}),
        "CreateAddTagSuccessfulResponseDto": await caller.ask("POST", f"{path}/tags", {"tags": ["a"]}),
        "UpdateTagsResponseDTO": await caller.ask("POST", "/contacts/bulk/tags/update/add", bulk),
        "DeleteContactsSuccessfulResponseDto": await caller.ask("DELETE", path),
        "CreateContactsSuccessfulResponseDto": await caller.ask(
            "POST",
            "/contacts/",
            {"locationId": PLACE, "email": "new@example.com", "dateOfBirth": "1990-09-25"},
        ),
    }
    for schema, reply in replies.items():
        assert contacts.faults(schema, reply.body) == [], schema


async def test_catalogue_replies_fit_the_spec(caller: Caller) -> None:
    query = {"locationId": PLACE}
    asked = {
        "locations.json": {
            "GetLocationByIdSuccessfulResponseDto": f"/locations/{PLACE}",
            "CustomFieldsListSuccessfulResponseDto": f"/locations/{PLACE}/customFields",
            "LocationTagsSuccessfulResponseDto": f"/locations/{PLACE}/tags",
        },
        "users.json": {"LocationSuccessfulResponseDto": "/users/"},
        "workflows.json": {"GetWorkflowSuccessfulResponseDto": "/workflows/"},
    }
    await caller.upsert(email="ann@example.com", tags=["vip"])
    for name, schemas in asked.items():
        spec = Spec(name)
        for schema, path in schemas.items():
            reply = await caller.ask("GET", path, query=None if path.startswith("/locations") else query)
            assert reply.status == 200, path
            assert spec.faults(schema, reply.body) == [], path


async def test_what_lies_beside_a_contact_fits_the_spec(caller: Caller, contacts: Spec) -> None:
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com")
    path = f"/contacts/{ann}"
    user = caller.sandbox.location(PLACE).users[0]["id"]
    task = {"title": "Call", "dueDate": "2027-02-01T09:00:00Z", "completed": False}
    caller.sandbox.edit(ann, appointment="Visit")
    replies = {
        "GetCreateUpdateNoteSuccessfulResponseDto": await caller.ask("POST", f"{path}/notes", {"body": "x"}),
        "GetNotesListSuccessfulResponseDto": await caller.ask("GET", f"{path}/notes"),
        "TaskByIsSuccessfulResponseDto": await caller.ask("POST", f"{path}/tasks", task),
        "TasksListSuccessfulResponseDto": await caller.ask("GET", f"{path}/tasks"),
        "GetEventsSuccessfulResponseDto": await caller.ask("GET", f"{path}/appointments"),
        "CreateAddFollowersSuccessfulResponseDto": await caller.ask(
            "POST", f"{path}/followers", {"followers": [user]}
        ),
        "DeleteFollowersSuccessfulResponseDto": await caller.ask(
            "DELETE", f"{path}/followers", {"followers": [user]}
        ),
        "ContactsBulkUpateResponse": await caller.ask(
            "POST", "/contacts/bulk/business", {"locationId": PLACE, "ids": [ann], "businessId": None}
        ),
    }
    for schema, reply in replies.items():
        assert reply.status < 300, schema
        assert contacts.faults(schema, reply.body) == [], schema


async def test_opportunities_and_businesses_fit_the_spec(caller: Caller) -> None:
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com")
    query = {"locationId": PLACE}
    pipelines = await caller.ask("GET", "/opportunities/pipelines", query=query)
    deal = {"locationId": PLACE, "pipelineId": pipelines.body["pipelines"][0]["id"], "name": "Roof"}
    made = await caller.ask("POST", "/opportunities/", {**deal, "status": "open", "contactId": ann})
    found = await caller.ask("POST", "/opportunities/search", {"locationId": PLACE, "limit": 10})
    company = await caller.ask("POST", "/businesses/", {"locationId": PLACE, "name": "Example Ltd"})
    listed = await caller.ask("GET", "/businesses/", query=query)
    opportunities, businesses = Spec("opportunities.json"), Spec("businesses.json")
    assert opportunities.faults("GetPostOpportunitySuccessfulResponseDto", made.body) == []
    assert opportunities.faults("PostSearchSuccessfulResponseDto", found.body) == []
    assert businesses.faults("UpdateBusinessResponseDto", company.body) == []
    assert businesses.faults("GetBusinessByLocationResponseDto", listed.body) == []


async def test_oauth_replies_fit_the_spec(caller: Caller) -> None:
    form = {"client_id": "app", "client_secret": "s", "grant_type": "authorization_code", "code": "demo"}
    reply = await caller.ask("POST", "/oauth/token", form={**form, "user_type": "Company"}, headers={})
    assert Spec("oauth.json").faults("GetAccessCodeSuccessfulResponseDto", reply.body) == []


def test_the_country_list_is_the_specs() -> None:
    from importer.sandbox.vocabulary import COUNTRIES

    spec = json.loads((SPECS / "apps" / "locations.json").read_text(encoding="utf-8"))
    declared = spec["components"]["schemas"]["CreateLocationDto"]["properties"]["country"]["enum"]
    assert set(declared) == COUNTRIES
