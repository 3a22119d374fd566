"""Sources taken in for a look ahead, and their rows as a run would send them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from importer.highlevel.catalog import CatalogNeeds
from importer.mapping import Mapping, load_mapping
from importer.records import Block, Outcome, Record, value_type
from importer.runs.attaching import Alter, Attaching, origins_of
from importer.runs.catalogs import AskedLocations, why_unasked
from importer.runs.intake import (
    Mapped,
    SourceIntake,
    SurveyOptions,
    choose_location,
    open_staged,
    stage_all,
    survey,
)
from importer.runs.key_sharing import KeyPlace, KeySharing, foresee_key_sharing, matched_by
from importer.runs.lineage import trace
from importer.runs.objects import refuse_idle_options
from importer.runs.resolving import Catalogs, Resolvers
from importer.runs.shown_rows import ready_row
from importer.runs.suppressing import read_suppression
from importer.runs.uploads_due import ForeseenFiles, foreseen_files
from importer.runtime.clock import Clock
from importer.runtime.garbage import rare_collections
from importer.runtime.stopping import StopSignal
from importer.settings import SANDBOX_LOCATION, RunSettings
from importer.sources import StagedSource
from importer.sources.attachments import Attachments
from importer.state import StateFolder


@value_type(frozen=True, slots=True, kw_only=True)
class Taken:
    """Sources taken in for a look, and the mapping bound to them."""

    mapping: Mapping
    staged: tuple[StagedSource, ...]
    options: SurveyOptions
    sharing: KeySharing
    intakes: Sequence[SourceIntake]
    notes: tuple[str, ...] = ()
    """What is to be said of the list of people who are sent nothing."""
    origins: tuple[Attachments, ...] = ()
    """Where the files of each source may come from."""

    @property
    def location_ids(self) -> frozenset[str]:
        return frozenset(name for intake in self.intakes for name in intake.bound.location_rows)

    def first(self, rows: int) -> Iterator[tuple[SourceIntake, Mapped]]:
        """Map the first rows of all sources; 0: all of them."""
        left = rows or None
        for intake in self.intakes:
            for mapped in intake.mapped():
                shown = mapped if left is None else mapped[:left]
                yield intake, shown
                left = None if left is None else left - len(shown)
                if left == 0:
                    return


@contextmanager
def taken_in(
    settings: RunSettings,
    mapping: Mapping | None,
    clock: Clock,
    stop: StopSignal,
    *,
    beat: Callable[[int], None] = lambda _rows: None,
) -> Iterator[Taken]:
    """Take the sources in for a look. Raises as a run does before its first row."""
    mapping = mapping or load_mapping(settings.mapping)
    refuse_idle_options(settings, mapping)
    suppressed = read_suppression(mapping.model, settings.mapping)
    with rare_collections(), tempfile.TemporaryDirectory(prefix="importer-") as folder:
        staged = stage_all(settings, Path(folder))
        trace(staged, mapping, settings, StateFolder(settings.state))
        sources = open_staged(staged, mapping, settings.reading)
        options = SurveyOptions(
            location_id=choose_location(settings.connection, mapping) or SANDBOX_LOCATION,
            today=datetime.fromtimestamp(clock.now(), UTC).date(),
            limit=settings.limit,
            allow_transforms=settings.allow_transforms,
            suppression=None if suppressed is None else suppressed.suppression,
            failed_rows_of=_failed_rows_of(settings, mapping),
        )
        intakes = survey(sources, mapping, options, keep_going=stop.check, beat=beat)
        place = KeyPlace.of(settings.connection, settings.state, "")
        with foresee_key_sharing(place, Path(folder)) as sharing:
            yield Taken(
                mapping=mapping,
                staged=staged,
                options=options,
                intakes=intakes,
                sharing=sharing,
                notes=() if suppressed is None else suppressed.notes,
                origins=origins_of(mapping.model.files, staged, Path.cwd()),
            )


def _failed_rows_of(settings: RunSettings, mapping: Mapping) -> str | None:
    """Name the location whose failed rows may be among those that are imported; None where any may."""
    if settings.into_other_location or settings.connection.sandbox:
        return None
    return choose_location(settings.connection, mapping)


def foreseen_rows(
    taken: Taken, catalogs: Catalogs, alter: Alter | None = None
) -> Iterator[tuple[Block, Mapped]]:
    """Map every row as a run would send it. ``alter``: what becomes of the files that it names; else they are looked for."""
    matching = matched_by(taken.mapping, catalogs)
    alter = alter or Attaching(taken.mapping, catalogs, taken.origins).looked
    for intake in taken.intakes:
        shared = taken.sharing.decider(intake.bound, matching)
        resolvers = Resolvers(intake, catalogs)
        ready = partial(_ready, resolvers=resolvers, mapping=taken.mapping, alter=alter)
        yield from intake.pieces(ready, shared)


def files_named(
    taken: Taken, catalogs: Catalogs, settings: RunSettings
) -> AbstractContextManager[ForeseenFiles]:
    """Open what is known of the files that rows name."""
    attaching = Attaching(taken.mapping, catalogs, taken.origins)
    state = None if settings.connection.sandbox else settings.state  # each sandbox is another vendor
    return foreseen_files(attaching, state=state, place=settings.connection.base_url)


def _ready(record: Record, resolvers: Resolvers, mapping: Mapping, alter: Alter) -> Record | Outcome:
    return ready_row(alter(resolvers.resolve(record)), mapping)


def ask_the_locations(
    location_ids: frozenset[str],
    needs: CatalogNeeds,
    mapping: Mapping,
    settings: RunSettings,
    clock: Clock,
) -> AskedLocations:
    if needs.nothing:
        return AskedLocations()
    silent = why_unasked(location_ids, settings)
    askable = sorted(location_ids - silent.keys())
    if not askable:
        return AskedLocations(silent=silent)
    from importer.runs.meeting import (
        ask_locations,  # what sends takes longer to import than all of a small check
    )

    asked = ask_locations(askable, needs, mapping, settings, clock=clock)
    return replace(asked, silent={**silent, **asked.silent})


def unset_notes(mapping: Mapping, settings: RunSettings) -> Iterator[str]:
    """Say which variables the mapping's location names that nobody set."""
    connection = settings.connection
    if connection.sandbox or connection.location_id is not None:
        return
    for name in mapping.unset_variables:
        wants = f"The mapping's location names ${{{name}}}, and {name} is not set: "
        if mapping.location_by_column:
            yield f"{wants}rows of that location would fail. Set it in the environment or in the file .env."
        else:
            yield f"{wants}a run needs it in the environment or in the file .env, or --location ID."
