"""Of which type a custom field should be that does not exist yet: told by the rule that fills it and by all of its values."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Final

from importer.mapping.language.rule import Rule
from importer.mapping.transforms.steps import as_text
from importer.mapping.values.lists import parts_of
from importer.mapping.values.numbers import read_money, read_number
from importer.records import Json, value_type
from importer.runtime.counting import counted
from importer.suggestion.evidence import is_date, is_email, is_phone, reads
from importer.suggestion.folding import words

MOST_OPTIONS: Final = 200
"""A picklist of more is no help to whoever has to choose."""
_LONGEST_OPTION: Final = 60
_FEW: Final = 12
_EACH_OPTION: Final = 3
"""So many cells an option has on average where a column is a choice, and not just texts that happen to repeat."""
_LONGEST_LINE: Final = 120
_LONGEST_NUMBER: Final = 15
"""A spreadsheet keeps no more digits; longer ones are names of things, not amounts."""
_CODE_DIGITS: Final = 5
_CODES: Final = frozenset(
    {"id", "no", "nr", "number", "code", "zip", "sku", "iban", "account", "ref", "reference"}
)
_PHONES: Final = frozenset(
    {"phone", "mobile", "cell", "tel", "telephone", "telefon", "handy", "fax", "whatsapp"}
)


@value_type(frozen=True, slots=True, kw_only=True)
class FieldType:
    """A type in the vendor's spelling, why it is this one, and the options of a choice."""

    data_type: str
    reason: str
    options: tuple[str, ...] = field(default=(), repr=False)


class FieldValues:
    """All values that a mapping has for one custom field, seen one by one; of the texts no more are kept than a picklist may have."""

    def __init__(self, name: str, rule: Rule) -> None:
        self._rule = rule
        self._words = frozenset(words(name)) | {word for header in rule.headers for word in words(header)}
        self._claims = dict(_claims(rule))
        self._options: dict[str, str] | None = {}
        self._texts = 0
        self._choices = 0
        self._lengths: set[int] = set()
        self._money = False
        self.longest = 0

    def see(self, value: Json) -> None:
        """Take in one value, as the rule made it."""
        if value is None:
            return
        self._texts += 1
        text = value if isinstance(value, str) else as_text(value)
        self._claims = {kind: claim for kind, claim in self._claims.items() if claim(text)}
        self.longest = max(self.longest, len(text), _LONGEST_LINE + 1 if "\n" in text else 0)
        self._lengths.add(len(text))
        self._money = self._money or any(unicodedata.category(sign) == "Sc" for sign in text)
        for part in parts_of(text, self._rule.split) if self._rule.split else (text.strip(),):
            self._see_choice(part)

    def _see_choice(self, text: str) -> None:
        self._choices += 1
        if self._options is None:
            return
        self._options.setdefault(folded(text), text)
        if len(text) > _LONGEST_OPTION or len(self._options) > MOST_OPTIONS:
            self._options = None

    @property
    def options(self) -> tuple[str, ...]:
        """The distinct values, each as it is first spelled; none where they are too many or too long for a picklist."""
        return tuple((self._options or {}).values())

    def type(self) -> FieldType:
        """Choose the type that takes every value, and says the most about them."""
        return self._said() or self._seen() or self._as_text()

    def _said(self) -> FieldType | None:
        """Follow what the rule says its cells are."""
        rule, steps = self._rule, {step.name for step in self._rule.transforms}
        if rule.split is not None and self.options:
            return FieldType(
                data_type="MULTIPLE_OPTIONS",
                reason=f"the rule splits its cells: {counted(len(self.options), 'option')}",
                options=self.options,
            )
        if rule.format or rule.date_order or "date" in steps:
            return FieldType(data_type="DATE", reason="the rule reads dates")
        if rule.region is not None:
            return FieldType(data_type="PHONE", reason="the rule reads phone numbers")
        if rule.decimal is not None or "number" in steps:
            return self._amounts("the rule reads numbers")
        return None

    def _seen(self) -> FieldType | None:
        """Follow what all values have in common."""
        if not self._texts:
            return FieldType(data_type="TEXT", reason="no row has a value")
        every = f"all {counted(self._texts, 'value')}" if self._texts > 1 else "the only value"
        if "DATE" in self._claims:
            return FieldType(data_type="DATE", reason=f"{every} read as dates")
        if "EMAIL" in self._claims:
            return FieldType(data_type="EMAIL", reason=f"{every} read as e-mail addresses")
        if "PHONE" in self._claims and (self._words & _PHONES or "PLUS" in self._claims):
            return FieldType(data_type="PHONE", reason=f"{every} read as phone numbers")
        if "NUMBER" in self._claims and not self._are_codes:
            return self._amounts(f"{every} read as numbers")
        return self._choice()

    def _amounts(self, reason: str) -> FieldType:
        if self._money:
            return FieldType(data_type="MONETORY", reason=f"{reason}, with a currency")
        return FieldType(data_type="NUMERICAL", reason=reason)

    @property
    def _are_codes(self) -> bool:
        """Whether numbers name something rather than count it: no sum of them would mean anything."""
        alike = len(self._lengths) == 1 and min(self._lengths) >= _CODE_DIGITS
        return bool(self._words & _CODES) or (alike and not self._money) or "ZEROS" not in self._claims

    def _choice(self) -> FieldType | None:
        options = self.options
        if not 1 < len(options) <= _FEW or self._choices < _EACH_OPTION * len(options) or self._are_numbers:
            return None
        many = f"{counted(len(options), 'different value')} in {self._texts:,} rows"
        return FieldType(data_type="SINGLE_OPTIONS", reason=many, options=options)

    @property
    def _are_numbers(self) -> bool:
        return "NUMBER" in self._claims

    def _as_text(self) -> FieldType:
        if self.longest > _LONGEST_LINE:
            return FieldType(data_type="LARGE_TEXT", reason="long texts")
        return FieldType(data_type="TEXT", reason="texts of all kinds")


def _claims(rule: Rule) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """Yield what the values may all be; each is dropped at the first value that it does not hold for."""
    yield "DATE", is_date
    yield "EMAIL", is_email
    yield "PHONE", lambda text: is_phone(text, rule.region)
    yield "PLUS", lambda text: text.lstrip().startswith("+")
    yield "NUMBER", lambda text: _is_number(text, rule.decimal)
    yield "ZEROS", lambda text: not (text[:1] == "0" and text[1:2].isdigit())


def _is_number(text: str, decimal: str | None) -> bool:
    if sum(sign.isdigit() for sign in text) > _LONGEST_NUMBER:
        return False
    # that 1,234 has two readings is for the mapping to settle; a number it is either way
    return reads(read_money(text, decimal=decimal)) or reads(read_number(text, decimal=decimal or "."))


def folded(text: str) -> str:
    """Give what two spellings of one option have in common."""
    return "".join(text.casefold().split())
