"""`importer suggest` as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.mapping import load_mapping, parse_mapping

ROOT = Path(__file__).parent.parent.parent
NEWSLETTER = ROOT / "sample_data" / "newsletter.csv"


def run_command(
    *words: str, folder: Path, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("HIGHLEVEL_")}
    return subprocess.run(
        [sys.executable, "-m", "importer", "suggest", *words],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **variables},
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


def test_the_mapping_goes_to_the_file_and_the_next_step_is_said(tmp_path: Path) -> None:
    done = run_command(str(NEWSLETTER), "-o", "mine.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert load_mapping(tmp_path / "mine.yaml").headers
    assert b"importer check" in done.stderr


def test_a_mapping_that_is_there_is_not_written_over_unless_forced(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("my own work", encoding="utf-8")
    refused = run_command(str(NEWSLETTER), "-o", "mine.yaml", folder=tmp_path)
    assert refused.returncode == 2
    assert b"--force" in refused.stderr
    assert mine.read_text(encoding="utf-8") == "my own work"
    forced = run_command(str(NEWSLETTER), "-o", "mine.yaml", "--force", folder=tmp_path)
    assert forced.returncode == 0
    assert load_mapping(mine).headers


def test_standard_input_is_read_too(tmp_path: Path) -> None:
    done = run_command("-", folder=tmp_path, stdin=b"Email,First Name\nada@example.com,Ada\n")
    assert done.returncode == 0, done.stderr
    assert b"email: Email" in done.stdout


def test_what_had_to_be_said_about_the_file_is_said_in_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes("Email|Städt\nada@example.com|Köln\n".encode("cp1252"))
    done = run_command(str(path), "--encoding", "cp1252", "--delimiter", "|", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert 'source:\n  encoding: cp1252\n  delimiter: "|"' in done.stdout.decode()


def test_what_has_to_be_decided_is_said_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Email,Marketing consent\nann@example.com,level 1\n", encoding="utf-8")
    done = run_command("list.csv", "-o", "mine.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"Look: Column 'Marketing consent' looks like consent" in done.stderr
    assert b"level 1" not in done.stderr


def test_a_sheet_that_is_left_out_is_named_in_the_mapping_and_beside_it(tmp_path: Path) -> None:
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
    done = run_command("members.xlsx", folder=tmp_path)
    said = "The sheet 'Members' is taken; other sheets with rows are left out: Old members"
    assert done.returncode == 0, done.stderr
    assert f"# {said}" in done.stdout.decode()
    assert f"Look: {said}." in done.stderr.decode()
    named = run_command("members.xlsx", "--sheet", "Members", folder=tmp_path)
    assert named.stderr == b""


@pytest.mark.parametrize("words", [("missing.csv",), (), (str(NEWSLETTER), "-o", "no/such/folder/m.yaml")])
def test_what_cannot_be_done_is_one_sentence_and_exit_2(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run_command(*words, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_a_location_that_was_asked_for_needs_a_token(tmp_path: Path) -> None:
    done = run_command(str(NEWSLETTER), "--location", "abc", folder=tmp_path)
    assert done.returncode == 2
    assert b"HIGHLEVEL_TOKEN" in done.stderr


@pytest.fixture
def sandbox_url() -> Iterator[str]:
    """A sandbox in a loop of its own: the command under test is another process."""
    import asyncio

    from importer.sandbox import Sandbox

    started, stop = threading.Event(), asyncio.Event()
    found: dict[str, object] = {}

    async def serve() -> None:
        async with Sandbox() as sandbox:
            found["url"], found["loop"] = sandbox.base_url, asyncio.get_running_loop()
            started.set()
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(20)
    loop = found["loop"]
    assert isinstance(loop, asyncio.AbstractEventLoop)
    yield str(found["url"])
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)


def test_columns_go_to_custom_fields_of_the_location(sandbox_url: str, tmp_path: Path) -> None:
    done = run_command(
        str(ROOT / "sample_data" / "contacts.csv"),
        "--location",
        "sandboxLocation00001",
        "--base-url",
        sandbox_url,
        folder=tmp_path,
        HIGHLEVEL_TOKEN="pit-test",
    )
    assert done.returncode == 0, done.stderr
    assert "  Shirt Size: Shirt Size " in done.stdout.decode()
    assert '  Interests: {column: Interests, split: ";"}' in done.stdout.decode()


def test_a_location_in_the_environment_that_refuses_us_is_left_out_with_a_word(
    sandbox_url: str, tmp_path: Path
) -> None:
    done = run_command(
        str(NEWSLETTER),
        folder=tmp_path,
        HIGHLEVEL_TOKEN="pit-invalid",
        HIGHLEVEL_LOCATION_ID="sandboxLocation00001",
        HIGHLEVEL_BASE_URL=sandbox_url,
    )
    assert done.returncode == 0, done.stderr
    assert b"custom fields are left out" in done.stderr
    assert b"pit-invalid" not in done.stderr
    parse_mapping(done.stdout.decode())


@pytest.mark.parametrize(
    ("source", "what"), [("exports", "a folder"), (str(Path("exports", "*.csv")), "a pattern")]
)
def test_of_many_files_one_is_asked_for(source: str, what: str, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    told = run_command(source, folder=tmp_path)
    assert told.returncode == 2
    assert f"{source} is {what}, and a mapping is suggested from one file. Name one.".encode() in told.stderr
    for name in ("b.csv", "a.csv"):
        (folder / name).write_text("Email\nann@example.com\n")
    told = run_command(source, folder=tmp_path)
    assert told.returncode == 2
    assert f"Name one, such as {Path('exports', 'a.csv')}.".encode() in told.stderr


def test_the_suggestion_is_described_as_json_and_the_mapping_written_beside_it(tmp_path: Path) -> None:
    done = run_command(str(NEWSLETTER), "--json", "-o", "mine.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    described = json.loads(done.stdout)
    assert described["mapping"]["fields"]["email"] == "E-Mail-Adresse"
    assert load_mapping(tmp_path / "mine.yaml").model == parse_mapping(json.dumps(described["mapping"])).model
