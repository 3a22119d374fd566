"""What a suggestion is made of: the rules guessed, and the columns that no rule uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importer.suggestion.candidates import SURE
from importer.suggestion.doubts import Doubt
from importer.suggestion.evidence import Column


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    fields: tuple[Guess, ...]
    tags: Guess | None
    left: tuple[Left, ...]
