"""The version of this program, where every floor may ask for it."""

from __future__ import annotations

__version__ = "0.2.0"
