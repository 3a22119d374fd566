"""The keys for what is added beside contacts: notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from importer.mapping.language.rule import Rule, RuleKey
from importer.records import FollowUpFor
from importer.yaml.section import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing to be added beside contacts: its kind, and the rules that say what it holds.

    A row whose ``needed`` parts are blank adds nothing.
    """

    kind: str
    parts: Mapping[str, tuple[RuleKey, Rule]]
    needed: tuple[str, ...]
    applies_to: FollowUpFor
    once: bool

    @property
    def rules(self) -> tuple[tuple[RuleKey, Rule], ...]:
        return tuple(self.parts.values())


class NoteRule(Rule):
    """A note for each contact."""

    title: Rule | None = Field(
        default=None,
        description="The note's title: a rule of its own; `{value: From the old CRM}` is a fixed one.",
    )
    applies_to: FollowUpFor = Field(
        default=FollowUpFor.ALL,
        alias="for",
        description="For contacts that the row created, updated, or both.",
    )
    once: Flag = Field(
        default=True,
        description="A contact that has the same note already gets no second one, whichever run or row added it. false: each "
        "run adds it again.",
    )

    def wish(self, key: RuleKey) -> Wish:
        parts: dict[str, tuple[RuleKey, Rule]] = {"body": (key, self)}
        if self.title is not None:
            parts["title"] = ((*key, "title"), self.title)
        return Wish(kind="note", parts=parts, needed=("body",), applies_to=self.applies_to, once=self.once)
