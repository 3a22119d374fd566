"""A HubSpot-like folder taken over by a vendor that errs, with the process killed again and again; then every object is counted.

    python benchmarks/migration.py [--contacts 1500] [--kills 12] [--seed 1]

Companies, contacts, deals and notes go into the sandbox by `importer migrate -m hubspot`; the very same command is given until
it comes to its end. What the sandbox stored is held against the files: each object once, and each beside its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from importer.sandbox.items import Kind

LOCATION: Final = "migrated"
STAGES: Final = ("Appointment Scheduled", "Qualified To Buy", "Contract Sent", "Closed Won", "Closed Lost")
STATUSES: Final = {"Closed Won": "won", "Closed Lost": "lost"}
FAULTS: Final = {
    **dict.fromkeys(("reset", "drop", "garbage"), 0.006),
    **dict.fromkeys(("500", "503", "429"), 0.005),
}
ENDS: Final = 40
"""So often the command is given at most."""

Row = dict[str, str]


@dataclass(frozen=True)
class Folder:
    """What the old CRM had, as its exports say it."""

    companies: list[Row]
    contacts: list[Row]
    deals: list[Row]
    notes: list[Row]

    @classmethod
    def invent(cls, contacts: int, dice: Random) -> Folder:
        firms = [
            {
                "Company name": f"Firm {number}",
                "Company Domain Name": f"firm{number}.example.com",
                "City": "Oakland",
            }
            for number in range(max(contacts // 8, 1))
        ]
        people = [
            {
                "First Name": f"Person {number}",
                "Last Name": "Example",
                "Email": f"person{number}@example.com",
                "Associated Company": dice.choice(firms)["Company name"] if dice.random() < 0.8 else "",
            }
            for number in range(contacts)
        ]
        return cls(firms, people, list(_deals(people, dice)), list(_notes(people, dice)))

    def write(self, place: Path) -> None:
        for name in ("companies", "contacts", "deals", "notes"):
            rows: list[Row] = getattr(self, name)
            with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                table = csv.DictWriter(file, list(rows[0]))
                table.writeheader()
                table.writerows(rows)

    @property
    def rows(self) -> int:
        return len(self.companies) + len(self.contacts) + len(self.deals) + len(self.notes)


def _named(person: Row) -> str:
    return f"{person['First Name']} Example ({person['Email']})"


def _deals(people: list[Row], dice: Random) -> Iterator[Row]:
    """Some are renewed under the same name, at another amount: they are two deals."""
    for number in range(len(people) * 4 // 5):
        deal = {
            "Deal Name": f"Deal {number}",
            "Deal Stage": dice.choice(STAGES),
            "Amount": str(dice.randrange(100, 90_000)),
            "Associated Contact": _named(dice.choice(people)),
        }
        yield deal
        if dice.random() < 0.1:
            yield {**deal, "Amount": str(dice.randrange(90_000, 95_000))}


def _notes(people: list[Row], dice: Random) -> Iterator[Row]:
    """Some stand twice in the file, as exports of two views have it: they are one note."""
    for number in range(len(people) * 4 // 5):
        note = {
            "Activity date": "2026-01-05",
            "Note body": f"Said so in call {number}.",
            "Associated Contact": _named(dice.choice(people)),
        }
        yield note
        if dice.random() < 0.02:
            yield note


@dataclass
class Count:
    """How what was stored of one kind compares with the file."""

    kind: str
    wanted: int
    once: int = 0
    missing: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return self.once == self.wanted and not (self.missing or self.twice or self.wrong)

    def __str__(self) -> str:
        return (
            f"{self.kind:<10} {self.wanted:>6,} wanted  {self.once:>6,} there once  {len(self.twice):>3} twice  "
            f"{len(self.missing):>3} missing  {len(self.wrong):>3} linked or filled wrongly"
        )


def held_against(kind: str, wanted: Mapping[str, Any], stored: Iterable[tuple[str, Any]]) -> Count:
    """Count by key; what was stored under a key that nobody wanted is wrong, and so is another value."""
    found = list(stored)
    times, values = Counter(key for key, _ in found), dict(found)
    count = Count(kind, len(wanted))
    count.once = sum(times[key] == 1 for key in wanted)
    count.missing = [key for key in wanted if not times[key]]
    count.twice = [key for key, seen in times.items() if seen > 1]
    count.wrong = [key for key, value in values.items() if key not in wanted or wanted[key] != value]
    return count


def _items(sandbox: Sandbox, kind: Kind) -> Iterator[dict[str, Any]]:
    return (item.body for item in sandbox.vendor.items if item.kind is kind)


def _mail(row: Row) -> str:
    return row["Associated Contact"].rpartition("(")[2].rstrip(")")


def reconcile(sandbox: Sandbox, folder: Folder) -> list[Count]:
    """Hold what the sandbox stored against the files; by its own storage, not by what the importer says."""
    contacts = sandbox.contacts(LOCATION)
    mails = {each["id"]: each["email"] for each in contacts}
    firms = {each["id"]: each["name"] for each in _items(sandbox, Kind.BUSINESS)}
    stages = {
        stage["id"]: stage["name"]
        for pipeline in sandbox.location(LOCATION).pipelines
        for stage in pipeline["stages"]
    }
    return [
        held_against(
            "companies",
            {row["Company name"]: f"https://{row['Company Domain Name']}" for row in folder.companies},
            ((each["name"], each.get("website")) for each in _items(sandbox, Kind.BUSINESS)),
        ),
        held_against(
            "contacts",
            {row["Email"]: row["Associated Company"] for row in folder.contacts},
            ((each["email"], firms.get(each["properties"].get("businessId", ""), "")) for each in contacts),
        ),
        held_against(
            "deals",
            {
                f"{row['Deal Name']} at {float(row['Amount'])}": (
                    _mail(row),
                    row["Deal Stage"],
                    STATUSES.get(row["Deal Stage"], "open"),
                )
                for row in folder.deals
            },
            (
                (
                    f"{each['name']} at {float(each['monetaryValue'])}",
                    (
                        mails.get(each["contactId"]),
                        stages.get(each["pipelineStageId"]),
                        each["status"],
                    ),
                )
                for each in _items(sandbox, Kind.OPPORTUNITY)
            ),
        ),
        held_against(
            "notes",
            {row["Note body"]: _mail(row) for row in folder.notes},
            (
                (item.body["body"], mails.get(item.contact_id))
                for item in sandbox.vendor.items
                if item.kind is Kind.NOTE
            ),
        ),
    ]


class Migrating:
    """The command, given again and again."""

    def __init__(self, sandbox: Sandbox, place: Path) -> None:
        self._sandbox = sandbox
        self._place = place
        self._environment = {
            **os.environ,
            "HIGHLEVEL_TOKEN": "pit-migration",
            "HIGHLEVEL_LOCATION_ID": LOCATION,
            "HIGHLEVEL_BASE_URL": sandbox.base_url,
            "IMPORTER_STATE": str(place / "state"),
        }
        self.kills = 0

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "importer", *words, "--json", "-q"],
            cwd=self._place,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def migrate(self) -> subprocess.Popen[str]:
        return self.begin("migrate", "export", "-m", "hubspot", "--yes")

    def kill_after(self, requests: int) -> bool:
        """Give the command and kill it so many requests later; False where it came to its end before."""
        process = self.migrate()
        until = self._requests() + requests
        while process.poll() is None and self._requests() < until:
            time.sleep(0.01)
        alive = process.poll() is None
        process.kill()
        process.communicate()
        self.kills += alive
        return alive

    def finish(self) -> dict[str, Any]:
        """Give the command until it comes to its end, and send again what failed by the vendor's fault."""
        for _ in range(ENDS):
            process = self.migrate()
            out, error = process.communicate()
            if process.returncode in {0, 1}:
                ended: dict[str, Any] = json.loads(out)
                self._retry(ended)
                return ended
            if process.returncode != 3:
                raise SystemExit(f"migrate ended with {process.returncode}: {error}")
        raise SystemExit("The migration does not come to its end.")

    def _retry(self, ended: dict[str, Any]) -> None:
        for step in ended["steps"]:
            for _ in range(ENDS):
                process = self.begin("retry", step["summary"]["run_id"])
                out, _ = process.communicate()
                if process.returncode != 3 and not json.loads(out)["failed"]:
                    break

    def _requests(self) -> int:
        return int(self._sandbox.state()["requests"])


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--contacts", type=int, default=1_500)
    words.add_argument("--kills", type=int, default=12)
    words.add_argument("--seed", type=int, default=1)
    given = words.parse_args()
    dice = Random(given.seed)
    folder = Folder.invent(given.contacts, dice)
    settings = SandboxSettings(
        burst=0,
        daily=0,
        latency_ms=(1, 15),
        seed=given.seed,
        faults=FAULTS,
        allow_duplicate_opportunities=True,
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, sandbox_aside(settings) as sandbox:
        sandbox.furnish(LOCATION, pipelines=[("Sales Pipeline", STAGES)])
        place = Path(name)
        (place / "export").mkdir()
        folder.write(place / "export")
        migrating = Migrating(sandbox, place)
        most = max(folder.rows // max(given.kills, 1), 1)
        while migrating.kills < given.kills and migrating.kill_after(dice.randint(1, most)):
            pass
        migrating.finish()
        counts, state = reconcile(sandbox, folder), sandbox.state()
    for count in counts:
        print(count)
        for said in ("twice", "missing", "wrong"):
            if named := getattr(count, said):
                print(f"           {said}: {', '.join(named[:5])}")
    faults = ", ".join(f"{kind} {number}" for kind, number in sorted(state["faults"].items()))
    print(
        f"{folder.rows:,} rows, {state['requests']:,} requests, {migrating.kills} kills, faults: {faults}; "
        f"{time.monotonic() - began:.0f} s"
    )
    right = all(count.right for count in counts)
    print("Each object is there once, and beside its own." if right else "NOT as the files say.")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
