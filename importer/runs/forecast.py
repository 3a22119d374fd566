"""What a run would do, without sending: ``check`` for all rows, ``preview`` for the first few."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.quota import plan_sending
from importer.mapping import Mapping, load_mapping
from importer.mapping.examples import refuse_failing
from importer.mapping.language.people import SharedKeyPolicy
from importer.records import Block, Json, Outcome, Record, RowId, number_of, value_type
from importer.results.commands import NextCommands
from importer.results.forecast import Forecast, Foresight, LocationForecast
from importer.results.same_contact import SameContact
from importer.results.summary import SourceSummary
from importer.runs.attaching import Alter, Attaching, origins_of
from importer.runs.calls_a_row import calls_a_row
from importer.runs.catalogs import AskedLocations, NewTags, unchecked_notes, why_unasked
from importer.runs.embedded import untyped_files
from importer.runs.intake import (
    Intake,
    Mapped,
    SurveyOptions,
    choose_location,
    open_staged,
    stage_all,
    survey,
)
from importer.runs.key_sharing import KeyPlace, KeySharing, foresee_key_sharing, matched_by
from importer.runs.lifting import LiftingRows
from importer.runs.lineage import trace
from importer.runs.objects import refuse_idle_options
from importer.runs.resolving import Catalogs, Resolvers
from importer.runs.same_contact_list import count_same_contacts, list_same_contacts, rows_in_groups
from importer.runs.shown_rows import ready_row, shown_row
from importer.runs.suppressing import read_suppression
from importer.runs.uploads_due import ForeseenFiles, foreseen_files
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.garbage import rare_collections
from importer.runtime.progress import CheckBeat, CheckPhase
from importer.runtime.stopping import StopSignal
from importer.settings import SANDBOX_LOCATION, RunSettings
from importer.sources import StagedSource
from importer.sources.attachments import Attachments
from importer.state import StateFolder
from importer.state.findings import CheckedSource, FindingsWriter, require_place
from importer.version import __version__

if TYPE_CHECKING:
    from importer.runs.inquiry import Sample
    from importer.runs.similar_people import SimilarPeople


@value_type(frozen=True, slots=True, kw_only=True)
class Taken:
    """Sources taken in for a look, and the mapping bound to them."""

    mapping: Mapping
    staged: tuple[StagedSource, ...]
    options: SurveyOptions
    sharing: KeySharing
    intakes: Sequence[Intake]
    notes: tuple[str, ...] = ()
    """What is to be said of the list of people who are sent nothing."""
    origins: tuple[Attachments, ...] = ()
    """Where the files of each source may come from."""

    @property
    def location_ids(self) -> frozenset[str]:
        return frozenset(name for intake in self.intakes for name in intake.bound.location_rows)

    def first(self, rows: int) -> Iterator[tuple[Intake, Mapped]]:
        """Map the first rows of all sources; 0: all of them."""
        left = rows or None
        for intake in self.intakes:
            for mapped in intake.mapped():
                shown = mapped if left is None else mapped[:left]
                yield intake, shown
                left = None if left is None else left - len(shown)
                if left == 0:
                    return


def check(  # noqa: PLR0913  (what a check can be asked for)
    settings: RunSettings,
    *,
    mapping: Mapping | None = None,
    clock: Clock | None = None,
    stop: StopSignal | None = None,
    ask_about: int | None = None,
    listing: Path | None = None,
    findings: Path | None = None,
    similar: bool = False,
    beat: CheckBeat = lambda _phase, _rows: None,
) -> Forecast:
    """Read, map and validate every row and forecast the run; nothing is sent.

    An example of the mapping that does not hold is refused before a row is read.
    Locations that can be asked (a token is at hand, or a sandbox stands in) say what they take. ``ask_about``: of so
    many rows (0: of all) the location is asked whether it knows the person already. ``listing``: the folder where the
    rows that share a key are listed, if there are any. ``findings``: the file that keeps every row that fails or is
    warned of. ``similar``: rows that may be of one person are looked for. ``beat`` is told how far it is; asked to by ``stop``, it ends between two blocks and leaves no file.
    """
    clock, stop = clock or SystemClock(), stop or StopSignal()
    mapping = mapping or load_mapping(settings.mapping)
    today = datetime.fromtimestamp(clock.now(), UTC).date()
    refuse_failing(mapping, today=today, allow_transforms=settings.allow_transforms)
    sample = None if ask_about is None else _sample(ask_about)
    if findings is not None:
        require_place(findings)
    surveyed = _Beats(beat, CheckPhase.SURVEYING)
    with (
        taken_in(settings, mapping, clock, stop, beat=surveyed.add) as taken,
        _kept(findings, taken) as found,
        _looked_for(similar) as lookalikes,
        LiftingRows(taken.mapping) as lifting,
    ):
        # the tags as well, so that a misspelled one is seen before a run makes it
        needs = replace(taken.mapping.needs, tags=taken.mapping.gives_tags)
        asked = _ask_locations(taken.location_ids, needs, taken.mapping, settings, clock)
        new_tags = NewTags(asked)
        foresight = Foresight([intake.source.header for intake in taken.intakes])
        mapped = _Beats(beat, CheckPhase.MAPPING)
        with files_named(taken, asked.catalogs, settings) as files:
            for block, items in foreseen_rows(taken, asked.catalogs, files.alter):
                stop.check()
                mapped.add(len(block))
                files.due.see(items)
                if found is not None:
                    found.see(block, items)
                foresight.see(block, items)
                new_tags.see(items)
                lifting.see(items)
                if lookalikes is not None:
                    lookalikes.see(items)
                if sample is not None:
                    # A row of somebody who has another row before it finds what that one leaves behind.
                    sample.offer([item for item in items if item.row not in taken.sharing.again])
        same_contact = _same_contact(taken, asked.catalogs, listing)
        if found is not None and same_contact.groups:
            sources = [intake.source for intake in taken.intakes]
            links = taken.sharing.links
            found.see_groups(links.list_rows(()), rows_in_groups(links, sources, settings.limit))
        foresight.uploads = files.due.calls
        foreseen = _forecast(foresight, taken, asked, settings, clock, same_contact)
        if lookalikes is not None:
            names = [staged.name for staged in taken.staged]
            foreseen = replace(foreseen, similar=lookalikes.find(listing=listing, sources=names))
        foreseen = replace(
            foreseen, new_tags=dict(new_tags.rows.most_common()), lifts=lifting.ask_anew(settings, clock)
        )
    return foreseen if sample is None else _with_answers(foreseen, sample, settings, clock)


class _Beats:
    """Counts the rows of one phase, and tells whoever watches."""

    def __init__(self, beat: CheckBeat, phase: CheckPhase) -> None:
        self._beat = beat
        self._phase = phase
        self._rows = 0

    def add(self, rows: int) -> None:
        self._rows += rows
        self._beat(self._phase, self._rows)


@contextmanager
def _looked_for(similar: bool) -> Iterator[SimilarPeople | None]:  # noqa: FBT001  (the one thing that it is told)
    if not similar:
        yield None
        return
    from importer.runs.similar_people import similar_people  # its library is an extra

    with similar_people() as lookalikes:
        yield lookalikes


@contextmanager
def _kept(findings: Path | None, taken: Taken) -> Iterator[FindingsWriter | None]:
    """Give what keeps the findings, in a file that is there once all is well."""
    if findings is None:
        yield None
        return
    sources = [
        CheckedSource(name=staged.name, header=intake.source.header, sha256=staged.content_sha256)
        for staged, intake in zip(taken.staged, taken.intakes, strict=True)
    ]
    with FindingsWriter(findings, sources) as writer:
        yield writer


def _ask_locations(
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


def _sample(rows: int) -> Sample:
    from importer.runs.inquiry import Sample

    return Sample(rows or None)


def _with_answers(foreseen: Forecast, sample: Sample, settings: RunSettings, clock: Clock) -> Forecast:
    from importer.runs import inquiry

    return replace(foreseen, expected=inquiry.ask(sample, settings, clock=clock))


def preview(
    settings: RunSettings,
    *,
    rows: int,
    only: Collection[int] = (),
    mapping: Mapping | None = None,
    clock: Clock | None = None,
    notify: Callable[[str], None] = lambda _note: None,
) -> Iterator[dict[str, Json]]:
    """Show the first ``rows`` rows (0: all of them) as a run would send them; nothing is sent.

    ``only``: the rows of these numbers instead. Raises SettingsError for one that the sources do not have.
    ``notify`` is told what could not be checked, before the first row.
    """
    clock = clock or SystemClock()
    rows = 0 if only else rows
    with taken_in(settings, mapping, clock, StopSignal()) as taken:
        asked = _ask_locations(
            _shown_locations(taken, rows), taken.mapping.needs, taken.mapping, settings, clock
        )
        unset = unset_notes(taken.mapping, settings)
        for note in (*taken.notes, *unset, *unchecked_notes(asked, taken.mapping)):
            notify(note)
        items = (item for _, items in foreseen_rows(taken, asked.catalogs) for item in items)
        for item in _numbered(items, only) if only else islice(items, rows or None):
            yield shown_row(item, taken.mapping)


def _numbered(items: Iterable[Record | Outcome], numbers: Collection[int]) -> Iterator[Record | Outcome]:
    """Pick rows by their numbers, from every source."""
    found = set()
    for item in items:
        number = number_of(item.row)
        if number in numbers:
            found.add(number)
            yield item
    if missing := sorted(set(numbers) - found):
        raise SettingsError(
            f"There is no row {missing[0]}: it is blank, the header's, or behind the last. Rows are numbered as a "
            "spreadsheet counts them."
        )


def _shown_locations(taken: Taken, rows: int) -> frozenset[str]:
    """Give the locations of the rows that are shown: one that no shown row goes to is not worth a question."""
    if not rows or len(taken.location_ids) < 2:
        return taken.location_ids
    return frozenset(
        item.location_id for _, mapped in taken.first(rows) for item in mapped if isinstance(item, Record)
    )


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


def _same_contact(taken: Taken, catalogs: Catalogs, listing: Path | None) -> SameContact:
    links = taken.sharing.links
    if listing is None:
        return count_same_contacts(links)
    return list_same_contacts(
        links,
        [intake.source for intake in taken.intakes],
        taken.mapping,
        taken.options,
        ends=_ForeseenEnds(taken, catalogs),
        unsettled="sent",
        folder=listing,
    )


class _ForeseenEnds:
    """How rows would end that are not sent; to be asked for in file order."""

    def __init__(self, taken: Taken, catalogs: Catalogs) -> None:
        self._items = (item for _, items in foreseen_rows(taken, catalogs) for item in items)
        self._next: Record | Outcome | None = None

    def __call__(self, first: RowId, last: RowId) -> Iterator[Outcome]:
        """Give the outcomes of a stretch of rows."""
        while (item := self._next or next(self._items, None)) is not None:
            self._next = item
            if item.row > last:
                return
            self._next = None
            if item.row >= first and isinstance(item, Outcome):
                yield item


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


def _forecast(
    foresight: Foresight,
    taken: Taken,
    asked: AskedLocations,
    settings: RunSettings,
    clock: Clock,
    same_contact: SameContact,
) -> Forecast:
    match taken.mapping.model.match.in_file_duplicates:
        case "in_order":
            again, sent_again = same_contact.again, same_contact.again
        case "fail":  # all rows of such a person fail, and the first of them is none too many
            again, sent_again = same_contact.again, 0
        case _:
            again, sent_again = foresight.skipped_duplicates, 0
    sent_with_it = taken.mapping.model.match.shared_key is SharedKeyPolicy.SEND
    rate = calls_a_row(taken.mapping)
    beside = foresight.calls_beside
    plan = plan_sending(foresight.location_rows, calls_a_row=rate, quotas=asked.quotas, besides=beside)
    parts = {
        name: plan_sending({name: rows}, calls_a_row=rate, quotas=asked.quotas, besides=beside)
        for name, rows in foresight.location_rows.items()
    }
    return foresight.forecast(
        row_object=taken.mapping.row_object,
        locations={
            name: LocationForecast(
                rows=part.rows, requests=part.requests, seconds=part.seconds, daily_share=part.day_share
            )
            for name, part in parts.items()
        },
        seconds=plan.seconds,
        days=plan.days,
        duplicates=again,
        updates_again=sent_again + (same_contact.apart if sent_with_it else 0),
        same_contact=same_contact,
        sources=tuple(
            SourceSummary(
                name=staged.name,
                reference=staged.reference,
                fingerprint=staged.content_sha256,
                corrections=staged.corrections_sha256,
                rows=intake.rows,
                hidden_rows=intake.source.detected.hidden_rows,
                hidden_columns=intake.source.detected.hidden_columns,
                doubts=intake.source.detected.doubts,
            )
            for staged, intake in zip(taken.staged, taken.intakes, strict=True)
        ),
        overlooked=(
            *unset_notes(taken.mapping, settings),
            *untyped_files(taken.mapping, settings.connection),
            *taken.notes,
            *_overlooked(taken),
        ),
        unchecked=tuple(unchecked_notes(asked, taken.mapping)),
        mapping=str(settings.mapping),
        mapping_fingerprint=taken.mapping.fingerprint,
        base_url=settings.connection.base_url,
        sandbox=settings.connection.sandbox,
        made_at=clock.now(),
        tool_version=__version__,
        first_time=_first_time(settings),
        commands=NextCommands.of(settings, location_id=choose_location(settings.connection, taken.mapping)),
    )


def _first_time(settings: RunSettings) -> bool:
    if settings.connection.sandbox:
        return False
    place, mapping = settings.connection.base_url.rstrip("/"), settings.mapping.absolute()
    return StateFolder(settings.state).last_of_mapping(place, mapping) is None


def _overlooked(taken: Taken) -> tuple[str, ...]:
    """Gather what the mapping overlooks; of several sources, files of the same columns say it once."""
    # It brings all that `suggest` knows, and a preview needs none of that.
    from importer.runs.overlooked import overlooked

    found = (
        note
        for intake in taken.intakes
        for note in (*intake.bound.notes, *overlooked(taken.mapping, intake.source))
    )
    return tuple(dict.fromkeys(found))


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
