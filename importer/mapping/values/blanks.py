"""What programs and people write where there is no value."""

from __future__ import annotations

from typing import Final

from importer.mapping.values.fault import ValueFault, quoted, warn

CODE: Final = "blank_marker"

_OF_DATABASES: Final = r"\N (null) (NULL) (Null) <null> <NULL> [null] [NULL] {null} <NA> <N/A> NaT (blank) (Blank) (empty) (none) (leer) (vide)"
# What spreadsheets show for a formula that failed, in the languages of the big ones.
_OF_SPREADSHEETS: Final = (
    "#N/A #n/a #NULL! #REF! #VALUE! #NAME? #DIV/0! #NUM! #ERROR! #SPILL! #CALC! #NV #BEZUG! #WERT! #ZAHL! #N/D #VALEUR! #NOM? "
    "#NOMBRE! #VALOR! #NOMBRE? #¡VALOR! #¿NOMBRE? #¡REF! #RIF! #VALORE! #NOME?"
)
_OF_PROGRAMS: Final = "NULL null nan NaN NAN undefined - -- --- . \u2013 \u2014"
_OF_PEOPLE: Final = "N/A n/a N/a N.A. n.a."
_CERTAIN: Final = frozenset(
    [*_OF_DATABASES.split(), *_OF_SPREADSHEETS.split(), "(en blanco)", "[object Object]"]
)
_NO_NUMBER: Final = _CERTAIN | frozenset(_OF_PROGRAMS.split())
MARKERS: Final = _NO_NUMBER | frozenset(_OF_PEOPLE.split())
"""As written: a person may be called Null or Nan, but hardly NULL or nan."""

_WORDS: Final = frozenset(
    {marker.casefold() for marker in MARKERS}
    | {
        "na",
        "none",
        "nil",
        "unknown",
        "not available",
        "not applicable",
        "not provided",
        "not given",
        "not specified",
    }
    | {
        "d/k",
        "n/k",
        "?",
        "??",
        "???",
        "k.a.",
        "k. a.",
        "keine angabe",
        "unbekannt",
        "inconnu",
        "desconocido",
        "sconosciuto",
    }
)


def unless_nothing(finding: ValueFault, text: str) -> ValueFault:
    """Tell a refused value from a cell that says that there is none: NULL is no wrong phone, but no phone.

    What a mapping's own map or step refuses stays refused: there the person has said which texts count. So does an
    amount that somebody does not know ("n/a", "unknown"): left out, it would look like one that nobody owes.
    """
    by_kind = finding.code.startswith("invalid_") or finding.code == "unknown_user"
    return left_out(text) if finding.fails and by_kind and _means_nothing(text, finding.code) else finding


def _means_nothing(text: str, code: str) -> bool:
    if code == "invalid_number":
        return text in _NO_NUMBER
    return text in MARKERS or text.casefold() in _WORDS


def left_out(text: str) -> ValueFault:
    """Leave a marker out, with a warning."""
    return warn(CODE, f"{quoted(text)} stands for no value; it is left out", None)


def read_marker(text: str) -> ValueFault:
    """Take a marker that stands where any text may: left out if it can be nothing else, sent and told if it can."""
    if text in _CERTAIN:
        return left_out(text)
    sentence = (
        f"{quoted(text)} is what programs write for no value; "
        "`defaults: {empty: [...]}` in the mapping leaves such cells out"
    )
    return warn(CODE, sentence, str(text))
