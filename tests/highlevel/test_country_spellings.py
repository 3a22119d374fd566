"""Countries as shops, offices, banks and the vendor's own wizard write them."""

from __future__ import annotations

import pytest

from importer.highlevel.countries import NAMES, country_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # a code beside the name
        ("United States (US)", "US"), ("United Kingdom (UK)", "GB"), ("Afghanistan (AF)", "AF"), ("US - United States", "US"),
        ("US United States", "US"), ("Deutschland (DE)", "DE"), ("USA/United States", "US"), ("Bolivia, Plurinational State of (BO)", "BO"),
        ("Germany, DEU", "DE"), ("GB: United Kingdom", "GB"), ("Korea, Republic of (KR)", "KR"),
        # and, saint
        ("Trinidad & Tobago", "TT"), ("St. Lucia", "LC"), ("Antigua & Barbuda", "AG"), ("St. Kitts & Nevis", "KN"),
        ("St Vincent and the Grenadines", "VC"), ("Saint Vincent & Grenadines", "VC"), ("Turks & Caicos Islands", "TC"), ("St. Helena", "SH"),
        # turned round, and shortened
        ("Korea, South", "KR"), ("Korea, Republic of", "KR"), ("Korea, Dem. People's Rep.", "KP"), ("Bahamas (The)", "BS"),
        ("Bahamas, The", "BS"), ("Gambia, The", "GM"), ("Congo, Dem. Rep.", "CD"), ("Congo, Rep.", "CG"), ("Iran, Islamic Rep.", "IR"),
        ("Egypt, Arab Rep.", "EG"), ("Yemen, Rep.", "YE"), ("Virgin Islands, British", "VG"), ("Micronesia, Fed. Sts.", "FM"),
        ("Venezuela, RB", "VE"), ("Macao SAR, China", "MO"), ("Ireland, Northern", "GB"), ("Tanzania, United Republic of", "TZ"),
        # two names of one country
        ("Turkey (Türkiye)", "TR"), ("Myanmar (Burma)", "MM"), ("Myanmar [Burma]", "MM"), ("Côte d’Ivoire (Ivory Coast)", "CI"),
        # full names
        ("Kingdom of Spain", "ES"), ("Federative Republic of Brazil", "BR"), ("Republic of Korea", "KR"), ("Republic of China", "TW"),
        ("Democratic Republic of Congo", "CD"), ("Republic of the Congo", "CG"), ("Republic of Ireland", "IE"), ("Lao PDR", "LA"),
        # lists of shops (WooCommerce)
        ("Congo (Kinshasa)", "CD"), ("Congo (Brazzaville)", "CG"), ("Saint Martin (French part)", "MF"), ("Saint Martin (Dutch part)", "SX"),
        ("South Georgia/Sandwich Islands", "GS"), ("United States (US) Minor Outlying Islands", "UM"), ("Virgin Islands (US)", "VI"),
        ("Belau", "PW"), ("Swaziland", "SZ"), ("Vatican", "VA"),
        # the Unicode CLDR, in several languages
        ("Congo - Kinshasa", "CD"), ("U.S. Outlying Islands", "UM"), ("Hong Kong SAR China", "HK"), ("Norja", "NO"),
        ("Litwa", "LT"), ("Kina", "CN"), ("Japonia", "JP"), ("Jamaïque", "JM"), ("Elfenbenskysten", "CI"), ("Malediven", "MV"),
        # endonyms and neighbours
        ("България", "BG"), ("Franța", "FR"), ("Njemačka", "DE"), ("ประเทศไทย", "TH"), ("Hoa Kỳ", "US"), ("SAD", "US"), ("Србија", "RS"), ("Bosna i Hercegovina", "BA"),
        # which without their accents would be another country's code
        ("Mỹ", "US"), ("Áo", "AT"), ("Bỉ", "BE"), ("Úc", "AU"), ("Séc", "CZ"),
        # codes as they are
        ("U.S.", "US"), ("U.A.E.", "AE"), ("U S A", "US"), ("Namibia", "NA"), ("NA", "NA"), ("DEU", "DE"), ("uk", "GB"),
    ],
)  # fmt: skip
def test_a_country_is_found_in_the_spelling_of_any_list(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    "text", ["N/A", "n/a", "N.A.", "n.a", "N. A.", "#N/A", "(N/A)", "D/K", "C/O", "n-a", "N\\A"]
)
def test_a_note_that_there_is_none_is_no_code(text: str) -> None:
    assert country_code(text) is None


@pytest.mark.parametrize(
    "text",
    ["Germany (FR)", "Georgia (USA)", "US - Canada", "France / Spain", "Atlantis & Sons", "USA - California", "CA, USA", "State of Georgia",
     "Commonwealth of Virginia", "South Sudan", "Republic", "The", "Bonaire, Saint Eustatius and Saba", "Korea", "Kongo", "&", "()", "Sé", "Dé"],
)  # fmt: skip
def test_names_that_contradict_each_other_or_mean_no_country_of_the_vendor_are_refused(text: str) -> None:
    assert country_code(text) is None


def test_every_country_is_found_by_its_name_its_code_and_both() -> None:
    meant = {text: code for code, name in NAMES.items() for text in spellings(code, name)}
    assert {text: country_code(text) for text in meant} == meant


def spellings(code: str, name: str) -> tuple[str, ...]:
    ampersand = name.replace(" and ", " & ")
    return code, name, f"{name} ({code})", f"{code} - {name}", f"The {name}", name.upper(), ampersand
