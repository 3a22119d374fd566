"""What a run would do, without sending: ``check`` for all rows, ``preview`` for the first few."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.highlevel import follow_ups
from importer.highlevel.payload import build_upsert
from importer.highlevel.quota import plan_sending
from importer.mapping import Mapping, load_mapping
from importer.mapping.language.model import SharedKeyPolicy
from importer.records import Block, Fault, ImportMode, Json, Outcome, Record, RowId, Status, number_of
from importer.results.forecast import Forecast, Foresight, LocationForecast
from importer.results.same_contact import SameContact
from importer.results.summary import SourceSummary
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
from importer.runs.overlooked import overlooked
from importer.runs.same_contact_list import count_same_contacts, list_same_contacts
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.stopping import StopSignal
from importer.settings import SANDBOX_LOCATION, RunSettings
from importer.sources import StagedSource
from importer.version import __version__

if TYPE_CHECKING:
    from importer.runs.inquiry import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Sources taken in for a look, and the mapping bound to them."""

    mapping: Mapping
    staged: tuple[StagedSource, ...]
    options: SurveyOptions
    sharing: KeySharing
    intakes: Sequence[Intake]


def check(
    settings: RunSettings,
    *,
    mapping: Mapping | None = None,
    clock: Clock | None = None,
    stop: StopSignal | None = None,
    sample: Sample | None = None,
    listing: Path | None = None,
) -> Forecast:
    """Read, map and validate every row and forecast the run; nothing is sent, no account is needed.

    ``sample`` keeps some of the records, for whoever asks the location about them. ``listing``: the folder where the
    rows that share a key are listed, if there are any.
    """
    clock = clock or SystemClock()
    with _taken(settings, mapping, clock, stop or StopSignal()) as taken:
        foresight = Foresight([intake.source.header for intake in taken.intakes])
        for block, items in _foreseen(taken):
            foresight.see(block, items)
            if sample is not None:
                # A row of somebody who has another row before it finds what that one leaves behind.
                sample.offer([item for item in items if item.row not in taken.sharing.again])
        return _forecast(foresight, taken, settings, clock, _same_contact(taken, listing))


def preview(
    settings: RunSettings, *, rows: int, mapping: Mapping | None = None, clock: Clock | None = None
) -> Iterator[dict[str, Json]]:
    """Show the first ``rows`` rows (0: all of them) as a run would send them; nothing is sent."""
    with _taken(settings, mapping, clock or SystemClock(), StopSignal()) as taken:
        left = rows or None
        for _, items in _foreseen(taken):
            for item in items:
                if left == 0:
                    return
                left = None if left is None else left - 1
                yield _line(item, taken.mapping)


def _foreseen(taken: Taken) -> Iterator[tuple[Block, Mapped]]:
    """Map every row as a run would send it."""
    matching = matched_by(taken.mapping, {})
    for intake in taken.intakes:
        shared = taken.sharing.decider(intake.bound, matching)
        yield from intake.pieces(intake.bound.resolver(None).resolve, shared)


def _same_contact(taken: Taken, listing: Path | None) -> SameContact:
    links = taken.sharing.links
    if listing is None:
        return count_same_contacts(links)
    return list_same_contacts(
        links,
        [intake.source for intake in taken.intakes],
        taken.mapping,
        taken.options,
        ends=_ForeseenEnds(taken),
        unsettled="sent",
        folder=listing,
    )


class _ForeseenEnds:
    """How rows would end that are not sent; to be asked for in file order."""

    def __init__(self, taken: Taken) -> None:
        self._items = (item for _, items in _foreseen(taken) for item in items)
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
def _taken(settings: RunSettings, mapping: Mapping | None, clock: Clock, stop: StopSignal) -> Iterator[Taken]:
    mapping = mapping or load_mapping(settings.mapping)
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        staged = stage_all(settings.sources, Path(folder))
        sources = open_staged(staged, mapping, settings.reading)
        options = SurveyOptions(
            location_id=choose_location(settings.connection, mapping) or SANDBOX_LOCATION,
            today=datetime.fromtimestamp(clock.now(), UTC).date(),
            limit=settings.limit,
            allow_transforms=settings.allow_transforms,
        )
        intakes = survey(sources, mapping, options, keep_going=stop.check)
        place = KeyPlace.of(settings.connection, settings.state, "")
        with foresee_key_sharing(place, Path(folder)) as sharing:
            yield Taken(mapping=mapping, staged=staged, options=options, intakes=intakes, sharing=sharing)


def calls_a_row(mapping: Mapping) -> float:
    """Tell how many calls a row costs: the upsert, a search before it, its follow-ups."""
    search = 0 if mapping.mode is ImportMode.UPSERT else 1
    return 1 + search + follow_ups.calls_a_row(mapping.follow_ups, tagged=mapping.sets_tags)


def _line(item: Record | Outcome, mapping: Mapping) -> dict[str, Json]:
    if isinstance(item, Outcome):
        return _no_payload(item)
    return {
        "row": number_of(item.row),
        "location_id": item.location_id,
        "payload": build_upsert(item, tag_mode=mapping.tag_mode),
        "follow_ups": follow_ups.follow_up_plan(item, mapping.follow_ups),
        "warnings": [_fault(fault) for fault in item.warnings],
    }


def _no_payload(outcome: Outcome) -> dict[str, Json]:
    line: dict[str, Json] = {"row": number_of(outcome.row)}
    if outcome.status is Status.SKIPPED:
        return {**line, "skipped": {"code": outcome.code, "message": outcome.message}}
    faults = outcome.faults or (Fault(code=outcome.code or "failed", message=outcome.message or ""),)
    return {**line, "errors": [_fault(fault) for fault in faults if fault.fails]}


def _fault(fault: Fault) -> Json:
    return {"code": fault.code, "column": fault.column, "message": fault.message}


def _forecast(
    foresight: Foresight, taken: Taken, settings: RunSettings, clock: Clock, same_contact: SameContact
) -> Forecast:
    again = 0 if taken.mapping.surveys_duplicates else same_contact.again
    sent_with_it = taken.mapping.model.match.shared_key is SharedKeyPolicy.SEND
    rate = calls_a_row(taken.mapping)
    plan = plan_sending(foresight.location_rows, calls_a_row=rate)
    parts = {
        name: plan_sending({name: rows}, calls_a_row=rate) for name, rows in foresight.location_rows.items()
    }
    return foresight.forecast(
        locations={
            name: LocationForecast(
                rows=part.rows, requests=part.requests, seconds=part.seconds, daily_share=part.day_share
            )
            for name, part in parts.items()
        },
        seconds=plan.seconds,
        days=plan.days,
        again=again,
        updates_again=again + (same_contact.apart if sent_with_it else 0),
        same_contact=same_contact,
        sources=tuple(
            SourceSummary(
                name=staged.name,
                reference=staged.reference,
                fingerprint=staged.fingerprint,
                rows=intake.rows,
                hidden_rows=intake.source.detected.hidden_rows,
                hidden_columns=intake.source.detected.hidden_columns,
                doubts=intake.source.detected.doubts,
            )
            for staged, intake in zip(taken.staged, taken.intakes, strict=True)
        ),
        overlooked=_overlooked(taken),
        mapping=str(settings.mapping),
        mapping_fingerprint=taken.mapping.fingerprint,
        base_url=settings.connection.base_url,
        sandbox=settings.connection.sandbox,
        made_at=clock.now(),
        tool_version=__version__,
    )


def _overlooked(taken: Taken) -> tuple[str, ...]:
    """Gather what the mapping overlooks; of several sources, files of the same columns say it once."""
    found = (note for intake in taken.intakes for note in overlooked(taken.mapping, intake.source))
    return tuple(dict.fromkeys(found))
