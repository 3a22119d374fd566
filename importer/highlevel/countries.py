"""Country names and codes in common spellings, to the vendor's 247 codes.

The codes are the vendor's own list: ISO 3166-1 alpha-2 with AN and XK, without BL, BQ, CW and SS.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

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

# Other spellings, a code to words in any language; accents, case and punctuation do not matter.
_OTHERS: Final[dict[str, str]] = {
    "AE": "UAE|Emirates|Vereinigte Arabische Emirate|Emiratos Árabes Unidos|Émirats arabes unis|Emirados Árabes Unidos",
    "AL": "Albanien|Albanie",
    "AM": "Armenien|Arménie",
    "AO": "Angola",
    "AR": "Argentine|Argentinien|Argentinië",
    "AT": "Österreich|Oesterreich|Autriche|Oostenrijk|Áustria",
    "AU": "Aus|Australien|Australie|Australië|Austrália",
    "AX": "Åland|Åland Islands",
    "BA": "Bosnia|Bosnia & Herzegovina|Bosnien|Bosnien und Herzegowina|Bosnie",
    "BE": "Belgien|Belgique|Bélgica|België|Belgio",
    "BG": "Bulgarien|Bulgarie|Bulgarije",
    "BN": "Brunei",
    "BO": "Bolivia (Plurinational State of)|Bolivie|Bolivien",
    "BR": "Brasil|Brasilien|Brésil|Brasile|Brazilië",
    "BY": "Weißrussland|Biélorussie|Bielorussia",
    "CA": "Kanada|Canadá",
    "CD": "DRC|DR Congo|Democratic Republic of the Congo|Congo-Kinshasa|Congo, Democratic Republic of the",
    "CG": "Republic of the Congo|Congo-Brazzaville",
    "CH": "Schweiz|Suisse|Suiza|Svizzera|Suíça|Zwitserland|Swiss",
    "CI": "Ivory Coast|Côte d'Ivoire|Elfenbeinküste|Costa de Marfil|Costa do Marfim",
    "CL": "Chili",
    "CN": "PRC|People's Republic of China|Mainland China|Chine|Cina|Volksrepublik China",
    "CO": "Colombie|Kolumbien|Colômbia",
    "CV": "Cabo Verde|Kap Verde",
    "CY": "Zypern|Chypre|Chipre|Cipro",
    "CZ": "Czechia|Tschechien|Tschechische Republik|Česko|Česká republika|Tchéquie|Chequia|Tsjechië|Repubblica Ceca",
    "DE": "Deutschland|Allemagne|Alemania|Germania|Alemanha|Duitsland|Federal Republic of Germany|BRD",
    "DK": "Danmark|Dänemark|Danemark|Dinamarca|Danimarca|Denemarken",
    "DO": "Dominican Rep|República Dominicana|République dominicaine",
    "DZ": "Algerien|Algérie|Argelia",
    "EC": "Équateur|Equador",
    "EE": "Estland|Estonie|Eesti",
    "EG": "Ägypten|Égypte|Egipto|Egitto|Egito|Egypte",
    "ES": "España|Spanien|Espagne|Spagna|Espanha|Spanje",
    "FI": "Suomi|Finnland|Finlande|Finlandia|Finlândia",
    "FK": "Falkland Islands|Falklands|Islas Malvinas",
    "FM": "Micronesia",
    "FR": "Frankreich|Francia|França|Frankrijk|Metropolitan France",
    "GB": "UK|U.K.|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|GBR|United Kingdom of Great Britain and "
    "Northern Ireland|Vereinigtes Königreich|Großbritannien|Grossbritannien|Royaume-Uni|Reino Unido|Regno Unito|"
    "Verenigd Koninkrijk|Groot-Brittannië|Gran Bretagna|Gran Bretaña|Grande-Bretagne|Angleterre|Inglaterra|Inghilterra",
    "GE": "Georgien|Géorgie",
    "GR": "Hellas|Griechenland|Grèce|Grecia|Grécia|Griekenland|EL",
    "HK": "Hong Kong SAR|Hong Kong SAR China|Hongkong",
    "HR": "Hrvatska|Kroatien|Croatie|Croacia|Croazia|Croácia|Kroatië",
    "HU": "Magyarország|Ungarn|Hongrie|Hungría|Ungheria|Hungria|Hongarije",
    "ID": "Indonesien|Indonésie|Indonésia",
    "IE": "Republic of Ireland|Eire|Éire|Irland|Irlande|Irlanda|Ierland",
    "IL": "Israël",
    "IN": "Bharat|Indien|Inde|Índia",
    "IQ": "Irak|Iraq",
    "IR": "Iran|Islamic Republic of Iran",
    "IS": "Ísland|Island|Islande|Islandia|Islanda|IJsland",
    "IT": "Italia|Italien|Italie|Itália|Italië",
    "JP": "Nippon|Japon|Japón|Giappone|Japão",
    "KE": "Kenia",
    "KH": "Kambodscha|Cambodge|Camboya",
    "KP": "North Korea|Korea, North|DPRK|Nordkorea|Corée du Nord|Corea del Norte|Democratic People's Republic of Korea",
    "KR": "South Korea|Korea, South|Republic of Korea|Südkorea|Corée du Sud|Corea del Sur|Coreia do Sul|Corea del Sud|Zuid-Korea",
    "LA": "Laos|Lao PDR",
    "LB": "Libanon|Liban|Líbano|Libano",
    "LT": "Lietuva|Litauen|Lituanie|Lituania|Litouwen",
    "LU": "Luxemburg|Luxemburgo|Lussemburgo",
    "LV": "Latvija|Lettland|Lettonie|Letonia|Lettonia|Letland",
    "LY": "Libya|Libyen|Libye|Libia",
    "MA": "Marokko|Maroc|Marruecos|Marocco|Marrocos",
    "MD": "Moldova|Moldau|Moldavie|Republic of Moldova",
    "MF": "St Martin|Saint-Martin",
    "MK": "North Macedonia|Macedonia|Republic of North Macedonia|Nordmazedonien|Macédoine du Nord|FYROM",
    "MM": "Burma|Myanmar (Burma)|Birmanie",
    "MO": "Macau|Macao SAR",
    "MX": "México|Mexiko|Mexique|Messico",
    "MY": "Malaisie|Malasia",
    "NL": "Netherlands|The Netherlands|Holland|Nederland|Niederlande|Pays-Bas|Países Bajos|Paesi Bassi|Países Baixos|Olanda",
    "NO": "Norge|Norwegen|Norvège|Noruega|Norvegia|Noorwegen",
    "NZ": "Aotearoa|Neuseeland|Nouvelle-Zélande|Nueva Zelanda|Nieuw-Zeeland|Nuova Zelanda|Nova Zelândia",
    "PE": "Perú|Pérou",
    "PH": "Phillipines|The Philippines|Philippinen|Filipinas|Filippine",
    "PL": "Polska|Polen|Pologne|Polonia|Polônia",
    "PS": "Palestine|Palestinian Territories|State of Palestine|Palästina|Palestina|Palestinian Territory",
    "PT": "Portogallo",
    "RE": "Réunion",
    "RO": "România|Rumänien|Roumanie|Rumania|Romênia|Roemenië",
    "RS": "Srbija|Serbien|Serbie|Servië",
    "RU": "Russia|Russland|Russie|Rusia|Rússia|Rusland",
    "SA": "KSA|Kingdom of Saudi Arabia|Saudi|Saudi-Arabien|Arabie saoudite|Arabia Saudita|Arabia Saudí",
    "SE": "Sverige|Schweden|Suède|Suecia|Svezia|Suécia|Zweden",
    "SG": "Singapur|Singapour",
    "SH": "St Helena",
    "SI": "Slovenija|Slowenien|Slovénie|Eslovenia",
    "SK": "Slovensko|Slowakei|Slovaquie|Eslovaquia|Slovak Republic|Slowakije",
    "ST": "São Tomé and Príncipe",
    "SX": "Sint Maarten (Dutch part)",
    "SY": "Syria|Syrien|Syrie|Siria",
    "SZ": "Eswatini",
    "TH": "Thaïlande|Tailandia",
    "TL": "East Timor",
    "TN": "Tunesien|Tunisie|Túnez",
    "TR": "Türkiye|Türkei|Turquie|Turquía|Turchia|Turquia|Turkije",
    "TW": "Taiwan, Province of China|Republic of China|Chinese Taipei|Taïwan",
    "TZ": "Tanzania|United Republic of Tanzania|Tansania",
    "UA": "Україна|Ukraina|Ucrania|Ucraina|Oekraïne",
    "US": "USA|U.S.|U.S.A.|United States of America|America|The United States|United States (USA)|Vereinigte Staaten|"
    "Vereinigte Staaten von Amerika|États-Unis|Estados Unidos|Stati Uniti|Verenigde Staten|EE.UU.|EEUU|EUA|"
    "Estados Unidos de América|Stati Uniti d'America|États-Unis d'Amérique|USA (United States)",
    "VA": "Vatican|Vatican City|Holy See",
    "VC": "St Vincent and the Grenadines|St. Vincent & Grenadines",
    "VE": "Venezuela, Bolivarian Republic of",
    "VG": "British Virgin Islands",
    "VI": "US Virgin Islands|U.S. Virgin Islands|Virgin Islands",
    "VN": "Vietnam|Viêt Nam",
    "XK": "Kosova|XKX",
    "ZA": "RSA|Südafrika|Afrique du Sud|Sudáfrica|Sudafrica|Zuid-Afrika|África do Sul",
}

# ISO 3166-1 alpha-3, the code that follows each of ours.
_ALPHA3: Final = (
    "AF AFG AX ALA AL ALB DZ DZA AS ASM AD AND AO AGO AI AIA AQ ATA AG ATG AR ARG AM ARM AW ABW AU AUS AT AUT AZ AZE "
    "BS BHS BH BHR BD BGD BB BRB BY BLR BE BEL BZ BLZ BJ BEN BM BMU BT BTN BO BOL BA BIH BW BWA BV BVT BR BRA IO IOT "
    "BN BRN BG BGR BF BFA BI BDI KH KHM CM CMR CA CAN CV CPV KY CYM CF CAF TD TCD CL CHL CN CHN CX CXR CC CCK CO COL "
    "KM COM CG COG CD COD CK COK CR CRI CI CIV HR HRV CU CUB CY CYP CZ CZE DK DNK DJ DJI DM DMA DO DOM EC ECU EG EGY "
    "SV SLV GQ GNQ ER ERI EE EST ET ETH FK FLK FO FRO FJ FJI FI FIN FR FRA GF GUF PF PYF TF ATF GA GAB GM GMB GE GEO "
    "DE DEU GH GHA GI GIB GR GRC GL GRL GD GRD GP GLP GU GUM GT GTM GG GGY GN GIN GW GNB GY GUY HT HTI HM HMD VA VAT "
    "HN HND HK HKG HU HUN IS ISL IN IND ID IDN IR IRN IQ IRQ IE IRL IM IMN IL ISR IT ITA JM JAM JP JPN JE JEY JO JOR "
    "KZ KAZ KE KEN KI KIR KP PRK KR KOR KW KWT KG KGZ LA LAO LV LVA LB LBN LS LSO LR LBR LY LBY LI LIE LT LTU LU LUX "
    "MO MAC MK MKD MG MDG MW MWI MY MYS MV MDV ML MLI MT MLT MH MHL MQ MTQ MR MRT MU MUS YT MYT MX MEX FM FSM MD MDA "
    "MC MCO MN MNG ME MNE MS MSR MA MAR MZ MOZ MM MMR NA NAM NR NRU NP NPL NL NLD AN ANT NC NCL NZ NZL NI NIC NE NER "
    "NG NGA NU NIU NF NFK MP MNP NO NOR OM OMN PK PAK PW PLW PS PSE PA PAN PG PNG PY PRY PE PER PH PHL PN PCN PL POL "
    "PT PRT PR PRI QA QAT RE REU RO ROU RU RUS RW RWA SH SHN KN KNA LC LCA MF MAF PM SPM VC VCT WS WSM SM SMR ST STP "
    "SA SAU SN SEN RS SRB SC SYC SL SLE SG SGP SX SXM SK SVK SI SVN SB SLB SO SOM ZA ZAF GS SGS ES ESP LK LKA SD SDN "
    "SR SUR SJ SJM SZ SWZ SE SWE CH CHE SY SYR TW TWN TJ TJK TZ TZA TH THA TL TLS TG TGO TK TKL TO TON TT TTO TN TUN "
    "TR TUR TM TKM TC TCA TV TUV UG UGA UA UKR AE ARE US USA UM UMI UY URY UZ UZB VU VUT VE VEN VN VNM VG VGB VI VIR "
    "WF WLF EH ESH YE YEM ZM ZMB ZW ZWE GB GBR"
)


# The signs of cars abroad, which address books of German-speaking countries put before postal codes.
_CAR_SIGNS: Final = "A AT|B BE|D DE|F FR|I IT|L LU|FL LI"

_WITH_CODE: Final = re.compile(r"\s*([^()]{2,80}?)\s*\(([A-Za-z]{2})\)\s*")


def fold(text: str) -> str:
    """Reduce a name to what people agree on when they write it: letters and digits, no case, no accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(sign for sign in plain if not unicodedata.combining(sign)))


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for code, name in NAMES.items():
        table.setdefault(fold(name), code)
        # "Korea (Republic of)" is also written "Republic of Korea", "Iran (Islamic Republic Of)" just "Iran".
        plain = re.sub(r"\(.*?\)", "", name).strip()
        if sum(other.startswith(plain) for other in NAMES.values()) == 1:
            table.setdefault(fold(plain), code)
        if bracket := re.search(r"\((.*?)\)", name):
            table.setdefault(fold(f"{bracket[1]} {plain}"), code)
    for code, spellings in _OTHERS.items():
        for spelling in spellings.split("|"):
            table[fold(spelling)] = code
    words = _ALPHA3.split()
    for code, alpha3 in zip(words[::2], words[1::2], strict=True):
        table.setdefault(fold(alpha3), code)
    for sign in _CAR_SIGNS.split("|"):
        letters, code = sign.split()
        table.setdefault(fold(letters), code)
    for code in NAMES:
        table[fold(code)] = code
    return table


def country_code(text: str) -> str | None:
    """Find the vendor's code for a country's name or code; None when no country is written like that."""
    table = _table()
    if found := _WITH_CODE.fullmatch(text):  # as the vendor's own import takes it: "Germany (DE)"
        code = table.get(fold(found[1]))
        return code if code == found[2].upper() else None
    folded = fold(text)
    return table.get(folded) or table.get(folded.removeprefix("the"))
