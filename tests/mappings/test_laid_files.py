"""What the package lays beside people's files: the schema for editors, and the files that its pages name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from importer.cli import main
from importer.mapping import json_schema, load_mapping

ROOT = Path(__file__).parents[2]
SCHEMA = "mapping.schema.json"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path / "state"))
    (tmp_path / "people.csv").write_text("E-mail,Name\nada@example.com,Ada Lovelace\n", encoding="utf-8")
    return tmp_path


def command(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(words)
    return int(left.value.code or 0)


@pytest.mark.parametrize(
    "words", [("suggest", "people.csv", "-o", "new/m.yaml"), ("mappings", "hubspot", "-o", "new/m.yaml")]
)
def test_the_schema_that_a_written_mapping_names_is_beside_it(folder: Path, words: tuple[str, ...]) -> None:
    (folder / "new").mkdir()
    assert command(*words) == 0
    first = (folder / "new" / "m.yaml").read_text(encoding="utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((folder / "new" / named).read_text(encoding="utf-8")) == json_schema()


def test_a_schema_of_an_earlier_version_is_renewed_and_anything_else_left_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = folder / SCHEMA
    schema.write_text(json.dumps({"title": "highlevel-importer mapping"}, indent=2), encoding="utf-8")
    assert command("suggest", "people.csv", "-o", "m.yaml") == 0
    assert json.loads(schema.read_text(encoding="utf-8")) == json_schema()
    schema.write_text('{"title": "mine"}', encoding="utf-8")
    assert command("suggest", "people.csv", "-o", "m.yaml", "--force") == 0
    assert schema.read_text(encoding="utf-8") == '{"title": "mine"}'
    assert f"Wrote m.yaml. {SCHEMA} beside it is for editors." in capsys.readouterr().err


def test_a_mapping_that_is_printed_lays_nothing_down(folder: Path) -> None:
    assert command("suggest", "people.csv", "-o", "/dev/null", "--force") == 0
    assert command("suggest", "people.csv") == 0
    assert not (folder / SCHEMA).exists()
    assert not Path("/dev", SCHEMA).exists()


def test_what_the_pages_name_is_laid_where_they_name_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("sample", "--as-documented") == 0
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = {
        name
        for page in pages
        for name in re.findall(
            r"\b(?:sample_data|mappings)/[\w./-]+\.(?:csv|xlsx|yaml)", page.read_text(encoding="utf-8")
        )
    }
    invented = {"mappings/crm.yaml"}  # of a job file that is somebody's own
    assert len(named) > 5
    assert {name for name in named - invented if not (folder / name).is_file()} == set()
    assert load_mapping(folder / "mappings" / "sample.yaml").text
    line = capsys.readouterr().err.splitlines()[-1].split()
    assert command(*line[1:], "-q", "--no-progress") == 0
