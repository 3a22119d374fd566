"""Which further addresses and numbers may stand in for the first where it is blank: the same person's, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import Column
from importer.suggestion.folding import word_set
from importer.suggestion.headers import PERSONS
from importer.suggestion.named_columns import Candidate
from importer.suggestion.people import PERHAPS_ELSE, is_same_person

_ANYBODY: Final = word_set(
    "contact contacts person people customer customers client clients lead user subscriber "
    "kontakt kunde kunden kundin client cliente contacto contato contatto klant"
)
"""Words for the contact that tell no two people of a file apart."""
_COMPANIONS: Final = word_set(
    "guest guests recipient companion gast gaste begleitung begleitperson empfanger convidado ospite invitado "
    "acompanante acompanhante accompagnateur accompagnatore destinataire destinatario ontvanger"
)
"""Words for who is brought along or receives something; the contact of a file that has no other."""
_OF_MANY: Final = word_set(
    "company organization organisation account firm main switchboard reception headquarters hq "
    "firma firmen unternehmen zentrale hauptnummer societe entreprise standard empresa centralita azienda ditta centralino bedrijf "
    "shipping ship delivery dispatch lieferung liefer lieferadresse lieferanschrift livraison envio entrega spedizione bezorg "
    "bezorgadres"
)
"""Words of a line that colleagues share, or of a place that parcels go to."""
_NAMES: Final = frozenset({"firstName", "name", "name?"})
"""A second surname is no second person."""


def fallbacks(found: Sequence[Candidate], readings: Iterable[Candidate]) -> list[Candidate]:
    """Keep the first and what surely is of the same person: not the second of a couple's, nor the parcel's receiver's."""
    first, *others = found
    names = [one for one in readings if one.field in _NAMES and one.column.filled]
    return [first, *(one for one in others if not _is_of_another(one, first, names))]


def _is_of_another(one: Candidate, first: Candidate, names: Sequence[Candidate]) -> bool:
    if is_same_person(one.column, [first.column]):
        return False
    if _persons(one) - _persons(first):
        return True
    mine = [name.column for name in names if _slot(name) == _slot(one)]
    theirs = [name.column for name in names if _slot(name) == _slot(first)]
    theirs = theirs or [name.column for name in names if _slot(name) == (1, "")]
    return _slot(one) != _slot(first) and bool(theirs) and _differ(mine, theirs)


def is_companion(one: Candidate) -> bool:
    return bool(set(one.column.words) & _COMPANIONS)


def _differ(mine: Iterable[Column], theirs: Sequence[Column]) -> bool:
    return any(not is_same_person(name, theirs) for name in mine)


def _slot(one: Candidate) -> tuple[int, str]:
    return one.number, one.place


def _persons(one: Candidate) -> set[str]:
    return set(one.column.words) & (PERSONS | PERHAPS_ELSE | _COMPANIONS) - _ANYBODY


def fallback_doubts(field: str, taken: Sequence[Column]) -> Iterator[Doubt]:
    """Point out what several contacts may have alike: they would become one."""
    shared = [column.header for column in taken[1:] if set(column.words) & _OF_MANY]
    if shared and not set(taken[0].words) & _OF_MANY:
        listed = " and ".join(map(repr, shared))
        said = f"where {taken[0].header!r} is blank, {field} is taken from {listed}, which may be another's or shared by several: take it off unless it is the contact's own"
        yield Doubt(code=DoubtCode.FALLBACK_SHARED, sentence=said)
