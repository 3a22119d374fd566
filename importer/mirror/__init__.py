"""A location's contacts as they were last read: who is this row, and what does the location hold of it."""

from __future__ import annotations

from importer.mirror.folder import MirrorFolder
from importer.mirror.reading import MirrorReading, read_mirror
from importer.mirror.store import Mirror

__all__ = ["Mirror", "MirrorFolder", "MirrorReading", "read_mirror"]
