"""Run as a script of its own, by ``pattern_worker``: regular expressions, each text within a time limit.

It needs nothing but the standard library, so that it is there in a moment and again after it ended itself.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import re
import sys
from functools import lru_cache


def find(compiled: re.Pattern[str], replacement: str | None, text: str) -> str:
    """Give what a pattern finds in a text, or its first group; with a replacement, the text with every find replaced."""
    if replacement is not None:
        return compiled.sub(replacement, text)
    match = compiled.search(text)
    if match is None:
        return ""
    return (match[1] if compiled.groups else match[0]) or ""


def main() -> None:
    """Answer until nobody asks any more. A text that takes too long ends the process, whatever `re` is doing."""
    seconds = float(sys.argv[1])
    compiled = lru_cache(re.compile)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  (its traceback is for nobody)
        while True:
            try:
                pattern, replacement, text = pickle.load(asked)  # noqa: S301  (our own process)
            except EOFError:
                return
            # Not a signal: `re` holds the interpreter, and only a thread below it gets a turn.
            faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
            found = find(compiled(pattern), replacement, text)
            faulthandler.cancel_dump_traceback_later()
            pickle.dump(found, answers)
            answers.flush()


if __name__ == "__main__":
    main()
