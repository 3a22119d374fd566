"""Plans that wait for a person, as the screen shows them and takes what is said."""

from __future__ import annotations

from importer.state.plans import Decision, Plans, StoredPlan
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.waiting_plans import WHY, waiting_plan


def said_of(screen: Screen, plan: str) -> tuple[Decision | None, str | None]:
    with StoredPlan.open(Plans(screen.state).find(plan)) as stored:
        return stored.approval.decision, stored.approval.by


async def test_the_start_page_names_what_waits_until_somebody_decided(
    screen: Screen, visitor: Visitor
) -> None:
    assert "/p/" not in (await visitor.get("/"))[1]
    plan = waiting_plan(screen.state, screen.output)
    _, start = await visitor.get("/")
    assert WHY in start
    assert f'href="/p/{plan}"' in start
    status, answer = await visitor.post(f"/api/p/{plan}/decide", {"approved": True, "by": " Grace  Hopper "})
    assert (status, answer["decision"], answer["by"]) == (200, "approved", "Grace Hopper")
    assert said_of(screen, plan) == (Decision.APPROVED, "Grace Hopper")
    assert WHY not in (await visitor.get("/"))[1]


async def test_a_page_tells_what_the_plan_would_do(screen: Screen, visitor: Visitor) -> None:
    plan = waiting_plan(screen.state, screen.output)
    status, page = await visitor.get(f"/p/{plan}")
    assert (status, WHY in page, "nightly" in page) == (200, True, True)
    assert "&lt;b&gt;people.csv" in page, "a name is text"
    assert f"importer approve {plan}" in page
    status, report = await visitor.get(f"/p/{plan}/plan.html")
    assert (status, report) == (200, "<h1>What would change</h1>")


async def test_the_first_word_stands(screen: Screen, visitor: Visitor) -> None:
    plan = waiting_plan(screen.state, screen.output)
    await visitor.post(f"/api/p/{plan}/decide", {"approved": False, "by": "Ada"})
    _, answer = await visitor.post(f"/api/p/{plan}/decide", {"approved": True, "by": "Bob"})
    assert (answer["decision"], answer["by"]) == ("refused", "Ada")


async def test_nobody_approves_without_a_name_and_nothing_that_is_not_there(
    screen: Screen, visitor: Visitor
) -> None:
    plan = waiting_plan(screen.state, screen.output)
    for by in ("", "  ", "A\u0000da", "x" * 201):
        status, _ = await visitor.post(f"/api/p/{plan}/decide", {"approved": True, "by": by})
        assert status == 400
    assert (await visitor.post(f"/api/p/{plan}/decide", {"approved": "yes", "by": "Ada"}))[0] == 400
    assert said_of(screen, plan) == (None, None)
    assert (await visitor.get("/p/plan-00000000-000000-0000"))[0] == 422
    assert (await visitor.get("/p/..%2f..%2fetc"))[0] == 404


async def test_a_page_that_was_moved_away_is_said(screen: Screen, visitor: Visitor) -> None:
    plan = waiting_plan(screen.state, screen.output)
    (screen.output / plan / "plan.html").unlink()
    status, page = await visitor.get(f"/p/{plan}/plan.html")
    assert (status, "The plan&#39;s page is not there any more" in page) == (422, True)
