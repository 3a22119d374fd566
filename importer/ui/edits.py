"""Corrections that somebody made in the screen: a file that only grows, each line of which can be taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from importer.errors import SettingsError
from importer.reading.corrections import MOST_CORRECTIONS, Corrections, read_corrections
from importer.records import value_type
from importer.runtime.clock import Clock, SystemClock
from importer.ui.drafts import write_private

_NAME: Final = "corrections.jsonl"
_TAKEN_BACK: Final = "taken-back.jsonl"


@value_type(frozen=True, slots=True, kw_only=True)
class CellEdit:
    """One cell that was put right. ``column`` counts from 0."""

    row: int
    column: int
    before: str
    after: str


def forget_edits(folder: Path) -> None:
    """Delete all corrections of a draft, those that were taken back too."""
    for name in (_NAME, _TAKEN_BACK):
        (folder / name).unlink(missing_ok=True)


class DraftEdits:
    """The corrections of one draft, in the form that ``--corrections`` takes."""

    def __init__(self, folder: Path, *, header: Sequence[str], clock: Clock | None = None) -> None:
        self.path = folder / _NAME
        self._taken_back = folder / _TAKEN_BACK
        self._header = tuple(header)
        self._clock = clock or SystemClock()

    @property
    def any(self) -> bool:
        return self.path.is_file() and self.path.stat().st_size > 0

    def corrections(self) -> Corrections:
        """Give them as the reader lays them over a source."""
        if not self.any:
            return Corrections(_NAME, ())
        with self.path.open("rb") as file:
            return Corrections(_NAME, read_corrections(file, name=_NAME).corrections)

    def listed(self, most: int) -> list[dict[str, Any]]:
        """List the newest, each as it was made."""
        return [json.loads(line) for line in reversed(self._lines(self.path)[-most:])]

    def add(self, edits: Sequence[CellEdit]) -> None:
        """Write edits that are made at once; they are taken back at once, too. Raises SettingsError."""
        lines = self._lines(self.path)
        if len(lines) + len(edits) > MOST_CORRECTIONS:
            raise SettingsError(
                f"A draft takes {MOST_CORRECTIONS:,} corrections at most. Correct the file itself, and take it again."
            )
        at = datetime.fromtimestamp(self._clock.now(), UTC).isoformat(timespec="milliseconds")
        made = [self._line(each, at) for each in edits]
        # One line that the reader refuses would keep the whole draft from being checked.
        read_corrections(BytesIO("\n".join(made).encode()), name=_NAME)
        self._write(self.path, [*lines, *made])
        self._write(self._taken_back, [])

    def take_back(self) -> list[dict[str, Any]]:
        """Take the last edit back, all cells of it; gives what it had done."""
        return self._move(self.path, self._taken_back)

    def make_again(self) -> list[dict[str, Any]]:
        """Make the edit again that was taken back last."""
        return self._move(self._taken_back, self.path)

    @property
    def can_make_again(self) -> bool:
        return bool(self._lines(self._taken_back))

    def _move(self, source: Path, target: Path) -> list[dict[str, Any]]:
        lines = self._lines(source)
        if not lines:
            return []
        at = json.loads(lines[-1])["at"]
        first = len(lines)
        while first and json.loads(lines[first - 1])["at"] == at:
            first -= 1
        self._write(target, [*self._lines(target), *lines[first:]])
        self._write(source, lines[:first])
        return [json.loads(line) for line in lines[first:]]

    def _line(self, edit: CellEdit, at: str) -> str:
        title = self._header[edit.column]
        # A name that stands twice, or nowhere, cannot tell which column is meant.
        named = bool(title) and self._header.count(title) == 1
        column = title if named else edit.column + 1
        return json.dumps(
            {"row": edit.row, "column": column, "before": edit.before, "after": edit.after, "at": at}
        )

    @staticmethod
    def _lines(path: Path) -> list[str]:
        return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []

    @staticmethod
    def _write(path: Path, lines: Sequence[str]) -> None:
        write_private(path, "".join(f"{line}\n" for line in lines).encode())
