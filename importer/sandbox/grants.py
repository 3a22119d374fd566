"""OAuth: consent, tokens that rotate, and an agency's location tokens."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from importer.sandbox.accounts import camel_case, consent, snake_case
from importer.sandbox.replies import Refusal, Reply
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject


def choose_location(vendor: Vendor, call: Call) -> Reply:
    """Consent at once, where the vendor shows a page: send the browser back with a code."""
    target = call.query.get("redirect_uri")
    if not target or call.query.get("response_type") != "code":
        raise Refusal(400, "Missing parameter: redirectUri")
    user_type = "Company" if vendor.settings.installed_by_agency else call.query.get("user_type", "Location")
    code = vendor.accounts.issue_code(consent(call.query.get("client_id", ""), user_type))
    shown = vendor.settings.returns_state and "state" in call.query
    answer = {"code": code} | ({"state": call.query["state"]} if shown else {})
    return Reply(302, {}, {"Location": f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}"})


def choose_location_today(vendor: Vendor, call: Call) -> Reply:
    """Answer ``/v2/oauth/chooselocation``, which wants the app's version: the client id up to its dash."""
    if call.query.get("version_id") != call.query.get("client_id", "").partition("-")[0]:
        raise Refusal(400, "error.noversionid")
    return choose_location(vendor, call)


def exchange(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /oauth/token``; v3 spells in camel case, both ways."""
    body = vendor.accounts.exchange(_form(call.body), vendor.clock.now())
    return Reply(200, _spelled(call, body))


def location_token(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /oauth/locationToken`` with 201: for agency OAuth tokens only, none of a private integration."""
    form = _form(call.body)
    account = call.account
    if account is None or not account.agency or account.client_id is None:
        raise Refusal(401, "The token is not authorized for this scope.")
    for name, shown in (("company_id", "companyId"), ("location_id", "locationId")):
        if not form.get(name):
            raise Refusal(400, f"Missing parameter: {shown}")
    return Reply(
        201, _spelled(call, vendor.accounts.location_token(account, form["location_id"], vendor.clock.now()))
    )


def installed_locations(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /oauth/installedLocations``."""
    account = call.account
    if account is None or not account.agency:
        raise Refusal(401, "The token is not authorized for this scope.")
    for name in ("companyId", "appId"):
        if not call.query.get(name):
            raise Refusal(400, f"Missing parameter: {name}")
    known = vendor.locations if account.locations is None else sorted(account.locations)
    wanted = call.query.get("query", "").casefold()
    held = [each for each in known if wanted in f"Sandbox {each}".casefold()]
    skip, limit = (int(call.query.get(name) or default) for name, default in (("skip", 0), ("limit", 20)))
    shown = [
        {"_id": each, "name": f"Sandbox {each}", "address": "", "isInstalled": True}
        for each in held[skip : skip + limit]
    ]
    return Reply(200, {"locations": shown, "count": len(held), "installToFutureLocations": False})


def _form(body: Any) -> dict[str, str]:
    if not isinstance(body, dict):
        raise Refusal(400, "Missing parameter: clientId")
    return snake_case((str(name), str(value)) for name, value in body.items())


def _spelled(call: Call, body: JsonObject) -> JsonObject:
    return camel_case(body) if call.v3 else body
