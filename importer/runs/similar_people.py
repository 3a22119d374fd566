"""Similar people among the rows of a check: noted as the rows pass by, compared in small groups at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from importer.mapping.resemblance import Traits, block_keys, likeness, traits_of
from importer.records import Outcome, Record, RowId
from importer.results.similar import FILE_NAME, SimilarPair, SimilarPerson, SimilarRows, write_similar
from importer.state.memory.similar_traits import Cells, SimilarTraits

MOST_COMPARED: Final = 40
"""Rows of one group that are compared each with each; a larger one is of a common name, and says little."""
_FIRST: Final = 100
_NOTED_AT_ONCE: Final = 200


class SimilarPeople:
    """Rows that may be one person's. Nothing is decided by it: a run sends them as it would."""

    def __init__(self, store: SimilarTraits) -> None:
        self._store = store

    def see(self, items: Iterable[Record | Outcome]) -> None:
        """Note the rows that would be sent."""
        records = [item for item in items if isinstance(item, Record)]
        found = [(traits, record) for record in records if (traits := traits_of(record))]
        self._store.note(
            (traits.row, (*traits[1:], *_shown(record)), block_keys(traits)) for traits, record in found
        )

    def find(self, *, listing: Path | None, sources: Sequence[str]) -> SimilarRows:
        """Compare, and list all pairs in a folder, if one is named. Raises StateError."""
        pairs = self._similar()
        while some := list(islice(pairs, _NOTED_AT_ONCE)):
            self._store.note_pairs(some)
        count = self._store.count()
        path = None if listing is None or not count else listing / FILE_NAME
        if path is not None:
            write_similar(self._listed(), path, sources=sources)
        return SimilarRows(
            pairs=count,
            first=tuple(islice(map(_pair, self._store.pairs()), _FIRST)),
            uncompared_groups=self._store.larger_groups(most=MOST_COMPARED),
            path=path,
        )

    def _similar(self) -> Iterator[tuple[RowId, RowId, str]]:
        for group in self._store.groups(most=MOST_COMPARED):
            people = sorted(_traits(row, cells) for row, cells in group)
            for one, other in combinations(people, 2):
                if why := likeness(one, other):
                    yield one.row, other.row, " ".join(why)

    def _listed(self) -> Iterator[tuple[SimilarPair, SimilarPerson, SimilarPerson]]:
        for found in self._store.pairs():
            pair = _pair(found)
            yield pair, self._person(pair.one), self._person(pair.other)

    def _person(self, row: RowId) -> SimilarPerson:
        return SimilarPerson(row, *self._store.cells(row)[len(Traits._fields) - 1 :])


def _pair(found: tuple[RowId, RowId, str]) -> SimilarPair:
    one, other, why = found
    return SimilarPair(one=one, other=other, why=tuple(why.split()))


def _traits(row: RowId, cells: Cells) -> Traits:
    return Traits(row, *cells[: len(Traits._fields) - 1])


def _shown(record: Record) -> Cells:
    """Give what a list shows of a row, as it would be sent."""
    fields = record.fields
    name = fields.get("name") or " ".join(str(fields.get(part) or "") for part in ("firstName", "lastName"))
    place = " ".join(str(fields.get(part) or "") for part in ("postalCode", "city"))
    cells = (name, fields.get("email"), fields.get("phone"), fields.get("address1"), place)
    return tuple(" ".join(str(cell or "").split()) for cell in cells)


@contextmanager
def similar_people() -> Iterator[SimilarPeople]:
    """Open a scratch file for one look; it is gone afterwards."""
    with (
        TemporaryDirectory(prefix="importer-", ignore_cleanup_errors=True) as folder,
        SimilarTraits.open(Path(folder)) as store,
    ):
        yield SimilarPeople(store)
