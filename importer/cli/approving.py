"""approve: a person agrees to a plan, or refuses it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import (
    examples,
    json_option,
    load_environment,
    name_of_somebody,
    quiet_options,
    state_folder,
    state_option,
    yes_here_option,
)

if TYPE_CHECKING:
    from importer.state.plans import Approval, PlanFacts, StoredPlan


@click.command(
    "approve",
    epilog=examples(
        "importer sample",
        "importer plan importer-sample/contacts.csv -m sample",
        "importer approve import-results/plan-* --by 'Grace Hopper' --yes",
    ),
    short_help="Agree to a plan that waits for somebody.",
)
@click.argument("plan", metavar="PLAN")
@click.option("--refuse", is_flag=True, help="Refuse it: its job sends nothing of that file.")
@click.option(
    "--undo",
    is_flag=True,
    help="PLAN is a run: agree that `importer mcp` takes it back, within a day.",
)
@click.option(
    "--by",
    metavar="NAME",
    callback=name_of_somebody,
    help="Who says so (default: this user at this machine).",
)
@state_option
@yes_here_option
@json_option
@quiet_options
def approve_command(plan: str, **given: Any) -> None:
    """Agree to the plan whose id begins with PLAN, or refuse it; the first word stands.

    A job whose file crosses a threshold (creates, updates, lifts) waits for this, and goes on within a minute (`importer serve`) or
    at its next call (`--once`). A plan that no job waits for is approved for `importer apply`, which tells who did.
    """
    import time

    from importer.cli.asking import must_ask
    from importer.runtime.environment import user_at_host
    from importer.state.plans import Decision, Plans, StoredPlan

    load_environment()
    if given["undo"] and given["refuse"]:
        raise click.UsageError(
            "Nothing takes a run back that nobody approved: --refuse and --undo do not go together."
        )
    decision = Decision.REFUSED if given["refuse"] else Decision.APPROVED
    asks = must_ask(
        {**given, "dry_run": False},
        "Whether a plan may be sent is for a person to say, and nobody can be asked here: say --yes on this very command.",
    )
    by = given["by"] or user_at_host()
    if given["undo"]:
        _approve_undo(plan, by, given, asks=asks)
        return
    with StoredPlan.open(Plans(state_folder(given["state"])).find(plan)) as stored:
        facts = stored.facts
        if not given["quiet"] and stored.approval.decision is None:
            click.echo(_shown(facts, stored), err=True)
        if (
            asks
            and stored.approval.decision is None
            and not _agreed("Refuse it?" if given["refuse"] else "Approve it?")
        ):
            click.echo("Nothing was decided.", err=True)
            sys.exit(2)
        said = stored.say(decision, by=by, at=time.time())
    if not given["quiet"]:
        click.echo(_sentence(facts, said), err=True)
    if given["as_json"]:
        answer = {
            "plan_id": facts.plan_id,
            "decision": said.decision,
            "by": said.by,
            "at": said.at,
            "job": said.job,
        }
        click.echo(json.dumps(answer, ensure_ascii=False))
    sys.exit(0 if said.decision is decision else 2)


def _approve_undo(run: str, by: str, given: dict[str, Any], *, asks: bool) -> None:
    import time

    from importer.state import StateFolder
    from importer.state.undo_approvals import UndoApproval, approve_undo

    folder = StateFolder(state_folder(given["state"]))
    run_id = folder.match_id(run)
    if asks:
        click.echo(
            f"Run {run_id} imported {folder.imported_by(run_id)}. To see what taking it back would do: importer undo {run_id} --dry-run",
            err=True,
        )
        if not _agreed("Have it taken back?"):
            click.echo("Nothing was decided.", err=True)
            sys.exit(2)
    at = time.time()
    approve_undo(folder.run_folder(run_id), UndoApproval(by=by, at=at))
    if not given["quiet"]:
        click.echo(f"{by} approved that run {run_id} is taken back, within a day.", err=True)
    if given["as_json"]:
        click.echo(json.dumps({"run_id": run_id, "by": by, "at": at}, ensure_ascii=False))


def _shown(facts: PlanFacts, stored: StoredPlan) -> str:
    """Say what the plan would do, and why somebody has to agree."""
    from importer.records import PlanAction
    from importer.runtime.counting import counted

    actions, approval = stored.count_actions(), stored.approval
    report = Path(str(facts.options["output"])) / facts.plan_id / "plan.html"
    rows = counted(sum(actions.values()), "row")
    created, updated = actions.get(PlanAction.CREATE, 0), actions.get(PlanAction.UPDATE, 0)
    into = facts.location_id or "several locations"
    lines = [
        f"Plan {facts.plan_id}: {', '.join(Path(source).name for source in facts.sources)} into {into}.",
        f"Of {rows}, {created:,} would create a contact, {updated:,} would change one, {facts.lifts:,} would lift a do-not-disturb.",
        *([f"Job {approval.job} waits: {approval.why}"] if approval.awaited else []),
        f"What would change: {report}",
    ]
    return "\n".join(lines)


def _agreed(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # Ctrl-C and the end of input are a no
        return False


def _sentence(facts: PlanFacts, said: Approval) -> str:
    from datetime import UTC, datetime

    from importer.state.plans import Decision

    when = datetime.fromtimestamp(said.at or 0.0, UTC)
    sentence = f"Plan {facts.plan_id} was {said.decision} by {said.by} on {when:%Y-%m-%d %H:%M} UTC."
    if said.decision is Decision.REFUSED:
        return f"{sentence} It is not sent."
    if said.job is not None:
        return f"{sentence} Job {said.job} sends it."
    return f"{sentence} Send it with: importer apply {facts.plan_id}"
