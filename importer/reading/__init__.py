"""A path becomes a header and numbered rows, whatever the format."""

from __future__ import annotations

from importer.reading.detected import Detected
from importer.reading.source import Source, open_frame, open_results, open_source
from importer.records import Block

__all__ = ["Block", "Detected", "Source", "open_frame", "open_results", "open_source"]
