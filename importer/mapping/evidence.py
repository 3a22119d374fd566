"""How the cells of a column are written, as the whole column shows it: which of 01/02 is the day, what 1,234 is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Final

from importer.highlevel.fields import FIELDS, FieldKind
from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.layout import HeaderLayout
from importer.mapping.compiled.picking import Pick
from importer.mapping.language.model import MappingModel, Rule, RuleKey
from importer.mapping.transforms.own import OwnSteps
from importer.mapping.transforms.steps import NUMBER_STEPS, StepFunction, chain, make_step
from importer.mapping.values import dates, numbers
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.dates import DateRules
from importer.mapping.values.fault import quoted

_LONGEST: Final = 40
"""No date and no number is longer; notes and addresses need no closer look."""

_REMEMBERED: Final = 10_000
"""Texts that need not be weighed again: columns of amounts and dates repeat themselves."""
_OPEN: Final = "?"
_DIGITS: Final = frozenset("0123456789")


class CellEvidence:
    """What the cells of one rule prove, counted; ``example`` is the first cell that can be read two ways."""

    def __init__(self, pick: Pick, before: StepFunction | None, prove: Callable[[str], str | None]) -> None:
        self._pick = pick
        self._before = before
        self._prove = prove
        self._counts: Counter[str] = Counter()
        self._seen: set[str] = set()
        self.example = ""

    def see(self, table: BlockColumns) -> None:
        texts = set(self._pick.texts(table)) - self._seen
        if len(self._seen) < _REMEMBERED:
            self._seen |= texts
        for text in texts:
            if text and (self._before is not None or _may_prove(text)):
                self._weigh(text)

    def _weigh(self, text: str) -> None:
        read = text if self._before is None else self._before(text)
        proof = self._prove(read) if isinstance(read, str) and 0 < len(read) <= _LONGEST else None
        if proof is None:
            return
        self._counts[proof] += 1
        if proof == _OPEN and not self.example:
            self.example = read if isinstance(read, str) else ""

    @property
    def proven(self) -> tuple[str, ...]:
        return tuple(proof for proof in self._counts if proof != _OPEN)

    @property
    def proof(self) -> str | None:
        """What the column proves, if it proves one thing and one only."""
        return self.proven[0] if len(self.proven) == 1 else None


class Evidence:
    """The tallies of a mapping's rules over one file."""

    def __init__(self, model: MappingModel, layout: HeaderLayout, own: OwnSteps, today: date) -> None:
        self._model = model
        self._layout = layout
        self._own = own
        self._today = today
        self._dates = self._tallies(self._watches_dates, dates.evidence_of, frozenset({"date"}))
        self._decimals = self._tallies(self._watches_numbers, numbers.evidence_of, NUMBER_STEPS)

    def see(self, table: BlockColumns) -> None:
        for tally in (*self._dates.values(), *self._decimals.values()):
            tally.see(table)

    def conventions(self, key: RuleKey, rule: Rule) -> Conventions:
        """Tell how a rule's cells are written: as the mapping says, else as the column proves."""
        stated = rule.date_order or self._model.defaults.date_order
        decimal = rule.decimal or self._model.defaults.decimal
        return Conventions(
            dates=DateRules(
                today=self._today,
                order=stated or _proof(self._dates.get(key)),
                stated=stated is not None,
                formats=rule.format or (),
                birthday=_is_birthday(key),
            ),
            decimal=decimal or _proof(self._decimals.get(key)),
            stated_decimal=decimal,
        )

    def open_dates(self) -> dict[RuleKey, str]:
        """Say of each rule with dates that stay open why; a rule that only may hold dates is among them."""
        rules = dict(self._model.rules)
        return {
            key: _open_sentence(rules[key], tally)
            for key, tally in self._dates.items()
            if tally.example and tally.proof is None
        }

    def surely_dates(self, key: RuleKey, rule: Rule) -> bool:
        """Tell a rule that makes dates from one whose custom field may turn out to hold dates."""
        made = any(step.name == "date" and not step.arguments for step in rule.transforms)
        return made or _is_birthday(key)

    def _tallies(
        self,
        watches: Callable[[RuleKey, Rule], bool],
        prove: Callable[[str], str | None],
        until: frozenset[str],
    ) -> dict[RuleKey, CellEvidence]:
        watched = [
            (key, rule) for key, rule in self._model.rules if rule.value is None and watches(key, rule)
        ]
        return {
            key: CellEvidence(pick, self._steps_before(rule, until), prove)
            for key, rule in watched
            if (pick := self._layout.pick(rule)) is not None
        }

    def _watches_dates(self, key: RuleKey, rule: Rule) -> bool:
        if rule.date_order or rule.format or self._model.defaults.date_order:
            return False
        return key[0] == "custom_fields" or self.surely_dates(key, rule)

    def _watches_numbers(self, key: RuleKey, rule: Rule) -> bool:
        if rule.decimal or self._model.defaults.decimal:
            return False
        return key[0] == "custom_fields" or any(step.name in NUMBER_STEPS for step in rule.transforms)

    def _steps_before(self, rule: Rule, until: frozenset[str]) -> StepFunction | None:
        before: list[StepFunction] = []
        written = Conventions(dates=DateRules(today=self._today))
        for step in rule.transforms:
            if step.name in until:
                break
            before.append(self._own.find(step.name) if step.own else make_step(step, written))
        return chain(tuple(before)) if before else None


def _may_prove(text: str) -> bool:
    """Tell in no time that most texts are neither date nor number; the survey goes over every cell of a file."""
    return len(text) <= _LONGEST and (text[0] in _DIGITS or text[-1] in _DIGITS)


def _proof(tally: CellEvidence | None) -> str | None:
    return tally.proof if tally is not None else None


def _is_birthday(key: RuleKey) -> bool:
    section, name = key
    return section == "fields" and FIELDS[name].kind is FieldKind.DATE_OF_BIRTH


def _open_sentence(rule: Rule, tally: CellEvidence) -> str:
    names = " and ".join(f"'{name}'" for name in rule.headers)
    mixed = "some cells prove day first, others month first"
    why = mixed if tally.proven else "no cell of the column tells which"
    return (
        f"The dates of column {names} can be read two ways ({quoted(tally.example)}: day or month first?), and {why}. "
        "Say date_order: DMY or MDY, in the rule or in defaults."
    )
