"""Who calls: private integration tokens, and OAuth grants whose refresh tokens rotate."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable
from dataclasses import field, replace
from typing import Final

from importer.sandbox.locations import COMPANY
from importer.sandbox.nouns import noun
from importer.sandbox.replies import Refusal
from importer.sandbox.settings import Account, SandboxSettings
from importer.sandbox.wire import JsonObject

ACCESS_SECONDS: Final = 86_399
DEFAULT_LOCATION: Final = "sandboxLocation00001"
RESERVED: Final = (
    Account(token="pit-no-scope", scopes=frozenset()),  # noqa: S106  (a token for demonstrations, opens nothing)
    Account(token="pit-no-access", locations=frozenset()),  # noqa: S106  (likewise)
)
INVALID: Final = "pit-invalid"
AGENCY: Final = "agency-"
"""What private integration tokens of an agency begin with here, behind ``pit-`` or without it."""
REPEATABLE_SECONDS: Final = 30
"""A refresh token that comes again so soon gets the same new tokens."""
SCOPES: Final = (
    "contacts.readonly contacts.write locations.readonly locations/customFields.readonly "
    "locations/customFields.write locations/tags.readonly locations/tags.write users.readonly "
    "workflows.readonly campaigns.readonly opportunities.readonly opportunities.write "
    "businesses.readonly businesses.write conversations.readonly oauth.write oauth.readonly"
)


@noun
class Grant:
    """What an install of an app gave: one location, or an agency's locations (``None``: all of them)."""

    client_id: str
    user_type: str = "Location"
    location_ids: tuple[str, ...] | None = (DEFAULT_LOCATION,)
    company_id: str = COMPANY
    scope: str = field(default=SCOPES, repr=False)


class Accounts:
    """Every token the sandbox knows. Without declared accounts, any other token opens every location."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._open = not settings.accounts
        self._apps = settings.apps
        self._accounts = {account.token: account for account in (*RESERVED, *settings.accounts)}
        self._refresh: dict[str, Grant] = {}
        self._replaced: dict[str, tuple[float, JsonObject]] = {}
        self._codes: dict[str, Grant] = {}
        self._used_codes: set[str] = set()
        self._paused: set[str] = set()

    def identify(self, authorization: str | None, now: float) -> Account:
        """Find the account of an Authorization header; 401 when it is missing, unknown or expired."""
        if not authorization or not authorization.startswith("Bearer ") or not authorization[7:].strip():
            raise Refusal(401, "Authentication token is missing or invalid")
        token = authorization[7:].strip()
        account = self._accounts.get(token)
        if account is None:
            account = self._meet(token)
        if account.expires_at is not None and now >= account.expires_at:
            raise Refusal(401, "Invalid JWT")
        return account

    def _meet(self, token: str) -> Account:
        if token == INVALID or (not self._open and token.startswith("pit-")):
            raise Refusal(401, "Invalid Private Integration token")
        if not self._open:
            raise Refusal(401, "Invalid token: access token is invalid")
        agency = token.removeprefix("pit-").startswith(AGENCY)
        account = self._accounts[token] = Account(token=token, agency=agency)
        return account

    def declare(self, account: Account) -> None:
        self._accounts[account.token] = account

    def expire(self, token: str) -> None:
        """Let a token be expired from now on."""
        self._accounts[token] = replace(self._accounts.get(token, Account(token=token)), expires_at=0.0)

    def pause(self, location_id: str) -> None:
        """Let a location be paused or unpaid: no token is refreshed for it until it is resumed."""
        self._paused.add(location_id)

    def unpause(self, location_id: str) -> None:
        self._paused.discard(location_id)

    def issue_code(self, grant: Grant) -> str:
        code = secrets.token_hex(20)
        self._codes[code] = grant
        return code

    def issue_refresh_token(self, grant: Grant) -> str:
        token = secrets.token_hex(24)
        self._refresh[token] = grant
        return token

    def exchange(self, form: dict[str, str], now: float) -> JsonObject:
        """Answer ``POST /oauth/token``."""
        for name, shown in (
            ("client_id", "clientId"),
            ("client_secret", "clientSecret"),
            ("grant_type", "grantType"),
        ):
            if not form.get(name):
                raise Refusal(400, f"Missing parameter: {shown}")
        match form["grant_type"]:
            case "authorization_code":
                grant = self._redeem(form)
                self._check_app(form)
                return self._grant_body(grant, now)
            case "refresh_token":
                self._check_app(form)
                return self._rotate(form, now)
            case _:
                raise Refusal(400, "Invalid parameter: grantType")

    def location_token(self, agency: Account, location_id: str, now: float) -> JsonObject:
        """Answer ``POST /oauth/locationToken``: an agency's token for one of its locations."""
        if agency.locations is not None and location_id not in agency.locations:
            raise Refusal(403, "The token does not have access to this location.")
        if location_id in self._paused:
            raise Refusal(400, "Location is not active")
        grant = Grant(client_id=agency.client_id or agency.token, location_ids=(location_id,))
        return self._grant_body(grant, now)

    def _check_app(self, form: dict[str, str]) -> None:
        if self._apps and self._apps.get(form["client_id"]) != form["client_secret"]:
            raise Refusal(401, "UnAuthorized!")

    def _redeem(self, form: dict[str, str]) -> Grant:
        code = form.get("code")
        if not code:
            raise Refusal(400, "Missing parameter: code")
        grant = self._codes.pop(code, None)
        if grant is None and (self._apps or code in self._used_codes):
            raise Refusal(401, "Authorization code not found")  # looked at before the client and its secret
        self._used_codes.add(code)
        # Without declared apps a first-time code of any text will do, so that a login can be tried by hand.
        return grant or consent(form["client_id"], form.get("user_type", "Location"))

    def _rotate(self, form: dict[str, str], now: float) -> JsonObject:
        token = form.get("refresh_token")
        if not token:
            raise Refusal(400, "Missing parameter: refreshToken")
        replaced_at, body = self._replaced.get(token, (-math.inf, {}))
        if now - replaced_at <= REPEATABLE_SECONDS:
            return body
        grant = self._refresh.get(token)
        if grant is None or grant.client_id != form["client_id"]:
            raise Refusal(400, "Invalid grant: refresh token is invalid")
        if self._paused.intersection(grant.location_ids or ()):
            raise Refusal(400, "Location is not active")
        del self._refresh[token]
        body = self._grant_body(grant, now)
        self._replaced[token] = (now, body)
        return body

    def _grant_body(self, grant: Grant, now: float) -> JsonObject:
        agency = grant.user_type == "Company"
        access = f"ey{secrets.token_hex(30)}"
        self.declare(
            Account(
                token=access,
                locations=None if grant.location_ids is None else frozenset(grant.location_ids),
                scopes=frozenset(grant.scope.split()),
                expires_at=now + ACCESS_SECONDS,
                client_id=grant.client_id,
                agency=agency,
            )
        )
        body: JsonObject = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "refresh_token": self.issue_refresh_token(grant),
            "scope": grant.scope,
            "userType": grant.user_type,
            "companyId": grant.company_id,
            "userId": "sandboxInstaller0001",
        }
        approved = list(grant.location_ids or ())
        if agency:
            return {**body, "approvedLocations": approved, "isBulkInstallation": False}
        return {**body, "locationId": approved[0]}


def consent(client_id: str, user_type: str) -> Grant:
    """Grant what somebody who agrees to everything would: the demonstration location, or the whole agency."""
    if user_type == "Company":
        return Grant(client_id=client_id, user_type=user_type, location_ids=None)
    return Grant(client_id=client_id, user_type=user_type)


def camel_case(body: JsonObject) -> JsonObject:
    """Respell an OAuth reply as v3 does: ``access_token`` is ``accessToken``."""
    return {_camel(name): value for name, value in body.items()}


def snake_case(form: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Read v3's ``clientId`` as ``client_id``."""
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): value for name, value in form}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
