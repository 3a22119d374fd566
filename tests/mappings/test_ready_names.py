"""The mappings and samples that come with the package are there by name, wherever a person stands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import importer
from importer.cli import main
from importer.errors import MappingError, SettingsError
from importer.mapping.ready import ready_mapping, ready_mappings

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / "tests" / "mappings" / "exports" / "hubspot.csv"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and no account."""
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def command(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(words)
    return int(left.value.code or 0)


def test_every_ready_mapping_says_what_program_and_what_export_it_is_for() -> None:
    assert [each.name for each in ready_mappings() if not (each.title and each.export)] == []
    hubspot = ready_mapping("hubspot")
    assert (hubspot.title, hubspot.export.partition(" (")[0]) == ("HubSpot", "Contacts > Export view")


def test_the_list_names_each_with_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("mappings") == 0
    shown = capsys.readouterr().out
    assert command("mappings", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert {each["name"] for each in listed} == {path.stem for path in (ROOT / "mappings").glob("*.yaml")}
    for each in listed:
        assert each["name"] in shown
        assert each["columns"]


def test_one_is_printed_as_it_stands_or_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "mappings" / "hubspot.yaml").read_text(encoding="utf-8")
    assert command("mappings", "hubspot") == 0
    assert capsys.readouterr().out == text
    assert command("mappings", "hubspot", "-o", "mine.yaml") == 0
    assert (folder / "mine.yaml").read_text(encoding="utf-8") == text


def test_what_somebody_changed_is_not_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.yaml").write_text("version: 1\n")
    assert command("mappings", "hubspot", "-o", "mine.yaml") == 2
    assert "--force" in capsys.readouterr().err
    assert (folder / "mine.yaml").read_text() == "version: 1\n"
    assert command("mappings", "hubspot", "-o", "mine.yaml", "--force") == 0
    assert "HubSpot" in (folder / "mine.yaml").read_text(encoding="utf-8")


def test_a_list_cannot_be_written_as_a_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("mappings", "-o", "mine.yaml") == 2
    assert "Name the mapping" in capsys.readouterr().err


def test_a_name_is_taken_where_a_mapping_file_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("run", str(EXPORT), "-m", "hubspot", "--sandbox", "--json", "-q") in {0, 1}
    summary = json.loads(capsys.readouterr().out)
    assert summary["created"] > 0
    assert summary["mapping"] == "hubspot"  # so that the commands it proposes can be typed as well


def test_a_file_of_that_name_wins(folder: Path) -> None:
    (folder / "hubspot").write_text("version: 1\nfields: {email: Mein Postfach}\n")
    assert importer.load_mapping("hubspot").headers == ("Mein Postfach",)


def test_a_folder_of_that_name_does_not(folder: Path) -> None:
    (folder / "hubspot").mkdir()
    assert "Email" in importer.load_mapping("hubspot").headers


@pytest.mark.parametrize("wrong", ["hubspt", "hubspot.yaml", "mappings/hubspot.yaml", "HubSpot"])
def test_what_is_not_there_is_told_with_the_nearest_ready_one(wrong: str) -> None:
    with pytest.raises(
        MappingError, match=r"Did you mean the ready mapping, mapping=\"hubspot\"\? `importer mappings`"
    ):
        importer.load_mapping(wrong)


def test_a_ready_name_leads_nowhere_but_into_the_ready_ones() -> None:
    with pytest.raises(SettingsError, match="No ready mapping is called"):
        ready_mapping("../pyproject")
    with pytest.raises(SettingsError, match=r"Did you mean the ready mapping, -m mailchimp\?"):
        ready_mapping("mailchim")


def test_the_sample_lays_down_what_its_own_next_command_needs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("sample", "-o", "try it") == 0
    said = capsys.readouterr().err
    assert "importer run 'try it/contacts.csv' -m 'try it/sample.yaml' --sandbox" in said
    assert command("run", "try it/contacts.csv", "-m", "try it/sample.yaml", "--sandbox", "-q") == 0
    assert command("sample", "-o", "try it") == 0  # once more does no harm
    (folder / "try it" / "sample.yaml").write_text("version: 1\n")
    assert command("sample", "-o", "try it") == 2


def test_the_editors_schema_lies_beside_the_samples_that_name_it(folder: Path) -> None:
    assert command("sample") == 0
    for path in (folder / "importer-sample").glob("sample*.yaml"):
        named = path.read_text(encoding="utf-8").splitlines()[0].rpartition("$schema=")[2]
        assert (path.parent / named).is_file()


def test_a_watched_folder_and_a_job_take_a_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("sample") == 0
    assert command("serve", "importer-sample/jobs.yaml", "--check") == 2
    told = capsys.readouterr().err
    assert "There is no token" in told
    assert "1 job, 1 fault." in told  # the token alone: its mapping, `sample`, was found
    jobs = folder / "importer-sample" / "jobs.yaml"
    jobs.write_text(jobs.read_text().replace("mapping: sample ", "mapping: sampel "))
    assert command("serve", "importer-sample/jobs.yaml", "--check") == 2
    assert "Did you mean the ready mapping, -m sample?" in capsys.readouterr().err


def test_a_cluster_is_given_no_file_for_a_ready_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("sample") == 0
    assert command("schedule", "importer-sample/jobs.yaml", "--k8s") == 0
    needs = capsys.readouterr().out.partition("---")[0]
    (line,) = [line for line in needs.splitlines() if "configmap" in line]
    assert line.count("--from-file") == 1
    assert "jobs.yaml" in line


def test_migrations_are_listed_and_printed_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("mappings", "--migration", "--json") == 0
    assert {each["name"] for each in json.loads(capsys.readouterr().out)} == {
        "hubspot",
        "hubspot-by-id",
        "pipedrive",
    }
    assert command("mappings", "hubspot", "--migration", "-o", "mine.yaml") == 0
    assert "hubspot-deals" in (folder / "mine.yaml").read_text(encoding="utf-8")
    assert command("mappings", "zoho", "--migration") == 2
    assert "Ready ones, by their names: hubspot, hubspot-by-id, pipedrive." in capsys.readouterr().err
