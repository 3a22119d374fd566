"""The second process, from outside: started, asked, answered, ended.

Reading and mapping take about as much of a core as sending does; in one process they take turns. Questions and
answers are pickles over the process's own pipes: both ends are this program, and nobody else holds them.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
from types import TracebackType
from typing import IO, Any, Final, Self

from importer.errors import InterruptedRunError
from importer.runtime.environment import without_secrets

READY: Final = "ready"
ANSWER: Final = "answer"
FAILURE: Final = "failure"
_PIPE_BYTES: Final = 1 << 20
_LAST_WORDS_SECONDS: Final = 2.0
_GIVING_BACK: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 17),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 17),
}
"""What glibc is told, and others ignore: its two threads share one heap, and a freed block of a file's text goes back to
the system, however many there were: 4 MB of 57 at 20,000 rows."""
_MAIN: Final = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = sys.argv[1:]; "
    "from importer.runs.preparing.subprocess_main import main; main()"
)


class ProcessLostError(InterruptedRunError):
    """The second process is gone: killed, most likely. ``status``: what the system says of its end."""

    def __init__(self, status: int | None) -> None:
        super().__init__(
            f"The second process of this run, which reads the source, ended without a word (status {status}): it was "
            "killed, perhaps for want of memory. Go on with `importer resume`; with IMPORTER_PROCESSES=1 there is only one."
        )
        self.status = status


class SecondProcess:
    """A process that waits for an order. As a context it is ended on the way out, whatever it is doing."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._asked = False
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  (both are pipes)
        self._questions: IO[bytes] = process.stdin
        self._answers: IO[bytes] = process.stdout
        _widen(process.stdin)
        _widen(process.stdout)

    @classmethod
    def start(cls) -> Self | None:
        """Start one; None where the system gives none, and everything can be done without."""
        if not sys.executable or hasattr(sys, "frozen"):  # a packed program is no interpreter
            return None
        # -P: a module beside the files to import must not stand in for one of ours; sys.path comes as it is here.
        words = [sys.executable, "-P", "-c", _MAIN, *sys.path]
        try:
            return cls(
                subprocess.Popen(  # noqa: S603
                    words,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=_GIVING_BACK | without_secrets(),
                )
            )
        except OSError:
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def ready(self) -> bool:
        """Wait for its first word; False where it ended instead, or is ended already."""
        try:
            return self._receive()[0] == READY
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            return False

    def ask(self, question: str, *given: object) -> None:
        """Put a question; ``answer`` gives what comes back."""
        self._asked = True
        try:
            pickle.dump((question, given), self._questions, protocol=pickle.HIGHEST_PROTOCOL)
            self._questions.flush()
        except (OSError, ValueError):
            raise self._lost() from None

    def answer(self) -> Any:
        """Wait for the next answer; raises what the other side raised, and ProcessLostError where it is gone."""
        try:
            kind, content = self._receive()
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            raise self._lost() from None
        if kind == FAILURE:
            raise content
        return content

    def dismiss(self) -> None:
        """Tell it that nobody asks any more; it ends by itself, for it may hold files that are to be deleted."""
        for pipe in (self._questions, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()

    def end(self) -> None:
        """See that it is gone; one that was never asked anything holds nothing, and is not waited for."""
        self.dismiss()
        if not self._asked:
            self._process.kill()
        try:
            self._process.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _receive(self) -> tuple[str, Any]:
        return pickle.load(self._answers)  # type: ignore[no-any-return]  # noqa: S301  (our own process)

    def _lost(self) -> ProcessLostError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_WORDS_SECONDS)
        return ProcessLostError(self._process.poll())


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold some pieces, so that neither side waits for the other at each; Linux only."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
