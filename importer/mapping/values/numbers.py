"""Numbers, money and shares, with a point or a comma as decimal sign."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long
from importer.records import TypedText

CODE: Final = "invalid_number"
_SPACES: Final = re.compile("[\\s\u00a0\u202f\u2009'\u2019_]")
_CURRENCY: Final = re.compile(
    r"^(?:[A-Z]{0,3}[$€£¥₹₽₺₩₪฿₫₴]|[^\W\d_]{1,4}\.?)\s*|\s*(?:[^\W\d_]{1,4}\.?|[$€£¥₹₽₺₩₪฿₫₴])$"
)
_PLAIN: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")
_POINT_DECIMAL: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")
_COMMA_DECIMAL: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?|[+-]?\d*,\d+")
_TWO_WAYS: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


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
    return _parse(plain, text, decimal)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _parse(plain: str, text: str, decimal: str | None) -> ReadValue:
    if _TWO_WAYS.fullmatch(plain):
        if decimal is None:
            why = "can be read two ways, as thousands or as decimals"
            return ValueFault(CODE, f"{quoted(text)} {why}; say `decimal` in the rule or in defaults")
        thousands = "," if decimal == "." else "."
        return _number(Decimal(plain.replace(thousands, "").replace(",", ".")))
    if _PLAIN.fullmatch(plain):
        return _number(Decimal(plain))
    if _POINT_DECIMAL.fullmatch(plain):
        return _number(Decimal(plain.replace(",", "")))
    if _COMMA_DECIMAL.fullmatch(plain):
        return _number(Decimal(plain.replace(".", "").replace(",", ".")))
    return ValueFault(CODE, f"{quoted(text)} is no number")


def _number(value: Decimal) -> ReadValue:
    if not value.is_finite():
        return ValueFault(CODE, f"'{value}' is no number")
    return int(value) if value == value.to_integral_value() and abs(value) < 2**53 else float(value)


def evidence_of(text: str) -> str | None:
    """Tell which decimal sign a number proves; "?" when it can be read two ways; None when it proves neither."""
    if isinstance(text, TypedText):
        return None
    plain = _CURRENCY.sub("", _SPACES.sub("", text))
    if _TWO_WAYS.fullmatch(plain):
        return "?"
    if _COMMA_DECIMAL.fullmatch(plain):
        return ","
    proves_point = _POINT_DECIMAL.fullmatch(plain) or (_PLAIN.fullmatch(plain) and "." in plain)
    return "." if proves_point else None


def read_money(text: str, *, decimal: str | None = None) -> ReadValue:
    """Read an amount with or without its currency, which is not sent; ``1,234`` is thousands, as amounts have cents."""
    if isinstance(text, TypedText) and _is_number(text.value):
        return read_number(text)
    if refused := too_long(text, 100, "an amount of money", CODE):
        return refused
    sign, plain = "", str(text).strip()
    if plain.startswith(("-", "\u2212", "(")):
        sign, plain = "-", plain.strip("-\u2212()").strip()
    plain = _CURRENCY.sub("", plain).strip().rstrip("-\u2013\u2014").rstrip(".,")
    if decimal is None and _TWO_WAYS.fullmatch(plain):
        decimal = "." if "," in plain else ","
    amount = read_number(sign + plain, decimal=decimal)
    return (
        ValueFault(CODE, f"{quoted(text)} is no amount of money")
        if isinstance(amount, ValueFault)
        else amount
    )


def read_percent(text: str, *, decimal: str | None = None) -> ReadValue:
    """Read a share: ``12 %`` is 12; a workbook's cell shown as percent holds 0.12 and is 12 too."""
    shown = str(text).strip()
    if not shown.endswith("%"):
        return read_number(text, decimal=decimal)
    return read_number(shown.removesuffix("%").strip(), decimal=decimal)
