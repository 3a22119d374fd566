"""..."""

from __future__ import annotations

from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest


async def page(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    draft = screen.drafts.open(asked.named["draft"])
    return screen.page("rows.html.j2", draft=draft, step="rows")
