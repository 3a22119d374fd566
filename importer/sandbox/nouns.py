"""How the sandbox declares its nouns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

_Class = TypeVar("_Class")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def noun(own: type[_Class]) -> type[_Class]:
    """Make a dataclass that is frozen for the type checker alone, and is equal to itself alone.

    Each method of a dataclass is compiled at every start: those of the sandbox's were a thirtieth of a run of ten rows.
    """
    return dataclass(slots=True, kw_only=True, eq=False, repr=False)(own)
