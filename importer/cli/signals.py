"""Signals as a wish to end: SIGINT, SIGTERM and a closing Windows console."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def heard(ask: Callable[[str], None]) -> Iterator[None]:
    """Call ``ask`` with the signal's name, between two steps of whatever runs; restore the handlers afterwards."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        numbers.append(signal.SIGBREAK)

    def handler(number: int, _frame: object) -> None:
        ask(signal.Signals(number).name)

    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
