"""One function per rule, from a cell's text to its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from importer.highlevel.fields import FieldKind
from importer.mapping.language.model import Defaults
from importer.mapping.language.rule import Rule
from importer.mapping.transforms.own import OwnSteps
from importer.mapping.transforms.steps import StepFunction, as_text, chain, dates_after, make_step
from importer.mapping.values.booleans import read_boolean, read_dnd, read_dnd_or_channels, read_inbound_dnd
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.days import DateReader
from importer.mapping.values.deal_statuses import read_deal_status
from importer.mapping.values.due_dates import read_due_date
from importer.mapping.values.emails import read_email
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.mapping.values.numbers import read_money
from importer.mapping.values.phones import read_phone, read_phones
from importer.mapping.values.places import read_country, read_postal_code, read_state, read_timezone
from importer.mapping.values.texts import clean, read_text
from importer.mapping.values.websites import read_website
from importer.records import Json, value_type

ValueReader: TypeAlias = Callable[[str], ReadValue]
_WITHOUT_RULE: Final[dict[FieldKind, ValueReader | None]] = {
    FieldKind.TEXT: None,
    FieldKind.NAME: None,
    FieldKind.USER: None,
    FieldKind.CONTACT_ID: None,
    FieldKind.BOOLEAN: read_boolean,
    FieldKind.DND_ALL: read_dnd_or_channels,
    FieldKind.DND: read_dnd,
    FieldKind.INBOUND_DND: read_inbound_dnd,
    FieldKind.COUNTRY: read_country,
    FieldKind.POSTAL_CODE: read_postal_code,
    FieldKind.TIMEZONE: read_timezone,
    FieldKind.WEBSITE: read_website,
    FieldKind.DEAL_STATUS: read_deal_status,
    FieldKind.PIPELINE: None,
    FieldKind.STAGE: None,
    FieldKind.CUSTOM: None,
}
"""Readers that a rule says nothing to; None: the text is taken as it stands."""


@value_type(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What readers need beside the rule: how the column is written, the defaults, the user's own steps."""

    written: Conventions
    defaults: Defaults
    own: OwnSteps


def kind_reader(kind: FieldKind, rule: Rule, around: Circumstances) -> ValueReader | None:
    """Make the reader of a kind of value; None for a text that is taken as it stands."""
    match kind:
        case FieldKind.EMAIL:
            return partial(read_email, several=rule.several or "first")
        case FieldKind.PHONE | FieldKind.PHONES:
            regions = tuple(region for region in (rule.region, around.defaults.region) if region)
            one = partial(read_phone, regions=regions, several=rule.several or "first")
            return one if kind is FieldKind.PHONE else partial(read_phones, regions=regions)
        case FieldKind.DATE_OF_BIRTH | FieldKind.DUE_DATE:
            rules = dates_after(rule.transforms, around.written.dates)
            return partial(read_due_date, rules=rules) if kind is FieldKind.DUE_DATE else DateReader(rules)
        case FieldKind.AMOUNT:
            return partial(read_money, decimal=around.written.stated_decimal)
        case FieldKind.STATE:
            return read_state if rule.codes else None
        case _:
            return _WITHOUT_RULE[kind]


def steps_of(rule: Rule, around: Circumstances) -> StepFunction | None:
    """Join a rule's transforms and map into one function; None when it has neither."""
    functions = [
        around.own.find(step.name) if step.own else make_step(step, around.written)
        for step in rule.transforms
    ]
    if rule.map is not None:
        functions.append(map_reader(rule.map, keep=rule.unmapped == "keep"))
    return chain(tuple(functions)) if functions else None


def map_reader(table: Mapping[str, str], *, keep: bool) -> ValueReader:
    """Make the reader of a ``map``: exact, else ignoring case and white space; its results stand for themselves."""
    folded = {_fold(text): meant for text, meant in table.items()}
    results = {_fold(meant): meant for meant in table.values()}

    def read(text: str) -> ReadValue:
        meant = table.get(text)
        if meant is None:
            meant = folded.get(_fold(text), results.get(_fold(text)))
        if meant is not None:
            return meant
        return (
            text if keep else ValueFault("unmapped_value", f"{quoted(text)} is not in the map of this rule")
        )

    return read


def _fold(text: str) -> str:
    return " ".join(clean(text).casefold().split())


def join(
    steps: StepFunction | None, reader: ValueReader | None, *, any_value: bool = False
) -> ValueReader | None:
    """Put steps before a kind's reader; ``any_value`` lets a number or boolean that the steps made stand."""
    if steps is None:
        return reader
    last = reader or read_text

    def finish(value: Json) -> ReadValue:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return last(value)
        return value if any_value else last(as_text(value))

    def read(text: str) -> ReadValue:
        value = steps(text)
        if not isinstance(value, ValueFault):
            return finish(value)
        return value if value.fails else _warned(value, finish(value.value))

    return read


def _warned(warning: ValueFault, final: ReadValue) -> ReadValue:
    """Keep the warning of a step with the value that was made of what it gave; a finding about that is worth more."""
    return (
        final
        if isinstance(final, ValueFault)
        else ValueFault(warning.code, warning.sentence, final, fails=False)
    )
