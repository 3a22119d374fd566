"""A header as words: case, accents, punctuation, camelCase and numbering taken off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final


def word_set(text: str, by: str | None = None) -> frozenset[str]:
    """Write a set of words as a sentence: a list of fifty quoted words hides what they are."""
    return frozenset(text.split(by))


# Letters that no decomposition takes apart.
_FOLDED: Final = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe", "đ": "d", "\u0131": "i"}
)
_SEAM: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)")
_WORD: Final = re.compile(r"[^\W_]+")
_JOINED: Final = {
    ("e", "mail"): "email",
    ("e", "post"): "email",
    ("mail", "adresse"): "email",
    ("e", "mailadresse"): "email",
    ("e", "mailadres"): "email",
    ("e", "postadress"): "email",
    ("e", "postadresse"): "email",
    ("zip", "code"): "zip",
    ("zip", "4"): "zip",
    ("whats", "app"): "whatsapp",
    ("time", "zone"): "timezone",
    ("opt", "out"): "optout",
    ("opted", "out"): "optout",
    ("opt", "in"): "optin",
    ("opted", "in"): "optin",
    ("web", "site"): "website",
    ("code", "postal"): "postal",
    ("post", "code"): "postcode",
    ("mailing", "list"): "mailinglist",
    ("lettre", "d"): "lettre d",
    ("lettre d", "information"): "infolettre",
    ("lettre d", "informations"): "infolettre",
    ("lettre d", "info"): "infolettre",
}

PERSONS: Final = word_set(
    "contact contacts customer customers client clients lead user subscriber member members attendee guest guests buyer "
    "purchaser person people invitee patient student pupil participant donor supporter registrant applicant candidate visitor "
    "recipient tenant resident traveler traveller passenger athlete player camper learner volunteer prospect constituent "
    "holder shopper consumer insured policyholder "
    "kontakt kunde kunden kundin patientin teilnehmer teilnehmerin schuler schulerin mitglied mitglieder gast spender "
    "spenderin besteller interessent interessentin bewerber bewerberin "
    "participante eleve adherent adherente donateur donatrice invite invitee client cliente patiente voyageur assure assuree "
    "acheteur acheteuse comprador compradora acquirente koper kaufer kauferin versicherte versicherter versicherungsnehmer contacto asegurado asegurada alumno alumna asistente invitado donante socio socia miembro huesped paciente "
    "contato segurado aluno aluna convidado doador membro hospede participante "
    "contatto assicurato paziente alunno studente partecipante ospite donatore donatrice iscritto "
    "klant leerling deelnemer lid leden patient verzekerde "
    "kund medlem deltagare deltager deltaker elev patienten klient pacjent klienta pacjenta uczestnik czlonek"
)
"""Words for the person that a row is about; alone they head a column of whole names, or one of numbers and codes."""

NOISE: Final = PERSONS | word_set(
    "value primary main default standard preferred personal your you please enter what whats is are the a an s my field required "
    "optional best current ticket custom fields attribute attributes property properties cf udf "
    "aktuell aktuelle actuel actuelle actual attuale atual huidig huidige ihr ihre bitte votre vos su seu sua tuo tua uw"
)
"""Words that say nothing about which field a column is."""

_ANY_PLACE: Final = word_set("default address addresses adresse")

LATER: Final = word_set(
    "secondary alternate alternative additional second backup weitere zweite secondaire secundario secondario extra"
)
"""Words that tell a second value from the first."""

PLACES: Final = word_set(
    "mailing billing shipping mail bill ship po home work business office other private postal delivery default company account "
    "physical permanent residential residence registered legal invoice invoicing dispatch "
    "privat geschaftlich dienstlich rechnung lieferung domicile bureau travail facturation livraison casa trabajo "
    "oficina facturacion envio trabalho faturamento entrega ufficio lavoro fatturazione spedizione thuis werk "
    "factuur bezorg rechnungs liefer rechnungsanschrift rechnungsadresse lieferanschrift lieferadresse postanschrift "
    "privatanschrift privatadresse firmenanschrift firmenadresse factuuradres bezorgadres afleveradres thuisadres "
    "residenza residencia wohnsitz woonadres organization organisation address adresse organizations addresses"
)
"""Words that tell one of several addresses or numbers apart."""

SITES: Final = word_set("service location site premises")
"""Words that tell addresses apart; a phone or e-mail behind them is of whoever keeps the place."""


@dataclass(frozen=True, slots=True)
class Title:
    """A header taken apart: what it names, whose or which it is, and its number among several."""

    name: tuple[str, ...]
    place: str = ""
    number: int = 1
    numbered_last: bool = False
    placed: bool = False
    """A place word was cut off, whether or not it tells addresses apart."""


# Endings that make a word fit more people: Aluno(a), Kunde/in, Teilnehmer*in, Given name(s).
_ENDINGS: Final = re.compile(
    r"(?<=[^\W\d_]{2})(?:\((?:s|es|e|a|as|n|en|in|innen)\)|/(?:a|o|e|in|innen)(?![^\W\d_])|[*:](?:in|innen)(?![^\W\d_]))"
)
_LAYOUT: Final = re.compile(
    r"\(?\b(?:(?P<day_first>[DTJG]{1,2}([-/. ])MM?\2(?:[YJA]{4}|[YJA]{2}))"
    r"|(?P<month_first>MM?([-/. ])[DTJG]{1,2}\4(?:[YJA]{4}|[YJA]{2}))"
    r"|(?P<year_first>(?:[YJA]{4})([-/. ])MM?\6[DTJG]{1,2}))\b\)?",
    re.IGNORECASE,
)
"""A layout of dates as people write it: DD/MM/YYYY, TT.MM.JJJJ, JJ/MM/AAAA, GG/MM/AAAA."""


def date_layout(header: str) -> str | None:
    """Give the order of day and month that a header states: DMY, MDY or YMD."""
    found = _LAYOUT.search(header)
    if found is None:
        return None
    return "DMY" if found["day_first"] else "MDY" if found["month_first"] else "YMD"


@lru_cache(maxsize=4096)
def words(header: str) -> tuple[str, ...]:
    """Split a header into plain lower-case words: ``E-mail 1 - Value`` becomes ``email 1 value``."""
    said = _ENDINGS.sub("", _LAYOUT.sub(" ", header)) or header
    seamed = _SEAM.sub(" ", said.translate(_FOLDED))
    plain = unicodedata.normalize("NFKD", seamed)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    return _join(_WORD.findall(plain))


def _join(parts: list[str]) -> tuple[str, ...]:
    joined: list[str] = []
    for part in parts:
        pair = (joined[-1], part) if joined else ("", part)
        if pair in _JOINED:
            joined[-1] = _JOINED[pair]
        else:
            joined.append(part)
    return tuple(joined)


def headline(header: str) -> str:
    """Take off the name of a group before a colon, and of an object before a dot: "Form: Birthday", "fields.birthday"."""
    title = header.rpartition(":")[2].strip() or header
    return title.rpartition(".")[2] if _PATH.fullmatch(title) else title


_PATH: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)+")


def titles(parts: tuple[str, ...]) -> Iterator[Title]:
    """Give the readings of a header, the most literal first: whole, without noise, without a place word or two."""
    digits = [part for part in parts if part.isdigit()]
    number = int(digits[0]) if digits and len(digits[0]) == 1 else 2 if LATER & set(parts) else 1
    last = bool(parts) and parts[-1].isdigit()
    counted = tuple(part for part in parts if not part.isdigit() and part not in LATER)
    whole = Title(counted, number=number, numbered_last=last)
    seen: set[tuple[str, ...]] = {()}
    plain = _without_little_end(tuple(part for part in counted if part not in NOISE))
    cuts = [(name, place) for name in (counted, plain) for place in _place_cuts(name)]
    for name, place in ((counted, ""), (plain, ""), *cuts):
        rest = name[len(place.split()) :]
        if rest not in seen:
            seen.add(rest)
            yield replace(whole, name=rest, place=_telling(place), placed=bool(place))
    for name in (counted, plain):
        for place in _place_ends(name):
            rest = _without_little_end(name[: -len(place.split())])
            if rest not in seen:
                seen.add(rest)
                yield replace(whole, name=rest, place=_telling(place), placed=True)


LITTLE: Final = word_set(
    "de di do da du del dei des der den della delle dello dell the of et e y en und van vom von le la les el il och og"
)
"""Words that only join others."""


def _without_little_end(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Cut off what joined a word that is gone: "Celular del (alumno)", "Adresse de (livraison)"."""
    while parts and parts[-1] in LITTLE:
        parts = parts[:-1]
    return parts


def _place_cuts(name: tuple[str, ...]) -> Iterator[str]:
    """Give the runs of place words that the name begins with, the shortest first."""
    for length in range(1, len(name)):
        if not set(name[:length]) <= PLACES | SITES:
            return
        yield " ".join(name[:length])


def _place_ends(name: tuple[str, ...]) -> Iterator[str]:
    """Give the runs of place words that the name ends with, the shortest first: "City (billing address)"."""
    for start in range(len(name) - 1, 0, -1):
        if not set(name[start:]) <= PLACES | SITES:
            return
        yield " ".join(name[start:])


def _telling(place: str) -> str:
    """Leave out place words that every address has: "Default Address City" and "Default City" are one address."""
    return " ".join(part for part in place.split() if part not in _ANY_PLACE)


def unsqueezed(word: str) -> Iterator[tuple[str, str]]:
    """Cut a place off a header in one word, as in MAILINGCITY: give what is left, and the place."""
    yield word, ""
    for place in PLACES:
        if word.startswith(place) and len(word) > len(place) + 2:
            yield word[len(place) :], _telling(place)
