"""Time zone names in common spellings, to the names the vendor takes.

The authoritative list is the location's own; it holds IANA names, legacy ones among them. What is not IANA is
translated here: Windows names (as Outlook and Excel exports have them) and the usual abbreviations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

_WINDOWS: Final[dict[str, str]] = {
    "Dateline Standard Time": "Etc/GMT+12",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Aleutian Standard Time": "America/Adak",
    "Alaskan Standard Time": "America/Anchorage",
    "Pacific Standard Time": "America/Los_Angeles",
    "Pacific Standard Time (Mexico)": "America/Tijuana",
    "US Mountain Standard Time": "America/Phoenix",
    "Mountain Standard Time": "America/Denver",
    "Mountain Standard Time (Mexico)": "America/Chihuahua",
    "Central Standard Time": "America/Chicago",
    "Central Standard Time (Mexico)": "America/Mexico_City",
    "Central America Standard Time": "America/Guatemala",
    "Canada Central Standard Time": "America/Regina",
    "Eastern Standard Time": "America/New_York",
    "Eastern Standard Time (Mexico)": "America/Cancun",
    "US Eastern Standard Time": "America/Indiana/Indianapolis",
    "SA Pacific Standard Time": "America/Bogota",
    "SA Western Standard Time": "America/La_Paz",
    "SA Eastern Standard Time": "America/Cayenne",
    "Venezuela Standard Time": "America/Caracas",
    "Atlantic Standard Time": "America/Halifax",
    "Newfoundland Standard Time": "America/St_Johns",
    "Pacific SA Standard Time": "America/Santiago",
    "Paraguay Standard Time": "America/Asuncion",
    "E. South America Standard Time": "America/Sao_Paulo",
    "Central Brazilian Standard Time": "America/Cuiaba",
    "Argentina Standard Time": "America/Argentina/Buenos_Aires",
    "Montevideo Standard Time": "America/Montevideo",
    "Greenland Standard Time": "America/Godthab",
    "Azores Standard Time": "Atlantic/Azores",
    "Cape Verde Standard Time": "Atlantic/Cape_Verde",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "Morocco Standard Time": "Africa/Casablanca",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Romance Standard Time": "Europe/Paris",
    "Central European Standard Time": "Europe/Warsaw",
    "W. Central Africa Standard Time": "Africa/Lagos",
    "GTB Standard Time": "Europe/Bucharest",
    "FLE Standard Time": "Europe/Kiev",
    "E. Europe Standard Time": "Europe/Chisinau",
    "Middle East Standard Time": "Asia/Beirut",
    "Egypt Standard Time": "Africa/Cairo",
    "South Africa Standard Time": "Africa/Johannesburg",
    "Israel Standard Time": "Asia/Jerusalem",
    "Jordan Standard Time": "Asia/Amman",
    "Turkey Standard Time": "Europe/Istanbul",
    "Arabic Standard Time": "Asia/Baghdad",
    "Arab Standard Time": "Asia/Riyadh",
    "Russian Standard Time": "Europe/Moscow",
    "E. Africa Standard Time": "Africa/Nairobi",
    "Iran Standard Time": "Asia/Tehran",
    "Arabian Standard Time": "Asia/Dubai",
    "Azerbaijan Standard Time": "Asia/Baku",
    "Georgian Standard Time": "Asia/Tbilisi",
    "Afghanistan Standard Time": "Asia/Kabul",
    "West Asia Standard Time": "Asia/Tashkent",
    "Pakistan Standard Time": "Asia/Karachi",
    "India Standard Time": "Asia/Calcutta",
    "Sri Lanka Standard Time": "Asia/Colombo",
    "Nepal Standard Time": "Asia/Katmandu",
    "Central Asia Standard Time": "Asia/Almaty",
    "Bangladesh Standard Time": "Asia/Dhaka",
    "Myanmar Standard Time": "Asia/Rangoon",
    "SE Asia Standard Time": "Asia/Bangkok",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "Taipei Standard Time": "Asia/Taipei",
    "W. Australia Standard Time": "Australia/Perth",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "Cen. Australia Standard Time": "Australia/Adelaide",
    "AUS Central Standard Time": "Australia/Darwin",
    "E. Australia Standard Time": "Australia/Brisbane",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "Tasmania Standard Time": "Australia/Hobart",
    "West Pacific Standard Time": "Pacific/Port_Moresby",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Fiji Standard Time": "Pacific/Fiji",
    "Tonga Standard Time": "Pacific/Tongatapu",
    "Samoa Standard Time": "Pacific/Apia",
}

# Only abbreviations that mean one zone to nearly everybody: IST, CST (China) and BST (Bangladesh) readers differ.
_ABBREVIATIONS: Final[dict[str, str]] = {
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "ET": "America/New_York",
    "Eastern": "America/New_York",
    "Eastern Time": "America/New_York",
    "Eastern Time (US & Canada)": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "CT": "America/Chicago",
    "Central": "America/Chicago",
    "Central Time": "America/Chicago",
    "Central Time (US & Canada)": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "MT": "America/Denver",
    "Mountain": "America/Denver",
    "Mountain Time": "America/Denver",
    "Mountain Time (US & Canada)": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PT": "America/Los_Angeles",
    "Pacific": "America/Los_Angeles",
    "Pacific Time": "America/Los_Angeles",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "AKST": "America/Anchorage",
    "Alaska": "America/Anchorage",
    "HST": "Pacific/Honolulu",
    "Hawaii": "Pacific/Honolulu",
    "GMT": "Europe/London",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "AEST": "Australia/Sydney",
    "AEDT": "Australia/Sydney",
    "AWST": "Australia/Perth",
    "NZST": "Pacific/Auckland",
    "NZDT": "Pacific/Auckland",
    "JST": "Asia/Tokyo",
    "UTC": "Etc/UTC",
    "Z": "Etc/UTC",
    "Coordinated Universal Time": "Etc/UTC",
}

# Old and new names of one zone; a location may list either.
_TWINS: Final = (
    "Asia/Calcutta Asia/Kolkata|Europe/Kiev Europe/Kyiv|Asia/Katmandu Asia/Kathmandu|Asia/Rangoon Asia/Yangon|"
    "America/Godthab America/Nuuk|Asia/Saigon Asia/Ho_Chi_Minh|America/Buenos_Aires America/Argentina/Buenos_Aires|"
    "America/Indianapolis America/Indiana/Indianapolis|Atlantic/Faeroe Atlantic/Faroe|"
    "America/New_York US/Eastern|America/Chicago US/Central|America/Denver US/Mountain|America/Los_Angeles US/Pacific|"
    "America/Anchorage US/Alaska|Pacific/Honolulu US/Hawaii|America/Phoenix US/Arizona|Etc/UTC UTC|Etc/GMT GMT|"
    "Australia/Sydney Australia/Canberra|Europe/London GB|Asia/Singapore Singapore|Asia/Jerusalem Israel"
)


def fold(text: str) -> str:
    """Reduce a zone's name to letters, digits and what tells offsets apart."""
    return re.sub(r"[+\-](?!\d)|[^a-z0-9+\-]", "", text.casefold())


@cache
def _other_names() -> dict[str, str]:
    return {fold(name): zone for name, zone in (*_ABBREVIATIONS.items(), *_WINDOWS.items())}


@cache
def _known() -> dict[str, str]:
    import zoneinfo

    return {fold(name): name for name in zoneinfo.available_timezones()}


@cache
def _twins() -> dict[str, tuple[str, ...]]:
    groups = [tuple(group.split()) for group in _TWINS.split("|")]
    return {name: group for group in groups for name in group}


def timezone_name(text: str) -> str | None:
    """Find the IANA name for a zone written in any common way; None when there is none."""
    # "(UTC-05:00) Eastern Time (US & Canada)" is how Windows shows a zone to people, and others without brackets.
    plain = re.sub(r"^(?:\((?:UTC|GMT)[^)]*\)\s*|(?:UTC|GMT)[+\-]\d\S*\s+)", "", text.strip())
    folded = fold(plain)
    return _other_names().get(folded) or _known().get(folded)


def choose(zone: str, offered: Iterable[str]) -> str | None:
    """Find the name that a location lists for a zone: the same, else its older or newer name; None if neither."""
    by_fold = {fold(name): name for name in offered}
    for name in (zone, *_twins().get(zone, ())):
        if found := by_fold.get(fold(name)):
            return found
    return None
