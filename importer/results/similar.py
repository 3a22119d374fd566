"""Rows that may be of the same person, although nothing makes them one contact: how many, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from importer.records import Json, RowId, number_of, source_of, value_type
from importer.results.csv_file import CsvTable, opened_csv
from importer.results.wording import number

FILE_NAME: Final = "similar.csv"
_HEAD: Final = ("pair", "row", "name", "email", "phone", "street", "place", "why")
_SHOWN: Final = 5
_SAID: Final[Mapping[str, str]] = {
    "same_name": "the same name",
    "similar_name": "a similar name",
    "nickname": "a nickname",
    "same_address": "the same address",
    "near_phone": "phones that differ in a digit",
    "near_email": "similar e-mails",
    "same_birthday": "the same birthday",
    "same_company": "the same company",
}


@value_type(frozen=True, slots=True, kw_only=True)
class SimilarPair:
    """Two rows and what they have in common, as codes."""

    one: RowId
    other: RowId
    why: tuple[str, ...]

    @property
    def said(self) -> str:
        return ", ".join(_SAID[each] for each in self.why)


class SimilarPerson(NamedTuple):
    """How one row of a pair is listed."""

    row: RowId
    name: str
    email: str
    phone: str
    street: str
    place: str


@value_type(frozen=True, slots=True, kw_only=True)
class SimilarRows:
    """What a look for similar people found; ``first`` are the first pairs of all."""

    pairs: int
    first: tuple[SimilarPair, ...]
    uncompared_groups: int
    """Groups that were too large to compare each with each: a name that hundreds have."""
    path: Path | None = None

    def sentences(self) -> Iterator[str]:
        """Say it by row numbers, without anybody's values."""
        if not self.pairs:
            yield "no two rows look like the same person under other addresses and numbers"
        else:
            yield f"{number(self.pairs)} {'pair' if self.pairs == 1 else 'pairs'} of rows may be of the same person; a run takes them for two"
        for pair in self.first[:_SHOWN]:
            yield f"rows {number_of(pair.one)} and {number_of(pair.other)}: {pair.said}"
        if self.pairs > _SHOWN:
            more = "similar.csv lists" if self.path else "--report lists"
            yield f"and {number(self.pairs - _SHOWN)} more: {more} all of them"
        if self.uncompared_groups:
            yield f"{number(self.uncompared_groups)} groups of rows were too large to compare each with each"

    def to_json(self) -> dict[str, Json]:
        return {
            "pairs": self.pairs,
            "first": [
                {
                    "rows": [number_of(pair.one), number_of(pair.other)],
                    "sources": [source_of(pair.one), source_of(pair.other)],
                    "why": [*pair.why],
                }
                for pair in self.first
            ],
            "uncompared_groups": self.uncompared_groups,
            "path": None if self.path is None else str(self.path),
        }


def write_similar(
    listed: Iterable[tuple[SimilarPair, SimilarPerson, SimilarPerson]], path: Path, *, sources: Sequence[str]
) -> None:
    """Write the pairs, two lines for each; with the source of each row where there are several. Raises StateError."""
    several = len(sources) > 1
    with opened_csv(path) as file:
        table = CsvTable(file)
        table.write([*_HEAD, *(["source"] if several else [])])
        for place, (pair, *both) in enumerate(listed, 1):
            for person in both:
                source = [sources[source_of(person.row)]] if several else []
                table.write([str(place), str(number_of(person.row)), *person[1:], pair.said, *source])
