"""Country names and codes in common spellings, to the vendor's 247 codes.

The codes are the vendor's own list: ISO 3166-1 alpha-2 with AN and XK, without BL, BQ, CW and SS.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from importer.highlevel.country_scripts import IN_FURTHER_LANGUAGES
from importer.highlevel.country_spellings import ALPHA3, CAR_SIGNS, OTHERS, TRANSLATED
from importer.highlevel.country_translations import IN_FURTHER_TRANSLATIONS, SHORT_WITH_ACCENTS
from importer.runtime.regex import regex

NAMES: Final[dict[str, str]] = {
    "AD": "Andorra",
    "AE": "United Arab Emirates",
    "AF": "Afghanistan",
    "AG": "Antigua and Barbuda",
    "AI": "Anguilla",
    "AL": "Albania",
    "AM": "Armenia",
    "AN": "Netherlands Antilles",
    "AO": "Angola",
    "AQ": "Antarctica",
    "AR": "Argentina",
    "AS": "American Samoa",
    "AT": "Austria",
    "AU": "Australia",
    "AW": "Aruba",
    "AX": "Aland Islands",
    "AZ": "Azerbaijan",
    "BA": "Bosnia and Herzegovina",
    "BB": "Barbados",
    "BD": "Bangladesh",
    "BE": "Belgium",
    "BF": "Burkina Faso",
    "BG": "Bulgaria",
    "BH": "Bahrain",
    "BI": "Burundi",
    "BJ": "Benin",
    "BM": "Bermuda",
    "BN": "Brunei Darussalam",
    "BO": "Bolivia",
    "BR": "Brazil",
    "BS": "Bahamas",
    "BT": "Bhutan",
    "BV": "Bouvet Island",
    "BW": "Botswana",
    "BY": "Belarus",
    "BZ": "Belize",
    "CA": "Canada",
    "CC": "Cocos (Keeling) Islands",
    "CD": "Congo (The Democratic Republic of the)",
    "CF": "Central African Republic",
    "CG": "Congo",
    "CH": "Switzerland",
    "CI": "Cote d'Ivoire",
    "CK": "Cook Islands",
    "CL": "Chile",
    "CM": "Cameroon",
    "CN": "China",
    "CO": "Colombia",
    "CR": "Costa Rica",
    "CU": "Cuba",
    "CV": "Cape Verde",
    "CX": "Christmas Island",
    "CY": "Cyprus",
    "CZ": "Czech Republic",
    "DE": "Germany",
    "DJ": "Djibouti",
    "DK": "Denmark",
    "DM": "Dominica",
    "DO": "Dominican Republic",
    "DZ": "Algeria",
    "EC": "Ecuador",
    "EE": "Estonia",
    "EG": "Egypt",
    "EH": "Western Sahara",
    "ER": "Eritrea",
    "ES": "Spain",
    "ET": "Ethiopia",
    "FI": "Finland",
    "FJ": "Fiji",
    "FK": "Falkland Islands (Malvinas)",
    "FM": "Micronesia (Federated States of)",
    "FO": "Faroe Islands",
    "FR": "France",
    "GA": "Gabon",
    "GB": "United Kingdom",
    "GD": "Grenada",
    "GE": "Georgia",
    "GF": "French Guiana",
    "GG": "Guernsey",
    "GH": "Ghana",
    "GI": "Gibraltar",
    "GL": "Greenland",
    "GM": "Gambia",
    "GN": "Guinea",
    "GP": "Guadeloupe",
    "GQ": "Equatorial Guinea",
    "GR": "Greece",
    "GS": "South Georgia and the South Sandwich Islands",
    "GT": "Guatemala",
    "GU": "Guam",
    "GW": "Guinea-Bissau",
    "GY": "Guyana",
    "HK": "Hong Kong",
    "HM": "Heard Island and McDonald Islands",
    "HN": "Honduras",
    "HR": "Croatia",
    "HT": "Haiti",
    "HU": "Hungary",
    "ID": "Indonesia",
    "IE": "Ireland",
    "IL": "Israel",
    "IM": "Isle of Man",
    "IN": "India",
    "IO": "British Indian Ocean Territory",
    "IQ": "Iraq",
    "IR": "Iran (Islamic Republic Of)",
    "IS": "Iceland",
    "IT": "Italy",
    "JE": "Jersey",
    "JM": "Jamaica",
    "JO": "Jordan",
    "JP": "Japan",
    "KE": "Kenya",
    "KG": "Kyrgyzstan",
    "KH": "Cambodia",
    "KI": "Kiribati",
    "KM": "Comoros",
    "KN": "Saint Kitts and Nevis",
    "KP": "Korea (Democratic People's Republic)",
    "KR": "Korea (Republic of)",
    "KW": "Kuwait",
    "KY": "Cayman Islands",
    "KZ": "Kazakhstan",
    "LA": "Lao People's Democratic Republic",
    "LB": "Lebanon",
    "LC": "Saint Lucia",
    "LI": "Liechtenstein",
    "LK": "Sri Lanka",
    "LR": "Liberia",
    "LS": "Lesotho",
    "LT": "Lithuania",
    "LU": "Luxembourg",
    "LV": "Latvia",
    "LY": "Libyan Arab Jamahiriya",
    "MA": "Morocco",
    "MC": "Monaco",
    "MD": "Moldova (Republic of)",
    "ME": "Montenegro",
    "MF": "Saint Martin",
    "MG": "Madagascar",
    "MH": "Marshall Islands",
    "MK": "Macedonia (The Former Yugoslav Republic of)",
    "ML": "Mali",
    "MM": "Myanmar",
    "MN": "Mongolia",
    "MO": "Macao",
    "MP": "Northern Mariana Islands",
    "MQ": "Martinique",
    "MR": "Mauritania",
    "MS": "Montserrat",
    "MT": "Malta",
    "MU": "Mauritius",
    "MV": "Maldives",
    "MW": "Malawi",
    "MX": "Mexico",
    "MY": "Malaysia",
    "MZ": "Mozambique",
    "NA": "Namibia",
    "NC": "New Caledonia",
    "NE": "Niger",
    "NF": "Norfolk Island",
    "NG": "Nigeria",
    "NI": "Nicaragua",
    "NL": "Netherlands",
    "NO": "Norway",
    "NP": "Nepal",
    "NR": "Nauru",
    "NU": "Niue",
    "NZ": "New Zealand",
    "OM": "Oman",
    "PA": "Panama",
    "PE": "Peru",
    "PF": "French Polynesia",
    "PG": "Papua New Guinea",
    "PH": "Philippines",
    "PK": "Pakistan",
    "PL": "Poland",
    "PM": "Saint Pierre and Miquelon",
    "PN": "Pitcairn",
    "PR": "Puerto Rico",
    "PS": "Palestinian Territory (Occupied)",
    "PT": "Portugal",
    "PW": "Palau",
    "PY": "Paraguay",
    "QA": "Qatar",
    "RE": "Reunion",
    "RO": "Romania",
    "RS": "Serbia",
    "RU": "Russian Federation",
    "RW": "Rwanda",
    "SA": "Saudi Arabia",
    "SB": "Solomon Islands",
    "SC": "Seychelles",
    "SD": "Sudan",
    "SE": "Sweden",
    "SG": "Singapore",
    "SH": "Saint Helena",
    "SI": "Slovenia",
    "SJ": "Svalbard and Jan Mayen",
    "SK": "Slovakia",
    "SL": "Sierra Leone",
    "SM": "San Marino",
    "SN": "Senegal",
    "SO": "Somalia",
    "SR": "Suriname",
    "ST": "Sao Tome and Principe",
    "SV": "El Salvador",
    "SX": "Sint Maarten",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland",
    "TC": "Turks and Caicos Islands",
    "TD": "Chad",
    "TF": "French Southern Territories",
    "TG": "Togo",
    "TH": "Thailand",
    "TJ": "Tajikistan",
    "TK": "Tokelau",
    "TL": "Timor-Leste",
    "TM": "Turkmenistan",
    "TN": "Tunisia",
    "TO": "Tonga",
    "TR": "Turkey",
    "TT": "Trinidad and Tobago",
    "TV": "Tuvalu",
    "TW": "Taiwan",
    "TZ": "Tanzania (United Republic of)",
    "UA": "Ukraine",
    "UG": "Uganda",
    "UM": "United States Minor Outlying Islands",
    "US": "United States",
    "UY": "Uruguay",
    "UZ": "Uzbekistan",
    "VA": "Holy See (Vatican City State)",
    "VC": "Saint Vincent and the Grenadines",
    "VE": "Venezuela",
    "VG": "Virgin Islands (British)",
    "VI": "Virgin Islands (U.S.)",
    "VN": "Viet Nam",
    "VU": "Vanuatu",
    "WF": "Wallis and Futuna",
    "WS": "Samoa",
    "XK": "Kosovo",
    "YE": "Yemen",
    "YT": "Mayotte",
    "ZA": "South Africa",
    "ZM": "Zambia",
    "ZW": "Zimbabwe",
}


def fold(text: str) -> str:
    """Reduce a name to what people agree on when they write it: letters and digits, no case, no accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))


@cache
def _table() -> dict[str, str]:
    """Index every spelling; of one that two lists have, the first of these counts, save that codes go before all."""
    table: dict[str, str] = {fold(spelling): code for code, spelling in _spelt(OTHERS)}
    for code, name in (
        *_vendor_names(),
        *_spelt(TRANSLATED),
        *_spelt(IN_FURTHER_LANGUAGES),
        *_spelt(IN_FURTHER_TRANSLATIONS),
    ):
        table.setdefault(fold(name), code)
    words = (*ALPHA3.split(), *(word for sign in CAR_SIGNS.split("|") for word in reversed(sign.split())))
    for code, letters in zip(words[::2], words[1::2], strict=True):
        table.setdefault(fold(letters), code)
    return table | _codes()


@cache
def _codes() -> dict[str, str]:
    return {fold(code): code for code in NAMES}


def _spelt(names: dict[str, str]) -> Iterator[tuple[str, str]]:
    return ((code, spelling) for code, written in names.items() for spelling in written.split("|"))


def _vendor_names() -> Iterator[tuple[str, str]]:
    """Give the vendor's names, and those that have brackets without them or with them turned round.

    "Korea (Republic of)" is also written "Republic of Korea", "Iran (Islamic Republic Of)" just "Iran".
    """
    yield from NAMES.items()
    for code, name in NAMES.items():
        plain = re.sub(r"\(.*?\)", "", name).strip()
        if sum(other.startswith(plain) for other in NAMES.values()) == 1:
            yield code, plain
        if bracket := re.search(r"\((.*?)\)", name):
            yield code, f"{bracket[1]} {plain}"


@cache
def _by_words() -> dict[frozenset[str], str]:
    """Index the names by their words: lists put the article, the direction or the kind of state behind."""
    found: dict[frozenset[str], set[str]] = {}
    for code, name in (*NAMES.items(), *_spelt(OTHERS)):
        found.setdefault(_words(name), set()).add(code)
    return {words: next(iter(codes)) for words, codes in found.items() if words and len(codes) == 1}


_WORD: Final = regex(r"[^\W_]+(?:['\u2019][^\W_]+)*|&")
_LINKS: Final = frozenset({"&", "and", "the", "of"})
_SHORT_FORMS: Final = {
    "st": "saint", "rep": "republic", "dem": "democratic", "fed": "federated", "sts": "states", "is": "islands",
    "isl": "islands", "isls": "islands", "terr": "territory", "isle": "islands", "island": "islands", "peoples": "people",
}  # fmt: skip
_BORDERS: Final = regex(r"[()\[\],;:|/]|\s+[-\u2013\u2014]\s+")
_CODE_BESIDE: Final = regex(
    r"\s*\(?([A-Z]{2,3})\)?(?:\s*[-\u2013\u2014:,;|/]\s*|\s+)(\S.*)|(\S.*?)\s*[-\u2013\u2014:,;|/(\[ ]\s*([A-Z]{2,3})[)\]]?\s*"
)
_KINDS_OF_STATE: Final = (
    "republic kingdom state commonwealth principality union sultanate grand duchy federal federative democratic people "
    "islamic arab socialist plurinational bolivarian eastern hashemite independent co operative"
)
_STATE_WORDS: Final = frozenset(_KINDS_OF_STATE.split())
_ONE_OF_TWO: Final = frozenset({"CD", "CG", "CN", "GE", "KP", "KR", "TW"})
"""Whose full names tell two states apart (Georgia is one of America, too); only those that are listed count."""
_NOTE: Final = regex(
    r"\W*[^\W\d_]{1,2}\s*[^\w\s.()\[\]]+\s*[^\W\d_]{1,2}\W*|\W*n\s*(?:\.\s*|\s+)a\W*", re.IGNORECASE
)
"""N/A, D/K, c/o, N.A.: letters parted by something else than the full stops of a code."""


def _words(name: str) -> frozenset[str]:
    words = (fold(word) if word != "&" else word for word in _WORD.findall(name))
    return frozenset(_SHORT_FORMS.get(word, word) for word in words if word not in _LINKS)


def country_code(text: str) -> str | None:
    """Find the vendor's code for a country's name or code; None when no country is written like that.

    A name with a code beside it, or another name, is taken where the two agree.
    """
    if text in NAMES:  # the usual cell, which needs no table of spellings
        return text
    if _NOTE.fullmatch(text):
        return None
    return _exact(text) or _turned_round(text)


def _exact(text: str) -> str | None:
    folded = fold(text)
    if not text.isascii() and folded in _codes():
        return SHORT_WITH_ACCENTS.get(text.strip().casefold())  # "M\u1ef9" is no MY
    if text.casefold() in SHORT_WITH_ACCENTS:
        return SHORT_WITH_ACCENTS[text.casefold()]
    table = _table()
    return table.get(folded) or table.get(folded.removeprefix("the"))


def _turned_round(text: str) -> str | None:
    if (found := _CODE_BESIDE.fullmatch(text)) is not None:
        code, name = found[1] or found[4], found[2] or found[3]
        if meant := _exact(code):
            return meant if country_code(name) == meant else None
    parts = [part for part in _BORDERS.split(text) if part.strip()]
    codes = {_exact(part) for part in parts}
    if len(parts) > 1 and None not in codes:
        return next(iter(codes)) if len(codes) == 1 else None
    return _by_words().get(_words(text)) or _of_a_state(text)


def _of_a_state(text: str) -> str | None:
    """Read a country's full name: Kingdom of Spain, Federative Republic of Brazil; Yemen, Rep."""
    words = _words(text)
    code = _by_words().get(words - _STATE_WORDS) if words & _STATE_WORDS else None
    return code if code not in _ONE_OF_TWO else None
