"""A real browser on a real screen: the command as a process, Chromium through its driver, and no waiting by the clock."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER: Final = shutil.which("chromedriver")
REQUIRED: Final = os.environ.get("CI") == "true"
AXE: Final = Path(__file__).with_name("axe.min.js")
_PATIENCE: Final = 60.0
_FIRST_LOOK_SECONDS: Final = 0.03
_LAST_LOOK_SECONDS: Final = 0.2
"""Each look is work for the page, too, that it has to do beside what is waited for: so they grow rarer."""
_MAYBE_CALLED: Final = """
const words = arguments[0].toLowerCase().split(/\\s+/);
return [...document.querySelectorAll("button, a, summary")].filter((each) => {
  if (each.disabled || !each.checkVisibility()) return false;
  if (each.hasAttribute("aria-labelledby")) return true;
  const names = [each.textContent, each.getAttribute("aria-label"), each.title, ...[...each.querySelectorAll("img")].map((image) => image.alt)];
  const said = names.join(" ").toLowerCase();
  return words.every((word) => said.includes(word));
});
"""
"""What may be called by a label: the browser is asked in one question, as to ask it of each is most of a test."""
_Found = TypeVar("_Found")

in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not REQUIRED and not (CHROMIUM and DRIVER), reason="there is no Chromium with its driver here"
    ),
]


@contextmanager
def open_driver(profile: Path) -> Iterator[webdriver.Chrome]:
    """Start a browser that asks nobody on the network for anything."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or "chromium"
    for word in (
        "--headless",
        "--no-sandbox",  # Chromium refuses its sandbox to root; the pages are our own
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--window-size=1280,1000",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER or "chromedriver")
    driver = webdriver.Chrome(options=options, service=service)
    try:
        driver.set_script_timeout(_PATIENCE)
        yield driver
    finally:
        driver.quit()


@dataclass
class OpenScreen:
    """A screen that a browser looks at."""

    driver: webdriver.Chrome
    process: subprocess.Popen[str]
    origin: str
    link: str
    state: Path
    output: Path
    said: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.driver.get(f"{self.origin}{path}")

    @property
    def path(self) -> str:
        return str(self.driver.execute_script("return location.pathname"))

    def until(self, look: Callable[[], _Found | None], what: str) -> _Found:
        """Look again and again until something is found."""
        end = time.monotonic() + _PATIENCE
        rest_seconds = _FIRST_LOOK_SECONDS
        while time.monotonic() < end:
            try:
                if found := look():
                    return found
            except Exception as changing:  # noqa: BLE001  (the page draws itself anew meanwhile)
                self.said.append(type(changing).__name__)
            time.sleep(rest_seconds)
            rest_seconds = min(1.3 * rest_seconds, _LAST_LOOK_SECONDS)
        raise AssertionError(f"No {what} came. The page says:\n{self.text[:3000]}\n{self.complaints()}")

    @property
    def text(self) -> str:
        return str(self.driver.execute_script("return document.body.innerText"))

    def shows(self, text: str) -> None:
        shown = "return document.body.innerText.includes(arguments[0])"
        self.until(lambda: self.run_script(shown, text), repr(text))

    def find(self, selector: str) -> WebElement:
        return self.until(lambda: self.driver.find_element(By.CSS_SELECTOR, selector), selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def press(self, label: str) -> None:
        """Press the button, or follow the link, that is called so."""

        def found() -> bool:
            for each in self.run_script(_MAYBE_CALLED, label):
                if (
                    each.is_displayed()
                    and each.is_enabled()
                    and (each.text.strip() == label or each.accessible_name == label)
                ):
                    each.click()
                    return True
            return False

        self.until(found, f"button {label!r}")

    def aim(self, location_id: str) -> None:
        """Go on from the page of the file into a sub-account that is connected."""
        self.press("Yes, go on")
        self.run_script("document.querySelectorAll('input[name=where]')[1].click()")
        self.find("#location").send_keys(location_id)
        self.press("Look at it")
        self.press("Go on")

    def run_script(self, script: str, *given: Any) -> Any:
        return self.driver.execute_script(script, *given)

    def complaints(self) -> list[str]:
        """Give what the browser's console said: of a sound page, nothing."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def axe(self) -> list[str]:
        """Give the findings of the accessibility checker, WCAG 2.2 AA and its best practice."""
        self.driver.execute_script(AXE.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            """
            const done = arguments[arguments.length - 1];
            axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
               .then((result) => done(result.violations.map((each) =>
                  `${each.id}: ${each.help}: ${each.nodes.slice(0, 4).map((node) => node.html + " " + node.failureSummary).join(" | ")}`)));
            """
        )
        return [str(each) for each in found]


@contextmanager
def open_screen(
    driver: webdriver.Chrome, folder: Path, *words: str, enter: bool = True
) -> Iterator[OpenScreen]:
    """Start `importer ui` and open its link, unless somebody else will."""
    state, output = folder / "state", folder / "results"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("HIGHLEVEL_", "IMPORTER_"))
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "importer", "ui", "--no-browser"),
            *("--state", str(state), "--output", str(output), *words),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env=environment,
    )
    try:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        origin = link.partition("/enter")[0]
        if enter:
            driver.get(link)
        yield OpenScreen(driver=driver, process=process, origin=origin, link=link, state=state, output=output)
    finally:
        process.kill()
        process.communicate()


def connect(folder: Path, *, base_url: str, token: str) -> None:
    """Have the screen that is opened in a folder know a vendor and a token of it."""
    (folder / ".env").write_text(
        f"HIGHLEVEL_BASE_URL={base_url}\nHIGHLEVEL_TOKEN={token}\n", encoding="utf-8"
    )
