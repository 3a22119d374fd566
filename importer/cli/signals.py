"""Signals as a wish to end: SIGINT, SIGTERM and a closing Windows console."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_NAMES: Final = {"SIGINT": "Ctrl-C", "SIGBREAK": "Ctrl-Break"}


@contextmanager
def heard(ask: Callable[[str], None]) -> Iterator[None]:
    """Call ``ask`` with what people call the signal, between two steps of whatever runs; restore the handlers afterwards."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        numbers.append(signal.SIGBREAK)

    def handler(number: int, _frame: object) -> None:
        name = signal.Signals(number).name
        ask(_NAMES.get(name, name))

    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
