"""In what order the parts of whole names stand, as the column's values and header show it."""

from __future__ import annotations

from enum import Enum
from typing import Final

from importer.mapping.values.names import name_parts
from importer.suggestion.evidence import Column
from importer.suggestion.folding import word_set

_MANY: Final = 0.8
_SOME: Final = 0.05
_FIRST: Final = word_set("first prenom nombre nombres nome vorname voornaam given")
_LAST: Final = word_set(
    "last surname family nachname familienname nom apellido apellidos cognome sobrenome achternaam"
)


class NameOrder(Enum):
    """How the whole names of a column are to be sent."""

    AS_SPOKEN = "as spoken"
    SPLITTABLE = "last name first, and every value shows where the first name ends"
    TURNABLE = "last name first in some, and others show no order"
    SAID_TO_BE_TURNED = "last name first by the header alone"
    BEHIND_A_COMPANY = "a company of another column, a comma, and then the name"


def name_order(column: Column, companies: frozenset[str] = frozenset()) -> NameOrder:
    """Let the values prove the order; a comma in a name of a company, or behind one, proves nothing."""
    if any(value.partition(",")[0] in companies for value in column.few if "," in value):
        return NameOrder.BEHIND_A_COMPANY
    if column.share(_is_turned) >= _SOME:
        every = column.share(name_parts) >= 1.0 or column.share(_is_turned) >= _MANY
        return NameOrder.SPLITTABLE if every else NameOrder.TURNABLE
    return NameOrder.SAID_TO_BE_TURNED if _last_comes_first(column.words) else NameOrder.AS_SPOKEN


def is_last_name_first(column: Column) -> bool:
    """Tell a column that is written ``Lee, Ann`` throughout."""
    return column.share(_is_turned) >= _MANY


def _is_turned(text: str) -> bool:
    parts = name_parts(text)
    return parts is not None and parts.turned


def _last_comes_first(parts: tuple[str, ...]) -> bool:
    last = [place for place, word in enumerate(parts) if word in _LAST]
    first = [place for place, word in enumerate(parts) if word in _FIRST]
    return bool(last and first) and min(last) < min(first)
