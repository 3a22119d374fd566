"""The life of a screen: it starts, prints its address, opens a browser, and ends by a signal or for want of anybody."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import webbrowser
from pathlib import Path
from typing import Final, TextIO

from importer.errors import SettingsError
from importer.runtime.clock import Clock
from importer.ui.guard import Admission
from importer.ui.screen import Screen
from importer.ui.server import serving, until_idle

IDLE_SECONDS: Final = 12 * 3600.0
"""A screen that nobody asks for so long, while no run is under way, was forgotten: it ends itself."""
_IN_A_TERMINAL: Final = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


async def open_screen(
    state: Path,
    *,
    output: Path,
    source: Path | None = None,
    port: int = 0,
    browser: bool = True,
    another_link: TextIO | None = None,
    jobs: Path | None = None,
    clock: Clock | None = None,
) -> None:
    """Serve the screen until a signal comes, or nobody was there for half a day. Raises SettingsError.

    ``another_link``: a terminal on which Enter asks for a new address, since each lets in one browser, once.
    """
    screen = Screen(state, output=output, jobs=jobs, clock=clock, spare=True)
    await asyncio.to_thread(screen.drafts.sweep)
    begun = None if source is None else _draft_of(screen, source)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels the main task instead
            loop.add_signal_handler(getattr(signal, name), ended.set)
    async with serving(screen, port=port) as admission:
        try:
            screen.benches.prepare()
            _print_link(admission, begun)
            if browser:
                await asyncio.to_thread(_open_browser, _link(admission, begun))
            await _until_ended(screen, admission, ended, another_link)
        finally:
            await screen.close()


async def _until_ended(
    screen: Screen, admission: Admission, ended: asyncio.Event, another_link: TextIO | None
) -> None:
    waiting = {
        asyncio.create_task(ended.wait()),
        asyncio.create_task(until_idle(screen, seconds=IDLE_SECONDS)),
    }
    loop = asyncio.get_running_loop()
    if another_link is not None:
        with contextlib.suppress(NotImplementedError, OSError, ValueError):
            loop.add_reader(another_link, _hand_another_link, another_link, admission)
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        if another_link is not None:
            with contextlib.suppress(NotImplementedError, OSError, ValueError):
                loop.remove_reader(another_link)


def _draft_of(screen: Screen, source: Path) -> str:
    """Make a draft of a file on this machine; it is read where it stands."""
    if not source.is_file():
        raise SettingsError(f"{source} is not there, or is no file. Check the path.")
    draft = screen.drafts.create()
    screen.drafts.change(draft.id, name=source.name, source=str(source.absolute()))
    return draft.id


def _link(admission: Admission, draft_id: str | None) -> str:
    return admission.link if draft_id is None else f"{admission.link}&d={draft_id}"


def _print_link(admission: Admission, draft_id: str | None) -> None:
    """Print the one line that lets somebody in; it goes to nobody's log."""
    sys.stdout.write(f"{_link(admission, draft_id)}\n")
    sys.stdout.flush()


def _hand_another_link(terminal: TextIO, admission: Admission) -> None:
    terminal.readline()
    admission.new_link()
    _print_link(admission, None)


def _open_browser(link: str) -> None:
    with contextlib.suppress(webbrowser.Error):
        found = webbrowser.get()
        # A browser in this very terminal would take it over, and could show nothing of a page that needs scripts.
        if getattr(found, "basename", getattr(found, "name", "")) not in _IN_A_TERMINAL:
            found.open(link)
