"""What rows want added beside their contacts, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from importer.highlevel.fields import FieldKind
from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.columns import ConstantColumn, ValueColumn, fault_of, unite
from importer.mapping.compiled.layout import HeaderLayout
from importer.mapping.compiled.readers import Circumstances
from importer.mapping.language.beside import CUSTOM_PART, FOLLOWERS, FollowersRule, Wish, WishPart
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule, RuleKey
from importer.mapping.values.blanks import MARKERS
from importer.mapping.values.fault import ValueFault
from importer.mapping.values.lists import parts_of
from importer.records import Addition, Fault, Outcome, Record, value_type

_TASK: Final = "task"
CUSTOM_FIELDS: Final = "customFields"
_OVERDUE: Final = "{} is before today, and the task is not done (to add such tasks: overdue: keep)"


class MakeColumn(Protocol):
    """Compiles a rule; None where the file lacks the columns of an optional one."""

    def __call__(self, key: RuleKey, kind: FieldKind, rule: Rule) -> ValueColumn | ConstantColumn | None: ...


@value_type(frozen=True, slots=True, kw_only=True)
class _Compiled:
    wish: Wish
    place: int
    columns: Mapping[str, ValueColumn | ConstantColumn]
    today: str
    """As due dates are written."""


class AdditionColumns:
    """The wishes of a mapping over one file."""

    def __init__(
        self,
        model: MappingModel,
        layout: HeaderLayout,
        make: MakeColumn,
        around: Mapping[RuleKey, Circumstances],
    ) -> None:
        self._compiled = [_compile(wish, place, make, around) for place, wish in enumerate(model.wishes)]
        self._followers = FollowersColumn(model.followers, layout) if model.followers is not None else None

    def run(self, table: BlockColumns) -> list[tuple[Addition, ...]]:
        """Give what each row wants, in the order of the mapping; a row whose cells are blank wants nothing."""
        columns = [_wanted(compiled, table) for compiled in self._compiled]
        if self._followers is not None:
            columns.append(self._followers.run(table))
        return [tuple(each for each in row if each is not None) for row in zip(*columns, strict=True)]


class FollowersColumn:
    """The users whom rows name as followers."""

    def __init__(self, rule: FollowersRule, layout: HeaderLayout) -> None:
        self._rule = rule
        self._indexes = layout.places(rule.columns)

    def run(self, table: BlockColumns) -> list[Addition | None]:
        columns = [table.column(index) for index in self._indexes]
        return [self._wanted([column[row] for column in columns]) for row in range(table.height)]

    def _wanted(self, cells: Sequence[str]) -> Addition | None:
        named = [part for cell in cells if cell not in MARKERS for part in parts_of(cell, self._rule.split)]
        users = unite((*named, *self._rule.always))
        if not users:
            return None
        return Addition(kind=FOLLOWERS, content={FOLLOWERS: list(users)}, applies_to=self._rule.applies_to)


def _compile(wish: Wish, place: int, make: MakeColumn, around: Mapping[RuleKey, Circumstances]) -> _Compiled:
    made = {name: make(part.key, part.kind, part.rule) for name, part in wish.parts.items()}
    first = next(iter(wish.parts.values()))
    return _Compiled(
        wish=wish,
        place=place,
        columns={name: column for name, column in made.items() if column is not None},
        today=around[first.key].written.dates.today.isoformat(),
    )


def _wanted(compiled: _Compiled, table: BlockColumns) -> list[Addition | None]:
    columns = {name: column.run(table) for name, column in compiled.columns.items()}
    rows = [
        {name: values[row] for name, values in columns.items() if values[row] is not None}
        for row in range(table.height)
    ]
    return [_addition(compiled, content, table, row) for row, content in enumerate(rows)]


def _addition(compiled: _Compiled, content: dict[str, Any], table: BlockColumns, row: int) -> Addition | None:
    wish = compiled.wish
    if wish.kind == _TASK:
        _judge_task(compiled, content, table, row)
    if any(part not in content for part in wish.needed):
        return None
    return Addition(
        kind=wish.kind,
        content={**wish.fixed, **_with_customs(content)},
        place=compiled.place,
        applies_to=wish.applies_to,
        once=wish.once,
    )


def _with_customs(content: dict[str, Any]) -> dict[str, Any]:
    """Put the custom fields of a deal together, by the names that the mapping has for them."""
    customs = {name: value for name, value in content.items() if name.startswith(CUSTOM_PART)}
    if not customs:
        return content
    plain = {name: value for name, value in content.items() if name not in customs}
    return {
        **plain,
        CUSTOM_FIELDS: {name.removeprefix(CUSTOM_PART): value for name, value in customs.items()},
    }


def _judge_task(compiled: _Compiled, content: dict[str, Any], table: BlockColumns, row: int) -> None:
    """Complete a task, and put down what keeps it from being one."""
    wish = compiled.wish
    part, due = wish.parts["dueDate"], content.get("dueDate")
    content.setdefault("completed", False)
    if due is None:
        if "title" in content and row not in table.faults:
            table.blame(row, _without_due_date(part))
    elif due[: len(compiled.today)] < compiled.today and not (content["completed"] or wish.overdue):
        table.blame(row, fault_of(ValueFault("overdue", _OVERDUE.format(due)), part.header, drop=part.drop))
        del content["dueDate"]


def _without_due_date(part: WishPart) -> Fault:
    sentence = f"Column '{part.header}' is blank, and HighLevel takes no task without a due date; the task is left out."
    return Fault(code="no_due_date", message=sentence, column=part.header, fails=False)


def with_additions(
    mapped: Sequence[Record | Outcome], additions: Iterable[tuple[Addition, ...]]
) -> list[Record | Outcome]:
    """Put what is wanted beside contacts with the records."""
    return [
        replace(each, additions=wanted) if wanted and isinstance(each, Record) else each
        for each, wanted in zip(mapped, additions, strict=True)
    ]
