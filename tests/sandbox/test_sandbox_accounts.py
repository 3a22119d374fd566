from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from importer.sandbox import Account, Grant, MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox

PLACE = "loc1"

APP = {"client_id": "app", "client_secret": "secret"}


async def look(caller: Caller, token: str, **fields: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Version": "2021-07-28"}
    body = {"locationId": PLACE, "email": "ann@example.com", **fields}
    return await caller.ask("POST", "/contacts/upsert", body, headers=headers)


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"Version": "2021-07-28"}, 401, "Authentication token is missing or invalid"),
        ({"Version": "2021-07-28", "Authorization": "Bearer "}, 401, "Authentication token is missing or invalid"),
        ({"Authorization": "Bearer x"}, 401, "version header was not found."),
        ({"Authorization": "Bearer x", "Version": "2020-01-01"}, 400, "Invalid API version segment '2020-01-01' at position 0"),
    ],
)  # fmt: skip
async def test_token_and_version_are_required(
    caller: Caller, headers: dict[str, str], status: int, message: str
) -> None:
    reply = await caller.ask("GET", f"/locations/{PLACE}", headers=headers)
    assert (reply.status, reply.message) == (status, message)


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        ("pit-invalid", 401, "Invalid Private Integration token"),
        ("pit-no-scope", 401, "The token is not authorized for this scope."),
        ("pit-no-access", 403, "The token does not have access to this location."),
    ],
)
async def test_demonstration_tokens_are_refused_in_the_vendors_words(
    caller: Caller, token: str, status: int, message: str
) -> None:
    reply = await look(caller, token)
    assert (reply.status, reply.message) == (status, message)


async def test_the_wrong_location_by_its_path_is_a_forbidden_resource(caller: Caller) -> None:
    caller.headers["Authorization"] = "Bearer pit-no-access"
    reply = await caller.ask("GET", f"/locations/{PLACE}")
    assert (reply.status, reply.message) == (403, "Forbidden resource")


async def test_declared_accounts_shut_out_all_others(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(
        accounts=(Account(token="pit-a", locations=frozenset({PLACE}), scopes=frozenset({"contacts.write"})),)
    )
    assert (await look(caller, "pit-a")).status == 200
    assert (await look(caller, "pit-a", locationId="loc2")).status == 403
    assert (await look(caller, "pit-b")).message == "Invalid Private Integration token"
    assert (await look(caller, "eyJ")).message == "Invalid token: access token is invalid"
    caller.headers["Authorization"] = "Bearer pit-a"
    assert (
        await caller.ask("GET", f"/locations/{PLACE}")
    ).message == "The token is not authorized for this scope."


async def test_a_contacts_own_location_is_guarded_too(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(
        accounts=(Account(token="pit-a", locations=frozenset({PLACE})), Account(token="pit-all"))
    )
    foreign = caller.sandbox.add_contact("loc2", email="ann@example.com")
    caller.headers["Authorization"] = "Bearer pit-a"
    assert (await caller.ask("GET", f"/contacts/{foreign}")).status == 403


async def test_a_token_expires_by_the_clock_or_by_hand(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(
        accounts=(Account(token="short", expires_at=clock.now() + 10), Account(token="long"))
    )
    assert (await look(caller, "short")).status == 200
    clock.advance(10)
    assert (await look(caller, "short")).message == "Invalid JWT"
    caller.sandbox.accounts.expire("long")
    assert (await look(caller, "long")).status == 401


async def trade(caller: Caller, **form: str) -> Any:
    return await caller.ask("POST", "/oauth/token", form={**APP, **form}, headers={})


async def test_a_refresh_token_works_once_and_is_replaced(caller: Caller, clock: MovableClock) -> None:
    first = caller.sandbox.accounts.issue_refresh_token(Grant(client_id="app", location_ids=(PLACE,)))
    second = await trade(caller, grant_type="refresh_token", refresh_token=first)
    assert second.status == 200
    assert (second.body["expires_in"], second.body["locationId"]) == (86399, PLACE)
    assert (await look(caller, second.body["access_token"])).status == 200
    clock.advance(31)
    again = await trade(caller, grant_type="refresh_token", refresh_token=first)
    assert (again.status, again.message) == (400, "Invalid grant: refresh token is invalid")
    assert (
        await trade(caller, grant_type="refresh_token", refresh_token=second.body["refresh_token"])
    ).status == 200


async def test_an_access_token_lasts_a_day(caller: Caller, clock: MovableClock) -> None:
    token = caller.sandbox.accounts.issue_refresh_token(Grant(client_id="app", location_ids=(PLACE,)))
    access = (await trade(caller, grant_type="refresh_token", refresh_token=token)).body["access_token"]
    clock.advance(86_398)
    assert (await look(caller, access)).status == 200
    clock.advance(1)
    assert (await look(caller, access)).message == "Invalid JWT"


async def test_a_paused_location_is_refused_and_its_refresh_token_works_later(caller: Caller) -> None:
    token = caller.sandbox.accounts.issue_refresh_token(Grant(client_id="app", location_ids=(PLACE,)))
    caller.sandbox.accounts.pause(PLACE)
    refused = await trade(caller, grant_type="refresh_token", refresh_token=token)
    assert (refused.status, refused.message) == (400, "Location is not active")
    caller.sandbox.accounts.unpause(PLACE)
    assert (await trade(caller, grant_type="refresh_token", refresh_token=token)).status == 200


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"client_id": ""}, "Missing parameter: clientId"),
        ({"grant_type": "password"}, "Invalid parameter: grantType"),
        ({"grant_type": "refresh_token"}, "Missing parameter: refreshToken"),
        ({"grant_type": "authorization_code"}, "Missing parameter: code"),
    ],
)
async def test_a_bad_token_request_is_400(caller: Caller, form: dict[str, str], message: str) -> None:
    reply = await trade(caller, **form)
    assert (reply.status, reply.message) == (400, message)


async def test_consent_sends_the_browser_back_with_a_code_and_the_state(caller: Caller) -> None:
    target = f"{caller.sandbox.base_url}/_sandbox/landing"
    query = {"response_type": "code", "client_id": "app", "state": "s1", "redirect_uri": target}
    landed = await caller.ask("GET", "/oauth/chooselocation", query=query, headers={}, follow=False)
    assert landed.status == 302
    back = parse_qs(urlsplit(landed.headers["Location"]).query)
    assert back["state"] == ["s1"]
    traded = await trade(caller, grant_type="authorization_code", code=back["code"][0])
    assert (traded.status, traded.body["userType"]) == (200, "Location")


async def test_a_code_works_once(caller: Caller) -> None:
    code = caller.sandbox.accounts.issue_code(Grant(client_id="app", location_ids=(PLACE,)))
    assert (await trade(caller, grant_type="authorization_code", code=code)).status == 200
    again = await trade(caller, grant_type="authorization_code", code=code)
    assert (again.status, again.message) == (401, "Authorization code not found")


async def test_an_agency_token_gets_location_tokens_and_no_contacts(caller: Caller) -> None:
    token = caller.sandbox.accounts.issue_refresh_token(
        Grant(client_id="app", user_type="Company", location_ids=(PLACE,))
    )
    agency = (await trade(caller, grant_type="refresh_token", refresh_token=token)).body
    assert agency["approvedLocations"] == [PLACE]
    refused = await look(caller, agency["access_token"])
    assert refused.message.startswith("This authClass type is not allowed to access this scope.")
    headers = {"Authorization": f"Bearer {agency['access_token']}", "Version": "2021-07-28"}
    form = {"companyId": agency["companyId"], "locationId": PLACE}
    local = await caller.ask("POST", "/oauth/locationToken", form=form, headers=headers)
    assert (local.status, local.body["locationId"]) == (201, PLACE)
    assert (await look(caller, local.body["access_token"])).status == 200
    other = await caller.ask(
        "POST", "/oauth/locationToken", form={**form, "locationId": "loc2"}, headers=headers
    )
    assert other.status == 403


async def test_a_private_integration_token_gets_no_location_token(caller: Caller) -> None:
    reply = await caller.ask("POST", "/oauth/locationToken", form={"companyId": "c", "locationId": PLACE})
    assert (reply.status, reply.message) == (401, "The token is not authorized for this scope.")


async def test_v3_spells_oauth_in_camel_case(caller: Caller) -> None:
    token = caller.sandbox.accounts.issue_refresh_token(Grant(client_id="app"))
    body = {"clientId": "app", "clientSecret": "s", "grantType": "refresh_token", "refreshToken": token}
    reply = await caller.ask("POST", "/oauth/token", body, headers={"Version": "v3"})
    assert reply.status == 200
    assert {"accessToken", "refreshToken", "expiresIn"} <= set(reply.body)


async def test_a_declared_app_needs_its_secret(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(apps={"app": "other"})
    assert (await trade(caller, grant_type="authorization_code", code="x")).status == 401
