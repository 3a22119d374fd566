"""Which token speaks for which location, and what can be done when the vendor refuses it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from importer.errors import CredentialsError
from importer.settings import Connection, Secret


class TokenSource(Protocol):
    """Hands out tokens. ``renew`` is told which token was refused, so that many workers renew it once."""

    async def token(self, location_id: str) -> Secret:
        """Give the token of a location; raise CredentialsError where there is none, CertificateError see ``distrust``."""
        ...

    async def renew(self, location_id: str, refused: Secret) -> bool:
        """Try to get a better token than the refused one; False where there cannot be one."""
        ...


class StaticTokens:
    """Private integration tokens: one for all, or one per location; they cannot be renewed."""

    def __init__(self, connection: Connection) -> None:
        self._tokens: Mapping[str, Secret] = connection.tokens
        self._token = connection.token
        self._sandbox = connection.sandbox

    async def token(self, location_id: str) -> Secret:
        token = self._tokens.get(location_id) or self._token
        if token is not None:
            return token
        if self._sandbox:
            return Secret("pit-sandbox")
        raise CredentialsError(
            f"There is no token for location {location_id}. Set HIGHLEVEL_TOKEN, name a --token-file, "
            "or connect with `importer login`."
        )

    async def renew(self, location_id: str, refused: Secret) -> bool:  # noqa: ARG002  (TokenSource's signature)
        """Offer another token only where the tokens were changed meanwhile, which these never are."""
        return False
