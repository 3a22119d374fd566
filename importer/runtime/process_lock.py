"""The one kind of lock between processes: the operating system's own, so that a dead process holds none."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from importer.errors import StateError
from importer.records import value_type

PATIENCE_SECONDS: Final = 0.2
"""Looking whether a lock is free takes it for a moment; who wants it then need not be told that it is held."""
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


@value_type(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a lock."""

    work: str
    """What it is held for: ``run 20260101-000000-aaaa``, ``job nightly``."""
    pid: int
    host: str
    started_at: float

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.started_at, tz=UTC).astimezone()
        return f"{self.work} (process {self.pid} on {self.host}, since {since:%Y-%m-%d %H:%M:%S})"


class LockHeldError(Exception):
    """Somebody else holds the lock; who took it in vain says so in words of its own."""

    def __init__(self, owner: Owner | None) -> None:
        super().__init__(str(owner))
        self.owner = owner


@contextlib.contextmanager
def locked(path: Path, owner: Owner, *, wait_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold a lock file; raise LockHeldError with its owner when another process, or another task of ours, keeps it.

    Waiting blocks: on an event loop, ask with ``wait_seconds=0`` now and then. Raises StateError when the file
    cannot be made.
    """
    handle = _acquire(path, wait_seconds)
    try:
        _write_owner(handle, owner)
        yield
    finally:
        _release(handle, path)


def holder(path: Path) -> Owner | None:
    """Tell who holds a lock file, without waiting; None when nobody does."""
    if not path.exists():
        return None
    try:
        handle = _acquire(path, 0.0)
    except LockHeldError as held:
        return held.owner or Owner(work="another process", pid=0, host="?", started_at=0.0)
    _release(handle, path)
    return None


def _acquire(path: Path, wait_seconds: float) -> int:
    until = time.monotonic() + wait_seconds
    while (handle := _try(path)) is None:
        if time.monotonic() >= until:
            raise LockHeldError(_read_owner(path))
        time.sleep(_TRY_SECONDS)
    return handle


def _try(path: Path) -> int | None:
    handle = _open(path)
    with contextlib.suppress(OSError):
        _lock(handle)
        if _still_there(handle, path):
            return handle
    os.close(handle)
    return None


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
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


def _write_owner(handle: int, owner: Owner) -> None:
    # On a full disk the lock holds all the same; who meets it is told of "another process".
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(asdict(owner)).encode())


def _read_owner(path: Path) -> Owner | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if "run_id" in kept:  # held by a 0.1.0
            kept["work"] = f"run {kept.pop('run_id')}"
        return Owner(**kept)
    except (OSError, ValueError, TypeError):
        return None


def this_process(work: str, started_at: float) -> Owner:
    return Owner(work=work, pid=os.getpid(), host=socket.gethostname(), started_at=started_at)
