"""Custom fields made that a mapping names and its locations lack: looked for, asked about, made one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path

from importer.errors import RunConflictError, SettingsError, StopError
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.mapping import Mapping, load_mapping
from importer.records import value_type
from importer.results.fields import FieldLine, FieldsSummary, FieldStatus, render_lines
from importer.runs.aiming import aimed_at, targets_of
from importer.runs.context import RunContext
from importer.runs.fields.making import FieldMaker
from importer.runs.fields.proposing import (
    RowsSeen,
    Wanted,
    notes_of,
    propose,
    propose_as_there,
    rules_of,
)
from importer.runs.foreseen_rows import taken_in
from importer.runs.intake import choose_location, require_destination
from importer.runs.looking import open_looker
from importer.runs.planning.fetching import fetched
from importer.runtime.process_lock import LockHeldError, this_process
from importer.sending import Sender
from importer.settings import RunSettings, location_in
from importer.sources.locations import location_named
from importer.state.locks import locked


@value_type(frozen=True, slots=True, kw_only=True)
class FieldsOptions:
    """What was asked for. ``dry``: look, and write nothing."""

    wanted: Wanted
    dry: bool = False


@value_type(frozen=True, slots=True, kw_only=True)
class _Creation:
    """One go of it, with its locations held."""

    options: FieldsOptions
    sender: Sender
    context: RunContext

    @property
    def writes(self) -> frozenset[FieldStatus]:
        """What is written, of what is found."""
        if self.options.dry:
            return frozenset()
        added = {FieldStatus.OPTIONS_MISSING} if self.options.wanted.add_options else set()
        return frozenset({FieldStatus.MISSING, *added})


async def create_fields(
    settings: RunSettings, options: FieldsOptions, *, context: RunContext, mapping: Mapping | None = None
) -> FieldsSummary:
    """Make the custom fields that the mapping names and its locations lack; what stops it in the middle is in the summary.

    Raises SetupError where nothing was made.
    """
    mapping = mapping or load_mapping(settings.mapping)
    _check(settings, options, mapping)
    began = context.clock.monotonic()
    seen, location_ids = await _look(settings, mapping, context)
    async with _opened(settings, location_ids, options, context) as creation:
        catalogs = [await _meet(creation.sender, each, mapping) for each in location_ids]
        wanted = options.wanted
        lines = [line for each in catalogs for line in propose(seen, mapping, each, wanted)]
        lines += await _propose_as_there(creation.sender, settings, mapping, catalogs)
        notes = [note for each in catalogs for note in notes_of(seen, mapping, each)]
        stopped = None
        if any(line.status in creation.writes for line in lines):
            await _agree(creation, catalogs, lines, notes)
            lines, stopped = await _make(creation, lines)
        requests = creation.sender.requests
    return FieldsSummary(
        lines=tuple(lines),
        notes=tuple(notes),
        dry=options.dry,
        requests=requests,
        seconds=context.clock.monotonic() - began,
        stopped=None if stopped is None else str(stopped),
        reason_code=None if stopped is None else stopped.code,
    )


def _check(settings: RunSettings, options: FieldsOptions, mapping: Mapping) -> None:
    """Refuse what cannot be done before a large file is read. Raises SettingsError."""
    names = {named.name for named in rules_of(mapping)}
    if not names and not _source_locations(settings):
        raise SettingsError(
            f"The mapping {settings.mapping} names no custom fields: there is nothing to create."
        )
    if unknown := sorted(options.wanted.types.keys() - names):
        raise SettingsError(f"A type was said of {unknown[0]!r}, but the mapping names no such custom field.")
    require_destination(settings.connection, mapping)


def _source_locations(settings: RunSettings) -> tuple[str, ...]:
    named = map(location_named, settings.sources)
    return tuple(location_in(each) for each in named if each is not None)


async def _look(
    settings: RunSettings, mapping: Mapping, context: RunContext
) -> tuple[RowsSeen, tuple[str, ...]]:
    """See what the rows have, where the mapping itself names fields; those of another location show without its contacts."""
    target = choose_location(settings.connection, mapping)
    if not rules_of(mapping) and target is not None:
        if target in _source_locations(settings):
            raise SettingsError(f"Location {target} is the source and the target: it has its fields.")
        return RowsSeen({}), (target,)
    async with fetched(settings, context, mapping=mapping) as readable:
        return await asyncio.to_thread(_read_rows, readable, mapping, context)


async def _propose_as_there(
    sender: Sender, settings: RunSettings, mapping: Mapping, catalogs: Sequence[Catalog]
) -> list[FieldLine]:
    """Propose the fields of the locations that are sources, where the mapping takes columns by their names."""
    if mapping.model.other_columns != "custom_fields":
        return []
    needs = CatalogNeeds(custom_fields=True)
    olds = [await sender.open_location(each, needs) for each in _source_locations(settings)]
    named = mapping.model.custom_fields
    return [line for old in olds for new in catalogs for line in propose_as_there(old, new, but=named)]


def _read_rows(
    settings: RunSettings, mapping: Mapping, context: RunContext
) -> tuple[RowsSeen, tuple[str, ...]]:
    """Go over all rows once; nobody is asked anything yet."""
    seen = RowsSeen(rules_of(mapping))
    with taken_in(settings, mapping, context.clock, context.stop) as taken:
        for _, mapped in taken.first(0):
            context.stop.check()
            seen.see(mapped)
        return seen, tuple(sorted(taken.location_ids))


@contextlib.asynccontextmanager
async def _opened(
    settings: RunSettings, location_ids: Iterable[str], options: FieldsOptions, context: RunContext
) -> AsyncIterator[_Creation]:
    """Hold the locations, so that no other process lists their fields while they are made here. Raises RunConflictError."""
    async with open_looker(
        settings.connection, settings.state, clock=context.clock, progress=context.progress
    ) as sender:
        context.stop.listen(sender.stop)
        with contextlib.ExitStack() as held:
            for location_id in () if options.dry else location_ids:
                held.enter_context(_alone(settings, location_id, context))
            yield _Creation(options=options, sender=sender, context=context)


def lock_path(state: Path, base_url: str, location_id: str) -> Path:
    """Name the lock of a location's fields."""
    place = f"{base_url}\n{location_id}".encode()
    return state / f"fields-{hashlib.sha256(place).hexdigest()[:32]}.lock"


@contextlib.contextmanager
def _alone(settings: RunSettings, location_id: str, context: RunContext) -> Iterator[None]:
    path = lock_path(settings.state, settings.connection.base_url, location_id)
    try:
        with locked(path, this_process("fields create", context.clock.now())):
            yield
    except LockHeldError as held:
        raise RunConflictError(
            f"Custom fields of location {location_id} are being made by {held.owner or 'another process'}. Nothing was done here."
        ) from None


async def _meet(sender: Sender, location_id: str, mapping: Mapping) -> Catalog:
    needs = CatalogNeeds(
        custom_fields=True,
        tags=mapping.gives_tags,
        pipelines=mapping.needs.pipelines,
        deal_fields=mapping.needs.deal_fields,
    )
    return await sender.open_location(location_id, needs)


async def _agree(
    creation: _Creation, catalogs: Sequence[Catalog], lines: Sequence[FieldLine], notes: Sequence[str]
) -> None:
    """Say what will be made, and let a person agree. Raises SettingsError, and CredentialsError where the token may not."""
    due = [line for line in lines if line.status in creation.writes]
    counts = {
        each.location_id: sum(line.location_id == each.location_id for line in due) for each in catalogs
    }
    for catalog in catalogs:
        if counts[catalog.location_id]:
            await FieldMaker(creation.sender, catalog.location_id, creation.context.clock).try_scope()
    targets = targets_of({each.location_id: each for each in catalogs}, counts)
    asked = "\n".join((f"Custom fields of {aimed_at(targets)}:", *render_lines(lines), *notes))
    if (confirm := creation.context.confirm) is None:
        creation.context.progress.message(asked)
    elif not await confirm(f"{asked}\nFields are not taken back by undo. Make them?"):
        raise SettingsError("Nothing was made.")


async def _make(creation: _Creation, lines: Sequence[FieldLine]) -> tuple[list[FieldLine], StopError | None]:
    """Make what is due, one after the other; what is not reached stays as it was found."""
    made = list(lines)
    try:
        for place, line in enumerate(lines):
            if line.status in creation.writes:
                creation.context.stop.check()
                maker = FieldMaker(creation.sender, line.location_id, creation.context.clock)
                made[place] = await maker.make(line)
    except StopError as reason:
        return made, reason
    return made, None
