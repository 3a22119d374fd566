"""Thresholds: whether a file may be sent, and whether what was sent went well enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.jobs.model import Thresholds
from importer.records import PlanAction
from importer.runtime.counting import counted

if TYPE_CHECKING:
    from importer.results.plan import PlanSummary


def needs_a_look(thresholds: Thresholds) -> bool:
    return any((thresholds.failed_rows, thresholds.minimum_rows, thresholds.shrink))


def why_refused(thresholds: Thresholds, *, rows: int, failing: int, before: int | None) -> str | None:
    """Tell why a file is not to be sent; ``before`` is how many rows the last imported one had."""
    if thresholds.minimum_rows is not None and rows < thresholds.minimum_rows:
        return f"The file has {counted(rows, 'row')}, fewer than the {thresholds.minimum_rows:,} it must have. Nothing was sent."
    if thresholds.shrink is not None and before and rows < before * (1 - thresholds.shrink):
        lost = 100 * (1 - rows / before)
        return (
            f"The file has {counted(rows, 'row')}, the one before had {before:,}: {lost:.0f} % are gone, "
            f"more than {100 * thresholds.shrink:g} %. Nothing was sent."
        )
    if thresholds.failed_rows is not None and thresholds.failed_rows.exceeded_by(failing, rows):
        return f"{failing:,} of {counted(rows, 'row')} would fail, more than {thresholds.failed_rows}. Nothing was sent."
    return None


def needs_a_plan(thresholds: Thresholds) -> bool:
    """Tell whether what a file would do to the location is asked before it is sent."""
    return any((thresholds.creates, thresholds.updates, thresholds.lifts))


def why_approval(thresholds: Thresholds, plan: PlanSummary) -> str | None:
    """Tell why a person has to agree to a plan before it is applied."""
    asked = (
        (thresholds.creates, plan.count(PlanAction.CREATE), "create a contact"),
        (thresholds.updates, plan.count(PlanAction.UPDATE), "change one"),
        (thresholds.lifts, plan.lifts, "lift somebody's do-not-disturb"),
    )
    crossed = [
        f"{count:,} would {what} (more than {limit})"
        for limit, count, what in asked
        if limit is not None and limit.exceeded_by(count, plan.rows_read)
    ]
    return f"Of {counted(plan.rows_read, 'row')}, {' and '.join(crossed)}." if crossed else None


def why_crossed(thresholds: Thresholds, *, rows: int, failed: int) -> str | None:
    """Tell which threshold a finished run crossed."""
    if thresholds.failed_rows is not None and thresholds.failed_rows.exceeded_by(failed, rows):
        return f"{failed:,} of {counted(rows, 'row')} failed, more than {thresholds.failed_rows}. The others were imported."
    return None
