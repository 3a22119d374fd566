"""S1: files that were chosen together are imported one after the other; each begins with what was decided for those before it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from importer.errors import SettingsError
from importer.runtime.private_files import write_private
from importer.ui.drafts import Draft, Drafts
from importer.ui.screen import Screen


def lined_up(drafts: Drafts, draft: Draft) -> list[Draft]:
    """Give the drafts that were chosen together, in their order; the one alone that was chosen by itself.

    One that was discarded parts those before it from those behind.
    """
    known = {each.id: each for each in drafts.list()}
    following = {each.behind: each for each in known.values() if each.behind is not None}
    first = draft
    for first in _ahead_of(draft, known):  # noqa: B007  (the last of them is the first in line)
        pass
    line = [first]
    while (then := following.get(line[-1].id)) is not None and then not in line:
        line.append(then)
    return line


def _ahead_of(draft: Draft, known: dict[str, Draft]) -> Iterator[Draft]:
    """Give those before a draft, the nearest first."""
    seen = {draft.id}
    while draft.behind in known and draft.behind not in seen:
        draft = known[draft.behind]
        seen.add(draft.id)
        yield draft


async def begun_like_those_before(screen: Screen, draft: Draft) -> Draft:
    """Let a draft that nobody worked at begin with place and mapping of the nearest before it that has a mapping."""
    if draft.behind is None or screen.drafts.mapping(draft).is_file():
        return draft
    return await asyncio.to_thread(_begun_like, screen.drafts, draft)


def _begun_like(drafts: Drafts, draft: Draft) -> Draft:
    known = {each.id: each for each in drafts.list()}
    for before in _ahead_of(draft, known):
        try:
            text = drafts.mapping_text(before)
        except SettingsError:
            continue
        begun = drafts.change(
            draft.id,
            sandbox=before.sandbox,
            location_id=before.location_id,
            location_name=before.location_name,
            location_zone=before.location_zone,
            location_column=before.location_column,
            automations=before.automations,
            mapping_name=before.mapping_name,
            acknowledged=before.acknowledged,
            skip_hidden=before.skip_hidden,
            begun_like=before.name,
        )
        write_private(drafts.mapping(begun), text.encode())
        return begun
    return draft


def next_in_line(drafts: Drafts, draft: Draft) -> Draft | None:
    """Give the next of those chosen together that was not imported yet: behind this one, or else before it."""
    line = lined_up(drafts, draft)
    place = next(at for at, each in enumerate(line) if each.id == draft.id)
    return next((each for each in (*line[place + 1 :], *line[:place]) if each.run_id is None), None)


def shown(drafts: Drafts, draft: Draft) -> list[dict[str, Any]]:
    """Say which files were chosen together, this one among them; nothing of one that was chosen by itself."""
    line = lined_up(drafts, draft)
    return [{"draft": each.id, "name": each.name, "run": each.run_id} for each in line] if line[1:] else []
