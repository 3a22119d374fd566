"""Plans that wait for a person: what one would do, and what is said of it."""

from __future__ import annotations

import asyncio
import shlex
import time
from pathlib import Path
from typing import Any, Final

from importer.errors import SettingsError
from importer.records import Json, PlanAction
from importer.runtime.environment import user_at_host
from importer.state.plans import Approval, Decision, PlanFacts, Plans, StoredPlan
from importer.ui.guard import Kind
from importer.ui.handling.history import location_names
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, taken

_LONGEST_NAME: Final = 200


def waiting(screen: Screen) -> list[dict[str, Json]]:
    """List the plans for which a job waits, newest first."""
    found: list[dict[str, Json]] = []
    for _, stored in Plans(screen.state).open_each():
        if stored.whole and (approval := stored.approval).awaited:
            found.append(_said(stored.facts, approval))
    return found


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    shown = await asyncio.to_thread(_shown, screen, asked.named["plan"])
    command = shlex.join(["importer", "approve", str(shown["plan"]), "--state", str(screen.state)])
    return screen.page("approval.html.j2", plan=shown, command=command)


async def decide(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Write down what somebody said; the first word stands."""
    said = asked.said()
    decision = Decision.APPROVED if taken(said, "approved", bool) else Decision.REFUSED
    by = " ".join(taken(said, "by", str).split())
    if not by or len(by) > _LONGEST_NAME or not by.isprintable():
        raise RefusedRequestError(400, screen.words("approval.no_name"))

    def write() -> dict[str, Json]:
        with StoredPlan.open(Plans(screen.state).find(asked.named["plan"])) as stored:
            return _said(stored.facts, stored.say(decision, by=by, at=time.time()))

    return data(await asyncio.to_thread(write))


async def report(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Show the plan as its page shows it: what changes, field by field, with examples."""
    facts, _, _ = await asyncio.to_thread(_read, screen, asked.named["plan"])
    path = Path(str(facts.options.get("output", ""))) / facts.plan_id / "plan.html"
    if not path.is_file():
        raise SettingsError(screen.words("approval.no_report"))
    return ScreenReply(kind=Kind.REPORT, content_type="text/html", file=path)


def _shown(screen: Screen, plan_id: str) -> dict[str, Any]:
    facts, approval, actions = _read(screen, plan_id)
    return {
        **_said(facts, approval),
        "by_default": user_at_host(),
        "location_name": location_names(screen).get(facts.location_id or ""),
        "rows": sum(actions.values()),
        "creates": actions.get(PlanAction.CREATE, 0),
        "updates": actions.get(PlanAction.UPDATE, 0),
        "lifts": facts.lifts,
    }


def _read(screen: Screen, plan_id: str) -> tuple[PlanFacts, Approval, dict[PlanAction, int]]:
    with StoredPlan.open(Plans(screen.state).find(plan_id)) as stored:
        return stored.facts, stored.approval, stored.count_actions()


def _said(facts: PlanFacts, approval: Approval) -> dict[str, Json]:
    return {
        "plan": facts.plan_id,
        "made_at": facts.made_at,
        "sources": ", ".join(Path(source).name for source in facts.sources),
        "location_id": facts.location_id,
        "job": approval.job,
        "why": approval.why,
        "decision": None if approval.decision is None else approval.decision.value,
        "by": approval.by,
        "at": approval.at,
    }
