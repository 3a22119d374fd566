"""Import contacts from spreadsheets into HighLevel: mapped, within the quota, one true outcome for every row."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from importer.version import __version__

if TYPE_CHECKING:
    from importer.api import load_mapping, read, run, run_async

__all__ = ["__version__", "load_mapping", "read", "run", "run_async"]


def __getattr__(name: str) -> Any:
    # Resolved on first use: `import importer` must not pay for aiohttp, pydantic and the phone tables.
    if name in {"load_mapping", "read", "run", "run_async"}:
        return getattr(importlib.import_module("importer.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
