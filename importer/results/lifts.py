"""How many rows let somebody be written to again who said no."""

from __future__ import annotations

from importer.records import Json, value_type


@value_type(frozen=True, slots=True, kw_only=True)
class Lifts:
    """Rows that switch do-not-disturb off; of those that the location was ``asked`` about, how many lift it for somebody."""

    rows: int = 0
    asked: int = 0
    lifting: int = 0

    def to_json(self) -> dict[str, Json]:
        return {"rows": self.rows, "asked": self.asked, "lifting": self.lifting}
