"""The salt of a file of hashes: made once, and never known outside of it."""

from __future__ import annotations

import secrets

from importer.state.database import Database


def salt_of(file: Database) -> bytes:
    """Give the salt that a file keeps, and make it where it has none yet."""
    with file.transaction() as database:
        found = database.execute("SELECT value FROM salt").fetchone()
        if found is None:
            found = (secrets.token_bytes(32),)
            database.execute("INSERT INTO salt VALUES (?)", found)
    return bytes(found[0])
