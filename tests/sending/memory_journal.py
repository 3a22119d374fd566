"""A journal without a file: what the sender needs of one, kept in lists to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future

from importer.highlevel.additions import digest
from importer.records import (
    Added,
    Addition,
    Append,
    BeforeImage,
    FollowUpState,
    Intent,
    Landed,
    Outcome,
    Pulse,
    QuotaMark,
    RowId,
    Status,
)


class MemoryJournal:
    def __init__(self) -> None:
        self.intents: list[Intent] = []
        self.intended_at_once: list[int] = []
        self.withdrawn: list[Intent] = []
        self.landed: dict[RowId, Landed] = {}
        self.marked: dict[tuple[RowId, str], FollowUpState] = {}
        self.added: dict[tuple[RowId, str], Added] = {}
        self.outcomes: dict[RowId, Outcome] = {}
        self.appends: list[int] = []
        self.pulses: list[Pulse] = []
        self.marks: list[QuotaMark] = []
        self.history: list[str] = []
        self.images: list[BeforeImage] = []

    def write(self, append: Append) -> Future[None]:
        ended: Future[None] = Future()
        self.keep(append)
        ended.set_result(None)
        return ended

    def written(self, append: Append) -> None: ...

    def keep(self, append: Append) -> None:
        self.images += append.images
        self.intend(append.intents)
        self.land(append.landed)
        for mark in append.marks:
            self.marked[mark.row, mark.name] = mark.state
            if mark.added is not None:
                self.added[mark.row, mark.name] = mark.added
            self.history.append(f"{mark.state} {mark.name} {mark.row}")
        self.settle(append.outcomes)
        self.withdrawn += append.withdrawn
        self.history += [f"withdraw {intent.row}" for intent in append.withdrawn]

    def intend(self, intents: Iterable[Intent]) -> None:
        batch = list(intents)
        if batch:
            self.intents += batch
            self.intended_at_once.append(len(batch))
            self.history += [f"intend {intent.row}" for intent in batch]

    def land(self, landed: Iterable[Landed]) -> None:
        for each in landed:
            assert each.row not in self.outcomes, "a settled row landed again"
            self.landed[each.row] = each
            self.history.append(f"land {each.row}")

    def settle(self, outcomes: Iterable[Outcome]) -> None:
        batch = list(outcomes)
        if batch:
            self.appends.append(len(batch))
        for each in batch:
            assert each.row not in self.outcomes, "a row was settled twice"
            self.outcomes[each.row] = each
            self.history.append(f"settle {each.row}")

    def pulse(self, *pulses: Pulse) -> None:
        self.pulses += pulses

    def mark_quota(self, marks: Sequence[QuotaMark]) -> None:
        self.marks += marks

    def made_here(self, contact_id: str, before: RowId) -> bool:
        ended: tuple[Landed | Outcome, ...] = (*self.landed.values(), *self.outcomes.values())
        return any(each.contact_id == contact_id and each.row < before for each in ended)

    def find_added(self, addition: Addition, location_id: str, contact_id: str) -> str | None:
        wanted = (location_id, contact_id, digest(addition))
        found = [
            each.id
            for each in self.added.values()
            if (each.location_id, each.contact_id, each.digest) == wanted
        ]
        return found[0] if found else None

    def added_beside(self, contact_id: str) -> dict[str, str]:
        return {each.id: each.digest for each in self.added.values() if each.contact_id == contact_id}

    def made_by(self, row: int) -> str | Outcome | None:
        ended = self.outcomes.get(row)
        for each in (ended, self.landed.get(row)):
            if each is not None and each.status is Status.CREATED and each.contact_id is not None:
                return each.contact_id
        return ended

    def statuses(self) -> list[str]:
        return [self.outcomes[row].status.value for row in sorted(self.outcomes)]
