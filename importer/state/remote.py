"""What passes between a session and other processes of the machine: how far it is, and a wish that it end."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from importer.errors import InterruptedRunError, PausedRunError, StopError

PROGRESS_NAME: Final = "progress.json"
_WISH_NAME: Final = "wish.json"


class EndWish(StrEnum):
    """What somebody may ask of a run that is under way."""

    PAUSE = "pause"
    """End, and let nothing but a person go on with it."""
    STOP = "stop"
    """End, as by Ctrl-C."""


def ending(wish: EndWish, by: str) -> StopError:
    """Give the reason by which work ends that somebody wished to end."""
    match wish:
        case EndWish.PAUSE:
            return PausedRunError(f"Paused by {by}.")
        case EndWish.STOP:
            return InterruptedRunError(f"Stopped by {by}.")


def write_progress(path: Path, snapshot: dict[str, Any], *, private: bool) -> bool:
    """Write how far a run is, whole or not at all; False where it cannot be written now, since the next one may be."""
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        handle = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600 if private else 0o644)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(snapshot, file, ensure_ascii=False)
        draft.replace(path)
    except OSError:  # on Windows also where somebody reads it at this very moment
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        return False
    return True


def read_progress(places: Iterable[Path]) -> dict[str, Any] | None:
    """Read how far a run is from the first folder that tells; None where none does, or one is just being written."""
    for folder in places:
        try:
            snapshot = json.loads((folder / PROGRESS_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(snapshot, dict):
            return snapshot
    return None


def leave_wish(folder: Path, wish: EndWish, *, by: str, pid: int | None = None) -> None:
    """Leave a wish in a run's folder, for the process that works on it: ``pid``, by which it knows that it is meant."""
    path = folder / _WISH_NAME
    draft = path.with_name(f".{_WISH_NAME}-{os.getpid()}")
    handle = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"wish": wish.value, "by": by, "pid": pid}, file)
    draft.replace(path)


def discard_old_wish(folder: Path) -> None:
    """Take away a wish that was left for another process than this one, which does not listen yet."""
    path = folder / _WISH_NAME
    try:
        meant = json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()
    except (OSError, ValueError, TypeError, KeyError):
        meant = False
    if not meant:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def take_wish(folder: Path) -> tuple[EndWish, str] | None:
    """Take the wish that was left, with who left it; what cannot be read is none."""
    path = folder / _WISH_NAME
    try:
        left = json.loads(path.read_text(encoding="utf-8"))
        found = EndWish(left["wish"]), str(left["by"])[:200]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError):
        found = None
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    return found
