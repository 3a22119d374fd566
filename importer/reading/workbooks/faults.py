"""What is odd about a cell or a row of a workbook, in sentences."""

from __future__ import annotations

from typing import Final

from importer.records import Fault

ERRORS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
"""What error cells show, by the number that is stored."""

HIDDEN: Final = Fault(
    code="hidden_row",
    message="The row is hidden, by hand or by a filter; it was imported all the same.",
    fails=False,
)


def uncalculated(letters: str) -> Fault:
    return Fault(
        code="formula_without_value",
        message=f"Cell {letters} holds a formula whose result the workbook does not store; it was read as blank. "
        "Open the workbook in a spreadsheet and save it.",
        column=letters,
        fails=False,
    )


def error_cell(letters: str, shown: str) -> Fault:
    return Fault(
        code="error_cell",
        message=f"Cell {letters} shows the error {shown[:20]}; it was read as blank.",
        column=letters,
        fails=False,
    )
