"""`importer read`: rows on stdout, what was detected on stderr."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]
TEXT = (
    "Title\n\nName;Email;Note\n"
    + "".join(f"Zoë {n};z{n}@example.com;a\tb\n" for n in range(30))
    + "Short;x\n"
)


def read(*arguments: str | Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "importer", "read", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_the_header_comes_first_then_ten_rows(write: Write) -> None:
    done = read(write(TEXT))
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0].split() == ["row", "Name", "Email", "Note"]
    assert len(lines) == 12
    assert lines[2].split() == ["4", "Zoë", "0", "z0@example.com", "a", "b"]


def test_what_was_detected_and_why_goes_to_stderr(write: Write) -> None:
    told = read(write(TEXT)).stderr
    for expected in (
        "format: delimited text",
        "encoding: utf-8",
        "delimiter: ;",
        "header row: 3",
        "rows: 31",
        "column_count",
    ):
        assert expected in told


def test_rows_can_be_had_as_csv_and_as_json_lines(write: Write) -> None:
    path = write(TEXT)
    rows = list(csv.reader(io.StringIO(read(path, "--format", "csv", "-n", "0").stdout)))
    assert rows[0] == ["Name", "Email", "Note"]
    assert rows[1] == ["Zoë 0", "z0@example.com", "a\tb"]
    assert len(rows) == 32
    lines = [json.loads(line) for line in read(path, "--format", "jsonl", "-n", "0").stdout.splitlines()]
    assert lines[0] == {"header": ["Name", "Email", "Note"]}
    assert lines[1] == {"row": 4, "cells": ["Zoë 0", "z0@example.com", "a\tb"], "faults": []}
    assert lines[-1]["faults"][0]["code"] == "column_count"


def test_each_detection_can_be_overridden(write: Write) -> None:
    path = write("Name,Note\nZoë,x;y\n", encoding="cp850")
    done = read(path, "--encoding", "cp850", "--delimiter", ";", "--header-row", "2", "--format", "csv")
    assert done.stdout.splitlines() == ['"Zoë,x",y']


def test_standard_input_is_read(write: Write) -> None:
    assert read("-", "--format", "csv", stdin=TEXT.encode()).stdout.splitlines()[0] == "Name,Email,Note"


def test_a_refusal_is_one_sentence_and_exit_code_2(write: Write) -> None:
    done = read(write("Ann,ann@example.com\n"))
    assert done.returncode == 2
    assert "no header" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_signs_that_steer_a_terminal_do_not_reach_it(write: Write) -> None:
    assert "\x1b" not in read(write("Name,Note\nAnn,\x1b[31mred\n")).stdout
