"""Runs that an assistant starts: processes of their own, which go on whatever becomes of the conversation."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_TAIL: Final = 2_000


class StartedCommand:
    """A command of the importer under way, and the private file that holds what it says."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        self._log = log
        handle = os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            self._process = subprocess.Popen(  # noqa: S603  (our own program; every word is one argument)
                [sys.executable, "-m", "importer", *words],
                stdin=subprocess.DEVNULL,  # ours is the protocol's, and so is the output
                stdout=file,
                stderr=file,
                env={**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"},
                start_new_session=True,
            )
        # nobody else waits for it, and the system would keep its place for good
        threading.Thread(target=self._process.wait, daemon=True).start()

    @property
    def exit_code(self) -> int | None:
        """Tell how it ended; None while it runs."""
        return self._process.poll()

    def wait(self, seconds: float) -> int | None:
        """Wait for its end, for some time; None where it goes on."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    @property
    def said(self) -> str:
        """Give the last of what it said."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-_TAIL:]
