"""The salt of a file of hashes: made once, and never known outside of it."""

from __future__ import annotations

import secrets
from typing import Final

from importer.state.database import Database

_SALT: Final = "SELECT value FROM salt"


def salt_of(file: Database) -> bytes:
    """Give the salt that a file keeps, and make it where it has none yet."""
    found = file.execute(_SALT).fetchone()  # once it is there, nobody has to wait for those who write
    if found is None:
        with file.transaction() as database:
            found = database.execute(_SALT).fetchone()
            if found is None:
                found = (secrets.token_bytes(32),)
                database.execute("INSERT INTO salt VALUES (?)", found)
    return bytes(found[0])
