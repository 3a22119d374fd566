"""A plan as a terminal shows it."""

from __future__ import annotations

from collections.abc import Iterator

from importer.codes import BY_NAME
from importer.records import PlanAction, Status
from importer.results.palette import Palette
from importer.results.plan import PlanSummary
from importer.results.wording import duration, missing_sentence, number, rows
from importer.runtime.counting import counted

LABELS = {
    PlanAction.CREATE: "create",
    PlanAction.UPDATE: "update",
    PlanAction.UNCHANGED: "unchanged",
    PlanAction.SKIP: "skip",
    PlanAction.FAIL: "fail",
    PlanAction.AMBIGUOUS: "ambiguous",
}
_COLOURED = {
    PlanAction.CREATE: Status.CREATED,
    PlanAction.UPDATE: Status.UPDATED,
    PlanAction.UNCHANGED: Status.SKIPPED,
    PlanAction.SKIP: Status.SKIPPED,
    PlanAction.FAIL: Status.FAILED,
    PlanAction.AMBIGUOUS: Status.PENDING,
}


def render_plan(plan: PlanSummary, palette: Palette) -> str:
    """Write a plan for people; several lines, no line break at the end."""
    return "\n".join(
        (
            palette.bold(headline(plan)),
            "",
            *_counts(plan, palette),
            "",
            *_needs(plan),
            *_fields(plan),
            *_groups(plan),
            *_lifts(plan),
            *_missing(plan),
            "",
            f"  plan         {plan.plan}",
            f"  to approve   {plan.report}",
            *([f"  missing      {plan.missing.path}"] if plan.missing is not None else []),
        )
    )


def headline(plan: PlanSummary) -> str:
    """Say in one sentence what applying it would do; nothing was sent yet."""
    created, updated = plan.count(PlanAction.CREATE), plan.count(PlanAction.UPDATE)
    return (
        f"Plan {plan.plan_id}: of {rows(plan.rows_read)}, {number(created)} would create a contact, "
        f"{number(updated)} would change one; nothing was sent."
    )


def _counts(plan: PlanSummary, palette: Palette) -> Iterator[str]:
    for action in PlanAction:
        count = plan.count(action)
        line = f"  {LABELS[action]:<10}{count:>10,}"
        yield palette.status(_COLOURED[action], line) if count else line


def _needs(plan: PlanSummary) -> Iterator[str]:
    saved = plan.requests_without_plan - plan.requests
    yield (
        f"Applying it takes {counted(plan.requests, 'call')}, about {duration(plan.apply_seconds)}; a run without a plan "
        f"{number(plan.requests_without_plan)}" + (f" ({number(saved)} more)." if saved > 0 else ".")
    )
    for place, mirror in plan.mirrors.items():
        whose = f"{mirror.name} ({place})" if mirror.name else place
        yield f"Location {whose}: {counted(mirror.contacts, 'contact')}, read in {counted(mirror.requests, 'call')}."


def _fields(plan: PlanSummary) -> Iterator[str]:
    if not plan.fields:
        return
    yield ""
    yield f"  {'field':<24}{'set':>9}{'changed':>9}{'cleared':>9}"
    for name, found in sorted(plan.fields.items(), key=lambda pair: -pair[1].rows):
        yield f"  {name:<24.24}{found.set:>9,}{found.changed:>9,}{found.cleared:>9,}"


def _groups(plan: PlanSummary) -> Iterator[str]:
    if not plan.groups:
        return
    yield ""
    for group in plan.groups:
        known = BY_NAME.get(group.code)
        title = known.title if known is not None else group.code
        yield f"  {rows(group.rows)}: {title} ({group.code})"


def _lifts(plan: PlanSummary) -> Iterator[str]:
    if plan.lifts:
        yield ""
        yield (
            f"Careful: {rows(plan.lifts)} would lift a contact's do-not-disturb. Somebody who said no would be written "
            "to again."
        )


def _missing(plan: PlanSummary) -> Iterator[str]:
    if plan.missing is not None:
        yield ""
        yield missing_sentence(plan.missing.contacts, plan.unsent)
