"""No engine is needed to see whether the image can be built of what the Containerfile copies."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

import pytest

from tests.package.conftest import ROOT, done

pytestmark = [pytest.mark.package, pytest.mark.timeout(600)]


def test_the_copied_files_alone_make_the_very_package(wheel: Path, tmp_path: Path) -> None:
    build = tmp_path / "build"
    build.mkdir()
    text = (ROOT / "examples" / "containers" / "Containerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            copy(ROOT / source, build / target if target != "./" else build / source)
    done([sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", build])
    (made,) = (tmp_path / "dist").glob("*.whl")
    assert made.name == wheel.name
    assert names(made) == names(wheel)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())
