"""Run as a script of its own, by ``pattern_worker``: regular expressions, each text within a time limit.

It needs nothing but the standard library, so that it is there in a moment and again after it ended itself.
"""

from __future__ import annotations

import os
import re
import sys
import time
from functools import lru_cache

_SLACK = 0.05


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
    import faulthandler  # whoever imports this module for ``find`` needs neither
    import pickle

    seconds = float(sys.argv[1])
    compiled = lru_cache(re.compile)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  (its traceback is for nobody)
        while True:
            try:
                pattern, replacement, texts = pickle.load(asked)  # noqa: S301  (our own process)
            except EOFError:
                return
            armed_at = -seconds
            for text in texts:
                # Armed anew for each text it would cost more than most patterns do; a text gets a little more instead.
                if (now := time.monotonic()) - armed_at > seconds * _SLACK:
                    # Not a signal: `re` holds the interpreter, and only a thread below it gets a turn.
                    faulthandler.dump_traceback_later(seconds * (1 + _SLACK), exit=True, file=nowhere)
                    armed_at = now
                pickle.dump(find(compiled(pattern), replacement, text), answers)
                answers.flush()  # the first answer that does not come tells which text was too much
            faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
