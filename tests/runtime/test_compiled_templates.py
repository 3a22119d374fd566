"""A template is compiled once, and what lies there is used only for what it was made of."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from importer.runtime.templates import templates_in


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "page.html.j2").write_text("<b>{{ name }}</b>", encoding="utf-8")
    return tmp_path


def rendered(folder: Path) -> str:
    return templates_in(folder).get_template("page.html.j2").render(name="A & B")


def compiled(folder: Path) -> list[Path]:
    return list(folder.glob("__pycache__/page.html.*.pyc"))


def test_a_template_is_compiled_once_and_values_are_escaped_either_way(folder: Path) -> None:
    assert rendered(folder) == "<b>A &amp; B</b>"
    (first,) = compiled(folder)
    made = first.stat().st_ino
    assert rendered(folder) == "<b>A &amp; B</b>"
    assert [each.stat().st_ino for each in compiled(folder)] == [made]


def test_what_was_compiled_is_what_is_rendered(folder: Path) -> None:
    rendered(folder)
    (kept,) = compiled(folder)
    kept.write_bytes(kept.read_bytes().replace(b"<b>", b"<i>"))
    assert rendered(folder) == "<i>A &amp; B</b>"


def test_a_template_that_was_changed_is_compiled_anew(folder: Path) -> None:
    rendered(folder)
    (folder / "page.html.j2").write_text("<u>{{ name }}</u>", encoding="utf-8")
    assert rendered(folder) == "<u>A &amp; B</u>"
    assert rendered(folder) == "<u>A &amp; B</u>"


@pytest.mark.parametrize("left", [b"", b"j2", None], ids=["nothing", "its beginning", "half"])
def test_what_a_crash_left_of_it_is_compiled_anew(folder: Path, left: bytes | None) -> None:
    rendered(folder)
    (kept,) = compiled(folder)
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2] if left is None else left)
    assert rendered(folder) == "<b>A &amp; B</b>"
    assert kept.read_bytes() == whole


def test_nothing_is_written_where_python_is_to_write_no_byte_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(folder) == "<b>A &amp; B</b>"
    assert os.listdir(folder) == ["page.html.j2"]  # noqa: PTH208


def test_a_folder_that_cannot_be_written_to_does_no_harm(folder: Path) -> None:
    (folder / "__pycache__").write_text("a file where the folder would be")
    assert rendered(folder) == "<b>A &amp; B</b>"
