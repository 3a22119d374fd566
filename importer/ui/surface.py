"""What the screen is asked and what it answers, without a socket: handlers and their tests know nothing else of HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, TypeVar

from importer.records import Json, value_type
from importer.ui.guard import Kind

_Value = TypeVar("_Value", str, int, bool, "list[Json]")


class RefusedRequestError(Exception):
    """A request that is answered with a status and a sentence for whoever sent it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@value_type(frozen=True, slots=True, kw_only=True)
class ScreenRequest:
    """One request that the guard let pass."""

    method: str = "GET"
    path: str = "/"
    named: Mapping[str, str] = field(default_factory=dict)
    """What stands in the path, by the route's own names."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    """The body of an upload, in place of ``body``."""

    def said(self) -> dict[str, Json]:
        """Give the JSON object of the body. Raises RefusedRequestError."""
        try:
            found = json.loads(self.body or b"{}")
            # Half a sign, as a script can send it, could be written to no file and shown on no page afterwards.
            json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise RefusedRequestError(400, "The request is no JSON.") from None
        if not isinstance(found, dict):
            raise RefusedRequestError(400, "The request is no JSON object.")
        return found


def taken(said: Mapping[str, Json], name: str, kind: type[_Value], default: _Value | None = None) -> _Value:
    """Take one value of a request. Raises RefusedRequestError where it is missing or of another type."""
    value = said.get(name, default)
    # A bool is an int to Python, and no number to anybody else.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise RefusedRequestError(400, f"The request lacks {name!r}, or it is no {kind.__name__}.")
    return value


def number_of(query: Mapping[str, str], name: str, *, most: int) -> int:
    """Take a number of an address, ``most`` at most; 0 where it is missing. Raises RefusedRequestError."""
    said = query.get(name, "0")
    if not said.isdecimal():
        raise RefusedRequestError(400, f"{name} is a number.")
    # Python refuses to read thousands of digits.
    return most if len(said) > len(str(most)) else min(int(said), most)


@value_type(frozen=True, slots=True, kw_only=True)
class ScreenReply:
    """One answer; ``file`` in place of ``body`` is streamed."""

    status: int = 200
    kind: Kind = Kind.DATA
    content_type: str = "application/json"
    body: bytes = b""
    file: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def data(found: Any, *, status: int = 200) -> ScreenReply:
    """Answer with JSON; ``found`` is what JSON knows."""
    return ScreenReply(status=status, body=json.dumps(found, ensure_ascii=False, allow_nan=False).encode())


def redirect(to: str) -> ScreenReply:
    return ScreenReply(status=303, kind=Kind.PAGE, content_type="text/plain", headers={"Location": to})
