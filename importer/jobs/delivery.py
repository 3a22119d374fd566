"""Notices on their way: webhook, e-mail and heartbeat. Whatever goes wrong is told to the caller, who tries again."""

from __future__ import annotations

import http.client
import json
import os
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from importer.errors import SettingsError
from importer.jobs.model import Notify
from importer.jobs.named_job import expanded
from importer.jobs.notices import Notice, as_json, as_slack, as_teams, as_text
from importer.records import Json
from importer.sources import masked

TIMEOUT_SECONDS: Final = 20.0
LARGEST_ATTACHMENT: Final = 5_000_000
_SHAPES: Final[dict[str, Callable[[Notice], dict[str, Json]]]] = {
    "json": as_json,
    "slack": as_slack,
    "teams": as_teams,
}


class UndeliveredError(Exception):
    """A notice did not arrive; the sentence holds no credentials."""


def deliver(notice: Notice, channel: Notify) -> None:
    """Send one notice over one channel, and wait for its answer. Raises UndeliveredError."""
    try:
        if channel.heartbeat:
            _ask(expanded(channel.heartbeat, os.environ))
        elif channel.webhook:
            _post(expanded(channel.webhook, os.environ), _SHAPES[channel.shape](notice))
        else:
            _mail(notice, channel)
    except SettingsError as missing:
        raise UndeliveredError(str(missing)) from None


def _ask(url: str) -> None:
    _open(url, urllib.request.Request(url, headers={"User-Agent": "highlevel-importer"}))  # noqa: S310  (_open looks at it)


def _post(url: str, content: dict[str, Json]) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "highlevel-importer"}
    body = json.dumps(content, ensure_ascii=False).encode()
    _open(url, urllib.request.Request(url, data=body, headers=headers, method="POST"))  # noqa: S310  (as above)


def _open(url: str, request: urllib.request.Request) -> None:
    if urlsplit(url).scheme not in {"https", "http"}:
        raise UndeliveredError(f"{_shown(url)} is no web address.")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310  (looked at above)
            reply.read(1000)
    except urllib.error.HTTPError as refused:
        refused.close()
        raise UndeliveredError(f"{_shown(url)} answers {refused.code} {refused.reason}.") from None
    except (OSError, http.client.HTTPException, ValueError) as cause:
        reason = getattr(cause, "reason", None) or cause
        raise UndeliveredError(f"{_shown(url)} does not answer ({type(reason).__name__}).") from None


def _shown(url: str) -> str:
    # The path of a Slack or Teams webhook is its password.
    parts = urlsplit(masked(url))
    return f"{parts.scheme}://{parts.hostname or ''}/***"


def _mail(notice: Notice, channel: Notify) -> None:
    server = channel.smtp or os.environ.get("SMTP_URL", "")
    if not server:
        raise UndeliveredError("No mail server: set SMTP_URL, or smtp: in the job file.")
    parts = urlsplit(expanded(server, os.environ))
    message = compose(notice, channel, sender=unquote(parts.username or ""))
    try:
        with _connect(parts.scheme, parts.hostname or "", parts.port) as smtp:
            if parts.username:
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            smtp.send_message(message)
    except (OSError, smtplib.SMTPException) as cause:
        code = getattr(cause, "smtp_code", "")
        raise UndeliveredError(
            f"The mail server {parts.hostname} refuses or does not answer ({type(cause).__name__} {code})."
        ) from None


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_SECONDS, context=context)
    smtp = smtplib.SMTP(host, port or 587, timeout=TIMEOUT_SECONDS)
    smtp.ehlo()
    if smtp.has_extn("starttls"):
        smtp.starttls(context=context)
        smtp.ehlo()
    elif host not in {"localhost", "127.0.0.1", "::1"}:
        smtp.close()
        raise UndeliveredError(
            f"The mail server {host} offers no encryption; the password would travel in the clear."
        )
    return smtp


def compose(notice: Notice, channel: Notify, *, sender: str = "") -> EmailMessage:
    """Write the e-mail, with the report attached when it is there and not too large."""
    message = EmailMessage()
    message["Subject"] = notice.title
    message["From"] = channel.sender or (sender if "@" in sender else "highlevel-importer@localhost")
    message["To"] = ", ".join(channel.email or ())
    message["Date"] = formatdate(notice.at)
    message["Message-ID"] = make_msgid(domain="highlevel-importer.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(as_text(notice))
    if channel.attach_report and (report := _report(notice)):
        message.add_attachment(report, maintype="text", subtype="html", filename="report.html")
    return message


def _report(notice: Notice) -> bytes | None:
    path = Path(notice.report or "")
    try:
        if path.is_file() and path.stat().st_size <= LARGEST_ATTACHMENT:
            return path.read_bytes()
    except OSError:
        pass
    return None
