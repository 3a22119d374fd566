"""Whose column it is: the contact's, or somebody else's who stands in the same row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from importer.suggestion.evidence import Column
from importer.suggestion.folding import further, word_set

PERSONAL: Final = frozenset(
    {
        "firstName", "lastName", "name", "name?", "email", "phone", "address1", "address2", "city", "state", "postalCode",
        "country", "website", "timezone", "gender", "dateOfBirth",
    }
)  # fmt: skip
"""Fields that belong to one person; a company, an owner or a source may well be named after another."""

_AT_WORK: Final = word_set(
    "owner owned assigned assignee assistant asst manager supervisor rep salesperson seller agent broker recruiter staff "
    "employee clerk cashier technician admin administrator created modified updated creator creation reports sender host "
    "hostess organizer organiser teacher instructor trainer coach tutor mentor therapist doctor physician practitioner "
    "provider gp dentist nurse carer caregiver attorney lawyer counsel accountant solicitor fundraiser landlord driver "
    "besitzer betreuer erstellt geandert assistent assistentin mitarbeiter mitarbeiterin veranstalter gastgeber lehrer "
    "lehrerin kursleiter trainerin arzt arztin hausarzt anwalt verkaufer verkauferin steuerberater "
    "proprietaire assistante organisateur organisatrice hote enseignant enseignante professeur formateur medecin praticien "
    "therapeute employe avocat vendeur vendeuse moniteur "
    "propietario creado organizador organizadora anfitrion profesor profesora maestro maestra entrenador medico "
    "medica doctora terapeuta empleado abogado vendedor vendedora "
    "professor professora instrutor instrutora treinador funcionario advogado anfitriao "
    "proprietario organizzatore insegnante docente istruttore allenatore dottore dottoressa dipendente avvocato venditore "
    "eigenaar organisator gastheer leraar lerares lesgever huisarts tandarts medewerker advocaat verkoper"
)
_AT_HOME: Final = word_set(
    "beneficiary beneficiaire beneficiario begunstigde spouse partner husband wife mother father mom mum dad parent parents guardian sibling kin emergency "
    "ehepartner mutter vater eltern elternteil erziehungsberechtigter erziehungsberechtigte vormund notfall notfallkontakt "
    "conjoint conjointe mere pere tuteur tutrice urgence prevenir "
    "madre padre esposa esposo conyuge emergencia "
    "mae pai conjuge responsavel "
    "genitore genitori coniuge marito moglie emergenza "
    "ouder ouders moeder vader voogd echtgenoot echtgenote noodgeval"
)
GUARDIANS: Final = word_set(
    "parent parents guardian eltern elternteil erziehungsberechtigter erziehungsberechtigte tuteur tutrice tutor "
    "responsavel genitore genitori ouder ouders voogd"
)
"""Who stands for a child; the contact of a file that reaches nobody else."""
OWNERS: Final = word_set(
    "owner owners homeowner besitzer besitzerin eigentumer eigentumerin halter halterin tierhalter proprietaire propietario propietaria proprietario proprietaria "
    "proprietari eigenaar agare ejer eier wlasciciel"
)
"""Who keeps an animal, a home or a car; the contact of a file that reaches nobody else, where it is no user who keeps the contact."""
_IN_BUSINESS: Final = word_set(
    "referrer referred referral vendor supplier clinic hospital shop store outlet branch merchant retailer dealer dealership "
    "salon studio gym hotel restaurant venue agency school landlord insurer insurance carrier warehouse "
    "praxis klinik filiale laden lieferant schule reiseburo "
    "clinique boutique magasin fournisseur agence ecole "
    "clinica tienda proveedor agencia escuela escola loja fornecedor "
    "negozio fornitore agenzia scuola kliniek winkel leverancier"
)
_ANIMALS: Final = word_set(
    "animal pet dog cat horse puppy vet veterinarian veterinary hund katze pferd haustier tierarzt chien cheval veterinaire mascota perro gato caballo "
    "veterinario veterinaria cachorro animale cane gatto cavallo huisdier hond paard dierenarts husdjur djur"
)
_MESSENGERS: Final = word_set(
    "im skype icq msn aim jabber xmpp messenger hangouts gtalk telegram viber wechat"
)
SOMEBODY_ELSE: Final = _AT_WORK | _AT_HOME | _IN_BUSINESS | _ANIMALS | _MESSENGERS | further("else")
"""Words that make a column about somebody other than the contact, or an address that takes no e-mail."""

_BUYERS: Final = word_set("buyer purchaser payer booker besteller kaufer acheteur comprador acquirente koper")
PERHAPS_ELSE: Final = _BUYERS | word_set("user responsable responsabile verantwortlicher")
"""Words for the contact where the file knows nobody else, and for another where it does."""


_BY: Final = word_set("by von durch par por door")


_BILLING: Final = word_set(
    "billing invoice invoicing rechnung rechnungs facturation facturacion faturamento fatturazione factuur buchhaltung accounting"
)
"""Words of an address that may be an accountant's: taken where there is no other."""


def is_billing(column: Column) -> bool:
    return bool(set(column.words) & _BILLING)


def is_somebody_else(column: Column) -> bool:
    """Tell by the header: the host's, the shop's, a messenger's; who scheduled it, booked it, invited."""
    said = set(column.words) & SOMEBODY_ELSE
    if len(column.words) > 1 and column.words[-1] in _BY:
        return True
    # "im" is German for "in the"; as a messenger it comes first.
    return bool(said - {"im"}) or column.words[:1] == ("im",)


def is_perhaps_else(column: Column) -> bool:
    return bool(set(column.words) & PERHAPS_ELSE)


def is_buyer(column: Column) -> bool:
    """Tell a buyer's column from a user's: users may be of the staff."""
    return bool(set(column.words) & _BUYERS)


def identifies_nobody(column: Column) -> bool:
    """Tell a column that says the same in every row: it is the host's, the shop's, or nobody's."""
    return column.filled > 2 and len(set(column.values)) == 1


def is_same_person(column: Column, others: Iterable[Column]) -> bool:
    """Tell a user's or buyer's column that says nobody whom the contact's own does not."""
    said = set(column.values)
    return any(said <= set(other.values) for other in others)


def is_crowd(column: Column, others: Iterable[Column]) -> bool:
    """Tell addresses that few people share, beside a column of one for each."""
    if column.filled < 4 or column.distinct_share > 0.5:
        return False
    return any(
        other.distinct_share >= 0.9 and other.filled * 2 >= column.filled
        for other in others
        if other is not column
    )


def whose(column: Column) -> str:
    """Name the word that says whose column it is."""
    said: Sequence[str] = [word for word in column.words if word in SOMEBODY_ELSE | PERHAPS_ELSE | _BY]
    return said[0] if said else ""
