"""The people of a run who are sent nothing, as whoever works on its parts is told of them: hashes, and no list of anybody.

The list itself is read where the run is queued, since its file lies beside the mapping there, and on no other machine.
"""

from __future__ import annotations

import json
import sys
from array import array
from pathlib import Path
from typing import Final

from importer.errors import SettingsError, StateError
from importer.mapping.suppression import Suppression
from importer.runs.session import RunSession
from importer.runs.suppressing import read_suppression
from importer.runtime.logs import logger_of
from importer.runtime.private_files import write_private

logger = logger_of(__name__)

_HASH: Final = "Q"


def read_list(session: RunSession, *, known: bool) -> Suppression | None:
    """Read the list that a run's mapping names, as it is now; None where it names none, or the one that is ``known`` has to do.

    Raises SettingsError where it cannot be read, and none is known from before.
    """
    run = session.journal.run
    try:
        found = read_suppression(session.mapping.model, run.working_folder / run.mapping_path)
    except SettingsError as fault:
        if not known:
            raise
        logger.warning("The suppression list stays as it was when the run was queued before: %s", fault)
        return None
    if found is None:
        return None
    for note in found.notes:
        logger.warning("%s", note)
    return found.suppression


def write_suppression(suppression: Suppression, path: Path) -> None:
    """Write what rows are compared with to a private file."""
    head = {
        "name": suppression.name,
        "fingerprint": suppression.fingerprint,
        "salt": suppression.salt.hex(),
        "people": len(suppression),
    }
    write_private(path, json.dumps(head).encode() + b"\n" + _in_file_order(suppression.hashes).tobytes())


def read_suppression_of(path: Path) -> Suppression:
    """Read what was written. Raises StateError: without it, people who are to be sent nothing would be written to."""
    try:
        line, _, rest = path.read_bytes().partition(b"\n")
        head = json.loads(line)
        hashes = array(_HASH, rest)
        if len(hashes) != head["people"]:
            raise ValueError(f"{len(hashes):,} of {head['people']:,} people")  # noqa: TRY301  (told with what else is wrong)
        return Suppression(
            name=head["name"],
            fingerprint=head["fingerprint"],
            salt=bytes.fromhex(head["salt"]),
            hashes=_in_file_order(hashes),
        )
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise StateError(
            f"The people of the run who are sent nothing ({path.name}) cannot be read: {cause}. Nothing of the part was sent; "
            "queue the run again where its suppression list lies."
        ) from cause


def _in_file_order(hashes: array[int]) -> array[int]:
    """Turn numbers of this machine into those of the file, or back: little-endian on any."""
    if sys.byteorder == "little":
        return hashes
    turned = array(_HASH, hashes)
    turned.byteswap()
    return turned
