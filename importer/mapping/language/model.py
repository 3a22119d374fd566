"""The mapping language, as pydantic sees it: every key, what it takes and what it means.

Each scalar arrives as text (``importer.yaml.document``). Shorthands (``email: E-mail``, ``lastName: [Last Name,
Surname]``) become the long form before they are checked, so that the rest of the room knows one form.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)

from importer.mapping.language.people import Match, Suppress
from importer.mapping.language.scalars import (
    DateOrder,
    EmptyCells,
    FieldName,
    Formats,
    Header,
    OnInvalid,
    Region,
    one_or_many,
    one_or_more,
)
from importer.mapping.language.template import parse_template
from importer.mapping.transforms.steps import StepSpec
from importer.mapping.values.texts import clean
from importer.records import FollowUpFor, ImportMode, OnUpdate, TagMode
from importer.yaml.section import TEXT_SCHEMA, Flag, Section, Text

RuleKey: TypeAlias = tuple[str, str]
"""Section and name of a rule: ("fields", "email")."""


class Rule(Section):
    """Where a value comes from and what is done to it. Exactly one of column, columns, value, template."""

    column: Header | None = Field(
        default=None, description="The header of the column to take the value from."
    )
    columns: one_or_more(Header) | None = Field(  # type: ignore[valid-type]
        None, description="Several headers; the first of them whose cell is not blank gives the value."
    )
    value: Text | None = Field(default=None, description="A fixed value, the same for every row.")
    template: Annotated[str, AfterValidator(lambda text: parse_template(text) and text)] | None = Field(
        default=None,
        description="A text with headers in braces, `{First} {Last}`. Blank when all of its cells are; empty "
        "brackets and spaces that blank cells leave behind are taken out. `{{` stands for a brace.",
    )
    default: Text | None = Field(default=None, description="The value to use when the cell is blank.")
    map: dict[Text, Text] | None = Field(
        default=None,
        description="What each cell text stands for. Texts match exactly, else ignoring case and white space.",
    )
    unmapped: Literal["fail", "keep"] | None = Field(
        default=None,
        description="With `map`: a text that it does not list makes the row fail (the default; `on_invalid: drop` "
        "leaves the value out) or is kept as it is. A text that is already one of the map's results is always kept.",
    )
    transforms: Annotated[tuple[StepSpec, ...], BeforeValidator(one_or_many)] = Field(
        default=(),
        description="Named steps that the text goes through, in order; see the list of transforms.",
    )
    format: Formats | None = Field(
        default=None,
        description="How dates are written: `%d/%m/%Y` or `DD/MM/YYYY`, or a list of such. No other is taken.",
    )
    date_order: DateOrder | None = Field(
        default=None, description="For dates that can be read two ways, in this column."
    )
    decimal: Literal[".", ","] | None = Field(
        default=None, description="The decimal sign of numbers, in this column."
    )
    region: Region | None = Field(
        default=None, description="The country of phone numbers that do not name theirs."
    )
    several: Literal["first", "fail"] | None = Field(
        default=None,
        description="Two phones or e-mails in one cell: take the first, with a warning (default), or fail.",
    )
    pad: Annotated[int, Field(ge=3, le=8)] | None = Field(
        default=None,
        description="For `postalCode`: how many digits codes have; shorter ones get their zeros back in front. Rows of "
        "a country whose codes are of another length are left alone.",
    )
    codes: Flag | None = Field(
        default=None, description="For `state`: write US and Canadian states as their codes."
    )
    split: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="What separates the values in a cell (custom fields with several choices)."
    )
    required: Flag = Field(
        default=False, description="A row without this value fails, and so does one whose value is not valid."
    )
    optional: Flag = Field(
        default=False, description="The file may lack the column (columns); then there is no value."
    )
    on_invalid: OnInvalid = Field(
        default="fail",
        description="A value that is not valid makes the row fail, or is left out with a warning (drop).",
    )
    empty_cells: EmptyCells | None = Field(
        default=None, description="As the mapping's own `empty_cells`, for this value alone."
    )
    on_update: OnUpdate | None = Field(
        default=None,
        description="What the value may do to a contact that exists: overwrite, only fill a blank (if_blank), nothing "
        "(never), or be added (append; custom fields of long text or several choices). All but overwrite compare rows "
        "with the location's contacts first, as `--compare` does.",
    )

    @property
    def headers(self) -> tuple[str, ...]:
        if self.template is not None:
            return tuple(dict.fromkeys(parse_template(self.template).headers))
        return self.columns or ((self.column,) if self.column is not None else ())

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": value}
        return {"columns": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [key for key in ("column", "columns", "value", "template") if getattr(self, key) is not None]
        if len(given) != 1:
            said = "none is" if not given else " and ".join(given) + " are"
            raise ValueError(f"A rule has one of column, columns, value, template; here {said} given.")
        besides = [key for key in ("default", "map", "required", "transforms") if getattr(self, key)]
        if self.value is not None and besides:
            said = " and ".join(besides)
            raise ValueError(f"A fixed value takes no {said}; write the value as it should be.")
        if self.required and self.optional:
            raise ValueError("A rule is required or optional: without its column, every row would fail.")
        if self.map is not None and "" in self.map:
            raise ValueError("What a blank cell stands for is said by `default`, not by the map.")
        if self.unmapped is not None and self.map is None:
            raise ValueError(
                "'unmapped' says what happens to texts that `map` does not list; there is no map here."
            )
        return self


class LocationRule(Section):
    """Which sub-account a row goes to: fixed, or by a column, to fan one file out."""

    fixed: Text | None = Field(
        default=None, description="The location's id, or ${NAME} for an environment variable."
    )
    column: Header | None = Field(default=None, description="The column that says where a row goes.")
    map: dict[Text, Text] | None = Field(
        default=None,
        description="The location id for each text of the column; without it, cells are location ids.",
    )
    default: Text | None = Field(default=None, description="The location id of rows whose cell is blank.")

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"fixed": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.fixed is None) == (self.column is None):
            raise ValueError("A location is an id, or has a column.")
        return self


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

    sheet: Text | None = Field(default=None, description="The workbook's sheet, by name.")
    header_row: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The header's row, as the spreadsheet counts."
    )
    encoding: Annotated[str, AfterValidator(_encoding), WithJsonSchema(TEXT_SCHEMA)] | None = Field(
        default=None, description="The text encoding, such as utf-8 or cp1252."
    )
    delimiter: Annotated[str, Field(min_length=1), AfterValidator(_delimiter)] | None = Field(
        default=None, description="What separates the cells: a text, or the word tab."
    )


class Defaults(Section):
    """What holds for every rule that does not say otherwise."""

    region: Region | None = Field(default=None, description="For phone numbers without a country code.")
    date_order: DateOrder | None = Field(default=None, description="For dates that can be read two ways.")
    decimal: Literal[".", ","] | None = Field(
        default=None, description="The decimal sign of numbers such as 1,234."
    )
    empty: one_or_more(Text) = Field(  # type: ignore[valid-type]
        default=(),
        description='Cell texts that mean the same as a blank cell, in every column: `[NULL, "-"]`. Exactly as they are '
        "written, since a person may be called Null.",
    )
    on_update: OnUpdate | None = Field(
        default=None, description="What values may do to contacts that exist, where a rule does not say."
    )


class TagsRule(Section):
    """Tags from columns, and tags that every contact gets."""

    columns: one_or_more(Header) = Field(default=(), description="Columns with tags; all of them count.")  # type: ignore[valid-type]
    split: Annotated[str, Field(min_length=1)] = Field(
        default=",", description="What separates the tags in a cell."
    )
    always: one_or_more(Text) = Field(default=(), description="Tags that every row gets.")  # type: ignore[valid-type]
    map: dict[Text, Text] | None = Field(
        default=None,
        description='Other names for tags; a tag it does not list is kept, one mapped to "" is left out.',
    )
    mode: TagMode = Field(
        default=TagMode.ADD,
        description="add: the contact keeps its other tags; replace: it has these tags alone; remove: it loses these.",
    )
    optional: Flag = Field(default=False, description="The file may lack the columns.")

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if isinstance(value, str | list):
            return {"columns": value}
        if isinstance(value, dict) and "column" in value and "columns" not in value:
            return {("columns" if key == "column" else key): entry for key, entry in value.items()}
        return value

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.columns and not self.always:
            raise ValueError("Tags need columns, always, or both.")
        return self


class Condition(Section):
    """A test on one column's cell; texts compare ignoring case and white space around them."""

    column: Header = Field(description="The column to look at.")
    in_: one_or_more(Text) | None = Field(  # type: ignore[valid-type]
        default=None, alias="in", description="The cell is one of these texts."
    )
    equals: Text | None = Field(default=None, description="The cell is this text.")
    contains: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description="The cell contains this text."
    )
    blank: Flag | None = Field(default=None, description="true: the cell is blank; false: it is not.")

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = (self.in_, self.equals, self.contains, self.blank)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("A condition has one of in, equals, contains, blank.")
        return self


def _conditions(what: str) -> Any:
    return Field(default=(), description=what)


Conditions = Annotated[
    tuple[Condition, ...], BeforeValidator(lambda value: [value] if isinstance(value, dict) else value)
]


class RowFilters(Section):
    """Which rows are imported at all; the others are marked skipped."""

    only_if: Conditions = _conditions("Import a row only if this (each of these) is true.")
    skip_if: Conditions = _conditions("Skip a row if this (any of these) is true.")


class After(Section):
    """What happens to contacts once they are stored."""

    workflow: Text | None = Field(
        default=None, description="A workflow to add the contacts to, by name or id."
    )
    campaign: Text | None = Field(
        default=None, description="A campaign to add the contacts to, by name or id."
    )
    applies_to: FollowUpFor = Field(
        default=FollowUpFor.ALL, alias="for", description="For contacts that were created, updated, or all."
    )


def _clearing_text(text: str) -> str:
    if not clean(text):
        raise ValueError("What a blank cell means is said by `empty_cells`.")
    return clean(text)


class MappingModel(Section):
    """A mapping: which column becomes which field of a contact, and how."""

    version: Annotated[Literal["1"], WithJsonSchema({"const": 1})] = Field(
        description="The language's version: 1."
    )
    location: LocationRule | None = Field(
        default=None, description="The sub-account. Only here `${NAME}` stands for an environment variable."
    )
    source: SourceOptions = Field(default=SourceOptions(), description="How to read the file.")
    defaults: Defaults = Field(
        default=Defaults(), description="What holds for every rule that does not say otherwise."
    )
    fields: dict[FieldName, Rule] = Field(
        default={}, description="The contact's own fields, by the API's names."
    )
    tags: TagsRule | None = Field(default=None, description="Tags.")
    custom_fields: dict[Text, Rule] = Field(
        default={}, description="Custom fields, by name, by key (contact.shirt_size) or by id."
    )
    match: Match = Field(default=Match(), description="Who a row is.")
    mode: ImportMode = Field(
        default=ImportMode.UPSERT, description="Create and update contacts, or only one of the two."
    )
    rows: RowFilters = Field(default=RowFilters(), description="Which rows are imported at all.")
    suppress: Suppress | None = Field(
        default=None,
        description="People who are sent nothing, not even an update, wherever the rows come from: their rows are skipped.",
    )
    empty_cells: EmptyCells = Field(
        default="leave",
        description="Blank cells leave the contact's value as it is, or clear it: null is sent, where the API's schema "
        "allows null. That null clears is not verified with the vendor.",
    )
    clear: Annotated[str, AfterValidator(_clearing_text), WithJsonSchema(TEXT_SCHEMA)] | None = Field(
        default=None,
        description="A cell text that means: empty this field, such as `#CLEAR`. Exactly as it is written. Such a cell takes "
        "no default, and a required value it cannot empty; the last key of a row neither. For a field that the API does not "
        "empty, and for tags that are not replaced, the row fails (`not_clearable`). What HighLevel really empties is not "
        "verified.",
    )
    after: After = Field(default=After(), description="What happens to contacts once they are stored.")

    @property
    def rules(self) -> tuple[tuple[RuleKey, Rule], ...]:
        """Every rule with the section and name it stands under; a custom field may be called as a field is."""
        fields = ((("fields", name), rule) for name, rule in self.fields.items())
        return (*fields, *((("custom_fields", name), rule) for name, rule in self.custom_fields.items()))
