"""People whom the files have no longer: told always, tagged if the job says so, never deleted."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import ImporterError
from importer.jobs.context import JobsContext
from importer.jobs.named_job import NamedJob
from importer.runtime.stopping import StopSignal
from importer.settings import RunSettings

if TYPE_CHECKING:
    from importer.results.summary import Summary

_MAPPING: Final = """\
version: 1
location: {{column: location_id}}
fields: {{id: contact_id}}
tags: {{always: ["{tag}"], mode: add}}
mode: update_only
"""


async def see_off(
    named: NamedJob, summary: Summary, settings: RunSettings, context: JobsContext, stop: StopSignal
) -> str:
    """Say how many are missing, and give those their tag whose time has come; a tag that fails is tried next time."""
    gone = named.job.gone
    if not summary.missing:
        context.jobs_state.retag(named.name, keep=())
        return ""
    people = (
        "1 person of earlier files is"
        if summary.missing == 1
        else f"{summary.missing:,} people of earlier files are"
    )
    said = f"{people} missing in this one (missing.csv)."
    if gone is None or gone.tag is None or summary.missing_file is None:
        return said
    due = _due(summary.missing_file, gone.after_files)
    context.jobs_state.retag(named.name, keep=due)
    wanted = [contact_id for contact_id in due if contact_id not in context.jobs_state.tagged(named.name)]
    if not wanted:
        return said
    folder = context.state / "incoming" / f"{named.name}.gone"
    try:
        tagged = await context.runs.run(
            _settings(folder, {each: due[each] for each in wanted}, gone.tag, settings), stop
        )
    except ImporterError as fault:
        return f"{said} They could not be tagged: {fault}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if tagged.state != "finished":
        return f"{said} Tagging them stopped before its end; it is tried again with the next file."
    context.jobs_state.tag(named.name, wanted)
    return f"{said} {tagged.updated:,} got the tag {gone.tag!r}."


def _due(path: Path, after_files: int) -> dict[str, str]:
    """Find the contacts that so many files in a row have lacked, with their locations."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["contact_id"]: row["location_id"]
            for row in csv.DictReader(file)
            if int(row["files_missed"]) >= after_files
        }


def _settings(folder: Path, people: dict[str, str], tag: str, settings: RunSettings) -> RunSettings:
    """Say it as an import of its own: with its journal, within the quota, one outcome for each."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mapping, source = folder / "mapping.yaml", folder / "gone.csv"
    quoted = tag.replace("\\", "\\\\").replace('"', '\\"')
    mapping.write_text(_MAPPING.format(tag=quoted), encoding="utf-8")
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("contact_id", "location_id"), *people.items()])
    return replace(
        settings,
        sources=(str(source),),
        mapping=mapping,
        connection=replace(settings.connection, location_id=None),
        changed_only=False,
        full_every=None,
        feed=None,
        fresh=True,
        stop_after_failures=None,
    )
