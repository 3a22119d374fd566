"""How the cells of one column are written."""

from __future__ import annotations

from importer.mapping.values.dates import DateRules
from importer.records import value_type


@value_type(frozen=True, slots=True, kw_only=True)
class Conventions:
    """The order of its dates and the decimal sign of its numbers, where known.

    ``stated_decimal`` is the sign as the mapping says it. Amounts heed that alone: they have cents or none, so
    ``1.234`` among amounts with points is still thousands.
    """

    dates: DateRules
    decimal: str | None = None
    code_lengths: frozenset[int] = frozenset()
    """How many digits the column's postal codes have, where they are digits."""
    stated_decimal: str | None = None
