"""A location as a source: ``highlevel:LOCATION`` stands for the contacts that it has, ``highlevel-notes:LOCATION`` for their notes."""

from __future__ import annotations

from enum import StrEnum

from importer.errors import SourceError


class LocationScheme(StrEnum):
    """What of a location is the source."""

    CONTACTS = "highlevel:"
    NOTES = "highlevel-notes:"


def scheme_of(reference: str) -> LocationScheme | None:
    """Tell what of a location a source names; None for any other source."""
    return next((scheme for scheme in LocationScheme if reference.startswith(scheme)), None)


def location_named(reference: str) -> str | None:
    """Give the location that a source names; None for any other source."""
    scheme = scheme_of(reference)
    return None if scheme is None else reference.removeprefix(scheme)


def refuse_location(reference: str) -> None:
    """Raise SourceError where a file is wanted, and a location is named."""
    if scheme_of(reference) is not None:
        raise SourceError(
            f"{reference} is a location, which is no file: importer run, check, plan, preview and fields create take it. "
            "importer export writes a location's contacts to a file."
        )
