"""What a run would do, without sending: ``check`` for all rows, ``preview`` for the first few."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.highlevel import follow_ups
from importer.highlevel.payload import build_upsert
from importer.highlevel.quota import plan_sending
from importer.mapping import Mapping, load_mapping
from importer.records import Fault, ImportMode, Json, Outcome, Record, Status, number_of
from importer.results.commands import NextCommands
from importer.results.forecast import Forecast, Foresight, LocationForecast
from importer.results.summary import SourceSummary
from importer.runs.intake import Intake, SurveyOptions, choose_location, open_staged, stage_all, survey
from importer.runs.overlooked import overlooked
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.stopping import StopSignal
from importer.settings import SANDBOX_LOCATION, RunSettings
from importer.sources import StagedSource
from importer.state import StateFolder
from importer.version import __version__

if TYPE_CHECKING:
    from importer.runs.inquiry import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Sources taken in for a look, and the mapping bound to them."""

    mapping: Mapping
    staged: tuple[StagedSource, ...]
    intakes: Sequence[Intake]


def check(
    settings: RunSettings,
    *,
    mapping: Mapping | None = None,
    clock: Clock | None = None,
    stop: StopSignal | None = None,
    sample: Sample | None = None,
) -> Forecast:
    """Read, map and validate every row and forecast the run; nothing is sent, no account is needed.

    ``sample`` keeps some of the records, for whoever asks the location about them.
    """
    clock = clock or SystemClock()
    with _taken(settings, mapping, clock, stop or StopSignal()) as taken:
        foresight = Foresight([intake.source.header for intake in taken.intakes])
        for intake in taken.intakes:
            resolver = intake.bound.resolver(None)
            for block, mapped in intake.pieces():
                resolved = [_resolved(item, resolver.resolve) for item in mapped]
                foresight.see(block, resolved)
                if sample is not None:
                    sample.offer(resolved)
        return _forecast(foresight, taken, settings, clock)


def preview(
    settings: RunSettings, *, rows: int, mapping: Mapping | None = None, clock: Clock | None = None
) -> Iterator[dict[str, Json]]:
    """Show the first ``rows`` rows (0: all of them) as a run would send them; nothing is sent."""
    with _taken(settings, mapping, clock or SystemClock(), StopSignal()) as taken:
        left = rows or None
        for intake in taken.intakes:
            resolver = intake.bound.resolver(None)
            for _, mapped in intake.pieces():
                for item in mapped:
                    if left == 0:
                        return
                    left = None if left is None else left - 1
                    yield _line(_resolved(item, resolver.resolve), taken.mapping)


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
            failed_rows_of=_failed_rows_of(settings, mapping),
        )
        yield Taken(
            mapping=mapping,
            staged=staged,
            intakes=survey(sources, mapping, options, keep_going=stop.check),
        )


def _failed_rows_of(settings: RunSettings, mapping: Mapping) -> str | None:
    """Name the location whose failed rows may be among those that are imported; None where any may."""
    if settings.into_other_location or settings.connection.sandbox:
        return None
    return choose_location(settings.connection, mapping)


def calls_a_row(mapping: Mapping) -> float:
    """Tell how many calls a row costs: the upsert, a search before it, its follow-ups."""
    search = 0 if mapping.mode is ImportMode.UPSERT else 1
    return 1 + search + follow_ups.calls_a_row(mapping.follow_ups, tagged=mapping.sets_tags)


def _resolved(item: Record | Outcome, resolve: Callable[[Record], Record | Outcome]) -> Record | Outcome:
    return resolve(item) if isinstance(item, Record) else item


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


def _forecast(foresight: Foresight, taken: Taken, settings: RunSettings, clock: Clock) -> Forecast:
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
    found = (note for intake in taken.intakes for note in overlooked(taken.mapping, intake.source))
    return tuple(dict.fromkeys(found))
