"""The garbage collector, kept from looking where it finds nothing: while a command starts, while rows or contacts pass by."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

_OBJECTS: Final = 50_000
"""So many more live objects than at the last look are worth a look: a full queue alone is tens of thousands."""
_LOADED: Final = 250_000
"""More than any command loads, of which nothing is garbage: one look at half of it takes as long as a hundred rows."""


@contextlib.contextmanager
def seldom_collecting() -> Iterator[None]:
    """Let the collector look seldom, as for a command: what it loads stays, and the looks at it were a tenth of its start."""
    before = gc.get_threshold()
    gc.set_threshold(_LOADED, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


_before: list[tuple[int, int, int]] = []
"""The thresholds that each run under way met; the first are those to restore."""
_frozen: list[bool] = []
"""Whether something was frozen before the first of them: there is one place for what is frozen, and the host's stays there."""


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Let the collector look seldom, and never at what was there before; runs may overlap, the last one restores.

    Where a host has frozen what it loaded, as before it forks, that is left alone.

    Rows leave no cycles behind, so reference counts free them; what aiohttp leaves after a lost connection is
    collected all the same, later.
    """
    if not _before:
        _frozen[:] = [gc.get_freeze_count() > 0]
        if not _frozen[0]:
            gc.freeze()
    _before.append(gc.get_threshold())
    gc.set_threshold(_OBJECTS, *_before[0][1:])
    try:
        yield
    finally:
        met = _before[0]
        _before.pop()
        if not _before:
            gc.set_threshold(*met)
            if not _frozen[0]:
                gc.unfreeze()
