"""The page of a plan, as a browser draws it."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.records import Change, Fault, PlanAction, PlannedRow
from importer.results.plan import MirrorSummary, MissingContacts, PlanSummary, PlanTally
from importer.results.report import write_plan_report
from tests.results.test_report_in_browser import (  # noqa: F401  (the fixture)
    Browse,
    browse,
    complaints,
)
from tests.results.test_report_in_browser import pytestmark as _in_browser

pytestmark = _in_browser
LONG = "Wyoming & Sons <b>Ltd</b> " * 12


def rows() -> list[PlannedRow]:
    """Rows of every action, with values that a page could be broken by."""
    name = Change(reference="companyName", name="companyName", old="</td><script>1</script>", new=LONG)
    dnd = Change(reference="dnd", name="dnd", old=True, new=False)
    kept = Fault(code="kept", message="kept: lastName has a value", fails=False)
    actions = [
        PlannedRow(row=number, action=action, location_id="loc1", code=code, reason=LONG if code else None)
        for number, (action, code) in enumerate(
            [
                (PlanAction.CREATE, None),
                (PlanAction.UNCHANGED, "unchanged"),
                (PlanAction.SKIP, "duplicate_in_file"),
                (PlanAction.FAIL, "invalid_email"),
                (PlanAction.AMBIGUOUS, "ambiguous"),
            ],
            2,
        )
    ]
    update = PlannedRow(
        row=7,
        action=PlanAction.UPDATE,
        location_id="loc1",
        contact_id="c1",
        changes=(name, dnd),
        tags_added=("vip",),
        warnings=(kept,),
    )
    return [*actions, update]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    tally = PlanTally(duplicates_allowed={}, follow_up_calls=0.02)
    for row in rows():
        tally.see(row)
    summary = PlanSummary(
        plan_id="plan-20260314-091502-4e1a",
        sources=("contacts.csv",),
        mapping="contacts.yaml",
        made_at=1_773_479_702.0,
        actions=dict(tally.actions),
        fields=tally.fields,
        groups=list(tally.groups.values()),
        mirrors={"loc1": MirrorSummary(name="Dental", contacts=9, requests=3, as_of=1_773_479_700.0)},
        requests=4,
        requests_without_plan=9,
        requests_made=5,
        seconds=1.0,
        apply_seconds=2.0,
        lifts=tally.lifts,
        workflow="Welcome",
        plan=tmp_path / "plan.csv",
        report=tmp_path / "plan.html",
        missing=MissingContacts(contacts=3, path=tmp_path / "missing.csv"),
    )
    write_plan_report(summary, details=True)
    return summary.report


def test_the_plan_is_drawn_without_a_complaint(browse: Browse, page: Path) -> None:  # noqa: F811
    drawn = browse(page, "--dump-dom")
    assert complaints(drawn) == []
    assert "1 new contact, 1 changed" in drawn.stdout
    assert "<script>" not in drawn.stdout
    for heading in ("outcome", "lifts", "workflows", "changes", "missing", "pending", "failed", "skipped"):
        assert f'aria-labelledby="{heading}"' in drawn.stdout


@pytest.mark.parametrize(("width", "scheme"), [(1280, 0), (400, 1)])
def test_the_plan_can_be_seen_wide_and_narrow_in_dark_and_light(
    browse: Browse,  # noqa: F811
    page: Path,
    tmp_path: Path,
    width: int,
    scheme: int,
) -> None:
    picture = tmp_path / "seen.png"
    flags = (
        f"--screenshot={picture}",
        f"--window-size={width},2400",
        f"--blink-settings=preferredColorScheme={scheme}",
    )
    assert complaints(browse(page, *flags)) == []
    assert picture.stat().st_size > 10_000
