"""Which rows are imported at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from importer.mapping.language.model import Condition
from importer.mapping.values.fault import quoted
from importer.mapping.values.texts import clean
from importer.records import Fault

Test: TypeAlias = Callable[[str], bool]
_HIDDEN: Final = "hidden_row"
_HIDDEN_ROW: Final = Fault(
    code="row_filter",
    message="The row is hidden in the workbook, by hand or by a filter, and left out by the mapping's rows: hidden.",
    fails=False,
)


def test_of(condition: Condition) -> Test:
    """Make the test of one cell; texts compare ignoring case and white space."""
    if condition.in_ is not None:
        wanted = frozenset(fold(text) for text in condition.in_)
        return lambda cell: fold(cell) in wanted
    if condition.equals is not None:
        equal = fold(condition.equals)
        return lambda cell: fold(cell) == equal
    if condition.contains is not None:
        part = fold(condition.contains)
        return lambda cell: part in fold(cell)
    blank = bool(condition.blank)
    return lambda cell: (not clean(cell)) is blank


def _after(empty: frozenset[str], test: Test) -> Test:
    """Show a test the texts that the mapping calls blank as blank."""
    return (lambda cell: test("" if clean(cell) in empty else cell)) if empty else test


def fold(text: str) -> str:
    return " ".join(clean(text).casefold().split())


class RowFilter:
    """Tells which rows stay out, and why."""

    def __init__(
        self,
        only: Sequence[tuple[int, str, Condition]],
        skip: Sequence[tuple[int, str, Condition]],
        *,
        empty: frozenset[str] = frozenset(),
        skip_hidden: bool = False,
    ) -> None:
        self._only = [(index, name, _after(empty, test_of(condition))) for index, name, condition in only]
        self._skip = [(index, name, _after(empty, test_of(condition))) for index, name, condition in skip]
        self._skip_hidden = skip_hidden
        self.passes_all = not self._only and not self._skip
        """Whether no cell keeps a row out: one that its workbook hides may stay out all the same."""

    def refuse(self, cells: Sequence[str], faults: Sequence[Fault]) -> Fault | None:
        """Give the reason to leave a row out; None for a row that is imported. ``faults``: what the reader found of it."""
        if self._skip_hidden and any(fault.code == _HIDDEN for fault in faults):
            return _HIDDEN_ROW
        for index, name, test in self._only:
            if not test(cells[index]):
                return _fault(name, cells[index], "only_if")
        for index, name, test in self._skip:
            if test(cells[index]):
                return _fault(name, cells[index], "skip_if")
        return None


def _fault(name: str, cell: str, rule: str) -> Fault:
    message = f"Column '{name}': {quoted(cell)} leaves this row out, by the mapping's rows: {rule}."
    return Fault(code="row_filter", message=message, column=name, fails=False)
