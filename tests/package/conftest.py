"""What is published, built once; and how its commands are typed where there is no clone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Type = Callable[..., "subprocess.CompletedProcess[str]"]


def done(words: list[str | Path], **options: object) -> None:
    finished = subprocess.run(words, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert finished.returncode == 0, f"{words}\n{finished.stdout}\n{finished.stderr}"


def clean_shell(state: Path) -> dict[str, str]:
    """Give the environment variables of somebody who never heard of this clone."""
    ours = ("HIGHLEVEL_", "IMPORTER_", "PYTHON", "VIRTUAL_ENV", "PYENV_", "COVERAGE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "IMPORTER_STATE": str(state), "NO_COLOR": "1", "COLUMNS": "120"}


def environment_with(wheel: Path | str, place: Path, python: str = sys.executable) -> Path:
    """Install a wheel, what it requires and nothing else into an empty environment; give the folder of its scripts."""
    done([python, "-m", "venv", place])
    scripts = place / ("Scripts" if sys.platform == "win32" else "bin")
    done([scripts / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel])
    return scripts


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a release consists of; `.ci/run` has built it already, and says where."""
    if already := os.environ.get("IMPORTER_RELEASE"):
        return Path(already)
    for needed in ("build", "cyclonedx_py"):
        pytest.importorskip(needed, reason="a release is built with it; it is in the extra dev")
    folder = tmp_path_factory.mktemp("dist")
    done([sys.executable, ROOT / "benchmarks" / "release.py", "--output", folder])
    return folder


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """An environment that has the wheel, what it requires, and nothing else."""
    return environment_with(wheel, tmp_path_factory.mktemp("environment"))


@pytest.fixture
def type_in(scripts: Path, tmp_path: Path) -> Type:
    """Type a command of the installed package in an empty folder."""
    folder = tmp_path / "empty"
    folder.mkdir()
    shell = clean_shell(tmp_path / "state")

    def type_in(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [scripts / words[0], *words[1:]],
            cwd=folder,
            env=shell,
            capture_output=True,
            text=True,
            check=False,
        )

    return type_in
