"""The vendor without its network: a call goes in, a reply comes out, at once and all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, TypeAlias

from importer.sandbox.accounts import Accounts
from importer.sandbox.contacts import Contact, ContactBook
from importer.sandbox.items import LOST_WITH_CONTACT, Item, ItemBook, Kind
from importer.sandbox.locations import Location, as_document
from importer.sandbox.nouns import noun
from importer.sandbox.quota import Meter, Verdict
from importer.sandbox.replies import Refusal, Reply
from importer.sandbox.search.index import SearchIndex
from importer.sandbox.search.ranking import Ranking
from importer.sandbox.settings import Account, SandboxSettings
from importer.sandbox.times import Clock
from importer.sandbox.vault import Vault

VERSIONS: Final = frozenset({"v3", "2023-02-21", "2021-07-28", "2021-04-15"})
WRONG_CLASS: Final = (
    "This authClass type is not allowed to access this scope. Please verify your IAM configuration."
)
WRONG_USER_TYPE: Final = "Token's user type mismatch!"
NO_SCOPE: Final = "The token is not authorized for this scope."


class Place(Enum):
    """Where a request names its location."""

    BODY = auto()
    QUERY = auto()
    PATH = auto()
    CONTACT = auto()
    """The location of the contact in the path."""
    ITEM = auto()
    """The location of the item in the path."""
    NOWHERE = auto()


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
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


@noun
class Route:
    method: str
    path: str
    endpoint: Endpoint
    scope: str | None = None
    place: Place = Place.NOWHERE
    kind: Kind | None = None
    """Of the item in the path, where the path begins with one."""
    guarded: bool = True
    """Needs a token and a Version header."""
    metered: bool = True
    writes: bool = False
    """Stores something, which takes the vendor its time."""
    versions: frozenset[str] = VERSIONS


def refusal_of(account: Account, route: Route) -> str | None:
    """Tell in the vendor's words why the account may not use the route; ``None`` when it may."""
    if account.agency and not _open_to_agencies(route):
        if account.client_id is not None:
            return WRONG_CLASS
        return WRONG_USER_TYPE if route.path.startswith("users") else NO_SCOPE
    reaches = route.scope is None or account.scopes is None or route.scope in account.scopes
    return None if reaches else NO_SCOPE


def _open_to_agencies(route: Route) -> bool:
    return route.path in ("locations/*", "") or route.path.startswith("oauth")


@dataclass(slots=True, eq=False, repr=False)
class Tally:
    """What was asked and answered, for ``/_sandbox/state``."""

    requests: int = 0
    replies: Counter[int] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    """Requests by method and path, with ``*`` for ids; unknown paths go by ``?``."""
    overlapping_upserts: int = 0


class Vendor:
    """Locations, contacts, accounts and quota, and the one way in: ``answer``."""

    def __init__(self, settings: SandboxSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.accounts = Accounts(settings)
        self.contacts = ContactBook()
        self.items = ItemBook()
        self.index = SearchIndex(self.contacts, lag_seconds=settings.search_lag_seconds)
        self.rankings: dict[bytes, Ranking] = {}
        """What searches gave since the index last changed."""
        self.rankings_of = -1
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
        """Admit the call and serve it, at once."""
        return self.admit(route, call) or self.serve(route, call)

    def admit(self, route: Route, call: Call) -> Reply | None:
        """Let the call through version, token, quota, scope and location, in this order, or refuse it."""
        try:
            self._admit(route, call)
        except Refusal as refusal:
            return self._refuse(refusal)
        return None

    def serve(self, route: Route, call: Call) -> Reply:
        """Do what an admitted call asks for, all or nothing."""
        try:
            return route.endpoint(self, call)
        except Refusal as refusal:
            return self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> Reply:
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
            for name, stages in self.settings.pipelines:
                held.add_pipeline(name, stages)
            held.allow_duplicate_opportunities = self.settings.allow_duplicate_opportunities
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

    def enter(self, contact: Contact) -> None:
        """Take in a contact that is new; the search will see it later."""
        self.contacts.add(contact)
        self.index.note_arrival(contact, self.clock.now())

    def touch(self, contact: Contact) -> None:
        """Let a change of the contact begin: ``dateUpdated`` moves, the search still sees what was before."""
        now = self.clock.now()
        self.index.note_change(contact, now)
        contact.updated_at = now

    def save(self, contacts: Iterable[Contact]) -> None:
        if self._vault:
            self._vault.save_contacts(contacts)

    def forget(self, contact: Contact) -> None:
        """Delete a contact, and what is lost with it."""
        self.index.note_change(contact, self.clock.now())
        self.contacts.remove(contact)
        for kind in LOST_WITH_CONTACT:
            for item in self.items.of_contact(kind, contact.id):
                self.discard(item)
        if self._vault:
            self._vault.delete_contact(contact)

    def keep(self, item: Item) -> None:
        """Take in an item that is new, or was changed."""
        self.items.put(item)
        if self._vault:
            self._vault.save_item(item)

    def discard(self, item: Item) -> None:
        self.items.remove(item)
        if self._vault:
            self._vault.delete_item(item)

    def remember_tags(self, location: Location, tags: Iterable[str]) -> None:
        """Let the location list the tags, over a restart too."""
        for tag in [each for each in tags if each not in location.tags]:
            location.remember_tags((tag,))
            if self._vault:
                body = {"name": tag}
                self._vault.save_item(
                    Item(kind=Kind.TAG, id=location.tags[tag], location_id=location.id, body=body)
                )

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
            raise self._unknown_version(call.version)
        call.account = account = self.accounts.identify(call.authorization, self.clock.now())
        call.location_id = self._named_location(route, call)
        if route.metered:
            self._charge(call)
        if (words := refusal_of(account, route)) is not None:
            raise Refusal(401, words)
        if call.location_id and account.locations is not None and call.location_id not in account.locations:
            raise Refusal(
                403, _FORBIDDEN.get(route.place, "The token does not have access to this location.")
            )

    def _unknown_version(self, version: str) -> Refusal:
        if self.settings.unknown_version == 401:
            return Refusal(401, "version header is invalid.")
        return Refusal(400, f"Invalid API version segment '{version}' at position 0")

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
                named = call.query.get("locationId") or call.query.get("location_id")
            case Place.PATH:
                named = call.params[0]
            case Place.CONTACT:
                contact = self.contacts.get(call.params[0])
                named = contact.location_id if contact else None
            case Place.ITEM:
                item = self.items.get(route.kind, call.params[0]) if route.kind else None
                named = item.location_id if item else None
            case Place.NOWHERE:
                pass
        return named if isinstance(named, str) else ""

    def _remember(self, vault: Vault) -> None:
        for contact in vault.contacts():
            self.contacts.add(contact)
        for item in vault.items():
            if item.kind is Kind.TAG:
                self.location(item.location_id).remember_tags((item.body["name"],))
            else:
                self.items.put(item)
        for document in vault.custom_fields():
            self.location(document["location"]).add_custom_field(
                document["name"],
                data_type=document["dataType"],
                options=document["options"],
                field_id=document["id"],
                key=document["key"],
                model=document["model"],
                most_files=document.get("mostFiles", 1),
                accepted=document.get("accepted", ()),
            )
