from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from importer.cli.sandbox import sandbox_command
from importer.sandbox.faults import FAULT_NAMES
from tests.patience import PATIENCE

pytestmark = pytest.mark.timeout(3 * PATIENCE)


def start(*options: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "importer", "sandbox", "--port", "0", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    return process, json.loads(process.stdout.readline())["base_url"]


def finish(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str]:
    process.send_signal(number)
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def call(url: str, body: Any = None, *, version: str = "2021-07-28") -> Any:
    request = urllib.request.Request(  # noqa: S310  (loopback)
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer x", "Version": version, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310  (loopback)
        return json.loads(response.read())


def refusal(url: str, body: Any = None, *, version: str = "2021-07-28") -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(url, body, version=version)
    caught.value.close()
    return caught.value.code


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
def test_what_was_answered_survives_a_kill_in_the_file(tmp_path: Path) -> None:
    process, url = start("--db", str(tmp_path / "sandbox.db"))
    first = call(f"{url}/contacts/upsert", {"locationId": "L", "email": "ann@example.com", "tags": ["a"]})
    call(f"{url}/locations/L/customFields", {"name": "Region", "dataType": "TEXT"})
    process.kill()
    process.communicate()

    process, url = start("--db", str(tmp_path / "sandbox.db"))
    again = call(f"{url}/contacts/upsert", {"locationId": "L", "email": "ann@example.com"})
    fields = call(f"{url}/locations/L/customFields")["customFields"]
    assert finish(process) == (0, "")
    assert (again["new"], again["contact"]["id"]) == (False, first["contact"]["id"])
    assert again["contact"]["dateAdded"] == first["contact"]["dateAdded"]
    assert "Region" in {each["name"] for each in fields}


def test_custom_fields_and_workflows_can_be_given() -> None:
    process, url = start(
        "--custom-field", "Region", "--custom-field", "Plan:radio:Gold|Silver", "--workflow", "Onboarding"
    )
    fields = {each["name"]: each for each in call(f"{url}/locations/L/customFields")["customFields"]}
    workflows = call(f"{url}/workflows/?locationId=L")["workflows"]
    process.kill()
    process.communicate()
    assert fields["Region"]["dataType"] == "TEXT"
    assert fields["Plan"]["picklistOptions"] == ["Gold", "Silver"]
    assert "Onboarding" in {each["name"] for each in workflows}


def test_the_help_lists_every_fault_that_there_is() -> None:
    listed = CliRunner().invoke(sandbox_command, ["--help"], terminal_width=1000).output
    for name in FAULT_NAMES:
        assert re.search(rf"[ ,]{name}[,.]", listed), name


def test_the_unpleasant_options_reach_the_vendor() -> None:
    process, url = start(
        *("--store-delay", "0-1", "--racy", "--missing", "404", "--search-lag", "0", "--search-page", "100"),
        *("--pipeline", "Repairs:In|Out", "--allow-duplicate-opportunities", "--unknown-version", "401"),
        *("--fault", "stored-302:0%", "--fault", "reset-50ms:0", "--agency-install", "--drop-state"),
    )
    call(f"{url}/contacts/upsert", {"locationId": "L", "email": "ann@example.com"})
    search = f"{url}/contacts/search"
    found = call(search, {"locationId": "L", "pageLimit": 100})
    pipelines = call(f"{url}/opportunities/pipelines?locationId=L")["pipelines"]
    location = call(f"{url}/locations/L")["location"]
    statuses = [
        refusal(f"{url}/contacts/nosuch"),
        refusal(search, {"locationId": "L", "pageLimit": 101}),
        refusal(f"{url}/locations/L", version="v9"),
    ]
    process.kill()
    process.communicate()
    assert found["total"] == 1
    assert [stage["name"] for stage in pipelines[1]["stages"]] == ["In", "Out"]
    assert location["settings"]["allowDuplicateOpportunity"] is True
    assert statuses == [404, 422, 401]


@pytest.mark.skipif(os.name == "nt", reason="a console's Ctrl-C cannot be sent to one child alone")
def test_ctrl_c_ends_it_with_success() -> None:
    process, url = start()
    assert call(f"{url}/_sandbox/state")["requests"] == 0
    assert finish(process, signal.SIGINT) == (0, "")


def test_a_taken_port_is_one_sentence_and_exit_2() -> None:
    process, url = start()
    port = url.rpartition(":")[2]
    second = subprocess.run(
        [sys.executable, "-m", "importer", "sandbox", "--port", port],
        capture_output=True,
        text=True,
        check=False,
    )
    process.kill()
    process.communicate()
    assert second.returncode == 2
    assert f"cannot listen on port {port}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_file_that_is_no_database_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text(
        "no database at all, but long enough to be read as one" * 20, encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "importer",
        "sandbox",
        "--port",
        "0",
        "--db",
        str(tmp_path / "notes.txt"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot keep contacts" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_help_does_not_pay_for_the_server() -> None:
    script = "import sys, importer.cli.sandbox; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_two_sandboxes_do_not_share_a_file(tmp_path: Path) -> None:
    process, _ = start("--db", str(tmp_path / "sandbox.db"))
    command = [
        sys.executable,
        "-m",
        "importer",
        "sandbox",
        "--port",
        "0",
        "--db",
        str(tmp_path / "sandbox.db"),
    ]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    process.kill()
    process.communicate()
    assert second.returncode == 2
    assert "database is locked" in second.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--fault", "fire:1"], "the kinds are 429, 500"),
        (["--fault", "reset:150%"], "a share is at most 1"),
        (["--fault", "reset:0.6", "--fault", "drop:0.6"], "together exceed 1"),
        (["--burst", "fast"], "requests and seconds like 100/10"),
        (["--latency", "400-50"], "milliseconds like 50-400"),
        (["--match", "name"], "is none of"),
        (["--window", "round"], "fixed"),
        (["--custom-field", "Region:COLOUR"], "is not NAME, NAME:TYPE"),
        (["--custom-field", "Plan:RADIO"], "choices (a|b) belong to"),
        (["--fault", "status-NNN:1"], "the kinds are 429, 500"),
        (["--fault", "stored-99:1"], "is not KIND:SHARE"),
        (["--store-delay", "2500-400"], "milliseconds like 50-400"),
        (["--pipeline", "Sales:"], "is not NAME:stage|stage"),
        (["--pipeline", "Sales:New|New"], "stages that differ"),
        (["--missing", "403"], "is not one of"),
        (["--search-page", "1000"], "is not one of"),
        (["--search-lag", "-1"], "x>=0"),
    ],
)
def test_a_bad_option_says_what_it_takes(options: list[str], sentence: str) -> None:
    result = CliRunner().invoke(sandbox_command, options)
    assert result.exit_code == 2
    assert sentence in result.output
