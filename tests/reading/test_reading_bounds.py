"""Small and large files that would take all memory: refused in a sentence, with little of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("resource")
Write = Callable[..., Path]
SCRIPT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from importer.reading import open_source
for row in open_source(sys.argv[1]): pass
"""
HEADER = b"Name,Email\nAnn,ann@example.com\n"


def refusal(path: Path) -> str:
    """Read a file within one gigabyte of address space, and give the last line that the reader left with."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, path], capture_output=True, text=True, timeout=120, check=False
    )
    return done.stderr.strip().rpartition("\n")[2]


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"", b"x"),
        (HEADER, b"x"),
        (HEADER + b'Bob,"', b"x"),
        (HEADER, b","),
        (b"", b","),
        (HEADER, b"a\tb;c|d "),
    ],
)
def test_a_line_of_three_hundred_megabytes_is_refused(tmp_path: Path, start: bytes, piece: bytes) -> None:
    path = tmp_path / "a.csv"
    with path.open("wb") as target:
        target.write(start)
        for _ in range(300):
            target.write(piece * ((1 << 20) // len(piece)))
        target.write(b"\n")
    told = refusal(path)
    assert told.startswith("importer.errors.SourceError: a.csv has a row of more than 16 million characters")


def test_a_row_of_a_million_cells_is_refused(write: Write) -> None:
    told = refusal(write(HEADER + b"Bob" + b"," * 1_000_000 + b"\n"))
    assert "Row 3 of contacts.csv has 1,000,001 cells" in told


def test_rows_as_long_as_the_longest_notes_are_read(write: Write) -> None:
    assert refusal(write(HEADER + b'Bob,"' + b"word\n" * 1_000_000 + b'"\n')) == ""
