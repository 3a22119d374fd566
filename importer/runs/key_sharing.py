"""Who holds which key while a run goes on: the files behind the decision, and what of it a location's rules say."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from importer.errors import CredentialsError, SettingsError
from importer.highlevel.catalog import MATCH_BY, Catalog
from importer.highlevel.payload import creates_anew
from importer.mapping import BoundMapping
from importer.mapping import Mapping as ContactMapping
from importer.mapping.shared_keys import HolderStore, MatchedBy, SharedKeys
from importer.records import ImportMode, KeyLink, Record, RowId, RowObject, value_type
from importer.settings import Connection
from importer.state.journal import Journal
from importer.state.memory import DraftHolders, KeyHolders, SameContacts


@value_type(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where a run remembers who holds which key. ``folder``: None for its own, where the contacts are nobody else's."""

    folder: Path | None
    server: str
    run_id: str

    @classmethod
    def of(cls, connection: Connection, state: Path, run_id: str) -> KeyPlace:
        if connection.sandbox:
            return cls(folder=None, server="sandbox", run_id=run_id)
        return cls(folder=state, server=connection.base_url, run_id=run_id)

    def open(self, run_folder: Path) -> KeyHolders:
        return KeyHolders.open(self.folder or run_folder, place=self.server, run_id=self.run_id)


@value_type(frozen=True, slots=True, kw_only=True)
class KeySharing:
    """The open files of one run, or of a look ahead."""

    holders: KeyHolders
    links: SameContacts

    again: set[RowId] = field(default_factory=set)
    """Rows of the last block that are of somebody who has another row before them."""

    def decider(self, bound: BoundMapping, matched_by: MatchedBy) -> SharedKeys:
        """Make what decides over the rows of one source."""
        return bound.shared_keys(self.holders, matched_by=matched_by, note=self._note)

    def _note(self, links: Sequence[KeyLink]) -> None:
        self.again.clear()
        self.again.update(link.row for link in links if link.first is not None and not link.apart)
        self.links.note(links)


@contextlib.contextmanager
def open_key_sharing(place: KeyPlace, run_folder: Path) -> Iterator[KeySharing]:
    """Open the files of a run. Raises SettingsError."""
    with place.open(run_folder) as holders, SameContacts(run_folder) as links:
        yield KeySharing(holders=holders, links=links)


def free_keys(place: KeyPlace, journal: Journal) -> None:
    """Let go of the keys of rows that were refused: nobody got them. Raises SettingsError and StateError."""
    untouched = journal.untouched
    if not (untouched or journal.has_refused_rows) or not KeyHolders.is_in(place.folder or journal.folder):
        return  # nothing to let go of, so that nobody who writes is waited for
    with place.open(journal.folder) as holders:
        if untouched:
            holders.release_all()
        else:
            holders.release(journal.refused_rows())


@contextlib.contextmanager
def foresee_key_sharing(place: KeyPlace, folder: Path) -> Iterator[KeySharing]:
    """Decide as a run would, in a folder that is thrown away; what is remembered stays as it is."""
    with contextlib.ExitStack() as stack:
        known = None
        # A look needs no folder that can be written to, and makes none.
        if place.folder is not None and KeyHolders.is_in(place.folder):
            with contextlib.suppress(SettingsError):
                known = stack.enter_context(place.open(folder))
        holders = stack.enter_context(DraftHolders.over(known, folder, place=place.server))
        yield KeySharing(holders=holders, links=stack.enter_context(SameContacts(folder)))


@contextlib.contextmanager
def decided_again(sharing: KeySharing, place: KeyPlace) -> Iterator[KeySharing]:
    """Decide as the run does, in a folder that is thrown away: who holds which key by now is not written over."""
    with tempfile.TemporaryDirectory(prefix="importer-") as name, contextlib.ExitStack() as opened:
        folder, known = Path(name), sharing.holders
        draft = DraftHolders.over(known, folder, place=place.server, as_run=known.run)
        holders = opened.enter_context(draft)
        yield KeySharing(holders=holders, links=opened.enter_context(SameContacts(folder)))


@contextlib.contextmanager
def draft_holders(mapping: ContactMapping) -> Iterator[HolderStore | None]:
    """Give a survey that looks for duplicates what it needs to know different people by: the file alone."""
    if not mapping.surveys_duplicates:
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="importer-") as folder,
        DraftHolders.over(None, Path(folder), place="") as holders,
    ):
        yield holders


def matched_by(
    mapping: ContactMapping, catalogs: Mapping[str, Catalog | CredentialsError]
) -> Callable[[Record], Collection[str]]:
    """Tell which fields each record's contact is found by; of a location that is not known, the usual ones."""
    upserts = mapping.mode is ImportMode.UPSERT

    # of nearly all records it need not be asked one by one
    found_by_all: dict[str, Collection[str]] = {
        key: each.match_by
        for key, each in catalogs.items()
        if isinstance(each, Catalog) and not (upserts and each.duplicates_allowed)
    }
    if mapping.row_object is not RowObject.CONTACT:
        return lambda _: ()  # several deals of one person are no different people

    def fields(record: Record) -> Collection[str]:
        if (known := found_by_all.get(record.location_id)) is not None:
            return known
        catalog = catalogs.get(record.location_id)
        if not isinstance(catalog, Catalog):
            return MATCH_BY
        return () if creates_anew(record, duplicates_allowed=True) else catalog.match_by

    return fields
