"""What phone numbers without a country can mean: the region, from the values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from importer.highlevel.countries import country_code
from importer.suggestion.evidence import CHECKED, Column, is_phone, looks_like_phone
from importer.suggestion.synonyms import fields_of

_SPOKEN_IN: Final = {
    "en": ("US", "GB", "CA", "AU", "IE", "NZ"),
    "de": ("DE", "AT", "CH"),
    "fr": ("FR", "BE", "CH", "CA"),
    "es": ("ES", "MX", "AR", "CO"),
    "pt": ("BR", "PT"),
    "it": ("IT", "CH"),
    "nl": ("NL", "BE"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionGuess:
    """A setting for the mapping's defaults, and why; ``guessed`` where no value shows it."""

    value: str
    reason: str
    guessed: bool = False


def region(
    phones: Sequence[Column], countries: Sequence[Column], everything: Sequence[Column]
) -> RegionGuess | None:
    """Find the country in which most numbers without a country code are valid; None where no number needs it."""
    numbers = [value for column in phones for value in column.few if looks_like_phone(value)]
    national = [number for number in numbers if not is_phone(number, None)][:CHECKED]
    if not national:
        return None
    ranked = _likely_regions(numbers, countries, everything)
    valid = {code: sum(is_phone(number, code) for number in national) for code in ranked}
    best = max(ranked, key=lambda code: valid[code])
    if not valid[best]:
        return None
    reason = f"{valid[best]} of {len(national)} phone numbers without a country code are valid there"
    return RegionGuess(value=best, reason=reason, guessed=valid[best] < len(national) / 2)


def _likely_regions(
    numbers: Iterable[str], countries: Sequence[Column], everything: Sequence[Column]
) -> tuple[str, ...]:
    """Rank countries: those the rows name, those of numbers with a code, those that speak the headers' language."""
    named = Counter(code for column in countries for value in column.values if (code := country_code(value)))
    dialled = Counter(code for number in numbers if (code := _dialled(number)))
    by_language = [code for language in _languages(everything) for code in _SPOKEN_IN[language]]
    most_named = [code for code, _ in (named + dialled).most_common(5)]
    return tuple(
        dict.fromkeys((*most_named, *by_language, "US", "GB", "DE", "FR", "ES", "IT", "NL", "BR", "AU", "IN"))
    )


def _dialled(number: str) -> str | None:
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number.removeprefix("p:"), None))
    except phonenumbers.NumberParseException:
        return None


def _languages(columns: Iterable[Column]) -> tuple[str, ...]:
    spoken: Counter[str] = Counter()
    for column in columns:
        spoken.update({language for _, language in fields_of(" ".join(column.words))})
    return tuple(language for language, _ in spoken.most_common())
