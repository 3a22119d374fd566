"""Two locations, or a location and a file, held against each other: who is on one side only, and what differs."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.highlevel.contacts import HeldContact
from importer.mapping import Mapping as FieldMapping
from importer.mapping import load_mapping
from importer.mirror.contrast import contrast, unseen_names
from importer.mirror.foreseen import ForeseenLocation
from importer.mirror.matching import Ambiguous, Match, find_contact, look_for
from importer.mirror.met import MetContacts
from importer.mirror.reading import MirrorReading
from importer.mirror.store import Mirror
from importer.records import value_type
from importer.results.diff import DiffEntry, DiffField, DiffSide, DiffStatus, DiffSummary, DiffTally
from importer.results.diff_table import DiffTable, open_diff_table
from importer.results.files import refuse_foreign, replacing_own
from importer.runs.context import RunContext
from importer.runs.foreseen_rows import Taken, taken_in
from importer.runs.planning.deciding import DecidingRules
from importer.runs.planning.mirroring import MirrorSettings, mirror_met, open_looking
from importer.runs.planning.sides import Nobody, People, Somebody, contacts_of, rows_of
from importer.sending import Sender
from importer.settings import RunSettings
from importer.state.written import WrittenFiles

SUFFIXES: Final = frozenset({".csv", ".xlsx"})


@value_type(frozen=True, slots=True, kw_only=True)
class DiffRequest:
    """What is held against what: two locations, or one and a ``file`` in the place of the other."""

    a: str
    b: str
    file: RunSettings | None = None
    file_is_b: bool = False
    output: Path | None = None
    force: bool = False

    @property
    def location_ids(self) -> tuple[str, ...]:
        if self.file is None:
            return (self.a, self.b)
        return (self.a,) if self.file_is_b else (self.b,)


@value_type(frozen=True, slots=True, kw_only=True)
class _ReadLocation:
    """A location that was met and mirrored."""

    catalog: Catalog
    reading: MirrorReading

    @property
    def side(self) -> DiffSide:
        location_id, name = self.catalog.location_id, self.catalog.name
        return DiffSide(
            name=f"{name} ({location_id})" if name else location_id,
            contacts=self.reading.contacts,
            as_of=self.reading.as_of,
        )


async def diff(request: DiffRequest, settings: MirrorSettings, context: RunContext) -> DiffSummary:
    """Hold two sides against each other; nothing is sent but reads. Raises SetupError where one cannot be read."""
    known = WrittenFiles(settings.state)
    _refuse_output(request, known)
    with contextlib.ExitStack() as stack:
        taken = None
        needs = CatalogNeeds(custom_fields=True)
        if request.file is not None:
            taken = await asyncio.to_thread(_take_in, request, request.file, context, stack)
            needs = replace(taken.mapping.needs, custom_fields=True)
        async with open_looking(settings.connection, settings.state, context) as sender:
            seen = [await _see(each, needs, sender, settings, context) for each in request.location_ids]
            requests = sender.requests
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=settings.state)))
        right = _Right(seen[-1], folder, stack, None if taken is None else taken.mapping)
        entries = _Entries(right, swapped=request.file_is_b)
        with contextlib.ExitStack() as opened:
            table = None
            if request.output is not None:
                replacing = partial(replacing_own, written=known, force=request.force)
                table = opened.enter_context(open_diff_table(request.output, replacing=replacing))
            tally = await asyncio.to_thread(_tally, entries.all(_left(taken, seen)), table, context)
    sides = [_file_side(taken), seen[-1].side] if taken is not None else [each.side for each in seen]
    a, b = reversed(sides) if request.file_is_b else sides
    return DiffSummary(
        a=a,
        b=b,
        statuses=dict(tally.statuses),
        fields=dict(tally.fields),
        unseen=sorted(entries.unseen),
        requests=requests,
        path=request.output,
    )


def _refuse_output(request: DiffRequest, known: WrittenFiles) -> None:
    if request.output is None:
        return
    if request.output.suffix.lower() not in SUFFIXES:
        raise SettingsError(f"{request.output} is neither a .csv nor an .xlsx file.")
    refuse_foreign(request.output, known, force=request.force)


def _take_in(
    request: DiffRequest, file: RunSettings, context: RunContext, stack: contextlib.ExitStack
) -> Taken:
    mapping = load_mapping(file.mapping)
    if not mapping.location_by_column:
        (location_id,) = request.location_ids
        file = replace(file, connection=replace(file.connection, location_id=location_id))
    return stack.enter_context(taken_in(file, mapping, context.clock, context.stop))


async def _see(
    location_id: str, needs: CatalogNeeds, sender: Sender, settings: MirrorSettings, context: RunContext
) -> _ReadLocation:
    catalog = await sender.open_location(location_id, needs)
    return _ReadLocation(catalog=catalog, reading=await mirror_met(catalog, sender, settings, context))


def _left(taken: Taken | None, seen: Sequence[_ReadLocation]) -> People:
    if taken is not None:
        return rows_of(taken, seen[-1].catalog)
    return contacts_of(seen[0].reading.path, seen[0].catalog, seen[1].catalog)


def _file_side(taken: Taken) -> DiffSide:
    names = ", ".join(staged.name for staged in taken.staged)
    return DiffSide(name=names, rows=sum(each.rows for each in taken.intakes))


def _tally(entries: Iterator[DiffEntry], table: DiffTable | None, context: RunContext) -> DiffTally:
    tally = DiffTally()
    for entry in entries:
        context.stop.check()
        tally.see(entry)
        if table is not None:
            table.write(entry)
    return tally


class _Right:
    """The location that the other side is held against.

    ``mapping``: a file's, which may find contacts by a custom field. Without a file, each contact is one of the other
    side's at most.
    """

    def __init__(
        self,
        seen: _ReadLocation,
        folder: Path,
        stack: contextlib.ExitStack,
        mapping: FieldMapping | None,
    ) -> None:
        catalog = seen.catalog
        self.custom_fields = {each.id: each for each in catalog.custom_fields}
        self._order = catalog.matching_order
        self._mirror = stack.enter_context(Mirror.open(seen.reading.path))
        self._met = stack.enter_context(MetContacts.scratch(folder / "met.db"))
        self._paired = None
        if mapping is None:
            self._paired = stack.enter_context(MetContacts.scratch(folder / "paired.db"))
        by = DecidingRules.of(mapping, catalog).by if mapping is not None else None
        self._location = ForeseenLocation.open(self._mirror, folder, stack, met=self._met, by=by)

    def find(self, some: Sequence[Somebody]) -> list[Match]:
        """Find those whom some of the other side mean."""
        records = [each.record for each in some]
        keys = look_for(records, self._location, self._order)
        found = [find_contact(record, self._location, its) for record, its in zip(records, keys, strict=True)]
        return found if self._paired is None else list(_paired_once(found, self._paired))

    def lacked(self) -> Iterator[HeldContact]:
        """Yield the contacts that nobody of the other side may mean."""
        for some in self._met.lacked(self._mirror):
            yield from some


def _paired_once(found: Sequence[Match], paired: MetContacts) -> Iterator[Match]:
    ids = [each.id for each in found if isinstance(each, HeldContact)]
    taken = paired.among(ids)
    for each in found:
        if isinstance(each, HeldContact):
            if each.id in taken:
                yield Ambiguous(contact_ids=(each.id,), reason="another contact was found to be this one")
                continue
            taken.add(each.id)
        yield each
    paired.note(ids)


class _Entries:
    """What becomes of everybody on either side. ``swapped``: the side that is gone through is B."""

    def __init__(self, right: _Right, *, swapped: bool) -> None:
        self.unseen: set[str] = set()
        self._right = right
        self._swapped = swapped
        self._only_left, self._only_right = (
            (DiffStatus.ONLY_B, DiffStatus.ONLY_A) if swapped else (DiffStatus.ONLY_A, DiffStatus.ONLY_B)
        )

    def all(self, left: People) -> Iterator[DiffEntry]:
        for some in left:
            yield from (self._nobody(each) for each in some if isinstance(each, Nobody))
            people = [each for each in some if isinstance(each, Somebody)]
            for somebody, found in zip(people, self._right.find(people), strict=True):
                yield self._entry(somebody, found)
        for each in self._right.lacked():
            yield self._of(self._only_right, right=each.id, held=each)

    def _nobody(self, nobody: Nobody) -> DiffEntry:
        return replace(self._of(nobody.status, left=nobody.label), reason=nobody.reason)

    def _entry(self, somebody: Somebody, found: Match) -> DiffEntry:
        label, held = somebody.label, somebody.held
        match found:
            case None:
                return self._of(self._only_left, left=label, held=held)
            case Ambiguous():
                ids = " ".join(found.contact_ids)
                return replace(
                    self._of(DiffStatus.AMBIGUOUS, left=label, right=ids, held=held), reason=found.reason
                )
            case HeldContact():
                return self._contrast(somebody, found)

    def _contrast(self, somebody: Somebody, found: HeldContact) -> DiffEntry:
        self.unseen |= unseen_names(found, somebody.compared)
        fields = tuple(
            DiffField(name=each.name, a=each.right, b=each.left)
            if self._swapped
            else DiffField(name=each.name, a=each.left, b=each.right)
            for each in contrast(somebody.held, found, somebody.compared, self._right.custom_fields)
        )
        status = DiffStatus.DIFFERING if fields else DiffStatus.SAME
        return replace(
            self._of(status, left=somebody.label, right=found.id, held=somebody.held), fields=fields
        )

    def _of(
        self, status: DiffStatus, *, left: str = "", right: str = "", held: HeldContact | None = None
    ) -> DiffEntry:
        a, b = (right, left) if self._swapped else (left, right)
        fields = held.fields if held is not None else {}
        parts = " ".join(str(part) for name in ("firstName", "lastName") if (part := fields.get(name)))
        return DiffEntry(
            status=status,
            a=a,
            b=b,
            email=str(fields.get("email") or ""),
            phone=str(fields.get("phone") or ""),
            name=parts or str(fields.get("name") or ""),
        )
