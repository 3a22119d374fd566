"""Signals as a wish to end: SIGINT, SIGTERM and a closing Windows console."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import click

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


def say_when_heard(sentence: str) -> None:
    """Tell a sentence on standard error from within what hears a signal.

    The signal may come in the middle of a line that is being written there, and the stream takes no other until that is
    done: a fault raised in what hears a signal would leave the wish unheard.
    """
    try:
        click.echo(sentence, err=True)
    except RuntimeError:
        with suppress(OSError):
            os.write(2, f"{sentence}\n".encode())
