"""A file of people of many locations, and what has to become of each row, whatever happens to the machines."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from importer.sandbox import Sandbox

MAPPING: Final = """\
version: 1
location: {column: Sub}
fields: {firstName: First, email: Mail, companyName: Marker}
"""
_AGAIN_SHARE: Final = 0.15
"""So many rows are of somebody who stands on an earlier one of the location: they go one after the other."""
_KNOWN_SHARE: Final = 0.06
"""So many people are in their location before the run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    location: str
    email: str
    marker: str
    known: bool = False


@dataclass
class Reconciled:
    """What a drill did that it must not do: all of it has to stay empty."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    mislabelled: list[str] = field(default_factory=list)
    overtaken: list[str] = field(default_factory=list)
    """People whose contact shows another row than their last one."""
    refused: int = 0
    overlapping: int = 0
    busiest_window: int = 0
    sent_twice: int = 0
    """Writes beyond one a row: harmless, as after any crash."""

    def faults(self, *, burst: int) -> dict[str, object]:
        """Give what is wrong; nothing, as it should be."""
        found: dict[str, object] = {
            "lost": self.lost,
            "doubled": self.doubled,
            "mislabelled": self.mislabelled,
            "overtaken": self.overtaken,
            "refused": self.refused,
            "overlapping": self.overlapping,
            "beyond the quota": max(0, self.busiest_window - burst),
        }
        return {name: value for name, value in found.items() if value}


def invent(dice: random.Random, *, locations: int, rows: int) -> list[SheetRow]:
    """Invent so many rows for each location, those of all locations among each other."""
    of_location = [_rows_of(dice, f"loc{number:04d}", rows) for number in range(locations)]
    order = [number for number in range(locations) for _ in range(rows)]
    dice.shuffle(order)
    coming = [iter(each) for each in of_location]
    return [next(coming[number]) for number in order]


def _rows_of(dice: random.Random, location: str, rows: int) -> list[SheetRow]:
    found: list[SheetRow] = []
    for number in range(rows):
        if found and dice.random() < _AGAIN_SHARE:
            earlier = dice.choice(found[-30:])
            found.append(
                SheetRow(location=location, email=earlier.email, marker=f"{number}", known=earlier.known)
            )
        else:
            email = f"p{number}@{location}.example.com"
            known = dice.random() < _KNOWN_SHARE
            found.append(SheetRow(location=location, email=email, marker=f"{number}", known=known))
    return found


def write(rows: Sequence[SheetRow], folder: Path, vendor: Sandbox) -> None:
    """Write the file and its mapping, and put the people into the vendor's stand-in that it knows already."""
    for location, email in dict.fromkeys((row.location, row.email) for row in rows if row.known):
        vendor.add_contact(location, email=email, firstName="Known")
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    with (folder / "contacts.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("Sub", "First", "Mail", "Marker"))
        table.writerows((row.location, f"N{row.marker}", row.email, row.marker) for row in rows)


def reconcile(rows: Sequence[SheetRow], results: Sequence[Mapping[str, str]], vendor: Sandbox) -> Reconciled:
    """Hold each row's result against what had to happen, and against the vendor's own list."""
    found = Reconciled()
    told = {int(line["import_row"]): line for line in results}
    held = [contact for location in {row.location for row in rows} for contact in vendor.contacts(location)]
    ids = {(contact["locationId"], contact["email"]): contact for contact in held}
    seen = {(row.location, row.email) for row in rows if row.known}
    last = {(row.location, row.email): row for row in rows}
    for number, row in enumerate(rows, 2):
        whose, line = (row.location, row.email), told.pop(number, {})
        status, wanted = line.get("import_status"), "updated" if whose in seen else "created"
        seen.add(whose)
        if status not in {"created", "updated"} or whose not in ids:
            found.lost.append(f"row {number} of {row.location}: {status or 'no result'}")
        elif status != wanted or line["import_contact_id"] != ids[whose]["id"]:
            found.mislabelled.append(f"row {number} of {row.location}: {status}, was {wanted}")
    found.lost += [f"row {number}: no row of the file" for number in told]
    copies = Counter((contact["locationId"], contact["email"]) for contact in held)
    found.doubled = [f"{whose}: {count} contacts" for whose, count in copies.items() if count > 1]
    found.overtaken = [
        f"{whose}: shows {ids[whose]['properties'].get('companyName')}, not {row.marker}"
        for whose, row in last.items()
        if whose in ids and ids[whose]["properties"].get("companyName") != row.marker
    ]
    return _with_counts(found, rows, vendor)


def _with_counts(found: Reconciled, rows: Sequence[SheetRow], vendor: Sandbox) -> Reconciled:
    state = vendor.state()
    # a creation that meets what the machine before created is refused, too: the row is settled by what it finds
    found.refused = sum(count for kind, count in state["refusals"].items() if kind != "400")
    found.overlapping = state["overlapping_upserts"]
    found.busiest_window = state["busiest_window"]["requests"]
    found.sent_twice = sum(count for path, count in state["paths"].items() if _writes(path)) - len(rows)
    return found


def _writes(path: str) -> bool:
    return path.startswith(("POST contacts", "PUT contacts")) and not path.endswith("search")
