"""One round of a campaign: a file imported by processes that are killed, then reconciled row by row."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from importer.errors import ImporterError
from importer.records import Intent, Outcome, Remedy, Status
from importer.sandbox import Fault, FaultKind, Sandbox
from importer.state import StateFolder
from importer.state.database import DamagedError
from importer.state.journal import RunState
from tests.campaign.cuts import LogCut
from tests.campaign.people import Kind, Person, expected, invent, person_states

KILLS_A_ROUND: Final = 25
_CUT_SHARE: Final = 0.4
"""So many of the kills also cost the journal its end."""
_EARLY_RESETS: Final = 5
"""So many upserts of each process' first are cut off 50 ms after they were sent; the vendor stores them all the same."""
_LONG_AGO_SECONDS: Final = 3_600.0
_ROWS: Final = {Kind.UPSERT: 600, Kind.CREATE_ONLY: 400, Kind.UNREPEATABLE: 400, Kind.RETRY: 400}

_MAPPING: Final = """\
version: 1
fields:
  firstName: First Name
  email: E-mail
  phone: {column: Phone, region: US}
  companyName: Marker
EXTRA_FIELD
tags: {columns: [Tags], split: ";"}
match: {require: [email, phone]}
"""
_EXTRA: Final = {
    Kind.UPSERT: ("", ""),
    Kind.CREATE_ONLY: ("", "mode: create_only\n"),
    Kind.RETRY: ("", ""),
    Kind.UNREPEATABLE: ('  createNewIfDuplicateAllowed: {value: "yes"}', ""),
}


@dataclass
class Tally:
    """What a campaign saw; the four that must stay empty first."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    mislabelled: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Rows that were given the contact id of somebody else."""
    rounds: int = 0
    rows: int = 0
    contacts: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    """What was done to the journal's log, and to what effect."""
    rows_cut_off: int = 0
    in_doubt: int = 0
    unconfirmed: int = 0
    slowest_stop: float = 0.0
    retried: int = 0
    began_at: float = field(default_factory=time.monotonic)
    ended_at: float = 0.0
    vendor: dict[str, Any] = field(default_factory=dict)
    """What the sandbox counted."""

    def figures(self) -> str:
        kills = ", ".join(f"{count} {name}" for name, count in self.kills.most_common())
        return (
            f"{sum(self.kills.values())} kills ({kills}) in {self.rounds} runs of {self.rows:,} rows, "
            f"{self.ended_at - self.began_at:.0f} s; {self.in_doubt:,} rows in doubt at a kill, "
            f"{self.unconfirmed} ended unconfirmed, {self.retried} retried; slowest stop {self.slowest_stop:.1f} s; "
            f"{self.contacts:,} contacts\n"
            f"logs of the journal: {dict(self.cuts)}, {self.rows_cut_off} sent rows unknown after it\n"
            f"rows lost {len(self.lost)}, doubled {len(self.doubled)}, mislabelled {len(self.mislabelled)}, "
            f"foreign ids {len(self.foreign)}"
        )

    @property
    def broken(self) -> list[str]:
        """Tell each promise that was broken; none, or the campaign has found something."""
        return [*self.lost, *self.doubled, *self.mislabelled, *self.foreign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """The sandbox beside the processes that are killed, looked at from outside."""

    sandbox: Sandbox

    @property
    def late(self) -> bool:
        """It takes its time to store: few rows at once would take minutes."""
        return self.sandbox.settings.store_delay_ms[1] > 0

    @property
    def requests(self) -> int:
        return self.sandbox.vendor.tally.requests

    def contacts(self, location_id: str) -> list[dict[str, Any]]:
        """List what is stored of a location, once nothing is at work there any more."""
        while self.sandbox._in_flight.total():
            time.sleep(0.01)
        return self.sandbox.contacts(location_id)

    def know(self, location_id: str, person: Person) -> None:
        """Let somebody be there since long before the run: what is made within the same second is nobody's."""
        self.sandbox.add_contact(
            location_id,
            added_at=self.sandbox.clock.now() - _LONG_AGO_SECONDS,
            firstName=person.name,
            email=person.email,
            phone=person.phone,
        )

    def cut_off_first(self) -> None:
        """Cut off upserts of the process that starts next, in its first seconds, when it knows no round trip yet."""
        if not self.sandbox.fates._script:
            early = Fault(kind=FaultKind.RESET, seconds=0.05, path="/contacts/upsert", times=_EARLY_RESETS)
            self.sandbox.script([early])


class Round:
    """One file, imported by processes that are killed until there were enough kills, then to its end."""

    def __init__(
        self, vendor: Vendor, folder: Path, dice: random.Random, tally: Tally, kind: Kind = Kind.UPSERT
    ) -> None:
        self.vendor = vendor
        self.folder = folder
        self.dice = dice
        self.tally = tally
        self.kind = kind
        self.location_id = f"{kind}{folder.name}"
        self.rows = _ROWS[kind]
        self.lines = invent(dice, folder.name, self.rows, kind)
        self.state = StateFolder(folder / "state")
        self.source = folder / "contacts.csv"
        with self.source.open("w", newline="", encoding="utf-8") as opened:
            writer = csv.writer(opened)
            writer.writerow(["First Name", "E-mail", "Phone", "Marker", "Tags"])
            writer.writerows(line.cells() for line in self.lines)
        extra_field, extra = _EXTRA[kind]
        (folder / "mapping.yaml").write_text(_MAPPING.replace("EXTRA_FIELD", extra_field) + extra)
        for person in dict.fromkeys(line.person for line in self.lines):
            if person is not None and person.known:
                vendor.know(self.location_id, person)

    def go(self, kills: int) -> None:
        """Be killed so many times (fewer when the file ends before), then come to the end, retries and all."""
        for _ in range(kills):
            if self._session_to_kill():
                break
        self._to_the_end("resume" if self._begun() else "run")
        for _ in range(5):
            again = sum(row["import_remedy"] == "run_again" for row in self._results())
            if not again:
                return
            self.tally.retried += again
            self._to_the_end("retry")

    def _to_the_end(self, command: str, *more: str) -> None:
        code, told = 3, ""
        for _ in range(10):
            code, told = self._wait(self._start(command, *more))
            if _was_misdirected(code, told):
                continue
            if code != 3:
                break
            command = "resume"
        assert code in {0, 1}, told

    def _session_to_kill(self) -> bool:
        """Start a process and kill it at some moment; True when it reached its end before."""
        before = self.vendor.requests
        process = self._start(self._command())
        self._let_work(process, before)
        name = self.dice.choices(["SIGKILL", "SIGTERM", "SIGINT", "SECOND"], [7, 1, 1, 2])[0]
        asked_at = time.monotonic()
        if name != "SECOND":
            process.send_signal(signal.Signals[name])
        elif not _kill_children(process.pid):
            name = "SIGKILL"
            process.kill()
        code, told = self._wait(process)
        if _was_misdirected(code, told):
            return False
        if name == "SIGKILL":
            assert code in {0, 1, -signal.SIGKILL}, told
        elif name == "SECOND":
            # 2: it was gone while it surveyed the file, before anything was sent
            assert code in {0, 1, 3} or (code == 2 and _ENDED_SURVEYING in told), told
        else:
            self.tally.slowest_stop = max(self.tally.slowest_stop, time.monotonic() - asked_at)
            # Before our own handlers are set, Python ends by the signal itself.
            assert code in {0, 1, 3, -signal.SIGTERM, -signal.SIGINT, 130}, told
        if code in {0, 1} and "KeyboardInterrupt" not in told:
            assert "Traceback" not in told, told
            return True
        self.tally.kills[name] += 1
        if self._begun_files() and self.dice.random() < _CUT_SHARE:
            self._cut_log()
        self._look_in()
        return False

    def _begun_files(self) -> bool:
        return self.state.path.is_dir() and bool(self.state.run_ids())

    def _cut_log(self) -> None:
        """Take the end of the journal away, as far as it lies in the log; what is refused as damaged is put back."""
        folder = self.state.run_folder(self.state.run_ids()[0])
        cut = LogCut(folder, self.folder / "kept")
        name = cut.make(self.dice)
        if name is None:
            return
        try:
            with self.state.open_journal(self.state.find()) as journal:
                loss = journal.loss
        except DamagedError:
            cut.undo()
            self.tally.cuts["refused"] += 1
        else:
            self.tally.cuts[name] += 1
            self.tally.rows_cut_off += loss.intents if loss else 0

    def _command(self) -> str:
        return "resume" if self._begun() and self.dice.random() < 0.5 else "run"

    def _let_work(self, process: subprocess.Popen[str], before: int) -> None:
        if self.dice.random() < 0.12:  # in start-up, in the survey, or wherever it falls
            _sleep_while_alive(process, self.dice.uniform(0.1, 1.5))
            return
        wanted = before + self.dice.randint(1, 2 * self.rows // KILLS_A_ROUND)
        while process.poll() is None and self.vendor.requests < wanted:
            time.sleep(0.002)
        _sleep_while_alive(process, self.dice.uniform(0, 0.02))

    def _start(self, command: str, *more: str) -> subprocess.Popen[str]:
        self._let_go_at_once()
        self.vendor.cut_off_first()
        words = [sys.executable, "-m", "importer", command]
        if command == "run":
            words += [
                str(self.source),
                "-m",
                str(self.folder / "mapping.yaml"),
                "-o",
                str(self.folder / "out"),
            ]
            words += ["--location", self.location_id, "--base-url", self.vendor.sandbox.base_url]
            at_once = [16, 100] if self.vendor.late else [1, 4, 16, 100]
            words += ["--concurrency", str(self.dice.choice(at_once))]
        words += ["--state", str(self.state.path), "--no-progress", "--json", *more]
        return subprocess.Popen(
            words,
            cwd=self.folder,
            env={
                **os.environ,
                "HIGHLEVEL_TOKEN": "pit-campaign",
                "IMPORTER_PROCESSES": self.dice.choice(["1", "2", "2"]),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _wait(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        with process:
            told, _ = process.communicate(timeout=300)
        return process.returncode, told

    def _begun(self) -> bool:
        return next(self.state.runs(), None) is not None

    def _look_in(self) -> None:
        with suppress(ImporterError), self.state.open_journal(self.state.find(), thorough=False) as journal:
            known = journal.row_states(0, 1 << 62).values()
            self.tally.in_doubt += sum(isinstance(each, Intent) for each in known)

    def _let_go_at_once(self) -> None:
        """Forget what was used of the quota.

        After a restart a location rests for one burst interval, ten seconds until its quota is known. That is
        proven elsewhere, and would make five minutes of each round.
        """
        with suppress(ImporterError), self.state.open_journal(self.state.find(), thorough=False) as journal:
            journal._db.execute("UPDATE quota_marks SET in_window = 0, used_today = 0")

    def _results(self) -> list[dict[str, str]]:
        (path,) = (self.folder / "out").glob("*/results.csv")
        with path.open(newline="", encoding="utf-8-sig") as opened:
            return list(csv.DictReader(opened))

    # the reconciliation

    def reconcile(self) -> None:
        """Compare what the results say with what the sandbox holds and with what had to happen, row by row."""
        results = self._results()
        contacts = self.vendor.contacts(self.location_id)
        self._check_accounts(results)
        by_phone = _grouped(contacts, "phone")
        for found in (*by_phone.values(), *_grouped(contacts, "email").values()):
            if len(found) > 1:
                self.tally.doubled.append(f"{self.location_id}: {len(found)} contacts {found[0]['email']}")
        self._check_labels(results, by_phone)
        self._check_owners(results, {each["id"]: each["phone"] for each in contacts})
        self._check_values(results, by_phone)
        self.tally.contacts += len(contacts)
        self.tally.rows += self.rows
        self.tally.rounds += 1
        self.tally.ended_at = time.monotonic()

    def _check_accounts(self, results: Sequence[dict[str, str]]) -> None:
        (path,) = (self.folder / "out").glob("*/summary.json")
        summary = json.loads(path.read_text(encoding="utf-8"))
        told = Counter(row["import_status"] for row in results)
        assert [int(row["import_row"]) for row in results] == list(range(2, self.rows + 2)), (
            "a row is missing or twice"
        )
        assert summary["state"] == "finished"
        assert sum(told.values()) == summary["rows_read"] == self.rows
        for name in ("created", "updated", "skipped", "failed", "pending"):
            assert summary[name] == told[name]

    def _check_labels(
        self, results: Sequence[dict[str, str]], by_phone: dict[str, list[dict[str, Any]]]
    ) -> None:
        for line, row, status in zip(self.lines, results, expected(self.kind, self.lines), strict=True):
            told = f"{row['import_status']} {row['import_error_code']}".strip()
            place = f"{self.location_id} row {row['import_row']}: {told}"
            if self._honestly_unconfirmed(row):
                self.tally.unconfirmed += 1
                continue
            if row["import_status"] != status:
                self.tally.mislabelled.append(f"{place}, expected {status}")
            if line.person is None:
                continue
            if row["import_contact_id"] not in {each["id"] for each in by_phone.get(line.person.phone, [])}:
                self.tally.lost.append(f"{place}, but the sandbox has no such contact")

    def _check_owners(self, results: Sequence[dict[str, str]], owners: dict[str, str]) -> None:
        for line, row in zip(self.lines, results, strict=True):
            owner = owners.get(row["import_contact_id"])
            if owner is not None and (line.person is None or owner != line.person.phone):
                self.tally.foreign.append(f"{self.location_id} row {row['import_row']}: of {owner}")

    def _honestly_unconfirmed(self, row: dict[str, str]) -> bool:
        return self.kind is Kind.UNREPEATABLE and row["import_error_code"] == "unconfirmed"

    def _check_values(
        self, results: Sequence[dict[str, str]], by_phone: dict[str, list[dict[str, Any]]]
    ) -> None:
        unsure = {
            line.person
            for line, row in zip(self.lines, results, strict=True)
            if self._honestly_unconfirmed(row)
        }
        for person, stands in person_states(self.kind, self.lines).items():
            if person in unsure:
                continue
            for contact in by_phone.get(person.phone, []):
                found = contact["properties"].get("companyName"), frozenset(contact["tags"])
                if found != (stands.marker, stands.tags):
                    self.tally.lost.append(f"{self.location_id} {person.email}: {found} stands, not {stands}")


class RetryRound(Round):
    """A file whose first import ended with failed rows, which a retry sends; the retry is what is killed."""

    def go(self, kills: int) -> None:
        code, told = self._wait(self._start("run", "--max-requests", "1"))
        assert code == 3, told
        self._fail_some()
        self._to_the_end("resume", "--max-requests", "100000")
        super().go(kills)

    def _fail_some(self) -> None:
        with self.state.open_journal(self.state.find()) as journal:
            journal.settle(
                Outcome(
                    row=row,
                    status=Status.FAILED,
                    location_id=self.location_id,
                    code="service_down",
                    message="No reply came.",
                    remedy=Remedy.RUN_AGAIN,
                )
                for row, line in enumerate(self.lines, 2)
                if line.fails_first
            )

    def _command(self) -> str:
        finished = self.state.find().state is RunState.FINISHED
        return "retry" if finished or self.dice.random() < 0.5 else "resume"

    def _start(self, command: str, *more: str) -> subprocess.Popen[str]:
        return super()._start(command, *(more or ("--max-requests", "100000")))


_ENDED_SURVEYING: Final = "the process that reads it ended without a word"


def _was_misdirected(code: int, told: str) -> bool:
    """Tell a process that was answered by no vendor at first contact: nothing is sent, and a person looks at the address."""
    return code == 2 and "does not answer as HighLevel does" in told


def _grouped(contacts: Sequence[dict[str, Any]], key: str) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for contact in contacts:
        if contact[key]:
            groups.setdefault(contact[key], []).append(contact)
    return groups


def _sleep_while_alive(process: subprocess.Popen[str], seconds: float) -> None:
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)


def _kill_children(parent: int) -> int:
    """Kill the processes that another one has started, where /proc tells which these are."""
    killed = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                os.kill(int(stat.parent.name), signal.SIGKILL)
                killed += 1
    return killed
