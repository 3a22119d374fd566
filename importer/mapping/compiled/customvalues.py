"""Custom field values by the field's type."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import partial
from typing import Final, TypeAlias

from importer.highlevel.catalog import CustomField
from importer.highlevel.custom_fields import PICKLISTS
from importer.highlevel.files import ACCEPTED
from importer.mapping.compiled.phone_regions import guessing, stated_regions
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule
from importer.mapping.transforms.steps import NUMBER_STEPS, as_text, dates_after
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.days import DateReader
from importer.mapping.values.emails import read_email
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.mapping.values.files import read_files
from importer.mapping.values.lists import parts_of
from importer.mapping.values.numbers import read_money, read_number
from importer.mapping.values.phones import read_phone
from importer.mapping.values.websites import read_website
from importer.records import Json, Record, TypedText
from importer.runtime.regex import regex

Convert: TypeAlias = Callable[[Json, Record], ReadValue]

UNSUPPORTED: Final = frozenset({"TEXTBOX_LIST", "SIGNATURE"})
"""Types whose values the public API does not take from outside."""

SEVERAL_CHOICES: Final = frozenset({"MULTIPLE_OPTIONS", "CHECKBOX"})
_TEXTS: Final = frozenset({"TEXT", "LARGE_TEXT"})
_SELDOM_EQUAL: Final = frozenset({"EMAIL", "URL"})
"""Types whose values are a person's own."""
_TIME: Final = regex(r"([01]?\d|2[0-3])[:.h]([0-5]\d)(?:[:.][0-5]\d)?\s*([ap]\.?m\.?)?", re.IGNORECASE)


def converter(field: CustomField | None, rule: Rule, model: MappingModel, written: Conventions) -> Convert:
    """Make the function that gives a custom field its value: by its type, else by what the rule says of it.

    Without a field (no account at hand) and for texts, the rule alone says what its cells are, so that a preview
    shows what a run sends, and a run heeds what the mapping asks for.
    """
    if field is None or field.data_type in _TEXTS:
        return _by_rule(rule, model, written, typed=field is not None)
    match field.data_type:
        case "PHONE":
            return _phone(rule, model)
        case choice if choice in PICKLISTS:
            return _choice(field, rule)
        case "FILE_UPLOAD":
            accepts = field.accepts or ACCEPTED
            read = partial(read_files, split=rule.split or ",", most=field.most_files, accepts=accepts)
            return _FromText(read, repeats=False)
        case "DATE":
            rules = dates_after(rule.transforms, written.dates)
            return _FromText(DateReader(rules))
        case other:
            return _FromText(_scalar(other, rule, written), repeats=other not in _SELDOM_EQUAL)


def _choice(field: CustomField, rule: Rule) -> Convert:
    if field.data_type in SEVERAL_CHOICES:
        return _FromText(partial(read_options, options=field.options, split=rule.split or ","))
    return _FromText(partial(read_option, options=field.options))


def _by_rule(rule: Rule, model: MappingModel, written: Conventions, *, typed: bool) -> Convert:
    """Read what the rule names as a date, a number or a phone; a step that made one has done it already."""
    steps = {step.name for step in rule.transforms}
    if rule.split is not None and not typed:
        return _list_of(rule.split)
    if (rule.format or rule.date_order) and "date" not in steps:
        return _FromText(DateReader(written.dates))
    if rule.decimal is not None and not steps & NUMBER_STEPS:
        # An amount or a plain number: reading it as an amount takes either.
        return _FromText(partial(read_money, decimal=written.stated_decimal))
    if rule.region is not None:
        return _phone(rule, model)
    return as_plain_text if typed else plain


def _scalar(data_type: str, rule: Rule, written: Conventions) -> Callable[[str], ReadValue]:
    match data_type:
        case "NUMERICAL" | "FLOAT":
            return partial(read_number, decimal=written.decimal)
        case "MONETORY" | "MONETARY":
            return partial(read_money, decimal=written.stated_decimal)
        case "EMAIL":
            return partial(read_email, several=rule.several or "first")
        case "TIME":
            return read_time
        case "URL":
            return read_website
        case _:
            return str


def plain(raw: Json, _record: Record) -> Json:
    """Give the text of a workbook's cell without the value behind it."""
    return str(raw) if isinstance(raw, TypedText) else raw


def as_plain_text(raw: Json, _record: Record) -> Json:
    """Give what a plain text field takes: any text as it is."""
    return str(raw) if isinstance(raw, str) else as_text(raw)


def left_as_they_are(convert: Convert) -> frozenset[type]:
    """Tell the types of the values that a conversion leaves as they are, so that it need not be called for them."""
    if convert is plain:
        return frozenset({str, int, float, bool})
    return frozenset({str}) if convert is as_plain_text else frozenset()


_REMEMBERED: Final = 30_000
"""Texts, of one column."""


class _FromText:
    """Converts by the text alone; where texts repeat down a column, as options, dates and numbers do, each but once."""

    def __init__(self, read: Callable[[str], ReadValue], *, repeats: bool = True) -> None:
        self._read = read
        self._repeats = repeats
        self._known: dict[str, ReadValue] = {}

    def __call__(self, raw: Json, _record: Record) -> ReadValue:
        text = raw if isinstance(raw, str) else as_text(raw)
        if not self._repeats or type(text) is not str:
            return self._read(text)  # of a workbook's cell the value behind the text counts as well
        known = self._known
        if text not in known:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[text] = self._read(text)
        found = known[text]
        return [*found] if isinstance(found, list) else found


def _list_of(split: str) -> Convert:
    return _FromText(lambda text: [*parts_of(text, split)])


def _phone(rule: Rule, model: MappingModel) -> Convert:
    """Read phones as the contact's own is read, with the same words about a country that is a guess."""
    regions = stated_regions(rule, model)
    read_with = guessing(partial(read_phone, several=rule.several or "first"), rule, model)

    def read(raw: Json, record: Record) -> ReadValue:
        country = None if record.country_guessed else record.fields.get("country")
        text = raw if isinstance(raw, str) else as_text(raw)
        return read_with(text, (country, *regions) if isinstance(country, str) else regions)

    return read


def read_option(text: str, options: Sequence[str]) -> ReadValue:
    """Find the option that a text means: exactly, else ignoring case and white space."""
    if text in options:
        return str(text)
    found = [option for option in options if _fold(option) == _fold(text)]
    if len(found) == 1:
        return found[0]
    if not options:
        return str(text)
    shown = ", ".join(map(quoted, options[:12])) + (", ..." if len(options) > 12 else "")
    return ValueFault("invalid_option", f"{quoted(text)} is none of the field's options ({shown})")


def read_options(text: str, options: Sequence[str], split: str) -> ReadValue:
    """Find the options that a text lists; a text that is one option as a whole is not split."""
    whole = read_option(text, options)
    if options and not isinstance(whole, ValueFault):
        return [whole]
    chosen: list[Json] = []
    for part in parts_of(text, split):
        option = read_option(part, options)
        if isinstance(option, ValueFault):
            return option
        if option not in chosen:
            chosen.append(option)
    return chosen or None


def _fold(text: str) -> str:
    return "".join(text.casefold().split())


def read_time(text: str) -> ReadValue:
    """Read a time of day as HH:MM."""
    if (
        isinstance(text, TypedText)
        and isinstance(text.value, time | datetime)
        and not isinstance(text.value, date)
    ):
        return text.value.strftime("%H:%M")
    match = _TIME.fullmatch(text) if len(text) <= 40 else None
    if match is None:
        return ValueFault("invalid_time", f"{quoted(text)} is no time of day")
    hour = int(match[1])
    if match[3]:
        if not 1 <= hour <= 12:
            return ValueFault("invalid_time", f"{quoted(text)} is no time of day")
        hour = hour % 12 + (12 if match[3].lower().startswith("p") else 0)
    return f"{hour:02}:{match[2]}"
