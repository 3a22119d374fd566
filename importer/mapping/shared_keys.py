"""Different people under one e-mail or phone: told apart as rows pass by; the first that is sent keeps the key.

The vendor finds no contact by a new e-mail, then takes the one that has the phone: of three colleagues with the
office's number the last one's name would stand over the others'.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final, NamedTuple, Protocol, TypeAlias

from importer.mapping.compiled.program import Program, failed
from importer.mapping.language.model import MappingModel
from importer.mapping.language.people import SharedKeyPolicy
from importer.mapping.persons import HashText, HeldKey, Person, PersonReader
from importer.records import (
    Contradiction,
    Fault,
    KeyHolder,
    KeyLink,
    MatchKey,
    Outcome,
    Record,
    RowId,
    Said,
    number_of,
    source_of,
    value_type,
)

CODE: Final = "shared_key"
TAKEN_AS_ONE: Final = "taken_as_one"
_SAID: Final = {MatchKey.EMAIL: "e-mail", MatchKey.PHONE: "phone"}
_OTHER: Final = {MatchKey.EMAIL: MatchKey.PHONE, MatchKey.PHONE: MatchKey.EMAIL}


class HolderStore(Protocol):
    """Remembers who holds which key of a location."""

    @property
    def run(self) -> int: ...

    def hash(self, text: str) -> int: ...

    def find(self, keys: AbstractSet[int]) -> dict[int, KeyHolder]: ...

    def put(self, holders: Mapping[int, KeyHolder]) -> None: ...


MatchedBy: TypeAlias = Callable[[Record], Collection[str]]
"""Tells which fields the vendor finds a record's contact by; none where it makes a new one in any case."""
Note: TypeAlias = Callable[[Sequence[KeyLink]], None]


@value_type(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """What the mapping says of shared keys. ``columns`` names the column of each key where there is one."""

    policy: SharedKeyPolicy
    require: tuple[str, ...]
    columns: Mapping[MatchKey, str]


def key_rules(model: MappingModel, program: Program) -> KeyRules:
    """Gather what a mapping says of shared keys, for one file."""
    columns = {key: column for key in MatchKey if (column := program.only_column(key)) is not None}
    return KeyRules(policy=model.match.shared_key, require=program.require, columns=columns)


class SharedKeys:
    """Decides, block by block and in file order, who keeps a key that several people share.

    A row that was let in before is let in again, and one that was turned away is turned away: of a key only what
    its holders have in common is remembered, and that never grows. So each pass over a file, and each session of a
    run, decides the same.
    """

    def __init__(self, rules: KeyRules, store: HolderStore, *, matched_by: MatchedBy, note: Note) -> None:
        self._rules = rules
        self._store = store
        self._matched_by = matched_by
        self._note = note
        hash_text: HashText = store.hash
        self._persons = PersonReader(hash_text)

    def decide(self, mapped: Sequence[Record | Outcome]) -> list[Record | Outcome]:
        """Take shared keys from whoever comes later; rows that are outcomes already hold nothing."""
        persons = [self._person(item) if isinstance(item, Record) else None for item in mapped]
        keys = [held.key for person in persons if person is not None for held in person.keys]
        if not keys:
            return list(mapped)
        run, several = self._store.run, frozenset(keys)
        known = self._store.find(several)
        if not known and len(several) == len(keys):  # nobody shares anything with anybody, as in most blocks
            self._store.put(_begun(persons, run))
            self._note(())
            return list(mapped)
        desk = _Desk(known, run)
        decided = [
            item if person is None or not isinstance(item, Record) else self._judge(item, person, desk)
            for item, person in zip(mapped, persons, strict=True)
        ]
        self._store.put(desk.changed)
        self._note(desk.links)
        return decided

    def _person(self, record: Record) -> Person | None:
        return self._persons.read(record, self._matched_by(record))

    def _judge(self, record: Record, person: Person, desk: _Desk) -> Record | Outcome:
        if desk.is_first(person):
            desk.begin(person)
            return record
        if desk.is_again(person):
            return record
        refused = desk.refusals(person)
        if not refused or person.by_id:
            return self._let_in(record, person, desk, refused)
        desk.turn_away(person, refused)
        end = self._without(record, refused)
        return self._let_in(end, person, desk, refused) if isinstance(end, Record) else end

    def _let_in(
        self, record: Record, person: Person, desk: _Desk, refused: Mapping[MatchKey, RowId | None]
    ) -> Record:
        contradicted = desk.enter(person, refused)
        return _warned(record, self._doubts(record.row, contradicted)) if contradicted else record

    def _doubts(
        self, row: RowId, contradicted: Mapping[_Contradicted, Sequence[MatchKey]]
    ) -> Iterator[Fault]:
        for (first, what), keys in contradicted.items():
            sentence = _TAKEN_AS_ONE[what].format(
                holder=_holder(first, row),
                keys=" and ".join(_SAID[key] for key in keys),
                other=_SAID[_OTHER[keys[0]]],
            )
            column = self._rules.columns.get(keys[0])
            yield Fault(code=TAKEN_AS_ONE, message=_capital(sentence), column=column, fails=False)

    def _without(self, record: Record, refused: Mapping[MatchKey, RowId | None]) -> Record | Outcome:
        match self._rules.policy:
            case SharedKeyPolicy.SEND:
                return _warned(record, self._faults(record.row, refused, _SENT, fails=False))
            case SharedKeyPolicy.FAIL:
                return _ended(record, self._faults(record.row, refused, _FORBIDDEN, fails=True))
            case SharedKeyPolicy.LEAVE_OUT:
                fields = {name: value for name, value in record.fields.items() if name not in refused}
                lean = replace(record, fields=fields)
                if not self._identified(lean):
                    return _ended(record, self._faults(record.row, refused, _NOTHING_LEFT, fails=True))
                return _warned(lean, self._faults(record.row, refused, _LEFT_OUT, fails=False))

    def _identified(self, record: Record) -> bool:
        given = {name for name, value in record.fields.items() if value is not None}
        return bool(given & set(MatchKey)) and bool(given.intersection(self._rules.require))

    def _faults(
        self, row: RowId, refused: Mapping[MatchKey, RowId | None], sentence: str, *, fails: bool
    ) -> tuple[Fault, ...]:
        return tuple(
            Fault(
                code=CODE,
                message=_capital(
                    sentence.format(key=_SAID[key], other=_SAID[_OTHER[key]], holder=_holder(first, row))
                ),
                column=self._rules.columns.get(key),
                fails=fails,
            )
            for key, first in refused.items()
        )


_LEFT_OUT: Final = (
    "The {key} was left out: {holder} has it too, under another name and without this row's {other}."
)
_NOTHING_LEFT: Final = (
    "{holder} has the row's {key} too, under another name: sending the row would write over that person, and it has "
    "nothing else to be matched by. Give it one of its own, or another key."
)
_FORBIDDEN: Final = (
    "{holder} has the row's {key} too, under another name and without this row's {other}; the mapping's match: "
    "shared_key lets such rows fail."
)
_SENT: Final = "{holder} has the row's {key} too, under another name and without this row's {other}: both become one contact."
_TAKEN_AS_ONE: Final = {
    Contradiction.NAME: (
        "{holder} has the row's {keys} too, under another name, and nothing tells them apart: both are taken for one person, "
        "whose name is that of the row sent last."
    ),
    Contradiction.OTHER_KEY: (
        "{holder} has the row's {keys} too, with another {other}: a row without a name is taken for the same person, whose "
        "{other} is that of the row sent last."
    ),
}


class _Contradicted(NamedTuple):
    """The row that is the same person, and what a row says otherwise than that one."""

    first: RowId | None
    what: Contradiction


class _Desk:
    """The holders that one block is about, as its rows go by."""

    def __init__(self, known: dict[int, KeyHolder], run: int) -> None:
        self.changed: dict[int, KeyHolder] = {}
        self.links: list[KeyLink] = []
        self._known = known
        self._run = run

    def is_first(self, person: Person) -> bool:
        """Tell whether nobody holds any key of a person yet, as of nearly every row."""
        return self._known.keys().isdisjoint([held.key for held in person.keys])

    def is_again(self, person: Person) -> bool:
        """Tell whether a pass before took in this very row, and nobody came near its keys since: as of nearly every row."""
        known, run = self._known, self._run
        return all(known.get(held.key) == begin(person, held, run) for held in person.keys)

    def begin(self, person: Person) -> None:
        for held in person.keys:
            self._known[held.key] = self.changed[held.key] = begin(person, held, self._run)

    def refusals(self, person: Person) -> dict[MatchKey, RowId | None]:
        """Name the keys that somebody else holds, and the row that holds each."""
        return {
            held.kind: self._first(holder, person.row)
            for held in person.keys
            if (holder := self._known.get(held.key)) is not None
            and join(holder, person, held, self._run) is None
        }

    def enter(self, person: Person, refused: Collection[MatchKey]) -> dict[_Contradicted, list[MatchKey]]:
        """Let a row that is sent hold its keys; give what it says otherwise than whoever held them before."""
        contradicted: dict[_Contradicted, list[MatchKey]] = {}
        for held in person.keys:
            if held.kind in refused:
                continue
            before = self._known.get(held.key)
            if before is None:
                after: KeyHolder | None = begin(person, held, self._run)
            else:
                what = contradiction(before, person, held, self._run)
                first = self._first(before, person.row)
                self._link(person, held, first, what)
                if what is not None:
                    contradicted.setdefault(_Contradicted(first, what), []).append(held.kind)
                after = join(before, person, held, self._run)
            if after is not None and after != before:
                self._known[held.key] = self.changed[held.key] = after
        return contradicted

    def turn_away(self, person: Person, refused: Mapping[MatchKey, RowId | None]) -> None:
        for held in person.keys:
            if held.kind in refused:
                self.links.append(
                    KeyLink(
                        row=person.row,
                        key=held.kind,
                        group=held.key,
                        first=refused[held.kind],
                        apart=True,
                    )
                )

    def _link(self, person: Person, held: HeldKey, first: RowId | None, what: Contradiction | None) -> None:
        if first is not None or what is not None:
            self.links.append(
                KeyLink(
                    row=person.row,
                    key=held.kind,
                    group=held.key,
                    first=first,
                    apart=False,
                    contradiction=what,
                )
            )

    def _first(self, holder: KeyHolder, row: RowId) -> RowId | None:
        """Name the row of this run that holds a key; a later one is of an earlier pass, and was not the first."""
        return holder.row if holder.run == self._run and holder.row < row else None


def _begun(persons: Iterable[Person | None], run: int) -> dict[int, KeyHolder]:
    return {
        held.key: begin(person, held, run) for person in persons if person is not None for held in person.keys
    }


def begin(person: Person, held: HeldKey, run: int) -> KeyHolder:
    """Let a person be the first to hold a key."""
    if not _is_comparable(person, held):
        return KeyHolder(0, 0, 0, run, person.row, said=Said(held.other, person.first, person.last))
    return KeyHolder(held.other, person.first, person.last, run, person.row)


def join(holder: KeyHolder, person: Person, held: HeldKey, run: int) -> KeyHolder | None:
    """Let a person hold a key that is held; None where they are somebody else.

    In one run a person has to be the same as every row that holds the key; of earlier runs the newest counts, since
    that is who the contact is now.
    """
    same_run = holder.run == run
    row = holder.row if same_run else person.row
    joined = same_run and (holder.joined or person.row != holder.row)
    said = (_said_with if same_run else _said_since)(holder.all_said(), person, held)
    before = holder.before if same_run else contradiction(holder, person, held, run)
    several_names = same_run and holder.several_names
    several_others = same_run and holder.several_others
    if not _is_comparable(person, held):
        return holder._replace(
            run=run,
            row=row,
            several_names=several_names,
            several_others=several_others,
            joined=joined,
            said=said,
            before=before,
        )
    if not (holder.first or holder.last):
        return KeyHolder(
            held.other, person.first, person.last, run, row, joined=joined, said=said, before=before
        )
    same_name = not several_names and _fit(holder.first, person.first) and _fit(holder.last, person.last)
    same_other = not several_others and held.other != 0 and held.other == holder.other
    if not same_name and not same_other:
        return None
    return KeyHolder(
        (held.other or holder.other) if not same_run else held.other,
        person.first or (holder.first if same_name else 0),
        person.last or (holder.last if same_name else 0),
        run,
        row,
        several_names=same_run and not same_name,
        several_others=same_run and (several_others or held.other != holder.other),
        joined=joined,
        said=said,
        before=before,
    )


def contradiction(holder: KeyHolder, person: Person, held: HeldKey, run: int) -> Contradiction | None:
    """Tell what a person says otherwise than who held a key before them; that they are the same is decided already.

    Each pass finds the same: what the first rows of a run said stays, and so does what the very first of them met.
    """
    if person.by_id:
        return None
    if holder.run == run and person.row <= holder.row:
        return holder.before if person.row == holder.row else None
    said = holder.all_said()
    if not _is_called(said, person):
        return Contradiction.NAME
    nameless = not person.first and not person.last
    others_differ = held.other and said.other and held.other != said.other
    return Contradiction.OTHER_KEY if nameless and others_differ else None


def _said_with(said: Said, person: Person, held: HeldKey) -> Said:
    """Add what the rows of one run before did not say."""
    if not _is_called(said, person):
        return said._replace(other=said.other or held.other)
    return Said(said.other or held.other, said.first or person.first, said.last or person.last)


def _said_since(said: Said, person: Person, held: HeldKey) -> Said:
    """Let the row of a later run say who the contact is now."""
    kept = said if _is_called(said, person) else Said()
    return Said(held.other or said.other, person.first or kept.first, person.last or kept.last)


def _is_called(said: Said, person: Person) -> bool:
    return _fit(said.first, person.first) and _fit(said.last, person.last)


def _is_comparable(person: Person, held: HeldKey) -> bool:
    """Tell whether a row can be somebody else than another one with the same key.

    Without a name it cannot. Nor can one with an e-mail and no phone: an address is one person's, a phone often a
    household's or an office's.
    """
    return bool(person.first or person.last) and (held.kind is MatchKey.PHONE or held.other != 0)


def _fit(one: int, other: int) -> bool:
    return not one or not other or one == other


def _holder(first: RowId | None, row: RowId) -> str:
    if first is None:
        return "somebody who was imported before"
    behind = "" if source_of(first) == source_of(row) else " of another file of this import"
    return f"row {number_of(first)}{behind}"


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _warned(record: Record, warnings: Iterable[Fault]) -> Record:
    return replace(record, warnings=(*record.warnings, *warnings))


def _ended(record: Record, faults: Iterable[Fault]) -> Outcome:
    return failed(record.row, record.location_id, (*record.warnings, *faults))
