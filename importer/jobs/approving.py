"""Plans that wait for a person: what was said of them, and whether they can still be applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import SettingsError
from importer.jobs.judging import why_approval
from importer.jobs.model import Thresholds
from importer.results.commands import access_words
from importer.state.plans import GOOD_FOR_SECONDS, Approval, Plans, StoredPlan

if TYPE_CHECKING:
    from importer.results.plan import PlanSummary


def approval_of(state: Path, plan_id: str, *, mapping: Path, now: float) -> Approval | None:
    """Tell what was said of a plan; None where it cannot be applied any more: too old, gone, or of another mapping."""
    from importer.mapping import load_mapping

    try:
        with StoredPlan.open(Plans(state).find(plan_id)) as stored:
            facts, approval = stored.facts, stored.approval
    except SettingsError:
        return None
    old = now - facts.made_at > GOOD_FOR_SECONDS
    if old or facts.mapping_fingerprint != load_mapping(mapping).fingerprint:
        return None
    return approval


def awaits(state: Path, job: str, plan: PlanSummary, thresholds: Thresholds) -> str | None:
    """Have a plan wait for a person where it crosses a threshold, and say so; None where it may be applied as it is."""
    why = why_approval(thresholds, plan)
    if why is None:
        return None
    with StoredPlan.open(Plans(state).find(plan.plan_id)) as stored:
        stored.ask(job, why)
    return f"{why} Nothing was sent. Look at {plan.report}, then: {access_words(state).approve(plan.plan_id)}"
