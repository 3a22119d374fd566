"""A process for patterns that may run for ever: it ends itself at its time limit, and the texts after it get a new one."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from importer.mapping.transforms import pattern_process
from importer.runtime.environment import without_secrets

SECONDS: Final = 2.0
"""A text of a thousand characters needs thousandths of a second where a pattern is sound."""


class WorkerLostError(Exception):
    """There is no process to ask."""


class PatternWorker:
    """One process, asked many texts at once and from one thread at a time; started when it is first needed."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def find(self, pattern: str, replacement: str | None, texts: Sequence[str]) -> list[str | None]:
        """Do as ``pattern_process.find`` does with each text; None stands for one that did not come to an end.

        Raises WorkerLostError where no process can be had.
        """
        found: list[str | None] = []
        with self._lock:
            while len(found) < len(texts):
                found += self._ask(pattern, replacement, texts[len(found) :])
                if len(found) < len(texts):  # the process ended itself over the next one
                    self._end()
                    found.append(None)
        return found

    def _ask(self, pattern: str, replacement: str | None, texts: Sequence[str]) -> Iterator[str]:
        """Give the answers that come, in the order of the texts."""
        import pickle  # few mappings have a pattern that must be timed

        process = self._started()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  (both are pipes)
        with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
            pickle.dump((pattern, replacement, texts), process.stdin)
            process.stdin.flush()
            for _ in texts:
                yield str(pickle.load(process.stdout))  # noqa: S301  (our own process)

    def close(self) -> None:
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = self._start()
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        if not sys.executable or hasattr(sys, "frozen"):  # a packed program is no interpreter
            raise WorkerLostError
        script = str(Path(pattern_process.__file__))
        # -I -S: nothing of the working folder or the environment has a say, and it starts in a moment.
        words = [sys.executable, "-I", "-S", script, str(self._seconds)]
        try:
            return subprocess.Popen(  # noqa: S603
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=without_secrets(opens_state=False),
            )
        except OSError:
            raise WorkerLostError from None

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process = None


@cache
def shared_worker() -> PatternWorker:
    """Give this process's worker; it ends with the pipes of this process."""
    import atexit

    worker = PatternWorker()
    atexit.register(worker.close)
    return worker
