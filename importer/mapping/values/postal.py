"""Postal codes that lost the zeros in front."""

from __future__ import annotations

from typing import Final

from importer.mapping.values.fault import ReadValue, quoted, warn
from importer.runtime.regex import regex

# Countries whose codes are all of one length and digits alone, and where some of them begin with a zero.
_LENGTHS: Final[dict[str, int]] = {
    region: length
    for length, regions in (
        (4, "AU NO NZ PH ZA"),
        (5, "AX DE DZ EE EG ES FI FR GF GP IT LT MA MC ME MQ MX MY PM PR RE SA SM TR UA US VA VI"),
        (6, "CN CO RO SG"),
        (7, "JP"),
        (8, "BR"),
    )
    for region in regions.split(" ")
}
_LONGEST: Final = 8 + 5
_DASHED: Final = regex(r"(\d{5})-(\d{3})|(\d{3})-(\d{4})")
"""Codes of Brazil and Japan, whose dash is a part of them."""
_CODE: Final = regex(r"(\d{2,8})(-\d{4})?")


def length_of(text: str) -> str | None:
    """Tell how many digits a code has, without the four behind a ZIP code's dash; None where it is no number."""
    if dashed := _DASHED.fullmatch(text.strip()):
        return str(sum(map(len, filter(None, dashed.groups()))))
    match = _CODE.fullmatch(text.strip())
    return str(len(match[1])) if match is not None else None


def may_lack_zeros(code: str) -> bool:
    """Tell a code that is shorter than those of some country, at no cost for most."""
    return len(code) < _LONGEST and _CODE.fullmatch(code) is not None


def check_zeros(code: str, country: str | None, *, neighbours: frozenset[int] | None = None) -> ReadValue:
    """Warn of a code that is too short for its country.

    ``neighbours`` are the lengths of the column's other codes, where the row does not say its country itself: one of
    them has to be the country's.
    """
    match = _CODE.fullmatch(code)
    wanted = _LENGTHS.get(country or "")
    if match is None or wanted is None or not wanted - 2 <= len(match[1]) < wanted:
        return code
    if neighbours is not None and wanted not in neighbours:
        return code
    sentence = (
        f"{quoted(code)} has {len(match[1])} digits, and codes of {country} have {wanted}: a spreadsheet may have taken "
        f"zeros off; `pad: {wanted}` in the rule puts them back"
    )
    return warn("lost_zeros", sentence, code)


def pad(code: str, length: int, country: str | None) -> str:
    """Put zeros back in front, unless the row is of a country whose codes are not of that length."""
    match = _CODE.fullmatch(code)
    if match is None or _LENGTHS.get(country or "", length if country is None else 0) != length:
        return code
    return match[1].zfill(length) + (match[2] or "")
