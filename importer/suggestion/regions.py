"""What phone numbers without a country can mean: the region, from the values and what else the file shows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from importer.records import value_type
from importer.suggestion.country_signs import REGIONS, CountrySigns, country_signs
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import CHECKED, Column, is_phone, looks_like_phone
from importer.suggestion.folding import word_set

_WRITES_THE_ZERO: Final = word_set("GB DE AT CH FR NL BE AU IE NZ")
"""Countries in whose files a number that was written by hand begins with 0: without, it is a local one, or another's."""
_MOST: Final = 6
"""Beginnings that a file counts as: a thousand numbers of one town that fit another country too are one chance, not a thousand."""
_VARIED: Final = 40
"""Numbers that are varied to see how much a plan lets through."""
_GOOD: Final = 0.97
"""Share of valid numbers in a list of the right country, as people keep them."""
_CLOSE: Final = 2.0
_LAXITIES: Final = (0.4, 0.9)
"""The least and the most that a plan is taken to let through; nothing between them says more than both."""


@value_type(frozen=True, slots=True, kw_only=True)
class RegionGuess:
    """A setting for the mapping's defaults, and why; ``guessed`` where no value shows it."""

    value: str
    reason: str
    guessed: bool = False
    doubt: Doubt | None = None


@value_type(frozen=True, slots=True, kw_only=True)
class _Ranked:
    code: str
    valid: int
    score: float


def region(
    phones: Sequence[Column], named: Mapping[str, tuple[Column, ...]], everything: Sequence[Column]
) -> RegionGuess | None:
    """Find the country that the numbers without a country code are of; None where no number needs it.

    ``named`` are the columns taken for ``country``, ``postalCode`` and ``state``. Plans differ in what they let through:
    nearly any digits are a number somewhere in Germany, so that "most are valid" finds the laxest country, not the right one.
    """
    numbers = [value for column in phones for value in column.few if looks_like_phone(value)]
    national = [number for number in numbers if not is_phone(number, None)][:CHECKED]
    if not national:
        return None
    signs = _signs(named, everything)
    dialled = Counter(code for number in numbers if (code := _dialled(number)))
    tried = dict.fromkeys((*dialled, *signs.points, *REGIONS))
    spoken_for = {code: signs.of(code) + 4.0 * dialled[code] / len(numbers) for code in tried}
    ranked = _rank(national, spoken_for)
    if not ranked[0].valid and not signs.shown:
        return None
    return _guess(ranked, national, signs)


def shown_country(named: Mapping[str, tuple[Column, ...]], everything: Sequence[Column]) -> str | None:
    """Give the country that countries, postcodes and states speak for most; None where none of them says anything."""
    signs = _signs(named, everything)
    located = signs.shown & {"countries", "postcodes", "states"}
    return max(signs.points, key=lambda code: signs.points[code]) if located else None


def _signs(named: Mapping[str, tuple[Column, ...]], everything: Sequence[Column]) -> CountrySigns:
    return country_signs(
        everything,
        countries=named.get("country", ()),
        postcodes=named.get("postalCode", ()),
        states=named.get("state", ()),
    )


def _guess(ranked: Sequence[_Ranked], national: Sequence[str], signs: CountrySigns) -> RegionGuess:
    best, *others = ranked
    reason = f"{best.valid} of {len(national)} phone numbers without a country code are valid there"
    weighed = " and ".join(sorted(signs.shown))
    rivals = [
        one
        for one in others
        if best.score - one.score < _CLOSE
        and (one.valid > best.valid or (one.valid and signs.of(one.code) > 0))
        and _calling_code(one.code) != _calling_code(best.code)
    ]
    doubt = None
    if rivals or best.valid * 2 < len(national):
        doubt = _doubt(best, rivals[:2], len(national))
    return RegionGuess(
        value=best.code,
        reason=f"{reason}; {weighed} weighed too" if weighed else reason,
        guessed=best.valid < len(national) / 2,
        doubt=doubt,
    )


def _doubt(best: _Ranked, rivals: Sequence[_Ranked], count: int) -> Doubt:
    said = f"Phone numbers without a country code are taken for {best.code}, where {best.valid} of {count} are valid"
    also = " and ".join(f"{one.code} ({one.valid})" for one in rivals)
    fit = f"; they fit {also} as well" if also else ""
    return Doubt(
        code=DoubtCode.PHONE_REGION,
        sentence=f"{said}{fit}: set defaults: {{region: ...}} to the country that the list is from",
    )


def _rank(national: Sequence[str], spoken_for: Mapping[str, float]) -> list[_Ranked]:
    """Rank the countries that may be the best, and its rivals.

    To see how much a plan lets through costs ten times what the numbers themselves do, and is most of a suggestion.
    A country that would not come close to the best however strict its plan is not asked.
    """
    weight = min(len({_digits(number).lstrip("0")[:4] for number in national}), _MOST)
    valid = {code: sum(_fits(number, code) for number in national) for code in spoken_for}
    at_most = {
        code: weight * max(_says(valid[code] / len(national), laxity) for laxity in _LAXITIES) + signs
        for code, signs in spoken_for.items()
    }
    scores: dict[str, float] = {}
    for code in sorted(at_most, key=lambda code: -at_most[code]):
        if scores and at_most[code] <= max(scores.values()) - _CLOSE:
            break
        laxity = min(max(_by_chance(national[:_VARIED], code), _LAXITIES[0]), _LAXITIES[1])
        scores[code] = weight * _says(valid[code] / len(national), laxity) + spoken_for[code]
    found = (
        _Ranked(code=code, valid=valid[code], score=scores[code]) for code in spoken_for if code in scores
    )
    return sorted(found, key=lambda one: -one.score)


def _says(share: float, laxity: float) -> float:
    """Weigh a share of valid numbers against the share of any digits that the plan lets through."""
    return share * math.log(_GOOD / laxity) + (1 - share) * math.log((1 - _GOOD) / (1 - laxity))


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _fits(number: str, code: str) -> bool:
    first = next((sign for sign in number if sign.isdigit() or sign == "+"), "")
    if code in _WRITES_THE_ZERO and not number.isdigit() and first not in {"0", "+"}:
        return False
    return is_phone(number, code)


def _by_chance(national: Sequence[str], code: str) -> float:
    """Tell which share of numbers of the same shape and other digits are valid too: how little a valid one says."""
    steps = range(1, max(3, -(-_VARIED // len(national))) + 1)
    varied = [_varied(number, step) for number in national for step in steps]
    return sum(_fits(number, code) for number in varied) / len(varied)


def _varied(number: str, step: int) -> str:
    """Change every digit but leading zeros, each by another amount; every tenth step by one more."""
    start = next((place for place, sign in enumerate(number) if sign in "123456789"), len(number))
    return number[:start] + "".join(
        str((int(sign) + step * (place + 2) + step // 10) % 10) if sign in "0123456789" else sign
        for place, sign in enumerate(number[start:])
    )


def _calling_code(code: str) -> int:
    import phonenumbers

    return phonenumbers.country_code_for_region(code)


def _dialled(number: str) -> str | None:
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number.removeprefix("p:"), None))
    except phonenumbers.NumberParseException:
        return None
