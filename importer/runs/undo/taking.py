"""Taking a run back: opened, asked about, contact by contact undone, and forgotten where the run taught something."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from importer.errors import CredentialsError, RunConflictError, SettingsError, StopError
from importer.highlevel.catalog import Catalog
from importer.highlevel.versions import version_of
from importer.mapping import Mapping, parse_mapping
from importer.records import RowId, RowObject, UndoLine, UndoStatus, value_type
from importer.results.files import RunFiles
from importer.results.undo import DRY_FILE_NAME, FILE_NAME, UndoSummary, UndoTally, write_undo
from importer.runs.context import RunContext
from importer.runs.embedded import reachable
from importer.runs.forerunners import amend_forerunners
from importer.runs.objects import NOUNS
from importer.runs.preparing.order import Order
from importer.runs.remembered import recalled
from importer.runs.remote import heeding_wishes
from importer.runs.resolving import Catalogs
from importer.runs.undo.acting import IN_DOUBT, ContactUndo, End, UndoRules, UndoWriter
from importer.runs.undo.asking import object_question, question
from importer.runs.undo.at_once import each_at_once
from importer.runs.undo.beats import UndoBeats
from importer.runs.undo.deciding import WrittenContact
from importer.runs.undo.later_runs import note_later_runs
from importer.runs.undo.objects import ObjectActs
from importer.runs.undo.tags import TagBatch, TagsUndo
from importer.runs.undo.written import RunAgain, opened_again, plan_of, written_contacts
from importer.sending import Sender
from importer.sending.looking import NoRows
from importer.settings import Connection, ReadingOptions, RunSettings
from importer.state import StateFolder
from importer.state.journal import Journal, Run, RunState
from importer.state.journal.undo_book import UndoBook
from importer.state.memory import ImportedFiles, KnownAdditions, Memory
from importer.state.written import WrittenFiles

_NOT_REACHED: Final = "It was not taken back yet: the undo stopped before it. Take the run back once more."


@value_type(frozen=True, slots=True, kw_only=True)
class UndoOptions:
    """What was asked for. ``dry``: say what would be done, and write nothing."""

    dry: bool = False
    with_history: bool = False
    """Delete created contacts although something lies beside them by now."""


@value_type(frozen=True, slots=True, kw_only=True)
class _Undo:
    """One undo of one run, with its journal open and its lock held."""

    journal: Journal
    book: UndoBook
    settings: RunSettings
    mapping: Mapping
    options: UndoOptions
    context: RunContext

    @property
    def run(self) -> Run:
        return self.journal.run


class DryBook:
    """The book of an undo that writes nothing: what it would write is kept for the file alone."""

    def __init__(self, book: UndoBook) -> None:
        self._book = book
        self._lines: dict[RowId, UndoLine] = {}

    def taken_up_by(self, contact_id: str) -> str | None:
        return self._book.taken_up_by(contact_id)

    def reaches(self, contact_id: str) -> bool:
        return self._book.reaches(contact_id)

    def begun(self, row: RowId) -> bool:
        return self._book.begun(row)

    def settle(self, lines: Iterable[UndoLine]) -> None:
        self._lines.update((line.row, line) for line in lines)

    def lines(self, first: RowId, last: RowId) -> dict[RowId, UndoLine]:
        found = self._book.lines(first, last)
        return {**found, **{row: line for row, line in self._lines.items() if first <= row <= last}}


async def undo(
    wanted: str,
    *,
    state_path: Path,
    connection: Connection,
    reading: ReadingOptions,
    options: UndoOptions,
    context: RunContext | None = None,
) -> UndoSummary:
    """Take back the run whose id begins with ``wanted``, or go on with taking it back.

    Raises SetupError where nothing was done. What stops it before its end is in the summary.
    """
    context = context or RunContext()
    state = StateFolder(state_path, clock=context.clock)
    found = state.find(wanted)
    with state.lock(found, undoing=True), state.open_journal(found) as journal:
        if journal.loss is not None:
            raise RunConflictError(
                f"{journal.loss.sentence} A run is taken back by what its journal knows: resume it first."
            )
        run = journal.run
        settings = recalled(run, connection=connection, state=state_path, reading=reading)
        taking = _Undo(
            journal=journal,
            book=journal.undo,
            settings=settings,
            mapping=parse_mapping(run.mapping_text, name=str(run.mapping_path)),
            options=options,
            context=context,
        )
        return await _take_back(taking, state)


async def _take_back(taking: _Undo, state: StateFolder) -> UndoSummary:
    settings, mapping, context = taking.settings, taking.mapping, taking.context
    order = Order.of(taking.run, settings, mapping)
    plan = plan_of(taking.journal, settings, mapping)
    began = context.clock.monotonic()
    with contextlib.ExitStack() as stack:
        if plan is not None:
            stack.enter_context(contextlib.closing(plan))
        opening = opened_again(order, mapping, plan, context.stop, folder=taking.journal.folder)
        again = await asyncio.to_thread(stack.enter_context, opening)
        await asyncio.to_thread(note_later_runs, taking.run, taking.book, state)
        async with _open_sender(taking, again, state) as (sender, catalogs):
            await _agree(taking, sender, catalogs)
            context.stop.check()
            book: UndoBook | DryBook = DryBook(taking.book) if taking.options.dry else taking.book
            act = _acts_of(taking, again, sender, catalogs, book)
            if not taking.options.dry:
                taking.book.begin(context.operator)
                await asyncio.to_thread(_forget_people, taking)
            async with heeding_wishes(taking.journal.folder, context.stop):
                stopped = await _until_stopped(act.carry_out())
            requests = sender.requests
        jobs = _jobs_of(taking)
        if not taking.options.dry:
            _end(taking, order, stopped)
            amend_forerunners(taking.journal.folder, order.commands)
        return _summed_up(taking, again, book, stopped, requests=requests, began=began, jobs=jobs)


@contextlib.asynccontextmanager
async def _open_sender(
    taking: _Undo, again: RunAgain, state: StateFolder
) -> AsyncIterator[tuple[Sender, Catalogs]]:
    """Meet the locations of the run; where all refuse us, the first refusal is raised."""
    settings, journal = taking.settings, NoRows()
    async with reachable(
        settings.connection,
        taking.mapping,
        again.location_ids,
        folder=taking.journal.folder,
        state=settings.state,
    ) as connection:
        async with Sender(
            connection=connection,
            journal=journal,
            clock=taking.context.clock,
            quota_marks=state.quota_marks(connection.base_url),
            neighbours=None if connection.sandbox else state.sharing(taking.journal, connection.base_url),
            progress=taking.context.progress,
        ) as sender:
            taking.context.stop.listen(sender.stop)
            yield sender, await _meet(sender, again, taking.mapping)
        if not connection.sandbox:
            state.remember_quota(connection.base_url, journal.marks)


async def _meet(sender: Sender, again: RunAgain, mapping: Mapping) -> Catalogs:
    catalogs: dict[str, Catalog | CredentialsError] = {}
    for location_id in again.location_ids:
        try:
            catalogs[location_id] = await sender.open_location(location_id, mapping.needs)
        except CredentialsError as refused:
            catalogs[location_id] = refused
    refusals = [each for each in catalogs.values() if isinstance(each, CredentialsError)]
    if refusals and len(refusals) == len(catalogs):
        raise refusals[0]
    return catalogs


async def _agree(taking: _Undo, sender: Sender, catalogs: Catalogs) -> None:
    """Say what will be done, and let a person agree. Raises SettingsError."""
    quotas = {key: sender.quota_of(key) for key, each in catalogs.items() if isinstance(each, Catalog)}
    if (row_object := taking.mapping.row_object) is RowObject.CONTACT:
        history = taking.options.with_history
        asked = question(
            taking.run,
            catalogs,
            taking.book.count(),
            quotas=quotas,
            with_history=history,
            before=sender.requests,
        )
    else:
        noun = NOUNS[row_object]
        asked = object_question(
            taking.run,
            catalogs,
            taking.book.count_made(),
            noun=noun,
            quotas=quotas,
            before=sender.requests,
        )
    confirm = None if taking.options.dry else taking.context.confirm
    if confirm is None:
        taking.context.progress.message(asked)
    elif not await confirm(f"{asked}\nTake it back?"):
        raise SettingsError("Nothing was taken back.")


def _acts_of(
    taking: _Undo, again: RunAgain, sender: Sender, catalogs: Catalogs, book: UndoWriter
) -> _Acts | ObjectActs:
    if taking.mapping.row_object is RowObject.CONTACT:
        return _Acts(taking, again, sender, catalogs, book)
    return ObjectActs(
        again,
        taking.journal,
        asking=sender,
        catalogs=catalogs,
        book=book,
        is_done=lambda row: taking.book.done(row) is not None,
        check=taking.context.stop.check,
        dry=taking.options.dry,
        beats=_beats(taking, sum(taking.book.count_made().values())),
    )


class _Acts:
    """Goes over the contacts of a run and takes them back, many at once."""

    def __init__(
        self, taking: _Undo, again: RunAgain, sender: Sender, catalogs: Catalogs, book: UndoWriter
    ) -> None:
        self._taking = taking
        self._again = again
        self._catalogs = catalogs
        met = {key: each for key, each in catalogs.items() if isinstance(each, Catalog)}
        rules = UndoRules(
            dry=taking.options.dry,
            with_history=taking.options.with_history,
            version=version_of(taking.settings.connection.api_version),
            data_types={
                key: {one.id: one.data_type for one in each.custom_fields} for key, each in met.items()
            },
        )
        self._contacts = ContactUndo(sender, book, rules)
        self._tags = TagsUndo(sender, book)
        self._beats = _beats(taking, sum(each.contacts for each in taking.book.count().values()))

    async def carry_out(self) -> None:
        """Take back what is left. Raises StopError."""
        self._beats.begin()
        pieces = written_contacts(
            self._again, self._catalogs, self._taking.book, self._taking.mapping.tag_mode
        )
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            await self._take_back([each for each in piece if not self._is_done(each)])
        waiting = self._tags.take_all()
        self._beats.begin_tags(sum(len(batch.contacts) for batch in waiting))
        for batch in waiting:
            await self._change_tags(batch)
        for batch in self._tags.take_all():  # what some of those had to get besides
            await self._change_tags(batch)

    def _is_done(self, written: WrittenContact) -> bool:
        return all(self._taking.book.done(row) is not None for row in written.rows)

    async def _take_back(self, contacts: list[WrittenContact]) -> None:
        await each_at_once(contacts, self._one)

    async def _one(self, written: WrittenContact) -> None:
        self._taking.context.stop.check()
        catalog = self._catalogs.get(written.location_id)
        if isinstance(catalog, Catalog):
            end = await self._contacts.go(written)
        else:
            end = End(status=UndoStatus.KEPT, reason=f"Its location refuses us: {catalog}")
        if self._taking.options.dry:
            end = replace(end, with_tags=False)
        self._beats.add()
        if (batch := self._tags.add(written, end)) is not None:
            await self._change_tags(batch)

    async def _change_tags(self, batch: TagBatch) -> None:
        for full in await self._tags.perform(batch):
            await self._change_tags(full)


def _beats(taking: _Undo, total: int) -> UndoBeats:
    noun = NOUNS[taking.mapping.row_object]
    return UndoBeats(taking.context, total=total, noun=noun, dry=taking.options.dry)


async def _until_stopped(work: Coroutine[None, None, None]) -> StopError | None:
    try:
        await work
    except StopError as reason:
        return reason
    return None


def _forget_people(taking: _Undo) -> None:
    """Forget what people were last sent, before the first of them loses it: killed in the middle, nobody is missed."""
    state = taking.settings.state
    with Memory.open(state, clock=taking.context.clock) as memory:
        memory.forget_run(taking.run.id)
    if not taking.run.sandbox:
        with KnownAdditions.open(state, place=taking.settings.connection.base_url) as known:
            known.forget(taking.book.all_made_beside())


def _jobs_of(taking: _Undo) -> tuple[str, ...]:
    if not ImportedFiles.is_in(taking.settings.state):
        return ()
    with ImportedFiles.open(taking.settings.state) as imported:
        return imported.feeds_of(taking.run.id)


def _end(taking: _Undo, order: Order, stopped: StopError | None) -> None:
    """End the session; after a whole undo, imported files and held keys are forgotten too."""
    if stopped is not None:
        taking.book.end(RunState.STOPPED, str(stopped))
        return
    if ImportedFiles.is_in(taking.settings.state):
        with ImportedFiles.open(taking.settings.state) as imported:
            imported.forget(taking.run.id)
    if order.keys is not None:
        with order.keys.open(taking.journal.folder) as holders:
            holders.release_all()
    taking.book.end(RunState.FINISHED)


def _summed_up(
    taking: _Undo,
    again: RunAgain,
    book: UndoBook | DryBook,
    stopped: StopError | None,
    *,
    requests: int,
    began: float,
    jobs: tuple[str, ...],
) -> UndoSummary:
    """Write the file, and sum up what is in it."""
    run, tally = taking.run, UndoTally()
    files = RunFiles(taking.settings.output / run.id, WrittenFiles(taking.journal.folder))
    path = files.folder / (DRY_FILE_NAME if taking.options.dry else FILE_NAME)
    write_undo(
        _lines(taking, again, book),
        path,
        sources=[source.name for source in run.sources],
        replacing=files.replacing,
        tally=tally,
    )
    return UndoSummary(
        run_id=run.id,
        dry=taking.options.dry,
        rows_read=sum(tally.counts.values()),
        counts=tally.counts,
        reasons=tally.reasons,
        requests=requests,
        seconds=taking.context.clock.monotonic() - began,
        jobs=jobs,
        path=files.place_of(path),
        stopped=None if stopped is None else str(stopped),
        reason_code=None if stopped is None else stopped.code,
    )


def _lines(taking: _Undo, again: RunAgain, book: UndoBook | DryBook) -> Iterator[list[UndoLine]]:
    for rows in again.rows():
        if not rows:
            continue
        first, last = rows[0], rows[-1]
        known = book.lines(first, last)
        stored, doubts = taking.book.stored(first, last), taking.book.in_doubt(first, last)
        yield [known.get(row) or _unlined(row, row in stored, row in doubts) for row in rows]


def _unlined(row: RowId, stored: bool, doubtful: bool) -> UndoLine:  # noqa: FBT001  (what is known of a row, and no options)
    if stored:
        return UndoLine(row=row, status=UndoStatus.KEPT, reason=_NOT_REACHED)
    if doubtful:
        return UndoLine(row=row, status=UndoStatus.KEPT, reason=IN_DOUBT)
    return UndoLine(row=row, status=UndoStatus.NOTHING, reason="The row changed no contact.")
