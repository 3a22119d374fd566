"""What reading costs beside the bare libraries: rows a second, memory, time to the first row.

    python benchmarks/reading.py [--csv-rows 1000000] [--xlsx-rows 100000] [--folder DIR] [--quick]     (0 rows: not measured)

Every figure is CPU time of a process of its own, from its start, so that a busy machine disturbs ratios little. Targets:
CSV at least half the rows/s of csv.reader, with memory flat from 10,000 rows on; XLSX at least 4 times the rows/s of
openpyxl's read-only mode on shared strings and 8 times on inline ones, the first row within half a second, under 250 MB;
finding out what a file is, less than 50 ms beyond one pass that validates its bytes. The files have 25 columns; in
the CSV, 14 % of the rows have a line break in a cell.
"""

from __future__ import annotations

import argparse
import codecs
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.start import compile_once

COLUMNS = [
    "First Name",
    "Last Name",
    "Email",
    "Phone",
    "Company",
    "Address",
    "City",
    "State",
    "Zip",
    "Country",
    "Born",
    "Tags",
    "Source",
    "Notes",
    "Score",
    "Owner",
    "Status",
    "Language",
    "Website",
    "Title",
    "Size",
    "Created",
    "Updated",
    "Reference",
    "Opted in",
]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--csv-rows", type=int, default=1_000_000)
    parser.add_argument("--xlsx-rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(measured(*given.child)))
        return
    share = 10 if given.quick else 1
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        compile_once(Path(folder))
        good = not given.csv_rows or compare_csv(Path(folder), given.csv_rows // share)
        good = (not given.xlsx_rows or compare_xlsx(Path(folder), given.xlsx_rows // share)) and good
    sys.exit(not good)


def compare_csv(folder: Path, rows: int) -> bool:
    small, large = folder / "small.csv", folder / "large.csv"
    write_csv(small, 10_000)
    write_csv(large, rows)
    print(f"\nCSV, {rows:,} rows, {large.stat().st_size / 1e6:.0f} MB")
    child("importer", small)  # compiles the modules
    bare, ours, ours_small = child("csv.reader", large), child("importer", large), child("importer", small)
    ratio = ours["rate"] / bare["rate"]
    growth = ours["memory"] / ours_small["memory"] - 1
    claim("rows/s of csv.reader", bare["rate"], "")
    claim("rows/s of importer", ours["rate"], "")
    good = claim("importer / csv.reader", ratio, ">= 0.5", good=ratio >= 0.5)
    good &= claim("memory growth from 10,000 rows, %", 100 * growth, "< 10", good=growth < 0.10)
    validation = child("validation", large)
    extra = 1000 * (ours["opened"] - ours_small["opened"] - validation["opened"])
    extra *= 1e8 / large.stat().st_size
    claim("one pass of validation, ms", 1000 * validation["opened"], "")
    return good & claim("detection beyond that, ms per 100 MB", extra, "< 50", good=extra < 50)


def compare_xlsx(folder: Path, rows: int) -> bool:
    good = True
    for kind, target in (("shared", 4.0), ("inline", 8.0)):
        path = folder / f"{kind}.xlsx"
        write_xlsx(path, rows, kind)
        print(f"\nXLSX, {rows:,} rows, {kind} strings, {path.stat().st_size / 1e6:.0f} MB")
        child("importer", path)  # compiles the modules
        bare, fast, ours = child("openpyxl", path), child("calamine", path), child("importer", path)
        ratio = ours["rate"] / bare["rate"]
        claim("rows/s of openpyxl read-only", bare["rate"], "")
        claim("rows/s of calamine", fast["rate"], "")
        claim("MB of calamine", fast["memory"], "")
        claim("rows/s of importer", ours["rate"], "")
        good &= claim("importer / openpyxl", ratio, f">= {target:.0f}", good=ratio >= target)
        good &= claim("first row after, s", ours["first"], "< 0.5", good=ours["first"] < 0.5)
        good &= claim("MB of importer", ours["memory"], "< 250", good=ours["memory"] < 250)
    return good


def claim(name: str, value: float, target: str, *, good: bool = True) -> bool:
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
    print(f"  {name:<36} {shown:>12}  {target:<7} {'' if good else 'MISSED'}".rstrip())
    return good


def child(what: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--child", what, str(path)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(what: str, path: str) -> dict[str, float]:
    opened, first, rows = READERS[what](path)
    seconds = time.process_time()
    return {"rate": rows / seconds, "seconds": seconds, "opened": opened, "first": first, "memory": peak()}


def peak() -> float:
    """MB at most; on Linux of this program alone, since the other figure counts the parent's memory, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def with_importer(path: str) -> tuple[float, float, int]:
    from importer.reading import open_source

    started = time.process_time()
    blocks = open_source(path).blocks(500)  # as a run asks for them
    opened = time.process_time() - started
    rows = len(next(blocks))
    first = time.process_time()
    return opened, first, rows + sum(map(len, blocks))


def with_csv(path: str) -> tuple[float, float, int]:
    with Path(path).open(encoding="utf-8", newline="") as text:
        return 0, 0, sum(1 for _ in csv.reader(text))


def with_validation(path: str) -> tuple[float, float, int]:
    started = time.process_time()
    decoder = codecs.getincrementaldecoder("utf-8")()
    with Path(path).open("rb") as stream:
        while chunk := stream.read(1 << 20):
            decoder.decode(chunk)
    return time.process_time() - started, 0, 1


def with_openpyxl(path: str) -> tuple[float, float, int]:
    import openpyxl

    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    return 0, 0, sum(1 for _ in sheet.iter_rows(values_only=True))


def with_calamine(path: str) -> tuple[float, float, int]:
    from python_calamine import CalamineWorkbook

    return 0, 0, sum(1 for _ in CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows())


READERS: dict[str, Callable[[str], tuple[float, float, int]]] = {
    "importer": with_importer,
    "csv.reader": with_csv,
    "validation": with_validation,
    "openpyxl": with_openpyxl,
    "calamine": with_calamine,
}


def people(rows: int) -> Iterator[list[str]]:
    choose = random.Random(7)
    for n in range(rows):
        city = choose.choice(["Boston", "New York", "Oakland", "Malmö"])
        yield [
            *(f"First{n % 977}", f"Last{n % 7919}", f"person{n}@example.com", f"+1212555{n % 10000:04}"),
            *(
                f"Company {n % 1000}",
                f"{n % 500} Main St",
                city,
                "MA",
                f"{n % 99999:05}",
                "US",
                "1985-03-14",
                "a; b",
            ),
            *("web", "note" + ("\nsecond line" if n % 7 == 0 else ""), str(n % 100), "Owner", "open", "en"),
            *(f"https://site{n % 50}.example.com", "Mr", "M", "2024-01-02", "2024-02-03", f"R-{n}", "yes"),
        ]


def write_csv(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(COLUMNS)
        writer.writerows(people(rows))


def write_xlsx(path: Path, rows: int, kind: str) -> None:
    import xlsxwriter  # type: ignore[import-untyped]

    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": kind == "inline"})
    sheet = workbook.add_worksheet("Contacts")
    sheet.write_row(0, 0, COLUMNS)
    for number, row in enumerate(people(rows), 1):
        for column, text in enumerate(row):
            if column == 14:
                sheet.write_number(number, column, int(text))
            else:
                sheet.write_string(number, column, text)
    workbook.close()


if __name__ == "__main__":
    main()
