"""The screen's own campaign: a great file, random kills of the screen and of the run, and a browser that clicks all the while.

    IMPORTER_ROWS=1000000 IMPORTER_KILLS=50 pytest -m campaign tests/ui/test_screen_campaign.py

prints its figures. ``IMPORTER_SENT``: so many of the rows are sent, the others are skipped by the mapping; all, unless said.
"""

from __future__ import annotations

import csv
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from importer.state import StateFolder
from importer.state.journal import RunState
from tests.ui.browser import OpenScreen, connect, in_browser, open_screen

pytestmark = [*in_browser, pytest.mark.campaign, pytest.mark.timeout(7_200)]

ROWS: Final = int(os.environ.get("IMPORTER_ROWS", "1000000"))
SENT: Final = min(ROWS, int(os.environ.get("IMPORTER_SENT", str(ROWS))))
KILLS: Final = max(4, int(os.environ.get("IMPORTER_KILLS", "25")) // 5)
"""A fifth of what the commands' own campaign kills: a run that goes on reads its file again, and rests for ten seconds."""
SEED: Final = int(os.environ.get("IMPORTER_SEED", "0")) or random.randrange(1, 1_000_000)  # noqa: S311  (dice)
LOCATION: Final = "ve9EPM428h8vShlRW1KT"
TOKEN: Final = "pit-11111111-2222-3333-4444-555555555555"
MAPPING: Final = """\
version: 1
rows: {skip_if: {column: Send, in: ["no"]}}
fields: {firstName: Name, email: E-mail}
"""
KNOWN_EVERY: Final = 50
"""Each such row is somebody whom the sub-account knows: updated, and not created."""
LONG_AGO: Final = 86_400.0
PAUSES: Final = (0.2, 2.5)
FAULTS: Final = dict.fromkeys(("reset", "drop", "500", "429"), 0.002)


def address(number: int) -> str:
    return f"p{number}@example.com"


def write_people(path: Path) -> None:
    every = ROWS // SENT
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["Name", "E-mail", "Send"])
        for number in range(ROWS):
            send = number % every == 0 and number // every < SENT
            table.writerow([f"P{number}", address(number), "yes" if send else "no"])


def wanted_of(number: int) -> str:
    every = ROWS // SENT
    if number % every or number // every >= SENT:
        return "skipped"
    return "updated" if number % KNOWN_EVERY == 0 else "created"


@dataclass
class Clicker:
    """Somebody impatient at a browser, and somebody who ends processes behind it."""

    driver: Chrome
    folder: Path
    dice: random.Random
    screens: ExitStack = field(default_factory=ExitStack)
    done: Counter[str] = field(default_factory=Counter)
    screen: OpenScreen = field(init=False)
    draft: str = ""
    left: Counter[str] = field(
        default_factory=lambda: Counter(screen=KILLS // 2, run=KILLS - KILLS // 2, pause=1)
    )
    """What is still to be done to screen and run."""

    @property
    def state(self) -> StateFolder:
        return StateFolder(self.folder / "state")

    def open(self) -> None:
        """Start the screen, again where it was ended."""
        self.screens.close()
        self.screen = self.screens.enter_context(open_screen(self.driver, self.folder))

    def kill_screen(self) -> None:
        self.screen.process.kill()
        self.left["screen"] -= 1
        self.done["screen killed"] += 1
        self.open()
        self.look_at_run()

    def kill_run(self) -> None:
        """End the process that works on the run, where one does."""
        if self.state.run_ids() and (owner := self.state.holder(self.run)) is not None:
            with suppress(ProcessLookupError):
                os.kill(owner.pid, signal.SIGKILL)
                self.left["run"] -= 1
                self.done["run killed"] += 1

    @property
    def run(self) -> str:
        """The one run that there is; a second would send the rows twice."""
        (run_id,) = self.state.run_ids()
        return run_id

    def look_at_run(self) -> None:
        with suppress(WebDriverException):
            self.screen.go(f"/r/{self.run}" if self.state.run_ids() else f"{self.draft}/rows")

    def wander(self) -> None:
        """Look somewhere else, and come back."""
        with suppress(WebDriverException):
            self.screen.go(
                self.dice.choice(["/", "/history", f"{self.draft}/columns", f"{self.draft}/forecast"])
            )
            self.driver.back()
            self.done["looked elsewhere"] += 1
        self.look_at_run()

    def click(self, *labels: str) -> None:
        """Press what is offered and called so, now and then twice; nothing, where the page is another by then."""
        with suppress(WebDriverException):
            for button in self.screen.all("button"):
                said = button.text.strip()
                if said in labels and button.is_displayed() and button.is_enabled():
                    button.click()
                    self.done[said] += 1
                    if self.dice.random() < 0.3:
                        button.click()
                    return

    def go_on(self) -> None:
        self.click("Go on")

    def pause(self) -> None:
        self.left["pause"] -= 1
        self.click("Pause")

    def disturb(self) -> bool:
        """End the run, end the screen, or pause; False once that was done often enough."""
        disturbances = {"run": self.kill_run, "screen": self.kill_screen, "pause": self.pause}
        if not (offered := [name for name in disturbances if self.left[name] > 0]):
            return False
        disturbances[self.dice.choice(offered)]()
        return True

    def is_finished(self) -> bool:
        if not self.state.run_ids():
            return False
        run = self.state.run(self.run)
        return run.state is RunState.FINISHED and self.state.holder(run.id) is None


def lay_out(clicker: Clicker, source: Path) -> None:
    """Bring the file to where its rows are checked."""
    screen = clicker.screen
    screen.find("#file").send_keys(str(source))
    screen.shows("Is this your file?")
    clicker.draft = screen.path.removesuffix("/file")
    screen.aim(LOCATION)
    screen.shows("Goes to")
    screen.press("The mapping file behind this")
    text = screen.find("#yaml")
    text.clear()
    text.send_keys(MAPPING)
    screen.press("Take over")
    screen.until(lambda: screen.find("#yaml").get_attribute("value") == MAPPING, "mapping")
    if box := screen.all("#left-seen:not(:disabled)"):
        box[0].click()


def check(clicker: Clicker) -> None:
    """Have all rows checked, and the screen end in the middle of it."""
    clicker.screen.go(f"{clicker.draft}/rows")
    clicker.screen.find("#checking")
    time.sleep(clicker.dice.uniform(*PAUSES))
    clicker.kill_screen()
    end = time.monotonic() + 1_800
    while not clicker.screen.all("#ready"):
        assert time.monotonic() < end, clicker.screen.text
        clicker.click("Check again now")
        time.sleep(0.5)
    read, ready, skipped = (_count(clicker.screen, f"#{name}") for name in ("read", "ready", "skipped"))
    assert (read, ready, skipped) == (ROWS, SENT, ROWS - SENT)


def begin(clicker: Clicker) -> None:
    """Start the import by a double click, and have the screen end before it may have heard of the run."""
    while not clicker.state.run_ids():
        start(clicker.screen, clicker.draft)
        time.sleep(clicker.dice.uniform(0, 3))
        if clicker.left["screen"] > 0:
            clicker.kill_screen()
        settle(clicker, clicker.screen)
    clicker.look_at_run()


def start(screen: OpenScreen, draft: str) -> None:
    screen.go(f"{draft}/forecast")
    screen.until(lambda: screen.all("#start"), "forecast")
    screen.all("input[name=trial]")[-1].click()
    screen.find("#typed").send_keys(LOCATION)
    screen.run_script("const start = document.getElementById('start'); start.click(); start.click();")


def settle(clicker: Clicker, screen: OpenScreen) -> None:
    screen.until(lambda: clicker.state.run_ids() or screen.all("#start, #ready, #again"), "run")


def _count(screen: OpenScreen, selector: str) -> int:
    return int(screen.find(selector).text.replace(",", ""))


@pytest.fixture
def vendor() -> Iterator[Sandbox]:
    settings = SandboxSettings(
        burst=400,
        interval_seconds=0.5,
        daily=0,
        search_lag_seconds=0,
        seed=SEED,
        faults=FAULTS,
        slow_seconds=0.5,
    )
    with sandbox_aside(settings) as sandbox:
        for number in range(0, ROWS, KNOWN_EVERY):
            if wanted_of(number) == "updated":
                long_ago = sandbox.clock.now() - LONG_AGO
                sandbox.add_contact(LOCATION, added_at=long_ago, email=address(number), firstName="Known")
        yield sandbox


@pytest.fixture
def clicker(driver: Chrome, vendor: Sandbox, tmp_path: Path) -> Iterator[Clicker]:
    connect(tmp_path, base_url=vendor.base_url, token=TOKEN)
    opened = Clicker(driver=driver, folder=tmp_path, dice=random.Random(SEED))  # noqa: S311  (dice)
    opened.open()
    with opened.screens:
        yield opened


def test_whatever_is_killed_while_somebody_clicks_each_row_ends_once_as_it_should(
    clicker: Clicker, vendor: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    write_people(clicker.folder / "people.csv")
    lay_out(clicker, clicker.folder / "people.csv")
    check(clicker)
    begin(clicker)
    at = vendor.state()["requests"]
    while not clicker.is_finished():
        assert time.monotonic() - began < 6_000, clicker.screen.text[:2000]
        if not clicker.state.run_ids():
            begin(clicker)  # it was paused while it read the file, and left nothing to go on with
        clicker.dice.choice([clicker.go_on, clicker.go_on, clicker.wander])()
        if vendor.state()["requests"] >= at and clicker.disturb():
            at = vendor.state()["requests"] + clicker.dice.randint(1, SENT // KILLS)
        time.sleep(clicker.dice.uniform(*PAUSES))

    with capsys.disabled():
        print(  # noqa: T201  (the figures are what the campaign is for)
            f"\n{ROWS:,} rows, {SENT:,} sent; seed {SEED}; {time.monotonic() - began:.0f} s; {dict(clicker.done)}"
        )
    reconcile(clicker, vendor)


def reconcile(clicker: Clicker, vendor: Sandbox) -> None:
    """Hold the results, the page and the sub-account's own list against what had to happen, row by row."""
    held = vendor.contacts(LOCATION)
    by_address = {each["email"]: each["id"] for each in held}
    assert len(by_address) == len(held) == SENT, "a contact is missing or twice"
    wrong = []
    told: Counter[str] = Counter()
    with (clicker.folder / "results" / clicker.run / "results.csv").open(
        newline="", encoding="utf-8-sig"
    ) as file:
        for number, row in enumerate(csv.DictReader(file)):
            told[row["import_status"]] += 1
            contact = None if row["import_status"] == "skipped" else by_address.get(row["E-mail"])
            as_it_is = (
                int(row["import_row"]),
                row["E-mail"],
                row["import_status"],
                row["import_contact_id"] or None,
            )
            if as_it_is != (number + 2, address(number), wanted_of(number), contact):
                wrong.append((as_it_is, contact))
    assert wrong[:20] == []
    assert told.total() == ROWS
    clicker.look_at_run()
    clicker.screen.until(lambda: clicker.screen.find("#standing").text == "Finished", "end of the import")
    shown = [int(each.text.replace(",", "")) for each in clicker.screen.all(".counts dd")][:5]
    assert shown == [told["created"], told["updated"], told["skipped"], 0, 0]
