"""Write sample_data/crm-export.xlsx again, byte for byte the same: python benchmarks/make_samples.py"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

TARGET = Path(__file__).parent.parent / "sample_data" / "crm-export.xlsx"
Cell = str | int | float | bool | date | datetime | None
EPOCH = (2026, 1, 5, 9, 0, 0)

HEADER = (
    "Contact ID",
    "First",
    "Last",
    "Work E-mail",
    "Office Phone",
    "Direct Dial",
    "Account Name",
    "Web",
    "Mailing Street",
    "Mailing City",
    "Mailing State",
    "Mailing ZIP",
    "Stage",
    "Last Contacted",
    "Renewal Date",
    "Contract Value",
    "Seats",
    "Do Not Call",
    "Notes\n(internal)",
)

ROWS: tuple[tuple[Cell, ...], ...] = (
    ("C-1001", "Alma", "Reyes", "alma.reyes@example.com", 2125550140, None, "Reyes Textiles", "example.com/reyes", "9 Loom St", "New York", "New York", 10011, "Customer", date(2025, 11, 3), date(2026, 11, 3), 12500, 40, False, "Prefers mornings"),
    ("C-1002", "Bruno", "Keller", "bruno.keller@example.org", "(617) 555-0141", 6175550142, "Keller Instruments", "https://example.org", "30 Charles St", "Boston", "MA", 2114, "Customer", date(2025, 12, 19), date(2026, 6, 30), 8400.5, 12, False, None),
    ("C-1003", "Cora", "Lindgren", "cora.lindgren@example.net", "212-555-0143 x22", None, "Lindgren Legal", None, "1 Court Sq", "Newark", "NJ", 7102, "Opportunity", datetime(2026, 1, 4, 16, 45), None, None, None, True, "Asked not to be called;\nwrites back quickly"),  # noqa: DTZ001  (workbooks know no zones)
    ("C-1004", "Dev", "Patel", "dev.patel@example.com", None, 4085550144, "Patel Robotics", "www.example.com", "500 Tasman Dr", "San Jose", "California", 95134, "Customer", date(2025, 10, 8), date(2027, 1, 31), 99000, 250, False, None),
    ("C-1005", "Test", "Test", "test@example.com", 2125550145, None, "Internal", None, None, None, None, None, "Test", None, None, None, None, False, "do not import"),
    ("C-1006", "Edda", "Holm", "Edda Holm <edda.holm@example.org>", "ask reception", None, "Holm Fisk AS", None, "Havnegata 2", "Minneapolis", "MN", 55402, "Lead", date(2025, 9, 15), None, None, 3, False, None),
    ("C-1007", "Felix", "Amador", "felix.amador@example", 3055550146, None, "Amador Marine", None, "70 Dock St", "Miami", "FL", 33132, "Lead", None, None, 1500, 2, False, None),
    ("C-1008", "Greta", "Stein", None, None, None, "Stein & Co", None, "4 Mill Rd", "Hartford", "CT", 6103, "Lead", None, None, None, None, False, "no e-mail yet"),
    ("C-1009", "Hugo", "Marchetti", "hugo.marchetti@example.com", "1.21256E+10", None, "Marchetti Foods", "example.com", "18 Mott St", "New York", "NY", 10013, "Customer", date(2026, 1, 2), date(2026, 12, 31), 22000, 60, False, None),
    ("C-1010", "Ines", "Carvalho", "ines.carvalho@example.net", 4015550147, 4015550148, "Carvalho Cork", None, "2 Wharf Ln", "Providence", "Rhode Island", 2903, "Customer", date(2025, 8, 27), date(2026, 8, 27), 4300, 8, True, None),
    ("C-1011", "Alma", "Reyes-Ortiz", "alma.reyes@example.com", 2125550140, None, "Reyes Textiles", "example.com/reyes", "11 Loom St", "New York", "NY", 10011, "Customer", date(2026, 1, 5), date(2026, 11, 3), 13750, 45, False, "Married name; moved two doors down"),
    (None,) * 15 + (161450.5, 420, None, "Total"),
)  # fmt: skip


def add_about(book: Workbook) -> None:
    sheet: Worksheet = book.create_sheet("About")
    sheet["A1"] = "Northwind CRM export"
    sheet["A2"] = "Created for the demonstration. Every person and company in it is invented."
    sheet["A3"] = "Contacts are on the second sheet, deals on the third."


def add_contacts(book: Workbook) -> None:
    sheet: Worksheet = book.create_sheet("Contacts")
    sheet["A1"] = "Contacts - all owners (exported 2026-01-05)"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.merge_cells("A1:H1")
    sheet.append([])
    sheet.append(HEADER)
    for row in ROWS:
        sheet.append(row)
    for number in range(4, sheet.max_row + 1):
        format_row(sheet, number)
    sheet.freeze_panes = "A4"


def format_row(sheet: Worksheet, number: int) -> None:
    sheet.cell(number, 12).number_format = "00000"  # ZIP codes lose their zeros when only the value is read
    sheet.cell(number, 14).number_format = "mm/dd/yyyy"
    sheet.cell(number, 15).number_format = "d-mmm-yy"
    sheet.cell(number, 16).number_format = '"$"#,##0.00'


def add_deals(book: Workbook) -> None:
    sheet: Worksheet = book.create_sheet("Deals")
    sheet.append(["Deal", "Contact ID", "Amount", "Closed on"])
    sheet.append(["Looms 2026", "C-1001", 12500, date(2025, 11, 3)])
    sheet.append(["Robots, phase 2", "C-1004", 99000, date(2025, 10, 8)])


def add_hidden(book: Workbook) -> None:
    sheet: Worksheet = book.create_sheet("Lists")
    for text in ("Stage", "Lead", "Opportunity", "Customer", "Test"):
        sheet.append([text])
    sheet.sheet_state = "hidden"


def freeze(workbook: bytes) -> bytes:
    """Take the time of writing out: every entry of the archive, and the workbook's own properties."""
    frozen = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as given, zipfile.ZipFile(frozen, "w") as taken:
        for name in given.namelist():
            content = given.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-01-05T09:00:00Z", content)
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            taken.writestr(entry, content)
    return frozen.getvalue()


def write(target: Path) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for add in (add_about, add_contacts, add_deals, add_hidden):
        add(book)
    written = io.BytesIO()
    book.save(written)
    target.write_bytes(freeze(written.getvalue()))


def main() -> None:
    write(TARGET)
    print(f"{TARGET} written, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
