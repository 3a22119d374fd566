"""A journal that lost its end: its log deleted, cut, or with bits that flipped, after the process was killed."""

from __future__ import annotations

import random
import shutil
from enum import StrEnum
from pathlib import Path
from typing import Final

_FLIPPED_BITS: Final = 3


class Cut(StrEnum):
    DELETED = "deleted"
    CUT = "cut"
    FLIPPED = "flipped"


class LogCut:
    """One cut, which can be undone: a journal that is refused as damaged is restored, as a backup would be."""

    def __init__(self, folder: Path, kept: Path) -> None:
        self._folder = folder
        self._kept = kept
        self._log = folder / "journal.db-wal"

    def make(self, dice: random.Random) -> Cut | None:
        """Damage the log; None where there is none."""
        size = self._log.stat().st_size if self._log.exists() else 0
        if not size:
            return None
        shutil.rmtree(self._kept, ignore_errors=True)
        self._kept.mkdir()
        for path in self._folder.glob("journal.*"):
            shutil.copy2(path, self._kept)
        # shared memory of a process that is gone
        (self._folder / "journal.db-shm").unlink(missing_ok=True)
        cut = dice.choice(list(Cut))
        match cut:
            case Cut.DELETED:
                self._log.unlink()
            case Cut.CUT:
                with self._log.open("r+b") as log:
                    log.truncate(dice.randrange(size))
            case Cut.FLIPPED:
                self._flip(dice, size)
        return cut

    def undo(self) -> None:
        for path in self._folder.glob("journal.*"):
            path.unlink()
        for path in self._kept.iterdir():
            shutil.copy2(path, self._folder)

    def _flip(self, dice: random.Random, size: int) -> None:
        with self._log.open("r+b") as log:
            for _ in range(_FLIPPED_BITS):
                place = dice.randrange(size)
                log.seek(place)
                (byte,) = log.read(1)
                log.seek(place)
                log.write(bytes([byte ^ 1 << dice.randrange(8)]))
