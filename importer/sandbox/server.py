"""The sandbox as a whole: it lets a request meet its fate, and writes the reply."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from email.utils import formatdate
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from importer.sandbox import edits, observation
from importer.sandbox.accounts import Accounts
from importer.sandbox.beside.uploads import read_form
from importer.sandbox.contacts import Contact
from importer.sandbox.deliveries import Delivery, Manner, bent, refused
from importer.sandbox.faults import Fates, Fault
from importer.sandbox.locations import Location
from importer.sandbox.replies import Refusal, Reply
from importer.sandbox.routes import Atlas
from importer.sandbox.settings import FaultKind, SandboxSettings
from importer.sandbox.swaps import Swaps
from importer.sandbox.times import Clock, WallClock
from importer.sandbox.transport import Arrival, Listener
from importer.sandbox.upserts import match_on_arrival, upsert
from importer.sandbox.vendor import Call, Route, Vendor
from importer.sandbox.wire import JsonObject, dumps, loads

_CUT: Final = Delivery(status=0, manner=Manner.CUT)
_BROKEN: Final = Reply(500, {"message": "Internal server error"})


class Sandbox:
    """A HighLevel stand-in on loopback.

    Use it as ``async with Sandbox(SandboxSettings(...)) as sandbox`` beside the client, in the same event loop.
    """

    def __init__(self, settings: SandboxSettings | None = None, *, clock: Clock | None = None) -> None:
        self.settings = settings or SandboxSettings()
        self.clock = clock or WallClock()
        self.vendor = Vendor(self.settings, self.clock)
        self.fates = Fates(self.settings.faults, self.settings.seed)
        self._atlas = Atlas()
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self._listener = Listener(self._serve, self.clock, compresses=self.settings.gzip)
        self._swaps = Swaps(self.clock, patience_seconds=self.settings.slow_seconds)
        self._latest: dict[str, Delivery] = {}
        self._date = (0, "")
        self.port = self.settings.port

    @property
    def base_url(self) -> str:
        return f"http://{self.settings.host}:{self.port}"

    @property
    def accounts(self) -> Accounts:
        """The tokens it knows: declare, expire, pause, issue."""
        return self.vendor.accounts

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        self.port = await self._listener.start(self.settings.host, self.port)

    async def stop(self) -> None:
        await self._listener.stop()
        self.vendor.close()

    async def hang_up(self) -> None:
        """Refuse connections, as a vendor that is not there, until ``start`` listens on the same port again."""
        await self._listener.hang_up()

    def state(self) -> JsonObject:
        """Count requests, refusals, contacts and the busiest window, as ``GET /_sandbox/state`` does."""
        return observation.state(self.vendor)

    def contacts(self, location_id: str | None = None) -> list[JsonObject]:
        """List contacts, as ``GET /_sandbox/contacts`` does."""
        listed: list[JsonObject] = observation.contacts(self.vendor, location_id)["contacts"]
        return listed

    def location(self, location_id: str) -> Location:
        """Give a location, which may be changed while the sandbox runs."""
        return self.vendor.location(location_id)

    def furnish(
        self,
        location_id: str,
        *,
        custom_fields: Iterable[str] = (),
        file_fields: Iterable[str] = (),
        deal_fields: Iterable[str] = (),
        workflows: Iterable[str] = (),
        campaigns: Iterable[str] = (),
        pipelines: Iterable[tuple[str, Iterable[str]]] = (),
    ) -> None:
        """See to it that the location has these: custom fields of contacts (some of files) and deals (text, unless there), workflows, campaigns, pipelines with stages."""
        location = self.vendor.location(location_id)
        for reference in file_fields:
            location.furnish_custom_field(reference, data_type="FILE_UPLOAD")
        for reference in custom_fields:
            location.furnish_custom_field(reference)
        for reference in deal_fields:
            location.furnish_custom_field(reference, model="opportunity")
        for reference in workflows:
            location.furnish_workflow(reference)
        for reference in campaigns:
            location.furnish_campaign(reference)
        for reference, stages in pipelines:
            location.furnish_pipeline(reference, stages)

    def add_contact(
        self,
        location_id: str,
        *,
        additional_emails: Iterable[str] = (),
        additional_phones: Iterable[str] = (),
        tags: Iterable[str] = (),
        added_at: float | None = None,
        **properties: Any,
    ) -> str:
        """Put a contact there without a request, made ``added_at`` (now), and give its id."""
        now = self.clock.now() if added_at is None else added_at
        contact = Contact(
            id=self.vendor.contacts.new_id(),
            location_id=self.vendor.location(location_id).id,
            added_at=now,
            updated_at=now,
            properties=properties,
            tags=list(tags),
            additional_emails=tuple(additional_emails),
            additional_phones=tuple(additional_phones),
            made_by="seed",
        )
        self.vendor.contacts.add(contact)  # seeded: the search sees it at once
        self.vendor.index.generation += 1
        self.vendor.save((contact,))
        return contact.id

    def edit(self, contact_id: str, **changes: Any) -> None:
        """Change a contact as a person would on the vendor's screen, as ``POST /_sandbox/edit`` does."""
        edits.edit(self.vendor, {"contactId": contact_id, **changes})

    def edit_as_told(self, raw: bytes) -> tuple[int, JsonObject]:
        """Answer ``POST /_sandbox/edit``: status and body."""
        try:
            contact = edits.edit(self.vendor, loads(raw))
        except Refusal as refusal:
            return refusal.status, refusal.reply().body
        except (ValueError, TypeError, AttributeError):
            return 400, Refusal(
                400, "An edit is a JSON object like {contactId, fields: {city: ...}}."
            ).reply().body
        return 200, {"contactId": contact.id}

    def script(self, faults: Iterable[Fault]) -> None:
        """Set the fates of the next requests, in order; after them the dice decide again."""
        self.fates.script(faults)

    def go_down(self, fault: Fault | None = None) -> None:
        """Answer every API request with 503, or with the fault given, until ``come_up``."""
        self.fates.down = fault or Fault(kind=FaultKind.UNAVAILABLE)

    def come_up(self) -> None:
        self.fates.down = None

    def leave_for_today(self, location_id: str, remaining: int) -> None:
        """Leave the location just so many requests for the rest of the day."""
        self.vendor.leave_for_today(location_id, remaining)

    async def _serve(self, arrival: Arrival) -> Delivery:
        if arrival.path.startswith("/_sandbox"):
            return self._observe(arrival)
        self.vendor.tally.requests += 1
        fault = self.fates.next(arrival.path)
        if fault and fault.name:
            self.vendor.tally.faults[fault.name] += 1
        version = arrival.headers.get("Version")
        found = self._atlas.find(arrival.method, arrival.path, version)
        route, params = found or (None, ())
        self.vendor.tally.paths[_kind_of(arrival.method, route)] += 1
        call = _read_call(arrival, version, params)
        with self._counted(route, call):
            return await self._meet_fate(arrival, route, call, fault)

    async def _meet_fate(
        self, arrival: Arrival, route: Route | None, call: Call, fault: Fault | None
    ) -> Delivery:
        if self.vendor.settings.racy and route is not None and route.endpoint is upsert:
            call.found = match_on_arrival(self.vendor, call)
        await self._travel()
        if fault is None:
            kind = _kind_of(call.method, route)
            delivery = self._swaps.offer(kind, self._deliver(call, await self._take_effect(route, call)))
            self._latest[kind] = delivery
        else:
            delivery = await self._befall(arrival, route, call, fault)
        await self._travel()
        return delivery

    async def _befall(self, arrival: Arrival, route: Route | None, call: Call, fault: Fault) -> Delivery:
        if fault.kind is FaultKind.RESET and fault.seconds:
            await self.clock.sleep(fault.seconds)
            arrival.cut()
        reply = await self._take_effect(route, call) if fault.takes_effect else None
        if fault.kind in (FaultKind.RESET, FaultKind.DROP):
            return _CUT
        if delivery := refused(fault, (call.authorization or "").removeprefix("Bearer ")):
            return self._dated(delivery)
        if fault.kind is FaultKind.SLOW:
            await self.clock.sleep(self.settings.slow_seconds if fault.seconds is None else fault.seconds)
        usual = self._deliver(call, self._words(fault, reply))
        if fault.kind is FaultKind.SWAP:
            return await self._swaps.wait(_kind_of(call.method, route), usual)
        return bent(fault, usual, self._latest.get(_kind_of(call.method, route)))

    async def _take_effect(self, route: Route | None, call: Call) -> Reply:
        """Admit the call, let the vendor work on it for its time, and store; the client may be gone meanwhile."""
        if route is None:
            return Refusal(404, f"Cannot {call.method} {call.path}").reply()
        low, high = self.settings.store_delay_ms
        if not route.writes or high <= 0:
            return self.vendor.answer(route, call)
        if refusal := self.vendor.admit(route, call):
            return refusal
        await self.clock.sleep(self.fates.between(low, high) / 1000)
        return self.vendor.serve(route, call)

    async def _travel(self) -> None:
        """Take half of the latency, once on the way in and once on the way out."""
        low, high = self.settings.latency_ms
        if high > 0:
            await self.clock.sleep(self.fates.between(low, high) / 2000)

    def _words(self, fault: Fault, reply: Reply | None) -> Reply:
        if fault.kind is FaultKind.THROTTLED:
            self.vendor.tally.refusals["fault"] += 1
            return _throttled()
        return _BROKEN if fault.kind is FaultKind.ERROR else reply or _BROKEN

    def _deliver(self, call: Call, reply: Reply) -> Delivery:
        self.vendor.tally.replies[reply.status] += 1
        now = self.clock.now()
        headers = self.vendor.meter(call).headers(now)
        headers["Content-Type"] = "application/json; charset=utf-8"
        headers["Date"] = self._http_date(now)
        headers.update(reply.headers)
        return Delivery(status=reply.status, headers=headers, body=dumps(reply.body))

    def _dated(self, delivery: Delivery) -> Delivery:
        self.vendor.tally.replies[delivery.status] += 1
        return replace(delivery, headers={"Date": self._http_date(self.clock.now()), **delivery.headers})

    def _observe(self, arrival: Arrival) -> Delivery:
        status, body = 200, {}
        match arrival.method, arrival.path.removeprefix("/_sandbox").strip("/"):
            case "GET", "state":
                body = self.state()
            case "GET", "contacts":
                body = observation.contacts(self.vendor, arrival.query.get("locationId"))
            case "GET", "items":
                body = observation.items(self.vendor, arrival.query.get("locationId"))
            case "POST", "edit":
                status, body = self.edit_as_told(arrival.body)
            case _:
                body = {"paths": [f"/_sandbox/{name}" for name in ("state", "contacts", "items", "edit")]}
        return Delivery(status=status, headers={"Content-Type": "application/json"}, body=dumps(body))

    def _http_date(self, now: float) -> str:
        second = int(now)
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    @contextlib.contextmanager
    def _counted(self, route: Route | None, call: Call) -> Iterator[None]:
        """Notice upserts of one person that are in flight at once."""
        keys = _upsert_keys(call) if route is not None and route.endpoint is upsert else ()
        if any(self._in_flight[key] for key in keys):
            self.vendor.tally.overlapping_upserts += 1
        self._in_flight.update(keys)
        try:
            yield
        finally:
            for key in keys:
                self._in_flight[key] -= 1
                if not self._in_flight[key]:
                    del self._in_flight[key]


def _kind_of(method: str, route: Route | None) -> str:
    """Name what is asked, whoever it is about: ``GET contacts/*``."""
    return f"{method} {route.path if route else '?'}"


def _read_call(arrival: Arrival, version: str | None, params: tuple[str, ...]) -> Call:
    body, malformed = None, False
    if arrival.body:
        try:
            body = _read_body(arrival)
        except ValueError:
            malformed = True
    return Call(
        method=arrival.method,
        path=arrival.path,
        query=arrival.query,
        authorization=arrival.headers.get("Authorization"),
        version=version,
        body=body,
        malformed=malformed,
        params=params,
    )


def _read_body(arrival: Arrival) -> Any:
    if arrival.content_type == "application/json":
        return loads(arrival.body)
    if arrival.content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(arrival.body.decode()))
    if arrival.content_type.startswith("multipart/form-data"):
        return read_form(arrival.content_type, arrival.body)
    return {}  # the vendor's parser passes over a body whose type it does not know


def _upsert_keys(call: Call) -> tuple[tuple[str, str], ...]:
    body = call.body
    if not isinstance(body, dict):
        return ()
    place = str(body.get("locationId"))
    return tuple((place, str(body[name]).lower()) for name in ("email", "phone") if body.get(name))


def _throttled() -> Reply:
    """Refuse as if the window were full, under a trace id of its own: one that comes twice is a reply heard before."""
    return Reply(429, Refusal(429, "Too Many Requests").reply().body, {"X-RateLimit-Remaining": "0"})
