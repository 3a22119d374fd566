"""The built wheel by pipx and by uv: the command is there, knows where it is, and says how an extra is added to it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.package.conftest import clean_shell

pytestmark = [
    pytest.mark.package,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are written for a POSIX shell"),
]
OURS = Path(sys.executable).parent
Shell = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Type commands as somebody who has pipx, uv, an empty home, and no Python environment that is active."""
    home, scripts, tools = (tmp_path / name for name in ("home", "scripts", "tools"))
    for folder in (home, scripts, tools):
        folder.mkdir()
    for name in ("pipx", "uv"):
        if (OURS / name).exists():
            (tools / name).symlink_to(OURS / name)
    variables = {
        **clean_shell(tmp_path / "state"),
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "PIPX_HOME": str(home / "pipx"),
        "PIPX_BIN_DIR": str(scripts),
        "PIPX_MAN_DIR": str(home / "man"),
        "UV_TOOL_DIR": str(home / "uv"),
        "UV_TOOL_BIN_DIR": str(scripts),
        "UV_PYTHON": sys.executable,
        "PATH": os.pathsep.join((str(scripts), str(tools), "/usr/bin", "/bin")),
    }

    def shell(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=home,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return shell


@pytest.mark.parametrize(
    ("tool", "install"), [("pipx", ("pipx", "install")), ("uv", ("uv", "tool", "install"))]
)
def test_the_wheel_is_installed_by(tool: str, install: tuple[str, ...], wheel: Path, shell: Shell) -> None:
    if not (OURS / tool).exists():
        pytest.skip(f"{tool} is not here; it is in the extra dev")
    installed = shell(*install, wheel)
    assert installed.returncode == 0, installed.stderr
    assert shell("importer", "sample", "--as-documented").returncode == 0
    run = shell(
        "importer", "run", "sample_data/contacts.csv", "-m", "mappings/sample.yaml", "--sandbox", "-q"
    )
    assert run.returncode == 0, run.stderr
    version = re.findall(r"^(\w+) +version: ", shell("importer", "doctor", "--sandbox").stdout, re.MULTILINE)
    assert version == ["ok"]
    lacking = shell("importer", "serve", "sample_data/jobs.yaml", "--check").stderr
    (command,) = re.findall(r"needs the extra `serve`: (.+)$", lacking, re.MULTILINE)
    added = shell(*shlex.split(command))
    assert added.returncode == 0, added.stderr
    assert "There is no token" in shell("importer", "serve", "sample_data/jobs.yaml", "--check").stderr
