"""Plans that wait for a person, as a job leaves them in the state folder."""

from __future__ import annotations

from pathlib import Path

from importer.records import PlanAction, PlannedRow
from importer.state.plans import PlanFacts, Plans, StoredPlan

WHY = "Of 4 rows, 3 would change one (more than 25 % of the rows)."


def waiting_plan(state: Path, output: Path, plan_id: str = "plan-20261127-023000-ab12") -> str:
    """Leave a plan for which the job ``nightly`` waits, with its page."""
    with StoredPlan.create(Plans(state).new_folder(plan_id)) as stored:
        stored.add(
            PlannedRow(
                row=row, action=PlanAction.UPDATE if row > 2 else PlanAction.CREATE, location_id="loc1"
            )
            for row in range(2, 6)
        )
        stored.finish(
            PlanFacts(
                plan_id=plan_id,
                made_at=1_795_774_170.0,
                sources=("/srv/exports/<b>people.csv",),
                fingerprints=("0",),
                mapping_path="mapping.yaml",
                mapping_fingerprint="1",
                location_id="loc1",
                base_url="https://services.leadconnectorhq.com",
                options={"output": str(output)},
                lifts=1,
            )
        )
        stored.ask("nightly", WHY)
    folder = output / plan_id
    folder.mkdir(parents=True)
    (folder / "plan.html").write_text("<h1>What would change</h1>", encoding="utf-8")
    return plan_id
