"""Properties of the journal, whatever the order of events and wherever a process is cut."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from importer.errors import StateError
from importer.records import Counts, Intent, Landed, Outcome, Remedy, RowId, Status
from importer.sources import StagedSource
from importer.state.journal import Journal, Run, RunState, SessionKind
from importer.state.postgres.address import Address
from importer.state.postgres.faces import make_face

LOCATION = "location1"
FIRST_ROW = 2


def begin(folder: Path) -> Journal:
    copy = folder / "0.csv"
    copy.write_text("Email\n")
    source = StagedSource(index=0, reference="0.csv", name="0.csv", path=copy, fingerprint="0", size=6)
    run = Run(
        id="run",
        started_at=0.0,
        sources=(source,),
        mapping_path=Path("m.yaml"),
        mapping_text="version: 1",
        mapping_fingerprint="0",
        base_url="https://api.example.test",
    )
    return Journal.create(folder, run)


class CutError(Exception):
    """The process is gone."""


@dataclass
class Vendor:
    """The vendor in miniature: one contact a person, a clock that moves with each request."""

    clock: float = 100.0
    contacts: dict[str, tuple[float, RowId]] = field(default_factory=dict)
    """By person: when it was added, and the row whose values it has."""
    requests: int = 0

    def upsert(self, person: str, row: RowId) -> bool:
        self.clock += 1
        self.requests += 1
        new = person not in self.contacts
        added = self.clock if new else self.contacts[person][0]
        self.contacts[person] = (added, row)
        return new


@dataclass
class Sending:
    """The protocol of sending in miniature: intents, requests, landed or settled, a batch at a time.

    ``steps`` is how many writes and requests this process lives to see.
    """

    journal: Journal
    vendor: Vendor
    people: Sequence[str]
    batch: int
    steps: int

    def go(self) -> None:
        rows = range(FIRST_ROW, FIRST_ROW + len(self.people))
        for start in rows[:: self.batch]:
            self._send(range(start, min(start + self.batch, rows.stop)))
        self._step()
        self.journal.set_rows_read(len(rows))
        self.journal.set_state(RunState.FINISHED)

    def _send(self, rows: range) -> None:
        row_states = self.journal.row_states(rows[0], rows[-1])
        fresh = [row for row in rows if row not in row_states]
        self._step()
        self.journal.intend(
            Intent(row=row, location_id=LOCATION, first_attempt_at=self.vendor.clock) for row in fresh
        )
        landed: list[Landed] = []
        for row in rows:
            match row_states.get(row):
                case Outcome():
                    continue
                case Landed() as before:
                    landed.append(before)
                case row_state:
                    landed.append(self._attempt(row, row_state, landed))
        self._land(landed)
        self._step()
        self.journal.settle(_settled(each) for each in landed)

    def _land(self, landed: list[Landed]) -> None:
        self._step()
        self.journal.append(landed=landed)

    def _attempt(self, row: RowId, row_state: Intent | None, landed: list[Landed]) -> Landed:
        self._step()
        person = self.people[row - FIRST_ROW]
        new = self.vendor.upsert(person, row)
        self._step()
        if row_state is not None and not new:
            self._land(landed)  # the journal can only tell what it was told
        created = new or (row_state is not None and self._ours(person, row_state))
        return Landed(
            row=row,
            location_id=LOCATION,
            status=Status.CREATED if created else Status.UPDATED,
            contact_id=person,
            http_status=200,
            attempts=1,
        )

    def _ours(self, person: str, row_state: Intent) -> bool:
        added_at, _ = self.vendor.contacts[person]
        return added_at >= row_state.first_attempt_at and not self.journal.made_here(person, row_state.row)

    def _step(self) -> None:
        if not self.steps:
            raise CutError
        self.steps -= 1


def _settled(landed: Landed) -> Outcome:
    return Outcome(
        row=landed.row,
        status=landed.status,
        location_id=landed.location_id,
        contact_id=landed.contact_id,
        http_status=landed.http_status,
        attempts=landed.attempts,
    )


def cut_off(folder: Path, copy: Path) -> Path:
    """Take the files as they lie on the disk at this moment, as a power cut would."""
    copy.mkdir()
    for path in folder.iterdir():
        if not path.name.endswith("-shm"):  # memory, gone with the machine
            shutil.copy(path, copy / path.name)
    return copy


people = st.lists(st.sampled_from(["ada", "grace", "katherine", "mary"]), min_size=1, max_size=12)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    people=people,
    known=st.sets(st.sampled_from(["ada", "grace"])),
    batch=st.integers(1, 5),
    lives=st.lists(st.integers(0, 25), max_size=6),
    torn=st.binary(max_size=300),
)
def test_a_run_cut_at_any_moment_ends_as_if_it_had_not_been_cut(
    people: list[str], known: set[str], batch: int, lives: list[int], torn: bytes
) -> None:
    def cut_and_torn(folder: Path) -> Path:
        cut = cut_off(folder, folder.with_name(f"{folder.name}x"))
        with (cut / "journal.db-wal").open("ab") as log:
            log.write(torn)
        return cut

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "0")
        folder.mkdir()
        live_through(folder, lives, cut_and_torn, people=people, known=known, batch=batch)


def live_through(
    folder: Path,
    lives: list[int],
    cut: Callable[[Path], Path],
    *,
    people: list[str],
    known: set[str],
    batch: int,
) -> None:
    """Let a run be cut off after so many steps each time, and gone on with until it is through; see that all is right."""
    vendor = Vendor(contacts=dict.fromkeys(known, (1.0, 0)))
    begin(folder).close()
    for steps in [*lives, 10_000]:
        with Journal.open(folder) as journal:
            journal.begin(SessionKind.RESUME)
            try:
                Sending(journal=journal, vendor=vendor, people=people, batch=batch, steps=steps).go()
            except CutError:
                folder = cut(folder)
            else:
                break
    with Journal.open(folder) as journal:
        statuses = [each.status for each in journal.outcomes()]
        assert journal.run.state is RunState.FINISHED
    assert statuses == expected(people, known)
    assert {person: row for person, (_, row) in vendor.contacts.items() if row} == {
        person: row for row, person in enumerate(people, FIRST_ROW)
    }, "the values of a person's last row stand"


@pytest.fixture
def face(tmp_path: Path, postgres: str) -> Path:
    """A folder whose runs are in Postgres."""
    return make_face(Address.read(postgres), tmp_path)


def run_in(face: Path) -> Path:
    folder = face / "runs" / secrets.token_hex(4)
    folder.mkdir(parents=True)
    return folder


@pytest.mark.versions
@settings(deadline=None, max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    people=people,
    known=st.sets(st.sampled_from(["ada", "grace"])),
    batch=st.integers(1, 5),
    lives=st.lists(st.integers(0, 25), max_size=4),
)
def test_a_run_in_postgres_cut_at_any_moment_ends_as_if_it_had_not_been_cut(
    face: Path, people: list[str], known: set[str], batch: int, lives: list[int]
) -> None:
    # a process that is gone leaves what it committed, and somebody else goes on
    live_through(run_in(face), lives, lambda folder: folder, people=people, known=known, batch=batch)


@pytest.mark.versions
def test_the_accounts_of_a_run_in_postgres_balance_in_any_order_of_events(face: Path) -> None:
    class InPostgres(Accounting):
        def place(self) -> Path:
            return run_in(face)

    few = settings(
        deadline=None, max_examples=8, stateful_step_count=25, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(InPostgres, settings=few)


def expected(people: Sequence[str], known: set[str]) -> list[Status]:
    first = [person not in known and person not in people[:index] for index, person in enumerate(people)]
    return [Status.CREATED if new else Status.UPDATED for new in first]


class Accounting(RuleBasedStateMachine):
    """Any order of intents, landings, outcomes, stops, kills and retries, beside a plain model of what must stand."""

    ROWS = range(FIRST_ROW, FIRST_ROW + 8)

    def place(self) -> Path:
        return Path(tempfile.mkdtemp())

    @initialize()
    def start(self) -> None:
        self.folder = self.place()
        self.journal = begin(self.folder)
        self.journal.set_rows_read(len(self.ROWS))
        self.settled: dict[RowId, Outcome] = {}
        self.landed: set[RowId] = set()
        self.open: set[RowId] = set()
        """Settled rows that a retry may settle anew."""

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self.journal.close()
            shutil.rmtree(self.folder)

    rows = st.lists(st.sampled_from(ROWS), max_size=4, unique=True)
    outcome = st.builds(
        lambda row, status, remedy: Outcome(
            row=row, status=status, remedy=remedy if status is Status.FAILED else Remedy.NONE
        ),
        st.sampled_from(ROWS),
        st.sampled_from([Status.CREATED, Status.UPDATED, Status.SKIPPED, Status.FAILED]),
        st.sampled_from([Remedy.FIX_ROW, Remedy.RUN_AGAIN]),
    )

    @rule(rows=rows)
    def intend(self, rows: list[RowId]) -> None:
        self.journal.intend(Intent(row=row, location_id=LOCATION, first_attempt_at=1.0) for row in rows)

    @rule(rows=rows)
    def withdraw(self, rows: list[RowId]) -> None:
        self.journal.withdraw(
            Intent(row=row, location_id=LOCATION, first_attempt_at=2.0, attempts=0) for row in rows
        )

    @rule(rows=rows)
    def land(self, rows: list[RowId]) -> None:
        self.landed.update(rows)
        self.journal.append(
            landed=(
                Landed(
                    row=row,
                    location_id=LOCATION,
                    status=Status.CREATED,
                    contact_id="contact1",
                    http_status=200,
                    attempts=1,
                )
                for row in rows
            )
        )

    @rule(batch=st.lists(outcome, max_size=4))
    def settle(self, batch: list[Outcome]) -> None:
        settled, still_open = dict(self.settled), set(self.open)
        for each in batch:
            if each.row in settled and each.row not in still_open and settled[each.row] != each:
                try:
                    self.journal.settle(batch)
                except StateError:
                    return
                raise AssertionError("an outcome was replaced silently")
            if each.row not in settled or each.row in still_open:
                settled[each.row] = each
                still_open.discard(each.row)
        self.journal.settle(batch)
        self.settled, self.open = settled, still_open

    @rule()
    def kill(self) -> None:
        self.journal.close()
        self.journal = Journal.open(self.folder)
        self.journal.begin(SessionKind.RESUME)

    @rule()
    def retry(self) -> None:
        self.journal.begin(SessionKind.RETRY)
        self.open = {row for row, each in self.settled.items() if each.remedy is Remedy.RUN_AGAIN}

    @rule()
    def stop(self) -> None:
        self.journal.set_state(RunState.STOPPED, "SIGINT")

    @precondition(lambda self: len(self.settled) == len(self.ROWS))
    @rule()
    def finish(self) -> None:
        self.journal.set_state(RunState.FINISHED)

    @invariant()
    def the_accounts_balance(self) -> None:
        counts = self.journal.counts()
        unfinished = self.landed - self.settled.keys()
        assert counts.read == len(self.ROWS)
        assert [each.row for each in self.journal.unfinished()] == sorted(unfinished)
        ended = [each.status for each in self.settled.values()] + [Status.CREATED] * len(unfinished)
        assert counts == Counts(
            **{status: ended.count(Status(status)) for status in STATUSES},
            pending=len(self.ROWS) - len(ended),
        )

    @invariant()
    def each_settled_row_is_there_once_with_its_latest_outcome(self) -> None:
        assert list(self.journal.outcomes()) == [self.settled[row] for row in sorted(self.settled)]

    @invariant()
    def only_settled_rows_that_no_retry_opened_stand_as_settled(self) -> None:
        row_states = self.journal.row_states(self.ROWS[0], self.ROWS[-1])
        closed = {row for row, row_state in row_states.items() if isinstance(row_state, Outcome)}
        assert closed == set(self.settled) - self.open


STATUSES = ("created", "updated", "skipped", "failed")

Accounting.TestCase.settings = settings(
    deadline=None,
    max_examples=25,
    stateful_step_count=20,
    suppress_health_check=[HealthCheck.too_slow],
)
TestAccountingOverAnyInterleaving = Accounting.TestCase


@settings(deadline=None, max_examples=20)
@given(sizes=st.lists(st.integers(1, 30), min_size=2, max_size=6), share=st.floats(0, 1))
def test_a_log_torn_anywhere_holds_whole_batches_and_none_but_the_last_is_missing(
    sizes: list[int], share: float
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "run")
        folder.mkdir()
        with begin(folder) as journal:
            ends: list[tuple[int, int]] = []
            for outcomes in batched(sizes):
                journal.settle(outcomes)
                ends.append((outcomes[-1].row, (folder / "journal.db-wal").stat().st_size))
            copy = cut_off(folder, Path(name, "copy"))
        (before_row, before), (last_row, whole) = ends[-2:]
        cut_at = before + int((whole - before) * share)
        with (copy / "journal.db-wal").open("rb+") as log:
            log.truncate(cut_at)
        with Journal.open(copy) as journal:
            rows = [each.row for each in journal.outcomes()]
    assert rows == list(range(FIRST_ROW, (last_row if cut_at == whole else before_row) + 1))


def batched(sizes: Sequence[int]) -> Iterator[list[Outcome]]:
    first = FIRST_ROW
    for size in sizes:
        yield [Outcome(row=row, status=Status.CREATED) for row in range(first, first + size)]
        first += size
