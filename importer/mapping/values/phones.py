"""Phone numbers to E.164: any spelling, valid and not merely possible."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException

from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long, warn
from importer.mapping.values.phone_labels import (
    plain_extension,
    split_numbers,
    without_extension,
    without_faxes,
    without_labels,
)
from importer.mapping.values.phone_plans import read_plain
from importer.records import Json, TypedText, value_type
from importer.runtime.regex import regex

CODE: Final = "invalid_phone"
_SCIENTIFIC: Final = regex(r"\+?(\d)[.,]?(\d*)[eE]\+?(\d{1,2})")
_DECIMAL: Final = regex(r"(\+?\d{6,15})[.,]0{1,2}")
_OLD_MEXICAN: Final = regex(r"(\+\s*52)[\s.-]*1([\s.-]*(?:\d[\s.()-]*){10})")
"""Mexican mobiles had a 1 behind the country code until 2019; address books still have it."""
# Full-width digits and signs, the many dashes, the many spaces.
_SIGNS: Final = {
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212, 0xFF0D), "-"),
    **dict.fromkeys((0xA0, 0x202F, 0x2009, 0x3000, 9, 13), " "),
    0xFF0B: "+",
    0xFF08: "(",
    0xFF09: ")",
}


def read_phone(text: str, regions: Sequence[str], *, several: str = "first") -> ReadValue:
    """Read a number as one of the first region that it is valid in.

    ``regions`` come in the order of their right to decide; a number that names its country needs none of them.
    """
    if type(text) is str:
        region = regions[0] if regions else None
        if (plain := read_plain(text, region)) is not None:
            return plain
        cut = plain_extension(text)
        if cut is not None and (plain := read_plain(cut[0], region)) is not None:
            return _without_extension(text, cut[1], plain)
    return _read_odd(text, tuple(regions), several)


def _read_odd(text: str, regions: tuple[str, ...], several: str) -> ReadValue:
    if refused := too_long(text, 200, "a phone number", CODE):
        return refused
    rest = without_faxes(text)
    if rest is None:
        return _read_numbers(text, text, regions, several)
    if not rest:
        return warn("fax_number", f"{quoted(text)} is a fax number and no phone; it is left out", None)
    found = _read_numbers(rest, text, regions, several)
    if isinstance(found, ValueFault):
        return found
    return warn("fax_number", f"{quoted(text)} holds a fax number too, which is left out", found)


def _read_numbers(text: str, shown: str, regions: tuple[str, ...], several: str) -> ReadValue:
    mended = _mend(text)
    if isinstance(mended, ValueFault):
        return mended
    parts = split_numbers(mended)
    if len(parts) < 2:
        return _read_one(mended, shown, regions)
    first = _read_one(parts[0], shown, regions)
    if isinstance(first, ValueFault) and first.fails:
        return first
    if several == "fail":
        return ValueFault("several_values", f"{quoted(shown)} holds {len(parts)} phone numbers")
    number = first.value if isinstance(first, ValueFault) else first
    return warn(
        "several_values", f"{quoted(shown)} holds {len(parts)} phone numbers; the first is used", number
    )


def read_phones(text: str, regions: Sequence[str]) -> ReadValue:
    """Read every number in a cell, as the vendor takes additional ones; those that are none are left out and told."""
    if refused := too_long(text, 2_000, "a list of phone numbers", CODE):
        return refused
    found = [read_phone(part, regions) for part in _parts(text)]
    numbers = dict.fromkeys(
        value
        for each in found
        if isinstance(value := each.value if isinstance(each, ValueFault) else each, str)
        and not (isinstance(each, ValueFault) and each.fails)
    )
    refused_ones = [each for each in found if isinstance(each, ValueFault) and each.fails]
    if refused_ones and not numbers:
        return refused_ones[0]
    phones: list[Json] = [{"phone": number} for number in numbers]
    if refused_ones:
        return warn(refused_ones[0].code, f"{refused_ones[0].sentence}; the others are used", phones)
    return phones


def _parts(text: str) -> list[str]:
    mended = _mend(text)
    return [text] if isinstance(mended, ValueFault) else split_numbers(mended) or [text]


def _mend(text: str) -> str | ValueFault:
    """Undo what spreadsheets and exports do to numbers, where that is exact."""
    plain = str(text).translate(_SIGNS).strip().strip("'`\u2019\"").strip()
    if (
        isinstance(text, TypedText)
        and isinstance(text.value, int | float)
        and not isinstance(text.value, bool)
    ):
        plain = _from_number(text.value, plain)
    if match := _SCIENTIFIC.fullmatch(plain):
        return _from_scientific(match, text)
    if match := _DECIMAL.fullmatch(plain):
        return match[1]
    return _OLD_MEXICAN.sub(r"\1\2", without_labels(plain))


def _from_number(value: float, shown: str) -> str:
    """Take the stored number over its display when the display lost digits; leading zeros only the display has."""
    exact = str(int(value)) if value == int(value) and abs(value) < 1e15 else shown
    digits = re.sub(r"\D", "", shown)
    lossy = bool(_SCIENTIFIC.fullmatch(shown)) or digits.lstrip("0") != exact.lstrip("0")
    return exact if lossy and not shown.startswith("+") else shown


def _from_scientific(match: re.Match[str], text: str) -> str | ValueFault:
    digits, exponent = match[1] + match[2], int(match[3])
    if len(match[2].rstrip("0")) <= exponent and len(digits) == exponent + 1:
        return digits
    return ValueFault(
        "damaged_number",
        f"{quoted(text)} has lost digits in a spreadsheet; the number cannot be told from it any more",
    )


def _read_one(text: str, shown: str, regions: tuple[str, ...]) -> ReadValue:
    number, extension = without_extension(text)
    if re.search(r"[A-Za-z]", number) and not _vanity(number):
        return ValueFault(CODE, f"{quoted(shown)} has letters in it and is no phone number")
    digits = re.sub(r"\D", "", number)
    if not digits:
        return ValueFault(CODE, f"{quoted(shown)} has no digits and is no phone number")
    candidates = _candidates(number, digits, regions)
    if not candidates:
        return ValueFault(
            "no_phone_region", f"{quoted(shown)} has no country code, and no region is set for it"
        )
    refused = ""
    for index, (spelling, region) in enumerate(candidates):
        read = _parse(spelling, region)
        if isinstance(read, _Number):
            named = region if index and region and region != regions[0] else None
            return _accept(read.e164, shown, extension or read.extension, regions, named)
        refused = refused or f"{read} of {region}" if region else refused or read
    return ValueFault(CODE, f"{quoted(shown)} {refused}")


def _accept(e164: str, shown: str, extension: str, regions: tuple[str, ...], region: str | None) -> ReadValue:
    if extension:
        return _without_extension(shown, extension, e164)
    if region is not None:
        sentence = f"{quoted(shown)} is no number of {regions[0]}; it was read as one of {region}"
        return warn("phone_region", sentence, e164)
    return e164


def _without_extension(shown: str, extension: str, e164: str) -> ValueFault:
    sentence = (
        f"{quoted(shown)} has the extension {extension}, which the vendor has no place for; it is left out"
    )
    return warn("phone_extension", sentence, e164)


def _vanity(number: str) -> bool:
    """Tell 1-800-FLOWERS, which stands for digits, from a note."""
    return bool(re.fullmatch(r"\+?1?[\s.-]*\(?8\d\d\)?[\s.-]*[A-Za-z\d-]{7,}", number))


def _candidates(number: str, digits: str, regions: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """List the ways to read a number: as international if it says so, else as one of each region."""
    if "+" in number[:3]:
        return [("+" + digits if "(0)" not in number else number[number.index("+") :], None)]
    if digits.startswith("00") and len(digits) >= 9:
        return [("+" + digits[2:], None), *((number, region) for region in regions)]
    ways: list[tuple[str, str | None]] = []
    for region in dict.fromkeys(region for region in regions if region in phonenumbers.SUPPORTED_REGIONS):
        # Where numbers vary in length, "49 171 1234567" is also valid as a German number without its code.
        if len(digits) >= 11 and _begins_with_code(digits, region):
            ways.append(("+" + digits, region))
        ways.append((number, region))
    return ways


def _begins_with_code(digits: str, region: str) -> bool:
    code = phonenumbers.country_code_for_region(region)
    return code not in (0, 1) and digits.startswith(str(code))


@value_type(frozen=True, slots=True)
class _Number:
    """A valid number, with the extension that the library found behind it."""

    e164: str
    extension: str = ""


def _parse(spelling: str, region: str | None) -> _Number | str:
    """Read one way; else say why not, in words that go on with "of US"."""
    if (plain := read_plain(spelling, region)) is not None:
        return _Number(plain)
    try:
        number = phonenumbers.parse(spelling, region)
    except NumberParseException as refused:
        if refused.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return "begins with no country's calling code"
        short = refused.error_type == NumberParseException.TOO_SHORT_NSN
        return "is too short to be a phone number" if short else "is no phone number"
    if phonenumbers.is_valid_number(number):
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return _Number(e164, number.extension or "")
    return _why_invalid(number)


def _why_invalid(number: phonenumbers.PhoneNumber) -> str:
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.TOO_SHORT | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return "is too short to be a phone number"
        case phonenumbers.ValidationResult.TOO_LONG:
            return "is too long to be a phone number"
        case _:
            return "is no valid phone number"


def region_of(text: str) -> str | None:
    """Tell the country that a number names with its calling code; None where it names none, or is no number."""
    with contextlib.suppress(NumberParseException):
        number = phonenumbers.parse(text, None)
        if phonenumbers.is_valid_number(number):
            return phonenumbers.region_code_for_number(number)
    return None
