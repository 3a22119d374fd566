"""The mapping of a draft as it is written down, with what the rest of the screen has to know of it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from importer.runtime.private_files import write_private
from importer.ui.drafts import Draft
from importer.ui.handling.files import ask_bench
from importer.ui.screen import Screen

HIDDEN_ROWS: Final = ["rows", "hidden"]
"""Where a mapping says what becomes of rows that a workbook hides."""


async def keep_mapping(screen: Screen, draft: Draft, text: str, **changes: Any) -> tuple[Draft, Any]:
    """Write a mapping down, and other changes of the draft with it; gives what it means for the file.

    Whether each row names its own location is noted: every command is told then to go by the mapping. So is whether hidden
    rows are left out: a mapping that is taken instead is to say the same.
    """
    rules: Any = await ask_bench(screen, draft, "rules", text=text)
    if not rules["faults"]:
        changes = {
            "location_column": rules["location_column"],
            "skip_hidden": rules["skips_hidden"],
            **changes,
        }
    changed = screen.drafts.change(draft.id, version=draft.version, **changes)
    await asyncio.to_thread(write_private, screen.drafts.mapping(draft), text.encode())
    return changed, rules


async def begun_mapping(screen: Screen, draft: Draft) -> str:
    """Give the mapping of a draft; of one that has none yet, what is suggested for its file."""
    path = screen.drafts.mapping(draft)
    if path.is_file():
        return path.read_text(encoding="utf-8")
    suggested: Any = await ask_bench(screen, draft, "suggest")
    return await with_choices(screen, draft, str(suggested["yaml"]))


async def with_choices(screen: Screen, draft: Draft, text: str) -> str:
    """Write into another mapping that is taken what was decided of the file before."""
    if not draft.skip_hidden:
        return text
    answer: Any = await ask_bench(screen, draft, "edit", text=text, set_to=[[HIDDEN_ROWS, "skip"]], unset=[])
    return str(answer["text"])


async def edited_mapping(screen: Screen, draft: Draft, **change: Any) -> str:
    """Change keys of the draft's mapping; gives the text that says so."""
    text = await begun_mapping(screen, draft)
    answer: Any = await ask_bench(screen, draft, "edit", text=text, **{"set_to": [], "unset": [], **change})
    return str(answer["text"])
