"""Looking before writing, from Python: a location's contacts read, a plan made of a file, and sent as it stands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Unpack

from importer.api import arguments as told
from importer.api.arguments import Sources, loaded, run_settings
from importer.api.attending import attended, blocking
from importer.api.options import (
    ApplyOptions,
    Given,
    MirrorOptions,
    PlanOptions,
    Reference,
    checked,
    options_of,
)
from importer.api.wording import errors_in_parameters
from importer.mapping import Mapping
from importer.runtime.environment import context_with

if TYPE_CHECKING:
    from importer.mirror.reading import MirrorReading
    from importer.results.plan import PlanSummary
    from importer.results.summary import Summary
    from importer.runs.planning.mirroring import MirrorSettings
    from importer.settings import RunSettings

_HOUR_SECONDS: Final = 3_600.0


@options_of(PlanOptions)
async def plan_async(
    source: Sources, mapping: Mapping | Reference, **options: Unpack[PlanOptions]
) -> PlanSummary:
    """Read the location's contacts and say what a run would do to each of them; nothing is sent but reads.

    Writes plan.csv, plan.html and plan.json, and gives their figures; ``apply`` sends what it says. Raises SetupError
    where nothing can be planned, and StopError where it was stopped.
    """
    from importer.runs.planning.plan import plan as make_plan

    given = checked("plan_async", options, PlanOptions)
    call = context_with(given.get("env_file"))
    settings = call.run(run_settings, source, mapping, given)
    return await attended(
        lambda context: make_plan(
            settings,
            mapping=loaded(mapping),
            max_age_seconds=given.get("max_age_seconds", _HOUR_SECONDS),
            missing=given.get("missing", False),
            context=context,
        ),
        given,
        call,
    )


@options_of(PlanOptions)
def plan(source: Sources, mapping: Mapping | Reference, **options: Unpack[PlanOptions]) -> PlanSummary:
    """Plan as ``plan_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    return blocking("plan", lambda: plan_async(source, mapping, **options), options, PlanOptions)


@options_of(ApplyOptions)
async def apply_async(plan: Reference | PlanSummary, **options: Unpack[ApplyOptions]) -> Summary:
    """Send what a plan decided, and nothing else: what ``plan`` gave, its id, or its folder of results.

    It is refused (SettingsError, RunConflictError) when the source, the mapping or the plan changed since. A row whose contact
    somebody changed meanwhile is skipped, or with ``replan`` decided anew. Ends as ``run_async`` does.
    """
    from importer import pipeline

    given = checked("apply_async", options, ApplyOptions)
    call = context_with(given.get("env_file"))
    wanted = os.fspath(plan) if isinstance(plan, str | os.PathLike) else plan.plan_id
    with errors_in_parameters():
        settings = call.run(_applying, wanted, given)
    return await attended(lambda context: pipeline.run(settings, context=context), given, call)


@options_of(ApplyOptions)
def apply(plan: Reference | PlanSummary, **options: Unpack[ApplyOptions]) -> Summary:
    """Apply as ``apply_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    return blocking("apply", lambda: apply_async(plan, **options), options, ApplyOptions)


@options_of(MirrorOptions)
async def mirror_location_async(
    location_id: str | None = None, **options: Unpack[MirrorOptions]
) -> MirrorReading:
    """Read all contacts of a location into a private file of the state folder, unless they were read lately.

    Without an id: HIGHLEVEL_LOCATION_ID. Tells how many there are, and what it took. Raises SetupError and StopError.
    """
    from importer.runs.planning.mirroring import mirror_locations

    given = checked("mirror_location_async", options, MirrorOptions)
    call = context_with(given.get("env_file"))
    wanted, settings = call.run(_mirroring, location_id, given)
    (found,) = await attended(lambda context: mirror_locations([wanted], settings, context), given, call)
    with errors_in_parameters():
        if isinstance(found, Exception):
            raise found
    return found


@options_of(MirrorOptions)
def mirror_location(location_id: str | None = None, **options: Unpack[MirrorOptions]) -> MirrorReading:
    """Read as ``mirror_location_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    return blocking(
        "mirror_location", lambda: mirror_location_async(location_id, **options), options, MirrorOptions
    )


def _applying(wanted: str, given: Given) -> RunSettings:
    import time

    from importer.runs.planning.applying import applying_settings
    from importer.state.plans import GOOD_FOR_SECONDS

    return applying_settings(
        wanted,
        state=told.state(given),
        connection=told.connection(given),
        reading=told.reading(given),
        now=time.time(),
        good_for_seconds=given.get("good_for_seconds", GOOD_FOR_SECONDS),
        send_window=told.session(given).get("send_window"),
        replan=given.get("replan", False),
    )


def _mirroring(location_id: str | None, given: Given) -> tuple[str, MirrorSettings]:
    from importer.runs.planning.mirroring import MirrorSettings

    settings = MirrorSettings(
        connection=told.connection(given),
        state=told.state(given),
        max_age_seconds=given.get("max_age_seconds", _HOUR_SECONDS),
    )
    return told.location(location_id), settings
