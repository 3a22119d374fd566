"""Patterns that wait for their first use: they act as compiled ones, and a mistake in one is found here."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import importer
from importer.runtime.regex import regex

PACKAGE = Path(importer.__file__).parent


def test_a_pattern_finds_what_the_compiled_one_finds() -> None:
    waiting, compiled = (
        regex(r"(?P<name>an+)\b", re.IGNORECASE),
        re.compile(r"(?P<name>an+)\b", re.IGNORECASE),
    )
    for text in ("Ann", "anna", "", "banANN"):
        for _ in ("first", "again"):
            assert repr(waiting.search(text)) == repr(compiled.search(text))
            assert waiting.sub("-", text) == compiled.sub("-", text)
    assert (waiting.pattern, waiting.flags, waiting.groupindex) == (
        compiled.pattern,
        compiled.flags,
        compiled.groupindex,
    )


def test_bytes_are_found_in_bytes() -> None:
    assert regex(rb"\d+").findall(b"1 and 23") == [b"1", b"23"]


def test_it_is_compiled_when_it_is_first_used_and_not_before() -> None:
    broken = regex("(")
    with pytest.raises(re.error, match="missing \\)"):
        broken.search("")


def test_every_pattern_of_the_package_can_be_compiled() -> None:
    paths = [path for path in PACKAGE.rglob("*.py") if "= regex(" in path.read_text(encoding="utf-8")]
    waiting = type(regex(""))
    found: list[re.Pattern[str] | re.Pattern[bytes]] = []
    for path in paths:
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        found += [each for each in vars(module).values() if isinstance(each, waiting)]
    assert len(found) > 200
    assert all(each.groups >= 0 for each in found)
