"""Which mapping was made for a file like this: one that comes with the package, or one that somebody used before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from importer.errors import ImporterError
from importer.mapping.compiled.headers import fold
from importer.mapping.fit import count_readings
from importer.mapping.loading import Mapping as ContactMapping
from importer.mapping.loading import parse_mapping
from importer.mapping.ready import ReadyMapping, ready_mappings
from importer.records import value_type

OFFERED: Final = 0.8
"""So large a share of what a mapping reads has to be in a file for the mapping to be offered for it."""
_TELLING: Final = 2
"""Headers that no other program writes, by which an export is known."""
_FOUND: Final = 0.5
_COVERED: Final = 0.6
_NEARLY: Final = 0.1


@value_type(frozen=True, slots=True, kw_only=True)
class Fit:
    """How much of a mapping finds its column in a file."""

    rules: int
    found: int

    @property
    def share(self) -> float:
        return self.found / self.rules if self.rules else 0.0


@value_type(frozen=True, slots=True, kw_only=True)
class RecognizedExport:
    """The ready mapping that a file is an export for."""

    ready: ReadyMapping
    fit: Fit
    telling: tuple[str, ...]
    """The file's headers that give it away."""


def fit_of(mapping: ContactMapping, header: Sequence[str]) -> Fit:
    rules, found = count_readings(mapping.model, header)
    return Fit(rules=rules, found=found)


def fits(texts: Mapping[str, str], header: Sequence[str]) -> dict[str, Fit]:
    """Say of mappings how well they fit a file; one that cannot be read any more is left out."""
    found: dict[str, Fit] = {}
    for name, text in texts.items():
        try:
            found[name] = fit_of(parse_mapping(text, name=name), header)
        except ImporterError:
            continue
    return found


def recognized(header: Sequence[str]) -> RecognizedExport | None:
    """Tell whose export a file is, by headers that no other program writes; None where nothing gives it away."""
    here = {fold(title): title for title in header if title}
    judged = [
        (each, telling, fit_of(mapping, header), len(own & here.keys()) / len(here))
        for each, mapping, own, rare in _known()
        if len(telling := tuple(here[key] for key in here if key in rare)) >= _TELLING
    ]
    good = [each for each in judged if each[2].share >= _FOUND or each[3] >= _COVERED]
    if not good:
        return None
    best = max(good, key=lambda each: (len(each[1]), each[2].share))
    # Of mappings for one export that fit nearly alike the plainest is meant: the others are for special cases.
    alike = [
        each
        for each in good
        if _program(each[0]) == _program(best[0]) and each[2].share >= best[2].share - _NEARLY
    ]
    ready, telling, fit, _ = min(alike, key=lambda each: len(each[0].name))
    return RecognizedExport(ready=ready, fit=fit, telling=telling)


def _program(ready: ReadyMapping) -> str:
    return ready.name.partition("-")[0]


@cache
def _known() -> tuple[tuple[ReadyMapping, ContactMapping, frozenset[str], frozenset[str]], ...]:
    """Read the ready mappings, each with the headers it names and those of them that no other program's names."""
    read = [
        (each, parse_mapping(each.text(), name=each.name))
        for each in ready_mappings()
        if not each.name.startswith("sample")
    ]
    programs: defaultdict[str, set[str]] = defaultdict(set)
    for each, mapping in read:
        for title in mapping.headers:
            programs[fold(title)].add(_program(each))
    return tuple(
        (
            each,
            mapping,
            own := frozenset(map(fold, mapping.headers)),
            frozenset(key for key in own if len(programs[key]) == 1),
        )
        for each, mapping in read
    )
