"""A disk without room under a file of the state folder is named as the cause."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.errors import ImporterError, StateError
from importer.jobs.job_state import JobsState
from importer.results.files import RunFiles
from importer.state.memory import ImportedFiles
from importer.state.memory.people import Memory
from importer.state.written import WrittenFiles
from tests.disks import small_disk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a small disk of its own")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path, "256k") as disk:
        yield disk


def spend(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 4_096)
        except OSError:
            return


@pytest.mark.parametrize("kind", [JobsState, ImportedFiles, Memory])
@pytest.mark.parametrize("there", [True, False])
def test_a_spent_disk_is_named(
    disk: Path,
    kind: type[JobsState | ImportedFiles | Memory],
    there: bool,  # noqa: FBT001
) -> None:
    if there:
        kind.open(disk).close()
    spend(disk)
    with pytest.raises(ImporterError, match=r"disk is full|No space left on device"):
        kind.open(disk).close()


def test_a_file_that_cannot_be_noted_for_want_of_room_is_no_fault_of_the_disk_that_it_goes_to(
    disk: Path, tmp_path: Path
) -> None:
    spend(disk)
    files = RunFiles(tmp_path, WrittenFiles(disk))
    with (
        pytest.raises(
            StateError, match=r"disk/written\.sha256 in the state folder cannot be written: No space left"
        ),
        files.replacing(tmp_path / "results.csv") as draft,
    ):
        draft.write_text("row\n")
    assert list(tmp_path.glob("*.csv")) == []
