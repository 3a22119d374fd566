"""Invented people on the rows of a file, and what must become of each row."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a campaign's file is imported."""

    UPSERT = "upsert"
    CREATE_ONLY = "create_only"
    UNREPEATABLE = "unrepeatable"
    """With createNewIfDuplicateAllowed: sent twice, a row makes two contacts."""
    RETRY = "retry"
    """Some rows failed at first, and are sent by a retry, which is killed as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may stand on several rows; ``known`` is in the sandbox before the run."""

    name: str
    email: str
    phone: str
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the file, and whom it is about; nobody when it cannot be sent at all."""

    person: Person | None
    by_phone: bool
    tags: tuple[str, ...]
    marker: str
    fails_first: bool = False

    def cells(self) -> list[str]:
        if self.person is None:
            return ["Nobody", "", "", self.marker, ""]
        email = "" if self.by_phone else self.person.email
        return [self.person.name, email, self.person.phone, self.marker, ";".join(self.tags)]


def invent(dice: random.Random, name: str, rows: int, kind: Kind) -> list[Line]:
    """A file of new and known people, some on several rows and some met again by phone alone, some nobody."""
    people: list[Person] = []
    lines: list[Line] = []
    alone = kind is Kind.UNREPEATABLE
    for number in range(2, rows + 2):
        roll = dice.random()
        person: Person | None
        by_phone = False
        if roll < 0.03:
            person = None
        elif roll < 0.18 and people and not alone:
            person = dice.choice(people[-30:] if dice.random() < 0.7 else people)
            by_phone = dice.random() < 0.4
        else:
            person = Person(
                name=f"Ada{number}",
                email=f"p{number}.{name}@example.com",
                phone=f"+1212{5_550_000 + number:07d}",
                known=dice.random() < 0.06 and not alone,
            )
            people.append(person)
        tags = dice.choice([(), (), ("vip",), ("vip", "spring"), ("news",)])
        # the first person's row takes the one request that a retry's first session has: it may be stored without a reply
        later = any(line.person for line in lines)
        fails_first = kind is Kind.RETRY and person is not None and later and dice.random() < 0.3
        lines.append(
            Line(person=person, by_phone=by_phone, tags=tags, marker=f"row {number}", fails_first=fails_first)
        )
    return lines


def expected(kind: Kind, lines: Sequence[Line]) -> list[str]:
    """The status that each row must end with."""
    seen: set[Person | None] = {line.person for line in lines if line.person and line.person.known}
    met = "skipped" if kind is Kind.CREATE_ONLY else "updated"
    statuses: dict[str, str] = {}
    for line in in_time(lines):
        statuses[line.marker] = met if line.person in seen else "created"
        seen.add(line.person)
    missing = {line.marker: "failed" if line.person is None else "skipped" for line in lines}
    return [statuses.get(line.marker, missing[line.marker]) for line in lines]


def in_time(lines: Sequence[Line]) -> list[Line]:
    """The rows that are sent, in the order in which they are: a retry's after all others.

    A row that failed at first is not sent at all once a later row of its person got through.
    """
    first = [line for line in lines if line.person and not line.fails_first]
    newest = {line.person: index for index, line in enumerate(lines) if not line.fails_first}
    again = [
        line for index, line in enumerate(lines) if line.fails_first and newest.get(line.person, -1) < index
    ]
    return [*first, *again]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonState:
    """What a person's contact must show in the end; no marker where none of the rows was to write it."""

    marker: str | None
    tags: frozenset[str]


def person_states(kind: Kind, lines: Sequence[Line]) -> dict[Person, PersonState]:
    """The values of a person's last row stand, with the tags of all; of the first alone where rows only create."""
    of_person: dict[Person, list[Line]] = {}
    for line in in_time(lines):
        if line.person is not None:
            of_person.setdefault(line.person, []).append(line)
    if kind is Kind.CREATE_ONLY:
        of_person = {person: [] if person.known else found[:1] for person, found in of_person.items()}
    return {
        person: PersonState(
            marker=found[-1].marker if found else None,
            tags=frozenset(tag for line in found for tag in line.tags),
        )
        for person, found in of_person.items()
    }
