"""The man page says what `--help` says, and troff obeys nothing of it."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from importer.cli import COMMANDS, cli
from importer.version import __version__

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "importer.1"
WRITER = runpy.run_path(str(ROOT / "benchmarks" / "man_page.py"), run_name="started")


def test_the_man_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == WRITER["page"](), "run: python benchmarks/write_commands.py"


def test_every_command_and_option_is_in_it() -> None:
    told = PAGE.read_text(encoding="utf-8").replace("\\-", "-")
    assert f"highlevel-importer {__version__}" in told
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert f"\n.SS importer {name}" in told
        for option in command.params if command else ():
            for word in option.opts if isinstance(option, click.Option) else ():
                assert re.search(rf"{re.escape(word)}\b", told), (name, word)


def test_the_tables_of_exit_codes_and_variables_are_those_of_the_pages() -> None:
    told = PAGE.read_text(encoding="utf-8").replace("\\-", "-")
    _, _, last = told.partition(".SH EXIT STATUS")
    for term in ("0", "1", "2", "3", "HIGHLEVEL_TOKEN", "IMPORTER_STATE", "NO_COLOR, FORCE_COLOR"):
        assert f".TP\n\\fB{term}\\fR\n" in last
    assert "`" not in last
    assert "](" not in last


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (".so /etc/passwd", "\\&.so /etc/passwd"),
        ("'br", "\\&'br"),
        ("a\n  b", "a b"),
        ("C:\\new --yes", "C:\\enew \\-\\-yes"),
    ],
)
def test_what_troff_would_obey_is_taken_for_text(said: str, written: str) -> None:
    assert WRITER["plain"](said) == written


def test_a_reader_of_man_pages_finds_no_fault_with_it() -> None:
    if not (mandoc := shutil.which("mandoc")):
        pytest.skip("no mandoc here: the page was not judged")
    told = subprocess.run(
        [mandoc, "-T", "lint", "-W", "warning", str(PAGE)], capture_output=True, text=True, check=False
    )
    assert told.stdout == ""
