"""A suggestion as JSON, for programs: every rule with its reason, how sure it is, what else there was and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from importer.highlevel.fields import FIELDS
from importer.suggestion.doubts import Doubt
from importer.suggestion.guesses import Guess, Left, Strength
from importer.suggestion.named_columns import Candidate
from importer.suggestion.proposal import Proposal, guessed_rules, proposed
from importer.yaml.editing import dotted
from importer.yaml.writing import as_json as value_as_json

if TYPE_CHECKING:
    from importer.records import Json
    from importer.yaml.document import YamlPath

_TAGS: Final = ("Tags", "tags")
_CUSTOM: Final = "custom"


def as_json(proposal: Proposal) -> dict[str, Json]:
    """Give what the YAML says, and what it has no room for; keys are added, none is renamed."""
    return {
        "source": proposal.source_name,
        "rows_sampled": proposal.rows,
        "detected": [*proposal.detected],
        "mapping": value_as_json(proposed(proposal)),
        "defaults": [
            {"key": dotted(path), "value": one.value, "reason": one.reason, "guessed": one.guessed}
            for path, one in proposal.defaults.items()
        ],
        "rules": [_rule(path, one) for path, one in guessed_rules(proposal).items()],
        "left": [_left(one) for one in proposal.left],
        "doubts": _doubts(proposal.doubts),
        "concerns": [*proposal.concerns],
    }


def _rule(path: YamlPath, one: Guess) -> dict[str, Json]:
    return {
        "key": dotted(path),
        **_field(one.field, path),
        "columns": [*one.headers],
        "rule": value_as_json(one.rule()),
        "reason": one.reason,
        "strength": Strength.of(one.strength).value,
        "alternatives": _alternatives(one.alternatives),
        "doubts": _doubts(one.doubts),
    }


def _field(name: str, path: YamlPath) -> dict[str, Json]:
    if path[0] == "custom_fields":
        return {"field": name, "label": name, "group": _CUSTOM}
    if name in FIELDS:
        return {"field": name, "label": FIELDS[name].label, "group": FIELDS[name].group.value}
    label, group = _TAGS
    return {"field": name, "label": label, "group": group}


def _left(one: Left) -> dict[str, Json]:
    return {
        "column": one.column.header,
        "number": one.column.place + 1,
        "note": one.note,
        "offer": one.offer,
        "alternatives": _alternatives(one.alternatives),
        "doubts": [_doubt(one.doubt, one.doubt.about(one.column.header))] if one.doubt else [],
    }


def _alternatives(readings: Iterable[Candidate]) -> list[Json]:
    return [
        {
            **_field(one.field, ("fields", one.field)),
            "columns": [one.header],
            "strength": Strength.of(one.strength).value,
            "reason": one.reason,
        }
        for one in readings
    ]


def _doubts(doubts: Iterable[Doubt]) -> list[Json]:
    return [_doubt(one, one.alone) for one in doubts]


def _doubt(one: Doubt, sentence: str) -> dict[str, Json]:
    return {"code": one.code.value, "sentence": sentence, "loud": one.loud}
