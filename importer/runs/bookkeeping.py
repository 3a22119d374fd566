"""Journal and memory kept in step: the journal is written first, the memory of people learns what it settled."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from concurrent.futures import Future

from importer.highlevel.additions import digest
from importer.highlevel.payload import build_upsert, match_keys
from importer.mapping import Mapping
from importer.records import (
    Addition,
    Append,
    Outcome,
    Pulse,
    QuotaMark,
    Record,
    RowId,
    RowObject,
    Status,
    number_of,
)
from importer.runtime.clock import Clock
from importer.runtime.logs import logger_of
from importer.settings import RunSettings
from importer.state.journal import Journal, Run
from importer.state.memory import KnownAdditions, Leaver, Memory, MemoryPass, PersonRow, fingerprint

logger = logger_of(__name__)


class Bookkeeper:
    """The journal as the sender sees it, with the memory of what each person was last sent, and given, beside it."""

    def __init__(
        self, journal: Journal, turn: MemoryPass, mapping: Mapping, known: KnownAdditions | None = None
    ) -> None:
        self._journal = journal
        self._known = known
        self._turn = turn
        self._row_object = mapping.row_object
        self._tag_mode = mapping.follow_ups.tag_mode
        # Kept with each person: spelled otherwise, it would send everybody again once.
        self._rules = repr((mapping.mode, mapping.follow_ups))

    def meet(self, location_ids: Iterable[str]) -> None:
        """Ask memory what it has to do with each location: it waits for the database, and is asked once."""
        if self._row_object is RowObject.CONTACT:
            for location_id in location_ids:
                self._turn.concerns(location_id)

    def unchanged(self, records: Sequence[Record]) -> dict[RowId, Outcome]:
        """Find the rows that would send what was last settled for their person; ask once per row, in file order."""
        records = self._concerned(records)
        if not records:
            return {}
        unchanged = self._turn.unchanged([self._candidate(record) for record in records])
        return {
            record.row: Outcome(
                row=record.row,
                status=Status.SKIPPED,
                location_id=record.location_id,
                code="unchanged",
                message="Nothing changed since this person was last imported.",
                warnings=record.warnings,
            )
            for record, same in zip(records, unchanged, strict=True)
            if same
        }

    def expect(self, records: Sequence[Record]) -> None:
        """Name rows that are sent without asking (they were under way already), so that memory learns how they end."""
        if records := self._concerned(records):
            self._turn.expect([self._candidate(record) for record in records])

    def close_turn(self, *, complete: bool) -> list[Leaver]:
        """End the pass over the file; after a complete one, list the people whom earlier files had and this one lacks."""
        self._turn.finish(complete=complete)
        return list(self._turn.gone(passes=1)) if complete else []

    def write(self, append: Append) -> Future[None]:
        """Begin to write an append to the journal."""
        return self._journal.write(append)

    def written(self, append: Append) -> None:
        """Let memory learn what the journal holds by now."""
        if self._known is not None:
            self._known.learn(mark.added for mark in append.marks if mark.added is not None)
        self._turn.settled(append.outcomes)
        if logger.isEnabledFor(logging.INFO):
            _log(append.outcomes)

    def pulse(self, *pulses: Pulse) -> None:
        self._journal.pulse(*pulses)

    def mark_quota(self, marks: Sequence[QuotaMark]) -> None:
        self._journal.mark_quota(marks)

    def made_here(self, contact_id: str, before: RowId) -> bool:
        return self._journal.made_here(contact_id, before)

    def find_added(self, addition: Addition, location_id: str, contact_id: str) -> str | None:
        """Give the id of what this or an earlier run is remembered to have put beside a contact, and says the same."""
        if self._known is None:
            return None
        return self._known.find(location_id=location_id, contact_id=contact_id, digest=digest(addition))

    def added_beside(self, contact_id: str) -> dict[str, str]:
        return self._journal.added_beside(contact_id)

    def made_by(self, row: RowId) -> str | Outcome | None:
        return self._journal.made_by(row)

    def _concerned(self, records: Sequence[Record]) -> list[Record]:
        if self._row_object is not RowObject.CONTACT:
            return []  # nothing of it is what a person was sent
        return [record for record in records if self._turn.concerns(record.location_id)]

    def _candidate(self, record: Record) -> PersonRow:
        payload = build_upsert(record, tag_mode=self._tag_mode)
        return PersonRow(
            row=record.row,
            location_id=record.location_id,
            keys=match_keys(record),
            fingerprint=fingerprint(
                payload, "\n".join(sorted(record.tags)), self._rules, *_wanted_beside(record)
            ),
        )


def takes_all_rows(settings: RunSettings) -> bool:
    """Tell whether all rows of the file are sent, so that whoever is not among them is gone."""
    return settings.limit is None and settings.rows is None


def memory_pass(memory: Memory, run: Run, settings: RunSettings, *, realm: str) -> MemoryPass:
    """Begin a run's pass over its file, or take it up again."""
    return memory.begin(
        run_id=run.id,
        realm=realm,
        feed=settings.feed or str(run.mapping_path),
        changed_only=settings.changed_only,
        full_every=settings.full_every,
    )


def who_left(run: Run, settings: RunSettings, *, clock: Clock) -> list[Leaver]:
    """End the pass of a run whose parts have all ended, and list the people whom earlier files had and this one lacks."""
    if not settings.changed_only or not takes_all_rows(settings):
        return []
    with Memory.open(settings.state, clock=clock) as memory:
        turn = memory_pass(memory, run, settings, realm=run.base_url)
        turn.finish(complete=True)
        return list(turn.gone(passes=1))


def _wanted_beside(record: Record) -> tuple[str, ...]:
    """Give what a record wants beside its contact; nothing where it wants nothing, so that older hashes still hold."""
    return tuple(f"{each.applies_to.value} {digest(each)}" for each in record.additions)


def _log(settled: Iterable[Outcome]) -> None:
    """Log how rows ended: the failed for everyone who follows, the others for who wants to know all. No values."""
    for outcome in settled:
        level = logging.INFO if outcome.status is Status.FAILED else logging.DEBUG
        logger.log(
            level,
            "row %d %s%s",
            number_of(outcome.row),
            outcome.status.value,
            f": {outcome.code}" if outcome.code else "",
            extra={
                "row": number_of(outcome.row),
                "status": outcome.status.value,
                "code": outcome.code,
                "location_id": outcome.location_id,
                "attempts": outcome.attempts,
            },
        )
