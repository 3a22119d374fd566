"""Numbers, money and shares, with a point or a comma as decimal sign."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from importer.mapping.values.amounts import Amount, bare, parse_amount
from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long
from importer.records import TypedText
from importer.runtime.regex import regex

CODE: Final = "invalid_number"
_SPACES: Final = regex("[\\s\u00a0\u202f\u2009'\u2019_]")
_PLAIN: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")
_SCIENTIFIC: Final = regex(r"[+-]?\d+(?:\.\d*)?[eE][+-]?\d{1,2}")
_PLAIN_AMOUNT: Final = re.compile(r"[$€£]?(\d{1,15}(?:\.\d\d)?)", re.ASCII)
_POINT_DECIMAL: Final = regex(r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")
_COMMA_DECIMAL: Final = regex(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|[+-]?\d*,\d+")
_TWO_WAYS: Final = regex(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def read_number(text: str, *, decimal: str | None = None) -> ReadValue:
    """Read a number; ``1,234`` and ``1.234`` have two readings and fail unless the decimal sign is known."""
    if isinstance(text, TypedText) and _is_number(text.value):
        return _number(Decimal(str(text.value)))
    if refused := too_long(text, 100, "a number", CODE):
        return refused
    plain = _SPACES.sub("", str(text)).replace("\u2212", "-")
    if re.fullmatch(r"\(.+\)", plain):
        # Accountants write what is owed in brackets.
        plain = "-" + plain[1:-1]
    elif re.fullmatch(r"\d[\d.,]*-", plain):
        # Accounting programs write the minus at the end.
        plain = "-" + plain[:-1]
    return _parse(plain, text, decimal)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _parse(plain: str, text: str, decimal: str | None) -> ReadValue:
    if _TWO_WAYS.fullmatch(plain) and decimal is None:
        why = "can be read two ways, as thousands or as decimals"
        return ValueFault(CODE, f"{quoted(text)} {why}; say `decimal` in the rule or in defaults")
    found = _decimal(plain, decimal)
    return ValueFault(CODE, f"{quoted(text)} is no number") if found is None else _number(found)


def _decimal(plain: str, decimal: str | None) -> Decimal | None:
    """Read digits and signs; what has two readings is read by the decimal sign, which has to be known."""
    if _TWO_WAYS.fullmatch(plain):
        thousands = "," if decimal == "." else "."
        return Decimal(plain.replace(thousands, "").replace(",", "."))
    if _PLAIN.fullmatch(plain):
        return Decimal(plain)
    if _POINT_DECIMAL.fullmatch(plain):
        return Decimal(plain.replace(",", ""))
    if _COMMA_DECIMAL.fullmatch(plain):
        return Decimal(plain.replace(".", "").replace(",", "."))
    return None


def _number(value: Decimal) -> ReadValue:
    if not value.is_finite():
        return ValueFault(CODE, f"'{value}' is no number")
    return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)


def evidence_of(text: str) -> str | None:
    """Tell which decimal sign a number proves; "?" when it can be read two ways; None when it proves neither."""
    if isinstance(text, TypedText):
        return None
    plain = bare(_SPACES.sub("", text))
    if _TWO_WAYS.fullmatch(plain):
        return "?"
    if _COMMA_DECIMAL.fullmatch(plain):
        return ","
    proves_point = _POINT_DECIMAL.fullmatch(plain) or (_PLAIN.fullmatch(plain) and "." in plain)
    return "." if proves_point else None


def read_money(text: str, *, decimal: str | None = None) -> ReadValue:
    """Read an amount with or without its currency, which is not sent; ``1,234`` is thousands, as amounts have cents.

    A scale is applied (``$1.2M``, ``1,2 Mio. EUR``, ``5 lakh``), a sign is kept wherever it stands; any other word
    makes the text something else than an amount.
    """
    if isinstance(text, TypedText) and _is_number(text.value):
        return read_number(text)
    if refused := too_long(text, 100, "an amount of money", CODE):
        return refused
    if match := _PLAIN_AMOUNT.fullmatch(text):
        return _number(Decimal(match[1]))
    if _SCIENTIFIC.fullmatch(text):
        return read_number(text)
    amount = parse_amount(str(text))
    found = amount if isinstance(amount, str) else _scaled(amount, decimal)
    return ValueFault(CODE, f"{quoted(text)} {found}") if isinstance(found, str) else _number(found)


def _scaled(amount: Amount, decimal: str | None) -> Decimal | str:
    """Give an amount its number; else say why it has none, in words that go on behind the text."""
    digits = _SPACES.sub("", amount.digits)
    if decimal is None and _TWO_WAYS.fullmatch(digits):
        if amount.scale != 1:
            return (
                "can be read two ways, as thousands or as decimals; say `decimal` in the rule or in defaults"
            )
        decimal = "." if "," in digits else ","
    found = _decimal(digits, decimal)
    if found is None:
        return "is no amount of money"
    return (-found if amount.negative else found) * amount.scale


def read_percent(text: str, *, decimal: str | None = None) -> ReadValue:
    """Read a share: ``12 %`` is 12; a workbook's cell shown as percent holds 0.12 and is 12 too."""
    shown = str(text).strip()
    if not shown.endswith("%"):
        return read_number(text, decimal=decimal)
    return read_number(shown.removesuffix("%").strip(), decimal=decimal)
