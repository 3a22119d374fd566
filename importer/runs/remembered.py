"""What a run remembers of its settings, so that a resume or a retry goes on as it began. Never a token or password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from importer.records import Json
from importer.settings import (
    API_VERSIONS,
    Connection,
    FailureLimit,
    OpenHours,
    ReadingOptions,
    ResultsFormat,
    RunSettings,
)
from importer.state.journal import Run
from importer.state.journal.run import ANEW

Changes: TypeAlias = dict[str, Any]
"""Fields of RunSettings that a session is to have otherwise than its run began."""

_PLAIN: Final = [
    "limit",
    "into_other_location",
    "concurrency",
    "changed_only",
    "full_every",
    "feed",
    "wait_for_quota",
    "max_requests",
    "verify_share",
    "allow_transforms",
    "report_details",
]
_OF_A_SESSION: Final = (
    "concurrency",
    "wait_for_quota",
    "send_window",
    "max_requests",
    "stop_after_failures",
    "output",
    "results_format",
    "report_details",
)
_APART: Final = "shared_keys"
_READING: Final = ("sheet", "header_row", "encoding", "delimiter")


def remembered(settings: RunSettings) -> dict[str, Json]:
    """Write down what a later session needs; the keys decide, too, whether two runs are the same import."""
    failures = settings.stop_after_failures
    return {
        **{name: getattr(settings, name) for name in _PLAIN},
        "api_version": settings.connection.api_version or API_VERSIONS[0],
        _APART: True,
        "send_window": None if settings.send_window is None else str(settings.send_window),
        "trial": settings.trial,  # of the command that said it: a resume sends the rest
        "results_format": str(settings.results_format),
        "output": str(settings.output.absolute()),
        "reading": {name: getattr(settings.reading, name) for name in _READING},
        "stop_after_failures": None if failures is None else {"rows": failures.rows, "share": failures.share},
        "metrics_file": None if settings.metrics_file is None else str(settings.metrics_file.absolute()),
        # not there unless said: runs that began before the two were known are the same import still
        **({"compare": True} if settings.compare else {}),
        **({"before_images": True} if settings.before_images else {}),
        **({"plan": settings.plan} if settings.plan is not None else {}),
        **({"replan": True} if settings.replan else {}),
        **({} if settings.rows is None else {"rows": str(settings.rows.absolute())}),
        **({} if settings.corrections is None else {"corrections": str(settings.corrections.absolute())}),
        # where the token came from, not what it is: commands that go on have to name the file again
        "token_file": None if settings.connection.token_file is None else str(settings.connection.token_file),
    }


def lifted(changes: Changes) -> Changes:
    """Read a limit of 0 requests as none: leaving it out means the one that the run began with."""
    return {**changes, "max_requests": None} if changes.get("max_requests") == 0 else changes


def settings_as_begun(run: Run, known: RunSettings, changes: Changes) -> RunSettings:
    """Give the settings that a run began with, but for some; what was said between the two counts no more."""
    began = replace(run, options={name: value for name, value in run.options.items() if name != ANEW})
    again = recalled(began, connection=known.connection, state=known.state, reading=known.reading)
    return replace(again, **lifted(changes))


def said_anew(run: Run, settings: RunSettings) -> dict[str, Json]:
    """Give what whoever goes on with a run wants otherwise than it began, where others are to do the work."""
    now = remembered(settings)
    changed: dict[str, Json] = {
        name: now[name] for name in _OF_A_SESSION if now[name] != run.options.get(name)
    }
    return changed | ({"over_newer": True} if settings.over_newer else {})


def keeps_people_apart(run: Run) -> bool:
    """Tell whether a run decides who keeps a shared key; one that an older importer began goes on as it began."""
    return run.options.get(_APART) is True


def recalled(run: Run, *, connection: Connection, state: Path, reading: ReadingOptions) -> RunSettings:
    """Put the settings of a run together again; ``connection`` and the password come from today's environment."""
    return recalled_from(
        run.latest_options,
        sources=tuple(source.reference for source in run.sources),
        mapping=run.mapping_path,
        connection=replace(
            connection, base_url=run.base_url, sandbox=run.sandbox, location_id=run.location_id
        ),
        state=state,
        reading=reading,
    )


def recalled_from(
    kept: Mapping[str, Json],
    *,
    sources: tuple[str, ...],
    mapping: Path,
    connection: Connection,
    state: Path,
    reading: ReadingOptions,
) -> RunSettings:
    """Put settings together from what was written down of them."""
    options: dict[str, Any] = dict(kept)
    failures = options.get("stop_after_failures")
    metrics_file = options.get("metrics_file")
    send_window = options.get("send_window")
    token_file = options.get("token_file")
    corrections, rows = options.get("corrections"), options.get("rows")
    return RunSettings(
        sources=sources,
        mapping=mapping,
        connection=replace(
            connection,
            token_file=connection.token_file or (Path(token_file) if token_file else None),
            api_version=connection.api_version or options.get("api_version"),
        ),
        state=state,
        results_format=ResultsFormat(options.get("results_format", ResultsFormat.CSV)),
        output=Path(cast("str", options["output"])),
        reading=replace(reading, **options["reading"]),
        stop_after_failures=FailureLimit(**failures) if failures else None,
        metrics_file=Path(metrics_file) if metrics_file else None,
        corrections=Path(corrections) if corrections else None,
        rows=Path(rows) if rows else None,
        send_window=OpenHours.parse(send_window) if send_window else None,
        **{
            name: options[name]
            for name in (*_PLAIN, "compare", "before_images", "plan", "replan", "over_newer")
            if name in options
        },
    )
