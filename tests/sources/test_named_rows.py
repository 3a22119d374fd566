"""The rows that a run is limited to, and corrections: read from whatever holds them, and kept beside the copy."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from threading import Thread

import pytest

from importer.errors import SourceError
from importer.sources import StagedSource, selection, stage
from importer.sources.corrections import correct, kept_corrections
from importer.sources.selection import kept_rows, select


@pytest.fixture
def staged(tmp_path: Path) -> StagedSource:
    path = tmp_path / "people.csv"
    path.write_text("Name,Email\nAnn,ann@example.com\nBob,bob@example.com\n", encoding="utf-8")
    return stage(str(path), tmp_path / "copies", 0)


@pytest.fixture
def piped(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    """Give what makes a pipe that somebody writes these bytes into."""
    writers: list[Thread] = []

    def pipe(content: bytes) -> Path:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        writers.append(Thread(target=path.write_bytes, args=(content,)))
        writers[-1].start()
        return path

    yield pipe
    for writer in writers:
        writer.join()


pipes = pytest.mark.skipif(sys.platform == "win32", reason="it has no such pipes")


@pipes
@pytest.mark.parametrize("lines", [b"2\n3\n", b'{"row": 2}\n{"row": 3}\n', b"# both\n2\n\n3"])
def test_rows_come_through_a_pipe(staged: StagedSource, piped: Callable[[bytes], Path], lines: bytes) -> None:
    (kept,) = select([staged], piped(lines))
    rows = kept_rows(kept)
    assert rows is not None
    assert list(rows) == [2, 3]


@pipes
def test_results_that_come_through_a_pipe_are_refused_by_what_they_are(
    staged: StagedSource, piped: Callable[[bytes], Path]
) -> None:
    with pytest.raises(SourceError, match=r"is a pipe, .*Name the file itself"):
        select([staged], piped(b"import_row,import_run\n2,x\n"))


@pipes
def test_corrections_come_through_a_pipe(staged: StagedSource, piped: Callable[[bytes], Path]) -> None:
    line = {"row": 2, "column": "Name", "before": "Ann", "after": "Anne"}
    (kept,) = correct([staged], piped(json.dumps(line).encode()))
    laid = kept_corrections(kept)
    assert laid is not None
    assert [each.after for each in laid] == ["Anne"]


def test_corrections_that_change_nothing_make_no_other_source_and_are_kept_to_be_looked_at(
    staged: StagedSource, tmp_path: Path
) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps({"row": 2, "column": "Name", "before": "Ann", "after": "Ann"}))
    (kept,) = correct([staged], path)
    assert kept.fingerprint == staged.fingerprint
    laid = kept_corrections(kept)
    assert laid is not None
    assert [each.before for each in laid] == ["Ann"]


def test_a_list_of_rows_without_an_end_is_not_waited_for() -> None:
    with pytest.raises(SourceError, match="more than 4,000,000 lines"):
        list(selection._of_lines(repeat(b"#\n"), "rows.txt"))
