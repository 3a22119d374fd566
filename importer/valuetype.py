"""Value types that cost little to make: frozen for the type checker, which reads all of this code, not at run time.

A frozen dataclass sets each field by way of ``object.__setattr__``, which takes several times as long, and a row
passes through a dozen of such objects on its way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value_type
else:
    from dataclasses import dataclass

    def value_type(**options: bool) -> Callable[[type], type]:
        """Make a dataclass that compares and hashes as a frozen one."""
        return dataclass(**{**options, "frozen": False, "unsafe_hash": True})


__all__ = ["value_type"]
