"""A run whose journal lost its end: HighLevel is asked, and every row is told for what it is."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Fault, Sandbox
from tests.flow.test_stopping import until_still
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 leaves the log as it is")
ROWS = 200


def kill_in_the_middle(desk: Desk, vendor: Sandbox) -> Path:
    """Begin a run and kill it with the reply to its 80th request; tells where its journal is."""
    desk.write(
        "people.csv", "First,Mail,Phone,Tags\n" + "".join(f"P{n},p{n}@example.com,,\n" for n in range(ROWS))
    )
    reached = threading.Event()

    def note(body: bytes) -> bytes:
        reached.set()
        return body

    vendor.script([*[Fault()] * 80, Fault(alter=note)])
    words = [
        sys.executable,
        "-m",
        "importer",
        "run",
        "people.csv",
        "-m",
        "mapping.yaml",
        "--concurrency",
        "4",
    ]
    with subprocess.Popen([*words, "-q"], cwd=desk.folder, env=dict(os.environ)) as process:
        assert reached.wait(PATIENCE)
        process.kill()
    return next((Path(os.environ["IMPORTER_STATE"]) / "runs").iterdir()) / "journal.db"


@pytest.mark.parametrize("left", [0.0, 0.3, 0.7])
def test_rows_that_a_lost_log_knew_are_told_for_what_they_are(
    desk: Desk, slow_vendor: Sandbox, left: float
) -> None:
    journal = kill_in_the_middle(desk, slow_vendor)
    log = journal.with_name("journal.db-wal")
    content = log.read_bytes()
    if left:
        log.write_bytes(content[: int(len(content) * left)])
    else:
        log.unlink()
    shown = desk.importer("show")
    assert "lost what was written to it last" in shown.err
    ended = desk.importer("resume", "--json", "--no-progress")
    assert ended.code == 0, ended.err
    assert "lost what was written to it last" in ended.err
    assert [row["import_status"] for row in ended.rows] == ["created"] * ROWS
    assert len(slow_vendor.contacts()) == ROWS


def test_a_deleted_journal_stops_the_same_command_and_is_named(desk: Desk, slow_vendor: Sandbox) -> None:
    journal = kill_in_the_middle(desk, slow_vendor)
    for path in journal.parent.glob("journal.db*"):
        path.unlink()
    before = until_still(lambda: len(slow_vendor.contacts()))
    for ended in (
        desk.run("people.csv", "-m", "mapping.yaml"),
        desk.importer("resume"),
        desk.importer("show"),
    ):
        assert ended.code in (2, 3)
        assert "is gone" in ended.err
        assert "There are no runs" not in ended.err
    assert len(slow_vendor.contacts()) == before


def test_an_emptied_journal_stops_the_same_command_instead_of_beginning_again(
    desk: Desk, slow_vendor: Sandbox
) -> None:
    journal = kill_in_the_middle(desk, slow_vendor)
    journal.with_name("journal.db-wal").unlink()
    journal.write_bytes(b"")
    before = until_still(lambda: len(slow_vendor.contacts()))
    again = desk.run("people.csv", "-m", "mapping.yaml")
    assert again.code == 3
    assert "is damaged (it is empty, and was not)" in again.err
    assert "--fresh" in again.err
    assert len(slow_vendor.contacts()) == before
