"""Which of 01/02 is the day: told by the mapping, else by the whole column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from importer.mapping.model import Rule
from importer.mapping.picking import Pick
from importer.mapping.steps import StepFunction
from importer.mapping.table import Table
from importer.mapping.values.dates import evidence_of
from importer.mapping.values.finding import quoted

_LONGEST: Final = 40
"""No date is longer; notes and addresses need no closer look."""


class DateEvidence:
    """What the cells of one rule prove about their order, gathered over the whole file."""

    def __init__(self, rule: Rule, pick: Pick, before: StepFunction | None) -> None:
        self._rule = rule
        self._pick = pick
        self._before = before
        self._counts: Counter[str] = Counter()
        self._example = ""

    def see(self, table: Table) -> None:
        for text in set(self._pick.texts(table)):
            if len(text) <= _LONGEST or self._before is not None:
                self._weigh(text)

    def _weigh(self, text: str) -> None:
        if self._before is not None:
            before = self._before(text) if text else ""
            text = before if isinstance(before, str) else ""
        proof = evidence_of(text) if text else None
        if proof is None:
            return
        self._counts[proof] += 1
        if proof == "?" and not self._example:
            self._example = text

    def order(self) -> str | None:
        """Give the order that the column proves, if it proves one and only one."""
        proven = [order for order in ("DMY", "MDY", "YMD") if self._counts[order]]
        return proven[0] if len(proven) == 1 else None

    @property
    def ambiguity(self) -> str | None:
        """Say why cells of the column cannot be read; None when all of them can."""
        if not self._counts["?"] or self.order() is not None:
            return None
        names = " and ".join(f"'{name}'" for name in self._headers)
        why = (
            "some cells prove day first, others month first"
            if self._mixed
            else "no cell of the column tells which"
        )
        return (
            f"The dates of column {names} can be read two ways ({quoted(self._example)}: day or month first?), and "
            f"{why}. Say date_order: DMY or MDY, in the rule or in defaults."
        )

    @property
    def _mixed(self) -> bool:
        return bool(self._counts["DMY"] and self._counts["MDY"])

    @property
    def _headers(self) -> Sequence[str]:
        return self._rule.headers
