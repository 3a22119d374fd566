"""Phone numbers to E.164: any spelling, valid and not merely possible."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberDesc

from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long, warn
from importer.records import Json, TypedText

CODE: Final = "invalid_phone"
_PLAIN: Final = re.compile(r"\+?[\d ().\-]{5,30}")
_NO_DIGITS: Final = {ord(sign): None for sign in " ().-"}
_SCIENTIFIC: Final = re.compile(r"\+?(\d)[.,]?(\d*)[eE]\+?(\d{1,2})")
_DECIMAL: Final = re.compile(r"(\+?\d{6,15})[.,]0{1,2}")
_EXTENSION: Final = re.compile(
    r"[\s,;.(\-]*(?:(?<![A-Za-z])(?:ext(?:ension|n)?|x|durchwahl|dw|poste|int(?:erno)?|anexo|ramal|toestel)|#)"
    r"[\s.:]*(\d{1,7})\)?\s*$",
    re.IGNORECASE,
)
_NOTE: Final = re.compile(
    r"\s*[(\[]?(?<![A-Za-z])(?:mobile?|mob|cell(?:ular)?|home|work|office|main|direct|private|business|personal|phone"
    r"|tel[eé]fono|telefon|t[eé]l|fon|handy|privat|whatsapp|fax|primary|other|[ptmchwf](?=\s*[:.]))"
    r"(?![A-Za-z])[.:]*[)\]]?\s*",
    re.IGNORECASE,
)
_SEVERAL: Final = re.compile(
    r"\s*(?:[;|\n,]|\s/\s|/(?=\s*[+0(]\d)|\s+(?=\+\d)|\s+(?:or|and|oder|und|ou|et|o|y|e|&)\s+)\s*"
)
_OLD_MEXICAN: Final = re.compile(r"(\+\s*52)[\s.-]*1([\s.-]*(?:\d[\s.()-]*){10})")
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


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is needed to accept the plain spellings of one country's numbers without the whole library."""

    calling_code: str
    trunk: str
    lengths: tuple[frozenset[int], frozenset[int]]
    patterns: tuple[re.Pattern[str] | None, re.Pattern[str] | None]

    def holds(self, national: str) -> bool:
        """Tell whether it is a fixed or mobile number of the country, by the library's own patterns."""
        for lengths, pattern in zip(self.lengths, self.patterns, strict=True):
            if len(national) in lengths and pattern is not None and pattern.fullmatch(national):
                return True
        return False


@cache
def _plan(region: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    if metadata is None or not _simple(metadata):
        return None
    if metadata.country_code and phonenumbers.region_code_for_country_code(metadata.country_code) != region:
        # Canada's numbers are matched with the patterns of the code's main country too; leave it to the library.
        return None
    kinds = (metadata.fixed_line, metadata.mobile)
    return _Plan(
        calling_code=str(metadata.country_code),
        trunk=metadata.national_prefix or "",
        lengths=(_lengths(kinds[0], metadata), _lengths(kinds[1], metadata)),
        patterns=(_pattern(kinds[0]), _pattern(kinds[1])),
    )


def _simple(metadata: PhoneMetadata) -> bool:
    """Tell whether the national prefix is a fixed one that nothing is made of, as in most countries."""
    prefix = metadata.national_prefix_for_parsing
    return metadata.national_prefix_transform_rule is None and (
        prefix is None or prefix == metadata.national_prefix
    )


def _lengths(kind: PhoneNumberDesc | None, metadata: PhoneMetadata) -> frozenset[int]:
    general = metadata.general_desc
    own = kind.possible_length if kind else ()
    return frozenset(own or (general.possible_length if general else ()))


def _pattern(kind: PhoneNumberDesc | None) -> re.Pattern[str] | None:
    return re.compile(kind.national_number_pattern) if kind and kind.national_number_pattern else None


def _read_plain(text: str, region: str) -> str | None:
    """Read the plain spellings: national digits with or without the trunk prefix, or the country's own ``+``."""
    plan = _plan(region)
    if plan is None or not _PLAIN.fullmatch(text):
        return None
    digits = text.translate(_NO_DIGITS)
    if digits[0] == "+":
        national = (
            digits[1:].removeprefix(plan.calling_code) if digits.startswith("+" + plan.calling_code) else ""
        )
        if plan.trunk and national.startswith(plan.trunk):
            return None
    elif plan.trunk and digits.startswith(plan.trunk) and not digits.startswith("00"):
        national = digits[len(plan.trunk) :]
    elif plan.calling_code == "1" and len(digits) == 10:
        national = digits
    else:
        return None
    return f"+{plan.calling_code}{national}" if plan.holds(national) else None


def read_phone(text: str, regions: Sequence[str], *, several: str = "first") -> ReadValue:
    """Read a number as one of the first region that it is valid in.

    ``regions`` come in the order of their right to decide; a number that names its country needs none of them.
    """
    if regions and type(text) is str and (plain := _read_plain(text, regions[0])) is not None:
        return plain
    return _read_odd(text, tuple(regions), several)


def _read_odd(text: str, regions: tuple[str, ...], several: str) -> ReadValue:
    if refused := too_long(text, 200, "a phone number", CODE):
        return refused
    mended = _mend(text)
    if isinstance(mended, ValueFault):
        return mended
    parts = _split(mended)
    if len(parts) < 2:
        return _read_one(mended, text, regions)
    first = _read_one(parts[0], text, regions)
    if isinstance(first, ValueFault) and first.fails:
        return first
    if several == "fail":
        return ValueFault("several_values", f"{quoted(text)} holds {len(parts)} phone numbers")
    number = first.value if isinstance(first, ValueFault) else first
    return warn(
        "several_values", f"{quoted(text)} holds {len(parts)} phone numbers; the first is used", number
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
    return [text] if isinstance(mended, ValueFault) else _split(mended) or [text]


def _split(text: str) -> list[str]:
    """Split several numbers; commas and slashes inside one number leave parts too short to be numbers."""
    parts = [part for part in _SEVERAL.split(text) if part and part.strip()]
    long_enough = [part for part in parts if sum(sign.isdigit() for sign in part) >= 7]
    return long_enough if len(long_enough) >= 2 else []


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
    return _OLD_MEXICAN.sub(r"\1\2", _NOTE.sub(";", plain).strip("; :"))


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
    number, extension = _without_extension(text)
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
        e164, why = _parse(spelling, region)
        if e164 is not None:
            return _accept(e164, shown, extension, index, regions, region)
        refused = refused or f"{why} of {region}" if region else refused or why
    return ValueFault(CODE, f"{quoted(shown)} {refused}")


def _accept(
    e164: str, shown: str, extension: str, index: int, regions: tuple[str, ...], region: str | None
) -> ReadValue:
    if extension:
        sentence = f"{quoted(shown)} has the extension {extension}, which the vendor has no place for; it is left out"
        return warn("phone_extension", sentence, e164)
    if index and region and region != regions[0]:
        sentence = f"{quoted(shown)} is no number of {regions[0]}; it was read as one of {region}"
        return warn("phone_region", sentence, e164)
    return e164


def _vanity(number: str) -> bool:
    """Tell 1-800-FLOWERS, which stands for digits, from a note."""
    return bool(re.fullmatch(r"\+?1?[\s.-]*\(?8\d\d\)?[\s.-]*[A-Za-z\d-]{7,}", number))


def _without_extension(text: str) -> tuple[str, str]:
    match = _EXTENSION.search(text)
    if match and sum(sign.isdigit() for sign in text[: match.start()]) >= 6:
        return text[: match.start()], match[1]
    return text, ""


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


def _parse(spelling: str, region: str | None) -> tuple[str | None, str]:
    """Read one way; else say why not, in words that go on with "of US"."""
    try:
        number = phonenumbers.parse(spelling, region)
    except NumberParseException as refused:
        if refused.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            return None, "begins with no country's calling code"
        short = refused.error_type == NumberParseException.TOO_SHORT_NSN
        return None, "is too short to be a phone number" if short else "is no phone number"
    if phonenumbers.is_valid_number(number):
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), ""
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.TOO_SHORT | phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return None, "is too short to be a phone number"
        case phonenumbers.ValidationResult.TOO_LONG:
            return None, "is too long to be a phone number"
        case _:
            return None, "is no valid phone number"
