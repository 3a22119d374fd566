"""Where grants and stored tokens lie: in a folder of the state, or encrypted in the Postgres behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from importer.highlevel.secret_folder import SecretFolder
from importer.settings import SecretStore
from importer.state.postgres.faces import face_of

_FOLDER: Final = "grants"


def secrets_in(state: Path) -> SecretStore:
    """Give the grants and tokens of a state folder."""
    face = face_of(state / "secrets.db")
    if face is None:
        return SecretFolder(state / _FOLDER)
    from importer.state.postgres.secret_table import SecretTable  # brings psycopg

    return SecretTable(face)
