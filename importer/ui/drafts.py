"""Imports that are being prepared in the screen: a private folder each, with the file, the mapping and what was decided.

A draft holds people's data and no token. It is swept after some days without a change, and discarded on request.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from importer.errors import SettingsError, StateError
from importer.records import Json, value_type
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.private_files import write_private
from importer.runtime.regex import regex

KEPT_DAYS: Final = 7.0
FILE_FOLDER: Final = "file"
_NOTE: Final = "draft.json"
_ID: Final = regex(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
_DAY: Final = 86_400.0
_LONGEST_NAME: Final = 120
_UNSAFE: Final = regex(r"[^\w .()+,@=\-]")
_RESERVED: Final = regex(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


class ChangedElsewhereError(SettingsError):
    """A change was made upon an older state of the draft than it has."""


@value_type(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was decided so far. ``version`` rises with every change."""

    id: str
    created_at: float
    changed_at: float
    version: int = 1
    name: str = ""
    """The file's name as the person knows it; shown, never used as a path."""
    source: str | None = None
    """The file itself: a name within the draft's folder, or the absolute path given to ``importer ui``."""
    reading: dict[str, Json] = field(default_factory=dict)
    """Reading options that were chosen: sheet, header_row, encoding, delimiter."""
    behind: str | None = None
    """The draft of the file that was chosen together with this one, just before it."""
    begun_like: str | None = None
    """The name of that file, or of one before it, whose mapping and place it was begun with."""
    skip_hidden: bool = False
    """Rows that the workbook hides are left out; the mapping says so, once there is one."""
    sandbox: bool = True
    location_id: str | None = None
    location_name: str | None = None
    location_zone: str | None = None
    location_column: str | None = None
    """The column by which its mapping lets each row name its own location; it goes ahead of ``location_id``."""
    automations: tuple[str, ...] = ()
    """The workflows that were published there when it was looked at."""
    mapping_name: str | None = None
    """The ready mapping that was taken, if one was."""
    acknowledged: tuple[str, ...] = ()
    """Columns of which it was said that they are left out on purpose."""
    like: str | None = None
    """The run whose mapping and place it was begun with."""
    run_id: str | None = None
    """The run that it was imported by last."""
    imported_as: str | None = None
    """Digest of file, mapping, corrections and aim as they were then."""

    @property
    def by_column(self) -> bool:
        """Whether it goes to several locations of HighLevel, each row to its own."""
        return self.location_column is not None and not self.sandbox

    @property
    def one_location(self) -> str | None:
        """The one location that all rows go to; None for the sandbox, and where each row names its own."""
        return None if self.sandbox or self.location_column is not None else self.location_id


class Drafts:
    """The drafts of one state folder."""

    def __init__(self, state: Path, *, clock: Clock | None = None) -> None:
        self.path = state / "drafts"
        self._clock = clock or SystemClock()

    def create(self) -> Draft:
        """Make an empty draft."""
        now = self._clock.now()
        stamp = datetime.fromtimestamp(now, tz=UTC).strftime("%Y%m%d-%H%M%S")
        draft = Draft(id=f"{stamp}-{secrets.token_hex(4)}", created_at=now, changed_at=now)
        try:
            # Folders that are made on the way have the mode of everybody's: the state folder itself holds people's data.
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.mkdir(mode=0o700, exist_ok=True)
            self.folder(draft.id).mkdir(mode=0o700)
        except OSError as cause:
            raise StateError(f"The folder of drafts {self.path} cannot be used: {cause.strerror}.") from cause
        self._write(draft)
        return draft

    def folder(self, draft_id: str) -> Path:
        """Give a draft's folder. Raises SettingsError for what is no draft's id: it is never joined into a path."""
        if not _ID.fullmatch(draft_id):
            raise SettingsError("There is no such draft.")
        return self.path / draft_id

    def folder_of_file(self, draft_id: str) -> Path:
        """Make the folder of the file itself: whatever it is called, it is none of what a draft keeps beside it."""
        folder = self.folder(draft_id) / FILE_FOLDER
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as cause:
            raise StateError(f"The folder {folder} cannot be used: {cause.strerror}.") from cause
        return folder

    def open(self, draft_id: str) -> Draft:
        """Read a draft. Raises SettingsError where there is none, or not any more."""
        try:
            kept = json.loads((self.folder(draft_id) / _NOTE).read_text(encoding="utf-8"))
            return _from_json(draft_id, kept)
        except (OSError, ValueError, TypeError, KeyError):
            raise SettingsError(
                f"The draft {draft_id} is not there any more. Drafts are kept for {KEPT_DAYS:.0f} days; begin again with the file."
            ) from None

    def list(self) -> tuple[Draft, ...]:
        """List the drafts that have a file, the newest first."""
        found = []
        for draft_id in sorted(self._ids(), reverse=True):
            with contextlib.suppress(SettingsError):
                found.append(self.open(draft_id))
        return tuple(draft for draft in found if draft.source is not None)

    def change(self, draft_id: str, *, version: int | None = None, **changes: Any) -> Draft:
        """Write changes down. Raises ChangedElsewhereError where ``version`` is not the draft's any more."""
        draft = self.open(draft_id)
        if version is not None and version != draft.version:
            raise ChangedElsewhereError("This draft was changed in another window. Load the page again.")
        changed = replace(draft, **changes, version=draft.version + 1, changed_at=self._clock.now())
        self._write(changed)
        return changed

    def source(self, draft: Draft) -> Path:
        """Find the draft's file. Raises SettingsError where it has none, or it is gone."""
        if draft.source is None:
            raise SettingsError("The draft has no file yet. Choose one.")
        path = self.folder(draft.id) / draft.source  # an absolute path stays what it is
        if not path.is_file():
            raise SettingsError(f"The file {draft.name} is not there any more. Choose it again.")
        return path

    def mapping(self, draft: Draft) -> Path:
        """Give the place of the draft's mapping, whether it is there or not."""
        return self.folder(draft.id) / "mapping.yaml"

    def mapping_text(self, draft: Draft) -> str:
        """Read the draft's mapping. Raises SettingsError where it has none yet."""
        try:
            return self.mapping(draft).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise SettingsError("The columns are not mapped yet. Go back to Columns.") from None
        except ValueError:
            raise SettingsError("The mapping of the draft is no text. Write it anew in Columns.") from None

    def discard(self, draft_id: str) -> None:
        """Delete a draft with all that it holds; that it was gone is no fault."""
        shutil.rmtree(self.folder(draft_id), ignore_errors=True)

    def sweep(self) -> int:
        """Delete drafts that nobody changed for days, and what is left of uploads that broke off; tell how many."""
        swept = 0
        for draft_id in self._ids():
            folder = self.folder(draft_id)
            try:
                changed_at = self.open(draft_id).changed_at
            except SettingsError:
                with contextlib.suppress(OSError):
                    changed_at = folder.stat().st_mtime
                    if self._clock.now() - changed_at > _DAY:
                        self.discard(draft_id)
                        swept += 1
                continue
            if self._clock.now() - changed_at > KEPT_DAYS * _DAY:
                self.discard(draft_id)
                swept += 1
        return swept

    def _ids(self) -> Iterator[str]:
        with contextlib.suppress(OSError):
            yield from (entry.name for entry in os.scandir(self.path) if _ID.fullmatch(entry.name))

    def _write(self, draft: Draft) -> None:
        path = self.folder(draft.id) / _NOTE
        kept = {name: getattr(draft, name) for name in draft.__slots__ if name != "id"}
        write_private(path, json.dumps(kept, ensure_ascii=False).encode())


def _from_json(draft_id: str, kept: dict[str, Any]) -> Draft:
    known = {name: kept[name] for name in Draft.__slots__ if name in kept}
    lists = {name: tuple(known.get(name, ())) for name in ("acknowledged", "automations")}
    return Draft(id=draft_id, **{**known, **lists})


def safe_name(said: str) -> str:
    """Make a file name of what a browser calls a file: its last part, without what a system or a terminal stumbles over."""
    last = said.replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", last).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if len(name) > _LONGEST_NAME:
        name = f"{stem[: _LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}"[-_LONGEST_NAME:]
    if not name or _RESERVED.match(name) or name in {_NOTE, "mapping.yaml", "corrections.jsonl"}:
        name = f"file-{name}" if name else "file"
    return name
