"""What goes out over a connection, and in which manner: bytes as values, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

from importer.sandbox.faults import Fault
from importer.sandbox.nouns import noun
from importer.sandbox.settings import FaultKind
from importer.sandbox.wire import dumps

HTML: Final = (
    b"<!DOCTYPE html><html><head><title>%s</title></head><body><center><h1>%s</h1></center></body></html>"
)
_ABSURD_MILLISECONDS: Final = 1_000_000_000_000
_STRANGER: Final = dumps(
    {
        "new": False,
        "contact": {"id": "strayContact00000001", "email": "stray@example.org", "phone": "+14155550199"},
        "traceId": "00000000-0000-4000-8000-000000000000",
    }
)


class Manner(Enum):
    """How a delivery reaches the client."""

    WHOLE = auto()
    CUT = auto()
    """Not at all: the connection is reset."""
    HALF = auto()
    """Its length is promised, half of it is sent, and the connection ends."""
    TWICE = auto()
    ENDLESS = auto()
    """In chunks that never end."""
    HUGE = auto()
    """With ``size`` bytes in its body."""


@noun
class Delivery:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    manner: Manner = Manner.WHOLE
    size: int = 0
    stray: bytes = field(default=b"", repr=False)
    """A whole reply, as bytes, that nobody asked for."""
    stray_seconds: float | None = None
    """When the stray reply comes by itself; ``None``: it crosses the connection's next request."""

    def raw(self) -> bytes:
        """Write the reply as it stands on the wire, for what no server library would send."""
        lines = [f"HTTP/1.1 {self.status} {phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status >= HTTPStatus.OK:
            lines.append(f"Content-Length: {len(self.body)}")
        return (
            "\r\n".join(lines).encode() + b"\r\n\r\n" + (self.body if self.status >= HTTPStatus.OK else b"")
        )


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def page(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Delivery:
    """Write what a proxy on the way says: HTML, without the vendor's headers."""
    return Delivery(status=status, headers={"Content-Type": "text/html", **(headers or {})}, body=body)


def refused(fault: Fault, token: str) -> Delivery | None:
    """Write the reply of a fault that answers by itself; ``None`` for one that bends the usual reply."""
    if fault.kind in _REFUSALS:
        delivery = _REFUSALS[fault.kind](fault, token)
        return replace(delivery, headers={**delivery.headers, **fault.headers})
    if fault.kind is None and fault.status is not None:
        return page(fault.status, fault.body, fault.headers)
    return None


def bent(fault: Fault, usual: Delivery, before: Delivery | None) -> Delivery:
    """Bend the usual reply; ``before`` is the last one that somebody got for a call of the same kind."""
    body = fault.alter(usual.body) if fault.alter else usual.body
    whole = replace(usual, body=body, headers={**usual.headers, **fault.headers})
    if fault.kind in _MANNERS:
        return replace(whole, manner=_MANNERS[fault.kind], size=fault.size)
    if fault.kind in (FaultKind.STRAY, FaultKind.STRAY_TIMEOUT):
        late = fault.kind is FaultKind.STRAY_TIMEOUT
        other = _TIMEOUT if late else before or replace(usual, status=200, body=_STRANGER)
        return replace(whole, stray=other.raw(), stray_seconds=fault.seconds)
    if fault.kind is FaultKind.ABSURD_INTERVAL:
        header = {"X-RateLimit-Interval-Milliseconds": str(_ABSURD_MILLISECONDS)}
        return replace(whole, headers={**whole.headers, **header})
    return whole


_MANNERS: Final[Mapping[FaultKind | None, Manner]] = {
    FaultKind.TRUNCATED: Manner.HALF,
    FaultKind.REPEAT: Manner.TWICE,
    FaultKind.ENDLESS: Manner.ENDLESS,
    FaultKind.HUGE: Manner.HUGE,
}
_TIMEOUT: Final = page(408, HTML % (b"408 Request Time-out", b"408 Request Time-out"))


def _any_status(fault: Fault, _token: str) -> Delivery:
    status = fault.status or 500
    if status < HTTPStatus.OK:
        return Delivery(status=status, headers={"Connection": "Upgrade", "Upgrade": "h2c"})
    if status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return Delivery(status=status)
    moved = {"Location": "/moved"} if 300 <= status < 400 else {}
    body = fault.body or dumps({"statusCode": status, "message": phrase(status)})
    return Delivery(status=status, headers={"Content-Type": "application/json", **moved}, body=body)


def _json(status: int, message: object) -> Delivery:
    body = dumps({"statusCode": status, "message": message, "error": phrase(status)})
    return Delivery(status=status, headers={"Content-Type": "application/json; charset=utf-8"}, body=body)


_REFUSALS: Final[Mapping[FaultKind | None, Callable[[Fault, str], Delivery]]] = {
    FaultKind.STATUS: _any_status,
    FaultKind.STORED: _any_status,
    FaultKind.BAD_GATEWAY: lambda _fault, _token: page(502, HTML % (b"502 Bad Gateway", b"502 Bad Gateway")),
    FaultKind.UNAVAILABLE: lambda _fault, _token: page(
        503, HTML % (b"503 Service Unavailable", b"503 Service Unavailable")
    ),
    FaultKind.GARBAGE: lambda _fault, _token: page(200, HTML % (b"Just a moment...", b"Just a moment...")),
    FaultKind.EDGE: lambda _fault, _token: page(
        403, HTML % (b"Attention Required! | Cloudflare", b"Sorry, you have been blocked"), {"Server": "cloudflare"}
    ),
    FaultKind.WORDS_OBJECT: lambda _fault, _token: _json(422, {"email": {"reason": "not deliverable", "code": 17}}),
    FaultKind.WORDS_NESTED: lambda _fault, _token: _json(422, [["email is on a list", ["phone too"]], "twice"]),
    FaultKind.WORDS_PLAIN: lambda _fault, _token: Delivery(
        status=400, headers={"Content-Type": "text/plain; charset=utf-8"}, body=b"This contact is not wanted here."
    ),
    FaultKind.QUOTED_TOKEN: lambda _fault, token: _json(401, f"Invalid token {token}"),
}  # fmt: skip
