"""What a suggestion is made of: the rules guessed, and the columns that no rule uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from importer.records import value_type
from importer.suggestion.doubts import Doubt
from importer.suggestion.evidence import Column
from importer.suggestion.named_columns import LIKELY, SURE, Candidate

if TYPE_CHECKING:
    from importer.yaml.document import Plain


class Strength(StrEnum):
    """How sure a reading is, in words; the names are stable."""

    SURE = "sure"
    LIKELY = "likely"
    POSSIBLE = "possible"

    @classmethod
    def of(cls, strength: float) -> Self:
        if strength > (SURE + LIKELY) / 2:
            return cls("sure")
        return cls("likely" if strength >= LIKELY else "possible")


@value_type(frozen=True, slots=True, kw_only=True)
class Guess:
    """One rule to write: the field or custom field, its columns, why, and what else the rule says."""

    field: str
    columns: tuple[Column, ...]
    reason: str
    strength: float = SURE
    alternatives: tuple[Candidate, ...] = ()
    """What else its columns could be, the surest first."""
    doubts: tuple[Doubt, ...] = ()
    template: str | None = None
    transforms: tuple[Plain, ...] = ()
    date_order: str | None = None
    map: Mapping[str, str] | None = None
    split: str | None = None
    keep_unmapped: bool = False
    drop_invalid: bool = False

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)

    def rule(self) -> Plain:
        """Give the rule as a mapping has it, in its shortest form, every scalar a text."""
        said = dict(self._said())
        if len(said) > 1 or self.template is not None:
            return said
        (columns,) = said.values()
        return columns

    def _said(self) -> Iterator[tuple[str, Plain]]:
        yield self._origin()
        if self.transforms:
            yield "transforms", [*self.transforms]
        if self.date_order:
            yield "date_order", self.date_order
        if self.split:
            yield "split", self.split
        if self.map:
            yield "map", dict(self.map)
        if self.map and self.keep_unmapped:
            yield "unmapped", "keep"
        if self.drop_invalid:
            yield "on_invalid", "drop"

    def _origin(self) -> tuple[str, Plain]:
        if self.template is not None:
            return "template", self.template
        # Tags have columns, however many.
        if len(self.headers) == 1 and self.field != "tags":
            return "column", self.headers[0]
        return "columns", [*self.headers]


@value_type(frozen=True, slots=True, kw_only=True)
class Left:
    """A column that no rule uses, and why."""

    column: Column
    note: str
    doubt: Doubt | None = None
    offer: str | None = None
    """The field it could be put into by hand, where a file alone cannot tell whether that is right."""
    alternatives: tuple[Candidate, ...] = ()
    """What its header or its values say it could be, the surest first."""


@value_type(frozen=True, slots=True, kw_only=True)
class Guesses:
    fields: tuple[Guess, ...]
    tags: Guess | None
    left: tuple[Left, ...]
