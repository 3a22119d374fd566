"""A header taken apart: what it names, whose or which it is, and its number among several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from importer.records import value_type
from importer.suggestion.folding import further, word_set

PERSONS: Final = word_set(
    "contact contacts customer customers cust client clients lead user subscriber member members attendee guest guests buyer "
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
) | further("persons")
"""Words for the person that a row is about; alone they head a column of whole names, or one of numbers and codes."""

NOISE: Final = (
    PERSONS
    | further("noise")
    | word_set(
        "value primary main default standard preferred personal your you please enter what whats is are the a an s my field required "
        "optional best current present iso iso2 iso3 usuel usuelle habituel habituelle signup registration ticket custom fields attribute attributes property properties cf udf "
        "link links hyperlink aktuell aktuelle actuel actuelle actual attuale atual huidig huidige ihr ihre bitte votre vos su seu sua tuo tua uw"
    )
)
"""Words that say nothing about which field a column is."""

_ANY_PLACE: Final = word_set(
    "default address addresses adresse adres adress anschrift hoofdadres hauptadresse hauptanschrift huvudadress hovedadresse"
)

LATER: Final = further("later") | word_set(
    "previous former prior old secondary alternate alternative alt additional second backup weitere zweite secondaire secundario secondario extra"
)
"""Words that tell a second value from the first."""

PLACES: Final = further("places") | word_set(
    "mailing billing shipping mail bill ship po home work business office other private postal delivery default company account "
    "unit buro kontor kantoor biuro physical permanent residential residence registered legal invoice invoicing dispatch "
    "privat geschaftlich dienstlich rechnung lieferung domicile bureau travail facturation livraison casa trabajo "
    "oficina facturacion envio trabalho faturamento entrega ufficio lavoro fatturazione spedizione thuis werk "
    "factuur bezorg rechnungs liefer rechnungsanschrift rechnungsadresse lieferanschrift lieferadresse postanschrift "
    "prive privee privato privata privada particulier particuliere zakelijk zakelijke abitazione res resid fatt sped fact factur dom domic "
    "privatanschrift privatadresse firmenanschrift firmenadresse factuuradres bezorgadres afleveradres thuisadres "
    "residenza residencia wohnsitz woonadres organization organisation address adresse organizations addresses"
)
"""Words that tell one of several addresses or numbers apart."""

SITES: Final = word_set("service location site premises")
"""Words that tell addresses apart; a phone or e-mail behind them is of whoever keeps the place."""


@value_type(frozen=True, slots=True)
class Title:
    """A header taken apart: what it names, whose or which it is, and its number among several."""

    name: tuple[str, ...]
    place: str = ""
    number: int = 1
    numbered_last: bool = False
    placed: bool = False
    """A place word was cut off, whether or not it tells addresses apart."""


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


def is_place(word: str) -> bool:
    """Tell a place, or a compound that ends in an address: hoofdadres, Rechnungsanschrift."""
    return word in PLACES or word in SITES or (word.endswith(ADDRESSES) and "mail" not in word)


ADDRESSES: Final = ("adres", "adresse", "adress", "anschrift")


def _place_cuts(name: tuple[str, ...]) -> Iterator[str]:
    """Give the runs of place words that the name begins with, the shortest first."""
    for length in range(1, len(name)):
        if not all(map(is_place, name[:length])):
            return
        yield " ".join(name[:length])


def _place_ends(name: tuple[str, ...]) -> Iterator[str]:
    """Give the runs of place words that the name ends with, the shortest first: "City (billing address)"."""
    for start in range(len(name) - 1, 0, -1):
        if not all(map(is_place, name[start:])):
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
