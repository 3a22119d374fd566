"""What a refusal says, as text for people: JSON of any shape, plain text or a page, on one line and bounded. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from importer.runtime.regex import regex

_LIMIT: Final = 1_000
_READ_BYTES: Final = 8_000
_DEEPEST: Final = 12
_MOST_PARTS: Final = 100
_UNPRINTABLE: Final = regex(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\s]+")
_TITLE: Final = regex(r"<title[^<>]*>([^<]{1,300})", re.IGNORECASE)
_UNSEEN: Final = regex(
    r"<(script|style|title)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)
_TAG: Final = regex(r"<[^<>]*(?:>|\Z)")
_NAMES: Final = ("message", "error_description", "error", "detail", "msg")
_ASIDE: Final = frozenset({"statusCode", "status", "code", "traceId", "timestamp", "path", "meta", "success"})
"""What a body holds beside its words."""


def quote_words(refusal: object) -> str:
    """Take the words out of a refusal's JSON: the vendor's message, else all that it says."""
    if not isinstance(refusal, Mapping):
        return quote("; ".join(_texts(refusal)))
    for name in _NAMES:
        if words := quote("; ".join(_texts(refusal.get(name)))):
            return words
    return quote("; ".join(_texts({name: each for name, each in refusal.items() if name not in _ASIDE})))


def quote_text(body: bytes) -> str:
    """Quote a body that is plain text; empty for a page and for bytes that are no text."""
    text = body[:_READ_BYTES].decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")
    return "" if text.startswith("<") or "\x00" in text else quote(text)


def quote_page(body: bytes) -> str:
    """Quote what a person would read on a page: its title, and its text without the tags."""
    page = body[:_READ_BYTES].decode("utf-8", errors="replace")
    if "<" not in page:
        return ""
    import html  # two thousand names of signs, for what answers in the vendor's place

    title = _TITLE.search(page)
    shown = (title[1] if title else "", _TAG.sub(" ", _UNSEEN.sub(" ", page)))
    return quote(": ".join(dict.fromkeys(text for each in shown if (text := quote(html.unescape(each))))))


def quote(text: str) -> str:
    """Put words on one line without control characters, and not at any length."""
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= _LIMIT else line[: _LIMIT - 1] + "…"


def _texts(value: object) -> list[str]:
    return list(islice(_flatten(value, depth=0), _MOST_PARTS))


def _flatten(value: Any, *, depth: int) -> Iterator[str]:
    """List the texts in a value; a name goes before what it names."""
    match value:
        case None | "":
            return
        case _ if depth > _DEEPEST:
            yield "…"
        case {"message": str() as text} if text.strip():
            yield text.strip()
        case Mapping():
            for name, each in value.items():
                yield from (f"{name}: {text}" for text in _flatten(each, depth=depth + 1))
        case [*parts]:
            for part in parts:
                yield from _flatten(part, depth=depth + 1)
        case _:
            yield str(value).strip()
