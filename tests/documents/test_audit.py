"""A known weakness fails the build, a network that is not there does not, and says so."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

AUDIT = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "audit.py"), run_name="started")
SOUND = {"name": "click", "version": "8.2.0", "vulns": []}
WEAK = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-2019-217"}]}
UNKNOWN = {"name": "tzdata", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([SOUND], 0, "Nothing is known against 1 packages."),
        ([SOUND, UNKNOWN], 0, "nothing is known of tzdata"),
        ([SOUND, WEAK], 1, "jinja2 2.10: PYSEC-2019-217"),
        ([UNKNOWN], 0, "NOT AUDITED"),
        ([], 0, "NOT AUDITED"),
    ],
)
def test_only_a_known_weakness_is_a_failure(packages: list[Any], code: int, said: str) -> None:
    found, sentence = AUDIT["judged"]({"dependencies": packages})
    assert found == code
    assert said in sentence


def test_an_auditor_that_gave_no_report_has_audited_nothing() -> None:
    assert AUDIT["judged"]({})[0] == 0
    assert AUDIT["judged"]({})[1].startswith("NOT AUDITED")


def test_the_packages_of_an_sbom_are_asked_for_and_what_is_of_another_kind_is_not() -> None:
    components = [
        {"name": "click", "version": "8.2.0", "purl": "pkg:pypi/click@8.2.0"},
        {"name": "preact", "version": "11.2.0", "purl": "pkg:npm/preact@11.2.0"},
    ]
    assert AUDIT["pins"]({"components": components}) == ["click==8.2.0"]
