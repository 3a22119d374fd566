"""The built wheel on machines without a clone: each supported Python does what the pages show, word for word."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import pytest

from tests.documents.test_documents import RUN, into_shell, typed
from tests.package.conftest import clean_shell, environment_with

pytestmark = [
    pytest.mark.package,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are written for a POSIX shell"),
]
FIRST_PAGES = ("README.md", "docs/starting.md", "docs/guide.md")
EXTRAS = {"docs/scheduling.md": "serve"}
"""What a page says at its top that it needs."""
OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


@cache
def interpreter(version: str) -> str:
    """Find a Python of this version that can make environments; empty where there is none."""
    prove = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for python in candidates(version):
        told = subprocess.run([python, "-c", prove], capture_output=True, text=True, check=False)
        if told.stdout.strip() == version:
            return python
    return ""


def candidates(version: str) -> Iterator[str]:
    if version == OWN:
        yield sys.executable
    if found := shutil.which(f"python{version}"):
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from map(str, sorted(pyenv.glob(f"{version}.*/bin/python")))


def do_as_shown(page: str, scripts: Path, folder: Path) -> None:
    """Type each command of a page in a folder that has nothing but what the package lays there."""
    shell = clean_shell(folder / "state")
    shell["PATH"] = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    first = ["importer", "sample", "--as-documented"]
    subprocess.run([scripts / first[0], *first[1:]], cwd=folder, env=shell, capture_output=True, check=True)
    for _ in typed(page, partial(into_shell, folder=folder, shell=shell)):
        pass


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_the_first_minutes_are_as_shown_on_each_python(
    version: str, wheel: Path, tmp_path: Path, scripts: Path
) -> None:
    if not (python := interpreter(version)):
        pytest.skip(f"no Python {version} was found here: nothing is known of it")
    scripts = scripts if version == OWN else environment_with(wheel, tmp_path / "environment", python)
    for page in FIRST_PAGES:
        folder = tmp_path / Path(page).stem
        folder.mkdir()
        do_as_shown(page, scripts, folder)


@pytest.mark.parametrize("page", sorted({block.page for block in RUN} - set(FIRST_PAGES)))
def test_every_other_page_is_as_shown_without_a_clone(
    page: str, scripts: Path, wheel: Path, tmp_path: Path
) -> None:
    if extra := EXTRAS.get(page):
        scripts = environment_with(f"{wheel}[{extra}]", tmp_path / "environment")
    folder = tmp_path / "empty"
    folder.mkdir()
    do_as_shown(page, scripts, folder)
