"""Tell URLs from paths, and keep the credentials in a URL out of everything that is stored or shown."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from importer.runtime.regex import regex

# Two letters at least: C:// is a Windows drive.
_URL: Final = regex(r"[A-Za-z][A-Za-z0-9+.-]+://")
_HARMLESS_KEYS: Final = frozenset({"format", "gid", "output", "versionid", "sheet", "range", "page", "date"})
_MASK: Final = "***"


def is_url(reference: str) -> bool:
    return _URL.match(reference) is not None


def masked(reference: str) -> str:
    """Hide the password and every query value of a URL that is not known to be harmless; a path stays as it is.

    Signed links carry their signature under a name of the vendor's choosing, so what is listed is the harmless.
    """
    if not is_url(reference):
        return reference
    scheme, _, rest = reference.partition("://")
    rest, fragment_mark, _ = rest.partition("#")
    rest, query_mark, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    authority = f"{_without_password(user)}{at}{host}"
    shown = f"{scheme}://{authority}{slash}{path}"
    if query_mark:
        shown += "?" + "&".join(_masked_pair(pair) for pair in query.split("&"))
    return shown + (fragment_mark + _MASK if fragment_mark else "")


def _without_password(user: str) -> str:
    name, colon, _ = user.partition(":")
    return name + colon + (_MASK if colon else "")


def _masked_pair(pair: str) -> str:
    key, equals, value = pair.partition("=")
    if not equals:
        return _MASK
    return f"{key}={value if key.lower() in _HARMLESS_KEYS else _MASK}"


def name_in(url: str) -> str:
    """Name the file that a URL ends in; the host when it ends in none."""
    parts = urlsplit(url)
    return parts.path.rstrip("/").rpartition("/")[2] or parts.hostname or "download"
