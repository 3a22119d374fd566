"""What a run wrote, contact by contact: its rows mapped once more from its own copies, beside what the journal knows of each."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from importer.errors import SettingsError
from importer.mapping import Mapping
from importer.records import Block, Outcome, Record, RowId, Status, TagMode, limited, row_id, value_type
from importer.runs.attaching import Attaching, FileField, Found
from importer.runs.intake import Intake, open_staged, survey
from importer.runs.key_sharing import KeySharing, foresee_key_sharing, matched_by
from importer.runs.planning.comparing import RunPlan
from importer.runs.preparing.order import Order
from importer.runs.resolving import Catalogs, Resolvers
from importer.runs.undo.deciding import RowInDoubt, WrittenContact
from importer.runs.uploading import find_named
from importer.runtime.stopping import StopSignal
from importer.sending.row.readback import dropped_fields
from importer.settings import RunSettings
from importer.state.journal import Journal
from importer.state.journal.undo_book import StoredRow, UndoBook
from importer.state.named_files import NamedFiles
from importer.state.parts import is_split
from importer.state.plans import Plans, StoredPlan


@value_type(frozen=True, slots=True, kw_only=True)
class RunAgain:
    """The sources of a run, opened once more from the copies that it keeps."""

    intakes: Sequence[Intake]
    mapping: Mapping
    sharing: KeySharing | None
    """None: the run is of an older importer, which kept nobody apart."""
    plan: RunPlan | None
    named: NamedFiles | None = None
    """What it uploaded, by what its rows call it."""

    @property
    def location_ids(self) -> tuple[str, ...]:
        return tuple(sorted({name for intake in self.intakes for name in intake.bound.location_rows}))

    def rows(self) -> Iterator[tuple[RowId, ...]]:
        """Number the rows of the run, a block at a time, in source order."""
        for intake in self.intakes:
            for block in limited(intake.source.blocks(), intake.rows):
                yield _row_ids(block)

    def mapped(self, catalogs: Catalogs) -> Iterator[list[Record | Outcome]]:
        """Map every row as the run sent it."""
        matching = matched_by(self.mapping, catalogs)
        attaching = Attaching(self.mapping, catalogs, ())
        for intake in self.intakes:
            shared = None if self.sharing is None else self.sharing.decider(intake.bound, matching)
            for _, mapped in intake.pieces(Resolvers(intake, catalogs).resolve, shared):
                yield self._as_planned([attaching.filled(item, self._find_file) for item in mapped])

    def _find_file(self, field: FileField, _source: int, reference: str) -> Found:
        return None if self.named is None else find_named(self.named, field, reference)

    def _as_planned(self, mapped: list[Record | Outcome]) -> list[Record | Outcome]:
        if self.plan is None:
            return mapped
        planned = self.plan.apply([item for item in mapped if isinstance(item, Record)])
        return [planned.get(item.row, item) for item in mapped]


@contextlib.contextmanager
def opened_again(
    order: Order, mapping: Mapping, plan: RunPlan | None, stop: StopSignal, *, folder: Path
) -> Iterator[RunAgain]:
    """Open the copies of a run's sources; ``folder`` is the run's own. Raises SourceError and MappingError."""
    intakes = survey(
        open_staged(order.sources, mapping, order.reading), mapping, order.survey, keep_going=stop.check
    )
    with tempfile.TemporaryDirectory(prefix="importer-") as private, contextlib.ExitStack() as stack:
        sharing = None
        if order.keys is not None:
            # who holds which key may be others by now: then a row seems changed, and its contact is kept
            sharing = stack.enter_context(foresee_key_sharing(order.keys, Path(private)))
        named = stack.enter_context(NamedFiles.open(folder)) if NamedFiles.is_in(folder) else None
        yield RunAgain(intakes=intakes, mapping=mapping, sharing=sharing, plan=plan, named=named)


def plan_of(journal: Journal, settings: RunSettings, mapping: Mapping) -> RunPlan | None:
    """Give the plan by which the run's rows were sent; None where there was none, or it was deleted since."""
    try:
        if settings.plan is not None:
            return RunPlan(StoredPlan.open(Plans(settings.state).find(settings.plan)), mapping)
        if settings.compare or mapping.compares:
            stored = StoredPlan.open(journal.folder)
            return RunPlan(stored, mapping, of_parts=is_split(journal.folder))
    except SettingsError:
        return None
    return None


def written_contacts(
    again: RunAgain, catalogs: Catalogs, book: UndoBook, tag_mode: TagMode
) -> Iterator[list[WrittenContact]]:
    """Give the contacts that the run wrote to, each with all its rows, once the last of them is read."""
    open_ones: dict[str, WrittenContact] = {}
    for mapped in again.mapped(catalogs):
        if not mapped:
            continue
        stored = book.stored(mapped[0].row, mapped[-1].row)
        doubts = book.in_doubt(mapped[0].row, mapped[-1].row)
        whole = []
        for item in mapped:
            if (row := stored.get(item.row)) is None:
                if isinstance(item, Record) and item.row in doubts:
                    whole.append(_doubtful(item, *doubts[item.row], tag_mode))
                continue
            written = _written(item, row, book, tag_mode)
            before = open_ones.pop(row.contact_id, None)
            written = written if before is None else before.joined(written)
            if row.last:
                whole.append(written)
            else:
                open_ones[row.contact_id] = written
        yield whole


def _written(item: Record | Outcome, row: StoredRow, book: UndoBook, tag_mode: TagMode) -> WrittenContact:
    sent = item if isinstance(item, Record) else None
    # a later row of a person that the run made is sent as an update: it goes with the contact
    return WrittenContact(
        contact_id=row.contact_id,
        location_id=row.location_id,
        rows=(row.row,),
        created=row.status is Status.CREATED
        and not any(fault.code == "perhaps_created" for fault in row.warnings),
        by_date=row.by_date,
        fields=sent.fields if sent else {},
        custom_fields=dict(sent.custom_fields) if sent else {},
        tags=frozenset(tag.lower() for tag in sent.tags)
        if sent and tag_mode is not TagMode.REMOVE
        else frozenset(),
        images=tuple(image for image in book.images(row.row) if image.contact_id == row.contact_id),
        additions=sent.additions if sent else (),
        added=book.made_beside(row.row),
        tags_alone=tag_mode is TagMode.REPLACE and sent is not None and bool(sent.tags or sent.clears_tags),
        tags_certain=row.settled,
        dropped=frozenset(dropped_fields(row.warnings)),
    )


def _doubtful(record: Record, since: float, until: float, tag_mode: TagMode) -> WrittenContact:
    tags = record.tags if tag_mode is not TagMode.REMOVE else ()
    return WrittenContact(
        contact_id="",
        location_id=record.location_id,
        rows=(record.row,),
        created=False,
        fields=record.fields,
        custom_fields=dict(record.custom_fields),
        tags=frozenset(tag.lower() for tag in tags),
        tags_certain=False,
        additions=record.additions,
        doubt=RowInDoubt(record=record, since=since, until=until),
    )


def _row_ids(block: Block) -> tuple[RowId, ...]:
    return tuple(row_id(block.source, number) for number in block.numbers)
