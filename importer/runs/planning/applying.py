"""Applying a plan: the run that sends exactly what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importer.errors import SettingsError
from importer.results.wording import duration
from importer.runs.remembered import recalled_from
from importer.settings import Connection, OpenHours, ReadingOptions, RunSettings
from importer.state.plans import Decision, Plans, StoredPlan


def applying_settings(
    wanted: str,
    *,
    state: Path,
    connection: Connection,
    reading: ReadingOptions,
    now: float,
    good_for_seconds: float,
    send_window: OpenHours | None = None,
    replan: bool = False,
) -> RunSettings:
    """Give the settings of the run that applies a plan. Raises SettingsError for a plan that is too old or not whole."""
    with StoredPlan.open(Plans(state).find(wanted)) as stored:
        facts, approval = stored.facts, stored.approval
    if approval.decision is Decision.REFUSED:
        raise SettingsError(
            f"{approval.by} refused plan {facts.plan_id}: it is not applied. Plan again with: importer plan"
        )
    if approval.job is not None:
        raise SettingsError(
            f"Plan {facts.plan_id} is applied by job {approval.job}, as soon as somebody approves it: importer approve {facts.plan_id}"
        )
    age = now - facts.made_at
    if age > good_for_seconds:
        raise SettingsError(
            f"Plan {facts.plan_id} was made {duration(age)} ago: it is good for {duration(good_for_seconds)}. Plan again "
            "with `importer plan`, or give it longer with --good-for."
        )
    settings = recalled_from(
        facts.options,
        sources=facts.sources,
        mapping=Path(facts.mapping_path),
        connection=replace(connection, base_url=facts.base_url, location_id=facts.location_id),
        state=state,
        reading=reading,
    )
    return replace(settings, plan=facts.plan_id, compare=False, send_window=send_window, replan=replan)
