"""Month names, whole and short, in the languages that contact files come in."""

from __future__ import annotations

from typing import Final

_NAMES: Final = (
    # English, German, French, Spanish, Portuguese, Italian, Dutch; short forms with and without accents.
    "january jan januar janvier janv enero ene janeiro gennaio gen januari jänner",
    "february feb februar févr fév février fevrier fevr febrero fevereiro fev febbraio februari",
    "march mar märz maerz mär mrz mars marzo março marco maart mrt",
    "april apr avril avr abril abr aprile",
    "may mai mayo maio maggio mag mei",
    "june jun juni juin junio junho giugno giu",
    "july jul juli juillet juil julio julho luglio lug",
    "august aug août aout agosto ago augustus",
    "september sep sept septembre septiembre setembro set settembre",
    "october oct oktober okt octobre octubre outubro out ottobre ott",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dezembro dicembre",
)

MONTHS: Final[dict[str, int]] = {
    name: number for number, names in enumerate(_NAMES, start=1) for name in names.split() if "_" not in name
}
