"""One attached file behind an address. What it needs of the network is loaded once a row names such a file."""

from __future__ import annotations

import contextlib
import http.client
import mimetypes
import re
import socket
import ssl
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit

from importer.records import Fault, FileContent
from importer.runtime.regex import regex
from importer.sources.attached import (
    UNREADABLE,
    AddressPolicy,
    attachment,
    not_allowed,
    refused_address,
    shown,
    sized,
)

_REDIRECTS: Final = 5
_CHUNK: Final = 1 << 16
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_MEDIA_TYPE: Final = regex(r"[\w.+-]+/[\w.+-]+", re.ASCII)


class _UnreachableError(Exception):
    """The server gave no usable reply; its text says why."""


class _Pinned(http.client.HTTPSConnection):
    """A connection to the very address that was judged: a name server that answers otherwise the next time leads nowhere."""

    def __init__(
        self, host: str, port: int, address: str, *, context: ssl.SSLContext, timeout: float
    ) -> None:
        super().__init__(host, port, context=context, timeout=timeout)
        self._address = address
        self._secure = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._secure.wrap_socket(plain, server_hostname=self.host)


class Download:
    """One file behind an address; redirects are followed to allowed hosts alone. A proxy of the environment is not used."""

    def __init__(
        self,
        reference: str,
        *,
        hosts: frozenset[str],
        largest: int,
        accepts: tuple[str, ...],
        policy: AddressPolicy,
    ) -> None:
        self._reference = reference
        self._hosts = hosts
        self._largest = largest
        self._accepts = accepts
        self._policy = policy
        self._until = policy.clock() + policy.whole_seconds

    def load(self) -> FileContent | Fault:
        address = self._reference
        try:
            for _ in range(_REDIRECTS + 1):
                if (fault := refused_address(address, self._hosts)) is not None:
                    return fault
                found = self._ask(address)
                if not isinstance(found, str):
                    return found
                address = urljoin(address, found)
        except (_UnreachableError, OSError, http.client.HTTPException, ValueError) as cause:
            return Fault(
                code="file_unreachable",
                message=f"{shown(self._reference)!r} cannot be read: {_reason(cause)}",
            )
        return Fault(code="file_unreachable", message=f"{shown(self._reference)!r} redirects without end")

    def _ask(self, address: str) -> FileContent | Fault | str:
        """Send one GET; gives the file, or where it is to be looked for."""
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
        numeric = self._judged(host, port)
        if isinstance(numeric, Fault):
            return numeric
        context = self._policy.context or ssl.create_default_context()
        line = _Pinned(host, port, numeric, context=context, timeout=self._policy.idle_seconds)
        target = quote(parts.path or "/", safe="!$%&'()*+,/:;=@~-._") + (
            f"?{parts.query}" if parts.query else ""
        )
        with contextlib.closing(line):
            line.request(
                "GET", target, headers={"User-Agent": "highlevel-importer", "Accept-Encoding": "identity"}
            )
            reply = line.getresponse()
            if reply.status in _MOVED and (place := reply.headers.get("Location")):
                return place
            if reply.status != http.client.OK:
                return _refusal(self._reference, reply.status)
            return self._take(reply, PurePosixPath(unquote(parts.path)).name)

    def _judged(self, host: str, port: int) -> str | Fault:
        """Give the numeric address of a host, all of whose addresses may be asked."""
        found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not found:
            raise _UnreachableError("its name stands for no address")
        if not all(map(self._policy.permits, found)):
            return not_allowed(f"{shown(self._reference)!r} leads to a private address")
        return found[0]

    def _take(self, reply: http.client.HTTPResponse, name: str) -> FileContent | Fault:
        content = bytearray()
        while chunk := reply.read(_CHUNK):
            content += chunk
            if len(content) > self._largest:
                break
            if self._policy.clock() > self._until:
                raise _UnreachableError("it did not come to an end in time")
        if (fault := sized(shown(self._reference), len(content), self._largest)) is not None:
            return fault
        said = (reply.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        media_type = said if _MEDIA_TYPE.fullmatch(said) else None
        name = UNREADABLE.sub("_", name) or "file"
        if not PurePosixPath(name).suffix:
            name += mimetypes.guess_extension(media_type or "") or ""
        if self._accepts and PurePosixPath(name).suffix.lower() not in self._accepts:
            takes = ", ".join(self._accepts)
            sentence = f"{shown(self._reference)!r} came as {said or 'something unnamed'}, which the field does not take ({takes})"
            return Fault(code="wrong_file_type", message=sentence)
        return attachment(name, bytes(content), media_type or mimetypes.guess_type(name)[0])


def _refusal(reference: str, status: int) -> Fault:
    code = "file_not_found" if status in (401, 403, 404, 410) else "file_unreachable"
    return Fault(code=code, message=f"{shown(reference)!r} cannot be read: the server says {status}")


def _reason(cause: Exception) -> str:
    match cause:
        case TimeoutError():
            return "no reply in time"
        case ssl.SSLCertVerificationError():
            return "the server's certificate is not trusted"
        case socket.gaierror():
            return "the server's name was not found"
        case OSError() if cause.strerror:
            return cause.strerror.lower()
        case _UnreachableError():
            return str(cause)
        case _:
            return type(cause).__name__
