"""Commands of this very program as processes of their own, which go on whatever becomes of who started them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

PROGRAM: Final = (sys.executable, "-m", "importer")
"""The words that start this very program."""


def plain_output(variables: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which what a command says can be read by a program."""
    return {**variables, "PYTHONUTF8": "1", "NO_COLOR": "1"}


def start_command(
    words: Sequence[str], *, log: Path, environment: Mapping[str, str], program: Sequence[str] = PROGRAM
) -> subprocess.Popen[bytes]:
    """Start a command; what it says goes behind what a private file holds already."""
    handle = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "ab") as file:
        process = subprocess.Popen(  # noqa: S603  (our own program; every word is one argument)
            [*program, *words],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal of who started it is not meant for it
        )
    # Nobody waits for it but the system's table of processes, which would keep it as a zombie.
    threading.Thread(target=process.wait, daemon=True).start()
    return process
