"""Logs for people and for collectors: a run id and a row number on every line, never a token or an address."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from importer.records import RowId, number_of
from importer.runtime.regex import regex

HIDDEN: Final = "***"

_CONTEXT: Final[ContextVar[dict[str, str | int]]] = ContextVar("importer_log_context", default={})  # noqa: B039  (never changed in place)
_SECRETS: Final[set[str]] = set()
_SECRET_SHAPES: Final = regex(
    r"(?P<bearer>\b(?:Bearer|Basic)\s+)[^\s\"'\\,;]+"
    r"|\bpit-[\w-]{4,}"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?P<named>\b(?:access_token|refresh_token|client_secret|api_key|authorization|password|token)\b[\\\"']*\s*[=:]\s*[\\\"']*)"
    r"(?!\*\*\*|Bearer\b|Basic\b)[^\s\"'\\&,;}\])]+",
    re.IGNORECASE,
)
_EMAIL: Final = regex(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE: Final = regex(r"\+\d[\d ().-]{5,}\d")
_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


def configure_logging(
    *,
    verbose: bool = False,
    quiet: bool = False,
    log_format: str = "text",
    stream: TextIO | None = None,
) -> logging.Handler:
    """Send the importer's logs to ``stream`` (standard error) as text or, a JSON object a line, for a collector.

    Text tells warnings, and everything with ``verbose``; JSON tells progress and failed rows too. ``quiet`` leaves
    errors alone.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    usual = logging.ERROR if quiet else logging.INFO if log_format == "json" else logging.WARNING
    logger = logging.getLogger("importer")
    for old in [
        each for each in logger.handlers if isinstance(each.formatter, TextFormatter | JsonFormatter)
    ]:
        logger.removeHandler(old)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else usual)
    logger.propagate = False
    return handler


@contextlib.contextmanager
def log_context(
    *, run_id: str | None = None, row: RowId | None = None, location_id: str | None = None
) -> Iterator[None]:
    """Put what is known on every line logged inside; it follows into tasks that are started there."""
    given = {"run_id": run_id, "row": None if row is None else number_of(row), "location_id": location_id}
    known = {name: value for name, value in given.items() if value is not None}
    token = _CONTEXT.set({**_CONTEXT.get(), **known})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def hide(secret: str) -> None:
    """Keep this very text out of all logs from now on, whatever shape it has."""
    if len(secret) >= 4:
        _SECRETS.add(secret)


def redact(text: str) -> str:
    """Take tokens, e-mail addresses and phone numbers out of a finished line."""
    # All are looked for in the line as it stands: one taken out first could be the name by which another is known.
    left: list[str] = []
    at = 0
    for begin, end in sorted((*_known_secrets(text), *_shaped_secrets(text))):
        if begin > at or not left:
            left.append(text[at:begin])
        at = max(at, end)
    left.append(text[at:])
    return _PHONE.sub("<phone>", _EMAIL.sub("<e-mail>", HIDDEN.join(left)))


def _known_secrets(text: str) -> Iterator[tuple[int, int]]:
    for secret in _SECRETS:
        if secret in text:
            # With the rest of its word: what it begins may be longer.
            yield from (found.span() for found in re.finditer(re.escape(secret) + r"[\w-]*", text))


def _shaped_secrets(text: str) -> Iterator[tuple[int, int]]:
    for found in _SECRET_SHAPES.finditer(text):
        yield max(found.end("bearer"), found.end("named"), found.start()), found.end()


def logger_of(module: str) -> logging.Logger:
    """Give a module its logger. What it logs is redacted before any handler sees it, a calling program's as well."""
    logger = logging.getLogger(module)
    if not any(isinstance(each, _Redaction) for each in logger.filters):
        logger.addFilter(_Redaction())
    return logger


class _Redaction(logging.Filter):
    """Redacts message and traceback. It hangs on each logger: those of a parent are not asked for what rises to it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


class TextFormatter(logging.Formatter):
    """A line for people. Redacted when it is finished: a filter would miss what a traceback quotes."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s%(known)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        known = " ".join(f"{name}={value}" for name, value in _CONTEXT.get().items())
        record.known = f" [{known}]" if known else ""
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """A JSON object on one line for collectors, redacted when it is finished."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_CONTEXT.get(),
            **{
                name: value
                for name, value in record.__dict__.items()
                if name not in _STANDARD and name != "known"
            },
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redact(json.dumps(line, ensure_ascii=False, default=str))
