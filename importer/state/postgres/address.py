"""Where a Postgres is: an address that can be shown, and a password that cannot."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from importer.errors import SettingsError
from importer.records import value_type
from importer.runtime.environment import variables
from importer.runtime.logs import hide
from importer.runtime.regex import regex
from importer.settings import Secret

VARIABLE: Final = "IMPORTER_STATE"
_SCHEME: Final = regex(r"postgres(?:ql)?:/", re.IGNORECASE)
_SECRETS: Final = ("password", "sslpassword")
_SAFE_PLACES: Final = (
    "A password belongs into none of them. Set IMPORTER_STATE to the whole address, or PGPASSWORD, or use a password "
    "file (~/.pgpass) or a service file (postgresql://?service=NAME)."
)


@value_type(frozen=True, slots=True, kw_only=True)
class Address:
    """An address as libpq reads it, without its password."""

    text: str
    password: Secret | None = field(default=None, repr=False)

    @classmethod
    def read(cls, written: str) -> Self:
        """Read an address, whose password is hidden in all logs from now on. Raises SettingsError."""
        try:
            parts = urlsplit(written)
            query = parse_qsl(parts.query, keep_blank_values=True)
        except ValueError as cause:
            raise SettingsError(
                f"The address of the state cannot be read: {cause}. It looks like postgresql://host/database."
            ) from None
        user, has_user, host = parts.netloc.rpartition("@")
        user, _, password = user.partition(":")
        secret = password or dict(query).get("password", "")
        kept = urlencode([(name, value) for name, value in query if name.lower() not in _SECRETS])
        return cls(
            text=_written(f"{user}@{host}" if has_user and user else host, parts.path, kept),
            password=_hidden(secret) if secret else None,
        )


def is_address(text: str) -> bool:
    """Tell whether a text names a Postgres, and no folder; a path made of it has lost a slash."""
    return _SCHEME.match(text) is not None


def address_given(written: str) -> Address:
    """Read the address of a flag, which everybody on the machine sees: SettingsError where it holds a password."""
    address = Address.read(written)
    if address.password is not None:
        raise SettingsError(
            "The address of --state holds a password, which stands in the list of processes and in the shell's history "
            f"then. {_SAFE_PLACES}"
        )
    return address_with_password(address.text)


def address_with_password(text: str) -> Address:
    """Give an address with the password that IMPORTER_STATE has for it; without one, libpq looks where it always does."""
    said = variables().get(VARIABLE, "")
    if is_address(said):
        named = Address.read(said)
        if named.text == text:
            return named
    return Address(text=text)


def _written(netloc: str, path: str, query: str) -> str:
    # urlunsplit leaves the two slashes out where there is no host
    return (
        urlunsplit(("postgresql", netloc, path, query, ""))
        if netloc
        else f"postgresql://{path}{query and f'?{query}'}"
    )


def _hidden(password: str) -> Secret:
    from urllib.parse import unquote

    plain = unquote(password)
    hide(password)
    hide(plain)
    return Secret(plain)
