"""How right suggestions are over labelled exports: by header, and for what can do harm by its effect on the rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Self

from importer.mapping import parse_mapping
from importer.reading import open_source
from importer.records import Json, Outcome, Record
from importer.settings import ReadingOptions
from importer.suggestion.suggesting import Suggestion, suggest

TESTS: Final = Path(__file__).parent.parent
HERE: Final = Path(__file__).parent
FOLDERS: Final = {
    "tuned": TESTS / "mappings" / "exports",
    "second": HERE / "second",  # held out for the first version, looked at since
    "held_out": HERE / "held_out",  # held out for the second, looked at since
    "third": HERE / "third",  # measured before the rules of the third version, looked at since
    "fourth": HERE / "fourth",  # three rounds, each measured unseen, looked at since
    "fifth": HERE / "fifth",  # measured before any rule was looked at, looked at since
    "sixth": HERE / "sixth",  # likewise, with two exports of further scripts
    "seventh": HERE / "seventh",  # measured unseen after the rules that the sixth led to, looked at since
    "eighth": HERE / "eighth",  # labelled and committed before it was measured, looked at since
    "ninth": HERE / "ninth",  # likewise, with five languages that no rule knew
    "tenth": HERE / "tenth",  # written with the ninth, measured after the rules that the ninth led to
    "eleventh": HERE / "eleventh",  # written when the rules for the tenth stood
    "twelfth": HERE
    / "twelfth",  # what agencies bring, labelled and committed before it was measured, looked at since
}
LABELS: Final[dict[str, dict[str, dict[str, str]]]] = json.loads(
    (HERE / "labels.json").read_text(encoding="utf-8")
)
"""Set, export, header: the field. "" is none, "?" counts nowhere, "a|b" takes either, "consent" is pointed out."""
CONSENTS: Final[dict[str, dict[str, list[str]]]] = json.loads(
    (HERE / "consents.json").read_text(encoding="utf-8")
)
"""Export, header of a column about consent: the cells that refuse."""
POINTED_OUT: Final = "consent"
_IDENTIFIERS: Final = frozenset({"email", "phone"})


@dataclass
class Score:
    """Counts over headers, and what is wrong in words."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    identifiers: int = 0
    wrong_identifiers: list[str] = field(default_factory=list)
    consents: int = 0
    wrong_consents: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))

    def __iadd__(self, other: Score) -> Self:
        self.right += other.right
        self.wrong += other.wrong
        self.missed += other.missed
        self.identifiers += other.identifiers
        self.wrong_identifiers += other.wrong_identifiers
        self.consents += other.consents
        self.wrong_consents += other.wrong_consents
        return self


def export(kind: str, name: str) -> Path:
    return FOLDERS[kind] / f"{name}.csv"


def run(path: Path, text: str, *, options: ReadingOptions | None = None) -> list[Record | Outcome]:
    """Map every row of the file with the suggested text, as a run would."""
    mapping = parse_mapping(text)
    source = open_source(path, options=mapping.reading_options(options or ReadingOptions()))
    surveyor = mapping.surveyor(source.header, location_id="location1", today=date(2026, 3, 15))
    for block in source.blocks():
        surveyor.see(block)
    bound = surveyor.bind()
    return [each for block in source.blocks() for each in bound.map(block)]


def score_set(kind: str) -> Score:
    total = Score()
    for name in LABELS[kind]:
        total += score(kind, name)
    return total


@cache
def suggested(kind: str, name: str) -> Suggestion:
    """Suggest for an export once, however many tests look at it."""
    return suggest(open_source(export(kind, name)))


def score(kind: str, name: str) -> Score:
    path = export(kind, name)
    suggestion = suggested(kind, name)
    counted = Score()
    chosen = suggestion.chosen()
    for header, label in LABELS[kind][name].items():
        _judge(counted, f"{name}: {header!r}", label, chosen.get(header))
    _judge_consents(counted, name, path, suggestion)
    return counted


def _judge(counted: Score, where: str, label: str, guessed: str | None) -> None:
    fields = label.split("|")
    counted.identifiers += guessed in _IDENTIFIERS
    if guessed in _IDENTIFIERS and guessed not in fields and label != "?":
        counted.wrong_identifiers.append(f"{where} is {label or 'no field'}, guessed {guessed}")
    if label == "?" or (guessed is None and {"", POINTED_OUT} & set(fields)):
        return
    if guessed in fields:
        counted.right += 1
        return
    if guessed is not None:
        counted.wrong.append(f"{where} is {label or 'no field'}, guessed {guessed}")
    if label:
        counted.missed.append(f"{where} is {label}, guessed {guessed or 'nothing'}")


def _judge_consents(counted: Score, name: str, path: Path, suggestion: Suggestion) -> None:
    known = CONSENTS.get(name, {})
    counted.consents += len(known)
    mapped = {header for header, guessed in suggestion.chosen().items() if guessed.startswith("dnd")}
    counted.wrong_consents += [f"{name}: {header!r} sets do-not-disturb" for header in mapped - set(known)]
    lost = set(known) - mapped - set(suggestion.consents_left)
    counted.wrong_consents += [f"{name}: {header!r} is passed over" for header in sorted(lost)]
    if told := mapped & set(known):
        counted.wrong_consents += _wrongly_told(name, path, suggestion, told)


def _wrongly_told(name: str, path: Path, suggestion: Suggestion, mapped: set[str]) -> list[str]:
    """Compare who is blocked with who refused, in the columns that the mapping uses."""
    source = open_source(path)
    rows = [cells for block in source.blocks() for cells in block.rows]
    places = {header: source.header.index(header) for header in mapped}
    found = []
    for number, (cells, made) in enumerate(zip(rows, run(path, suggestion.to_yaml()), strict=True), 1):
        refused = any(cells[place] in CONSENTS[name][header] for header, place in places.items())
        if isinstance(made, Record) and refused != blocked(made.fields):
            found.append(f"{name}: row {number} is {'not ' if refused else ''}blocked")
    return found


def blocked(fields: Mapping[str, Json]) -> bool:
    """Tell whether do-not-disturb goes out, for any channel."""
    channels = fields.get("dndSettings")
    told = channels.values() if isinstance(channels, dict) else ()
    return fields.get("dnd") is True or any(one == {"status": "active"} for one in told)
