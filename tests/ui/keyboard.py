"""A page used by its keyboard alone: each key is looked at for where the focus went, and no mouse is there to help."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, NamedTuple

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.ui.browser import OpenScreen

_MOST_STOPS: Final = 150
_SETTLE_SECONDS: Final = 3.0
_LOOK: Final = """
if (window.mice === undefined) {
  window.mice = [];
  for (const name of ["pointerdown", "mousedown", "mouseup"]) addEventListener(name, (event) => mice.push(event.type), true);
  addEventListener("click", (event) => event.detail && mice.push("click"), true);
}
const [wanted] = arguments;
const here = document.activeElement;
const name = here.getAttribute("aria-label") || here.labels?.[0]?.innerText || here.innerText || here.value || "";
const unseen = () => {
  if (mice.length) return "a mouse was used: " + mice;
  if (here === document.body) return "the focus is on nothing";
  const box = here.getBoundingClientRect();
  if (!box.width || !box.height) return "it has no size";
  if (box.bottom < 1 || box.right < 1 || box.top > innerHeight - 1 || box.left > innerWidth - 1) return "it is out of sight";
  const style = getComputedStyle(here);
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return "nothing shows that it has the focus";
  const x = Math.min(Math.max(box.left + Math.min(box.width, 40) / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(box.top + Math.min(box.height, 40) / 2, 0), innerHeight - 1);
  const above = document.elementFromPoint(x, y);
  if (above && !here.contains(above) && !above.contains(here)) return "something lies over it: " + above.outerHTML.slice(0, 120);
  return "";
};
const plain = (text) => text.replace(/\\s+/g, " ").trim();
const kind = here === document.body ? "body" : here.tagName.toLowerCase() + (here.id ? "#" + here.id : "");
return [here, kind, plain(name), unseen(), Boolean(wanted) && (/[#\\[]/.test(wanted) ? here.matches(wanted) : plain(name) === wanted)];
"""
_USABLE: Final = """
const [wanted] = arguments;
return [...document.querySelectorAll("button, a, summary, input, select, textarea")].some((each) => each.checkVisibility() && !each.disabled
  && (/[#\\[]/.test(wanted) ? each.matches(wanted) : [each.getAttribute("aria-label"), each.labels?.[0]?.innerText, each.innerText].some((name) => name?.replace(/\\s+/g, " ").trim() === wanted)));
"""


class Place(NamedTuple):
    """What has the focus, and what keeps it from being seen."""

    element: WebElement
    kind: str
    name: str
    unseen: str
    wanted: bool
    """Whether it is what somebody looks for."""


@dataclass
class Keyboard:
    """Keys pressed on a screen. Whatever a key did, the focus has to be seen, and on something."""

    screen: OpenScreen

    @property
    def here(self) -> Place:
        return self.at(None)

    def at(self, wanted: str | None) -> Place:
        return Place(*self.screen.run_script(_LOOK, wanted))

    def look(self) -> None:
        """Hold the page to it: the focus is seen, once the page has drawn what there is."""
        end = time.monotonic() + _SETTLE_SECONDS
        while (here := self.here).unseen and time.monotonic() < end:
            pass
        assert not here.unseen, here

    def tab(self) -> None:
        """Go on to the next stop, from whatever has the focus when the key arrives."""
        ActionChains(self.screen.driver, duration=0).send_keys(Keys.TAB).perform()

    def reach(self, wanted: str) -> WebElement:
        """Go on by Tab until something has the focus that is called so, or is what a selector names (``#ask``)."""
        here = self.at(wanted)
        passed: list[str] = []
        while not here.wanted:
            passed.append(f"{here.kind} {here.name[:40]}")
            assert len(passed) < _MOST_STOPS, f"Nobody gets to {wanted!r} by Tab: {passed[-60:]}"
            self.tab()
            here = self.at(wanted)
            assert here.kind == "body" or not here.unseen, (
                here
            )  # behind the last stop the browser's own begin
        return here.element

    def press(self, wanted: str, key: str = Keys.ENTER) -> None:
        """Press a button, a link or a box, once it is there and can be used."""
        self.screen.until(lambda: self.screen.run_script(_USABLE, wanted), f"usable {wanted!r}")
        self.reach(wanted).send_keys(key)

    def type(self, wanted: str, *keys: str) -> None:
        """Type into what is called so."""
        self.reach(wanted).send_keys(*keys)
        self.look()

    def strike(self, *keys: str) -> None:
        """Strike keys wherever the focus is."""
        self.here.element.send_keys(*keys)
        self.look()

    def shows(self, text: str) -> None:
        """Wait for a text of this very page; the focus is where it was, or where it makes sense."""
        self.screen.shows(text)
        self.look()
