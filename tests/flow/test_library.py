"""The package as a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import importer
from importer.errors import SettingsError

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk


def test_a_program_reads_loads_and_runs(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    source = importer.read("contacts.csv")
    assert source.header == ("First", "Mail", "Phone", "Tags")
    assert [(row.number, row.cells, row.faults) for row in source] == [
        (2, ("Ann", "ann@example.com", "", ""), ())
    ]
    mapping = importer.load_mapping("mapping.yaml")
    summary = importer.run("contacts.csv", mapping, token="pit-library", location_id="loc9")
    assert (summary.state, summary.created) == ("finished", 1)
    assert len(vendor.contacts("loc9")) == 1


async def test_a_program_with_a_loop_awaits(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    summary = await importer.run_async(Path("contacts.csv"), "mapping.yaml")
    assert summary.created == 1
    with pytest.raises(SettingsError, match="run_async"):
        importer.run("contacts.csv", "mapping.yaml")


def test_the_names_of_the_library_are_listed() -> None:
    assert {"read", "load_mapping", "run", "run_async"} <= set(dir(importer))


def test_rows_with_line_breaks_are_shown_as_csv_that_reads_back(desk: Desk) -> None:
    desk.write("breaks.csv", 'First,Mail\n"B\nb","x\r\ny"\n')
    shown = desk.importer("read", "breaks.csv", "-n", "0", "--format", "csv").out
    desk.write("again.csv", shown)
    assert [row.cells for row in importer.read("again.csv")] == [
        row.cells for row in importer.read("breaks.csv")
    ]
