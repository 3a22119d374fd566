"""The plan: what a run would do to each contact, row by row, upon the locations' contacts as they were just read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Self

from importer.errors import CredentialsError, SettingsError
from importer.highlevel import follow_ups
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.highlevel.contacts import HeldContact
from importer.highlevel.quota import plan_sending
from importer.mapping import Mapping as FieldMapping
from importer.mapping import load_mapping
from importer.mapping.suppression import Suppression
from importer.mirror.foreseen import ForeseenLocation
from importer.mirror.met import MetContacts
from importer.mirror.reading import MirrorReading
from importer.mirror.store import Mirror
from importer.records import Outcome, PlanAction, PlannedRow, Record, RowId, TagMode, value_type
from importer.results.columns import join_columns
from importer.results.export_table import open_contact_table
from importer.results.files import replacing_text
from importer.results.plan import MirrorSummary, MissingContacts, PlanSummary, PlanTally
from importer.results.plan_table import open_plan_table, plan_path
from importer.results.report import write_plan_report
from importer.runs.calls_a_row import most_calls_a_row
from importer.runs.context import RunContext
from importer.runs.foreseen_rows import Taken, files_named, foreseen_rows, taken_in
from importer.runs.intake import Mapped, choose_location, require_destination
from importer.runs.objects import require_contacts
from importer.runs.planning.completing import Completing, complete_mirrors
from importer.runs.planning.deciding import Decider, DecidingRules, planned_end
from importer.runs.planning.fetching import fetched
from importer.runs.planning.mirroring import MirrorSettings, mirror_met, open_looking, read_own_writes
from importer.runs.remembered import remembered
from importer.runs.resolving import Catalogs
from importer.sending import Sender
from importer.settings import RunSettings
from importer.state.plans import PlanFacts, Plans, StoredPlan

_SENT: Final = frozenset({PlanAction.CREATE, PlanAction.UPDATE})


@value_type(frozen=True, slots=True, kw_only=True)
class SeenLocations:
    """Locations that were met and mirrored; of one that refuses us, why."""

    catalogs: Catalogs
    readings: Mapping[str, MirrorReading]
    requests: int
    written: Mapping[str, Sequence[HeldContact]] = field(default_factory=dict)
    """What our own runs just wrote, as it is: laid over the mirror, whose search may be behind."""

    @property
    def met(self) -> dict[str, Catalog]:
        return {key: each for key, each in self.catalogs.items() if isinstance(each, Catalog)}


async def plan(
    settings: RunSettings,
    *,
    mapping: FieldMapping | None = None,
    max_age_seconds: float,
    missing: bool = False,
    context: RunContext | None = None,
) -> PlanSummary:
    """Plan a run; nothing is sent but reads. Raises SetupError where nothing can be planned, StopError when stopped.

    ``missing``: list the contacts of the locations that no row may mean, too.
    """
    context = context or RunContext()
    mapping = mapping or load_mapping(settings.mapping)
    if settings.connection.sandbox:
        raise SettingsError(
            "The embedded sandbox begins empty: every row would be created. Leave --sandbox out."
        )
    if missing and (settings.limit is not None or settings.rows is not None):
        raise SettingsError("--missing needs all rows: leave --limit and --rows out. Nothing was planned.")
    require_contacts(mapping, "plan")
    require_destination(settings.connection, mapping)
    async with contextlib.AsyncExitStack() as stack:
        readable = await stack.enter_async_context(fetched(settings, context, mapping=mapping))
        taken = await asyncio.to_thread(
            stack.enter_context, taken_in(readable, mapping, context.clock, context.stop)
        )
        began = context.clock.monotonic()
        for note in taken.notes:
            context.progress.message(note)
        # the file of the missing has their custom fields
        needs = replace(mapping.needs, custom_fields=mapping.needs.custom_fields or missing)
        fits = partial(_require_fit, taken)
        async with open_looking(settings.connection, settings.state, context) as sender:
            seen = await see_locations(
                taken.location_ids, settings, needs, max_age_seconds, sender, context, fits=fits
            )
            completing = Completing(
                met=seen.met, readings=seen.readings, mapping=mapping, folder=settings.state
            )
            await complete_mirrors(completing, partial(_pieces, taken, seen.catalogs), sender, context)
            seen = replace(seen, requests=sender.requests)
        planner = _Planner(taken, seen, settings, context, began, missing=missing)
        return await asyncio.to_thread(planner.write)


async def see_locations(
    location_ids: Sequence[str] | frozenset[str],
    settings: RunSettings,
    needs: CatalogNeeds,
    max_age_seconds: float,
    sender: Sender,
    context: RunContext,
    *,
    fits: Callable[[Catalog], None] = lambda _: None,
) -> SeenLocations:
    """Meet and mirror each location; where all refuse us, the first refusal is raised.

    ``fits`` is shown what each location tells of itself, and raises before its contacts are read.
    """
    mirroring = MirrorSettings(
        connection=settings.connection, state=settings.state, max_age_seconds=max_age_seconds
    )
    catalogs: dict[str, Catalog | CredentialsError] = {}
    readings: dict[str, MirrorReading] = {}
    written: dict[str, list[HeldContact]] = {}
    for location_id in sorted(location_ids):
        try:
            catalog = await sender.open_location(location_id, needs)
            fits(catalog)
            reading = readings[location_id] = await mirror_met(catalog, sender, mirroring, context)
            written[location_id] = await read_own_writes(catalog, sender, reading.path, mirroring, context)
            catalogs[location_id] = catalog
        except CredentialsError as refused:
            catalogs[location_id] = refused
    refusals = [each for each in catalogs.values() if isinstance(each, CredentialsError)]
    if refusals and len(refusals) == len(catalogs):
        raise refusals[0]
    return SeenLocations(catalogs=catalogs, readings=readings, written=written, requests=sender.requests)


def _pieces(taken: Taken, catalogs: Catalogs) -> Iterator[Mapped]:
    return (items for _, items in foreseen_rows(taken, catalogs))


def _require_fit(taken: Taken, catalog: Catalog) -> None:
    """Refuse a mapping that does not fit a location. Raises MappingError."""
    DecidingRules.of(taken.mapping, catalog)
    for intake in taken.intakes:
        if catalog.location_id in intake.bound.location_rows:
            intake.bound.resolver(catalog)


class Deciders:
    """The deciders of all locations; open as a context, since each holds its mirror open.

    ``folder``: a private one, for what the rows leave: it holds people's data as the mirrors do.
    """

    def __init__(
        self,
        seen: SeenLocations,
        mapping: FieldMapping,
        folder: Path,
        *,
        suppression: Suppression | None,
        keep_met: bool = False,
    ) -> None:
        self._suppression = suppression
        self._seen = seen
        self._folder = folder
        self._mapping = mapping
        self._keep_met = keep_met
        self._lacked: dict[str, Callable[[], Iterator[list[HeldContact]]]] = {}
        self._stack = contextlib.ExitStack()
        self._deciders: dict[str, Decider] = {}

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder)))
            for index, (location_id, catalog) in enumerate(self._seen.met.items()):
                mirror = stack.enter_context(Mirror.open(self._seen.readings[location_id].path))
                place, met = folder / str(index), None
                if self._keep_met:
                    met = stack.enter_context(MetContacts.scratch(place / "met.db"))
                    self._lacked[location_id] = partial(met.lacked, mirror)
                rules = DecidingRules.of(self._mapping, catalog)
                written = self._seen.written.get(location_id, ())
                location = ForeseenLocation.open(mirror, place, stack, met=met, by=rules.by, written=written)
                self._deciders[location_id] = Decider(location, rules, self._suppression)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def lacked(self) -> Iterator[tuple[str, list[HeldContact]]]:
        """Yield, by location and some at a time, the contacts that no row decided so far may mean."""
        for location_id, lacked in self._lacked.items():
            for some in lacked():
                yield location_id, some

    def decide(self, items: Sequence[Record | Outcome]) -> dict[RowId, PlannedRow]:
        """Decide a block of rows that were resolved; what the mapping decided stays so."""
        decided = {item.row: planned_end(item) for item in items if isinstance(item, Outcome)}
        records: dict[str, list[Record]] = {}
        for item in items:
            if isinstance(item, Record):
                records.setdefault(item.location_id, []).append(item)
        for location_id, some in records.items():
            decided |= self._deciders[location_id].decide(some)
        return decided


class _Planner:
    """Writes a plan's files in one pass over the rows."""

    def __init__(
        self,
        taken: Taken,
        seen: SeenLocations,
        settings: RunSettings,
        context: RunContext,
        began: float,
        *,
        missing: bool,
    ) -> None:
        self._taken = taken
        self._wants_missing = missing
        self._seen = seen
        self._settings = settings
        self._context = context
        self._began = began
        self._made_at = context.clock.now()
        self._requests: Mapping[str, int] = {}
        self._uploads: Mapping[str, int] = {}
        self._lifts = 0
        stamp = datetime.fromtimestamp(self._made_at, UTC)
        self._plan_id = f"plan-{stamp:%Y%m%d-%H%M%S}-{int(self._made_at * 65_536) % 65_536:04x}"
        self._folder = settings.output / self._plan_id

    def write(self) -> PlanSummary:
        plans = Plans(self._settings.state)
        plans.sweep(self._made_at)
        kept = plans.new_folder(self._plan_id)
        try:
            with StoredPlan.create(kept) as stored:
                summary = self._write_rows(stored, kept)
                stored.finish(self._facts(self._requests))
        except BaseException:
            plans.discard(self._plan_id)
            raise
        write_plan_report(summary, details=self._settings.report_details)
        with replacing_text(self._folder / "plan.json") as file:
            json.dump(summary.to_json(), file, ensure_ascii=False, indent=2)
        return summary

    def _write_rows(self, stored: StoredPlan, private: Path) -> PlanSummary:
        headers = ((intake.source.name, intake.source.header) for intake in self._taken.intakes)
        columns = join_columns(headers, run_id=self._plan_id)
        path = plan_path(self._folder, self._settings.results_format, columns)
        self._make_folder()
        tally = self._tally()
        with (
            Deciders(
                self._seen,
                self._taken.mapping,
                private,
                suppression=self._taken.options.suppression,
                keep_met=self._wants_missing,
            ) as deciders,
            open_plan_table(path, columns) as table,
            files_named(self._taken, self._seen.catalogs, self._settings) as files,
        ):
            for block, items in foreseen_rows(self._taken, self._seen.catalogs, files.alter):
                self._context.stop.check()
                decided = deciders.decide(items)
                planned = [decided[item.row] for item in items]
                files.due.see(item for item in items if decided[item.row].action in _SENT)
                tally.see_all(planned)
                stored.add(planned)
                table.write(block, decided)
            missing = self._write_missing(deciders, path.suffix) if self._wants_missing else None
        self._uploads = files.due.calls
        return replace(self._summary(tally, path), missing=missing)

    def _write_missing(self, deciders: Deciders, suffix: str) -> MissingContacts:
        """List the contacts whom no row may mean."""
        path, contacts = self._folder / f"missing{suffix}", 0
        fields = {key: each.custom_fields for key, each in self._seen.met.items()}
        with open_contact_table(path, fields, read_by_id=False) as table:
            for location_id, some in deciders.lacked():
                self._context.stop.check()
                table.write(location_id, some)
                contacts += len(some)
        return MissingContacts(contacts=contacts, path=path)

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise SettingsError(
                f"The plan's folder {self._folder} cannot be made: {cause.strerror}. Name another one with --output."
            ) from None

    def _tally(self) -> PlanTally:
        mapping = self._taken.mapping
        return PlanTally(
            duplicates_allowed={key: each.duplicates_allowed for key, each in self._seen.met.items()},
            follow_up_calls=follow_ups.calls_a_row(mapping.follow_ups, tagged=mapping.sets_tags)
            + mapping.most_calls_beside,
            replaces_tags=mapping.tag_mode is TagMode.REPLACE,
        )

    def _summary(self, tally: PlanTally, path: Path) -> PlanSummary:
        taken, requests, uploads, self._lifts = self._taken, tally.requests, self._uploads, tally.lifts
        self._requests = requests
        rows: Counter[str] = Counter()
        for intake in taken.intakes:
            rows.update(intake.bound.location_rows)
        plain = plan_sending(rows, calls_a_row=most_calls_a_row(taken.mapping), besides=uploads)
        applying = plan_sending(requests, calls_a_row=1, besides=uploads)
        after = taken.mapping.follow_ups
        return PlanSummary(
            plan_id=self._plan_id,
            sources=tuple(staged.name for staged in taken.staged),
            mapping=str(self._settings.mapping),
            made_at=self._made_at,
            actions=dict(tally.actions),
            fields=tally.fields,
            groups=sorted(tally.groups.values(), key=lambda group: -group.rows),
            mirrors={
                place: MirrorSummary(
                    name=reading.name,
                    contacts=reading.contacts,
                    requests=reading.requests,
                    as_of=reading.as_of,
                )
                for place, reading in self._seen.readings.items()
            },
            requests=applying.requests,
            requests_without_plan=plain.requests,
            requests_made=self._seen.requests,
            seconds=self._context.clock.monotonic() - self._began,
            apply_seconds=applying.seconds,
            lifts=tally.lifts,
            workflow=after.workflow,
            plan=path,
            report=self._folder / "plan.html",
        )

    def _facts(self, requests: Mapping[str, int]) -> PlanFacts:
        settings, taken = self._settings, self._taken
        return PlanFacts(
            plan_id=self._plan_id,
            made_at=self._made_at,
            sources=settings.sources,
            fingerprints=tuple(staged.fingerprint for staged in taken.staged),
            mapping_path=str(settings.mapping),
            mapping_fingerprint=taken.mapping.fingerprint,
            location_id=choose_location(settings.connection, taken.mapping),
            base_url=settings.connection.base_url,
            options=remembered(settings),
            requests=requests,
            lifts=self._lifts,
        )
