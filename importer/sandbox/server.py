"""The sandbox on a socket: reads a request, lets it meet its fate, writes the reply."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from email.utils import formatdate
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qsl

from aiohttp import web

from importer.sandbox import observation
from importer.sandbox.accounts import Accounts
from importer.sandbox.contacts import Contact
from importer.sandbox.faults import Fates, Fault
from importer.sandbox.locations import Location
from importer.sandbox.replies import Refusal, Reply
from importer.sandbox.routes import Atlas
from importer.sandbox.settings import FaultKind, SandboxSettings
from importer.sandbox.times import Clock, WallClock
from importer.sandbox.upserts import match_on_arrival, upsert
from importer.sandbox.vendor import Call, Route, Vendor
from importer.sandbox.wire import JsonObject, dumps, loads

HTML: Final = (
    b"<!DOCTYPE html><html><head><title>%s</title></head><body><center><h1>%s</h1></center></body></html>"
)
_PAGES: Final = {
    FaultKind.BAD_GATEWAY: (502, b"502 Bad Gateway"),
    FaultKind.UNAVAILABLE: (503, b"503 Service Unavailable"),
    FaultKind.GARBAGE: (200, b"Just a moment..."),
}
_BROKEN: Final = Reply(500, {"message": "Internal server error"})
_NO_QUERY: Final[dict[str, str]] = {}
_INSTANT_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


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
        self._runner: web.ServerRunner | None = None
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
        runner = web.ServerRunner(
            web.Server(self._serve, access_log=None),
            handle_signals=False,
            shutdown_timeout=0.2,
        )
        await runner.setup()
        site = web.TCPSite(runner, self.settings.host, self.port, backlog=1024)
        try:
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        await self.hang_up()
        self.vendor.close()

    async def hang_up(self) -> None:
        """Refuse connections, as a vendor that is not there, until ``start`` listens on the same port again."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

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
        workflows: Iterable[str] = (),
        campaigns: Iterable[str] = (),
    ) -> None:
        """See to it that the location has these: custom fields (text, unless they are there), workflows, campaigns."""
        location = self.vendor.location(location_id)
        for reference in custom_fields:
            location.furnish_custom_field(reference)
        for reference in workflows:
            location.furnish_workflow(reference)
        for reference in campaigns:
            location.furnish_campaign(reference)

    def add_contact(
        self,
        location_id: str,
        *,
        additional_emails: Iterable[str] = (),
        additional_phones: Iterable[str] = (),
        tags: Iterable[str] = (),
        **properties: Any,
    ) -> str:
        """Put a contact there without a request, and give its id."""
        now = self.clock.now()
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
        self.vendor.contacts.add(contact)
        self.vendor.save((contact,))
        return contact.id

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

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.startswith("/_sandbox"):
            return self._observe(path, request.query)
        self.vendor.tally.requests += 1
        fault = self.fates.next(path)
        if fault and fault.kind:
            self.vendor.tally.faults[fault.kind.value] += 1
        version = request.headers.get("Version")
        found = self._atlas.find(request.method, path, version)
        call = _read_call(request, version, await request.read(), found[1] if found else ())
        with self._counted(found[0] if found else None, call):
            return await self._meet_fate(request, found[0] if found else None, call, fault)

    async def _meet_fate(
        self, request: web.BaseRequest, route: Route | None, call: Call, fault: Fault | None
    ) -> web.StreamResponse:
        if self.vendor.settings.racy and route is not None and route.endpoint is upsert:
            call.found = match_on_arrival(self.vendor, call)
        await self._travel()
        if fault is None:
            return await self._arrive(route, call)
        reply = self._answer(route, call) if fault.takes_effect else None
        response = await self._befall(request, fault, call, reply)
        await self._travel()
        return response

    async def _arrive(self, route: Route | None, call: Call) -> web.StreamResponse:
        response = self._respond(call, self._answer(route, call))
        await self._travel()
        return response

    async def _travel(self) -> None:
        """Take half of the latency, once on the way in and once on the way out."""
        low, high = self.settings.latency_ms
        if high > 0:
            await self.clock.sleep(self.fates.between(low, high) / 2000)

    def _answer(self, route: Route | None, call: Call) -> Reply:
        if route is None:
            return Refusal(404, f"Cannot {call.method} {call.path}").reply()
        return self.vendor.answer(route, call)

    def _respond(self, call: Call, reply: Reply, fault: Fault | None = None) -> web.Response:
        self.vendor.tally.replies[reply.status] += 1
        now = self.clock.now()
        headers = self.vendor.meter(call).headers(now)
        headers["Content-Type"] = "application/json; charset=utf-8"
        headers["Date"] = self._http_date(now)
        headers.update(reply.headers)
        body = dumps(reply.body)
        if fault:
            headers.update(fault.headers)
            body = fault.alter(body) if fault.alter else body
        response = web.Response(body=body, status=reply.status, headers=headers)
        if self.settings.gzip:
            response.enable_compression()
        return response

    async def _befall(
        self, request: web.BaseRequest, fault: Fault, call: Call, reply: Reply | None
    ) -> web.StreamResponse:
        if fault.status is not None:
            return self._page(fault.status, fault.body, fault.headers)
        if fault.kind in _PAGES:
            status, title = _PAGES[fault.kind]
            return self._page(status, HTML % (title, title), fault.headers)
        if fault.kind in (FaultKind.RESET, FaultKind.DROP):
            return _cut(request)
        if fault.kind is FaultKind.TRUNCATED:
            return await _cut_short(request, dumps((reply or _BROKEN).body))
        if fault.kind is FaultKind.SLOW:
            await self.clock.sleep(self.settings.slow_seconds if fault.seconds is None else fault.seconds)
        return self._respond(call, self._words(fault, reply), fault)

    def _words(self, fault: Fault, reply: Reply | None) -> Reply:
        if fault.kind is FaultKind.THROTTLED:
            self.vendor.tally.refusals["fault"] += 1
            refused = Refusal(429, "Too Many Requests").reply()
            return Reply(refused.status, refused.body, {"X-RateLimit-Remaining": "0"})
        return _BROKEN if fault.kind is FaultKind.ERROR else reply or _BROKEN

    def _page(self, status: int, body: bytes, headers: Mapping[str, str]) -> web.Response:
        self.vendor.tally.replies[status] += 1
        dated = {"Content-Type": "text/html", "Date": self._http_date(self.clock.now()), **headers}
        return web.Response(body=body, status=status, headers=dated)

    def _observe(self, path: str, query: Mapping[str, str]) -> web.Response:
        match path.removeprefix("/_sandbox").strip("/"):
            case "state":
                body = self.state()
            case "contacts":
                body = observation.contacts(self.vendor, query.get("locationId"))
            case _:
                body = {"paths": ["/_sandbox/state", "/_sandbox/contacts"]}
        return web.Response(body=dumps(body), content_type="application/json")

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


def _read_call(request: web.BaseRequest, version: str | None, raw: bytes, params: tuple[str, ...]) -> Call:
    body, malformed = None, False
    if raw:
        try:
            body = _read_body(request, raw)
        except ValueError:
            malformed = True
    return Call(
        method=request.method,
        path=request.path,
        query=request.query if request.query_string else _NO_QUERY,
        authorization=request.headers.get("Authorization"),
        version=version,
        body=body,
        malformed=malformed,
        params=params,
    )


def _read_body(request: web.BaseRequest, raw: bytes) -> Any:
    if request.content_type == "application/json":
        return loads(raw)
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(raw.decode()))
    return {}  # the vendor's parser passes over a body whose type it does not know


def _upsert_keys(call: Call) -> tuple[tuple[str, str], ...]:
    body = call.body
    if not isinstance(body, dict):
        return ()
    place = str(body.get("locationId"))
    return tuple((place, str(body[name]).lower()) for name in ("email", "phone") if body.get(name))


def _cut(request: web.BaseRequest) -> web.Response:
    """Reset the connection, so that the client sees it at once and not as a polite end."""
    transport = request.transport
    if transport is not None:
        held = transport.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _INSTANT_RESET)
        transport.abort()
    return web.Response(status=500)


async def _cut_short(request: web.BaseRequest, body: bytes) -> web.StreamResponse:
    """Promise the whole body, send half of it, and hang up."""
    response = web.StreamResponse(status=200, headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    await asyncio.sleep(0)
    if request.transport is not None:
        request.transport.close()
    return response
