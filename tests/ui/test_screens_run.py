"""S7 in a browser: a run that somebody else's process works on, as its folder tells of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from importer.state import NewRun, StateFolder
from importer.state.journal import Journal, RunState
from importer.state.remote import write_progress
from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.past_runs import past_run

pytestmark = in_browser
COUNTS = {
    "rows": 10,
    "sent": 7,
    "settled": 4,
    "created": 3,
    "updated": 1,
    "skipped": 0,
    "failed": 0,
    "pending": 6,
}
# A browser without a window grants nobody a notice: what is shown is the page's own choice.
NOTICES = """
window.told = []; window.asked = 0;
window.Notification = class { constructor(title, said) { told.push(said.body); }
  static async requestPermission() { asked += 1; return "granted"; } };
"""


@pytest.fixture(scope="module")
def opened(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    with open_screen(driver, tmp_path_factory.mktemp("run")) as screen:
        yield screen


def wish_in(folder: Path) -> str | None:
    path = folder / "wish.json"
    return str(json.loads(path.read_text())["wish"]) if path.is_file() else None


def test_a_run_under_way_shows_sent_and_settled_apart_and_a_notice_at_its_end_once_asked(
    opened: OpenScreen,
) -> None:
    run = past_run(opened.state, ended=None)
    state = StateFolder(opened.state)
    with state.lock(run):
        assert write_progress(
            state.run_folder(run.id) / "progress.json", {"phase": "sending", **COUNTS}, private=True
        )
        opened.go(f"/r/{run.id}")
        opened.run_script(NOTICES)
        opened.shows("7 sent, 4 of 10 rows settled")
        assert "Sent, tags to come 3, Still to come 3" in str(
            opened.find(".bar-of-rows").get_attribute("aria-label")
        )
        assert opened.run_script("return asked") == 0
        opened.press("Tell me at the end")
        opened.shows("This browser tells you at the end")
        assert opened.axe() == []
        with Journal.open(state.run_folder(run.id)) as journal:
            journal.set_state(RunState.FINISHED)

    opened.until(lambda: opened.run_script("return told.length"), "notice")
    assert opened.run_script("return [told, asked]") == [["The import has ended: Finished."], 1]
    assert opened.run_script("return localStorage.length + sessionStorage.length") == 0


def test_taking_back_is_paused_from_the_page(opened: OpenScreen) -> None:
    run = past_run(opened.state)
    state = StateFolder(opened.state)
    with state.lock(run, undoing=True):
        opened.go(f"/r/{run.id}")
        opened.find("#undo-pause").click()

        assert opened.until(lambda: wish_in(state.run_folder(run.id)), "wish") == "pause"
        assert not opened.find("#undo-pause").is_enabled()
    opened.until(lambda: not opened.all("#undo-pause"), "end of the undo")


def test_a_run_that_was_ended_before_it_sent_anything_is_told_of_and_not_waited_for(
    opened: OpenScreen,
) -> None:
    run = past_run(opened.state, ended=None)
    state = StateFolder(opened.state)
    with state.lock(run):
        opened.go(f"/r/{run.id}")
        opened.press("Pause")
        # as its own process does, which holds it to the end: nobody is to see it stopped first, and readers come and go
        folder = state.run_folder(run.id)
        NewRun(id=run.id, path=folder, sources=folder / "sources", started_at=run.started_at).discard()

    opened.shows("The import was ended before anything was sent.")
    assert opened.find("#gone + p a").get_attribute("href") == f"{opened.origin}/"


def test_a_run_that_another_process_works_on_appears_on_the_start_page_with_its_bar(
    opened: OpenScreen,
) -> None:
    opened.go("/")
    opened.shows("Import contacts")
    state = StateFolder(opened.state)
    run, other = past_run(opened.state, "one.csv", ended=None), past_run(opened.state, "two.csv", ended=None)
    with state.lock(run), state.lock(other):
        for each in (run, other):
            path = state.run_folder(each.id) / "progress.json"
            assert write_progress(path, {"phase": "sending", **COUNTS}, private=True)
        opened.until(lambda: len(opened.all("#live .bar-of-rows")) == 2, "bars")
        said = [each.text for each in opened.all("#live .run")]
    assert sorted(each.splitlines()[0] for each in said) == [
        f"{name} ve9EPM428h8vShlRW1KT" for name in ("one.csv", "two.csv")
    ]
    opened.until(lambda: not opened.all("#live .bar-of-rows"), "end of both")


def test_each_tenth_of_a_run_is_said_and_not_each_second(opened: OpenScreen) -> None:
    run = past_run(opened.state, ended=None)
    state = StateFolder(opened.state)
    with state.lock(run):
        path = state.run_folder(run.id) / "progress.json"
        opened.go(f"/r/{run.id}")
        opened.run_script(
            "window.heard = []; new MutationObserver(() => heard.push(document.getElementById('said').textContent))"
            ".observe(document.getElementById('said'), {childList: true})"
        )
        for settled in (3, 4, 12, 13, 29):
            counts = {**COUNTS, "rows": 100, "settled": settled, "sent": settled}
            assert write_progress(path, {"phase": "sending", **counts}, private=True)
            opened.shows(f"{settled} of 100 rows")
        heard = [each for each in opened.run_script("return heard") if "percent" in each]
    assert heard == ["10 percent settled.", "20 percent settled."]
