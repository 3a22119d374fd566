from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from importer.cli import main
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside

ROOT = Path(__file__).parents[2]
"""The checkout, with its samples and mappings."""

MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
defaults: {region: US}
fields:
  firstName: First
  email: Mail
  phone: Phone
tags: {columns: [Tags], split: ";"}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended: what a shell sees of it."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.out)
        return told

    @property
    def rows(self) -> list[dict[str, str]]:
        return read_table(Path(self.summary["results"]))


def read_table(path: Path, *, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def write_table(path: Path, rows: list[dict[str, str]], *, delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        table.writeheader()
        table.writerows(rows)


def correct_workbook(path: Path, column: str, *values: str) -> None:
    """Write the cells of a column anew, from the first row on, as somebody does in a spreadsheet."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    (place,) = [cell.column for cell in sheet[1] if cell.value == column]
    for row, value in enumerate(values, 2):
        sheet.cell(row, place).value = value
    book.save(path)


class Desk:
    """A folder with files and a command line, as an operator has them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def write(self, name: str, text: str, *, encoding: str = "utf-8") -> str:
        (self.folder / name).write_text(text, encoding=encoding, newline="")
        return name

    def importer(self, *words: str) -> Ended:
        """Run one command in this process, as the console script does."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(words)
        told = self._capsys.readouterr()
        return Ended(code=int(left.value.code or 0), out=told.out, err=told.err)

    def run(self, *words: str) -> Ended:
        return self.importer("run", *words, "--json", "--no-progress")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_BASE_URL", "IMPORTER_KEEP_DAYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path / "state"))
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    desk = Desk(folder, capsys)
    desk.write("mapping.yaml", MAPPING)
    return desk


@contextmanager
def open_vendor(settings: SandboxSettings) -> Iterator[Sandbox]:
    with sandbox_aside(settings) as sandbox, pytest.MonkeyPatch.context() as environment:
        environment.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
        environment.setenv("HIGHLEVEL_TOKEN", "pit-flow")
        environment.setenv("HIGHLEVEL_LOCATION_ID", "loc1")
        yield sandbox


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    """A stand-in for HighLevel without a burst quota, and the environment that points there."""
    with open_vendor(SandboxSettings(burst=0, slow_seconds=60)) as sandbox:
        yield sandbox


@pytest.fixture
def slow_vendor(desk: Desk) -> Iterator[Sandbox]:
    """The same, slow enough to be interrupted."""
    with open_vendor(SandboxSettings(burst=0, latency_ms=(8, 12))) as sandbox:
        yield sandbox
