"""A folder of exports taken over: every step checked before the first call, then each a run of its own, in order."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Final, Protocol

from importer import pipeline
from importer.errors import SettingsError, SetupError, StopError
from importer.jobs.migration import Migration, MigrationStep
from importer.records import Json, value_type
from importer.results.forecast import Forecast
from importer.results.summary import Summary
from importer.results.wording import duration, number, rows
from importer.runs.context import Confirm, RunContext
from importer.runs.embedded import embedded_sandbox
from importer.runs.forecast import check
from importer.runs.intake import require_destination
from importer.runs.objects import NOUNS
from importer.runtime.counting import counted
from importer.settings import RunSettings

_TRIED: Final = "sandboxMigration0001"
"""The location of a try: not the one that stands in where none is named, of which a check asks nothing."""


class Watcher(Protocol):
    """Who is told how a migration goes, step by step."""

    def checked(self, step: MigrationStep, forecast: Forecast) -> None: ...

    def begins(self, step: MigrationStep, place: int, of: int) -> None: ...

    def ended(self, step: MigrationStep, summary: Summary) -> None: ...


@value_type(frozen=True, slots=True, kw_only=True)
class MigratedStep:
    """What a step came to; without a summary it was not reached."""

    step: MigrationStep
    summary: Summary | None = None

    def to_json(self) -> dict[str, Json]:
        return {
            "object": self.step.row_object.value,
            "files": [file.name for file in self.step.files],
            "mapping": str(self.step.path),
            "summary": None if self.summary is None else self.summary.to_json(),
        }


@value_type(frozen=True, slots=True, kw_only=True)
class MigrationSummary:
    """How a migration ended."""

    ends: tuple[MigratedStep, ...]
    reason: str | None = None
    """Why it did not go on to the end."""

    @property
    def exit_code(self) -> int:
        """0 no row failed, 1 some did, 3 it did not come to its end and can be gone on with."""
        if self.reason is not None:
            return 3
        return 1 if any(end.summary is not None and end.summary.failed for end in self.ends) else 0

    def to_json(self) -> dict[str, Json]:
        return {
            "state": "finished" if self.reason is None else "stopped",
            "reason": self.reason,
            "steps": [end.to_json() for end in self.ends],
        }


@value_type(frozen=True, slots=True, kw_only=True)
class MigrationCheck:
    """What a migration would do, step by step."""

    forecasts: tuple[tuple[MigrationStep, Forecast], ...] = field(repr=False)

    @property
    def exit_code(self) -> int:
        return 1 if any(forecast.failed for _, forecast in self.forecasts) else 0

    def to_json(self) -> dict[str, Json]:
        return {
            "steps": [
                {**MigratedStep(step=step).to_json(), "forecast": forecast.to_json()}
                for step, forecast in self.forecasts
            ]
        }


def settings_of(step: MigrationStep, settings: RunSettings) -> RunSettings:
    """Give the settings of one step's run."""
    return replace(settings, sources=tuple(map(str, step.files)), mapping=step.path)


async def check_all(
    migration: Migration, settings: RunSettings, context: RunContext, watcher: Watcher
) -> MigrationCheck:
    """Check every row of every step; nothing is sent. Raises SetupError for what does not fit."""
    async with _place(migration, settings) as there:
        return await _check(migration.steps, there, context, watcher)


async def migrate(
    migration: Migration, settings: RunSettings, context: RunContext, watcher: Watcher
) -> MigrationSummary:
    """Take a folder over, or go on where it stopped: what was imported is not imported again.

    Every row is checked before the first call, and one question is asked for all. Raises SetupError while nothing was sent.
    """
    async with _place(migration, settings) as there:
        for step in migration.steps:
            require_destination(there.connection, step.mapping)
        checked = await _check(migration.steps, there, context, watcher)
        asking = None if context.confirm is None else _AskedOnce(context.confirm, overview(checked))
        if asking is None:
            context.progress.message(overview(checked))
        return await _carry_out(migration.steps, there, context, asking, watcher)


async def _check(
    steps: Sequence[MigrationStep], settings: RunSettings, context: RunContext, watcher: Watcher
) -> MigrationCheck:
    forecasts = []
    for step in steps:
        try:
            forecast = await asyncio.to_thread(
                check,
                settings_of(step, settings),
                mapping=step.mapping,
                clock=context.clock,
                stop=context.stop,
            )
        except SetupError as cause:
            # a run has one file in question, and its message need not name it
            cause.args = (f"{step.names}: {cause.args[0]}", *cause.args[1:])
            raise
        watcher.checked(step, forecast)
        forecasts.append((step, forecast))
    return MigrationCheck(forecasts=tuple(forecasts))


async def _carry_out(
    steps: Sequence[MigrationStep],
    settings: RunSettings,
    context: RunContext,
    asking: _AskedOnce | None,
    watcher: Watcher,
) -> MigrationSummary:
    ends: list[MigratedStep] = []
    reason = None
    for place, step in enumerate(steps, 1):
        if (reason := _hindrance(step, ends)) is not None:
            break
        watcher.begins(step, place, len(steps))
        try:
            summary = await _run(step, settings, context, asking)
        except (SetupError, StopError) as cause:
            if not ends:
                raise  # nothing was sent
            reason = f"{step.names}: {cause}"
            break
        ends.append(MigratedStep(step=step, summary=summary))
        watcher.ended(step, summary)
        if summary.state == "stopped" and not summary.repeated:
            reason = f"{step.names}: {summary.reason}"
            break
    left = steps[len(ends) :]
    return MigrationSummary(ends=(*ends, *(MigratedStep(step=step) for step in left)), reason=reason)


async def _run(
    step: MigrationStep, settings: RunSettings, context: RunContext, asking: _AskedOnce | None
) -> Summary:
    """Import the files of a step. Raises SetupError where none of it can be sent, StopError where it was stopped before that."""
    confirm = None if asking is None or asking.agreed else asking
    attended = replace(context, confirm=confirm, explains_target=confirm is not None)
    return await pipeline.run(settings_of(step, settings), mapping=step.mapping, context=attended)


def _hindrance(step: MigrationStep, ends: Sequence[MigratedStep]) -> str | None:
    """Say why a step is not begun: of what it depends on, not one row was stored."""
    for end in ends:
        summary = end.summary
        if summary is None or not summary.rows_read or not step.depends_on(end.step):
            continue
        left = summary.failed + summary.pending if summary.since is None else summary.since.left
        if left == summary.rows_read:
            noun = NOUNS[end.step.row_object][1]
            return (
                f"None of the {noun} of {end.step.names} came through, and {step.names} depends on them. Mend that, and "
                "give the same command again."
            )
    return None


class _AskedOnce:
    """Puts the question of the first run that has one, with what the whole migration would do before it."""

    def __init__(self, confirm: Confirm, overview: str) -> None:
        self._confirm = confirm
        self._overview = overview
        self.agreed = False

    async def __call__(self, question: str) -> bool:
        self.agreed = await self._confirm(f"{self._overview}\n{question}")
        return self.agreed


def overview(checked: MigrationCheck) -> str:
    """Say what a migration would do, a line a step, and how long all of it takes."""
    requests = sum(forecast.requests for _, forecast in checked.forecasts)
    seconds = sum(forecast.seconds for _, forecast in checked.forecasts)
    lines = [_line(place, step, forecast) for place, (step, forecast) in enumerate(checked.forecasts, 1)]
    return "\n".join((*lines, f"In all up to {counted(requests, 'request')}: about {duration(seconds)}."))


def _line(place: int, step: MigrationStep, forecast: Forecast) -> str:
    failing = f", {number(forecast.failed)} would fail" if forecast.failed else ""
    skipped = f", {number(forecast.skipped)} to skip" if forecast.skipped else ""
    lifting = f", {number(forecast.lifts.rows)} may lift a do-not-disturb" if forecast.lifts.rows else ""
    what = NOUNS[step.row_object][1]
    return f"{place}. {what}: {rows(forecast.ready)} to send{skipped}{failing}{lifting} ({step.names})"


@contextlib.asynccontextmanager
async def _place(migration: Migration, settings: RunSettings) -> AsyncIterator[RunSettings]:
    """Give the settings as they are; for a try, those of one sandbox for all steps, whose runs are forgotten after it."""
    connection = settings.connection
    if not connection.sandbox:
        yield settings
        return
    location_id = connection.location_id or _TRIED
    if any(step.mapping.location_by_column for step in migration.steps):
        raise SettingsError("--sandbox takes one location, and a mapping takes each row's from a column.")
    mappings = [step.mapping for step in migration.steps]
    with _forgotten_state() as state:
        async with embedded_sandbox(connection, mappings, (location_id,)) as reached:
            there = replace(reached, sandbox=False, location_id=location_id)
            yield replace(settings, connection=there, state=state)


@contextlib.contextmanager
def _forgotten_state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        yield Path(folder)
