"""S9 in a browser: past imports found, let go and repeated; imports that start by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from importer.jobs.loading import load_jobs
from importer.state import StateFolder
from importer.state.journal import RunState
from importer.state.plans import Decision, Plans, StoredPlan
from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.past_runs import past_run
from tests.ui.waiting_plans import WHY, waiting_plan

pytestmark = in_browser


@pytest.fixture(scope="module")
def opened(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    folder = tmp_path_factory.mktemp("history")
    state = folder / "state"
    past_run(state, "/srv/exports/leads.csv")
    past_run(state, "members.xlsx", ended=RunState.STOPPED)
    with open_screen(driver, folder) as screen:
        yield screen


def test_a_past_import_is_found_and_forgotten_by_keyboard_once_it_was_asked(opened: OpenScreen) -> None:
    opened.go("/history")
    opened.find("#search").send_keys("members", Keys.ENTER)
    opened.shows("1 to 1 of 1; 2 imports are kept.")
    assert len(opened.all("tbody tr")) == 1
    button = opened.find("[data-forget]")
    button.send_keys(Keys.ENTER)
    opened.shows("What stays:")
    assert opened.axe() == []
    opened.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    opened.until(lambda: not opened.all("dialog"), "closed question")
    assert opened.driver.switch_to.active_element == button
    assert len(StateFolder(opened.state).run_ids()) == 2

    button.send_keys(Keys.ENTER)
    opened.press("Forget it")

    opened.until(lambda: not opened.all("tbody tr"), "list without it")
    assert len(StateFolder(opened.state).run_ids()) == 1
    assert opened.complaints() == []


def test_an_import_is_repeated_every_night_from_its_own_page(opened: OpenScreen) -> None:
    (run_id,) = (run.id for run in StateFolder(opened.state).runs() if run.sources[0].name == "leads.csv")
    opened.go(f"/r/{run_id}")
    opened.press("Import such a file every night ...")
    source = opened.find("#source")
    assert source.get_attribute("value") == "/srv/exports/leads.csv"
    source.clear()
    source.send_keys("/srv/exports")

    opened.press("Add to the plan")

    opened.shows("every day at 2:30")
    opened.shows("Nobody runs these imports at this moment")
    (named,) = load_jobs(opened.state / "jobs.yaml")
    assert named.source == "/srv/exports/*"
    assert opened.axe() == []
    opened.press("Switch off nightly-leads")
    opened.shows("Switched off")
    assert opened.complaints() == []


def test_another_file_of_the_same_shape_begins_with_the_mapping_of_the_import(opened: OpenScreen) -> None:
    opened.go(f"/r/{StateFolder(opened.state).run_ids()[0]}")
    file = opened.state.parent / "next.csv"
    file.write_text("First Name,E-mail\nAda,ada@example.com\n", encoding="utf-8")
    opened.find("#file").send_keys(str(file))

    opened.shows("This file goes where an earlier import went")
    opened.go(opened.path.replace("/file", "/columns"))

    opened.until(
        lambda: "# mind the phones" in (opened.find("#yaml").get_attribute("value") or ""), "mapping"
    )
    assert Path(opened.path).name == "columns"


def test_a_plan_that_waits_is_looked_at_and_approved(opened: OpenScreen) -> None:
    plan = waiting_plan(opened.state, opened.state.parent / "results")
    opened.go("/")
    opened.find(f'a[href="/p/{plan}"]').click()
    opened.shows("May this be sent?")
    opened.shows(WHY)
    assert opened.axe() == []
    name = opened.find("#by")
    name.clear()
    name.send_keys("Grace")
    opened.press("Approve: it is sent")
    opened.shows("Grace approved it,")
    with StoredPlan.open(Plans(opened.state).find(plan)) as stored:
        assert (stored.approval.decision, stored.approval.by) == (Decision.APPROVED, "Grace")
    assert opened.complaints() == []
