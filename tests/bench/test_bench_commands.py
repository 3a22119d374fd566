"""Values of a column by `importer read --values`, single rows and tried changes by `importer preview`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from importer.cli import cli
from importer.errors import MappingError, SettingsError, SourceError

SAMPLES = Path(__file__).parents[2] / "sample_data"
CONTACTS = str(SAMPLES / "contacts.csv")
PEOPLE = (
    "Name,Email,Land\nAnn,ann@example.com,DE\nBob,bob@example.com,\n\nCid,cid@example.com,DE\nDee,x,FR,1\n"
)

Call = Callable[..., "tuple[str, str]"]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in this process, in a folder with neither token nor location."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path / "state"))
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")

    def run(*words: str) -> tuple[str, str]:
        cli.main([*words], standalone_mode=False)
        told = capsys.readouterr()
        return told.out, told.err

    return run


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_values_are_a_table_with_the_frequent_ones_first(call: Call) -> None:
    shown, told = call("read", "people.csv", "--values", "land")
    assert [line.split() for line in shown.splitlines()] == [["rows", "Land"], ["----", "----"], ["2", "DE"]]
    assert "Land: 2 filled, 1 blank, 1 different values" in told
    assert "rows: 4" in told
    assert "column_count" in told


def test_values_are_had_as_json_lines_and_as_csv(call: Call) -> None:
    about, *values = lines(call("read", CONTACTS, "--values", "Country", "--format", "jsonl", "-n", "2")[0])
    assert about == {
        "column": "Country",
        "filled": 24,
        "blank": 0,
        "distinct": 5,
        "exact": True,
        "missed_at_most": 0,
    }
    assert values == [{"value": "USA", "rows": 20}, {"value": "Germany", "rows": 1}]
    table = list(
        csv.reader(
            io.StringIO(call("read", CONTACTS, "--values", "Country", "--format", "csv", "-n", "0")[0])
        )
    )
    assert table[:2] == [["value", "rows"], ["USA", "20"]]
    assert len(table) == 6


def test_a_prefix_narrows_what_is_shown(call: Call) -> None:
    shown, told = call("read", CONTACTS, "--values", "Country", "--prefix", "u", "--format", "csv")
    assert {line.split(",")[0] for line in shown.splitlines()[1:]} == {
        "USA",
        "US",
        "United Kingdom",
        "United States",
    }
    assert "4 different values that begin with 'u'" in told


def test_a_column_that_lacks_is_named_with_the_nearest(call: Call) -> None:
    with pytest.raises(SourceError, match="'Country'"):
        call("read", CONTACTS, "--values", "Contry")


def test_a_prefix_of_no_column_is_refused(call: Call) -> None:
    with pytest.raises(click.UsageError, match="--values"):
        call("read", CONTACTS, "--prefix", "A")


def test_single_rows_are_shown_by_the_numbers_of_the_spreadsheet(call: Call) -> None:
    shown, _ = call("preview", CONTACTS, "-m", "sample", "--row", "4", "--row", "2")
    assert [line["payload"]["firstName"] for line in lines(shown)] == ["Ada", "Chloé"]


def test_a_row_that_is_not_there_is_an_error(call: Call) -> None:
    with pytest.raises(SettingsError, match="no row 400"):
        call("preview", CONTACTS, "-m", "sample", "--row", "400")


def test_a_change_of_the_mapping_is_tried_and_not_written(call: Call, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("version: 1\nfields: {email: Email, firstName: Name}  # mine\n", encoding="utf-8")
    shown, _ = call(
        "preview", "people.csv", "-m", "mine.yaml", "--row", "2", "--set", "fields.firstName.transforms=upper"
    )
    assert lines(shown)[0]["payload"]["firstName"] == "ANN"
    assert mine.read_text(encoding="utf-8").endswith("# mine\n")


def test_a_change_that_leaves_a_fault_is_refused_with_its_line(call: Call) -> None:
    with pytest.raises(MappingError, match=r"sample:8:\d+: 'colum'"):
        call("preview", CONTACTS, "-m", "sample", "--set", "fields.firstName.colum=x")
