"""Check files of growing size, and print seconds, CPU and peak memory.

python benchmarks/check.py [ROWS ...]        (default: 100000 1000000)
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.whole_run import ROOT, environment, measure

HEADER = [
    "First Name", "Last Name", "E-mail", "Mobile", "Company", "Street", "City", "State", "ZIP", "Country", "Birthday",
    "Tags", "Shirt Size", "Interests", "Email Opt Out", "Lead Source",
]  # fmt: skip


def write_contacts(path: Path, rows: int) -> None:
    """Write a file for the sample's mapping."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for number in range(rows):
            table.writerow([
                f"First{number}", f"Last{number}", f"person{number}@example.com", "", f"Company {number % 500}",
                f"{number} Main Street", "New York", "NY", "10001", "USA", "03/14/1985", "customer; vip", "M", "News",
                "No", "Website",
            ])  # fmt: skip


def main() -> None:
    sizes = [int(word) for word in sys.argv[1:]] or [100_000, 1_000_000]
    print(f"{'rows':>10}  {'seconds':>8}  {'CPU us/row':>10}  {'peak MB':>8}")
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "contacts.csv"
            write_contacts(source, rows)
            words = [
                "-m",
                "importer",
                "check",
                str(source),
                "-q",
                "-m",
                str(ROOT / "mappings" / "sample.yaml"),
            ]
            _, cost = measure(words, rows, environment(Path(folder)))
        seconds = rows / cost["rows/s"]
        print(f"{rows:>10,}  {seconds:>8.1f}  {cost['CPU us/row']:>10.0f}  {cost['peak MB']:>8.0f}")


if __name__ == "__main__":
    main()
