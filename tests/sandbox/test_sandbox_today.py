"""The vendor as it was seen in 2026; each test names the line of the fact sheet that it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from importer.sandbox import Account, Grant, MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Answer, Caller, OpenSandbox

PLACE = "loc1"
APP = {"client_id": "app-1", "client_secret": "secret"}


async def make(caller: Caller, **fields: Any) -> str:
    reply = await caller.upsert(**{"email": "ann@example.com", **fields})
    made: str = reply.body["contact"]["id"]
    return made


async def put(caller: Caller, contact_id: str, **fields: Any) -> Answer:
    return await caller.ask("PUT", f"/contacts/{contact_id}", fields)


async def test_put_takes_what_the_spec_does_not_declare(caller: Caller) -> None:
    """4, Update: companyName, type, ssn, keyword, businessId, field by field (#314, 2026-07-28)."""
    ann = await make(caller)
    sent = {"companyName": "Example Ltd", "type": "customer", "ssn": "1", "keyword": "k", "businessId": "b"}
    assert (await put(caller, ann, **sent)).status == 200
    stored = await caller.stored(ann)
    assert {name: stored[name] for name in sent} == sent


@pytest.mark.parametrize("name", ["type", "ssn", "keyword", "businessId"])
async def test_upsert_refuses_what_only_put_takes(caller: Caller, name: str) -> None:
    """1.1 businessId refused; 6.5 type and businessId on PUT only."""
    reply = await caller.upsert(email="ann@example.com", **{name: "x"})
    assert (reply.status, reply.message) == (422, [f"property {name} should not exist"])


async def test_on_put_null_clears_and_blank_keeps(caller: Caller) -> None:
    """1.7: companyName on PUT, null clears, "" answers 200 and keeps the old value (live 2026-07-23)."""
    ann = await make(caller, companyName="Example Ltd", city="Springfield")
    assert (await put(caller, ann, companyName="", city=None)).status == 200
    stored = await caller.stored(ann)
    assert (stored["companyName"], "city" in stored) == ("Example Ltd", False)
    await put(caller, ann, companyName=None)
    assert "companyName" not in await caller.stored(ann)


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {}),
        ("DELETE", "", None),
        ("POST", "/tags", {"tags": []}),
        ("GET", "/notes", None),
    ],
)
async def test_a_missing_contact_is_400_or_404(
    open_sandbox: OpenSandbox, status: int, method: str, path: str, body: Any
) -> None:
    """1.4: 400 in most reports, 404 in others, for GET, PUT and DELETE."""
    caller = await open_sandbox(missing_contact=status)
    reply = await caller.ask(method, f"/contacts/nosuch{path}", body)
    assert reply.status == status
    assert "not found" in reply.message


async def test_additional_phones_are_objects_and_are_matched_on(caller: Caller) -> None:
    """1.1: [{"phone"}] stored by upsert (verified live) and by PUT."""
    ann = await make(caller, additionalPhones=[{"phone": "+1 415-555-0101"}])
    assert (await caller.stored(ann))["additionalPhones"] == [{"phone": "+14155550101"}]
    await put(caller, ann, additionalPhones=[{"phone": "+14155550102"}, {"phone": "+14155550103"}])
    found = await caller.upsert(phone="+14155550103")
    assert (found.body["new"], found.body["contact"]["id"]) == (False, ann)
    assert (await caller.upsert(phone="+14155550101")).body["new"] is True


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["+14155550101"], "each value in nested property additionalPhones must be either object or array"),
        ("+14155550101", "additionalPhones must be an array"),
        ([{"number": "+14155550101"}], "additionalPhones.0.property number should not exist"),
    ],
)
async def test_additional_phones_of_another_shape_are_422(caller: Caller, value: Any, message: str) -> None:
    """1.1: strings are refused in these words (2 live witnesses)."""
    reply = await caller.upsert(email="ann@example.com", additionalPhones=value)
    assert reply.status == 422
    assert message in reply.message


async def test_additional_emails_are_refused_in_any_shape_and_read_back(caller: Caller) -> None:
    """1.1: 422 (#262 and one more); read back as [{email}]."""
    for value in (["b@example.com"], [{"email": "b@example.com"}]):
        reply = await caller.upsert(email="ann@example.com", additionalEmails=value)
        assert reply.message == ["property additionalEmails should not exist"]
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com", additional_emails=["b@example.com"])
    assert (await caller.stored(ann))["additionalEmails"] == [{"email": "b@example.com"}]


async def test_an_additional_address_forbids_a_second_contact_by_its_own_name(caller: Caller) -> None:
    """1.4: meta.matchingField is additionalEmail where somebody's additional address matched (2 live witnesses)."""
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com", additional_emails=["b@example.com"])
    reply = await caller.ask("POST", "/contacts/", {"locationId": PLACE, "email": "B@example.com"})
    assert reply.body["meta"] == {"contactId": ann, "contactName": "", "matchingField": "additionalEmail"}


@pytest.mark.parametrize("token", ["agency-1", "pit-agency-1"])
async def test_an_agencys_private_token_opens_the_location_and_nothing_in_it(
    caller: Caller, token: str
) -> None:
    """3.1, live messages of 2026: the location works, users say "user type mismatch", all else is a scope."""
    caller.headers["Authorization"] = f"Bearer {token}"
    query = {"locationId": PLACE}
    users = await caller.ask("GET", "/users/", query=query)
    told = [
        await caller.upsert(email="ann@example.com"),
        await caller.ask("GET", f"/locations/{PLACE}/customFields"),
        await caller.ask("GET", "/workflows/", query=query),
        await caller.ask("GET", "/opportunities/pipelines", query=query),
        await caller.ask("POST", "/oauth/locationToken", form={"companyId": "c", "locationId": PLACE}),
    ]
    assert (await caller.ask("GET", f"/locations/{PLACE}")).status == 200
    assert (users.status, users.message) == (401, "Token's user type mismatch!")
    assert {(each.status, each.message) for each in told} == {
        (401, "The token is not authorized for this scope.")
    }


@pytest.mark.parametrize(("path", "body"), [("", {}), ("/notes", {"body": "x"}), ("/tags", {"tags": []})])
async def test_another_locations_contact_is_403(open_sandbox: OpenSandbox, path: str, body: Any) -> None:
    """1.4: 403 also on a direct fetch of another tenant's contact (#213)."""
    caller = await open_sandbox(accounts=(Account(token="pit-test", locations=frozenset({PLACE})),))
    foreign = caller.sandbox.add_contact("loc2", email="ann@example.com")
    reply = await caller.ask("POST" if path else "PUT", f"/contacts/{foreign}{path}", body)
    assert (reply.status, reply.message) == (403, "The token does not have access to this location.")


@pytest.mark.parametrize(
    ("status", "message"),
    [(400, "Invalid API version segment 'v9' at position 0"), (401, "version header is invalid.")],
)
async def test_an_unknown_version_is_400_today_and_was_401(
    open_sandbox: OpenSandbox, status: int, message: str
) -> None:
    """1.8: 400 since August 2026."""
    caller = await open_sandbox(unknown_version=status)
    caller.headers["Version"] = "v9"
    reply = await caller.ask("GET", f"/locations/{PLACE}")
    assert (reply.status, reply.message) == (status, message)


async def test_every_reply_tells_when_the_day_ends(caller: Caller, clock: MovableClock) -> None:
    """2: x-ratelimit-daily-reset, in milliseconds (SDK3 README; seen live)."""
    first = await caller.upsert(email="ann@example.com")
    clock.advance(60)
    later = await caller.upsert(email="ann@example.com")
    resets = [int(reply.headers["X-RateLimit-Daily-Reset"]) for reply in (first, later)]
    assert resets == [57_600_000, 57_540_000]  # from 08:00 UTC to midnight


async def test_enrolment_is_201_and_a_draft_is_200_without_effect(caller: Caller) -> None:
    """4, Workflow: 201 live; draft: 200 without effect; an active contact is not enrolled again."""
    ann = await make(caller)
    workflows = {each["name"]: each["id"] for each in caller.sandbox.location(PLACE).workflows}
    paths = [f"/contacts/{ann}/workflow/{workflows[name]}" for name in ("Welcome", "Welcome", "Unfinished")]
    assert [(await caller.ask("POST", path, {})).status for path in paths] == [201, 201, 200]
    (listed,) = caller.sandbox.contacts()
    assert (listed["workflows"], listed["enrolments"]) == (["Welcome"], {"Welcome": 2})


async def lookup(caller: Caller, **query: str) -> Answer:
    headers = {**caller.headers, "Version": "v3"}
    return await caller.ask("GET", "/contacts/lookup", query={"locationId": PLACE, **query}, headers=headers)


async def test_lookup_finds_additional_identities_exactly(caller: Caller) -> None:
    """4, Lookup: v3, OAuth only, exactly one of email and phone, case-insensitive, also additional ones."""
    caller.sandbox.accounts.declare(Account(token="pit-test", client_id="app"))
    ann = caller.sandbox.add_contact(
        PLACE,
        email="ann@example.com",
        additional_emails=["b@example.com"],
        additional_phones=["+14155550100"],
    )
    for query in ({"email": "B@example.com"}, {"phone": "+14155550100"}, {"email": "Ann@example.com"}):
        reply = await lookup(caller, **query)
        assert [each["id"] for each in reply.body["contacts"]] == [ann], query
        assert reply.body["nextCursor"] is None
    assert (await lookup(caller, email="nn@example.com")).body["contacts"] == []
    assert (await lookup(caller, email="a@example.com", phone="+14155550100")).status == 422
    assert (await lookup(caller)).status == 422
    assert (await lookup(caller, email="ann@example.com", limit="21")).status == 422


async def test_lookup_is_not_for_private_tokens_nor_for_the_old_version(caller: Caller) -> None:
    assert (await lookup(caller, email="ann@example.com")).status == 401
    old = await caller.ask("GET", "/contacts/lookup", query={"locationId": PLACE, "email": "a@example.com"})
    assert old.status == 404


async def consent(caller: Caller, path: str = "/v2/oauth/chooselocation", **query: str) -> Answer:
    asked = {
        "response_type": "code",
        "client_id": "app-1",
        "redirect_uri": "https://example.com/back",
        "state": "s",
    }
    return await caller.ask("GET", path, query={**asked, **query}, headers={}, follow=False)


async def trade(caller: Caller, **form: str) -> Answer:
    return await caller.ask("POST", "/oauth/token", form={**APP, **form}, headers={})


async def test_consent_needs_the_apps_version(caller: Caller) -> None:
    """3: error.noversionid without it (live 2026-08-20); version_id is the client id up to its dash."""
    for bad in ({}, {"version_id": "other"}):
        refused = await consent(caller, **bad)
        assert (refused.status, refused.message) == (400, "error.noversionid")
    landed = await consent(caller, version_id="app")
    assert landed.status == 302
    assert parse_qs(urlsplit(landed.headers["Location"]).query)["state"] == ["s"]


async def test_consent_may_leave_the_state_out(open_sandbox: OpenSandbox) -> None:
    """3: the return address is documented with ?code= alone."""
    caller = await open_sandbox(returns_state=False)
    back = parse_qs(urlsplit((await consent(caller, version_id="app")).headers["Location"]).query)
    assert set(back) == {"code"}


async def test_an_agencys_install_gives_a_company_token_to_be_exchanged(open_sandbox: OpenSandbox) -> None:
    """3: a Company token though one sub-account was picked; /oauth/locationToken answers 201 (4 live)."""
    caller = await open_sandbox(installed_by_agency=True)
    back = parse_qs(urlsplit((await consent(caller, version_id="app")).headers["Location"]).query)
    company = await trade(caller, grant_type="authorization_code", code=back["code"][0])
    assert (company.body["userType"], "locationId" in company.body) == ("Company", False)
    caller.headers["Authorization"] = f"Bearer {company.body['access_token']}"
    refused = await caller.upsert(email="ann@example.com")
    assert "authClass" in refused.message
    form = {"companyId": company.body["companyId"], "locationId": PLACE}
    local = await caller.ask("POST", "/oauth/locationToken", form=form)
    assert local.status == 201
    caller.headers["Authorization"] = f"Bearer {local.body['access_token']}"
    assert (await caller.upsert(email="ann@example.com")).status == 200


async def test_the_dashed_location_token_is_v3_only(caller: Caller) -> None:
    """3: /oauth/location-token is 404 under 2021-07-28."""
    reply = await caller.ask("POST", "/oauth/location-token", form={"companyId": "c", "locationId": PLACE})
    assert reply.status == 404


async def test_a_refresh_token_that_comes_again_at_once_gets_the_same(
    caller: Caller, clock: MovableClock
) -> None:
    """3: sent again within 30 s it returns the same new one (changelog), later it fails."""
    first = caller.sandbox.accounts.issue_refresh_token(Grant(client_id="app-1"))
    one = await trade(caller, grant_type="refresh_token", refresh_token=first)
    clock.advance(30)
    two = await trade(caller, grant_type="refresh_token", refresh_token=first)
    clock.advance(1)
    three = await trade(caller, grant_type="refresh_token", refresh_token=first)
    assert one.body == two.body
    assert (three.status, three.message) == (400, "Invalid grant: refresh token is invalid")


async def test_a_code_is_looked_at_before_the_client(open_sandbox: OpenSandbox) -> None:
    """3: any wrong mix is 401 UnAuthorized! or Authorization code not found."""
    caller = await open_sandbox(apps={"app-1": "other"})
    code = caller.sandbox.accounts.issue_code(Grant(client_id="app-1"))
    wrong = await trade(caller, grant_type="authorization_code", code="nosuch")
    secret = await trade(caller, grant_type="authorization_code", code=code)
    assert (wrong.status, wrong.message) == (401, "Authorization code not found")
    assert (secret.status, secret.message) == (401, "UnAuthorized!")
