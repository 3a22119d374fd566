"""Standard output and standard error that may be closed or full: what is at work goes on to its end all the same."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, Final, TextIO

_CLOSED: Final = frozenset({errno.EPIPE, errno.EBADF, errno.EINVAL})
"""The reader went away, as `head` does when it has seen enough: nobody waits for the rest."""


class SteadyStream:
    """A text stream that takes what cannot be written any more, and remembers why it was lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        _write_any_sign(stream)
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        with self._enduring():
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._enduring():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _enduring(self) -> Iterator[None]:
        try:
            yield
        except OSError as cause:
            self.lost = self.lost or cause
            self._divert()

    def _divert(self) -> None:
        """Send what is still buffered, and whatever comes, nowhere: else the end of the process would complain of it."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def _write_any_sign(stream: TextIO) -> None:
    """Write UTF-8 into files and pipes, and to a terminal all the signs that it has; no name ends the work.

    Windows gives a file that a shell redirects to one of its old code pages, which lacks most of the world's letters.
    """
    if not isinstance(stream, io.TextIOWrapper):
        return
    if stream.isatty():
        stream.reconfigure(errors="backslashreplace")
    else:
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")


@contextlib.contextmanager
def steady_streams() -> Iterator[SteadyStream]:
    """Put up with a standard output or error that is closed or full; gives the former, to ask what was lost."""
    _occupy_closed_handles()
    before = sys.stdout, sys.stderr
    out, err = (SteadyStream(stream or open(os.devnull, "w", encoding="utf-8")) for stream in before)  # noqa: PTH123, SIM115
    sys.stdout, sys.stderr = out, err
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _occupy_closed_handles() -> None:
    """Keep the numbers 0 to 2 from files that are opened later: what is meant for people would go into them."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)


def sentence_of(lost: OSError | None) -> str | None:
    """Say that the output is not whole; None where it is, or where its reader did not want the rest."""
    if lost is None or lost.errno in _CLOSED:
        return None
    return f"importer: Standard output cannot be written: {lost.strerror}. What was done is done; its output is not whole."
