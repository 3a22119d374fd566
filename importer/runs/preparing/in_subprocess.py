"""A preparation in a second process: the same calls, carried over its pipes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from importer.errors import SourceError
from importer.mapping import Mapping
from importer.results import Summary
from importer.runs.intake import Mapped
from importer.runs.preparing.order import Order, Surveyed
from importer.runs.preparing.packing import Packed, unpack
from importer.runs.preparing.subprocess_pipe import ProcessLostError, SecondProcess
from importer.runs.preparing.writing import write_results
from importer.runs.resolving import Catalogs
from importer.state.journal import Journal

_AHEAD: Final = 3


class InSubprocess:
    """Has an order carried out on the other side (``process.Office``). Raises what is raised there."""

    def __init__(self, order: Order, mapping: Mapping, journal: Journal, process: SecondProcess) -> None:
        self._order = order
        self._mapping = mapping
        self._journal = journal
        self._process = process
        self._under_way = 0
        """Pieces that were asked for and are not here yet."""

    def survey(self, keep_going: Callable[[], None]) -> tuple[Surveyed, ...]:
        try:
            self._process.ask("survey", self._order, self._journal.folder)
            while (found := self._process.answer()) is None:
                keep_going()
        except ProcessLostError as lost:
            # Not tried again in this process: what ended that one would end this one.
            names = ", ".join(source.name for source in self._order.sources)
            raise SourceError(
                f"{names} could not be read: the process that reads it ended without a word (status {lost.status}), "
                "for want of memory or because of something in the file. Nothing was sent. Free some memory, or save "
                "the file as CSV and import that."
            ) from None
        return found  # type: ignore[no-any-return]  # what Office.survey gives

    def resolve_for(self, catalogs: Catalogs) -> None:
        self._process.ask("resolve_for", dict(catalogs))
        self._process.answer()

    def follow(self) -> None:
        self._process.ask("follow")
        self._process.answer()

    def pieces(self, *, resolved: bool = True, built: bool = True) -> Iterator[Mapped]:
        """Ask for a few pieces ahead, so that one is there when it is wanted, and no more when it is not."""
        self._forget_pieces()  # of a pass that was left
        self._process.ask("pieces", resolved, built)
        self._process.answer()
        self._ask_ahead(_AHEAD)
        while (piece := self._next_piece()) is not None:
            self._ask_ahead(1)
            yield piece
        self._forget_pieces()

    def write_results(self) -> Summary:
        try:
            self._forget_pieces()  # of a run that stopped
            self._process.ask("write_results", self._journal.run)
            return self._process.answer()  # type: ignore[no-any-return]  # what Office.tell gives
        except ProcessLostError:
            return write_results(self._order, self._mapping, self._journal)

    def _ask_ahead(self, pieces: int) -> None:
        for _ in range(pieces):
            self._process.ask("piece")
            self._under_way += 1

    def _next_piece(self) -> Mapped | None:
        self._under_way -= 1
        packed: Packed | None = self._process.answer()
        return None if packed is None else unpack(packed)

    def _forget_pieces(self) -> None:
        """Take in what was asked ahead and nobody wants any more, be it rows or a mistake over them."""
        while self._under_way:
            try:
                self._next_piece()
            except ProcessLostError:
                raise
            except Exception:  # noqa: BLE001, S112  (see above)
                continue
