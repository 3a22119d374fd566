"""What rows want added beside their contacts, column by column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from importer.highlevel.fields import FieldKind
from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.columns import ConstantColumn, ValueColumn
from importer.mapping.language.beside import Wish
from importer.mapping.language.rule import Rule, RuleKey
from importer.records import Addition, Outcome, Record


class MakeColumn(Protocol):
    """Compiles a rule; None where the file lacks the columns of an optional one."""

    def __call__(self, key: RuleKey, kind: FieldKind, rule: Rule) -> ValueColumn | ConstantColumn | None: ...


@dataclass(frozen=True, slots=True)
class _Compiled:
    wish: Wish
    columns: Mapping[str, ValueColumn | ConstantColumn]


class AdditionColumns:
    """The wishes of a mapping over one file."""

    def __init__(self, wishes: Iterable[Wish], make: MakeColumn) -> None:
        self._compiled = [_compile(wish, make) for wish in wishes]

    def run(self, table: BlockColumns) -> list[tuple[Addition, ...]]:
        """Give what each row wants, in the order of the mapping; a row whose cells are blank wants nothing."""
        columns = [_wanted(compiled, table) for compiled in self._compiled]
        return [tuple(each for each in row if each is not None) for row in zip(*columns, strict=True)]


def _compile(wish: Wish, make: MakeColumn) -> _Compiled:
    made = {name: make(key, FieldKind.TEXT, rule) for name, (key, rule) in wish.parts.items()}
    return _Compiled(wish, {name: column for name, column in made.items() if column is not None})


def _wanted(compiled: _Compiled, table: BlockColumns) -> list[Addition | None]:
    values = {name: column.run(table) for name, column in compiled.columns.items()}
    return [
        _addition(compiled.wish, {name: each[row] for name, each in values.items() if each[row] is not None})
        for row in range(table.height)
    ]


def _addition(wish: Wish, content: dict[str, Any]) -> Addition | None:
    if any(part not in content for part in wish.needed):
        return None
    return Addition(kind=wish.kind, content=content, applies_to=wish.applies_to, once=wish.once)


def with_additions(
    mapped: Sequence[Record | Outcome], additions: Iterable[tuple[Addition, ...]]
) -> list[Record | Outcome]:
    """Put what is wanted beside contacts with the records."""
    return [
        replace(each, additions=wanted) if wanted and isinstance(each, Record) else each
        for each, wanted in zip(mapped, additions, strict=True)
    ]
