"""A preparation in this process: what is asked is done there and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing

from importer.highlevel.payload import build_upsert
from importer.highlevel.wire import encode_to_keep
from importer.mapping import Mapping
from importer.mapping.fit import misfit
from importer.mapping.shared_keys import MatchedBy, SharedKeys
from importer.reading import Source
from importer.records import ImportMode, Record
from importer.results import Summary
from importer.runs.intake import Intake, Mapped, SourceIntake, open_staged, survey
from importer.runs.key_sharing import KeySharing, decided_again, matched_by, open_key_sharing
from importer.runs.preparing.order import Order, Surveyed
from importer.runs.preparing.writing import write_results
from importer.runs.resolving import Catalogs, Resolvers
from importer.state.journal import Journal


class InProcess:
    """Carries an order out."""

    def __init__(self, order: Order, mapping: Mapping, journal: Journal) -> None:
        self._order = order
        self._mapping = mapping
        self._journal = journal
        self._tag_mode = mapping.tag_mode
        self._upserts = mapping.mode is ImportMode.UPSERT
        self._intakes: Sequence[Intake] = ()
        self._sources: Sequence[Source] = ()
        self._resolvers: Sequence[Resolvers] = ()
        self._shared: Sequence[SharedKeys | None] = ()
        self._matched_by: MatchedBy | None = None
        self._sharing: KeySharing | None = None
        self._open = ExitStack()

    def survey(self, keep_going: Callable[[], None]) -> tuple[Surveyed, ...]:
        order = self._order
        sources = open_staged(order.sources, self._mapping, order.reading)
        for source in sources:
            self._open.enter_context(closing(source.keep_rows(self._journal.folder)))
        self._sources = sources
        self._intakes = intakes = survey(sources, self._mapping, order.survey, keep_going=keep_going)
        return tuple(
            Surveyed(
                rows=intake.rows,
                location_rows=intake.bound.location_rows,
                described=tuple(f"{source.name}: {line}" for line in source.detected.facts()),
                doubts=tuple(f"{source.name}: {doubt}" for doubt in source.detected.doubts),
                misfit=_misfit(intake, self._mapping),
            )
            for source, intake in zip(sources, intakes, strict=True)
        )

    def resolve_for(self, catalogs: Catalogs) -> None:
        self._resolvers = [Resolvers(intake, catalogs) for intake in self._intakes]
        place = self._order.keys
        if place is None:
            self._shared = [None] * len(self._intakes)
            return
        self._sharing = self._open.enter_context(open_key_sharing(place, self._journal.folder))
        self._matched_by = matched_by(self._mapping, catalogs)
        self._shared = self._deciders(self._sharing)

    def pieces(self, *, resolved: bool = True, built: bool = True) -> Iterator[Mapped]:
        if not resolved:
            yield from self._all_that_maps()
            return
        for intake, resolvers, shared in zip(self._intakes, self._resolvers, self._shared, strict=True):
            for _, mapped in intake.pieces(resolvers.resolve, shared):
                yield self._build_all(mapped) if built else mapped

    def _all_that_maps(self) -> Iterator[Mapped]:
        """Map without taking hold of a key: what a run since did with its holder is yet to be asked."""
        with ExitStack() as stack:
            shared = self._shared
            if self._sharing is not None and self._order.keys is not None:
                again = stack.enter_context(decided_again(self._sharing, self._order.keys))
                shared = self._deciders(again)
            for intake, resolvers, decider in zip(self._intakes, self._resolvers, shared, strict=True):
                for _, mapped in intake.pieces(resolvers.resolve, decider, refused=False):
                    yield mapped

    def _deciders(self, sharing: KeySharing) -> Sequence[SharedKeys | None]:
        matching = self._matched_by
        return [matching and sharing.decider(intake.bound, matching) for intake in self._intakes]

    def follow(self) -> None:
        """Do nothing: the sender would wait for whatever is written here."""

    def write_results(self) -> Summary:
        if self._sharing is not None:
            self._sharing.holders.flush()  # whoever ends the session frees keys that are written
        return write_results(self._order, self._mapping, self._journal, self.kept_sources)

    @property
    def kept_sources(self) -> Sequence[Source] | None:
        """The sources as they were surveyed, where their rows are kept: nobody need open and cut them again."""
        kept = [source for source in self._sources if source.keeps_rows]
        return kept if kept and len(kept) == len(self._sources) else None

    def close(self) -> None:
        """Close the files of rows that were kept, and those that deciding over shared keys opened."""
        self._open.close()

    def _build_all(self, mapped: Mapped) -> Mapped:
        return [self._build(item) if isinstance(item, Record) else item for item in mapped]

    def _build(self, record: Record) -> Record:
        if not self._upserts or record.contact_id is not None:
            return record
        return record.built(encode_to_keep(build_upsert(record, tag_mode=self._tag_mode)))


def _misfit(intake: SourceIntake, mapping: Mapping) -> str | None:
    found = misfit(mapping.model, intake.source.header)
    return None if found is None else f"{intake.source.name}: {found}"
