"""States of the US and provinces of Canada, to their postal codes."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_US: Final = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming|PR Puerto Rico|GU Guam|VI Virgin Islands|AS American Samoa|"
    "MP Northern Mariana Islands"
)
_CA: Final = (
    "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|"
    "NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon"
)
_OTHERS: Final = (
    "CA Calif|DC Washington DC|DC Washington D.C.|MA Mass|PA Penn|PA Penna|FL Fla|MI Mich|MN Minn|WA Wash|"
    "CT Conn|TX Tex|IL Ill|AZ Ariz|CO Colo|TN Tenn|WI Wis|WI Wisc|OR Ore|OK Okla|NE Nebr|NV Nev|KS Kans|"
    "NL Newfoundland|NL Newfoundland & Labrador|QC Québec|PE PEI|YT Yukon Territory|BC B.C.|NM N. Mexico|"
    "NC N. Carolina|SC S. Carolina|ND N. Dakota|SD S. Dakota|WV W. Virginia"
)


@cache
def _table() -> dict[str, str]:
    table: dict[str, str] = {}
    for entry in f"{_US}|{_CA}|{_OTHERS}".split("|"):
        code, _, name = entry.partition(" ")
        table[_fold(name)] = code
        table[_fold(code)] = code
    return table


def _fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def state_code(text: str) -> str | None:
    """Find the code of a US or Canadian state; None for every other place."""
    return _table().get(_fold(text))
