"""What was decided of a row is sent, or not: it has to be read back as it was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from importer.records import Change, Fault, PlanAction, PlannedRow
from importer.state.plans import StoredPlan

TEXTS = st.none() | st.sampled_from(["", "c1", 'says "no", [,]', "Zo\u00eb\nLtd", "\\"])
TAGS = st.lists(st.sampled_from(["vip", 'a "b"']), max_size=2).map(tuple)
CHANGES = st.just((Change(reference="city", name="city", old="Rome", new='"Oslo"'),)) | st.just(())
WARNINGS = st.just((Fault(code="kept", message="city has a value", fails=False),)) | st.just(())
DECIDED = st.fixed_dictionaries(
    {
        "action": st.sampled_from(PlanAction),
        "location_id": TEXTS,
        "contact_id": TEXTS,
        "code": TEXTS,
        "reason": TEXTS,
    }
)
MORE = st.fixed_dictionaries(
    {
        "changes": CHANGES,
        "tags_added": TAGS,
        "tags_removed": TAGS,
        "warnings": WARNINGS,
    }
)
ROWS = st.lists(st.tuples(DECIDED, MORE | st.just({})), max_size=8)
"""Rows that change something, and as many that change nothing."""


@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_rows_are_read_back_as_they_were_decided(rows: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    planned = [PlannedRow(row=number, **decided, **more) for number, (decided, more) in enumerate(rows, 2)]
    with TemporaryDirectory() as folder, StoredPlan.create(Path(folder)) as stored:
        stored.add(planned)
        found = stored.rows(0, len(planned) + 2)
        actions = stored.count_actions()
    assert list(found.values()) == planned
    assert sum(actions.values()) == len(planned)
    assert all(actions[each.action] for each in planned)
