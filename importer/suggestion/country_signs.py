"""What a file shows of the country it is from, beside its phone numbers: countries named, postcodes, states, currencies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final

from importer.highlevel.countries import country_code
from importer.mapping.values.states import state_code
from importer.records import value_type
from importer.runtime.regex import regex
from importer.suggestion.evidence import Column
from importer.suggestion.folding import word_set
from importer.suggestion.headers import titles
from importer.suggestion.synonyms import LANGUAGES, languages_of

_SPOKEN_IN: Final = {
    "en": ("US", "GB", "CA", "AU", "IE", "NZ"),
    "de": ("DE", "AT", "CH"),
    "fr": ("FR", "BE", "CH", "CA"),
    "es": ("ES", "MX", "AR", "CO"),
    "pt": ("BR", "PT"),
    "it": ("IT", "CH"),
    "nl": ("NL", "BE"),
    "sv": ("SE",),
    "da": ("DK",),
    "nb": ("NO",),
    "pl": ("PL",),
}
REGIONS: Final = tuple(dict.fromkeys((*(code for codes in _SPOKEN_IN.values() for code in codes), "IN")))
"""Countries that are tried without the file naming them, the likeliest of each language first."""
_ALSO_SPOKEN_IN: Final = _SPOKEN_IN | {
    "zh": ("CN", "TW", "HK", "SG"),
    "ja": ("JP",),
    "ko": ("KR",),
    "he": ("IL",),
    "ar": ("SA", "AE", "EG"),
    "ru": ("RU", "KZ", "BY"),
    "uk": ("UA",),
    "tr": ("TR",),
    "el": ("GR", "CY"),
    "cs": ("CZ",),
    "hu": ("HU",),
    "ro": ("RO", "MD"),
    "fi": ("FI",),
    "sk": ("SK",),
    "hr": ("HR", "RS", "BA"),
    "sl": ("SI",),
    "bg": ("BG",),
    "et": ("EE",),
    "lv": ("LV",),
    "lt": ("LT",),
    "vi": ("VN",),
    "th": ("TH",),
    "id": ("ID", "MY"),
}
"""With countries that are tried only where a file speaks their language."""

_FIVE_DIGITS: Final = regex(r"\d{5}")
_FOUR_DIGITS: Final = regex(r"\d{4}")
_POSTCODES: Final = {
    "GB": regex(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", re.IGNORECASE),
    "CA": regex(r"[A-Z]\d[A-Z][ -]?\d[A-Z]\d", re.IGNORECASE),
    "IE": regex(r"[A-Z][\dO][\dW] ?[A-Z\d]{4}", re.IGNORECASE),
    "NL": regex(r"\d{4} ?[A-Z]{2}", re.IGNORECASE),
    "US": regex(r"\d{5}(?:-?\d{4})?"),
    "BR": regex(r"\d{5}-?\d{3}"),
    "PT": regex(r"\d{4}-\d{3}"),
    "IN": regex(r"\d{3} ?\d{3}"),
    "CO": regex(r"\d{6}"),
    "SE": regex(r"\d{3} ?\d{2}"),
    "PL": regex(r"\d{2}-\d{3}"),
    "AR": regex(r"\d{4}|[A-Z]\d{4}[A-Z]{3}", re.IGNORECASE),
    **dict.fromkeys(("DE", "FR", "ES", "IT", "MX"), _FIVE_DIGITS),
    **dict.fromkeys(("AT", "CH", "BE", "AU", "NZ", "DK", "NO"), _FOUR_DIGITS),
}
_FURTHER_POSTCODES: Final = {
    "CN": regex(r"\d{6}"),
    "TW": regex(r"\d{3}(?:\d{2,3})?"),
    "JP": regex(r"\d{3}-\d{4}"),
    "IL": regex(r"\d{5}(?:\d{2})?"),
    "SA": regex(r"\d{5}(?:-\d{4})?"),
    "LT": regex(r"(?:LT-?)?\d{5}"),
    "LV": regex(r"(?:LV-?)?\d{4}"),
    **dict.fromkeys(("RU", "KZ", "BY", "RO", "VN"), regex(r"\d{6}")),
    **dict.fromkeys(("KR", "UA", "TR", "EG", "FI", "HR", "RS", "BA", "EE", "TH", "ID", "MY"), _FIVE_DIGITS),
    **dict.fromkeys(("HU", "SI", "BG"), _FOUR_DIGITS),
    **dict.fromkeys(("GR", "CZ", "SK"), regex(r"\d{3} ?\d{2}")),
}
"""Of countries whose language the file has to speak: six digits are no sign of China by themselves."""
_CURRENCIES: Final = {
    "USD": ("US",), "GBP": ("GB",), "\u00a3": ("GB",), "CAD": ("CA",), "AUD": ("AU",), "NZD": ("NZ",), "INR": ("IN",), "\u20b9": ("IN",),
    "CHF": ("CH",), "BRL": ("BR",), "R$": ("BR",), "MXN": ("MX",), "COP": ("CO",), "ARS": ("AR",),
    "SEK": ("SE",), "DKK": ("DK",), "NOK": ("NO",), "PLN": ("PL",), "z\u0142": ("PL",),
    **dict.fromkeys(("EUR", "\u20ac"), ("DE", "FR", "ES", "IT", "NL", "BE", "AT", "IE", "PT")),
}  # fmt: skip
_TOP_DOMAINS: Final = {"uk": "GB"} | {
    code.lower(): code for code in REGIONS if code not in {"CO", "GB", "US"}
}
"""Domains of one country; .co is everybody's."""
_CANADIAN: Final = word_set("AB BC MB NB NL NS NT NU ON PE QC SK YT")


@value_type(frozen=True, slots=True, kw_only=True)
class CountrySigns:
    """For each country, how much speaks for it; a point is about what one odd phone number speaks against it."""

    points: Mapping[str, float]
    shown: frozenset[str] = field(default_factory=frozenset)
    """What said something, in words for people: "postcodes"."""

    def of(self, code: str) -> float:
        return self.points.get(code, 0.0)


def country_signs(
    everything: Sequence[Column],
    *,
    countries: Sequence[Column],
    postcodes: Sequence[Column],
    states: Sequence[Column],
) -> CountrySigns:
    """Weigh what the columns say: a country by name most, then postcodes and states, then language and domains."""
    spoken = _languages(everything)
    seen = {
        "countries": (8.0, _shares(_named(countries))),
        "postcodes": (8.0, _postcode_shares(postcodes, _language_shares(spoken))),
        "states": (4.0, _shares(_states(states))),
        "currencies": (3.0, _shares(_currencies(everything))),
        "domains": (2.0, _shares(_domains(everything))),
    }
    # English software heads everybody's exports; other languages are their speakers'.
    spoken_weight = 4.0 if spoken and spoken[0] != "en" else 3.0
    points: dict[str, float] = {}
    for weight, shares in (*seen.values(), (spoken_weight, _language_shares(spoken))):
        for code, share in shares.items():
            points[code] = points.get(code, 0.0) + weight * share
    shown = frozenset(
        what for what, (_, shares) in seen.items() if any(share > 0 for share in shares.values())
    )
    return CountrySigns(points=points, shown=shown)


def _shares(codes: Sequence[str | None]) -> dict[str, float]:
    known = Counter(code for code in codes if code)
    return {code: count / len(codes) for code, count in known.items()}


def _named(columns: Iterable[Column]) -> list[str | None]:
    return [country_code(value) for column in columns for value in column.values]


def _postcode_shares(columns: Iterable[Column], spoken: Container[str]) -> dict[str, float]:
    """Count what is written as the country's postcodes for it, and what is not against it."""
    written = [value.strip() for column in columns for value in column.values]
    if not written:
        return {}
    patterns = _POSTCODES | {code: one for code, one in _FURTHER_POSTCODES.items() if code in spoken}
    return {
        code: 2 * sum(bool(pattern.fullmatch(text)) for text in written) / len(written) - 1
        for code, pattern in patterns.items()
    }


def _states(columns: Iterable[Column]) -> list[str | None]:
    found = [state_code(value) for column in columns for value in column.values]
    return [code and ("CA" if code in _CANADIAN else "US") for code in found]


def _currencies(columns: Iterable[Column]) -> list[str | None]:
    """Read columns of currency codes, and amounts with the currency's sign."""
    cells = [
        next((sign for sign in _CURRENCIES if value.upper().startswith(sign)), None)
        for column in columns
        if _is_money(column)
        for value in column.values
    ]
    return [code for sign in cells for code in (_CURRENCIES[sign] if sign else (None,))]


def _is_money(column: Column) -> bool:
    return column.share(_MONEY.fullmatch) >= 0.8


_MONEY: Final = regex(
    rf"(?:{'|'.join(map(re.escape, _CURRENCIES))})(?:\s*[\d.,']+)?(?:\s*[A-Z]{{3}})?", re.IGNORECASE
)


def _domains(columns: Iterable[Column]) -> list[str | None]:
    addresses = [value for column in columns if column.emails >= 0.6 for value in column.values]
    return [_TOP_DOMAINS.get(address.rpartition(".")[2].lower()) for address in addresses]


def _languages(columns: Iterable[Column]) -> tuple[str, ...]:
    """Give the languages of the headers, the one of most headers first; many English words are another's as well."""
    spoken: Counter[str] = Counter()
    for column in columns:
        named = (languages_of(" ".join(title.name)) for title in titles(column.words))
        spoken.update(next(filter(None, named), ()))
    usual = list(LANGUAGES)
    return tuple(sorted(spoken, key=lambda one: (-spoken[one], one == "en", usual.index(one)))) or ("en",)


def _language_shares(languages: Sequence[str]) -> dict[str, float]:
    """Give the countries of the first language all, those of the next half; the likeliest of a language a little more."""
    shares: dict[str, float] = {}
    for rank, language in enumerate(languages[:2]):
        for place, code in enumerate(_ALSO_SPOKEN_IN[language]):
            shares.setdefault(code, (1 - place / 8) / (1 + rank))
    return shares
