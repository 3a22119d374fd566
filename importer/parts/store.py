"""What parts ask of the store."""

from __future__ import annotations

from importer.errors import RunConflictError


class LocationHeldError(RunConflictError):
    """Somebody else sends to the location."""


class PartStore:
    """Placeholder until the journal has parts."""
