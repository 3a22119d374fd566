"""What the page of a plan shows: fields, examples and causes, values masked unless details are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from importer.codes import BY_NAME
from importer.records import PlanAction, number_of, value_type
from importer.results.masking import mask, mask_sentence
from importer.results.plan import ChangeExample, FieldChanges, PlanGroup, PlanSummary
from importer.results.shown import Segment

_SEGMENTS = {
    PlanAction.CREATE: ("created", "Created"),
    PlanAction.UPDATE: ("updated", "Changed"),
    PlanAction.UNCHANGED: ("skipped", "Unchanged"),
    PlanAction.SKIP: ("skipped", "Skipped"),
    PlanAction.AMBIGUOUS: ("pending", "Ambiguous"),
    PlanAction.FAIL: ("failed", "Would fail"),
}


@value_type(frozen=True, slots=True, kw_only=True)
class ShownCause:
    """Rows of one code as the page shows them."""

    code: str
    title: str
    rows: int
    reasons: tuple[tuple[int, str], ...]


def plan_segments(plan: PlanSummary) -> tuple[Segment, ...]:
    """Give the parts of the bar."""
    whole = plan.rows_read or 1
    return tuple(
        Segment(name=name, label=label, count=plan.count(action), share=plan.count(action) / whole)
        for action, (name, label) in _SEGMENTS.items()
    )


def shown_fields(plan: PlanSummary, *, details: bool) -> list[tuple[str, FieldChanges]]:
    """Give the fields that change, the most frequent first."""
    ranked = sorted(plan.fields.items(), key=lambda pair: -pair[1].rows)
    return [
        (name, replace(found, examples=list(_examples(found, details=details)))) for name, found in ranked
    ]


def _examples(found: FieldChanges, *, details: bool) -> Iterator[ChangeExample]:
    for each in found.examples:
        old, new = (each.old, each.new) if details else (mask(each.old), mask(each.new))
        yield ChangeExample(row=number_of(each.row), old=old, new=new)


def shown_causes(plan: PlanSummary, *, details: bool) -> list[tuple[str, str, list[ShownCause]]]:
    """Give what is not sent, and what is kept, under their headings."""
    headings = (
        ("Nobody can tell who these are", "pending", PlanAction.AMBIGUOUS),
        ("Rows that would fail", "failed", PlanAction.FAIL),
        ("Skipped rows", "skipped", PlanAction.SKIP),
        ("Kept, left out or changed", "warnings", None),
    )
    return [
        (heading, tone, [_cause(each, details=details) for each in plan.groups if each.action is action])
        for heading, tone, action in headings
    ]


def _cause(group: PlanGroup, *, details: bool) -> ShownCause:
    known = BY_NAME.get(group.code)
    return ShownCause(
        code=group.code,
        title=known.title if known is not None else group.code,
        rows=group.rows,
        reasons=tuple(
            (number_of(row), reason if details else mask_sentence(reason)) for row, reason in group.reasons
        ),
    )
