"""The keys for what is added beside contacts: notes, tasks, deals, followers and companies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Final, Literal

from importer.highlevel.fields import FieldKind
from importer.mapping.language.rule import Rule, RuleKey
from importer.mapping.language.scalars import Header, OnInvalid, one_or_more, spelled_columns
from importer.records import FollowUpFor, value_type
from importer.yaml.section import Flag, NotEmpty, Section, Text, key


@value_type(frozen=True, slots=True, kw_only=True)
class WishPart:
    """One value of what is added: where its rule stands, and what kind of value it has to be."""

    key: RuleKey
    rule: Rule
    kind: FieldKind = FieldKind.TEXT

    @property
    def header(self) -> str:
        """What to call it in a sentence."""
        return " or ".join(self.rule.headers) or str(self.key[-1])

    @property
    def drop(self) -> bool:
        """Whether a value that is not valid is left out."""
        return self.rule.on_invalid == "drop" and not self.rule.required


@value_type(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing to be added beside contacts: its kind, and the rules that say what it holds, by the vendor's names.

    A row whose ``needed`` parts are blank adds nothing. ``overdue``: it may be due before today.
    """

    kind: str
    parts: Mapping[str, WishPart]
    needed: tuple[str, ...]
    applies_to: FollowUpFor
    once: bool
    overdue: bool = False
    fixed: Mapping[str, str] = field(default_factory=dict)
    """What it holds where no part says otherwise."""


def _for_whom() -> Any:
    return key(
        default=FollowUpFor.ALL,
        alias="for",
        description="For contacts that the row created, updated, or both.",
    )


def _how_often(noun: str) -> Any:
    return key(
        default=True,
        description=f"A contact that has the same {noun} already gets no second one, whichever run or row added it. false: "
        "each run adds it again.",
    )


class NoteRule(Rule):
    """A note for each contact."""

    title: Rule | None = key(
        default=None,
        description="The note's title: a rule of its own; `{value: From the old CRM}` is a fixed one.",
    )
    applies_to: FollowUpFor = _for_whom()
    once: Flag = _how_often("note")

    def wish(self, key: RuleKey) -> Wish:
        parts = {"body": WishPart(key=key, rule=self)}
        if self.title is not None:
            parts["title"] = WishPart(key=(*key, "title"), rule=self.title)
        return Wish(kind="note", parts=parts, needed=("body",), applies_to=self.applies_to, once=self.once)


class CompanyRule(Rule):
    """The company of each contact."""

    applies_to: FollowUpFor = _for_whom()

    def wish(self, key: RuleKey) -> Wish:
        part = WishPart(key=key, rule=self)
        return Wish(
            kind="company",
            parts={"name": part},
            needed=("name",),
            applies_to=self.applies_to,
            once=True,
        )


_TASK_PARTS: dict[str, tuple[str, FieldKind]] = {
    "title": ("title", FieldKind.TEXT),
    "due": ("dueDate", FieldKind.DUE_DATE),
    "body": ("body", FieldKind.TEXT),
    "assigned_to": ("assignedTo", FieldKind.USER),
    "done": ("completed", FieldKind.BOOLEAN),
}


class TaskRule(Section):
    """A task for each contact."""

    title: Rule = key(description="What is to be done: a rule. A row where it is blank adds no task.")
    due: Rule = key(
        description="Until when: a date, or a date with a time (`2026-12-01 15:30`). By the location's clock; a date alone is "
        "due at noon."
    )
    body: Rule | None = key(default=None, description="What there is to say about it.")
    assigned_to: Rule | None = key(
        default=None, description="Whose it is: a user of the location by name, e-mail or id."
    )
    done: Rule | None = key(default=None, description="Whether it is done; not, unless said.")
    overdue: Literal["refuse", "keep"] = key(
        default="refuse",
        description="A task that is not done and was due before today: its date is not valid, and the rule of `due` says what "
        "becomes of it (`on_invalid`); or it is added as it is (keep).",
    )
    applies_to: FollowUpFor = _for_whom()
    once: Flag = _how_often("task")

    def wish(self, key: RuleKey) -> Wish:
        return Wish(
            kind="task",
            parts={
                name: WishPart(key=(*key, said), rule=rule, kind=kind)
                for said, (name, kind) in _TASK_PARTS.items()
                if (rule := getattr(self, said)) is not None
            },
            needed=("title", "dueDate"),
            applies_to=self.applies_to,
            once=self.once,
            overdue=self.overdue == "keep",
        )


_OPPORTUNITY_PARTS: dict[str, tuple[str, FieldKind]] = {
    "pipeline": ("pipelineId", FieldKind.PIPELINE),
    "name": ("name", FieldKind.TEXT),
    "stage": ("pipelineStageId", FieldKind.STAGE),
    "value": ("monetaryValue", FieldKind.AMOUNT),
    "status": ("status", FieldKind.DEAL_STATUS),
    "assigned_to": ("assignedTo", FieldKind.USER),
    "source": ("source", FieldKind.TEXT),
}
CUSTOM_PART: Final = "customFields."
"""Before the name of a custom field, where it is one part of a deal among others."""


class OpportunityRule(Section):
    """A deal for each contact."""

    pipeline: Text | Rule = key(
        description="The pipeline, by name or id: a text is the same for all rows, keys are a rule (`{column: Pipeline}`)."
    )
    name: Rule = key(description="What the deal is called: a rule. A row where it is blank adds no deal.")
    stage: Rule | None = key(
        default=None,
        description="A stage of the pipeline, by name or id; unless said, HighLevel takes the first.",
    )
    value: Rule | None = key(default=None, description="What it is worth: an amount.")
    status: Rule | None = key(default=None, description="`open` (unless said), `won`, `lost` or `abandoned`.")
    assigned_to: Rule | None = key(
        default=None, description="Whose it is: a user of the location by name, e-mail or id."
    )
    source: Rule | None = key(
        default=None,
        description="Where it came from. HighLevel shows it of deals, and its page on creating them does not list it: try it "
        "with one row.",
    )
    custom_fields: dict[Text, Rule] = key(
        default={}, description="Custom fields of deals, by name, by key (opportunity.term) or by id."
    )
    applies_to: FollowUpFor = _for_whom()
    once: Flag = _how_often("deal")

    @property
    def named_pipelines(self) -> tuple[str, ...]:
        """The pipelines that the mapping itself names; those of cells are known row by row."""
        rule = self.pipeline
        if isinstance(rule, str):
            return (rule,)
        named = (rule.value, rule.default, *(rule.map or {}).values())
        return tuple(dict.fromkeys(name for name in named if name))

    def wish(self, key: RuleKey) -> Wish:
        fixed = {"status": "open"}
        if isinstance(self.pipeline, str):
            fixed["pipelineId"] = self.pipeline
        return Wish(
            kind="opportunity",
            parts={
                name: WishPart(key=(*key, said), rule=rule, kind=kind)
                for said, (name, kind) in _OPPORTUNITY_PARTS.items()
                if isinstance(rule := getattr(self, said), Rule)
            }
            | {
                f"{CUSTOM_PART}{name}": WishPart(
                    key=(*key, "custom_fields", name), rule=rule, kind=FieldKind.CUSTOM
                )
                for name, rule in self.custom_fields.items()
            },
            needed=("name",) if "pipelineId" in fixed else ("name", "pipelineId"),
            fixed=fixed,
            applies_to=self.applies_to,
            once=self.once,
        )


FOLLOWERS = "followers"


class FollowersRule(Section):
    """Users who follow the contacts, beside those who do already."""

    columns: one_or_more(Header) = key(  # type: ignore[valid-type]
        default=(), description="Columns that name users; all of them count."
    )
    split: Annotated[str, NotEmpty()] = key(
        default=",",
        description="What separates the users in a cell. Where names are written `Lee, Ann`, another sign than the comma.",
    )
    always: one_or_more(Text) = key(  # type: ignore[valid-type]
        default=(), description="Users who follow every contact."
    )
    on_invalid: OnInvalid = key(
        default="fail",
        description="Who is no user of the location makes the row fail, or is left out with a warning (drop).",
    )
    optional: Flag = key(default=False, description="The file may lack the columns.")
    applies_to: FollowUpFor = _for_whom()

    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return spelled_columns(value)

    def _check(self) -> None:
        if not self.columns and not self.always:
            raise ValueError("Followers need columns, always, or both.")

    @property
    def header(self) -> str:
        """What to call it in a sentence."""
        return " or ".join(self.columns) or FOLLOWERS
