"""The vendor without its network: a call goes in, a reply comes out, at once and all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, TypeAlias

from importer.sandbox.accounts import Accounts
from importer.sandbox.contacts import Contact, ContactBook
from importer.sandbox.locations import Location, as_document
from importer.sandbox.quota import Meter, Verdict
from importer.sandbox.replies import Refusal, Reply
from importer.sandbox.settings import Account, SandboxSettings
from importer.sandbox.times import Clock
from importer.sandbox.vault import Vault

VERSIONS: Final = frozenset({"v3", "2023-02-21", "2021-07-28", "2021-04-15"})


class Place(Enum):
    """Where a request names its location."""

    BODY = auto()
    QUERY = auto()
    PATH = auto()
    CONTACT = auto()
    """The location of the contact in the path."""
    NOWHERE = auto()


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, read as far as it can be read before anyone is asked whether it may."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str | None = field(repr=False)
    version: str | None
    body: Any = field(repr=False)
    malformed: bool = False
    params: tuple[str, ...] = ()
    account: Account | None = None
    location_id: str = ""
    found: Contact | None = None
    """What an upsert matched when it arrived, for a sandbox that is racy."""

    @property
    def v3(self) -> bool:
        return self.version == "v3"


_FORBIDDEN: Final = {Place.PATH: "Forbidden resource"}
Endpoint: TypeAlias = "Callable[[Vendor, Call], Reply]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    method: str
    path: str
    endpoint: Endpoint
    scope: str | None = None
    place: Place = Place.NOWHERE
    guarded: bool = True
    """Needs a token and a Version header."""
    metered: bool = True
    versions: frozenset[str] = VERSIONS


def may(account: Account, route: Route) -> bool:
    """Tell whether the account's scopes reach the route; contacts are out of an agency token's reach."""
    if account.agency and route.path.startswith("contacts"):
        return False
    return route.scope is None or account.scopes is None or route.scope in account.scopes


@dataclass(slots=True)
class Tally:
    """What was asked and answered, for ``/_sandbox/state``."""

    requests: int = 0
    replies: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    overlapping_upserts: int = 0


class Vendor:
    """Locations, contacts, accounts and quota, and the one way in: ``answer``."""

    def __init__(self, settings: SandboxSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.accounts = Accounts(settings)
        self.contacts = ContactBook()
        self.tally = Tally()
        self.meters: dict[tuple[str, str], Meter] = {}
        self.locations: dict[str, Location] = {}
        self._allowances: dict[str, int] = {}
        self._vault = Vault(settings.db) if settings.db else None
        if self._vault:
            self._remember(self._vault)

    def close(self) -> None:
        if self._vault:
            self._vault.close()

    def answer(self, route: Route, call: Call) -> Reply:
        """Let the call through version, token, scope, quota and location, in this order, and serve it."""
        try:
            self._admit(route, call)
            return route.endpoint(self, call)
        except Refusal as refusal:
            self.tally.refusals[refusal.kind] += 1
            return refusal.reply(retry_after=self.settings.retry_after)

    def location(self, location_id: str) -> Location:
        """Find a location; it comes to be, with its seeded catalogue, when it is first named."""
        held = self.locations.get(location_id)
        if held is None:
            held = self.locations[location_id] = Location(
                id=location_id,
                match=self.settings.match,
                allow_duplicates=self.settings.allow_duplicates,
                unknown_option=self.settings.unknown_option,
            )
            held.seed()
            for name, data_type, options in self.settings.custom_fields:
                if not held.find_custom_field(name):
                    held.add_custom_field(name, data_type=data_type, options=options)
            for name in self.settings.workflows:
                held.furnish_workflow(name)
        return held

    def meter(self, call: Call) -> Meter:
        """Find the quota that the call draws on: its client's, in its location."""
        account = call.account
        client = (account.client_id or account.token) if account else ""
        key = (client, call.location_id)
        held = self.meters.get(key)
        if held is None:
            held = self.meters[key] = Meter(self.settings)
            if (allowance := self._allowances.get(call.location_id)) is not None:
                held.leave_for_today(allowance, self.clock.now())
        return held

    def leave_for_today(self, location_id: str, remaining: int) -> None:
        """Leave every client of the location just so many requests for the rest of the day."""
        self._allowances[location_id] = remaining
        for (_, place), meter in self.meters.items():
            if place == location_id:
                meter.leave_for_today(remaining, self.clock.now())

    def save(self, contacts: Iterable[Contact]) -> None:
        if self._vault:
            self._vault.save_contacts(contacts)

    def forget(self, contact: Contact) -> None:
        self.contacts.remove(contact)
        if self._vault:
            self._vault.delete_contact(contact)

    def save_custom_field(self, location: Location, field_id: str) -> None:
        if self._vault:
            self._vault.save_custom_field(
                field_id, as_document(location.id, location.custom_fields[field_id])
            )

    def _admit(self, route: Route, call: Call) -> None:
        if route.guarded:
            self._recognise(route, call)
        if call.malformed:
            raise Refusal(400, "Unexpected token in JSON")

    def _recognise(self, route: Route, call: Call) -> None:
        if call.version is None:
            raise Refusal(401, "version header was not found.")
        if call.version not in VERSIONS:
            raise Refusal(401, "version header is invalid.")
        call.account = account = self.accounts.identify(call.authorization, self.clock.now())
        call.location_id = self._named_location(route, call)
        if route.metered:
            self._charge(call)
        if not may(account, route):
            raise Refusal(401, "The token is not authorized for this scope.")
        if call.location_id and account.locations is not None and call.location_id not in account.locations:
            raise Refusal(
                403, _FORBIDDEN.get(route.place, "The token does not have access to this location.")
            )

    def _charge(self, call: Call) -> None:
        now = self.clock.now()
        meter = self.meter(call)
        verdict = meter.ask(now)
        if verdict is not Verdict.ADMITTED:
            kind = "daily" if verdict is Verdict.DAY_SPENT else "burst"
            raise Refusal(429, "Too Many Requests", kind=kind, wait_seconds=meter.opens_in(now, verdict))

    def _named_location(self, route: Route, call: Call) -> str:
        named: Any = None
        match route.place:
            case Place.BODY:
                named = call.body.get("locationId") if isinstance(call.body, dict) else None
            case Place.QUERY:
                named = call.query.get("locationId")
            case Place.PATH:
                named = call.params[0]
            case Place.CONTACT:
                contact = self.contacts.get(call.params[0])
                named = contact.location_id if contact else None
            case Place.NOWHERE:
                pass
        return named if isinstance(named, str) else ""

    def _remember(self, vault: Vault) -> None:
        for contact in vault.contacts():
            self.contacts.add(contact)
        for document in vault.custom_fields():
            self.location(document["location"]).add_custom_field(
                document["name"],
                data_type=document["dataType"],
                options=document["options"],
                field_id=document["id"],
                key=document["key"],
                model=document["model"],
            )
