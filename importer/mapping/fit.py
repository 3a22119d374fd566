"""How much of a mapping finds its columns in a file: optional rules that find none are silent otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from importer.highlevel.catalog import MATCH_BY
from importer.mapping.compiled.headers import HeaderIndex, fold
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import name_in
from importer.records import value_type
from importer.runtime.regex import regex

_IDENTIFYING: Final = frozenset({*MATCH_BY, "id"})
_WORD: Final = regex(r"[^\W_]+")
_ALIKE: Final = 0.85
_ADDED: Final = frozenset(
    [
        *("first", "last", "given", "family", "full", "name", "number", "no", "mobile"),
        *("street", "address", "line", "state", "province", "region", "code"),
    ]
)
"""Words that one export adds to a name and another leaves out: Phone Number for Phone, and not Phone Type."""
_VAGUE: Final = frozenset(["number", "no", "line", "code"])
"""What these stand for is said by the words that are not the same."""
_FEW: Final = 3
"""So many rules without a column are a matter of course in a mapping for all forms of an export."""
_NAMED: Final = 8


@value_type(frozen=True, slots=True)
class _Reading:
    """What one rule reads; ``near``: a column of the file that no rule reads and that may be meant."""

    field: str
    names: tuple[str, ...]
    found: bool
    near: str | None = None

    def __str__(self) -> str:
        hint = "" if self.near is None else f" (the file has {self.near!r})"
        return f"{' or '.join(map(repr, self.names))}{hint}"


def misfit(model: MappingModel, header: Sequence[str]) -> str | None:
    """Say which rules find no column, where that looks like a mapping for other files; else None.

    It does where contacts would get hardly more than what they are matched by, or where the file has a column under
    nearly the name that a rule looks for.
    """
    readings = _readings(model, header)
    lacking = [each for each in readings if not each.found]
    beside = sum(each.found and each.field not in _IDENTIFYING for each in readings)
    bare = beside <= 1 and len(lacking) >= _FEW and len(lacking) > len(readings) - len(lacking)
    if not bare and not any(each.near for each in lacking):
        return None
    lacking.sort(key=lambda each: each.near is None)
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return (
        f"{len(lacking)} of the {len(readings)} rules that read a column find none in this file: "
        f"{', '.join(map(str, lacking[:_NAMED]))}{more}. Their fields would not be set. If the file has them, write its "
        "own headers into the mapping; importer suggest writes one for this file."
    )


def count_readings(model: MappingModel, header: Sequence[str]) -> tuple[int, int]:
    """Count the rules that read a column, and those of them that find one."""
    readings = _readings(model, header)
    return len(readings), sum(each.found for each in readings)


def _readings(model: MappingModel, header: Sequence[str]) -> list[_Reading]:
    index = HeaderIndex(header)
    rules = [(name_in(key), rule.headers, rule.template is not None) for key, rule in model.rules]
    if model.tags is not None:
        rules.append(("tags", (*model.tags.columns, *model.tags.marked), False))
    if model.followers is not None:
        rules.append(("followers", model.followers.columns, False))
    rules = [each for each in rules if each[1]]
    hits = {name: index.find(name) for _, names, _ in rules for name in names}
    read = {place for place in hits.values() if isinstance(place, int)}
    unread = [title for place, title in enumerate(header) if title and place not in read]
    readings: list[_Reading] = []
    for field, names, whole in rules:
        here = [isinstance(hits[name], int) for name in names]
        found = all(here) if whole else any(here)
        near = None if found else next(filter(None, (_near(name, unread) for name in names)), None)
        readings.append(_Reading(field, names, found, near))
    return readings


def _near(name: str, titles: Sequence[str]) -> str | None:
    """Find a header that says the same in fewer or more words, or a letter apart."""
    return next((title for title in titles if _says_the_same(name, title)), None)


def _says_the_same(name: str, title: str) -> bool:
    ours, theirs = (set(_WORD.findall(text.casefold())) for text in (name, title))
    shared = ours & theirs
    if shared in (ours, theirs) and not shared <= _VAGUE and ours ^ theirs <= _ADDED:
        return True
    from difflib import SequenceMatcher  # for headers that are missing

    return SequenceMatcher(None, fold(name), fold(title)).ratio() >= _ALIKE
