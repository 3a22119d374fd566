"""A check keeps what it found, tells how far it is, and ends when it is asked to."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import importer
from importer.cli.presenting import Manner, watched_check
from importer.errors import InterruptedRunError
from importer.runs.forecast import CheckExtent, check
from importer.runtime.progress import CheckPhase
from importer.runtime.stopping import StopSignal
from importer.settings import Connection, RunSettings
from importer.state.grouped_rows import GroupKind

if TYPE_CHECKING:
    from tests.flow.conftest import Desk


def test_a_check_keeps_what_it_found_and_a_program_reads_it(desk: Desk) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,nobody,,\nBob,bob@example.com,,\nCid,nowhere,,\n")
    ended = desk.importer(
        "check", "contacts.csv", "-m", "mapping.yaml", "--location", "loc1", "--findings", "f.db"
    )
    assert ended.code == 1
    with importer.open_findings("f.db") as findings:
        assert [(cause.code, cause.rows, cause.columns) for cause in findings.causes()] == [
            ("invalid_email", 2, {"Mail": 2})
        ]
        assert [(row.number, row.cells) for row in findings.page("invalid_email")] == [
            (2, ("Ann", "nobody", "", "")),
            (4, ("Cid", "nowhere", "", "")),
        ]
        assert findings.cells_of([2, 3]) == {2: ("Ann", "nobody", "", "")}
        assert {
            row: [each.code for each in faults] for row, faults in findings.faults_of([2, 3, 4]).items()
        } == {
            2: ["invalid_email"],
            4: ["invalid_email"],
        }
        assert (findings.failing(count=1), findings.failing(after=2)) == ((2,), (4,))
    again = importer.check("contacts.csv", "mapping.yaml", location_id="loc1", findings="f.db")
    assert again.failed == 2


def test_a_check_keeps_the_rows_that_share_a_key_whatever_is_done_about_them(desk: Desk) -> None:
    desk.write(
        "contacts.csv",
        "First,Mail,Phone,Tags\nAnn,ann@example.com,2133734253,\nBob,bob@example.com,2133734253,\nAnn,ann@example.com,,\n",
    )
    text = desk.mapping.read_text() if hasattr(desk, "mapping") else Path("mapping.yaml").read_text()
    for policy in ("in_order", "first", "fail"):
        Path("mapping.yaml").write_text(f"{text}match: {{in_file_duplicates: {policy}}}\n")
        importer.check("contacts.csv", "mapping.yaml", location_id="loc1", findings="f.db")
        with importer.open_findings("f.db") as findings:
            kinds = [(each.kind, each.groups, each.rows) for each in findings.group_kinds()]
            (apart,) = findings.groups(GroupKind.APART_PHONE)

        assert kinds == [(GroupKind.APART_PHONE, 1, 2), (GroupKind.AGAIN, 1, 2)]
        assert [(row.number, row.apart, row.cells[0]) for row in apart.members] == [
            (2, False, "Ann"),
            (3, True, "Bob"),
        ]


def test_findings_do_not_take_the_place_of_another_file(desk: Desk) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,nobody,,\n")
    words = (
        "check",
        "contacts.csv",
        "-m",
        "mapping.yaml",
        "--location",
        "loc1",
        "--findings",
        "contacts.csv",
    )
    assert desk.importer(*words).code == 2
    assert "Ann,nobody" in Path("contacts.csv").read_text()


def test_a_check_tells_how_far_it_is_and_ends_when_it_is_asked_to(desk: Desk, tmp_path: Path) -> None:
    desk.write(
        "contacts.csv", "First,Mail,Phone,Tags\n" + "".join(f"P{n},p{n}@x.example,,\n" for n in range(3_000))
    )
    heard: list[tuple[str, int]] = []
    stop = StopSignal()

    def beat(phase: CheckPhase, rows: int) -> None:
        heard.append((phase, rows))
        if phase is CheckPhase.MAPPING:
            stop.request(InterruptedRunError("Stopped."))

    settings = RunSettings(
        sources=("contacts.csv",),
        mapping=Path("mapping.yaml"),
        connection=Connection(location_id="loc1"),
        state=tmp_path / "state",
    )
    with pytest.raises(InterruptedRunError):
        check(settings, stop=stop, beat=beat, extent=CheckExtent(findings=Path("f.db")))
    assert heard[:3] == [("surveying", 1_000), ("surveying", 2_000), ("surveying", 3_000)]
    assert heard[3] == ("mapping", 250)
    assert len(heard) == 4
    assert not list(desk.folder.glob("*f.db*"))


def test_a_long_check_says_so_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 1.0, 2.5, 2.6])
    with watched_check(Manner(), monotonic=lambda: next(moments)) as (_, beat):
        for rows in (1_000, 2_000, 3_000):
            beat(CheckPhase.MAPPING, rows)
    assert capsys.readouterr().err == "mapping: 2,000 rows so far ...\n"


def test_a_program_is_told_how_far_a_check_is_in_lines_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 0.4, 0.6])
    with watched_check(Manner(log_format="json"), monotonic=lambda: next(moments)) as (_, beat):
        for rows in (1_000, 2_000):
            beat(CheckPhase.MAPPING, rows)
    assert capsys.readouterr().err == '{"check": {"phase": "mapping", "rows": 2000}}\n'


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_signal_ends_a_check_between_two_blocks() -> None:
    with watched_check(Manner(quiet=True)) as (stop, _):
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(InterruptedRunError, match="The check was stopped by SIGTERM"):
            stop.check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
