"""A preparation each of whose rows is altered on its way, as those that name files are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from importer.results import Summary
from importer.runs.attaching import Alter
from importer.runs.intake import Mapped
from importer.runs.preparing import Preparation
from importer.runs.preparing.order import Surveyed
from importer.runs.resolving import Catalogs


class Altered:
    """Passes everything on; ``alter`` is given each row that is ready to be sent. Satisfies ``Preparation``."""

    def __init__(self, preparation: Preparation, alter: Alter) -> None:
        self._preparation = preparation
        self._alter = alter

    def survey(self, keep_going: Callable[[], None]) -> tuple[Surveyed, ...]:
        return self._preparation.survey(keep_going)

    def resolve_for(self, catalogs: Catalogs) -> None:
        self._preparation.resolve_for(catalogs)

    def follow(self) -> None:
        self._preparation.follow()

    def pieces(self, *, resolved: bool = True, built: bool = True) -> Iterator[Mapped]:
        for piece in self._preparation.pieces(resolved=resolved, built=built):
            yield list(map(self._alter, piece)) if resolved else piece

    def write_results(self) -> Summary:
        return self._preparation.write_results()
