"""Text for people, fitted to the width of the terminal that shows it; in files and pipes lines stay as long as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final, TextIO

from importer.runtime.regex import regex

_LEAST: Final = 40
"""A narrower window is left to break lines by itself."""
_COLOURS: Final = regex(r"\x1b\[[0-9;]*m")
_COMMAND: Final = regex(r"(?:\s|\x1b\[[0-9;]*m)*importer ")
_HANGING: Final = regex(r"(?:\x1b\[[0-9;]*m)*(\s+(?:\S+(?: \S+)*\s{2,})?)")
"""The indent of a line, and behind it the label in front of what is said of it."""
_DEEPEST: Final = 28


def width_of(stream: TextIO) -> int | None:
    """Tell how wide a terminal is; None for what is none."""
    try:
        columns = _columns(stream) if stream.isatty() else 0
    except (OSError, ValueError):  # it is closed, or has no file of its own
        return None
    return columns if columns >= _LEAST else None


def _columns(stream: TextIO) -> int:
    """Ask the terminal itself, unless COLUMNS says otherwise; standard output may be another one, or a file."""
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) else os.get_terminal_size(stream.fileno()).columns


def fitted(text: str, stream: TextIO) -> str:
    """Break the lines of a text at the width of the terminal that shows it, if one does."""
    width = width_of(stream)
    return text if width is None else wrapped(text, width)


def wrapped(text: str, width: int) -> str:
    """Break what is longer than the width between words, the rest below the first words of its line.

    A command stays in one piece, so that it can be copied.
    """
    return "\n".join(part for line in text.split("\n") for part in _wrap_line(line, width))


def _wrap_line(line: str, width: int) -> Iterator[str]:
    if _length(line) <= width or _COMMAND.match(line):
        yield line
        return
    found = _HANGING.match(line)
    head = found[0] if found else ""
    indent = " " * (_length(head) if _length(head) <= _DEEPEST else 4)
    shown = head
    words = line[len(head) :].split(" ")
    empty = True
    for word in words:
        if not empty and _length(shown) + 1 + _length(word) > width:
            yield shown
            shown, empty = indent, True
        shown += word if empty else f" {word}"
        empty = False
    yield shown


def _length(text: str) -> int:
    return len(_COLOURS.sub("", text))
