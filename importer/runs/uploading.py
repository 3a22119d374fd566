"""The uploads of a run: each content once for each field that is to hold it, written down before and after."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final

from importer.highlevel.calls import Call
from importer.highlevel.catalog_reader import refusal
from importer.highlevel.files import UPLOAD_SCOPE, StoredFile, stored_file, try_upload, upload
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import Fault, FileContent, Outcome, Record, RowId, source_of
from importer.runs.attaching import Attaching, FileField, Found
from importer.runs.intake import Mapped
from importer.runs.preparing import Preparation
from importer.runs.preparing.altered import Altered
from importer.runs.uploads_due import UploadsDue
from importer.sending import Sender
from importer.sending.call_state import FIRST_CONTACT, CallState, Unanswered
from importer.state.memory.uploads import KnownUploads, UploadKey
from importer.state.named_files import NamedFiles

_AT_ONCE: Final = 3
"""Each is held in memory, and fifty megabytes are allowed."""
_UNCONFIRMED: Final = "whether it was uploaded is not known, and HighLevel lists no files: `importer retry` uploads it once more"
_REFUSED: Final = frozenset({ReplyKind.REFUSED, ReplyKind.TOO_LARGE})


class Uploads:
    """Uploads what rows name, before they are sent. ``again``: a person asked for another try of what is in doubt."""

    def __init__(
        self,
        sender: Sender,
        attaching: Attaching,
        named: NamedFiles,
        known: KnownUploads,
        *,
        run_id: str,
        again: bool,
    ) -> None:
        self._sender = sender
        self._attaching = attaching
        self._named = named
        self._known = known
        self._run_id = run_id
        self._again = again
        self._faults: dict[tuple[str, str], Fault] = {}
        """Of the rows at hand, by field and reference."""
        self._turns: dict[UploadKey, asyncio.Lock] = {}
        attaching.uploaded = lambda field, reference: find_named(named, field, reference) is not None

    async def try_scope(self) -> None:
        """Raise CredentialsError where the token may not upload, before the first row."""
        for location_id in sorted(self._attaching.location_ids):
            found = await self._ask(location_id, try_upload(location_id), repeatable=True)
            if isinstance(found, Reply) and found.kind is ReplyKind.SCOPE_MISSING:
                raise refusal(found, location_id, scope=UPLOAD_SCOPE)

    def known_in(self, preparation: Preparation) -> Preparation:
        """Give rows in which files stand as they are there, as far as they were uploaded before."""
        return Altered(preparation, self._attaching.known(self._known))

    def named_in(self, preparation: Preparation) -> Preparation:
        """Give rows that name files which can be had, told by their content."""
        return Altered(preparation, self._attaching.digested)

    def due(self, pieces: Iterable[Mapped], *, rows: int) -> dict[str, int]:
        """Count what the first ``rows`` ask to be uploaded, by location. It may take long."""
        due = UploadsDue(self._attaching, self._known)
        due.see(islice(chain.from_iterable(pieces), rows))
        return due.calls

    async def attach(self, records: Sequence[Record]) -> dict[RowId, Record | Outcome]:
        """Upload what rows name, and put it into them; a row whose files cannot be had fails.

        Raises what ends the location's sending, once no upload is in the air.
        """
        await self._upload_all(records)
        return {record.row: self._attaching.filled(record, self._find) for record in records}

    async def _upload_all(self, records: Sequence[Record]) -> None:
        self._faults.clear()
        few = asyncio.Semaphore(_AT_ONCE)
        due = {
            (field.id, reference): (field, source_of(record.row), reference)
            for record in records
            for field, reference in self._attaching.named(record)
            if self._named.find(field.location_id, field.id, reference) is None
        }

        async def one(field: FileField, source: int, reference: str) -> None:
            async with few:
                fault = await self._upload(field, source, reference)
                if fault is not None:
                    self._faults[field.id, reference] = fault

        ends = await asyncio.gather(*(one(*each) for each in due.values()), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end
        self._turns.clear()

    def _find(self, field: FileField, _source: int, reference: str) -> Found:
        if (fault := self._faults.get((field.id, reference))) is not None:
            return fault
        return find_named(self._named, field, reference)

    async def _upload(self, field: FileField, source: int, reference: str) -> Fault | None:
        file = await asyncio.to_thread(self._attaching.load, field, source, reference)
        if isinstance(file, Fault):
            return file
        key = UploadKey(location_id=field.location_id, field_id=field.id, digest=file.digest)
        async with self._turns.setdefault(key, asyncio.Lock()):  # two names of one content
            stored = await self._stored(key, file)
        if isinstance(stored, Fault):
            return Fault(code=stored.code, message=f"{reference!r}: {stored.message}")
        self._named.note(field.location_id, field.id, reference, name=file.name, stored=stored)
        return None

    async def _stored(self, key: UploadKey, file: FileContent) -> str | Fault:
        """Give what the vendor has of a content: from an earlier upload, or by one that is made now."""
        known = self._known.find(key)
        if known is not None and known.stored is not None:
            return known.stored
        if known is not None and known.run_id == self._run_id and not self._again:
            return Fault(code="file_unconfirmed", message=_UNCONFIRMED)
        self._known.begin(key, self._run_id)
        found = await self._ask(
            key.location_id, upload(key.location_id, key.field_id, file), repeatable=False
        )
        stored = _stored_in(found, key, file)
        if isinstance(stored, StoredFile):
            self._known.finish(key, self._run_id, text := stored.to_text())
            return text
        if stored.code != "file_unconfirmed":
            self._known.withdraw(key)
        return stored

    async def _ask(self, location_id: str, call: Call, *, repeatable: bool) -> Reply | Unanswered:
        state = CallState(FIRST_CONTACT, repeatable=repeatable, soft=True)
        return await self._sender.perform(location_id, call, state)


def find_named(named: NamedFiles, field: FileField, reference: str) -> tuple[str, StoredFile] | None:
    """Give a file that the run uploaded, by what its rows call it."""
    found = named.find(field.location_id, field.id, reference)
    return None if found is None else (found[0], StoredFile.from_text(found[1]))


def _stored_in(found: Reply | Unanswered, key: UploadKey, file: FileContent) -> StoredFile | Fault:
    """Read what came of an upload."""
    if isinstance(found, Unanswered):
        if found.doubtful:
            return Fault(code="file_unconfirmed", message=f"{_UNCONFIRMED} ({found.words})")
        return Fault(code="file_upload_failed", message=f"it was not uploaded: {found.words}")
    if found.kind is ReplyKind.DONE:
        stored = stored_file(found.body, key.field_id, file)
        return stored or Fault(
            code="file_unconfirmed", message=f"the reply names no address of it; {_UNCONFIRMED}"
        )
    if found.kind in _REFUSED:
        return Fault(code="file_refused", message=f"HighLevel does not take it: {found.said}")
    return Fault(code="file_upload_failed", message=f"it was not uploaded: {found.said}")


@contextlib.contextmanager
def open_uploads(
    sender: Sender,
    attaching: Attaching,
    *,
    state: Path,
    place: str,
    folder: Path,
    run_id: str,
    again: bool,
) -> Iterator[Uploads]:
    """Open what is remembered of uploads; ``folder``: the run's own. Raises SettingsError."""
    with KnownUploads.open(state, place=place) as known, NamedFiles.open(folder) as named:
        yield Uploads(sender, attaching, named, known, run_id=run_id, again=again)
