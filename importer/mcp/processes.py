"""Runs that an assistant starts: processes of their own, which go on whatever becomes of the conversation."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from importer.runtime.own_commands import plain_output, start_command

_TAIL: Final = 2_000


class StartedCommand:
    """A command of the importer under way, and the private file that holds what it says."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        self._log = log
        log.unlink(missing_ok=True)  # what an earlier one said is no word of this one
        self._process = start_command(words, log=log, environment=plain_output(os.environ))

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
