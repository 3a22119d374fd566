"""What a mapping can learn from cells that people corrected: rules that would have made the correction needless.

A candidate is only a guess from the texts. Whether it holds is tried: it has to mend what was corrected, and may change
nothing of the rows that were fine.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from importer.errors import MappingError
from importer.highlevel.fields import FieldKind
from importer.mapping.compiled.headers import column_names, fold
from importer.mapping.editing import edited
from importer.mapping.language.rule import Rule, RuleKey
from importer.mapping.loading import Mapping
from importer.mapping.transforms.steps import TransformStep, make_step
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.dates import DateRules
from importer.mapping.values.phones import region_of
from importer.records import value_type
from importer.yaml.document import Plain, YamlPath
from importer.yaml.editing import value_at

Change: TypeAlias = tuple[YamlPath, Plain]
_LEAST: Final = 2
"""Different cells, or rows of one cell, that show more than a slip of one row."""
_LEAST_SHARE: Final = 0.5
_LONGEST: Final = 100
_MOST_TEXTS: Final = 50
_WHATEVER: Final = Conventions(dates=DateRules(today=date.max))
"""The steps that are looked at know no dates."""
_WHOSE: Final = frozenset({"email", "phone", "additionalPhones", "id"})
_PLAIN_STEPS: Final = ("collapse", "lower", "upper", "title", "digits", "strip_html")


class LessonKind(StrEnum):
    """What of a rule is to change; the names are stable."""

    MAP = "map"
    REGION = "region"
    DATE_ORDER = "date_order"
    TRANSFORMS = "transforms"
    SKIP_IF = "skip_if"


@value_type(frozen=True, slots=True, kw_only=True)
class CorrectedCell:
    """A cell that somebody put right; ``row`` tells rows apart, whatever file they are of."""

    row: int
    column: str
    before: str = field(repr=False)
    after: str = field(repr=False)


@value_type(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A change of the mapping, and what speaks for it."""

    kind: LessonKind
    column: str
    changes: tuple[Change, ...] = field(repr=False)
    mended: int
    """Rows that are then sent as they were corrected, or left out as they were."""
    of: int
    """Rows that were corrected there."""
    examples: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Texts, and what became of them."""


class RuleTrial(Protocol):
    """Maps the rows once more by a changed mapping."""

    def mended(self, changed: Mapping, column: str) -> frozenset[int]:
        """Give the rows that are sent as they were corrected, with this column's correction taken back."""
        ...

    def harms(self, changed: Mapping) -> bool:
        """Tell whether a row that was fine becomes another."""
        ...


def learn_rules(mapping: Mapping, cells: Sequence[CorrectedCell], trial: RuleTrial) -> Iterator[Lesson]:
    """Give the lessons of corrected cells, rule by rule; each was tried by itself."""
    by_column: dict[str, list[CorrectedCell]] = defaultdict(list)
    for cell in cells:
        by_column[cell.column].append(cell)
    for column, corrected in by_column.items():
        for key, rule in _rules_of(mapping, column):
            yield from _of_rule(mapping, key, rule, corrected, trial)


def _rules_of(mapping: Mapping, column: str) -> Iterator[tuple[RuleKey, Rule]]:
    for key, rule in mapping.model.rules:
        named = rule.template is None and fold(column) in map(fold, rule.headers)
        if named and key[0] in {"fields", "custom_fields"}:
            yield key, rule


def _of_rule(
    mapping: Mapping, key: RuleKey, rule: Rule, cells: Sequence[CorrectedCell], trial: RuleTrial
) -> Iterator[Lesson]:
    mended: frozenset[int] = frozenset()
    for kind, change in (*_settings(mapping, key, cells), *_steps(mapping, key, cells)):
        lesson = _tried(mapping, kind, (change,), cells, trial)
        if lesson is not None and lesson[0].mended >= _LEAST_SHARE * lesson[0].of:
            mended = lesson[1]
            yield lesson[0]
            break
    left = [cell for cell in cells if cell.row not in mended]
    for changes in _maps(rule, key, left):
        found = _tried(mapping, LessonKind.MAP, changes, left, trial)
        if found is not None:
            yield found[0]


def _tried(
    mapping: Mapping,
    kind: LessonKind,
    changes: tuple[Change, ...],
    cells: Sequence[CorrectedCell],
    trial: RuleTrial,
) -> tuple[Lesson, frozenset[int]] | None:
    """Make the change and map the rows again; None where it helps too little, or harms."""
    try:
        changed = edited(mapping.text, name=mapping.name, set_to=changes)
    except MappingError:
        return None
    mended = trial.mended(changed, cells[0].column) & {cell.row for cell in cells} if cells else frozenset()
    shown = dict.fromkeys((cell.before, cell.after) for cell in cells if cell.row in mended)
    # A map of one text may rest on several rows; all else has to hold for several texts.
    enough = len(mended) if kind is LessonKind.MAP else len(shown)
    if enough < _LEAST or trial.harms(changed):
        return None
    lesson = Lesson(
        kind=kind,
        column=cells[0].column,
        changes=changes,
        mended=len(mended),
        of=len({cell.row for cell in cells}),
        examples=tuple(shown),
    )
    return lesson, mended


def _settings(
    mapping: Mapping, key: RuleKey, cells: Iterable[CorrectedCell]
) -> Iterator[tuple[LessonKind, Change]]:
    """Guess a country from corrected phones, an order from corrected dates."""
    facts = mapping.model.facts.get(str(key[1])) if key[0] == "fields" else None
    if facts is not None and facts.kind in {FieldKind.PHONE, FieldKind.PHONES}:
        regions = Counter(region for cell in cells if (region := region_of(cell.after)))
        for region, _ in regions.most_common(2):
            yield LessonKind.REGION, ((*key, "region"), region)
    if facts is None or facts.kind is FieldKind.DATE_OF_BIRTH:
        for order in ("DMY", "MDY", "YMD"):
            yield LessonKind.DATE_ORDER, ((*key, "date_order"), order)


def _steps(
    mapping: Mapping, key: RuleKey, cells: Sequence[CorrectedCell]
) -> Iterator[tuple[LessonKind, Change]]:
    before = _listed(value_at(mapping.text, (*key, "transforms")))
    for step in (*_replacements(cells), *_plain_steps(cells)):
        yield LessonKind.TRANSFORMS, ((*key, "transforms"), [step, *before])


def _replacements(cells: Iterable[CorrectedCell]) -> Iterator[Plain]:
    """Find the one place of a text that was written anew, where several texts had it alike."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for cell in cells:
        found[_difference(cell.before, cell.after)].add(cell.before)
    for (old, new), texts in sorted(found.items(), key=lambda one: -len(one[1])):
        if old and len(texts) >= _LEAST:
            yield {"replace": {old: new}}


def _difference(before: str, after: str) -> tuple[str, str]:
    """Cut off what both begin and end with; a word is never cut in two."""
    start, end = 0, 0
    shorter = min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    while start and before[start - 1].isalnum() and _is_in_word(before, after, start):
        start -= 1
    while end and before[-end].isalnum() and _is_in_word(before[::-1], after[::-1], end):
        end -= 1
    return before[start : len(before) - end], after[start : len(after) - end]


def _is_in_word(before: str, after: str, place: int) -> bool:
    return before[place : place + 1].isalnum() or after[place : place + 1].isalnum()


def _plain_steps(cells: Iterable[CorrectedCell]) -> Iterator[Plain]:
    for name in _PLAIN_STEPS:
        make = make_step(TransformStep(name), _WHATEVER)
        if any(cell.before != cell.after and make(cell.before) == cell.after for cell in cells):
            yield name


def _maps(rule: Rule, key: RuleKey, cells: Iterable[CorrectedCell]) -> Iterator[tuple[Change, ...]]:
    """Map the texts that were always corrected to the same, in several rows."""
    became: dict[str, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        became[cell.before.strip()][cell.after.strip()] += 1
    alike = {
        before: next(iter(after))
        for before, after in became.items()
        if before
        and len(before) <= _LONGEST
        and len(after) == 1
        and after.total() >= _LEAST
        and "" not in after
    }
    if not alike:
        return
    listed: dict[str, Plain] = {**(rule.map or {}), **dict(list(alike.items())[:_MOST_TEXTS])}
    kept: tuple[Change, ...] = () if rule.map else (((*key, "unmapped"), "keep"),)
    yield (((*key, "map"), listed), *kept)


def skip_lesson(
    mapping: Mapping, header: Sequence[str], dropped: Sequence[Sequence[str]], kept: Iterable[Sequence[str]]
) -> Lesson | None:
    """Find what the rows that people took out have in one column, and no other row has.

    ``kept`` are all other rows of the file; of those, only what stands in the dropped ones is remembered.
    """
    if len(dropped) < _LEAST + 1:
        return None
    counts = [Counter(_text(cells, place) for cells in dropped) for place in range(len(header))]
    for cells in kept:
        for place, counted in enumerate(counts):
            counted.pop(_text(cells, place), None)
    used = {fold(name) for _, rule in mapping.model.rules for name in rule.headers}
    whose = {
        fold(name) for key, rule in mapping.model.fields.items() if key in _WHOSE for name in rule.headers
    }
    best = max(
        # An address or number tells one person, and not what they have in common.
        (place for place in range(len(header)) if fold(header[place]) not in whose),
        # Of two columns that tell as much, the one that is no contact's value is meant.
        key=lambda place: (_shared(counts[place]).total(), fold(header[place]) not in used, -place),
        default=None,
    )
    if best is None or not (shared := _shared(counts[best])):
        return None
    column = column_names(header)[best]
    condition: dict[str, Plain] = {"column": column, "in": [*shared]}
    conditions = _listed(value_at(mapping.text, ("rows", "skip_if")))
    return Lesson(
        kind=LessonKind.SKIP_IF,
        column=column,
        changes=((("rows", "skip_if"), [*conditions, condition] if conditions else condition),),
        mended=shared.total(),
        of=len(dropped),
        examples=tuple((text, "") for text in shared),
    )


def _listed(there: Plain | None) -> list[Plain]:
    """Give what stands at a key that takes one or several."""
    if there is None:
        return []
    return [*there] if isinstance(there, list) else [there]


def _text(cells: Sequence[str], place: int) -> str:
    return " ".join(cells[place].split()).casefold() if place < len(cells) else ""


def _shared(counts: Counter[str]) -> Counter[str]:
    """Keep the texts that several rows have: one that a single row has marks nobody but that row."""
    return Counter(
        {text: rows for text, rows in counts.items() if text and rows > _LEAST and len(text) <= _LONGEST}
    )
