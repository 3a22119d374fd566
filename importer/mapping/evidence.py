"""How the cells of a column are written, as the whole column shows it: which of 01/02 is the day, what 1,234 is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from importer.highlevel.fields import COMPANY_FIELDS, FIELDS, FieldKind
from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.layout import HeaderLayout
from importer.mapping.compiled.picking import Pick
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule, RuleKey, is_custom
from importer.mapping.transforms.own import OwnSteps
from importer.mapping.transforms.steps import NUMBER_STEPS, StepFunction, chain, make_step, prepare
from importer.mapping.values import dates, numbers
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.dates import DateRules
from importer.mapping.values.fault import quoted
from importer.mapping.values.postal import length_of
from importer.records import Json

_LONGEST: Final = 40
"""No date and no number is longer; notes and addresses need no closer look."""

_REMEMBERED: Final = 10_000
"""Texts that need not be weighed again: columns of amounts and dates repeat themselves."""
_OPEN: Final = "?"
_PROVE_NOTHING: Final = frozenset({_OPEN, dates.LOW_DAY, dates.HIGH_DAY})
_ORDERS: Final = frozenset({"DMY", "MDY"})
_ODD_SHARE: Final = 10
_ODD_AMONG: Final = 4
"""A few dates are odd ones: one among four others, or one in ten."""
_SAMPLED: Final = 200
"""Cells of a block that are looked at in a column that the mapping does not read as dates."""
_DATES_SHARE: Final = 0.6
_DIGITS: Final = frozenset("0123456789")


class CellEvidence:
    """What the cells of one rule prove, counted; ``example`` is the first cell that can be read two ways.

    ``beside_typed``: texts are of interest beside the typed cells of a workbook alone, from the first of these on.
    """

    def __init__(
        self,
        pick: Pick,
        before: StepFunction | None,
        prove: Callable[[str], str | None],
        *,
        beside_typed: bool = False,
    ) -> None:
        self._pick = pick
        self._beside_typed = beside_typed
        self._before = before
        self._prove = prove
        self._counts: Counter[str] = Counter()
        self._seen: set[str] = set()
        self.example = ""
        self.dotted = False
        """Dates that can be read two ways are written with full stops, as nearly nobody does who puts the month first."""

    def see(self, table: BlockColumns) -> None:
        cells = self._pick.texts(table)
        if self._beside_typed and set(map(type, cells)) <= {str}:
            return
        self._beside_typed = False
        texts = set(cells) - self._seen
        if len(self._seen) < _REMEMBERED:
            self._seen |= texts
        prepare(self._before, texts)
        for text in texts:
            if text and (self._before is not None or _may_prove(text)):
                self._weigh(text)

    def _weigh(self, text: str) -> None:
        read = text if self._before is None else self._before(text)
        proof = self._prove(read) if isinstance(read, str) and 0 < len(read) <= _LONGEST else None
        if proof is None:
            return
        self._counts[proof] += 1
        if proof == _OPEN and isinstance(read, str):
            self.example = self.example or read
            self.dotted = self.dotted or "." in read

    def count(self, proof: str) -> int:
        return self._counts[proof]

    def keep(self) -> dict[str, Json]:
        """Write down what was counted."""
        return {"counts": {**self._counts}, "example": self.example, "dotted": self.dotted}

    def recall(self, kept: Any) -> None:
        """Take over what ``keep`` wrote down."""
        self._counts = Counter(kept["counts"])
        self.example, self.dotted = kept["example"], kept["dotted"]

    @property
    def proven(self) -> tuple[str, ...]:
        return tuple(proof for proof in self._counts if proof not in _PROVE_NOTHING)

    @property
    def proof(self) -> str | None:
        """What the column proves, if it proves one thing and one only."""
        return self.proven[0] if len(self.proven) == 1 else None

    @property
    def majority(self) -> str | None:
        """What nearly all cells prove, where a few prove something else."""
        if len(self.proven) != 2:
            return None
        most, few = sorted(self.proven, key=self.count, reverse=True)
        odd = self.count(few)
        few_enough = odd * _ODD_SHARE <= self.count(most) or (odd == 1 and self.count(most) >= _ODD_AMONG)
        return most if few_enough else None


class Evidence:
    """The tallies of a mapping's rules over one file."""

    def __init__(self, model: MappingModel, layout: HeaderLayout, own: OwnSteps, today: date) -> None:
        self._model = model
        self._layout = layout
        self._own = own
        self._today = today
        self._due = {part.key for part in model.parts_beside if part.kind is FieldKind.DUE_DATE}
        self._dates = self._tallies(
            self._watches_dates, dates.evidence_of, frozenset({"date"}), beside_typed=self._decided
        )
        self._decimals = self._tallies(self._watches_numbers, numbers.evidence_of, NUMBER_STEPS)
        self._codes = self._tallies(_is_postal_code, length_of, frozenset())
        undecided = any(key in self._dates and not self._decided(rule) for key, rule in model.rules)
        self._others = OtherDates(layout.width) if undecided else None

    def see(self, table: BlockColumns) -> None:
        for tally in (*self._dates.values(), *self._decimals.values(), *self._codes.values()):
            tally.see(table)
        if self._others is not None:
            self._others.see(table)

    def keep(self) -> dict[str, Json]:
        """Write down what the file proved, for whoever maps some of its rows without the others."""
        return {
            **{
                kind: [[list(key), tally.keep()] for key, tally in tallies.items()]
                for kind, tallies in self._kinds.items()
            },
            "others": None if self._others is None else self._others.keep(),
        }

    def recall(self, kept: Any) -> None:
        """Take over what ``keep`` wrote down of the same mapping and header."""
        for kind, tallies in self._kinds.items():
            for key, tally in kept[kind]:
                tallies[tuple(key)].recall(tally)
        if self._others is not None and kept["others"] is not None:
            self._others.recall(kept["others"])

    @property
    def _kinds(self) -> dict[str, dict[RuleKey, CellEvidence]]:
        return {"dates": self._dates, "decimals": self._decimals, "codes": self._codes}

    def conventions(self, key: RuleKey, rule: Rule) -> Conventions:
        """Tell how a rule's cells are written: as the mapping says, else as the column proves, else as others do."""
        stated = self._stated_order(rule)
        decimal = rule.decimal or self._model.defaults.decimal
        tally = self._dates.get(key)
        proven = (
            None if stated or tally is None else tally.proof or tally.majority or self._order_of_others(tally)
        )
        return Conventions(
            dates=DateRules(
                today=self._today,
                order=stated or proven,
                stated=stated is not None,
                formats=rule.format or (),
                birthday=_is_birthday(key),
                by_majority=stated is None and tally is not None and tally.majority is not None,
                swapped=tally is not None and _may_be_swapped(tally),
            ),
            decimal=decimal or _proof(self._decimals.get(key)),
            stated_decimal=decimal,
            code_lengths=self._code_lengths(key),
        )

    def open_dates(self) -> dict[RuleKey, str]:
        """Say of each rule with dates that stay open why; a rule that only may hold dates is among them."""
        rules = dict(self._model.rules)
        return {
            key: _open_sentence(rules[key], tally)
            for key, tally in self._dates.items()
            if tally.example
            and not self._decided(rules[key])
            and self.conventions(key, rules[key]).dates.order is None
        }

    def surely_dates(self, key: RuleKey, rule: Rule) -> bool:
        """Tell a rule that makes dates from one whose custom field may turn out to hold dates."""
        made = any(step.name == "date" and not step.arguments for step in rule.transforms)
        return made or _is_birthday(key) or key in self._due

    def _stated_order(self, rule: Rule) -> str | None:
        return rule.date_order or self._model.defaults.date_order

    def _decided(self, rule: Rule) -> bool:
        """Tell a rule of which the mapping says the order of its dates, or their format."""
        return self._stated_order(rule) is not None or bool(rule.format)

    def _order_of_others(self, tally: CellEvidence) -> str | None:
        """Give the order that other date columns of the file prove, where none proves another."""
        if tally.proven or self._others is None:
            return None
        proofs = {other.proof for other in self._dates.values() if other.proof in _ORDERS}
        found = proofs | self._others.orders()
        if tally.dotted and "MDY" in found:
            return None
        return next(iter(found)) if len(found) == 1 else None

    def order_notes(self, header: Sequence[str]) -> tuple[str, ...]:
        """Say of each rule whose dates another column decides which one that is."""
        rules = dict(self._model.rules)
        return tuple(
            f"The dates of {' or '.join(map(repr, rules[key].headers))} can be read two ways; they are read as {order}, since "
            f"{self._proving(order, header)} of the file shows that order. To decide it yourself: date_order in the rule."
            for key, tally in self._dates.items()
            if tally.example
            and not self._decided(rules[key])
            and tally.proof is None
            and tally.majority is None
            and (order := self._order_of_others(tally)) is not None
        )

    def _proving(self, order: str, header: Sequence[str]) -> str:
        columns = self._others.columns(order) if self._others is not None else ()
        names = [repr(header[index]) for index in columns[:3] if header[index]]
        return f"column {' and '.join(names)}" if names else "another column"

    def _code_lengths(self, key: RuleKey) -> frozenset[int]:
        tally = self._codes.get(key)
        return frozenset(map(int, tally.proven)) if tally is not None else frozenset()

    def _tallies(
        self,
        watches: Callable[[RuleKey, Rule], bool],
        prove: Callable[[str], str | None],
        until: frozenset[str],
        *,
        beside_typed: Callable[[Rule], bool] = lambda _rule: False,
    ) -> dict[RuleKey, CellEvidence]:
        watched = [
            (key, rule) for key, rule in self._model.rules if rule.value is None and watches(key, rule)
        ]
        return {
            key: CellEvidence(pick, self._steps_before(rule, until), prove, beside_typed=beside_typed(rule))
            for key, rule in watched
            if (pick := self._layout.pick(rule)) is not None
        }

    def _watches_dates(self, key: RuleKey, rule: Rule) -> bool:
        if self.surely_dates(key, rule):
            return True
        return is_custom(key) and not self._decided(rule)

    def _watches_numbers(self, key: RuleKey, rule: Rule) -> bool:
        if rule.decimal or self._model.defaults.decimal:
            return False
        return is_custom(key) or any(step.name in NUMBER_STEPS for step in rule.transforms)

    def _steps_before(self, rule: Rule, until: frozenset[str]) -> StepFunction | None:
        before: list[StepFunction] = []
        written = Conventions(dates=DateRules(today=self._today))
        for step in rule.transforms:
            if step.name in until:
                break
            before.append(self._own.find(step.name) if step.own else make_step(step, written))
        return chain(tuple(before)) if before else None


class OtherDates:
    """The orders that the file's columns of dates prove, mapped or not; only the beginning of each block is looked at.

    A column of notes that begin with a date was typed by somebody else than the dates of an export.
    """

    def __init__(self, width: int) -> None:
        self._proven: list[set[str]] = [set() for _ in range(width)]
        self._filled = [0] * width
        self._dates = [0] * width

    def see(self, table: BlockColumns) -> None:
        for index, proven in enumerate(self._proven):
            for text in table.raw(index)[:_SAMPLED]:
                self._filled[index] += bool(text)
                if text and _may_prove(text) and dates.is_numeric_date(bare := text.strip()):
                    self._dates[index] += 1
                    if (proof := dates.evidence_of(bare)) in _ORDERS:
                        proven.add(proof)

    def keep(self) -> dict[str, Json]:
        """Write down what was counted."""
        return {
            "proven": [[*sorted(each)] for each in self._proven],
            "filled": [*self._filled],
            "dates": [*self._dates],
        }

    def recall(self, kept: Any) -> None:
        """Take over what ``keep`` wrote down."""
        self._proven = [set(each) for each in kept["proven"]]
        self._filled, self._dates = [*kept["filled"]], [*kept["dates"]]

    def columns(self, order: str) -> list[int]:
        """Give the columns that prove an order and no other."""
        return [index for index, proven in enumerate(self._proven) if proven == {order}]

    def orders(self) -> set[str]:
        """Give the orders of those columns of dates that prove one and no other."""
        return {
            order
            for proven, filled, found in zip(self._proven, self._filled, self._dates, strict=True)
            if len(proven) == 1 and found >= _DATES_SHARE * filled
            for order in proven
        }


def _may_be_swapped(tally: CellEvidence) -> bool:
    """Tell the trace of a file that was opened with another order of dates than its own.

    The spreadsheet made date cells of the days up to 12, with day and month exchanged, and left the others as texts.
    """
    converted = tally.count(dates.LOW_DAY) and not tally.count(dates.HIGH_DAY)
    return bool(converted) and tally.proof in _ORDERS and not tally.count(_OPEN)


def _is_postal_code(key: RuleKey, rule: Rule) -> bool:  # noqa: ARG001  (one of several such questions)
    return _kind_of(key) is FieldKind.POSTAL_CODE


def _may_prove(text: str) -> bool:
    """Tell in no time that most texts are neither date nor number; the survey goes over every cell of a file."""
    return len(text) <= _LONGEST and (text[0] in _DIGITS or text[-1] in _DIGITS)


def _proof(tally: CellEvidence | None) -> str | None:
    return tally.proof if tally is not None else None


def _is_birthday(key: RuleKey) -> bool:
    return _kind_of(key) is FieldKind.DATE_OF_BIRTH


def _kind_of(key: RuleKey) -> FieldKind | None:
    """Tell the kind of a field of the contact's, or company's, own."""
    if key[0] != "fields":
        return None
    name = str(key[1])
    return (FIELDS.get(name) or COMPANY_FIELDS[name]).kind


def _open_sentence(rule: Rule, tally: CellEvidence) -> str:
    names = " and ".join(f"'{name}'" for name in rule.headers)
    mixed = "some cells prove day first, others month first"
    why = mixed if tally.proven else "no cell of the column tells which"
    return (
        f"The dates of column {names} can be read two ways ({quoted(tally.example)}: day or month first?), and {why}. "
        "Say date_order: DMY or MDY, in the rule or in defaults."
    )
