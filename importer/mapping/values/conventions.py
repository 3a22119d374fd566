"""How the cells of one column are written."""

from __future__ import annotations

from dataclasses import dataclass

from importer.mapping.values.dates import DateRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Conventions:
    """The order of its dates and the decimal sign of its numbers, where known."""

    dates: DateRules
    decimal: str | None = None
