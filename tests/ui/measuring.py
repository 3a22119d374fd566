"""What a page costs: memory, elements, frames, and how long after a key something is seen; by the page's own clock."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from selenium.webdriver import Chrome

from tests.ui.browser import OpenScreen

FRAMES_COUNTED: Final = 120
_FRAMES: Final = f"""
const done = arguments[arguments.length - 1];
const grid = document.querySelector(".grid");
const frames = [];
let last = performance.now();
let left = {FRAMES_COUNTED};
const step = (now) => {{
  frames.push(now - last);
  last = now;
  grid.dispatchEvent(new WheelEvent("wheel", {{deltaY: 480, bubbles: true, cancelable: true}}));
  if ((left -= 1)) requestAnimationFrame(step); else done(frames.slice(2));
}};
requestAnimationFrame(step);
"""
_WATCH: Final = """
window.seen = {};
const look = () => {
  for (const selector of %s) if (!(selector in seen) && document.querySelector(selector)) seen[selector] = performance.now();
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_MIB: Final = 1 << 20


def resident(process: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096


def processor_seconds(process: int) -> float:
    """Seconds of the processor that a process and the children which it has now have used."""
    own = [process, *map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]
    used = (Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in own)
    return sum(int(fields[11]) + int(fields[12]) for fields in used) / os.sysconf("SC_CLK_TCK")


def page_bytes(profile: Path) -> int:
    """Bytes of memory that the greatest page of the browser with this profile holds by itself, shared pages shared out."""
    found = [0]
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes() if process.name.isdigit() else b""
            if b"--type=renderer" in words and str(profile).encode() in _words_of_parents(process):
                lines = (process / "smaps_rollup").read_text().splitlines()
                found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")]
        except OSError:  # it has ended meanwhile
            continue
    return max(found)


def _words_of_parents(process: Path) -> bytes:
    """Give the words by which a process and those that started it were started."""
    words = b""
    while process.name not in {"0", "1"}:
        words += (process / "cmdline").read_bytes()
        process = Path("/proc") / (process / "stat").read_text().rpartition(")")[2].split()[1]
    return words


def walk(screen: OpenScreen) -> tuple[float, list[float]]:
    """Turn the wheel in 120 frames; gives the page's processor time for each on average, and how long each took by the clock."""
    screen.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    before = busy_seconds(screen)
    frames: list[float] = screen.driver.execute_async_script(_FRAMES)
    return (busy_seconds(screen) - before) / FRAMES_COUNTED, sorted(frames)


def busy_seconds(screen: OpenScreen) -> float:
    found = screen.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(each["value"] for each in found if each["name"] == "TaskDuration"))


def heap_bytes(screen: OpenScreen) -> int:
    """Bytes that the page's scripts hold once what nobody needs is gone."""
    screen.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    return int(screen.run_script("return performance.memory.usedJSHeapSize"))


def nodes(screen: OpenScreen) -> int:
    return int(screen.run_script("return document.querySelectorAll('*').length"))


def watch_for(driver: Chrome, *selectors: str) -> None:
    """Have every page that is opened note when something was first there."""
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH % list(selectors)})


def seen_after(screen: OpenScreen, path: str, selector: str) -> float:
    """Open a page; gives the seconds from the beginning of its loading until something was there."""
    screen.go(path)
    return (
        float(screen.until(lambda: screen.run_script("return seen[arguments[0]]", selector), selector)) / 1000
    )


def answered_after(screen: OpenScreen, act: str, answer: str, *given: Any) -> float:
    """Do something by a script; gives the seconds until an expression has another value than before."""
    milliseconds = screen.driver.execute_async_script(
        f"""
        const done = arguments[arguments.length - 1];
        const answer = () => {answer};
        const before = answer();
        const began = performance.now();
        const look = () => answer() === before ? setTimeout(look, 1) : done(performance.now() - began);
        {act};
        look();
        """,
        *given,
    )
    return float(milliseconds) / 1000
