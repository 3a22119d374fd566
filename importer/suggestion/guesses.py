"""From readings of single columns to one consistent mapping: which column goes where, and what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from importer.suggestion.candidates import Candidate, allowed, candidates
from importer.suggestion.consent import Consent, consent
from importer.suggestion.evidence import Column, gender
from importer.suggestion.headers import word_set
from importer.suggestion.synonyms import PART_OR_WHOLE

_ADDRESS: Final = ("address1", "city", "state", "postalCode", "country")
_ORDER: Final = (
    "firstName",
    "lastName",
    "name",
    "email",
    "phone",
    "companyName",
    *_ADDRESS,
    "website",
    "timezone",
    "gender",
    "dateOfBirth",
    "source",
)
_PLACE_RANK: Final = {"": 0, "mailing": 1, "billing": 2, "business": 3, "work": 3}
_MOBILE: Final = word_set(
    "mobile cell cellphone handy mobil mobiltelefon portable movil celular telemovel cellulare"
)
_OFFERS: Final = {
    "assignedTo": "an owner; map it once these users exist in the location",
    # In another location the ids mean nobody, and every row would fail.
    "id": "only to change contacts of the very location they come from",
}
_SEPARATORS: Final = (" ::: ", ";", "|", ",", "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """One rule to write: the field or custom field, its columns, why, and what else the rule says."""

    field: str
    columns: tuple[Column, ...]
    reason: str
    template: str | None = None
    map: Mapping[str, str] | None = None
    split: str | None = None
    keep_unmapped: bool = False
    drop_invalid: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A column that no rule uses, and why."""

    column: Column
    note: str
    offer: str | None = None
    """The field it could be put into by hand, where a file alone cannot tell whether that is right."""


@dataclass(frozen=True, slots=True)
class Guesses:
    fields: tuple[Guess, ...]
    tags: Guess | None
    left: tuple[Left, ...]


@dataclass(slots=True)
class _Choice:
    """The readings still open, by field; a column that is used leaves all of them."""

    readings: list[Candidate]
    used: set[int] = field(default_factory=set)

    def of(self, name: str) -> list[Candidate]:
        found = [one for one in self.readings if one.field == name and one.column.place not in self.used]
        return sorted(
            found, key=lambda one: (one.number, -one.strength, not one.column.filled, one.column.place)
        )

    def use(self, chosen: Iterable[Candidate]) -> tuple[Column, ...]:
        taken = tuple(one.column for one in chosen)
        self.used.update(column.place for column in taken)
        return taken


def guess(columns: Sequence[Column]) -> Guesses:
    """Choose a field for every column that shows one; two columns never share a place that has room for one."""
    usable = [column for column in columns if column.place not in _ambiguous(columns)]
    switches = [found for column in usable if (found := consent(column))]
    spoken_for = {switch.column.place for switch in switches}
    readings = [one for column in usable if column.place not in spoken_for for one in candidates(column)]
    choice = _Choice(_names_decided(readings), used=set(spoken_for))
    chosen = [*_people(choice), *_reached(choice), *_addresses(choice), *_others(choice)]
    tags = _tags(choice)
    dnd = _switches(switches)
    used = choice.used - spoken_for | {column.place for one in dnd for column in one.columns}
    left = tuple(_left(column, columns, choice) for column in columns if column.place not in used)
    return Guesses(tuple(sorted(chosen, key=lambda one: _ORDER.index(one.field))) + dnd, tags, left)


def _ambiguous(columns: Sequence[Column]) -> frozenset[int]:
    """Columns that a mapping cannot name: without a header, or with one that stands twice."""
    count = Counter(column.header for column in columns)
    return frozenset(
        column.place for column in columns if not column.header.strip() or count[column.header] > 1
    )


def _names_decided(readings: list[Candidate]) -> list[Candidate]:
    """Settle what "Name", "Nom" or "Nombre" is: a half of the name beside its other half, else by its values."""
    known = {one.field for one in readings}
    return [_named(one, known) if one.field == "name?" else one for one in readings]


def _named(one: Candidate, known: set[str]) -> Candidate:
    half, other, alone = PART_OR_WHOLE[one.word]
    if other in known and half not in known:
        return replace(one, field=half, reason=f"its header, beside a column of {other}")
    if half in known and other not in known and one.column.filled and one.column.spaced < 0.5:
        return replace(one, field=other, reason=f"its header, beside a column of {half}")
    if half in known or one.column.spaced >= 0.5 or not one.column.filled:
        return replace(one, field="name", reason=one.reason)
    return replace(one, field=alone, reason="its header and its values, of one word each")


def _people(choice: _Choice) -> Iterator[Guess]:
    halves = [name for name in ("firstName", "lastName") if choice.of(name)]
    for name in halves:
        yield _single(choice, name)
    whole = choice.of("name")
    if whole and len(halves) < 2:
        yield _single(choice, "name")
    if choice.of("companyName"):
        listed = [one for one in choice.of("companyName") if one.number == 1][:2] or choice.of("companyName")[
            :1
        ]
        more = "; the first cell that is not blank counts" if len(listed) > 1 else ""
        yield Guess(field="companyName", columns=choice.use(listed), reason=listed[0].reason + more)


def _single(choice: _Choice, name: str) -> Guess:
    best = choice.of(name)[0]
    return Guess(field=name, columns=choice.use([best]), reason=best.reason)


def _reached(choice: _Choice) -> Iterator[Guess]:
    for name, rank in (("email", _email_rank), ("phone", _phone_rank)):
        if found := sorted(choice.of(name), key=rank):
            yield Guess(field=name, columns=choice.use(found), reason=found[0].reason)


def _email_rank(one: Candidate) -> tuple[int, ...]:
    return one.number, _PLACE_RANK.get(one.place, 4), one.column.place


def _phone_rank(one: Candidate) -> tuple[int, ...]:
    """Mobile numbers first: they can be texted."""
    mobile = bool(set(one.column.words) & _MOBILE)
    return not mobile, one.number, _PLACE_RANK.get(one.place, 4), one.column.place


def _addresses(choice: _Choice) -> Iterator[Guess]:
    place = _best_place(choice)
    for name in _ADDRESS:
        here = [one for one in choice.of(name) if one.number == 1]
        exact = [one for one in here if one.place == place] or [one for one in here if one.place == ""]
        if not exact:
            continue
        best = exact[0]
        guess_here = Guess(field=name, columns=choice.use([best]), reason=best.reason)
        yield _with_second_line(choice, guess_here, best.place) if name == "address1" else guess_here


def _best_place(choice: _Choice) -> str:
    """Of several addresses take the contact's own, else the one that is filled most, mailing before billing."""
    filled: Counter[str] = Counter()
    for name in _ADDRESS:
        for one in choice.of(name):
            if one.number == 1:
                filled[one.place] += one.column.filled
    if not filled or filled[""] or ("" in filled and not any(filled.values())):
        return ""
    return min(filled, key=lambda place: (-filled[place], _PLACE_RANK.get(place, 4)))


def _with_second_line(choice: _Choice, street: Guess, place: str) -> Guess:
    seconds = [one for one in choice.of("address2") if one.place == place or not one.place]
    written = (street.headers[0], seconds[0].header) if seconds else ()
    if (
        not seconds
        or not seconds[0].column.filled
        or any(sign in header for header in written for sign in "{}")
    ):
        return street
    second = choice.use(seconds[:1])
    return replace(
        street,
        columns=street.columns + second,
        template=", ".join(f"{{{header}}}" for header in written),
        reason=f"{street.reason}; the second line joined to it",
    )


def _others(choice: _Choice) -> Iterator[Guess]:
    for name in ("website", "timezone", "dateOfBirth", "source"):
        if choice.of(name):
            yield _single(choice, name)
    if genders := choice.of("gender"):
        spelt = {
            value: said
            for value in genders[0].column.few
            if (said := gender(value)) and value.lower() != said
        }
        yield replace(_single(choice, "gender"), map=spelt or None, keep_unmapped=True)


def _tags(choice: _Choice) -> Guess | None:
    found = [one for one in choice.of("tags") if one.column.filled] or choice.of("tags")[:1]
    if not found:
        return None
    taken = choice.use(found)
    split = separator(taken)
    return Guess(field="tags", columns=taken, reason=found[0].reason, split=split, map=_starred(taken, split))


def _starred(columns: Sequence[Column], split: str) -> Mapping[str, str] | None:
    """Take Google's own groups out of their stars; the one that holds everybody says nothing."""
    tags = {tag.strip() for column in columns for value in column.few for tag in value.split(split)}
    starred = sorted(tag for tag in tags if tag.startswith("* "))
    return {tag: "" if tag == "* myContacts" else tag[2:] for tag in starred} or None


def separator(columns: Sequence[Column]) -> str:
    """Find what stands between several values of a cell: the sign that splits the most cells, else the comma."""
    hits = {sign: sum(sign in value for column in columns for value in column.values) for sign in _SEPARATORS}
    best = max(hits, key=lambda sign: hits[sign])
    return best if hits[best] else ","


def _switches(switches: Sequence[Consent]) -> tuple[Guess, ...]:
    """One rule for each channel; an opt-out says it better than an opt-in."""
    taken: dict[str, Guess] = {}
    for switch in sorted(switches, key=lambda one: (not one.keep, not one.column.filled)):
        guessed = Guess(
            field=switch.field,
            columns=(switch.column,),
            reason=switch.reason,
            map=switch.map,
            keep_unmapped=switch.keep,
        )
        taken.setdefault(switch.field, guessed)
    return tuple(taken.values())


def _left(column: Column, columns: Sequence[Column], choice: _Choice) -> Left:
    if not column.header.strip():
        return Left(column=column, note="it has no header")
    if sum(other.header == column.header for other in columns) > 1:
        twice = "its header stands twice; give the columns different names to map them"
        return Left(column=column, note=twice)
    could_be = {one.field for one in choice.readings if one.column is column}
    for name, note in _OFFERS.items():
        if name in could_be:
            return Left(column=column, note=note, offer=name)
    if could_be & {"name", *_ADDRESS}:
        return Left(column=column, note="another column gives this already")
    return Left(column=column, note=_refused(column) or described(column))


def _refused(column: Column) -> str | None:
    """Say why values kept a column from the field that its header names."""
    unfilled = Column(header=column.header, values=(), place=column.place, rows=column.rows)
    named = [one.field for one in candidates(unfilled) if not allowed(one.field, column)]
    if not named or not column.filled:
        return None
    meant = "HighLevel's own contact id" if named[0] == "id" else named[0].rstrip("?")
    return f"its header says {meant}, its values do not; {described(column)}"


def described(column: Column) -> str:
    """Say what a column holds without quoting anybody's values."""
    if not column.filled:
        return "blank in every row looked at"
    kinds = (
        (column.emails, "e-mail addresses"), (column.booleans, "yes or no"), (column.dates, "dates"), (column.urls, "web addresses"),
        (column.numbers, "numbers"),
    )  # fmt: skip
    kind = next((name for share, name in kinds if share >= 0.8), "text")
    return f"{kind}, filled in {column.filled} of {column.rows} rows"
