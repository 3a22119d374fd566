"""How many files the rows of a run ask to be uploaded, known before the first of them is."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from importer.records import Outcome, Record, source_of, value_type
from importer.runs.attaching import Alter, Attaching, FileField
from importer.state.memory.uploads import KnownUploads, UploadKey


class UploadsDue:
    """Counts uploads at most: each content once for each field; what was not read, once for each name.

    ``known``: what earlier runs uploaded, as far as it is to be looked at.
    """

    def __init__(self, attaching: Attaching, known: KnownUploads | None) -> None:
        self._attaching = attaching
        self._known = known
        self._seen: set[int] = set()
        self._calls: Counter[str] = Counter()

    @property
    def calls(self) -> dict[str, int]:
        """Calls by location: an upload is one."""
        return dict(self._calls)

    def see(self, items: Iterable[Record | Outcome]) -> None:
        for item in items:
            if isinstance(item, Record):
                for field, reference in self._attaching.named(item):
                    self._see(field, source_of(item.row), reference)

    def _see(self, field: FileField, source: int, reference: str) -> None:
        digest = self._attaching.digest_of(source, reference)
        upload = hash((field.id, digest or (source, reference)))
        if upload in self._seen:
            return
        self._seen.add(upload)
        self._calls[field.location_id] += not self._held(field, reference, digest)

    def _held(self, field: FileField, reference: str, digest: str | None) -> bool:
        if self._attaching.uploaded(field, reference):
            return True
        if self._known is None or digest is None:
            return False
        found = self._known.find(UploadKey(location_id=field.location_id, field_id=field.id, digest=digest))
        return found is not None and found.stored is not None


@value_type(frozen=True, slots=True)
class ForeseenFiles:
    """Files as a run that is foretold would find them: what they make of a row, and what of them is yet to be uploaded."""

    alter: Alter
    due: UploadsDue


@contextlib.contextmanager
def foreseen_files(attaching: Attaching, *, state: Path | None, place: str) -> Iterator[ForeseenFiles]:
    """Look at files; their contents are read where earlier runs uploaded some. ``state``: None where there were none.

    Raises SettingsError.
    """
    with contextlib.ExitStack() as opened:
        known = None
        if state is not None and attaching.location_ids:
            known = KnownUploads.open_if_there(state, place=place)
        if known is not None:
            opened.enter_context(known)
        alter = attaching.looked if known is None else attaching.known(known)
        yield ForeseenFiles(alter, UploadsDue(attaching, known))
