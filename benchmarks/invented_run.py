"""An invented migration, told through the real reader, journal and results: what the pictures are made of."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from importer.codes import BY_NAME
from importer.reading import open_source
from importer.records import Fault, Outcome, Pulse, Remedy, Status, row_id
from importer.results import ResultsWriter, Summary
from importer.results.files import RunFiles
from importer.sources import stage
from importer.state import StateFolder
from importer.state.journal import Journal, Run, RunState
from importer.state.written import WrittenFiles

LOCATION = "ve9EPM428h8vShlRW1KT"
STARTED_AT = 1_795_420_800.0  # 2026-11-23 08:00 UTC
HEADER = ("First Name", "Last Name", "E-mail", "Mobile", "City", "Tags")
FIRST = [
    "Ana",
    "Bo",
    "Chiara",
    "Dmitri",
    "Elif",
    "Farah",
    "Goran",
    "Hana",
    "Ines",
    "Jonas",
    "Kamala",
    "Liam",
    "Mei",
    "Noor",
    "Oskar",
    "Priya",
]
LAST = [
    "Abe",
    "Berg",
    "Costa",
    "Diallo",
    "Eze",
    "Fischer",
    "Garcia",
    "Haas",
    "Ito",
    "Jansen",
    "Khan",
    "Lopez",
    "Moreau",
    "Novak",
    "Okafor",
]
CITIES = ["Lisbon", "Zürich", "Kraków", "Nairobi", "Austin", "Osaka", "Quito", "Leeds"]


class Stopwatch:
    """A clock that stands where it is put."""

    def __init__(self, at: float) -> None:
        self.at = at

    def monotonic(self) -> float:
        return self.at

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def write_results(folder: Path, *, rows: int = 4_812, details: bool = False) -> Summary:
    """Write the files of an invented run into ``folder`` and return its summary."""
    invent = random.Random(20261123)
    path = folder / "crm-export.csv"
    write_source(path, rows, invent)
    state = StateFolder(folder / "state")
    clock = Stopwatch(STARTED_AT)
    run_id = "20261123-080000-k7qd"
    home = folder / "state" / "runs" / run_id
    (home / "sources").mkdir(parents=True)
    staged = stage(str(path), home / "sources", 0)
    run = Run(
        id=run_id,
        started_at=STARTED_AT,
        sources=(staged,),
        mapping_path=Path("mappings/crm-export.yaml"),
        mapping_text="version: 1\n",
        mapping_fingerprint="9c1185a5c5e9fc54612808977ee8f548b2258d31b1b6b1a6a1a3a8c3b8a1f0de",
        location_id=LOCATION,
        base_url="https://services.leadconnectorhq.com",
    )
    with Journal.create(home, run, clock=clock) as journal:
        journal.set_rows_read(rows)
        journal.settle(outcomes(rows, path, invent))
        for pulse in pulses(rows, invent):
            clock.at = pulse.started_at + pulse.seconds
            journal.pulse(pulse)
        journal.set_state(RunState.FINISHED)
        del state
        with ResultsWriter(
            journal=journal,
            run_id=journal.run.id,
            sources=[open_source(staged.path)],
            files=RunFiles(folder / "import-results" / run_id, WrittenFiles(home)),
            report_details=details,
        ) as writer:
            return writer.finish(journal.run)


def write_source(path: Path, rows: int, invent: random.Random) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(2, rows + 2):
            first, last = invent.choice(FIRST), invent.choice(LAST)
            mail = f"{first}.{last}.{number}@example.com".lower()
            if number % 61 == 0:
                mail = mail.replace("@", " at ")
            phone = "" if number % 97 == 0 else f"+1 415 555 {number % 10_000:04}"
            writer.writerow(
                [first, last, "" if number % 97 == 0 else mail, phone, invent.choice(CITIES), "spring"]
            )


def outcomes(rows: int, path: Path, invent: random.Random) -> Iterator[Outcome]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    for number, line in enumerate(lines, 2):
        yield outcome(number, line, invent)
    assert len(lines) == rows


def outcome(number: int, line: dict[str, str], invent: random.Random) -> Outcome:
    row = row_id(0, number)
    if number % 97 == 0:
        return failed(row, "no_identifier", "The row has neither an e-mail nor a phone number.")
    if number % 61 == 0:
        return failed(row, "invalid_email", f"'{line['E-mail']}' is not an e-mail address: it has no @.")
    if number % 463 == 0:
        said = "HighLevel refused the row: 'country must be a valid enum value'."
        return failed(row, "refused", said, attempts=1, http_status=422)
    if number % 811 == 0:
        said = "HighLevel answered 502 four times."
        return failed(row, "service_error", said, attempts=4, http_status=502, remedy=Remedy.RUN_AGAIN)
    if number % 173 == 0:
        told = f"Row {number - 40} is of the same person ({line['E-mail']}) and was sent."
        return Outcome(
            row=row, status=Status.SKIPPED, location_id=LOCATION, code="duplicate_in_file", message=told
        )
    warnings = ()
    if number % 131 == 0:
        told = f"Mobile '{line['Mobile']}' belongs to another contact and was not stored."
        warnings = (Fault(code="not_stored", message=told, column="Mobile", fails=False),)
    return Outcome(
        row=row,
        status=Status.UPDATED if invent.random() < 0.13 else Status.CREATED,
        location_id=LOCATION,
        contact_id=f"c{number:019}",
        http_status=200,
        attempts=1,
        warnings=warnings,
    )


def failed(row: int, code: str, message: str, **given: object) -> Outcome:
    known = BY_NAME.get(code)
    given.setdefault("remedy", known.remedy if known else Remedy.FIX_ROW)
    return Outcome(row=row, status=Status.FAILED, location_id=LOCATION, code=code, message=message, **given)


def pulses(rows: int, invent: random.Random) -> Iterator[Pulse]:
    at, left = STARTED_AT + 1.2, rows
    remaining = 200_000
    while left > 0:
        slow = 190 < at - STARTED_AT < 230
        requests = min(left, 62 if slow else 99 + invent.randrange(-2, 2))
        throttled = 3 if slow and invent.random() < 0.5 else 0
        left -= requests - throttled
        remaining -= requests
        p50 = (610 if slow else 172) + invent.randrange(-14, 14)
        yield Pulse(
            location_id=LOCATION,
            started_at=at,
            seconds=10.0,
            requests=requests,
            throttled=throttled,
            retries=throttled + (4 if slow else 0),
            settled=requests - throttled,
            latency_p50=p50,
            latency_p95=p50 * (2.6 if slow else 1.9) + invent.randrange(40),
            latency_max=p50 * 3.4,
            daily_remaining=remaining,
        )
        at += 10.0
