"""S0: choose a file, go on with a draft, see what runs and what ran."""

from __future__ import annotations

import asyncio
import shutil

from importer.runtime.installation import shipped_folder
from importer.ui.drafts import Draft
from importer.ui.handling.approval import waiting
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest, data, redirect, taken

_SHOWN_RUNS = 10


async def enter(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Let in whoever brings the link's token: once, and from then on by a cookie."""
    admission = screen.admission
    if admission is None or not admission.enter(asked.query.get("t", "")):
        raise RefusedRequestError(403, screen.words("enter.used"))
    to = "/"
    if (wanted := asked.query.get("d")) is not None:
        to = f"/d/{screen.drafts.open(wanted).id}/file"
    reply = redirect(to)
    return ScreenReply(
        status=reply.status,
        kind=reply.kind,
        content_type=reply.content_type,
        headers={**reply.headers, "Set-Cookie": admission.cookie},
    )


async def page(screen: Screen, _: ScreenRequest) -> ScreenReply:
    screen.benches.prepare()
    drafts, runs, plans = await asyncio.gather(
        asyncio.to_thread(screen.drafts.list),
        asyncio.to_thread(screen.runs.newest, _SHOWN_RUNS),
        asyncio.to_thread(waiting, screen),
    )
    return screen.page(
        "start.html.j2",
        drafts=[each for each in drafts if each.run_id is None][:_SHOWN_RUNS],
        runs=[line.to_json() for line in runs],
        plans=plans,
        next_step=next_step,
    )


def next_step(draft: Draft) -> str:
    """Give the address at which a draft is gone on with."""
    return f"/d/{draft.id}/file"


async def live(screen: Screen, _: ScreenRequest) -> ScreenReply:
    """Say what runs at this moment: asked each second by every open page."""
    return data({"runs": list(await asyncio.to_thread(screen.runs.under_way))})


async def sample(screen: Screen, _: ScreenRequest) -> ScreenReply:
    """Make a draft of the sample that comes with the package, aimed at the sandbox."""
    draft = screen.drafts.create()
    name = "contacts.csv"
    shutil.copyfile(shipped_folder("sample_data") / name, screen.drafts.folder(draft.id) / name)
    screen.drafts.change(draft.id, name=name, source=name, sandbox=True)
    return data({"draft": draft.id})


async def alive(screen: Screen, _: ScreenRequest) -> ScreenReply:
    """Answer at all, and say which start of the screen it is: a page that was made by another one cannot change anything."""
    return data({"start": screen.start_id})


async def mask(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Hide people's data on every page, or show it again."""
    screen.masked = taken(asked.said(), "on", bool)
    return data({"on": screen.masked})
