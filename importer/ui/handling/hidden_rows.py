"""S1: rows that a workbook hides are imported or left out; the mapping says which."""

from __future__ import annotations

from typing import Any

from importer.ui.drafts import ChangedElsewhereError
from importer.ui.handling.mapping_text import HIDDEN_ROWS, edited_mapping, keep_mapping
from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest, data, taken


async def choose(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Leave hidden rows out, or import them: written into the mapping, or kept until there is one."""
    said = asked.said()
    skip, version = taken(said, "skip", bool), taken(said, "version", int)
    draft = screen.drafts.open(asked.named["draft"])
    if version != draft.version:
        raise ChangedElsewhereError(screen.words("draft.changed_elsewhere"))
    if screen.drafts.mapping(draft).is_file():
        change: dict[str, Any] = {"set_to": [[HIDDEN_ROWS, "skip"]]} if skip else {"unset": [HIDDEN_ROWS]}
        changed, _ = await keep_mapping(screen, draft, await edited_mapping(screen, draft, **change))
    else:
        changed = screen.drafts.change(draft.id, version=version, skip_hidden=skip)
    return data({"version": changed.version, "skip_hidden": changed.skip_hidden})
