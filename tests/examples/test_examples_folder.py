"""Each folder of examples/ is run as it stands, against a stand-in for HighLevel."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from importer.cli import COMMANDS
from importer.mapping import load_mapping
from importer.sandbox import Account, Sandbox, SandboxSettings, sandbox_aside
from importer.sandbox.items import Kind
from tests.s3_server import put, s3_on_loopback

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLES, tmp_path / "examples"))


def importer(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("HIGHLEVEL_", "IMPORTER_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "importer", *words],
        cwd=folder,
        env={**clean, "IMPORTER_STATE": str(folder / "state"), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_folder_is_told_of() -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    folders = {each.name for each in EXAMPLES.iterdir() if each.is_dir() and not each.name.startswith("__")}
    assert {name for name in folders if f"[{name}]({name}/" in page} == folders
    for _, target in re.findall(r"\[([\w-]+)\]\(([^)]+)\)", page):
        assert (EXAMPLES / target).is_file(), target


def test_one_file_goes_to_forty_sub_accounts_each_with_its_own_token(place: Path) -> None:
    folder = place / "sub-accounts"
    locations = re.findall(r": (subAccount\d+)", (folder / "mapping.yaml").read_text(encoding="utf-8"))
    accounts = tuple(Account(token=f"pit-{each}", locations=frozenset({each})) for each in locations)
    (folder / "tokens.env").write_text(
        "".join(f"{each} = pit-{each}\n" for each in locations), encoding="utf-8"
    )
    with sandbox_aside(SandboxSettings(burst=0, accounts=accounts)) as vendor:
        ended = importer(
            folder,
            *("run", "contacts.csv", "-m", "mapping.yaml", "--json", "--no-progress"),
            HIGHLEVEL_BASE_URL=vendor.base_url,
            HIGHLEVEL_TOKENS_FILE="tokens.env",
        )
        assert ended.returncode == 0, ended.stderr
        summary = json.loads(ended.stdout)
        assert (summary["created"], len(summary["locations"])) == (120, 40)
        assert [len(vendor.contacts(each)) for each in locations] == [3] * 40


def test_a_folder_of_hubspot_goes_over_into_a_pipeline_of_ones_own(place: Path) -> None:
    folder = place / "hubspot"
    shutil.copytree(ROOT / "sample_data" / "hubspot", folder / "exports")
    settings = SandboxSettings(burst=0, search_lag_seconds=0, allow_duplicate_opportunities=True)
    with sandbox_aside(settings) as vendor:
        vendor.furnish("loc1", pipelines=[("Renewals", ("Interested", "Offer out"))])
        words = ("migrate", "exports", "-m", "migration.yaml", "--location", "loc1", "--yes", "--no-progress")
        ended = importer(folder, *words, HIGHLEVEL_BASE_URL=vendor.base_url, HIGHLEVEL_TOKEN="pit-invented")
        assert ended.returncode in {0, 1}, ended.stderr  # the sample has a deal of nobody
        stages = stages_of(vendor)
        assert stages
        assert stages <= {"Interested", "Offer out"}


def stages_of(vendor: Sandbox) -> set[str]:
    """Name the stages in which deals are."""
    stages = [stage for pipeline in vendor.location("loc1").pipelines for stage in pipeline["stages"]]
    names = {str(stage["id"]): str(stage["name"]) for stage in stages}
    deals = [each.body for each in vendor.vendor.items if each.kind is Kind.OPPORTUNITY]
    return {names[str(each["pipelineStageId"])] for each in deals}


def test_a_task_of_airflow_imports_and_may_be_tried_again(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.syspath_prepend(place / "airflow")
    import importing  # type: ignore[import-not-found]

    with sandbox_aside(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        monkeypatch.setenv("HIGHLEVEL_BASE_URL", vendor.base_url)
        state = str(tmp_path / "state")
        given = {"location_id": "loc1", "token": "pit-invented", "state": state}
        sample = str(ROOT / "sample_data" / "contacts.csv")
        first = importing.import_contacts(sample, "sample", **given)
        again = importing.import_contacts(sample, "sample", **given)
        assert first["created"] == again["created"] == 23
        assert len(vendor.contacts("loc1")) == 23
        with pytest.raises(RuntimeError, match="5 of 15 rows would fail"):
            importing.import_contacts(
                str(ROOT / "sample_data" / "newsletter.csv"), "sample-newsletter", **given
            )


def test_the_dag_calls_what_is_there_by_the_names_that_it_has() -> None:
    """Airflow itself is half a gigabyte: its file is read, not imported."""
    dag = ast.parse((EXAMPLES / "airflow" / "contacts_dag.py").read_text(encoding="utf-8"))
    task = ast.parse((EXAMPLES / "airflow" / "importing.py").read_text(encoding="utf-8"))
    (function,) = [each for each in task.body if isinstance(each, ast.FunctionDef)]
    taken = {argument.arg for argument in function.args.kwonlyargs}
    calls = [
        each
        for each in ast.walk(dag)
        if isinstance(each, ast.Call) and ast.unparse(each.func) == function.name
    ]
    assert [({each.arg for each in call.keywords}, len(call.args)) for call in calls] == [(taken, 2)]


class Slack(HTTPServer):
    """A webhook on loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SlackHandler)
        self.posted: list[dict[str, Any]] = []


class SlackHandler(BaseHTTPRequestHandler):
    server: Slack

    def do_POST(self) -> None:
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def s3() -> Iterator[str]:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    with s3_on_loopback() as url:
        yield url


def test_a_nightly_file_in_s3_waits_for_a_person_and_slack_is_told(
    place: Path, s3: str, slack: Slack
) -> None:
    folder = place / "nightly-s3"
    now = datetime.now(ZoneInfo("America/New_York"))
    # the file of the day on which the job was last due
    day = (
        now
        if (now.hour, now.minute) >= (2, 30)
        else datetime.fromtimestamp(now.timestamp() - 86_400, now.tzinfo)
    )
    put(f"{s3}/exports")
    people = "".join(f"Ann,Lee,ann{number}@example.com,\n" for number in range(20))
    put(
        f"{s3}/exports/crm/contacts-{day:%Y-%m-%d}.csv",
        f"first_name,last_name,email,phone\n{people}".encode(),
    )
    with sandbox_aside(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        told = {
            "HIGHLEVEL_BASE_URL": vendor.base_url,
            "HIGHLEVEL_TOKEN": "pit-invented",
            "HIGHLEVEL_LOCATION_ID": "loc1",
            "SLACK_WEBHOOK": f"http://127.0.0.1:{slack.server_port}/hook",
            "AWS_ENDPOINT_URL_S3": s3,
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        once = ("serve", "jobs.yaml", "--once", "--job", "nightly-crm")
        waits = importer(folder, *once, **told)
        assert (waits.returncode, vendor.contacts("loc1")) == (3, []), waits.stderr
        (notice,) = slack.posted
        assert notice["text"] == "✋ Import job nightly-crm waits for an approval"
        (command,) = re.findall(r"importer approve plan-[\w-]+", json.dumps(notice))
        assert importer(folder, *command.split()[1:], "--yes", **told).returncode == 0
        sent = importer(folder, *once, **told)
        assert (sent.returncode, len(vendor.contacts("loc1"))) == (0, 20), sent.stderr
        assert [each["text"] for each in slack.posted[1:]] == ["✅ Import job nightly-crm finished"]


CONTAINERFILE = (EXAMPLES / "containers" / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def instructions(name: str) -> list[str]:
    return [line.partition(" ")[2] for line in CONTAINERFILE.splitlines() if line.startswith(f"{name} ")]


def test_the_image_copies_what_is_there_and_what_the_package_is_built_of() -> None:
    copied = [word for line in instructions("COPY") if "--from" not in line for word in line.split()[:-1]]
    assert [word for word in copied if not (ROOT / word).exists()] == []
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    shipped = re.findall(r'^"([\w./-]+)" = "importer/_shipped', pyproject, re.MULTILINE)
    assert {path.partition("/")[0] for path in shipped} <= set(copied)


def test_the_image_runs_as_nobody_special_and_does_a_command_that_there_is() -> None:
    assert instructions("USER") == ["10001:10001"]
    (entry,), (command,) = instructions("ENTRYPOINT"), instructions("CMD")
    words = [*json.loads(entry), *json.loads(command)]
    assert words[0] == "importer"
    assert words[1] in COMMANDS
    (port,) = instructions("EXPOSE")
    (health,) = instructions("HEALTHCHECK")
    assert (words[-2:], f":{port}/health" in health) == (["--health", port], True)


def test_the_image_brings_extras_that_there_are() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (wanted,) = re.findall(r'"\.\[([\w,]+)\]"', CONTAINERFILE)
    assert [
        extra for extra in wanted.split(",") if not re.search(rf"^{extra} = \[", pyproject, re.MULTILINE)
    ] == []
    assert {"serve", "postgres"} <= set(wanted.split(",")), "what the compose files start needs these"


def test_the_image_keeps_what_is_its_own_where_it_may_write() -> None:
    said = dict(word.split("=", 1) for line in instructions("ENV") for word in line.split())
    (volumes,) = instructions("VOLUME")
    assert {said["IMPORTER_STATE"], said["XDG_STATE_HOME"]} <= set(json.loads(volumes))


def test_the_compose_file_writes_nowhere_but_into_its_volumes() -> None:
    compose = yaml.safe_load((EXAMPLES / "containers" / "compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["importer"]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    volumes = dict(each.split(":")[:2] for each in service["volumes"])
    assert {name for name in volumes if not name.startswith("./")} == set(compose["volumes"])
    made = re.findall(r"install -d .*? (/.+)$", CONTAINERFILE, re.MULTILINE)[0].split()
    assert {volumes[name] for name in compose["volumes"]} == set(made)


@pytest.mark.parametrize(
    "path", [*sorted(EXAMPLES.rglob("mapping.yaml")), EXAMPLES / "hubspot" / "deals.yaml"]
)
def test_the_mappings_are_mappings(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGHLEVEL_LOCATION_ID", "loc1")
    load_mapping(path)


STARTERS = EXAMPLES / "starters"


def test_the_starters_are_as_each_system_wants_them() -> None:
    windows = (STARTERS / "import-contacts.cmd").read_bytes()
    assert windows.count(b"\n") == windows.count(b"\r\n"), (
        "a batch file whose lines end otherwise loses its jumps"
    )
    jumps = set(re.findall(rb"goto (\w+)", windows))
    assert jumps == set(re.findall(rb"^:(\w+)", windows, re.MULTILINE))
    mac = STARTERS / "import-contacts.command"
    assert b"\r" not in mac.read_bytes()
    assert os.name != "posix" or os.access(mac, os.X_OK)


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_the_starter_says_what_is_needed_where_there_is_no_python(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "uname", "dirname", "find", "sort", "tail", "cat"):
        (tools / name).symlink_to(str(shutil.which(name)))
    ended = subprocess.run(
        [str(tools / "bash"), str(STARTERS / "import-contacts.command")],
        env={"PATH": str(tools), "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, "Python 3.11 or newer is needed" in ended.stdout) == (1, True), ended


@pytest.mark.package
@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_the_starter_makes_its_own_place_once_and_opens_the_screen(tmp_path: Path) -> None:
    def start() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(STARTERS / "import-contacts.command"), "--help"],
            env={**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    first = start()
    assert (first.returncode, "Open a local web interface" in first.stdout) == (0, True), first
    assert "Making a place for the program" in first.stdout
    again = start()
    assert (again.returncode, "Making a place" in again.stdout) == (0, False), again
