"""Locks between processes: the operating system's own, so that a dead process holds none."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from importer.errors import StateError

_TRIES: Final = 10
_TRY_SECONDS: Final = 0.02

if sys.platform == "win32":
    import msvcrt

    # Beyond the text: Windows also keeps others from reading a locked byte.
    _LOCKED_BYTE: Final = 1 << 30

    def _lock(handle: int) -> None:
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a lock."""

    run_id: str
    pid: int
    host: str
    started_at: float

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.started_at, tz=UTC).astimezone()
        return f"run {self.run_id} (process {self.pid} on {self.host}, since {since:%Y-%m-%d %H:%M:%S})"


class LockHeldError(Exception):
    """Somebody else holds the lock; never leaves this room."""

    def __init__(self, owner: Owner | None) -> None:
        super().__init__(str(owner))
        self.owner = owner


@contextlib.contextmanager
def locked(path: Path, owner: Owner) -> Iterator[None]:
    """Hold a lock file; raise LockHeldError with its owner when another process, or another task of ours, has it."""
    handle = _acquire(path)
    try:
        text = json.dumps(asdict(owner)).encode()
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, text)
        yield
    finally:
        _release(handle, path)


def holder(path: Path) -> Owner | None:
    """Tell who holds a lock file, without waiting; None when nobody does."""
    if not path.exists():
        return None
    try:
        handle = _acquire(path, tries=1)
    except LockHeldError as held:
        return held.owner or Owner(run_id="?", pid=0, host="?", started_at=0.0)
    _release(handle, path)
    return None


def _acquire(path: Path, tries: int = _TRIES) -> int:
    # A few tries, since `importer runs` holds a lock for a moment to see whether it is free.
    for left in range(tries - 1, -1, -1):
        handle = _open(path)
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            if not left:
                raise LockHeldError(_read_owner(path)) from None
            time.sleep(_TRY_SECONDS)
            continue
        if _still_there(handle, path):
            return handle
        os.close(handle)
    raise LockHeldError(_read_owner(path))


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as cause:
        raise StateError(
            f"The lock {path} cannot be made: {cause.strerror}. Make the state folder writable, "
            "or name another one with --state."
        ) from cause


def _still_there(handle: int, path: Path) -> bool:
    # The one before us may have deleted the file between our opening and our locking it; a third process
    # would then lock a new file of the same name, and both would go on.
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _release(handle: int, path: Path) -> None:
    with contextlib.suppress(OSError):  # Windows deletes no open file; the empty shell is harmless
        path.unlink()
    os.close(handle)


def _read_owner(path: Path) -> Owner | None:
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def this_process(run_id: str, started_at: float) -> Owner:
    return Owner(run_id=run_id, pid=os.getpid(), host=socket.gethostname(), started_at=started_at)
