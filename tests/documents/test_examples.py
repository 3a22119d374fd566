"""Every command that `--help` gives as an example works as it stands, in an empty folder outside of any clone."""

from __future__ import annotations

import inspect
import itertools
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from importer.cli import COMMANDS, cli
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.flow.conftest import Desk

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the examples are typed into a POSIX shell here"
)

LOCATION = "sandboxLocation00001"
RUN_ID = "20260314-0915"
"""The id that examples show; a run's own id stands for it here."""
BEFORE = {
    "resume",
    "undo",
    "pause",
    "stop",
    "retry",
    "runs",
    "show",
    "results",
    "forget",
    "learn",
    "corrections",
}
"""Commands about runs that were begun."""
OVER_MACHINES = {"submit", "worker", "part"}
"""Commands for many machines: they need a Postgres, and a part was submitted before."""
IN_A_PROCESS = {"ui", "watch", "serve", "sandbox", "connect", "login"}
"""Commands that stay until somebody stops them, or want a terminal or a browser; the others run in the test's own process."""
LISTENS = ("Ctrl-C stops it", "Stop with Ctrl-C", "/enter?t=")
LEAVING_WITH = {
    ("check", 1),  # rows would fail
    ("diff", 1),  # something differs
    ("migrate", 1),  # the sample has a deal of nobody
    ("connect", 2),  # nobody is there to enter a token
    ("agency", 2),  # no agency is connected
    ("corrections", 2),  # no row of the sample failed
    ("learn", 2),
}
"""Examples that end otherwise than well, since that is what they are there to say."""
BROWSER = "import sys, urllib.request as u; u.build_opener(u.HTTPCookieProcessor()).open(sys.argv[1], timeout=30).read()"


def epilog_of(command: click.Command) -> str:
    return inspect.cleandoc(command.epilog or "")


def examples_of(name: str) -> list[str]:
    """The lines of a command's epilog that begin with the program's name."""
    command = cli.get_command(click.Context(cli), name) if name else cli
    assert command is not None
    commands = command.commands.values() if isinstance(command, click.Group) and name else [command]
    lines = [line.strip() for each in commands for line in epilog_of(each).splitlines()]
    return [line for line in lines if line.startswith("importer ")]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=0)) as sandbox:
        yield sandbox


@dataclass(frozen=True, kw_only=True)
class Typist:
    """Somebody who types commands in a folder, with a token and a browser that agrees to everything."""

    folder: Path
    shell: dict[str, str]
    desk: Desk

    def type(self, command: str) -> tuple[int, str]:
        """Type a command as it stands; gives its exit code and what it told."""
        words = shlex.split(command)
        if words[1] in IN_A_PROCESS or ">" in words:
            return type_in(command, self.folder, self.shell)
        found = (sorted(map(str, Path().glob(word))) if "*" in word else [word] for word in words[1:])
        ended = self.desk.importer(*itertools.chain.from_iterable(found))
        return ended.code, ended.out + ended.err


@pytest.fixture
def typist(
    tmp_path: Path,
    vendor: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    forked_script: Path,
) -> Iterator[Typist]:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    shell = shell_in(tmp_path, vendor)
    shell["PATH"] = f"{forked_script}{os.pathsep}{shell['PATH']}"
    for name in os.environ.keys() - shell.keys():
        monkeypatch.delenv(name)
    for name, text in shell.items():
        monkeypatch.setenv(name, text)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield Typist(folder=folder, shell=shell, desk=Desk(folder, capsys))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, vendor: Sandbox) -> Path:
    """The state after the examples of `run`, for the commands about runs."""
    place = tmp_path_factory.mktemp("begun")
    (place / "empty").mkdir()
    for command in examples_of("run"):
        assert type_in(command, place / "empty", shell_in(place, vendor))[0] == 0
    return place


def shell_in(folder: Path, vendor: Sandbox) -> dict[str, str]:
    """The environment of somebody with a token, and a browser that agrees to everything."""
    browser = folder / "browser.py"
    browser.write_text(BROWSER)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HIGHLEVEL_", "IMPORTER_"))
    }
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "IMPORTER_STATE": str(folder / "state"),
        "HIGHLEVEL_BASE_URL": vendor.base_url,
        "HIGHLEVEL_TOKEN": "pit-examples",
        "HIGHLEVEL_LOCATION_ID": LOCATION,
        "HIGHLEVEL_CLIENT_SECRET": "an invented secret",
        "BROWSER": f"{sys.executable} {browser} %s",
    }


def type_in(command: str, folder: Path, shell: dict[str, str]) -> tuple[int, str]:
    """Type a command; one that stays until it is stopped is stopped once it says how."""
    with subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        cwd=folder,
        env=shell,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if any(phrase in line for phrase in LISTENS):
                process.send_signal(signal.SIGTERM)
        return process.wait(60), told


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def made_ours(command: str, run_id: str, postgres: str = "") -> str:
    """Put this machine's values in for those that an example shows: a run's id, a server, and ports that others may hold."""
    command = command.replace(RUN_ID, run_id).replace("--health 8710", "--health 0")
    command = command.replace("postgresql://db/importer", postgres)
    command = command.replace("ve9EPM428h8vShlRW1KT", LOCATION) if postgres else command
    command = command.replace("importer sandbox ", "importer sandbox --port 0 ")
    return command.replace(
        "importer login ", f"importer login --redirect-uri http://127.0.0.1:{free_port()}/oauth "
    )


@pytest.mark.parametrize("name", ["", *COMMANDS], ids=lambda name: name or "importer")
def test_the_examples_of_a_command_work_where_there_is_nothing_but_the_package(
    name: str, typist: Typist, begun: Path, request: pytest.FixtureRequest
) -> None:
    run_id = ""
    if name in BEFORE:
        shutil.copytree(begun / "state", typist.shell["IMPORTER_STATE"])
        shutil.copytree(begun / "empty" / "import-results", typist.folder / "import-results")
        run_id = next((begun / "empty" / "import-results").iterdir()).name
    postgres = request.getfixturevalue("postgres") if name in OVER_MACHINES else ""
    told = ""
    if name == "part":
        for command in examples_of("submit"):
            code, told = typist.type(made_ours(command, "", postgres))
            assert code == 0, told
        run_id = next(line for line in told.splitlines() if re.fullmatch(r"\d{8}-\d{6}-\w+", line))
    assert examples_of(name), "it shows no example"
    for command in examples_of(name):
        if name in {
            "pause",
            "stop",
        }:  # no run is under way here: that is said, and the flow's tests say the rest
            code, told = typist.type(made_ours(command, run_id))
            assert (code, "under way" in told) == (2, True), told
            continue
        code, told = typist.type(made_ours(command, run_id, postgres))
        assert code == 0 or (name, code) in LEAVING_WITH, f"$ {command}\n{told}"
        assert "Traceback" not in told


def test_no_example_names_a_file_of_the_clone() -> None:
    shown = " ".join(epilog_of(cli)) + " ".join(line for name in COMMANDS for line in examples_of(name))
    assert "sample_data/" not in shown
    assert "mappings/" not in shown
