"""An error that a program gets names the parameter that it could give, not the flag that an operator would type."""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

import pytest

import importer
from importer.api import options as api_options
from importer.api.wording import PARAMETERS, in_parameters
from importer.errors import ImporterError, MappingError
from importer.results.commands import RUN_OPTIONS


@pytest.mark.parametrize(
    ("said", "spoken"),
    [
        ("Give --location ID, set X.", "Give location_id=, set X."),
        ("Leave --sandbox out.", "Leave sandbox=True out."),
        ("Did you mean the ready mapping, -m hubspot?", 'Did you mean the ready mapping, mapping="hubspot"?'),
        (
            "Start anew: importer run ... --fresh. Or --limit.",
            "Start anew: importer run ... --fresh. Or limit=.",
        ),
        (
            "Try `importer check a.csv --sheet B` (--sheet).",
            "Try `importer check a.csv --sheet B` (sheet=).",
        ),
        ("A dash -- or --unknown, or a.csv-m x.", "A dash -- or --unknown, or a.csv-m x."),
    ],
)
def test_flags_become_parameters_and_commands_stay_commands(said: str, spoken: str) -> None:
    assert in_parameters(said) == spoken


def test_each_flag_of_run_that_the_library_has_is_known_by_a_name_that_it_takes() -> None:
    taken = {
        name
        for kind, options in vars(api_options).items()
        if kind.endswith("Options")
        for name in get_type_hints(options)
    }
    names = {parameter.partition("=")[0] for parameter in PARAMETERS.values()}
    assert names <= taken
    assert {option.flag for name, option in RUN_OPTIONS.items() if name in taken} <= set(PARAMETERS)


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIGHLEVEL_LOCATION_ID", raising=False)
    (tmp_path / "own.yaml").write_text("version: 1\nfields: {email: Email}\n")
    (tmp_path / "people.csv").write_text("Email\nann@example.com\n")
    return tmp_path / "people.csv"


def test_a_run_without_a_location_asks_for_the_parameter(people: Path) -> None:
    with pytest.raises(ImporterError, match=r"location_id=, .* sandbox=True needs none") as refused:
        importer.run(people, "own.yaml", state=people.parent / "state")
    assert "--" not in str(refused.value)


def test_a_misspelt_ready_mapping_is_named_as_the_parameter(people: Path) -> None:
    with pytest.raises(MappingError, match='mapping="hubspot"'):
        importer.load_mapping("hubspott")
    with pytest.raises(MappingError, match='mapping="hubspot"'):
        importer.check(people, "hubspott")
    with pytest.raises(MappingError, match='mapping="hubspot"'):
        list(importer.preview(people, "hubspott"))


def test_a_workbook_with_several_sheets_asks_for_the_parameter(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for title in ("A", "B"):
        sheet = book.create_sheet(title)
        sheet.append(["Size", "Price"])
        sheet.append(["L", 3])
    del book["Sheet"]
    book.save(tmp_path / "stock.xlsx")
    with pytest.raises(ImporterError, match=r"Name one with sheet=,"):
        importer.read(tmp_path / "stock.xlsx")
