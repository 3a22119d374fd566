"""One pass over a file before its first row is sent, and the mapping bound to what it showed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from importer.errors import MappingError
from importer.highlevel.catalog import MATCH_BY, Catalog
from importer.highlevel.files import references_in
from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.layout import HeaderLayout, Locate
from importer.mapping.compiled.locations import LocationColumn
from importer.mapping.compiled.old_numbers import advice_on_numbers
from importer.mapping.compiled.program import Program, required_of, row_filter
from importer.mapping.compiled.readers import Circumstances
from importer.mapping.custom_targets import CustomRules, CustomTargets, fields_of_files
from importer.mapping.duplicates import DuplicatePolicy, DuplicateSurvey, PersonGroup
from importer.mapping.evidence import Evidence
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule, RuleKey, is_custom
from importer.mapping.opt_outs import OptOutsInOrder, is_of_opt_outs
from importer.mapping.other_columns import with_other_columns
from importer.mapping.repeated import SEVERAL, RepeatedAdditions, RepeatedSurvey
from importer.mapping.resolver import Resolver
from importer.mapping.shared_keys import HolderStore, MatchedBy, Note, SharedKeys, key_rules
from importer.mapping.suppressed_people import SuppressedPeople
from importer.mapping.suppression import SuppressedRows
from importer.mapping.transforms.own import OwnSteps
from importer.mapping.values.conventions import Conventions
from importer.records import Block, Json, Outcome, Record, RowId


class BoundMapping:
    """A mapping made ready for one file. ``location_rows`` counts the rows that go to each location."""

    def __init__(  # noqa: PLR0913  (all that the survey found)
        self,
        model: MappingModel,
        program: Program,
        *,
        rows: int,
        location_rows: Mapping[str, int],
        duplicates: DuplicatePolicy | OptOutsInOrder | None,
        written: Mapping[RuleKey, Conventions],
        open_dates: Mapping[RuleKey, str],
        locate: Locate,
        notes: tuple[str, ...] = (),
        repeated: RepeatedAdditions | None = None,
        suppressed: SuppressedRows | None = None,
        keep_writing: Callable[[], Json] = dict,
    ) -> None:
        self.keep_writing = keep_writing
        """Writes down how the file is written, for whoever maps some of its rows without the others."""
        self.rows = rows
        self.notes = notes
        """What the survey decided and a person may want to know."""
        self.location_rows = location_rows
        self._model = model
        self._program = program
        self._duplicates = duplicates
        self._repeated = repeated
        self._suppressed = suppressed
        self._written = written
        self._open_dates = open_dates
        self._locate = locate

    def map(self, block: Block) -> list[Record | Outcome]:
        """Map a block: exactly one record or outcome for each row, in order; shared keys are not looked at."""
        return self.settle(self.read(block))

    def read(self, block: Block) -> list[Record | Outcome]:
        """Map each row by itself; one of a person who is sent nothing ends here, before anybody is compared."""
        mapped = self._program.map(block)
        if (repeated := self._repeated) is not None:
            mapped = [repeated.number(each) if isinstance(each, Record) else each for each in mapped]
        return mapped if self._suppressed is None else list(map(self._suppressed.settle, mapped))

    def locations(self, block: Block) -> list[str | None]:
        """Tell which location each row of a block goes to; None where it goes to none."""
        return self._program.locations(block)

    def settle(self, mapped: list[Record | Outcome]) -> list[Record | Outcome]:
        """Let the rows of one person be sent, merged, skipped or failed as the mapping says."""
        policy = self._duplicates
        if policy is None:
            return mapped
        return [policy.settle(each) if isinstance(each, Record) else each for each in mapped]

    def shared_keys(self, store: HolderStore, *, matched_by: MatchedBy, note: Note) -> SharedKeys:
        """Make what decides who keeps a key that several people share."""
        rules = key_rules(self._model, self._program)
        return SharedKeys(rules, store, matched_by=matched_by, note=note)

    def resolver(self, catalog: Catalog | None) -> Resolver:
        """Match custom fields, users and time zones to a location; None: offline, names become likely keys.

        Raises MappingError for custom fields that the location does not have, with the nearest ones.
        """
        return Resolver(
            self._model, catalog, written=self._written, open_dates=self._open_dates, locate=self._locate
        )

    def files_named(self) -> Callable[[Record], tuple[str, ...]]:
        """Make what tells the files that a row names, before any location is asked: of the fields that `files: fields` names."""
        model = self._model
        rules = CustomRules(model=model, written=self._written, open_dates=self._open_dates)
        named = {name: rule for name, rule in model.custom_fields.items() if name in model.files.fields}
        targets = CustomTargets(named, fields_of_files(named), rules)

        def of(record: Record) -> tuple[str, ...]:
            values = targets.resolve(record.custom_fields, record, [])
            return tuple(reference for _, value in values for reference in references_in(value))

        return of


class Surveyor:
    """Looks at every row once: counts, date orders, duplicates; then binds the mapping.

    ``draft_store``: keeps who holds which key while duplicates are looked for; without one, nobody is somebody else.
    ``suppressed``: gathers the people who are sent nothing, over all sources of an import.
    ``writing``: how the file is written, as ``keep_writing`` gave it to whoever sees some of its rows alone.
    """

    def __init__(  # noqa: PLR0913  (what a survey is given of its file and of those around it)
        self,
        model: MappingModel,
        header: Sequence[str],
        *,
        locate: Locate,
        location: str | None,
        today: date,
        allow_transforms: bool,
        draft_store: HolderStore | None = None,
        suppressed: SuppressedPeople | None = None,
        writing: Json = None,
    ) -> None:
        self._suppressed = suppressed
        self._model = model = with_other_columns(model, header)
        self._locate = locate
        self._header = header
        self._layout = HeaderLayout(model, header, locate)
        _refuse_nobody(model, self._layout)
        self._own = OwnSteps(_own_names(model), allowed=allow_transforms)
        self._evidence = Evidence(model, self._layout, self._own, today)
        self._knows_writing = writing is not None
        if writing is not None:
            self._evidence.recall(writing)
        self._location = LocationColumn(model.location, self._layout, location)
        self._filter = row_filter(model, self._layout)
        self._rows = 0
        self._location_rows: Counter[str] = Counter()
        policy = model.match.in_file_duplicates
        by = None if model.match.by is None else model.match.by.custom_field
        self._duplicates = None if policy == "in_order" else DuplicateSurvey(policy, by)
        several = any(wish.kind in SEVERAL for wish in model.wishes)
        self._repeated = RepeatedSurvey(by) if several else None
        links = (
            None if self._duplicates is None else self._duplicates.see,
            None if self._repeated is None else self._repeated.see,
            None if suppressed is None else suppressed.link,
        )
        self._see_person = [see for see in links if see is not None]
        self._draft = self._program(draft=True) if self._see_person else None
        self._shared: SharedKeys | None = None
        if self._draft is not None and draft_store is not None:
            rules = key_rules(model, self._draft)
            self._shared = SharedKeys(rules, draft_store, matched_by=lambda _: MATCH_BY, note=lambda _: None)

    @property
    def draft(self) -> Program:
        """The mapping as far as it can be had without a survey: what is open is read one way or the other."""
        return self._draft or self._program(draft=True)

    def see(self, block: Block) -> None:
        """Take one block of the file into account."""
        self._rows += len(block)
        if self._draft is not None:
            self._see_people(self._draft.map(block))
        table = self._see_writing(block)
        if table is None:
            return
        self._location_rows.update(location for location in self._location.run(table) if location)

    def _see_people(self, mapped: list[Record | Outcome]) -> None:
        if self._suppressed is not None:
            self._suppressed.see(mapped)
        # Rows of different people are nobody's duplicates, whatever they share.
        for each in mapped if self._shared is None else self._shared.decide(mapped):
            if isinstance(each, Record):
                for see in self._see_person:
                    see(each)

    def see_writing(self, block: Block) -> None:
        """Learn from rows that are not to be imported how the file's dates and numbers are written."""
        self._see_writing(block)

    def _see_writing(self, block: Block) -> BlockColumns | None:
        rows = self._sound_rows(block)
        if not rows:
            return None
        empty = frozenset(self._model.defaults.empty)
        table = BlockColumns(rows, empty, self._model.clear, plain=block.plain)
        if not self._knows_writing:
            self._evidence.see(table)
        return table

    def _sound_rows(self, block: Block) -> Sequence[Sequence[str]]:
        """Give the rows that can be mapped: whole ones that the mapping's rows section lets in."""
        if not block.faults and self._filter.passes_all:
            return block.rows
        return [
            cells
            for index, cells in enumerate(block.rows)
            if not _fails(block, index) and self._filter.refuse(cells, block.faults.get(index, ())) is None
        ]

    def bind(self) -> BoundMapping:
        """Close the survey. Raises MappingError, for instance for dates that can be read two ways."""
        open_dates = self._evidence.open_dates()
        certain = [
            (key, open_dates[key])
            for key, rule in self._model.rules
            if key in open_dates and self._evidence.surely_dates(key, rule)
        ]
        if certain:
            raise MappingError("The mapping leaves the dates open.", faults=self._locate(certain))
        groups = self._duplicates.groups() if self._duplicates is not None else {}
        return BoundMapping(
            self._model,
            self._program(),
            rows=self._rows,
            location_rows=dict(self._location_rows),
            duplicates=self._policy(groups),
            suppressed=None if self._suppressed is None else self._suppressed.rows,
            repeated=self._repeated_additions(),
            written={
                key: self._evidence.conventions(key, rule)
                for key, rule in self._model.rules
                if is_custom(key)
            },
            open_dates={key: said for key, said in open_dates.items() if is_custom(key)},
            locate=self._locate,
            notes=self._evidence.order_notes(self._header),
            keep_writing=self._evidence.keep,
        )

    def _repeated_additions(self) -> RepeatedAdditions | None:
        repeated = {} if self._repeated is None else self._repeated.repeated()
        return RepeatedAdditions(repeated) if repeated else None

    def _policy(self, groups: Mapping[RowId, PersonGroup]) -> DuplicatePolicy | OptOutsInOrder | None:
        policy = self._model.match.in_file_duplicates
        if policy == "in_order":
            return OptOutsInOrder() if any(map(is_of_opt_outs, self._model.fields)) else None
        return DuplicatePolicy(policy, groups, blank_clears=self._blank_clears) if groups else None

    @property
    def _blank_clears(self) -> frozenset[str]:
        """The fields that a blank cell clears: null in a record of theirs may be no more than a blank."""
        model = self._model
        return frozenset(
            name
            for name, rule in model.fields.items()
            if (rule.empty_cells or model.empty_cells) == "clear" and model.facts[name].clearable
        )

    def _program(self, *, draft: bool = False) -> Program:
        """Compile the mapping; a draft, made before the survey, reads what is still open one way or the other.

        What counts for a draft is which rows fail, and which of two readings is right does not change that.
        """
        around = {
            key: Circumstances(
                written=self._conventions(key, rule, draft=draft),
                defaults=self._model.defaults,
                own=self._own,
            )
            for key, rule in self._model.rules
        }
        return Program(self._model, self._layout, self._location, around)

    def _conventions(self, key: RuleKey, rule: Rule, *, draft: bool) -> Conventions:
        written = self._evidence.conventions(key, rule)
        return replace(written, decimal=written.decimal or ".") if draft else written


def _refuse_nobody(model: MappingModel, layout: HeaderLayout) -> None:
    """Refuse a file that lacks every optional column by which a row could be matched to a contact."""
    names = required_of(model)
    if not names or model.match.by is not None:
        return  # a custom field finds its rows' contacts
    rules = [model.fields[name] for name in names]
    if not any(rule.value or rule.default or layout.pick(rule) is not None for rule in rules):
        raise MappingError(
            f"The file has no column for {' or '.join(names)}, so every row would fail. "
            f"Name the column in the mapping.{advice_on_numbers(model, layout.titles)}"
        )


def _fails(block: Block, index: int) -> bool:
    return any(fault.fails for fault in block.faults.get(index, ()))


def _own_names(model: MappingModel) -> list[str]:
    return [step.name for _, rule in model.rules for step in rule.transforms if step.own]
