"""One pass over a file before its first row is sent, and the mapping bound to what it showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from importer.errors import MappingError
from importer.highlevel.catalog import Catalog
from importer.highlevel.fields import FIELDS, Kind
from importer.mapping.dateorder import DateEvidence
from importer.mapping.duplicates import DuplicatePolicy, DuplicateSurvey
from importer.mapping.layout import Layout
from importer.mapping.locations import LocationColumn
from importer.mapping.model import MappingModel, Rule
from importer.mapping.own import OwnSteps
from importer.mapping.program import Program, row_filter
from importer.mapping.readers import Circumstances
from importer.mapping.resolver import Resolver
from importer.mapping.steps import StepFunction, chain, make_step
from importer.mapping.table import Table
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.dates import DateRules
from importer.records import Block, Outcome, Record


class BoundMapping:
    """A mapping made ready for one file. ``location_rows`` counts the rows that go to each location."""

    def __init__(
        self,
        model: MappingModel,
        program: Program,
        *,
        rows: int,
        location_rows: Mapping[str, int],
        duplicates: DuplicatePolicy | None,
        dates: Mapping[str, DateRules],
        ambiguous: Mapping[str, str],
    ) -> None:
        self.rows = rows
        self.location_rows = location_rows
        self._model = model
        self._program = program
        self._duplicates = duplicates
        self._dates = dates
        self._ambiguous = ambiguous

    @property
    def needs_every_block(self) -> bool:
        """Merging duplicates needs every block in file order, also those that were settled before."""
        return self._model.match.in_file_duplicates == "merge"

    def map(self, block: Block) -> list[Record | Outcome]:
        """Map a block: exactly one record or outcome for each row, in order."""
        mapped = self._program.map(block)
        policy = self._duplicates
        if policy is None:
            return mapped
        return [policy.settle(each) if isinstance(each, Record) else each for each in mapped]

    def resolver(self, catalog: Catalog | None) -> Resolver:
        """Match custom fields, users and time zones to a location; None: offline, names become likely keys.

        Raises MappingError for custom fields that the location does not have, with the nearest ones.
        """
        return Resolver(self._model, catalog, dates=self._dates, ambiguous=self._ambiguous)


class Surveyor:
    """Looks at every row once: counts, date orders, duplicates; then binds the mapping."""

    def __init__(
        self,
        model: MappingModel,
        header: Sequence[str],
        *,
        location: str | None,
        today: date,
        allow_transforms: bool,
    ) -> None:
        self._model = model
        self._layout = Layout(model, header)
        self._today = today
        self._own = OwnSteps(_own_names(model), allowed=allow_transforms)
        self._location = LocationColumn(model.location, self._layout, location)
        self._filter = row_filter(model, self._layout)
        self._rows = 0
        self._location_rows: Counter[str] = Counter()
        self._evidence = {
            name: evidence
            for name, rule in _rules(model)
            if (evidence := self._watch(name, rule)) is not None
        }
        policy = model.match.in_file_duplicates
        self._duplicates = DuplicateSurvey(policy) if policy != "in_order" else None
        self._draft = self._program({}) if self._duplicates is not None else None

    def see(self, block: Block) -> None:
        """Take one block of the file into account."""
        self._rows += len(block)
        if self._draft is not None and self._duplicates is not None:
            for each in self._draft.map(block):
                if isinstance(each, Record):
                    self._duplicates.see(each)
        rows = self._sound_rows(block)
        if not rows:
            return
        table = Table(rows)
        for evidence in self._evidence.values():
            evidence.see(table)
        self._location_rows.update(location for location in self._location.run(table) if location)

    def _sound_rows(self, block: Block) -> Sequence[Sequence[str]]:
        """Give the rows that can be mapped: whole ones that the mapping's rows section lets in."""
        if not block.faults and self._filter.passes_all:
            return block.rows
        return [
            cells
            for index, cells in enumerate(block.rows)
            if not _fails(block, index) and self._filter.refuse(cells) is None
        ]

    def bind(self) -> BoundMapping:
        """Close the survey. Raises MappingError, for instance for dates that can be read two ways."""
        orders = {name: evidence.order() for name, evidence in self._evidence.items()}
        ambiguous = {name: said for name, evidence in self._evidence.items() if (said := evidence.ambiguity)}
        certain = [said for name, said in ambiguous.items() if self._surely_dates(name)]
        if certain:
            raise MappingError("The mapping leaves the dates open.", faults=tuple(certain))
        policy = self._model.match.in_file_duplicates
        groups = self._duplicates.groups() if self._duplicates is not None else {}
        return BoundMapping(
            self._model,
            self._program(orders),
            rows=self._rows,
            location_rows=dict(self._location_rows),
            duplicates=DuplicatePolicy(policy, groups) if groups else None,
            dates={name: self._date_rules(name, rule, orders) for name, rule in _rules(self._model)},
            ambiguous=ambiguous,
        )

    def _program(self, orders: Mapping[str, str | None]) -> Program:
        around = {
            name: Circumstances(
                written=Conventions(
                    dates=self._date_rules(name, rule, orders),
                    decimal=rule.decimal or self._model.defaults.decimal,
                ),
                defaults=self._model.defaults,
                own=self._own,
            )
            for name, rule in _rules(self._model)
        }
        return Program(self._model, self._layout, self._location, around)

    def _date_rules(self, name: str, rule: Rule, orders: Mapping[str, str | None]) -> DateRules:
        stated = rule.date_order or self._model.defaults.date_order
        facts = FIELDS.get(name)
        return DateRules(
            today=self._today,
            order=stated or orders.get(name),
            stated=stated is not None,
            formats=rule.format or (),
            birthday=facts is not None and facts.kind is Kind.DATE_OF_BIRTH and name in self._model.fields,
        )

    def _watch(self, name: str, rule: Rule) -> DateEvidence | None:
        """Gather evidence for a rule whose values are, or may turn out to be, dates in an order nobody stated."""
        stated = rule.date_order or self._model.defaults.date_order or rule.format
        pick = None if stated or rule.value is not None else self._layout.pick(rule)
        if pick is None or not (self._surely_dates(name) or name in self._model.custom_fields):
            return None
        return DateEvidence(rule, pick, self._before_date(rule))

    def _before_date(self, rule: Rule) -> StepFunction | None:
        before: list[StepFunction] = []
        written = Conventions(dates=DateRules(today=self._today))
        for step in rule.transforms:
            if step.name == "date":
                break
            before.append(self._own.find(step.name) if step.own else make_step(step, written))
        return chain(tuple(before)) if before else None

    def _surely_dates(self, name: str) -> bool:
        rule = dict(_rules(self._model))[name]
        if name in self._model.fields and FIELDS[name].kind is Kind.DATE_OF_BIRTH:
            return True
        return any(step.name == "date" and not step.arguments for step in rule.transforms)


def _fails(block: Block, index: int) -> bool:
    return any(fault.fails for fault in block.faults.get(index, ()))


def _rules(model: MappingModel) -> list[tuple[str, Rule]]:
    return [*model.fields.items(), *model.custom_fields.items()]


def _own_names(model: MappingModel) -> list[str]:
    return [step.name for _, rule in _rules(model) for step in rule.transforms if step.own]
