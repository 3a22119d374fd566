"""From readings of single columns to one consistent mapping: which column goes where, and what is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from importer.suggestion.addresses import (
    ADDRESS,
    PLACE_RANK,
    UNRANKED,
    AddressGroup,
    address_groups,
    chosen_parts,
    others_in_words,
)
from importer.suggestion.candidates import SURE, Candidate, allowed, candidates
from importer.suggestion.consent.switches import ConsentUnclear, Switch, consent
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import Column, gender
from importer.suggestion.headers import word_set
from importer.suggestion.names import NameOrder, name_order
from importer.suggestion.people import (
    PERSONAL,
    identifies_nobody,
    is_crowd,
    is_perhaps_else,
    is_same_person,
    is_somebody_else,
    whose,
)
from importer.suggestion.regions import proven_orders
from importer.suggestion.synonyms import PART_OR_WHOLE, PHONE_WORDS, fields_of

_ORDER: Final = (
    "firstName",
    "lastName",
    "name",
    "email",
    "phone",
    "companyName",
    *ADDRESS,
    "website",
    "timezone",
    "gender",
    "dateOfBirth",
    "source",
)
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
    strength: float = SURE
    doubts: tuple[Doubt, ...] = ()
    template: str | None = None
    transforms: tuple[str, ...] = ()
    date_order: str | None = None
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
    doubt: Doubt | None = None
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
    answers = [found for column in usable if (found := consent(column))]
    asked = {answer.column.place for answer in answers}
    spoken = _languages(usable)
    readings = [one for column in usable if column.place not in asked for one in candidates(column, spoken)]
    choice = _Choice(_names_decided(_of_the_contact(readings)), used=set(asked))
    groups = address_groups(choice.readings)
    chosen = [*_people(choice), *_reached(choice), *_addresses(choice, groups), *_others(choice)]
    tags = _tags(choice)
    switches = switch_guesses(answers)
    used = choice.used - asked | {column.place for one in switches for column in one.columns}
    explained = consents_left(answers, switches) | _other_addresses(groups, choice)
    left = tuple(
        explained.get(column.place) or _left(column, columns, readings)
        for column in columns
        if column.place not in used
    )
    return Guesses(tuple(sorted(chosen, key=lambda one: _ORDER.index(one.field))) + switches, tags, left)


def _languages(columns: Iterable[Column]) -> frozenset[str]:
    """Give the languages of the headers that are a field's name to the letter; English is everywhere."""
    return frozenset(language for column in columns for _, language in fields_of(" ".join(column.words))) | {
        "en"
    }


def _of_the_contact(readings: Sequence[Candidate]) -> list[Candidate]:
    """Leave out the buyer's and the user's columns where the file has the contact's own, and addresses of a crowd."""
    own = [one for one in readings if one.field in _REACHED and not is_perhaps_else(one.column)]
    kept = [
        one
        for one in readings
        if not (own and one.field in PERSONAL and is_perhaps_else(one.column))
        or is_same_person(one.column, (other.column for other in own))
    ]
    return [one for one in kept if one.field not in _REACHED or not is_crowd(one.column, _rivals(one, kept))]


def _rivals(one: Candidate, readings: Iterable[Candidate]) -> Iterator[Column]:
    return (other.column for other in readings if other.field == one.field)


_REACHED: Final = frozenset({"email", "phone"})


def _ambiguous(columns: Sequence[Column]) -> frozenset[int]:
    """Columns that a mapping cannot name: without a header, or with one that stands twice."""
    count = Counter(column.header for column in columns)
    return frozenset(
        column.place for column in columns if not column.header.strip() or count[column.header] > 1
    )


def _names_decided(readings: list[Candidate]) -> list[Candidate]:
    """Settle what "Name", "Nom" or "Nombre" is: a half of the name beside its other half, else by its values."""
    known = {one.field for one in readings}
    return [_decided(one, known) if one.field == "name?" else one for one in readings]


def _decided(one: Candidate, known: set[str]) -> Candidate:
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
    if _is_filled(choice, "name") and not any(_is_filled(choice, name) for name in halves):
        halves = []  # a booking tool has columns for the halves that nobody fills
    for name in halves:
        yield _single(choice, name)
    if choice.of("name") and not halves:
        yield from _whole_names(choice)
    elif choice.of("name") and len(halves) < 2:
        yield _single(choice, "name")
    if choice.of("companyName"):
        listed = [one for one in choice.of("companyName") if one.number == 1][:2] or choice.of("companyName")[
            :1
        ]
        more = "; the first cell that is not blank counts" if len(listed) > 1 else ""
        yield Guess(
            field="companyName",
            columns=choice.use(listed),
            reason=listed[0].reason + more,
            strength=listed[0].strength,
        )


def _is_filled(choice: _Choice, name: str) -> bool:
    return any(one.column.filled for one in choice.of(name))


def _whole_names(choice: _Choice) -> Iterator[Guess]:
    """Split or turn whole names where the values show their order; all others are sent as they stand."""
    whole = _single(choice, "name")
    order = name_order(whole.columns[0])
    match order:
        case NameOrder.AS_SPOKEN:
            yield whole
        case NameOrder.SPLITTABLE:
            reason = f"{whole.reason}; its values are written last name first, with a comma"
            for name, step in (("firstName", "first_name"), ("lastName", "last_name")):
                yield replace(whole, field=name, transforms=(step,), reason=reason)
        case NameOrder.TURNABLE:
            some = "some of its values are written last name first, with a comma, and are turned round"
            yield replace(whole, transforms=("full_name",), doubts=(_name_doubt(some),))
        case NameOrder.SAID_TO_BE_TURNED:
            said = "its header says that the last name comes first, and no comma shows where it ends: sent as it stands"
            yield replace(whole, doubts=(_name_doubt(said),))


def _name_doubt(sentence: str) -> Doubt:
    return Doubt(code=DoubtCode.NAME_ORDER, sentence=sentence)


def _single(choice: _Choice, name: str) -> Guess:
    best = choice.of(name)[0]
    return Guess(field=name, columns=choice.use([best]), reason=best.reason, strength=best.strength)


def _reached(choice: _Choice) -> Iterator[Guess]:
    for name, rank in (("email", _email_rank), ("phone", _phone_rank)):
        if found := sorted(choice.of(name), key=rank):
            yield Guess(
                field=name, columns=choice.use(found), reason=found[0].reason, strength=found[0].strength
            )


def _email_rank(one: Candidate) -> tuple[int, ...]:
    return one.number, PLACE_RANK.get(one.place, UNRANKED), one.column.place


def _phone_rank(one: Candidate) -> tuple[int, ...]:
    """Mobile numbers first: they can be texted."""
    mobile = bool(set(one.column.words) & _MOBILE)
    return not mobile, one.number, PLACE_RANK.get(one.place, UNRANKED), one.column.place


def _addresses(choice: _Choice, groups: Sequence[AddressGroup]) -> Iterator[Guess]:
    parts = chosen_parts(groups)
    beside = others_in_words(groups)
    for name in ADDRESS:
        best = parts.get(name)
        if best is None or best.column.place in choice.used:
            continue
        reason = f"{best.reason}; {beside}" if beside and best.place == groups[0].place else best.reason
        found = Guess(field=name, columns=choice.use([best]), reason=reason, strength=best.strength)
        yield _with_second_line(choice, found, best.place) if name == "address1" else found


def _with_second_line(choice: _Choice, street: Guess, place: str) -> Guess:
    """Join a second line to the street: of the same place, or of none where no group has one."""
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


def _other_addresses(groups: Sequence[AddressGroup], choice: _Choice) -> dict[int, Left]:
    """Say of each column of an address that is not taken which one is."""
    if not others_in_words(groups):
        return {}
    taken = f"the {groups[0].place} one is taken" if groups[0].place else "the one without a place is taken"
    return {
        one.column.place: Left(
            column=one.column,
            note=f"part of the {group.place or 'other'} address; {taken}",
            doubt=Doubt(code=DoubtCode.OTHER_ADDRESS, sentence=taken),
        )
        for group in groups[1:]
        for one in group.parts.values()
        if one.column.place not in choice.used
    }


def _others(choice: _Choice) -> Iterator[Guess]:
    for name in ("website", "timezone", "source"):
        if choice.of(name):
            yield _single(choice, name)
    if choice.of("dateOfBirth"):
        yield with_layout(_single(choice, "dateOfBirth"))
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


def switch_guesses(answers: Iterable[Switch | ConsentUnclear]) -> tuple[Guess, ...]:
    """Write one rule for each channel; an opt-out says it better than an opt-in, and many refusals than few."""
    switches = [one for one in answers if isinstance(one, Switch)]
    taken: dict[str, Guess] = {}
    for switch in sorted(switches, key=lambda one: (not one.refused, not one.keep, -one.refused)):
        if any(name in taken for name in switch.fields):
            continue
        taken.update({name: _switch(switch, name) for name in switch.fields})
    return tuple(taken.values())


def _switch(switch: Switch, name: str) -> Guess:
    partly = f"{switch.unknown} of {switch.column.filled} cells are not understood: their rows fail until the map lists them"
    doubts = (Doubt(code=DoubtCode.CONSENT_PARTLY, sentence=partly),) if switch.unknown else ()
    return Guess(
        field=name,
        columns=(switch.column,),
        reason=switch.reason,
        doubts=doubts,
        transforms=("dated",) if switch.dated else (),
        map=switch.map,
        keep_unmapped=switch.keep,
    )


def consents_left(answers: Iterable[Switch | ConsentUnclear], taken: Sequence[Guess]) -> dict[int, Left]:
    """Point out each column about consent that no rule uses: who refused there would be written to."""
    used = {column.place: one.field for one in taken for column in one.columns}
    return {
        one.column.place: _consent_left(one, used.values()) for one in answers if one.column.place not in used
    }


def _consent_left(answer: Switch | ConsentUnclear, used: Iterable[str]) -> Left:
    if isinstance(answer, ConsentUnclear):
        why = f"looks like consent (an opt-in or opt-out), and {answer.why}: decide what it sets before you import"
        return Left(
            column=answer.column,
            note=f"{why}; {described(answer.column)}",
            doubt=Doubt(code=DoubtCode.CONSENT_UNCLEAR, sentence=why),
        )
    there = " and ".join(name for name in answer.fields if name in set(used))
    why = f"says who opted out too, and another column sets {there}: see that nobody who refused here is written to"
    doubt = Doubt(code=DoubtCode.CONSENT_BESIDE, sentence=why)
    return Left(column=answer.column, note=why, doubt=doubt if answer.refused else None)


def with_layout(one: Guess) -> Guess:
    """Let a header such as ``DOB (DD/MM/YYYY)`` decide the order of its column, unless the dates prove another."""
    (column,) = one.columns
    if column.layout is None:
        return one
    proven = proven_orders(column)
    if not proven or column.layout in proven:
        return replace(one, date_order=column.layout, reason=f"{one.reason}, with its layout")
    sentence = f"its header says {column.layout}, its dates say {' and '.join(proven)}"
    return replace(one, doubts=(*one.doubts, Doubt(code=DoubtCode.LAYOUT_CONTRADICTED, sentence=sentence)))


def _left(column: Column, columns: Sequence[Column], readings: Sequence[Candidate]) -> Left:
    if not column.header.strip():
        return Left(column=column, note="it has no header")
    if sum(other.header == column.header for other in columns) > 1:
        twice = "its header stands twice; give the columns different names to map them"
        return Left(column=column, note=twice)
    could_be = {one.field for one in readings if one.column is column}
    for name, note in _OFFERS.items():
        if name in could_be:
            return Left(column=column, note=note, offer=name)
    if reached := _reach(column):
        return _of_somebody_else(column, reached)
    if could_be & {"name", *ADDRESS}:
        return Left(column=column, note="another column gives this already")
    return Left(column=column, note=_refused(column) or described(column))


def _reach(column: Column) -> str | None:
    """Tell e-mail addresses and phone numbers that were not taken for the contact's."""
    if column.emails >= 0.6:
        return "email"
    return "phone" if column.phone_like >= 0.8 and "phone" in _named(column) else None


def _of_somebody_else(column: Column, reached: str) -> Left:
    if identifies_nobody(column):
        said = "the same in every row, so that it identifies nobody"
        return Left(column=column, note=said, doubt=Doubt(code=DoubtCode.IDENTIFIES_NOBODY, sentence=said))
    if is_somebody_else(column) or is_perhaps_else(column):
        said = f"somebody else's, by the word {whose(column)!r}; map it if that is the contact"
    else:
        said = "few values on many rows, so that they are somebody else's"
    return Left(
        column=column, note=said, offer=reached, doubt=Doubt(code=DoubtCode.SOMEBODY_ELSE, sentence=said)
    )


def _named(column: Column) -> set[str]:
    """Give the fields that the header names, whatever the values and whoever it belongs to."""
    unfilled = Column(header=column.header, values=(), place=column.place, rows=column.rows)
    return {one.field for one in candidates(unfilled)} | (
        {"phone"} if set(column.words) & PHONE_WORDS else set()
    )


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
