"""The files in sample_data do what docs/sandbox.md says of them."""

from __future__ import annotations

import runpy
from datetime import date
from pathlib import Path

import pytest

from importer.mapping import load_mapping
from importer.reading import open_source
from importer.records import Outcome, Record, number_of
from importer.settings import ReadingOptions

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "sample_data"


def ends(sample: str, mapping_name: str) -> tuple[list[Record], dict[int, str | None]]:
    """Map a sample: its records, and the codes of the rows that become none."""
    mapping = load_mapping(ROOT / "mappings" / mapping_name)
    source = open_source(SAMPLES / sample, options=mapping.reading_options(ReadingOptions()))
    surveyor = mapping.surveyor(source.header, location_id="location1", today=date(2026, 1, 15))
    for block in source.blocks():
        surveyor.see(block)
    bound = surveyor.bind()
    mapped = [each for block in source.blocks() for each in bound.map(block)]
    records = [each for each in mapped if isinstance(each, Record)]
    return records, {number_of(each.row): each.code for each in mapped if isinstance(each, Outcome)}


def test_the_clean_sample_has_no_row_that_fails_and_one_person_twice() -> None:
    records, others = ends("contacts.csv", "sample.yaml")
    assert others == {}
    emails = [record.fields["email"] for record in records]
    assert len(emails) == 24
    assert len(set(map(str, emails))) == 23


def test_rows_of_the_newsletter_sample_fail_for_the_reasons_it_was_made_to_show() -> None:
    records, others = ends("newsletter.csv", "sample-newsletter.yaml")
    assert others == {
        6: "invalid_email",
        9: "column_count",
        10: "no_identifier",
        14: "invalid_boolean",
        16: "invalid_date",
    }
    assert records[0].fields["dateOfBirth"] == "1980-04-03"
    assert records[0].fields["lastName"] == "Müller"


def test_the_workbook_sample_keeps_zeros_dates_and_phones() -> None:
    records, others = ends("crm-export.xlsx", "sample-crm.yaml")
    assert others == {8: "row_filter", 10: "invalid_email", 11: "no_identifier", 15: "no_identifier"}
    second = records[1]
    assert second.fields["postalCode"] == "02114"
    assert second.fields["phone"] == "+16175550142"


def content(path: Path) -> dict[str, object]:
    import openpyxl

    book = openpyxl.load_workbook(path)
    return {
        sheet.title: (
            sheet.sheet_state,
            [[(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows()],
        )
        for sheet in book.worksheets
    }


def test_the_workbook_is_what_its_maker_writes(tmp_path: Path) -> None:
    maker = runpy.run_path(str(ROOT / "benchmarks" / "make_samples.py"))
    for name in ("one.xlsx", "two.xlsx"):
        maker["write"](tmp_path / name)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert content(SAMPLES / "crm-export.xlsx") == content(tmp_path / "one.xlsx")


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.csv")), ids=lambda path: path.name)
def test_samples_hold_only_reserved_domains(path: Path) -> None:
    text = path.read_bytes().decode("cp1252" if path.name == "newsletter.csv" else "utf-8")
    domains = {
        word.rpartition("@")[2].casefold() for word in text.replace(";", ",").split(",") if "@" in word
    }
    assert domains <= {"example.com", "example.org", "example.net"}
