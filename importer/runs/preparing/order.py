"""What is asked of a preparation, and what it finds: nouns that can cross to another process."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path

from importer.mapping import Mapping
from importer.records import value_type
from importer.results.commands import NextCommands
from importer.runs.intake import SurveyOptions
from importer.runs.key_sharing import KeyPlace
from importer.runs.remembered import keeps_people_apart
from importer.settings import ReadingOptions, ResultsFormat, RunSettings
from importer.sources import StagedSource
from importer.state.journal import Run


@value_type(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be read, by which mapping, and where the results go."""

    sources: tuple[StagedSource, ...]
    mapping_text: str = field(repr=False)
    mapping_name: str
    reading: ReadingOptions
    survey: SurveyOptions
    folder: Path
    results_format: ResultsFormat
    report_details: bool
    commands: NextCommands
    keys: KeyPlace | None
    """Where who holds which key is remembered; None where different people are not kept apart."""

    @classmethod
    def of(cls, run: Run, settings: RunSettings, mapping: Mapping) -> Order:
        """Gather what a run and its settings say."""
        apart = keeps_people_apart(run)
        connection = replace(settings.connection, base_url=run.place, sandbox=run.sandbox)
        return cls(
            sources=run.sources,
            mapping_text=mapping.text,
            mapping_name=mapping.name,
            reading=settings.reading,
            survey=SurveyOptions(
                location_id=run.location_id,
                # The day the run began, so that a resume maps each row as the first session did.
                today=datetime.fromtimestamp(run.started_at, UTC).date(),
                limit=settings.limit,
                allow_transforms=settings.allow_transforms,
                apart=apart,
                failed_rows_of=None if run.sandbox or settings.into_other_location else run.location_id,
            ),
            folder=settings.output / run.id,
            results_format=settings.results_format,
            report_details=settings.report_details,
            commands=NextCommands.of(
                settings, location_id=run.location_id, working_folder=run.working_folder
            ),
            keys=KeyPlace.of(connection, settings.state, run.id) if apart else None,
        )


@value_type(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """What the survey of one source found. ``described`` and ``doubts``: what was detected of it, in sentences.

    ``misfit``: what the mapping looks for in vain, where a person should know before the first write.
    """

    rows: int
    location_rows: MappingOf[str, int]
    described: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    misfit: str | None = None
