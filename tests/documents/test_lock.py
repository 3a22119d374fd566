"""The lock file for developers holds what pyproject.toml asks for, from no place of its own."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
PINNED = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([\w.-]+)==([\w.+!]+)", LOCK, re.MULTILINE)
}


def test_the_lock_pins_each_requirement_of_the_package_and_its_extras_as_they_allow() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(each) for each in project["dependencies"]]
    wanted += [Requirement(each) for extra in project["optional-dependencies"].values() for each in extra]
    stale = [
        str(each)
        for each in wanted
        if each.name != project["name"]
        and not each.specifier.contains(PINNED.get(canonicalize_name(each.name), "0"), prereleases=True)
    ]
    assert stale == [], "renew the lock: its first lines say how"


def test_every_pin_has_a_hash_and_no_address() -> None:
    assert len(re.findall(r"^[\w.-]+==\S.*\\\n    --hash=sha256:[0-9a-f]{64}", LOCK, re.MULTILINE)) == len(
        re.findall(r"^[\w.-]+==", LOCK, re.MULTILINE)
    )
    assert not re.search(r"https?:|file:|--(?:extra-)?index-url|--find-links", LOCK)
