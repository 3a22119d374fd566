"""How a deal stands, in the vendor's words."""

from __future__ import annotations

from typing import Final

from importer.mapping.values.fault import ReadValue, ValueFault, quoted

_STATUSES: Final = ("open", "won", "lost", "abandoned")


def read_deal_status(text: str) -> ReadValue:
    """Take one of the vendor's statuses, whatever its case."""
    status = text.strip().casefold()
    if status in _STATUSES:
        return status
    known = ", ".join(_STATUSES)
    return ValueFault(
        "invalid_status", f"{quoted(text)} is no status of a deal ({known}); a map translates others"
    )
