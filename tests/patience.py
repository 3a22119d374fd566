"""How long tests wait for what other threads and processes do: a busy machine is no fault, and nobody waits so long for what comes."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 120.0
