"""Which token speaks for which location, and what can be done when the vendor refuses it."""

from __future__ import annotations

from typing import Protocol

from importer.errors import CredentialsError
from importer.highlevel.connections import token_of
from importer.settings import Connection, Secret


class NoTokenError(CredentialsError):
    """This machine has no token for a location: it was not refused, and others may have one."""


class TokenSource(Protocol):
    """Hands out tokens. ``renew`` is told which token was refused, so that many workers renew it once."""

    async def token(self, location_id: str) -> Secret:
        """Give the token of a location; raise CredentialsError where there is none, CertificateError see ``distrust``."""
        ...

    async def renew(self, location_id: str, refused: Secret) -> bool:
        """Try to get a better token than the refused one; False where there cannot be one."""
        ...


class StaticTokens:
    """Private integration tokens: one for all, or one per location, given or stored; they cannot be renewed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[str, Secret | None] = {}

    def find(self, location_id: str) -> Secret | None:
        """Find the token of a location; raises CredentialsError where a stored one cannot be read."""
        if location_id not in self._found:
            self._found[location_id] = token_of(self._connection, location_id)
        return self._found[location_id]

    async def token(self, location_id: str) -> Secret:
        token = self.find(location_id)
        if token is not None:
            return token
        if self._connection.sandbox:
            return Secret("pit-sandbox")
        raise NoTokenError(
            f"There is no token for location {location_id}. Set HIGHLEVEL_TOKEN, name a --token-file, "
            f"or connect it: importer connect {location_id}"
        )

    async def renew(self, location_id: str, refused: Secret) -> bool:  # noqa: ARG002  (TokenSource's signature)
        """Offer another token only where the tokens were changed meanwhile, which these never are."""
        return False
