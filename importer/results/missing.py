"""People whom earlier files of a feed had and this one lacks: told, never deleted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from importer.results.csv_file import CsvTable, opened_csv
from importer.results.files import Replacing, replacing
from importer.results.summary import moment

MISSING_NAME: Final = "missing.csv"


class MissingPerson(Protocol):
    """What memory knows of somebody who is gone from a feed."""

    @property
    def location_id(self) -> str: ...

    @property
    def contact_id(self) -> str: ...

    @property
    def missing_since(self) -> float: ...

    @property
    def passes(self) -> int: ...


def write_missing(people: Iterable[MissingPerson], path: Path, *, replacing: Replacing = replacing) -> None:
    """List contacts by id, and since when and over how many complete files they are missing. Raises StateError."""
    with opened_csv(path, replacing=replacing) as file:
        table = CsvTable(file)
        table.write(["contact_id", "location_id", "missing_since", "files_missed"])
        for person in people:
            table.write(
                [person.contact_id, person.location_id, moment(person.missing_since), str(person.passes)]
            )
