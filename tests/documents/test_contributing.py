"""What is checked is the same wherever it is checked."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from importer.version import __version__

ROOT = Path(__file__).parents[2]
JUDGES = {"ruff check", "ruff format --check", "mypy", "lint-imports"}
PLACES = (
    ".ci/run",
    ".github/workflows/ci.yml",
    ".github/pull_request_template.md",
    ".pre-commit-config.yaml",
    "CONTRIBUTING.md",
)


@pytest.mark.parametrize("place", PLACES)
def test_every_judge_is_asked_everywhere(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    assert {judge for judge in JUDGES if judge not in text} == set()


def test_the_workflow_runs_every_python_that_the_package_names() -> None:
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "classifiers"
    ]
    named = {found[1] for each in classifiers if (found := re.search(r"Python :: (3\.\d+)$", each))}
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    (matrix,) = re.findall(r"python: \[(.*)\]", workflow)
    assert set(re.findall(r"3\.\d+", matrix)) == named


def test_the_changelog_has_the_released_version_and_what_comes_next() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", each) for each in headings[1:])
    assert headings[1].startswith(f"[{__version__}] - ")
    assert "[0.1.0] - 2026-11-26" in headings


def test_the_changelog_has_no_other_kinds_of_change_than_keep_a_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_changelog_says_nothing_twice() -> None:
    """It is merged by union: a section that was put in order would come back a second time, unseen."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    told = Counter(re.findall(r"^- .+$", text, re.MULTILINE))
    assert [line for line, times in told.items() if times > 1] == []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        headings = Counter(re.findall(r"^### .+$", section, re.MULTILINE))
        assert [heading for heading, times in headings.items() if times > 1] == []


def test_no_two_files_of_tests_have_one_name() -> None:
    """The folders are no packages: of two files of one name only one would be run."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, files in names.items() if files > 1] == []
