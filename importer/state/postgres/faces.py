"""A folder that is the face of a Postgres on this machine: scratch and copies; its mark names where the truth is.

Whoever is given such a folder, another process too, finds the store by it. All of it but the mark may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.records import value_type
from importer.runtime.private_files import write_private
from importer.runtime.regex import regex
from importer.state.postgres.address import Address, address_with_password

MARK_NAME: Final = "postgres.json"
_FOLDERS_OF_MANY: Final = ("runs", "plans", "mirrors")
_JOBS_PLACE: Final = regex(r"sandbox|elsewhere-[0-9a-f]+")


@value_type(frozen=True, slots=True, kw_only=True)
class Face:
    """A face folder, and the Postgres behind it."""

    folder: Path
    address: Address


def make_face(address: Address, below: Path) -> Path:
    """Make the folder of an address, for its owner alone, below the one for state. Raises SettingsError."""
    name = hashlib.sha256(address.text.encode(errors="surrogatepass")).hexdigest()[:16]
    folder = below / "machines" / name
    try:
        for each in (below, folder.parent, folder):  # of those above, mkdir would not take the mode
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        raise SettingsError(
            f"{folder}, where this machine keeps its scratch files, cannot be made: {cause.strerror}."
        ) from cause
    if _address_in(folder) != address.text:
        mark_face(folder, address)
    return folder


def mark_face(folder: Path, address: Address) -> None:
    """Make a folder the face of an address. Raises SettingsError."""
    write_private(folder / MARK_NAME, json.dumps({"address": address.text}).encode())


def face_of(database: Path) -> Face | None:
    """Find the face whose store has a database: those of the state, of its runs, plans and mirrors, and of jobs that go elsewhere.

    Others are this machine's own files.
    """
    folder = database.parent
    if folder.parent.name in _FOLDERS_OF_MANY:
        return _face_at(folder.parent.parent)
    return _face_at(folder) or (_face_at(folder.parent) if _JOBS_PLACE.fullmatch(folder.name) else None)


def _face_at(folder: Path) -> Face | None:
    # asked at each opening: most folders are the truth themselves
    if not os.path.exists(f"{folder}/{MARK_NAME}"):  # noqa: PTH110
        return None
    text = _address_in(folder)
    return None if text is None else Face(folder=folder, address=address_with_password(text))


def face_around(path: Path) -> Face | None:
    """Find the face that a path lies in, or is; None for what lies in a folder of its own right."""
    absolute = path.absolute()
    return next(filter(None, map(_face_at, (absolute, *absolute.parents))), None)


def _address_in(folder: Path) -> str | None:
    """Read a mark that is ours: another user's could have our password sent to a server of his."""
    mark = folder / MARK_NAME
    try:
        if hasattr(os, "getuid") and mark.stat().st_uid != os.getuid():
            return None
        address = json.loads(mark.read_text(encoding="utf-8"))["address"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return address if isinstance(address, str) else None
