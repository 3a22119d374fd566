"""All rows are checked before one is sent, by the command that does it; what is known of a state is not found out twice."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from importer.errors import SettingsError
from importer.runtime.private_files import write_private
from importer.ui import children
from importer.ui.checks import Check, Hear
from importer.ui.drafts import Draft
from importer.ui.edits import DraftEdits
from importer.ui.handling.account import place_words, reading_words, secrets_of_draft
from importer.ui.screen import Screen
from importer.ui.surface import ScreenReply, ScreenRequest, data
from importer.ui.words import without_flags

_CHECK_SECONDS: Final = 3600.0
_LOOK_SECONDS: Final = 1.0
_FORECAST: Final = "forecast.json"


async def forecast(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Check all rows and give the forecast; what is known already of this very state is not checked again."""
    draft = screen.drafts.open(asked.named["draft"])
    return data(await check(screen, draft))


async def check(screen: Screen, draft: Draft) -> dict[str, Any]:
    """Give the forecast of `importer check`, and keep its findings. Raises SettingsError with its sentence."""
    if (known := known_of(screen, draft, _FORECAST)) is not None:
        return known
    # A second window waits for the check of the first; and a window that is closed leaves it to the others.
    task = _begun(screen, draft).task
    await asyncio.wait({task})
    if task.cancelled():
        raise SettingsError(screen.words("rows.cancelled"))
    return task.result()


def _begun(screen: Screen, draft: Draft) -> Check:
    async def work(hear: Hear) -> dict[str, Any]:
        return await _checked(screen, draft, hear)

    return screen.checks.begin(draft.id, work)


async def _checked(screen: Screen, draft: Draft, hear: Hear) -> dict[str, Any]:
    words = ["check", *import_words(screen, draft), "--json", "--log-format", "json"]
    words += ["--findings", str(findings_of(screen, draft))]
    key, basis = state_key(screen, draft), basis_key(screen, draft)
    ended = await children.ask(
        words,
        secrets=secrets_of_draft(screen, draft),
        seconds=_CHECK_SECONDS,
        hear=hear,
        program=screen.program,
    )
    if not isinstance(ended.answer, dict):
        raise SettingsError(ended.sentence)
    found: dict[str, Any] = ended.answer
    found |= {name: [*map(without_flags, found[name])] for name in ("doubts", "overlooked")}
    # Only now: what became of rows since the last check is all that is known of them where this one is cancelled.
    await asyncio.to_thread(_forget_outlooks, screen.drafts.folder(draft.id))
    keep_known(screen, draft, _FORECAST, found, key=key, basis=basis)
    return found


def _forget_outlooks(folder: Path) -> None:
    with DraftEdits.open(folder) as edits:
        edits.forget_outlooks()


async def progress(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Say how the check of a draft stands; ``wait`` gives it a moment to end."""
    draft = screen.drafts.open(asked.named["draft"])
    running = screen.checks.find(draft.id)
    if running is not None and not running.task.done() and "wait" in asked.query:
        await asyncio.wait({running.task}, timeout=_LOOK_SECONDS)
    return data(await asyncio.to_thread(_progress, screen, draft, running))


def _progress(screen: Screen, draft: Draft, running: Check | None) -> dict[str, Any]:
    if running is not None and not running.task.done():
        return {"state": "checking", "phase": running.phase, "rows": running.rows, "total": running.total}
    if (known := known_of(screen, draft, _FORECAST)) is not None:
        return {"state": "known", "found": known, "stale": False}
    if running is not None and running.trouble is not None:
        return {"state": "failed", "error": running.trouble}
    if (known := known_of(screen, draft, _FORECAST, but_for_edits=True)) is not None:
        return {"state": "known", "found": known, "stale": True}
    return {"state": "none"}


async def begin(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """Begin to check all rows."""
    draft = screen.drafts.open(asked.named["draft"])
    _begun(screen, draft)
    return data({})


async def cancel(screen: Screen, asked: ScreenRequest) -> ScreenReply:
    """End a check that is under way."""
    await screen.checks.cancel(screen.drafts.open(asked.named["draft"]).id)
    return data({})


def known_forecast(screen: Screen, draft: Draft) -> dict[str, Any] | None:
    """Give what the last check said, if nothing changed since."""
    return known_of(screen, draft, _FORECAST)


def keep_known(
    screen: Screen, draft: Draft, name: str, found: dict[str, Any], *, key: str, basis: str | None = None
) -> None:
    """Keep what a command found out about a draft; ``key`` is its state before the command began.

    Somebody may correct a cell while it works: taken afterwards, the key would vouch for rows that nobody looked at.
    """
    kept = {"key": key, "basis": basis, "found": found}
    write_private(screen.drafts.folder(draft.id) / name, json.dumps(kept).encode())


def known_of(
    screen: Screen, draft: Draft, name: str, *, but_for_edits: bool = False
) -> dict[str, Any] | None:
    """Give what was found out about a draft, unless something changed since; rows that were corrected may not count."""
    try:
        kept = json.loads((screen.drafts.folder(draft.id) / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = (
        kept.get("basis") == basis_key(screen, draft)
        if but_for_edits
        else kept.get("key") == state_key(screen, draft)
    )
    return kept["found"] if same else None


def state_key(screen: Screen, draft: Draft) -> str:
    """Digest all that a check depends on and that the screen can change."""
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        return f"{basis_key(screen, draft)}:{edits.key}"


def basis_key(screen: Screen, draft: Draft) -> str:
    """Digest all that a check depends on but for corrections."""
    mapping = screen.drafts.mapping(draft)
    digest = hashlib.sha256(mapping.read_bytes() if mapping.is_file() else b"")
    source = screen.drafts.source(draft).stat()
    aim = [draft.sandbox, draft.one_location]
    said = [draft.source, source.st_mtime_ns, source.st_size, draft.reading, *aim]
    digest.update(json.dumps(said, sort_keys=True).encode())
    return digest.hexdigest()


def findings_of(screen: Screen, draft: Draft) -> Path:
    return screen.drafts.folder(draft.id) / "findings.db"


def import_words(screen: Screen, draft: Draft) -> list[str]:
    """Say what is imported, by which mapping and where to: the same for a check, a plan and a run."""
    mapping = screen.drafts.mapping(draft)
    if not mapping.is_file():
        raise SettingsError(screen.words("forecast.no_mapping"))
    with DraftEdits.open(screen.drafts.folder(draft.id)) as edits:
        corrections = edits.written()
    return [
        str(screen.drafts.source(draft)),
        "-m",
        str(mapping),
        *(["--corrections", str(corrections)] if corrections is not None else []),
        *place_words(draft),
        *reading_words(draft),
        "--state",
        str(screen.state),
    ]
