"""`importer suggest` as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importer.mapping import load_mapping, parse_mapping
from importer.sandbox import SandboxSettings, sandbox_aside
from tests.flow.conftest import Desk, Ended

ROOT = Path(__file__).parent.parent.parent
NEWSLETTER = ROOT / "sample_data" / "newsletter.csv"


Suggest = Callable[..., Ended]


@pytest.fixture
def suggest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Suggest:
    """Run the command in this process and an empty folder, with the given variables."""
    for name in [name for name in os.environ if name.startswith("HIGHLEVEL_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path, capsys)

    def run(*words: str, **variables: str) -> Ended:
        for name, text in variables.items():
            monkeypatch.setenv(name, text)
        return desk.importer("suggest", *words)

    return run


def run_command(*words: str, folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run it in a process of its own: bytes go in and come out."""
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HIGHLEVEL_")}
    return subprocess.run(
        [sys.executable, "-m", "importer", "suggest", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_the_mapping_goes_to_standard_output_and_loads(tmp_path: Path) -> None:
    done = run_command(str(NEWSLETTER), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    mapping = parse_mapping(done.stdout.decode())
    assert "E-Mail-Adresse" in mapping.headers


def test_the_mapping_goes_to_the_file_and_the_next_step_is_said(tmp_path: Path, suggest: Suggest) -> None:
    done = suggest(str(NEWSLETTER), "-o", "mine.yaml")
    assert done.code == 0, done.err
    assert load_mapping(tmp_path / "mine.yaml").headers
    assert "importer check" in done.err


def test_a_mapping_that_is_there_is_not_written_over_unless_forced(tmp_path: Path, suggest: Suggest) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("my own work", encoding="utf-8")
    refused = suggest(str(NEWSLETTER), "-o", "mine.yaml")
    assert refused.code == 2
    assert "--force" in refused.err
    assert mine.read_text(encoding="utf-8") == "my own work"
    forced = suggest(str(NEWSLETTER), "-o", "mine.yaml", "--force")
    assert forced.code == 0
    assert load_mapping(mine).headers


def test_standard_input_is_read_too(tmp_path: Path) -> None:
    done = run_command("-", folder=tmp_path, stdin=b"Email,First Name\nada@example.com,Ada\n")
    assert done.returncode == 0, done.stderr
    assert b"email: Email" in done.stdout


def test_what_had_to_be_said_about_the_file_is_said_in_the_mapping(tmp_path: Path, suggest: Suggest) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes("Email|Städt\nada@example.com|Köln\n".encode("cp1252"))
    done = suggest(str(path), "--encoding", "cp1252", "--delimiter", "|")
    assert done.code == 0, done.err
    assert 'source:\n  encoding: cp1252\n  delimiter: "|"' in done.out


def test_what_has_to_be_decided_is_said_beside_the_file(tmp_path: Path, suggest: Suggest) -> None:
    (tmp_path / "list.csv").write_text("Email,Marketing consent\nann@example.com,level 1\n", encoding="utf-8")
    done = suggest("list.csv", "-o", "mine.yaml")
    assert done.code == 0, done.err
    assert "Look: Column 'Marketing consent' looks like consent" in done.err
    assert "level 1" not in done.err


def test_a_sheet_that_is_left_out_is_named_in_the_mapping_and_beside_it(
    tmp_path: Path, suggest: Suggest
) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, header in (
        ("Members", ["First name", "Email", "Phone"]),
        ("Old members", ["First name", "Email"]),
    ):
        sheet = book.create_sheet(title)
        sheet.append(header)
        sheet.append(["Ann", "ann@example.com", "(212) 555-0130"][: len(header)])
    book.create_sheet("Empty")
    book.save(tmp_path / "members.xlsx")
    done = suggest("members.xlsx")
    said = "The sheet 'Members' is taken; other sheets with rows are left out: Old members"
    assert done.code == 0, done.err
    assert f"# {said}" in done.out
    assert f"Look: {said}." in done.err
    named = suggest("members.xlsx", "--sheet", "Members")
    assert named.err == ""


@pytest.mark.parametrize("words", [("missing.csv",), (), (str(NEWSLETTER), "-o", "no/such/folder/m.yaml")])
def test_what_cannot_be_done_is_one_sentence_and_exit_2(
    words: tuple[str, ...], tmp_path: Path, suggest: Suggest
) -> None:
    done = suggest(*words)
    assert done.code == 2
    assert done.err
    assert "Traceback" not in done.err


def test_a_location_that_was_asked_for_needs_a_token(tmp_path: Path, suggest: Suggest) -> None:
    done = suggest(str(NEWSLETTER), "--location", "abc")
    assert done.code == 2
    assert "HIGHLEVEL_TOKEN" in done.err


@pytest.fixture
def sandbox_url() -> Iterator[str]:
    with sandbox_aside(SandboxSettings()) as sandbox:
        yield sandbox.base_url


def test_columns_go_to_custom_fields_of_the_location(
    sandbox_url: str, tmp_path: Path, suggest: Suggest
) -> None:
    done = suggest(
        str(ROOT / "sample_data" / "contacts.csv"),
        "--location",
        "sandboxLocation00001",
        "--base-url",
        sandbox_url,
        HIGHLEVEL_TOKEN="pit-test",
    )
    assert done.code == 0, done.err
    assert "  Shirt Size: Shirt Size " in done.out
    assert '  Interests: {column: Interests, split: ";"}' in done.out


def test_a_location_in_the_environment_that_refuses_us_is_left_out_with_a_word(
    sandbox_url: str, tmp_path: Path, suggest: Suggest
) -> None:
    done = suggest(
        str(NEWSLETTER),
        HIGHLEVEL_TOKEN="pit-invalid",
        HIGHLEVEL_LOCATION_ID="sandboxLocation00001",
        HIGHLEVEL_BASE_URL=sandbox_url,
    )
    assert done.code == 0, done.err
    assert "custom fields are left out" in done.err
    assert "pit-invalid" not in done.err
    parse_mapping(done.out)


@pytest.mark.parametrize(
    ("source", "what"), [("exports", "a folder"), (str(Path("exports", "*.csv")), "a pattern")]
)
def test_of_many_files_one_is_asked_for(source: str, what: str, tmp_path: Path, suggest: Suggest) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    told = suggest(source)
    assert told.code == 2
    assert f"{source} is {what}, and a mapping is suggested from one file. Name one." in told.err
    for name in ("b.csv", "a.csv"):
        (folder / name).write_text("Email\nann@example.com\n")
    told = suggest(source)
    assert told.code == 2
    assert f"Name one, such as {Path('exports', 'a.csv')}." in told.err


def test_the_suggestion_is_described_as_json_and_the_mapping_written_beside_it(
    tmp_path: Path, suggest: Suggest
) -> None:
    done = suggest(str(NEWSLETTER), "--json", "-o", "mine.yaml")
    assert done.code == 0, done.err
    described = json.loads(done.out)
    assert described["mapping"]["fields"]["email"] == "E-Mail-Adresse"
    assert load_mapping(tmp_path / "mine.yaml").model == parse_mapping(json.dumps(described["mapping"])).model
