"""The mapping language: every key, what it takes and what it means.

Each scalar arrives as text (``importer.yaml.document``). Shorthands (``email: E-mail``, ``lastName: [Last Name,
Surname]``) become the long form before they are checked, so that the rest of the room knows one form.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Final, Literal

from importer.highlevel.fields import FieldFacts, facts_of
from importer.mapping.language.beside import (
    CompanyRule,
    FollowersRule,
    NoteRule,
    OpportunityRule,
    TaskRule,
    Wish,
    WishPart,
)
from importer.mapping.language.examples import RowExample
from importer.mapping.language.people import Match, Suppress
from importer.mapping.language.rule import Rule, RuleKey
from importer.mapping.language.scalars import (
    DateOrder,
    EmptyCells,
    FieldName,
    Header,
    Region,
    one_or_more,
    spelled_columns,
)
from importer.mapping.values.texts import clean
from importer.records import FollowUpFor, ImportMode, OnUpdate, RowObject, TagMode
from importer.runtime.regex import regex
from importer.yaml.section import (
    TEXT_SCHEMA,
    AfterValidator,
    BeforeValidator,
    Flag,
    NotEmpty,
    Section,
    Text,
    Within,
    WithJsonSchema,
    key,
)

_HOST: Final = regex(r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?")


class LocationRule(Section):
    """Which sub-account a row goes to: fixed, or by a column, to fan one file out."""

    fixed: Text | None = key(
        default=None, description="The location's id, or ${NAME} for an environment variable."
    )
    column: Header | None = key(default=None, description="The column that says where a row goes.")
    map: dict[Text, Text] | None = key(
        default=None,
        description="The location id for each text of the column; without it, cells are location ids.",
    )
    default: Text | None = key(default=None, description="The location id of rows whose cell is blank.")

    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"fixed": value} if isinstance(value, str) else value

    def _check(self) -> None:
        if (self.fixed is None) == (self.column is None):
            raise ValueError("A location is an id, or has a column.")


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        raise ValueError(
            f"{name!r} is no text encoding that Python knows; write utf-8, cp1252 or the like."
        ) from None
    return name


def _delimiter(text: str) -> str:
    return "\t" if text in {"tab", "TAB", "\\t"} else text


class SourceOptions(Section):
    """How to read the file; what is not said is detected."""

    sheet: Text | None = key(default=None, description="The workbook's sheet, by name.")
    header_row: Annotated[int, Within(1)] | None = key(
        default=None, description="The header's row, as the spreadsheet counts."
    )
    encoding: Annotated[str, AfterValidator(_encoding), WithJsonSchema(TEXT_SCHEMA)] | None = key(
        default=None, description="The text encoding, such as utf-8 or cp1252."
    )
    delimiter: Annotated[str, NotEmpty(), AfterValidator(_delimiter)] | None = key(
        default=None, description="What separates the cells: a text, or the word tab."
    )


class Defaults(Section):
    """What holds for every rule that does not say otherwise."""

    region: Region | None = key(default=None, description="For phone numbers without a country code.")
    date_order: DateOrder | None = key(default=None, description="For dates that can be read two ways.")
    decimal: Literal[".", ","] | None = key(
        default=None, description="The decimal sign of numbers such as 1,234."
    )
    empty: one_or_more(Text) = key(  # type: ignore[valid-type]
        default=(),
        description='Cell texts that mean the same as a blank cell, in every column: `[NULL, "-"]`. Exactly as they are '
        "written, since a person may be called Null.",
    )
    on_update: OnUpdate | None = key(
        default=None, description="What values may do to contacts that exist, where a rule does not say."
    )


class TagsRule(Section):
    """Tags from columns, and tags that every contact gets."""

    columns: one_or_more(Header) = key(default=(), description="Columns with tags; all of them count.")  # type: ignore[valid-type]
    split: Annotated[str, NotEmpty()] = key(default=",", description="What separates the tags in a cell.")
    marked: dict[Header, Header] = key(
        default={},
        description="Columns with a mark for a tag, `{Webinar: webinar-2026}`: who has a yes there (yes, x, true, 1) gets the tag, "
        "who has a no or a blank does not. Other texts fail.",
    )
    always: one_or_more(Text) = key(default=(), description="Tags that every row gets.")  # type: ignore[valid-type]
    map: dict[Text, Text] | None = key(
        default=None,
        description='Other names for tags; a tag it does not list is kept, one mapped to "" is left out.',
    )
    mode: TagMode = key(
        default=TagMode.ADD,
        description="add: the contact keeps its other tags; replace: it has these tags alone; remove: it loses these.",
    )
    optional: Flag = key(default=False, description="The file may lack the columns.")

    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return spelled_columns(value)

    def _check(self) -> None:
        if not self.columns and not self.marked and not self.always:
            raise ValueError("Tags need columns, marked, always, or several of them.")


class Condition(Section):
    """A test on one column's cell; texts compare ignoring case and white space around them."""

    column: Header = key(description="The column to look at.")
    in_: one_or_more(Text) | None = key(  # type: ignore[valid-type]
        default=None, alias="in", description="The cell is one of these texts."
    )
    equals: Text | None = key(default=None, description="The cell is this text.")
    contains: Annotated[str, NotEmpty()] | None = key(
        default=None, description="The cell contains this text."
    )
    blank: Flag | None = key(default=None, description="true: the cell is blank; false: it is not.")

    def _check(self) -> None:
        tests = (self.in_, self.equals, self.contains, self.blank)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("A condition has one of in, equals, contains, blank.")


def _conditions(what: str) -> Any:
    return key(default=(), description=what)


def _one_or_several(value: Any) -> Any:
    return [value] if isinstance(value, dict | str) else value


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_one_or_several)]


class RowFilters(Section):
    """Which rows are imported at all; the others are marked skipped."""

    only_if: Conditions = _conditions("Import a row only if this (each of these) is true.")
    skip_if: Conditions = _conditions("Skip a row if this (any of these) is true.")
    hidden: Literal["import", "skip"] = key(
        default="import",
        description="Rows that a workbook hides, by hand or by a filter: imported with a warning, or skipped.",
    )


def _host(name: str) -> str:
    """Take the name of a server, with a port where it is not the usual one; ``*.`` before it stands for all below it."""
    if not _HOST.fullmatch(name):
        raise ValueError(f"{name!r} is no host: write it as files.example.com, without https:// and path.")
    return name.lower()


class FileOrigins(Section):
    """Where the files may come from that cells name for custom fields of files."""

    folder: Text | None = key(
        default=None,
        description="The folder that paths in cells are relative to, itself relative to the source's own (which it is, unless "
        "said). Nothing outside of it is read, and no link is followed.",
    )
    hosts: one_or_more(Annotated[str, AfterValidator(_host), WithJsonSchema(TEXT_SCHEMA)]) = key(  # type: ignore[valid-type]
        default=(),
        description="Hosts that https:// addresses in cells may name: `files.example.com`, `*.example.com`. Redirects lead to "
        "these alone; private addresses are refused.",
    )
    fields: one_or_more(Text) = key(  # type: ignore[valid-type]
        default=(),
        description="The custom fields that hold files, as they are called under custom_fields. A location says it itself, and "
        "is refused where one of these is of another type; the embedded sandbox (`--sandbox`) knows it from here alone.",
    )

    @property
    def untyped(self) -> bool:
        """Whether files are spoken of, and not said for which custom fields."""
        return bool(self.folder or self.hosts) and not self.fields


class After(Section):
    """What happens to contacts once they are stored."""

    workflow: Text | None = key(default=None, description="A workflow to add the contacts to, by name or id.")
    campaign: Text | None = key(default=None, description="A campaign to add the contacts to, by name or id.")
    applies_to: FollowUpFor = key(
        default=FollowUpFor.ALL, alias="for", description="For contacts that were created, updated, or all."
    )


def _clearing_text(text: str) -> str:
    if not clean(text):
        raise ValueError("What a blank cell means is said by `empty_cells`.")
    return clean(text)


class MappingModel(Section):
    """A mapping: which column becomes which field of a contact, and how."""

    version: Annotated[Literal["1"], WithJsonSchema({"const": 1})] = key(
        description="The language's version: 1."
    )
    object_: RowObject = key(
        default=RowObject.CONTACT,
        alias="object",
        description="What each row becomes. A contact; or a deal (opportunity), note or task of a contact that is there, which "
        "`fields` find by email, phone or id (or `match: by`) and nothing is written of; or a company, whose own `fields` are listed below.",
    )
    location: LocationRule | None = key(
        default=None, description="The sub-account. Only here `${NAME}` stands for an environment variable."
    )
    source: SourceOptions = key(default=SourceOptions(), description="How to read the file.")
    defaults: Defaults = key(
        default=Defaults(), description="What holds for every rule that does not say otherwise."
    )
    fields: dict[FieldName, Rule] = key(
        default={}, description="The contact's (or company's) own fields, by the API's names."
    )
    tags: TagsRule | None = key(default=None, description="Tags.")
    custom_fields: dict[Text, Rule] = key(
        default={}, description="Custom fields, by name, by key (contact.shirt_size) or by id."
    )
    other_columns: Literal["leave", "custom_fields"] = key(
        default="leave",
        description="Columns that no rule reads are left out, or go to the custom fields of the location that are called as they "
        "are (custom_fields): values that do not fit are left out, with a warning, and so are files.",
    )
    match: Match = key(default=Match(), description="Who a row is.")
    mode: ImportMode = key(
        default=ImportMode.UPSERT, description="Create and update contacts, or only one of the two."
    )
    rows: RowFilters = key(default=RowFilters(), description="Which rows are imported at all.")
    files: FileOrigins = key(default=FileOrigins(), description="Where files of custom fields may come from.")
    suppress: Suppress | None = key(
        default=None,
        description="People who are sent nothing, not even an update, wherever the rows come from: their rows are skipped.",
    )
    empty_cells: EmptyCells = key(
        default="leave",
        description="Blank cells leave the contact's value as it is, or clear it: null is sent, where the API's schema "
        "allows null. That null clears is not verified with the vendor.",
    )
    clear: Annotated[str, AfterValidator(_clearing_text), WithJsonSchema(TEXT_SCHEMA)] | None = key(
        default=None,
        description="A cell text that means: empty this field, such as `#CLEAR`. Exactly as it is written. Such a cell takes "
        "no default, and a required value it cannot empty; the last key of a row neither. For a field that the API does not "
        "empty, and for tags that are not replaced, the row fails (`not_clearable`). What HighLevel really empties is not "
        "verified.",
    )
    notes: Annotated[tuple[NoteRule, ...], BeforeValidator(_one_or_several)] = key(
        default=(), description="Notes to add to contacts, a rule for each: its value is the note's text."
    )
    tasks: Annotated[tuple[TaskRule, ...], BeforeValidator(_one_or_several)] = key(
        default=(), description="Tasks to add to contacts."
    )
    opportunity: OpportunityRule | None = key(
        default=None, description="A deal to add to contacts, in one of the location's pipelines."
    )
    company: CompanyRule | None = key(
        default=None,
        description="The company to link each contact to, by its name: a rule. One that the location lacks is made, once.",
    )
    followers: FollowersRule | None = key(
        default=None, description="Users who follow the contacts: by name, e-mail or id."
    )
    after: After = key(default=After(), description="What happens to contacts once they are stored.")
    tests: tuple[RowExample, ...] = key(
        default=(),
        description="Examples: rows, and what has to become of them. `importer test` holds them against the mapping, and so does "
        "`check`. They change nothing of what is imported.",
    )

    @property
    def facts(self) -> dict[str, FieldFacts]:
        """What is known of the fields that its rows may have."""
        return facts_of(self.object_)

    @property
    def rules(self) -> tuple[tuple[RuleKey, Rule], ...]:
        """Every rule with the section and name it stands under; a custom field may be called as a field is."""
        fields = ((("fields", name), rule) for name, rule in self.fields.items())
        customs = ((("custom_fields", name), rule) for name, rule in self.custom_fields.items())
        return (*fields, *customs, *((part.key, part.rule) for part in self.parts_beside))

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """What is to be added beside contacts, in the order in which it is."""
        notes = (note.wish(("notes", place)) for place, note in enumerate(self.notes))
        tasks = (task.wish(("tasks", place)) for place, task in enumerate(self.tasks))
        company = () if self.company is None else (self.company.wish(("company",)),)
        deal = () if self.opportunity is None else (self.opportunity.wish(("opportunity",)),)
        return (*notes, *tasks, *deal, *company)

    @property
    def adds_beside(self) -> bool:
        """Whether rows may want anything beside their contacts."""
        return bool(self.wishes) or self.followers is not None

    @property
    def parts_beside(self) -> tuple[WishPart, ...]:
        """The values of what is to be added beside contacts."""
        return tuple(part for wish in self.wishes for part in wish.parts.values())
