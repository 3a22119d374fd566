"""Sources behind https://: one GET, taken up again where it broke when the server can prove it is the same file."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from dataclasses import field
from email.message import Message
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from importer.errors import SourceError
from importer.reading.formats import Format, may_be
from importer.records import value_type
from importer.sources.copying import CHUNK, Copy, PrivateFile
from importer.sources.masking import masked, name_in

ATTEMPTS: Final = 4
TIMEOUT_SECONDS: Final = 60.0
_WORTH_ANOTHER_TRY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MEND: Final = {
    401: "Log in: put user and password into the URL, or use a signed link.",
    403: "The link may have expired, or its owner has not shared the file.",
    404: "Nothing is there; look the address up again.",
    410: "It was taken away; look the address up again.",
}


class _BrokenTransferError(Exception):
    """The connection broke; another attempt may go on."""


@value_type(frozen=True, slots=True, kw_only=True)
class WebPolicy:
    """How patient a download is; ``sleep`` is the seam for waiting between attempts."""

    attempts: int = ATTEMPTS
    timeout_seconds: float = TIMEOUT_SECONDS
    sleep: Callable[[float], None] = field(default=time.sleep)


def copy_web(url: str, folder: Path, index: int, *, policy: WebPolicy | None = None) -> Copy:
    """Download one file; SourceError with the server's status and what to do about it."""
    policy = policy or WebPolicy()
    _refuse_plain(url)
    with PrivateFile(folder, index, unquote(name_in(url))) as copy:
        _download(url, copy, policy)
        _refuse_page(url, copy)
        return copy.sealed(masked(url))


def _download(url: str, copy: PrivateFile, policy: WebPolicy) -> None:
    validator: str | None = None
    for attempt in range(1, policy.attempts + 1):
        try:
            with _open(url, copy.size, validator, policy) as reply:
                if reply.status != http.client.PARTIAL_CONTENT:
                    copy.restart()
                validator = _validator(reply.headers)
                _pour(reply, copy)
        except _BrokenTransferError as cause:
            if attempt == policy.attempts:
                raise SourceError(
                    f"{masked(url)} cannot be read: {cause}, {attempt} times. Try again later."
                ) from None
            policy.sleep(2.0 ** (attempt - 1))
        else:
            return


def _open(url: str, have: int, validator: str | None, policy: WebPolicy) -> http.client.HTTPResponse:
    address, headers = _without_userinfo(url)
    if have and validator:
        # If-Range: a server whose file changed meanwhile sends the whole new one, never the rest of another.
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    request = urllib.request.Request(address)  # noqa: S310  (the scheme was looked at)
    for key, value in headers.items():
        # Unredirected: a redirect to another host must not carry the password there.
        request.add_unredirected_header(key, value) if key == "Authorization" else request.add_header(
            key, value
        )
    opener = urllib.request.build_opener(_Redirects())
    try:
        reply = opener.open(request, timeout=policy.timeout_seconds)
    except urllib.error.HTTPError as cause:
        cause.close()
        raise _refused(url, cause.code, cause.reason) from None
    except (urllib.error.URLError, http.client.HTTPException, OSError) as cause:
        raise _unreachable(url, cause) from None
    assert isinstance(reply, http.client.HTTPResponse)  # noqa: S101  (what http and https handlers return)
    return reply


def _pour(reply: http.client.HTTPResponse, copy: PrivateFile) -> None:
    expected = _length(reply.headers)
    got = 0
    try:
        while chunk := reply.read(CHUNK):
            got += copy.write(chunk)
    except (http.client.HTTPException, OSError) as cause:
        raise _BrokenTransferError(f"the connection broke after {copy.size:,} bytes") from cause
    if expected is not None and got != expected:
        raise _BrokenTransferError(f"the connection ended after {got:,} of {expected:,} bytes")


def _length(headers: Message) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdigit() and "Transfer-Encoding" not in headers else None


def _validator(headers: Message) -> str | None:
    tag = headers.get("ETag")
    if tag and not tag.startswith("W/"):
        return tag
    return headers.get("Last-Modified")


def _refused(url: str, status: int, reason: str) -> Exception:
    if status in _WORTH_ANOTHER_TRY:
        return _BrokenTransferError(f"the server answers {status} {reason}")
    return SourceError(
        f"{masked(url)} cannot be read: the server answers {status} {reason}. {_MEND.get(status, '')}".strip()
    )


def _unreachable(url: str, cause: Exception) -> Exception:
    reason = cause.reason if isinstance(cause, urllib.error.URLError) else cause
    if isinstance(reason, SourceError):
        return reason
    if isinstance(reason, ssl.SSLCertVerificationError):
        return SourceError(
            f"{masked(url)} cannot be read: its certificate is not trusted ({reason.verify_message})."
        )
    if isinstance(reason, OSError):
        return _BrokenTransferError(f"no connection ({reason.strerror or type(reason).__name__})")
    return _BrokenTransferError(f"no connection ({type(reason).__name__})")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, but never from https to an address where the contacts travel in the clear."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        _refuse_plain(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refuse_plain(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.lower() == "https" or (
        parts.scheme.lower() == "http" and _is_loopback(parts.hostname or "")
    ):
        return
    raise SourceError(
        f"{masked(url)} is not encrypted: contacts are read over https:// only (http:// from loopback)."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _without_userinfo(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    # A signed link is taken letter by letter; only what no URL may hold is quoted.
    path, query = (quote(part, safe="!$%&'()*+,/:;=?@[]~") for part in (parts.path, parts.query))
    address = urlunsplit((parts.scheme, host, path, query, ""))
    headers = {"User-Agent": "highlevel-importer", "Accept-Encoding": "identity"}
    if at:
        headers["Authorization"] = "Basic " + b64encode(unquote(userinfo).encode()).decode()
    return address, headers


def _refuse_page(url: str, copy: PrivateFile) -> None:
    if may_be(urlsplit(url).path, Format.HTML):
        return
    head = copy.head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise SourceError(
            f"{masked(url)} answers with a web page, not with a file: it may want a login. "
            "Use a direct download link, and open it once in a private browser window to see what comes."
        )
