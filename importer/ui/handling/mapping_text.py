"""The mapping of a draft as it is written down, with what the rest of the screen has to know of it."""

from __future__ import annotations

import asyncio
from typing import Any

from importer.runtime.private_files import write_private
from importer.ui.drafts import Draft
from importer.ui.handling.files import ask_bench
from importer.ui.screen import Screen


async def keep_mapping(screen: Screen, draft: Draft, text: str, **changes: Any) -> tuple[Draft, Any]:
    """Write a mapping down, and other changes of the draft with it; gives what it means for the file.

    Whether each row names its own location is noted: every command is told then to go by the mapping.
    """
    rules: Any = await ask_bench(screen, draft, "rules", text=text)
    column = draft.location_column if rules["faults"] else rules["location_column"]
    changed = screen.drafts.change(draft.id, version=draft.version, location_column=column, **changes)
    await asyncio.to_thread(write_private, screen.drafts.mapping(draft), text.encode())
    return changed, rules


async def begun_mapping(screen: Screen, draft: Draft) -> str:
    """Give the mapping of a draft; of one that has none yet, what is suggested for its file."""
    path = screen.drafts.mapping(draft)
    if path.is_file():
        return path.read_text(encoding="utf-8")
    suggested: Any = await ask_bench(screen, draft, "suggest")
    return str(suggested["yaml"])


async def edited_mapping(screen: Screen, draft: Draft, **change: Any) -> str:
    """Change keys of the draft's mapping; gives the text that says so."""
    text = await begun_mapping(screen, draft)
    answer: Any = await ask_bench(screen, draft, "edit", text=text, **{"set_to": [], "unset": [], **change})
    return str(answer["text"])
