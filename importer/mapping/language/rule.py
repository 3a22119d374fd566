"""A rule of a mapping: where one value comes from, and what is done to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from importer.mapping.language.scalars import (
    DateOrder,
    EmptyCells,
    Formats,
    Header,
    OnInvalid,
    Region,
    one_or_many,
    one_or_more,
)
from importer.mapping.language.template import parse_template
from importer.mapping.transforms.steps import StepSpec
from importer.records import OnUpdate
from importer.yaml.section import AfterValidator, BeforeValidator, Flag, NotEmpty, Section, Text, Within, key

RuleKey: TypeAlias = tuple[str | int, ...]
"""Where a rule stands: ("fields", "email"), ("notes", 0)."""


def name_in(key: RuleKey) -> str:
    """Give the name that people know a rule by: its field, or the section of rules that have none."""
    return next(part for part in reversed(key) if isinstance(part, str))


def is_custom(key: RuleKey) -> bool:
    """Tell a rule that fills a custom field, of a contact or of what is beside it: what it takes only a location tells."""
    return len(key) > 1 and key[-2] == "custom_fields"


def _template(text: str) -> str:
    parse_template(text)
    return text


class Rule(Section):
    """Where a value comes from and what is done to it. Exactly one of column, columns, value, template."""

    column: Header | None = key(default=None, description="The header of the column to take the value from.")
    columns: one_or_more(Header) | None = key(  # type: ignore[valid-type]
        default=None,
        description="Several headers; the first of them whose cell is not blank gives the value.",
    )
    value: Text | None = key(default=None, description="A fixed value, the same for every row.")
    template: Annotated[str, AfterValidator(_template)] | None = key(
        default=None,
        description="A text with headers in braces, `{First} {Last}`. Blank when all of its cells are; empty "
        "brackets and spaces that blank cells leave behind are taken out. `{{` stands for a brace.",
    )
    default: Text | None = key(default=None, description="The value to use when the cell is blank.")
    map: dict[Text, Text] | None = key(
        default=None,
        description="What each cell text stands for. Texts match exactly, else ignoring case and white space.",
    )
    unmapped: Literal["fail", "keep"] | None = key(
        default=None,
        description="With `map`: a text that it does not list makes the row fail (the default; `on_invalid: drop` "
        "leaves the value out) or is kept as it is. A text that is already one of the map's results is always kept.",
    )
    transforms: Annotated[tuple[StepSpec, ...], BeforeValidator(one_or_many)] = key(
        default=(),
        description="Named steps that the text goes through, in order; see the list of transforms.",
    )
    format: Formats | None = key(
        default=None,
        description="How dates are written: `%d/%m/%Y` or `DD/MM/YYYY`, or a list of such. No other is taken.",
    )
    date_order: DateOrder | None = key(
        default=None, description="For dates that can be read two ways, in this column."
    )
    decimal: Literal[".", ","] | None = key(
        default=None, description="The decimal sign of numbers, in this column."
    )
    region: Region | None = key(
        default=None, description="The country of phone numbers that do not name theirs."
    )
    several: Literal["first", "fail"] | None = key(
        default=None,
        description="Two phones or e-mails in one cell: take the first, with a warning (default), or fail.",
    )
    pad: Annotated[int, Within(3, 8)] | None = key(
        default=None,
        description="For `postalCode`: how many digits codes have; shorter ones get their zeros back in front. Rows of "
        "a country whose codes are of another length are left alone.",
    )
    codes: Flag | None = key(
        default=None, description="For `state`: write US and Canadian states as their codes."
    )
    split: Annotated[str, NotEmpty()] | None = key(
        default=None, description="What separates the values in a cell (custom fields with several choices)."
    )
    required: Flag = key(
        default=False, description="A row without this value fails, and so does one whose value is not valid."
    )
    optional: Flag = key(
        default=False, description="The file may lack the column (columns); then there is no value."
    )
    on_invalid: OnInvalid = key(
        default="fail",
        description="A value that is not valid makes the row fail, or is left out with a warning (drop).",
    )
    empty_cells: EmptyCells | None = key(
        default=None, description="As the mapping's own `empty_cells`, for this value alone."
    )
    on_update: OnUpdate | None = key(
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

    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": value}
        return {"columns": value} if isinstance(value, list) else value

    def _check(self) -> None:
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


class OtherColumn(Rule):
    """A rule that nobody wrote, for a column that no rule reads."""
