"""How slow a machine is at the moment: what is promised of a quiet one takes so many times longer on it."""

from __future__ import annotations

import time
from typing import Final

_CPU_SECONDS: Final = 0.3


def slowness() -> float:
    """Tell how much longer than on a quiet machine a process waits for its turns; 1 where nobody else wants them."""
    began, used = time.monotonic(), time.thread_time()
    while time.thread_time() - used < _CPU_SECONDS:
        pass
    return max(1.0, (time.monotonic() - began) / _CPU_SECONDS)
