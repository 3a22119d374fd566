"""Every command that is printed is the whole command: pasted, it means the same place, rows and account."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
import pytest

from importer.cli.imports import check_command, run_command, run_settings
from importer.results.commands import RUN_OPTIONS, NextCommands, Reach, access_words
from importer.runtime import environment
from importer.sandbox import Sandbox
from importer.settings import RunSettings
from tests.flow.conftest import Desk, correct_workbook, read_table

VALUES: Final = {
    "mapping": "my mapping.yaml",
    "location": "locB",
    "base_url": "http://127.0.0.1:9",
    "stop_after_failures": "5%",
    "sheet": "-Sheet 1",
    "encoding": "cp1252",
    "delimiter": ";",
    "follows": "20261127-064754-4bde",
    "send_window": "08:00-20:00",
}
OPTIONS: Final = [param for param in run_command.params if isinstance(param, click.Option)]


def said(option: click.Option, folder: Path) -> list[str]:
    """Say an option with a value that is not its default."""
    flag = option.opts[-1]
    match option.type:
        case _ if option.is_flag:
            return [flag]
        case _ if option.name in VALUES:
            return [f"{flag}={VALUES[option.name]}"]
        case click.Choice(choices=choices):
            return [flag, str(choices[-1])]
        case click.Path():
            return [flag, str(folder / f"a {option.name}")]
        case click.IntRange():
            return [flag, "3"]
        case click.FloatRange():
            return [flag, "12.5"]
    raise AssertionError(f"say here what a value of {flag} may be")


def settings_of(command: click.Command, words: list[str]) -> RunSettings:
    with command.make_context(command.name or "", list(words)) as context:
        given: dict[str, Any] = dict(context.params)
    settings = run_settings(given)
    return replace(settings, output=settings.output.absolute())


def printed(line: str, name: str) -> list[str]:
    words = shlex.split(line)
    assert words[:2] == ["importer", name]
    return words[2:]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a token_file").write_text("pit-one")
    monkeypatch.setenv("IMPORTER_STATE", "elsewhere")
    for name in ("HIGHLEVEL_BASE_URL", "HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("left_out", [{"sandbox"}, {"location", "base_url", "token_file"}])
def test_each_option_of_run_is_said_again_or_known_to_be_for_once(folder: Path, left_out: set[str]) -> None:
    wanted = [option for option in OPTIONS if option.name not in left_out]
    words = [
        word
        for option in wanted
        if option.name == "mapping" or RUN_OPTIONS[str(option.name)].reach is not Reach.ONCE
        for word in said(option, folder)
    ]
    settings = settings_of(run_command, ["Spring list.csv", *words])
    commands = NextCommands.of(settings, location_id=settings.connection.location_id)
    assert settings_of(run_command, printed(commands.run(), "run")) == settings


def test_no_name_stands_for_an_option_that_is_gone() -> None:
    assert set(RUN_OPTIONS) == {option.name for option in OPTIONS} - {"mapping"}
    assert all(
        RUN_OPTIONS[str(option.name)].flag in option.opts for option in OPTIONS if option.name != "mapping"
    )


def test_the_corrected_rows_go_the_same_way_but_for_what_is_true_of_the_first_file_alone(
    folder: Path,
) -> None:
    words = [word for option in OPTIONS if option.name != "sandbox" for word in said(option, folder)]
    settings = settings_of(run_command, ["list.csv", *words])
    commands = NextCommands.of(settings, location_id="locB")
    again = settings_of(run_command, printed(commands.run_corrected(Path("the failed.csv")), "run"))
    assert again.sources == ("the failed.csv",)
    assert again.connection == settings.connection
    assert (again.output, again.allow_transforms, again.state) == (
        settings.output,
        settings.allow_transforms,
        settings.state,
    )
    assert (again.reading.delimiter, again.limit, again.changed_only) == (None, None, False)


def test_what_the_environment_says_in_any_case_is_not_said(folder: Path) -> None:
    settings = settings_of(run_command, ["list.csv", "-m", "m.yaml"])
    commands = NextCommands.of(settings, location_id="locA")
    assert commands.run() == "importer run list.csv -m m.yaml --location locA"
    assert commands.resume("20260314") == "importer resume 20260314"
    assert access_words(environment.state_folder()).resume() == "importer resume"


def test_a_name_that_looks_like_a_flag_stays_a_name(folder: Path) -> None:
    settings = settings_of(run_command, ["-m", "-m.yaml", "--", "-list.csv"])
    commands = NextCommands.of(settings, location_id=None)
    assert settings_of(run_command, printed(commands.run(), "run")).sources == ("./-list.csv",)
    assert settings_of(run_command, printed(commands.run(), "run")).mapping == Path("-m.yaml")


def test_a_mapping_is_named_so_that_it_is_found_from_here(folder: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "m.yaml").write_text("version: 1\n")
    settings = settings_of(run_command, ["list.csv", "-m", "m.yaml"])
    commands = NextCommands.of(settings, location_id=None, working_folder=there)
    assert settings_of(run_command, printed(commands.run(), "run")).mapping == there / "m.yaml"


MAPPING = """\
version: 1
location: locA
source: {delimiter: ";"}
fields: {firstName: First, email: {column: Mail, required: true}}
"""
PEOPLE = "First;Mail\nAnn;ann@example.com\nBob;bob(at)example.com\nCy;cy@example.com\nDan;dan@example.com\n"


@pytest.fixture
def office(desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk where nothing is in the environment: place, account and state are all said."""
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_BASE_URL", "IMPORTER_STATE"):
        monkeypatch.delenv(name)
    desk.write("a mapping.yaml", MAPPING)
    desk.write("a list.csv", PEOPLE)
    desk.write("the token", "pit-flow")
    return desk


def place(vendor: Sandbox) -> list[str]:
    return [
        *("--base-url", vendor.base_url, "--token-file", "the token", "--state", "the state"),
        *("--location", "locB", "--delimiter", ";"),
    ]


def advised(told: str, name: str) -> list[str]:
    """Take the command that is printed, as somebody pastes it."""
    line = next(line.strip() for line in told.splitlines() if line.strip().startswith(f"importer {name}"))
    return printed(line, name)


def test_from_suggest_to_the_corrected_rows_each_command_can_be_pasted(office: Desk, vendor: Sandbox) -> None:
    suggested = office.importer(
        *("suggest", "a list.csv", "-o", "its mapping.yaml", "--delimiter", ";"),
        *("--location", "locB", "--base-url", vendor.base_url, "--token-file", "the token"),
    )
    check = printed(suggested.err[suggested.err.index("importer check") :].splitlines()[0], "check")
    assert settings_of(check_command, check).reading.delimiter == ";"
    assert settings_of(check_command, check).connection.location_id == "locB"

    checked = office.importer("check", "a list.csv", "-m", "a mapping.yaml", *place(vendor))
    first = office.importer("run", *advised(checked.err, "run"), "--no-progress")
    assert first.code == 1, first.err

    failed = next(office.folder.glob("import-results/*/failed.csv"))
    assert [row["import_location_id"] for row in read_table(failed, delimiter=";")] == ["locB"]
    correct_workbook(failed.with_suffix(".xlsx"), "Mail", "bob@example.com")
    again = office.importer("run", *advised(first.err, "run"), "--no-progress")
    assert again.code == 0, again.err
    assert {contact["locationId"] for contact in vendor.contacts()} == {"locB"}


def test_a_stopped_run_is_resumed_by_the_command_that_show_and_summary_print(
    office: Desk, vendor: Sandbox
) -> None:
    words = ["a list.csv", "-m", "a mapping.yaml", *place(vendor)]
    stopped = office.importer("run", *words, "--max-requests", "1", "--no-progress")
    assert stopped.code == 3, stopped.err
    shown = office.importer("show", "--state", "the state")
    pasted = shown.out.partition("Next: ")[2].strip()
    assert printed(pasted, "resume") == advised(stopped.err, "resume")
    resumed = office.importer("resume", *advised(stopped.err, "resume"), "--max-requests", "99")
    assert resumed.code == 1, resumed.err


def test_failed_rows_of_one_location_do_not_go_into_another(office: Desk, vendor: Sandbox) -> None:
    office.importer("run", "a list.csv", "-m", "a mapping.yaml", *place(vendor), "--no-progress")
    failed = str(next(office.folder.glob("import-results/*/failed.csv")))
    wrong = [failed, "-m", "a mapping.yaml", *place(vendor)[:6]]
    requests = vendor.state()["requests"]
    for command in ("run", "check"):
        refused = office.importer(command, *wrong)
        assert refused.code == 2
        assert "failed.csv holds rows of location locB" in refused.err
        assert "locA" in refused.err
        assert "--into-other-location" in refused.err
    assert vendor.state()["requests"] == requests
    insisted = office.importer("run", *wrong, "--into-other-location", "--no-progress")
    assert insisted.code == 1
    assert office.importer("check", *wrong, "--into-other-location").code == 1
    assert office.importer("run", failed, "-m", "a mapping.yaml", "--sandbox", "--no-progress").code == 1


def test_rows_that_were_not_reached_carry_the_location_too(office: Desk, vendor: Sandbox) -> None:
    office.importer("run", "a list.csv", "-m", "a mapping.yaml", *place(vendor), "--max-requests", "1")
    rows = read_table(next(office.folder.glob("import-results/*/failed.csv")), delimiter=";")
    assert {row["import_location_id"] for row in rows} == {"locB"}


def test_a_results_folder_that_begins_with_a_dash_is_no_option(desk: Desk, vendor: Sandbox) -> None:
    desk.write("-people.csv", "First,Mail,Phone,Tags\nAnn,nobody,,\n")
    ended = desk.importer("run", "./-people.csv", "-m", "mapping.yaml", "--output=-out", "--no-progress")
    corrected = next(line.strip() for line in ended.err.splitlines() if "importer run" in line)
    assert printed(corrected, "run")[0].startswith("./-out/")
    assert desk.importer(*shlex.split(corrected)[1:]).code == 1
