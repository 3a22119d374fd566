"""What somebody changed in a run's folder is theirs: it is kept, and what holds now goes beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Sandbox
from tests.flow.conftest import read_table, write_table

if TYPE_CHECKING:
    from tests.flow.conftest import Desk, Ended

CONTACTS = "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,nobody,,\nCid,nowhere,,\n"
NAMES = ("results.csv", "failed.csv", "failed.xlsx", "failed-by-cause.csv", "report.html", "summary.json")


def files_in(folder: Path) -> list[str]:
    """Name what a person may edit; progress.json is for programs."""
    return sorted(path.name for path in folder.iterdir() if path.name != "progress.json")


@pytest.fixture
def ended(desk: Desk, vendor: Sandbox) -> Ended:
    """A run of three rows, two of which failed."""
    desk.write("contacts.csv", CONTACTS)
    return desk.run("contacts.csv", "-m", "mapping.yaml")


@pytest.fixture
def folder(ended: Ended) -> Path:
    return Path(ended.summary["results"]).parent.absolute()


def correct(failed: Path) -> None:
    rows = read_table(failed)
    rows[0]["Mail"] = "bob@example.com"
    write_table(failed, rows)


@pytest.mark.parametrize(
    "words", [("retry",), ("resume",), ("results",), ("run", "contacts.csv", "-m", "mapping.yaml")]
)
def test_a_half_corrected_failed_file_survives_whatever_writes_the_runs_files(
    desk: Desk, folder: Path, words: tuple[str, ...]
) -> None:
    as_written = (folder / "failed.csv").read_bytes()
    correct(folder / "failed.csv")
    edited = (folder / "failed.csv").read_bytes()

    ended = desk.importer(*words, "--json")

    assert (folder / "failed.csv").read_bytes() == edited
    assert (folder / "failed-2.csv").read_bytes() == as_written
    assert Path(ended.summary["failed_rows"]).name == "failed-2.csv"
    assert [(Path(each["changed"]).name, Path(each["written"]).name) for each in ended.summary["kept"]] == [
        ("failed.csv", "failed-2.csv")
    ]
    assert (
        "failed.csv was changed since it was written and is kept; what holds now is in failed-2.csv"
        in ended.err
    )


def test_every_file_of_a_run_is_kept_once_it_was_changed(desk: Desk, folder: Path) -> None:
    for name in NAMES:
        (folder / name).write_text(f"my notes on {name}")

    summary = desk.importer("results", "--json").summary

    assert {name: (folder / name).read_text() for name in NAMES} == {
        name: f"my notes on {name}" for name in NAMES
    }
    beside = {name: (folder / name).with_stem(f"{Path(name).stem}-2") for name in NAMES}
    assert [
        summary[name] for name in ("results", "failed_rows", "failed_workbook", "failed_by_cause", "report")
    ] == [str(beside[name]) for name in NAMES[:5]]
    assert '"run_id"' in beside["summary.json"].read_text()
    assert len(files_in(folder)) == 2 * len(NAMES)


def test_files_that_nobody_touched_are_written_over(desk: Desk, folder: Path) -> None:
    desk.importer("results", "--report-details")
    desk.importer("results")
    assert files_in(folder) == sorted(NAMES)


def test_what_went_beside_is_written_over_in_its_turn(desk: Desk, folder: Path) -> None:
    correct(folder / "failed.csv")
    desk.importer("results")
    desk.importer("results")
    assert [path.name for path in sorted(folder.glob("failed-?.csv"))] == ["failed-2.csv"]


def test_a_copy_that_somebody_made_under_another_name_is_not_ours(desk: Desk, folder: Path) -> None:
    shutil.copy(folder / "failed.csv", folder / "failed-2.csv")
    correct(folder / "failed.csv")
    desk.importer("results")
    assert read_table(folder / "failed-3.csv") == read_table(folder / "failed-2.csv")


def test_a_file_in_the_way_that_no_run_wrote_is_kept(desk: Desk, folder: Path) -> None:
    (desk.folder / "again" / folder.name).mkdir(parents=True)
    theirs = desk.folder / "again" / folder.name / "results.xlsx"
    theirs.write_text("a list of my own")
    summary = desk.importer("results", "-o", "again", "--results-format", "xlsx", "--json").summary
    assert theirs.read_text() == "a list of my own"
    assert Path(summary["results"]).name == "results-2.xlsx"
