"""Columns of yes and no that may be about consent, in words that are not understood: better asked about once than passed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final

from importer.suggestion.consent import words as lexicon
from importer.suggestion.consent.asking import split_up
from importer.suggestion.consent.switches import ConsentUnclear, Switch, consent
from importer.suggestion.evidence import Column, plain
from importer.suggestion.folding import word_set
from importer.suggestion.headers import LITTLE, NOISE, PLACES
from importer.suggestion.synonyms import NO_PHONE, PHONE_WORDS, all_phrases, languages_of

_YES_AND_NO: Final = (
    "bai ez; t\u00e1 n\u00edl; ie na; j\u00e1 nei; iva le; po jo; hə yox; bəli xeyr; иә жоқ; ooba жок; ha yoq; კი არა; დიახ არა; այո ոչ; بله خیر; آری نه; ہاں نہیں; "
    "हाँ नहीं; हां नहीं; होय नाही; हो होइन; হ্যাঁ না; হ্যা না; ஆம் இல்லை; అవును కాదు; ಹೌದು ಇಲ್ಲ; അതെ അല്ല; હા ના; ਹਾਂ ਨਹੀਂ; ඔව් නැහැ; ບ່ ແມ່ນ; បាទ ទេ; oo hindi; ndiyo hapana; "
    "haa maya; አዎ አይ; yebo cha; тийм үгүй; ҳа йўқ; jes ne; wi non; jo nee; bəli yox; ioe aole; ae kao; beli belə; erê na; belê na"
)
"""Yes and no in languages whose headers are not read."""
_ROOTS: Final = (
    "mail", "news", "sms", "whatsapp", "viber", "telegram", "market", "promo", "reklam", "reclam", "spam", "gdpr", "rgpd", "consen", "optin", "optout", "abon", "subscri",
    "kampan", "campan",
)  # fmt: skip
"""What words about mailings begin with or hold in most languages that write Latin letters."""
_INTERNATIONAL: Final = 4
"""Languages that share a header; it shows none of them: ``Email``, ``Telefon``."""
_TELLING: Final = 2
"""Headers of one language by which a file is of that language."""


def consents(columns: Sequence[Column]) -> list[Switch | ConsentUnclear]:
    """Read every column that is about consent, and point out those that may be and whose header is not understood."""
    found = (consent(column) or _may_be_consent(column, columns) for column in columns)
    return [one for one in found if one is not None]


def is_foreign(columns: Sequence[Column]) -> bool:
    """Tell a file whose headers are of no language that is known here."""
    if not any(map(_is_accented, columns)):
        return False  # which languages know a header takes a check of a small file a twentieth of its time to gather
    shown = (languages_of(" ".join(column.words)) for column in columns)
    spoken = Counter(
        language for languages in shown if len(languages) < _INTERNATIONAL for language in languages
    )
    return max(spoken.values(), default=0) < _TELLING


def _is_accented(column: Column) -> bool:
    return any(sign.isalpha() and not sign.isascii() for sign in column.header)


def _may_be_consent(column: Column, columns: Sequence[Column]) -> ConsentUnclear | None:
    """Look at what is dear last: few columns of a file answer yes or no at all."""
    if _is_answered_strangely(column):
        why = "its yes and no are of a language in which no header is understood, so that it may ask something else as well"
    elif _answers_yes_or_no(column) and (_has_root(column) or _is_in_a_foreign_file(column, columns)):
        why = "its header is not understood, so that it may ask something else as well"
    else:
        return None
    return ConsentUnclear(column=column, why=why, supposed=True) if _strange_words(column) else None


def _is_in_a_foreign_file(column: Column, columns: Sequence[Column]) -> bool:
    return _is_accented(column) and _answers_in_signs(column) and is_foreign(columns)


def _is_answered_strangely(column: Column) -> bool:
    """Tell a yes and a no of a further language; one of them alone, in Latin letters, may be any word."""
    answers = {plain(text) for text in column.few}
    telling = len(answers) > 1 or not "".join(answers).isascii()
    return telling and column.booleans < 1 and any(answers <= pair for pair in _pairs())


def _answers_yes_or_no(column: Column) -> bool:
    return column.booleans >= _MOST


def _answers_in_signs(column: Column) -> bool:
    """Tell answers that show no language: beside ``igen`` and ``nem`` the header would have been understood."""
    return {plain(text) for text in column.few} <= _SIGNS


_MOST: Final = 0.9
_SIGNS: Final = word_set("yes no true false 1 0 x y n t f on off")


@cache
def _pairs() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(plain(word) for word in pair.split()) for pair in _YES_AND_NO.split(";"))


def _strange_words(column: Column) -> set[str]:
    """Give the words of the header that no vocabulary has; a header without one is understood, and about something else."""
    spoken = {word for word in split_up(column.words) if not word.isdigit()}
    if spoken & (lexicon.DELIVERY | lexicon.BESIDE_THE_ANSWER):
        return set()
    return spoken - _known()


def _has_root(column: Column) -> bool:
    return any(root in word for word in column.words for root in _ROOTS)


@cache
def _known() -> frozenset[str]:
    fields = frozenset(word for phrase in all_phrases() for word in phrase.split())
    asked = lexicon.ASKABLE | lexicon.ELSEWHERE | lexicon.NEUTRAL | lexicon.NOTICES | lexicon.UNDELIVERABLE
    return fields | asked | NOISE | LITTLE | PLACES | PHONE_WORDS | NO_PHONE
