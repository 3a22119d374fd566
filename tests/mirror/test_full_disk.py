"""A disk that fills up while a location is read: told, and what was read stays."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.errors import StateError
from tests.disks import small_disk
from tests.mirror.conftest import ids, open_location

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a small disk of its own")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path, "1m") as disk:
        yield disk


def enlarge(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)


async def test_a_reading_that_filled_the_disk_goes_on_once_there_is_room(disk: Path) -> None:
    async with open_location(disk / "state", search_page_limit=100) as location:
        made = location.seed(1_500)
        filler = disk / "filler"
        filler.write_bytes(b"x" * 600_000)
        with pytest.raises(StateError, match="disk is full"):
            await location.read()
        before = location.searches
        assert before > 2
        filler.unlink()
        enlarge(disk)
        assert ids(await location.read()) == made
        assert location.searches - before < 16  # all of it from the beginning
