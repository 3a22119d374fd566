"""What mapping costs: CPU a row of a 25-column contact file, beside a naive row-wise version in the same run.

    python benchmarks/mapping.py [--rows 20000] [--rounds 3] [--set clean|dirty|both]

"Ours" reads the CSV, maps, validates and builds the JSON of every row. "Naive" does the same with csv.DictReader and,
per row, phonenumbers, email-validator, dateutil and a pydantic model. Both write the same number of bytes or nearly so.

The clean set is what a CRM exports. The dirty one is as real lists are: nine spellings of phones, with extensions and
foreign ones, a second phone in two of five rows, one e-mail in twenty broken, and five forms of dates.

Python's collector looks as seldom as in a run, for ours and for the naive version alike.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

HEADER = [
    "First Name",
    "Last Name",
    "Email",
    "Phone",
    "Company",
    "Title",
    "Street",
    "City",
    "State",
    "ZIP",
    "Country",
    "Website",
    "Birthday",
    "Gender",
    "Lead Source",
    "Tags",
    "Opted out",
    "No texts",
    "Notes",
    "Shirt Size",
    "Interests",
    "Amount",
    "Owner Note",
    "Segment",
    "Time zone",
]
FIRST = [
    "Ann",
    "Bob",
    "Carla",
    "Dietmar",
    "Eve",
    "François",
    "Günther",
    "Hana",
    "Ines",
    "João",
    "Kim",
    "Łukasz",
]
LAST = ["Smith", "O'Brien", "Müller", "García", "Nguyen", "van der Berg", "Rossi", "Silva", "Kowalski", "Lee"]
CITIES = [
    ("Austin", "TX", "78701"),
    ("Boston", "MA", "02108"),
    ("Newark", "NJ", "07102"),
    ("Fresno", "CA", "93650"),
]
MAPPING = """\
version: 1
defaults: {region: US, date_order: MDY}
fields:
  firstName: First Name
  lastName: Last Name
  email: {column: Email, required: true}
  phone: {column: Phone, on_invalid: drop}
  companyName: Company
  address1: Street
  city: City
  state: State
  postalCode: ZIP
  country: {column: Country, default: US}
  website: Website
  dateOfBirth: Birthday
  gender: {column: Gender, map: {M: male, F: female}}
  source: Lead Source
  dnd: Opted out
  dndSettings.SMS: {column: No texts}
  timezone: Time zone
tags: {columns: [Tags, Segment], split: ";", always: [benchmark], mode: replace}
custom_fields:
  Title: Title
  Notes: Notes
  Shirt Size: Shirt Size
  Interests: {column: Interests, split: ";"}
  Amount: {column: Amount, transforms: [money]}
  Owner Note: Owner Note
"""
PHONES = (
    "({0}) {1}-{2}", "{0}-{1}-{2}", "+1 {0} {1} {2}", "{0}{1}{2}", "1-{0}-{1}-{2}", "{0}.{1}.{2} x{3}",
    "({0}) {1}-{2} ext. {3}", "+44 20 7946 {2}", "+49 171 1{1}{2}",
)  # fmt: skip
DATES = ("{1}/{2}/{0}", "{0}-{1:02}-{2:02}", "{3} {2}, {0}", "{2} {3} {0}", "{1:02}/{2:02}/{4:02}")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
BROKEN = ("{0}", "{0}@", "{0}@@{1}", "{0} lee@{1}", "{0}@{1},com")


@dataclass(frozen=True, kw_only=True)
class ContactSet:
    """A kind of contact file, and the mapping that fits it."""

    header: list[str]
    mapping: str
    row: Callable[[random.Random, int], list[str]]


def invent(path: Path, rows: int, seed: int = 7, *, kind: str = "clean") -> None:
    """Write the contact file: 25 columns, about 260 bytes a row, a line break in a cell of every seventh row."""
    chance = random.Random(seed)
    made = SETS[kind]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(made.header)
        writer.writerows(made.row(chance, number) for number in range(rows))


def _row(chance: random.Random, number: int) -> list[str]:
    first, last = chance.choice(FIRST), chance.choice(LAST)
    city, state, postal_code = chance.choice(CITIES)
    # a number of their own for each of 8,000,000 people, as in real files nearly everybody has
    area, line = chance.choice(["415", "212", "512", "617"]), f"{number % 10_000:04}"
    office = f"{200 + number // 10_000 % 800}"
    phone = chance.choice(["({0}) {1}-{2}", "{0}-{1}-{2}", "+1 {0} {1} {2}", "{0}{1}{2}"]).format(
        area, office, line
    )
    company = f"{last} & Sons {number % 977}"
    return [
        first, last, f"contact{number}@{chance.choice(['example.com', 'gmail.com', 'acme.example'])}", phone, company,
        "Purchasing manager", f"{number % 9999} Main Street" + ("\nSuite 4" if number % 7 == 0 else ""), city, state, postal_code,
        chance.choice(["US", "United States", "USA"]), f"www.site{number % 500}.example",
        f"{chance.randrange(1, 13)}/{chance.randrange(1, 29)}/{chance.randrange(1940, 2005)}", chance.choice("MF"),
        "Web form", chance.choice(["lead;warm", "customer", "lead"]), chance.choice(["no", "yes", ""]),
        chance.choice(["", "no"]), "Met at the fair, wants a call back in spring" if number % 3 else "", chance.choice("SML"),
        chance.choice(["Golf;Tennis", "Chess"]), f"${number % 5000}.50", "", chance.choice(["A", "B"]),
        "America/Chicago",
    ]  # fmt: skip


def _dirty_row(chance: random.Random, number: int) -> list[str]:
    row = _row(chance, number)
    row[HEADER.index("Email")] = _dirty_email(chance, number)
    row[HEADER.index("Phone")] = _dirty_phone(chance, number)
    row[HEADER.index("Birthday")] = _dirty_date(chance)
    row[HEADER.index("Owner Note")] = _dirty_phone(chance, number + 7) if chance.random() < 0.4 else ""
    return row


def _dirty_phone(chance: random.Random, number: int) -> str:
    parts = (
        chance.choice(["415", "212", "512", "617"]),
        f"{200 + number // 10_000 % 800}",
        f"{number % 10_000:04}",
    )
    return chance.choice(PHONES).format(*parts, chance.randrange(10, 9999))


def _dirty_email(chance: random.Random, number: int) -> str:
    domain = chance.choice(["example.com", "gmail.com", "acme.example"])
    return (chance.choice(BROKEN) if chance.random() < 0.05 else "{0}@{1}").format(f"contact{number}", domain)


def _dirty_date(chance: random.Random) -> str:
    year, month, day = chance.randrange(1940, 2005), chance.randrange(1, 13), chance.randrange(1, 29)
    return chance.choice(DATES).format(year, month, day, MONTHS[month - 1], year % 100)


SETS = {
    "clean": ContactSet(header=HEADER, mapping=MAPPING, row=_row),
    "dirty": ContactSet(
        header=[name if name != "Owner Note" else "Other Phone" for name in HEADER],
        mapping=MAPPING.replace(
            "Owner Note: Owner Note", "Other Phone: {column: Other Phone, region: US, on_invalid: drop}"
        ).replace("{column: Email, required: true}", "{column: Email, on_invalid: drop}"),
        row=_dirty_row,
    ),
}


def ours(path: Path, kind: str) -> tuple[int, int]:
    from importer.highlevel.payload import build_upsert
    from importer.highlevel.wire import encode
    from importer.mapping import parse_mapping
    from importer.reading import open_source
    from importer.records import Record

    mapping = parse_mapping(SETS[kind].mapping)
    source = open_source(path, options=mapping.reading_options(_no_options()))
    surveyor = mapping.surveyor(source.header, location_id="ve9EPM428h8vShlRW1KT", today=date(2026, 11, 23))
    bound = surveyor.bind()
    resolver = bound.resolver(None)
    rows = sent = 0
    for block in source.blocks():
        for each in bound.map(block):
            rows += 1
            record = resolver.resolve(each) if isinstance(each, Record) else each
            if isinstance(record, Record):
                sent += len(encode(build_upsert(record, tag_mode=mapping.tag_mode)))
    return rows, sent


def survey_alone(path: Path, kind: str) -> tuple[int, int]:
    """The pass before: what ``run`` adds to read the whole file once before the first row is sent."""
    from importer.mapping import parse_mapping
    from importer.reading import open_source

    mapping = parse_mapping(SETS[kind].mapping)
    source = open_source(path, options=mapping.reading_options(_no_options()))
    surveyor = mapping.surveyor(source.header, location_id="ve9EPM428h8vShlRW1KT", today=date(2026, 11, 23))
    for block in source.blocks():
        surveyor.see(block)
    return surveyor.bind().rows, 0


def _no_options() -> object:
    from importer.settings import ReadingOptions

    return ReadingOptions()


def naive(path: Path, kind: str) -> tuple[int, int]:
    import phonenumbers
    from dateutil import parser
    from email_validator import EmailNotValidError, validate_email
    from pydantic import BaseModel

    class Contact(BaseModel):
        locationId: str  # noqa: N815  (the vendor's names)
        firstName: str | None = None  # noqa: N815
        lastName: str | None = None  # noqa: N815
        email: str | None
        phone: str | None = None
        companyName: str | None = None  # noqa: N815
        address1: str | None = None
        city: str | None = None
        state: str | None = None
        postalCode: str | None = None  # noqa: N815
        country: str | None = None
        website: str | None = None
        dateOfBirth: str | None = None  # noqa: N815
        gender: str | None = None
        source: str | None = None
        dnd: bool | None = None
        dndSettings: dict[str, dict[str, str]] | None = None  # noqa: N815
        timezone: str | None = None
        tags: list[str] = []
        customFields: list[dict[str, object]] = []  # noqa: N815

    def phone(text: str) -> str | None:
        try:
            number = phonenumbers.parse(text, "US") if text else None
        except phonenumbers.NumberParseException:
            return None
        if number is None or not phonenumbers.is_valid_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def email(text: str) -> str | None:
        try:
            return validate_email(text, check_deliverability=False).normalized
        except EmailNotValidError:
            return None

    last = "Other Phone" if kind == "dirty" else "Owner Note"
    countries = {"us": "US", "united states": "US", "usa": "US"}
    genders = {"M": "male", "F": "female"}
    rows = sent = 0
    with path.open(encoding="utf-8", newline="") as file:
        for raw in csv.DictReader(file):
            row = {name: cell.strip() for name, cell in raw.items()}
            rows += 1
            interests = [part.strip() for part in row["Interests"].split(";")]
            custom = {
                "title": row["Title"], "notes": row["Notes"], "shirt_size": row["Shirt Size"], "interests": interests,
                "amount": float(row["Amount"].lstrip("$")), last: phone(row[last]) if kind == "dirty" else row[last],
            }  # fmt: skip
            tags = {tag.strip() for cell in (row["Tags"], row["Segment"]) for tag in cell.split(";")} | {
                "benchmark"
            }
            contact = Contact(
                locationId="ve9EPM428h8vShlRW1KT",
                firstName=row["First Name"],
                lastName=row["Last Name"],
                email=email(row["Email"]),
                phone=phone(row["Phone"]),
                companyName=row["Company"],
                address1=row["Street"],
                city=row["City"],
                state=row["State"],
                postalCode=row["ZIP"],
                country=countries[row["Country"].casefold()],
                website="https://" + row["Website"],
                dateOfBirth=parser.parse(row["Birthday"]).date().isoformat(),
                gender=genders[row["Gender"]],
                source=row["Lead Source"],
                dnd={"yes": True, "no": False, "": None}[row["Opted out"]],
                dndSettings={"SMS": {"status": "inactive"}} if row["No texts"] else None,
                timezone=row["Time zone"],
                tags=sorted(tags),
                customFields=[{"key": key, "field_value": value} for key, value in custom.items() if value],
            )
            sent += len(json.dumps(contact.model_dump(exclude_none=True)).encode())
    return rows, sent


def measure(what: object, path: Path, rounds: int) -> tuple[float, int, int]:
    """Give the least CPU seconds of some rounds; the machine's noise only ever adds."""
    from importer.runtime.garbage import rare_collections

    best, rows, sent = float("inf"), 0, 0
    with rare_collections():
        for _ in range(rounds):
            begin = time.process_time()
            rows, sent = what(path)  # type: ignore[operator]
            best = min(best, time.process_time() - begin)
    return best, rows, sent


def compare(kind: str, rows: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        invent(path, rows, kind=kind)
        results = {
            name: measure(partial(what, kind=kind), path, rounds)
            for name, what in (("naive", naive), ("ours", ours), ("survey", survey_alone))
        }
        print(f"{kind}: {path.stat().st_size / rows:.0f} bytes a row, {rows} rows, best of {rounds}")
    for name, (seconds, count, sent) in results.items():
        print(f"{name:8}{seconds / count * 1e6:8.1f} us CPU a row   {sent / count:6.0f} bytes of JSON a row")
    print(f"ratio naive / ours: {results['naive'][0] / results['ours'][0]:.2f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=20_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--set", choices=[*SETS, "both"], default="both")
    given = arguments.parse_args()
    for kind in SETS if given.set == "both" else (given.set,):
        compare(kind, given.rows, given.rounds)


if __name__ == "__main__":
    main()
