"""Where the state is: a folder of this machine, or a Postgres that several machines share."""

from __future__ import annotations

import os
from pathlib import Path

from importer.runtime import environment
from importer.state.postgres.address import VARIABLE, Address, address_given, is_address
from importer.state.postgres.faces import face_around, make_face


def state_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Find the state folder: the one given, IMPORTER_STATE, else the platform's place for user state.

    Of a Postgres, its face on this machine. Raises SettingsError for another address, or one that holds a password where
    everybody sees it.
    """
    text = None if given is None else os.fspath(given)
    named = environment.variables().get(VARIABLE, "")
    if text is None and is_address(named):
        return make_face(Address.read(named), environment.own_state_folder())
    if text is not None and is_address(text):
        return make_face(address_given(text), environment.own_state_folder())
    return environment.state_folder(None if text is None else Path(text))


def state_words(state: Path) -> str:
    """Name a state as one would after --state; without the password of its address."""
    face = face_around(state)
    return str(state) if face is None else face.address.text
