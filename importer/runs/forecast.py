"""What a run would do with all rows, without sending: ``check``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.highlevel.quota import plan_sending
from importer.mapping import Mapping, load_mapping
from importer.mapping.examples import refuse_failing
from importer.mapping.language.people import SharedKeyPolicy
from importer.records import Block, Outcome, Record, RowId, value_type
from importer.results.commands import NextCommands
from importer.results.forecast import Forecast, Foresight, LocationForecast
from importer.results.same_contact import SameContact
from importer.results.similar import SimilarRows
from importer.results.summary import SourceSummary
from importer.runs.calls_a_row import calls_a_row
from importer.runs.catalogs import AskedLocations, NewTags, unchecked_notes
from importer.runs.embedded import untyped_files
from importer.runs.foreseen_rows import (
    Taken,
    ask_the_locations,
    files_named,
    foreseen_rows,
    taken_in,
    unset_notes,
)
from importer.runs.intake import Mapped, choose_location
from importer.runs.lifting import LiftingRows
from importer.runs.resolving import Catalogs
from importer.runs.same_contact_list import count_same_contacts, list_same_contacts, rows_in_groups
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.progress import CheckBeat, CheckPhase
from importer.runtime.stopping import StopSignal
from importer.settings import RunSettings
from importer.state import StateFolder
from importer.state.findings import CheckedSource, FindingsWriter, require_place
from importer.version import __version__

if TYPE_CHECKING:
    from importer.runs.inquiry import Sample
    from importer.runs.similar_people import SimilarPeople


@value_type(frozen=True, slots=True, kw_only=True)
class CheckExtent:
    """How far a check goes beyond reading and mapping each row."""

    ask_about: int | None = None
    """Of so many rows (0: of all) the location is asked whether it knows the person already."""
    listing: Path | None = None
    """The folder where the rows that share a key are listed, and similar people, if there are any."""
    findings: Path | None = None
    """The file that keeps every row that fails or is warned of."""
    similar: bool = False
    """Whether rows are looked for that may be of one person under other keys."""


def check(
    settings: RunSettings,
    *,
    mapping: Mapping | None = None,
    extent: CheckExtent = CheckExtent(),  # noqa: B008  (frozen)
    clock: Clock | None = None,
    stop: StopSignal | None = None,
    beat: CheckBeat = lambda _phase, _rows: None,
) -> Forecast:
    """Read, map and validate every row and forecast the run; nothing is sent.

    An example of the mapping that does not hold is refused before a row is read. Locations that can be asked (a token is
    at hand, or a sandbox stands in) say what they take. ``beat`` is told how far it is; asked to by ``stop``, it ends
    between two blocks and leaves no file.
    """
    clock, stop = clock or SystemClock(), stop or StopSignal()
    mapping = mapping or load_mapping(settings.mapping)
    today = datetime.fromtimestamp(clock.now(), UTC).date()
    refuse_failing(mapping, today=today, allow_transforms=settings.allow_transforms)
    if extent.findings is not None:
        require_place(extent.findings)
    surveyed, mapped = _Beats(beat, CheckPhase.SURVEYING), _Beats(beat, CheckPhase.MAPPING)
    with (
        taken_in(settings, mapping, clock, stop, beat=surveyed.add) as taken,
        LiftingRows(taken.mapping) as lifting,
        _further(extent, taken) as further,
    ):
        # the tags as well, so that a misspelled one is seen before a run makes it
        needs = replace(taken.mapping.needs, tags=taken.mapping.gives_tags)
        asked = ask_the_locations(taken.location_ids, needs, taken.mapping, settings, clock)
        new_tags = NewTags(asked)
        foresight = Foresight([intake.source.header for intake in taken.intakes])
        with files_named(taken, asked.catalogs, settings) as files:
            for block, items in foreseen_rows(taken, asked.catalogs, files.alter):
                stop.check()
                mapped.add(len(block))
                foresight.see(block, items)
                for each in (files.due, new_tags, lifting):
                    each.see(items)
                further.see(block, items)
        foresight.uploads = files.due.calls
        same_contact = _same_contact(taken, asked.catalogs, extent.listing)
        further.keep_groups(same_contact, settings)
        foreseen = replace(
            _forecast(foresight, taken, asked, settings, clock, same_contact),
            similar=further.similar(extent.listing),
            new_tags=dict(new_tags.rows.most_common()),
            lifts=lifting.ask_anew(settings, clock),
        )
    return further.with_answers(foreseen, settings, clock)


@contextmanager
def _further(extent: CheckExtent, taken: Taken) -> Iterator[_FurtherLook]:
    """Open what goes beyond the forecast; a file of findings is there once all is well."""
    with ExitStack() as opened:
        yield _FurtherLook(
            taken,
            findings=None
            if extent.findings is None
            else opened.enter_context(_findings(extent.findings, taken)),
            lookalikes=opened.enter_context(_similar_people()) if extent.similar else None,
            sample=None if extent.ask_about is None else _sample(extent.ask_about),
        )


def _findings(path: Path, taken: Taken) -> FindingsWriter:
    sources = [
        CheckedSource(name=staged.name, header=intake.source.header, sha256=staged.content_sha256)
        for staged, intake in zip(taken.staged, taken.intakes, strict=True)
    ]
    return FindingsWriter(path, sources)


def _similar_people() -> AbstractContextManager[SimilarPeople]:
    from importer.runs.similar_people import similar_people  # its library is an extra

    return similar_people()


def _sample(rows: int) -> Sample:
    from importer.runs.inquiry import Sample

    return Sample(rows or None)


class _FurtherLook:
    """What a check was asked for beside its forecast, gathered from the rows as they pass."""

    def __init__(
        self,
        taken: Taken,
        *,
        findings: FindingsWriter | None,
        lookalikes: SimilarPeople | None,
        sample: Sample | None,
    ) -> None:
        self._taken = taken
        self._findings = findings
        self._lookalikes = lookalikes
        self._sample = sample

    def see(self, block: Block, items: Mapped) -> None:
        if self._findings is not None:
            self._findings.see(block, items)
        if self._lookalikes is not None:
            self._lookalikes.see(items)
        if self._sample is not None:
            # A row of somebody who has another row before it finds what that one leaves behind.
            self._sample.offer([item for item in items if item.row not in self._taken.sharing.again])

    def keep_groups(self, same_contact: SameContact, settings: RunSettings) -> None:
        """Keep who becomes one contact among the findings."""
        if self._findings is None or not same_contact.groups:
            return
        sources = [intake.source for intake in self._taken.intakes]
        links = self._taken.sharing.links
        self._findings.see_groups(links.list_rows(()), rows_in_groups(links, sources, settings.limit))

    def similar(self, listing: Path | None) -> SimilarRows | None:
        if self._lookalikes is None:
            return None
        names = [staged.name for staged in self._taken.staged]
        return self._lookalikes.find(listing=listing, sources=names)

    def with_answers(self, foreseen: Forecast, settings: RunSettings, clock: Clock) -> Forecast:
        """Add what the location says of the sample; asked once the sources are closed."""
        if self._sample is None:
            return foreseen
        from importer.runs import inquiry

        return replace(foreseen, expected=inquiry.ask(self._sample, settings, clock=clock))


class _Beats:
    """Counts the rows of one phase, and tells whoever watches."""

    def __init__(self, beat: CheckBeat, phase: CheckPhase) -> None:
        self._beat = beat
        self._phase = phase
        self._rows = 0

    def add(self, rows: int) -> None:
        self._rows += rows
        self._beat(self._phase, self._rows)


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
