"""What columns are called in the exports of eleven languages, field by field; ``further_languages`` has the others.

Phrases are written as ``headers.words`` leaves them: lower case, no accents, no punctuation, ``email`` in one word.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from importer.suggestion import further_languages
from importer.suggestion.folding import further, further_phrases, word_set, words

LANGUAGES: Final = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "pt": "Portuguese",
    "it": "Italian",
    "nl": "Dutch",
    "sv": "Swedish",
    "da": "Danish",
    "nb": "Norwegian",
    "pl": "Polish",
    **further_languages.LANGUAGES,
}

_PHRASES: Final[dict[str, dict[str, str]]] = {
    "firstName": {
        "en": "first name, firstname, given name, given, given names, first names, forename, fname, first, christian name, name first",
        "de": "vorname, rufname, vornamen, vorn, vorname adressattyp naturl person",
        "fr": "prenom, prenoms",
        "es": "primer nombre, nombre de pila, nombres",
        "pt": "primeiro nome, nome proprio, prenome",
        "it": "nome di battesimo, nome proprio",
        "nl": "voornaam, roepnaam",
        "sv": "fornamn, tilltalsnamn",
        "da": "fornavn",
        "nb": "fornavn",
        "pl": "imie, imiona",
    },
    "lastName": {
        "en": "last name, lastname, surname, family name, lname, last, second name, name last",
        "de": "nachname, familienname, zuname, name adressattyp naturl person",
        "fr": "nom de famille, nom d usage, nom usuel, nom de naissance",
        "es": "apellido, apellidos, primer apellido, apellido paterno",
        "pt": "sobrenome, apelido, ultimo nome, nome de familia",
        "it": "cognome",
        "nl": "achternaam, familienaam, geboortenaam",
        "sv": "efternamn",
        "da": "efternavn",
        "nb": "etternavn",
        "pl": "nazwisko",
    },
    "name": {
        "en": "full name, fullname, name last first, full name last first, last first, last first name, last name first name, contact person, point of contact, att, attn, attention, "
        "surname first name, name first last, full name first last, display name, name surname, name and surname, first and last name, first last name",
        "de": "vollstandiger name, ganzer name, vor und nachname, vorname nachname, nachname vorname, name vorname, vor und zuname, ansprechpartner, ansprechpartnerin, ansprechperson, kontaktperson",
        "fr": "nom complet, nom et prenom, prenom et nom, nom prenom, prenom nom, personne de contact, personne a contacter, interlocuteur",
        "es": "nombre completo, nombre y apellidos, nombre y apellido, nombre apellidos, apellidos nombre, apellidos y nombre, persona de contacto, contacto principal",
        "pt": "nome completo, nome e sobrenome, pessoa de contato, pessoa de contacto",
        "it": "nome completo, nome e cognome, nominativo, nome cognome, cognome e nome, cognome nome, referente, persona di contatto",
        "nl": "volledige naam, voor en achternaam, contactpersoon",
        "sv": "fullstandigt namn, for och efternamn, fornamn och efternamn, kontaktperson",
        "da": "fulde navn, for og efternavn, fornavn og efternavn, kontaktperson",
        "nb": "fullt navn, for og etternavn, fornavn og etternavn, kontaktperson",
        "pl": "imie i nazwisko, nazwisko i imie, imie nazwisko, osoba kontaktowa, osoba do kontaktu",
    },
    "email": {
        "en": "email, email address, emailaddress, email id, mail, email addr, emails, address email, mail address",
        "de": "mailadresse, emailadresse, email adresse, mail adresse",
        "fr": "courriel, adresse email, adresse mail, adresse electronique, mel, adresse courriel",
        "es": "correo, correo e, correo electronico, direccion de correo, email correo, direccion de correo electronico",
        "pt": "correio eletronico, endereco de email, correio",
        "it": "posta elettronica, indirizzo email, indirizzo di posta",
        "nl": "emailadres, mailadres, email adres",
        "sv": "epost, epostadress, mejl, mejladress",
        "da": "emailadresse",
        "nb": "epost, epostadresse",
        "pl": "adres email, adres mailowy, poczta elektroniczna",
    },
    "phone": {
        "en": "phone, phone number, phonenumber, telephone, telephone number, mobile, mobile phone, mobile number, cell, "
        "cell phone, cellphone, cell number, tel, tel no, phone no, ph no, ph, mobile no, contact number, phone mobile, "
        "whatsapp number, whatsapp, sms, sms number, landline, phones, direct dial, direct phone, mob, text number",
        "de": "telefon, telefonnummer, handy, handynummer, mobil, mobilnummer, mobiltelefon, rufnummer, festnetz, festnetznummer, festnetznr, "
        "telefon mobil, tel mobil, mobilfunk, tel nr, telefon nr, telefon privat, telefon geschaftlich, mobilfunknummer, fon",
        "fr": "telephone, telephone portable, portable, mobile, numero de telephone, tel portable, telephone mobile, "
        "tel mobile, tel fixe, telephone fixe, gsm, n de telephone, no de telephone, cellulaire, telephone cellulaire, tel cellulaire, natel",
        "es": "telefono, telefono movil, movil, celular, numero de telefono, telefono celular, telefono fijo, tfno, tlf, telefono particular, telefono de contacto, telefono principal",
        "pt": "telefone, telemovel, celular, numero de telefone, telefone celular, fone, numero de celular, telefone residencial, telefone comercial, telefone de contato, tel residencial",
        "it": "telefono, cellulare, numero di telefono, telefono cellulare, numero cellulare, recapito telefonico, tel cellulare",
        "nl": "telefoon, telefoonnummer, mobiel, mobiele telefoon, mobiel nummer, gsm nummer, tel nr",
        "sv": "telefonnummer, mobilnummer, mobiltelefon, hemtelefon, tel hem, telefon hem, telefon arbete",
        "da": "telefonnummer, mobilnummer, mobiltelefon, tlf, tlf nr",
        "nb": "telefonnummer, mobilnummer, mobiltelefon, mobilnr, tlf, tlf nr, direktenummer, direktenr",
        "pl": "telefon, numer telefonu, nr telefonu, nr tel, telefon komorkowy, komorka, telefon domowy, telefon kontaktowy, telefon stacjonarny",
    },
    "address1": {
        "en": "address, street, street address, address1, address line, address street, street name, addr, "
        "addrline, addr line, adr, adr line, mailing address, postal address, address line1, street1, st addr, st address, str addr, house number and street, street line, street address line",
        "de": "strasse, anschrift, adresse, strasse und hausnummer, strasse hausnummer, strasse nr, str, strasse hnr, strasse u nr, adresszeile, anschriftenzeile",
        "fr": "adresse, rue, adresse municipale, adresse civique, adresse postale, voie, ligne adresse, numero et rue, adresse rue, numero et voie, n et voie, n et rue, rue et numero, libelle de voie, n et libelle de voie, numero et libelle de voie, ligne d adresse",
        "es": "direccion, calle, domicilio, direccion postal, calle y numero, calle y n, calle numero, calle n, linea de direccion",
        "pt": "endereco, morada, rua, logradouro, rua e numero, rua n, linha de endereco",
        "it": "indirizzo, via, indirizzo postale, via piazza, via e numero civico, via n, via numero, riga indirizzo",
        "nl": "adres, adresregel, straat, straatnaam, straat en huisnummer, straat huisnummer",
        "sv": "adress, adressrad, gatuadress, gata, postadress, utdelningsadress",
        "da": "adresse, adresselinje, gade, vej, vejnavn, gade og husnummer",
        "nb": "adresse, adresselinje, gateadresse, gate, postadresse, vei",
        "pl": "adres, ulica, ulica i numer, ulica i nr domu, ulica nr, adres zamieszkania, adres korespondencyjny",
    },
    "city": {
        "en": "city, town, twn, locality, city town, town city, city name, address city, suburb",
        "de": "ort, stadt, wohnort, stadt ort",
        "fr": "ville, commune, localite",
        "es": "ciudad, localidad, poblacion, municipio, alcaldia, municipio alcaldia, delegacion municipio",
        "pt": "cidade, localidade, municipio",
        "it": "citta, comune, localita",
        "nl": "plaats, woonplaats, stad, gemeente",
        "sv": "ort, stad, postort",
        "da": "by, bynavn",
        "nb": "by, sted, poststed",
        "pl": "miasto, miejscowosc",
    },
    "state": {
        "en": "state, province, county, prov, state province, state prov, prov state, st prov, state region, region, province code, state code, address state, "
        "state county, state abbreviation, province state, address region, region state, state name, province name, region name, county name",
        "de": "bundesland, kanton, provinz",
        "fr": "region, province, departement, canton",
        "es": "provincia, estado, comunidad autonoma, departamento, entidad federativa, estado provincia",
        "pt": "estado, distrito, uf, provincia, unidade federativa, unidade da federacao",
        "it": "provincia, regione, prov",
        "nl": "provincie, regio",
        "sv": "lan",
        "da": "region",
        "nb": "fylke",
        "pl": "wojewodztwo",
    },
    "postalCode": {
        "en": "zip, zipcode, postal code, postalcode, postcode, zip postal, zip postal code, postal zip, postal, postal zip code, "
        "address zip, address postal code, pincode, pin code, p code, pcode, post cd, postal cd, zip cd, eircode, zip plus 4",
        "de": "plz, postleitzahl",
        "fr": "postal, cp, c p, code post",
        "es": "codigo postal, cp, c p, cod postal, cod post, c postal",
        "pt": "codigo postal, cep, cod postal, c postal",
        "it": "cap, codice postale, codice avviamento postale, c a p",
        "nl": "postcode",
        "sv": "postnr, postnummer",
        "da": "postnr, postnummer",
        "nb": "postnr, postnummer",
        "pl": "kod pocztowy, kod poczt",
    },
    "country": {
        "en": "country, ctry, cntry, country region name, country code, country id, country iso, iso country, country iso code, country region, country name, address country, nation, country territory, cc",
        "de": "land, staat, landercode, landerkennzeichen, lkz, land region",
        "fr": "pays, code pays, pays region",
        "es": "pais, codigo de pais, pais region",
        "pt": "pais, codigo do pais",
        "it": "paese, nazione, stato, paese regione",
        "nl": "land, landcode, land regio",
        "sv": "land, landskod",
        "da": "land, landekode",
        "nb": "land, landkode",
        "pl": "kraj, kod kraju, panstwo",
    },
    "website": {
        "en": "website, web, web page, webpage, url, homepage, home page, site, website url, web address, www, domain, site url, website link, website address, site address, company website, link to website",
        "de": "webseite, internetseite, internet, webadresse, internetadresse",
        "fr": "site web, site internet, page web",
        "es": "sitio web, pagina web",
        "pt": "site, pagina web, sitio",
        "it": "sito, sito web, sito internet",
        "nl": "webpagina, webadres",
        "sv": "hemsida, webbplats, webbsida",
        "da": "hjemmeside, webside",
        "nb": "hjemmeside, nettside",
        "pl": "strona internetowa, strona www, adres www",
    },
    "timezone": {
        "en": "timezone, tz, time zone name",
        "de": "zeitzone",
        "fr": "fuseau horaire",
        "es": "zona horaria, huso horario",
        "pt": "fuso horario",
        "it": "fuso orario",
        "nl": "tijdzone",
        "sv": "tidszon",
        "da": "tidszone",
        "nb": "tidssone",
        "pl": "strefa czasowa",
    },
    "companyName": {
        "en": "company, company name, organization, organisation, organization name, organisation name, business, business name, "
        "account name, account, employer, companyname, employer name, associated company, related company, parent company, company account, practice name, "
        "where do you work, workplace, firm, firm name, company organization",
        "de": "firma, firmenname, unternehmen, name adressattyp unternehmen, organisation, unternehmensname, firmenbezeichnung, betrieb, firmierung, arbeitgeber",
        "fr": "societe, entreprise, raison sociale, nom de la societe, nom de l entreprise, organisation, organisme, nom entreprise",
        "es": "empresa, compania, nombre de la empresa, organizacion, razon social, nombre empresa, negocio, denominacion social, nombre comercial, nombre fiscal",
        "pt": "empresa, companhia, nome da empresa, organizacao, razao social",
        "it": "azienda, societa, ragione sociale, ditta, nome azienda, impresa, denominazione, denominazione sociale, rag soc, intestazione",
        "nl": "bedrijf, bedrijfsnaam, organisatie, firma",
        "sv": "foretag, foretagsnamn, organisation, bolag, arbetsgivare",
        "da": "firma, firmanavn, virksomhed, organisation",
        "nb": "firma, firmanavn, bedrift, bedriftsnavn, organisasjon",
        "pl": "firma, nazwa firmy, przedsiebiorstwo, organizacja, nazwa, nazwa kontrahenta, nazwa pelna, nazwa skrocona, pracodawca",
    },
    "gender": {
        "en": "gender, sex, m f, f m",
        "de": "geschlecht, m w, w m, m w d",
        "fr": "sexe, genre",
        "es": "sexo, genero",
        "pt": "sexo, genero",
        "it": "sesso, genere",
        "nl": "geslacht, m v, v m",
        "sv": "kon",
        "da": "kon",
        "nb": "kjonn",
        "pl": "plec",
    },
    "source": {
        "en": "source, lead source, original source, first touch source, first source, first conversion source, contact source, leadsource, acquisition source, source name, referral source, "
        "how did you hear about us, how did you find us, where did you hear about us, source of enquiry, source of inquiry, source of lead, source of referral, enquiry source, inquiry source, heard about us, how heard",
        "de": "quelle, herkunft, lead quelle, leadquelle, wie haben sie von uns erfahren, kontaktquelle, kundenquelle, interessentenquelle, anfragequelle, quelle des kontakts",
        "fr": "source du prospect, provenance, origine, origine du contact, comment nous avez vous connu, canal d acquisition, comment avez vous connu, canal, canal de contact, mode de contact, source d acquisition, origine du prospect, origine du client, origine du lead",
        "es": "fuente, origen, fuente del lead, como nos conocio, como se entero de nosotros, como supo de nosotros, origen del contacto, canal, canal de origen, canal de captacion, medio de contacto, medio de captacion, medio de entrada, canal de entrada, via de captacion, via de contacto, procedencia, procedencia del contacto, origen del cliente, fuente de captacion, fuente del contacto",
        "pt": "fonte, origem, origem do lead, como nos conheceu, midia de origem, canal de origem, como conheceu, canal, canal de captacao, canal de aquisicao, origem do cliente, origem da primeira conversao, origem do contato, fonte do lead, meio de contato",
        "it": "fonte, origine, provenienza, come ci hai conosciuto, canale, canale di acquisizione, fonte contatto, fonte del contatto, origine contatto, origine del contatto, provenienza contatto",
        "nl": "bron, herkomst, leadbron, herkomst klant, bron lead, hoe heb je ons gevonden, hoe kent u ons",
        "sv": "kalla, hur hittade du oss, ursprung",
        "da": "kilde, hvor horte du om os",
        "nb": "kilde, hvor horte du om oss",
        "pl": "zrodlo, zrodlo kontaktu, zrodlo pozyskania, skad pan o nas wie",
    },
    "assignedTo": {
        "en": "owner, assigned to, assignee, sales rep, account owner, record owner, account manager, salesperson, assigned user, "
        "sales representative, owner name, owner email",
        "de": "zustandig, betreuer, besitzer, kundenbetreuer, bearbeiter, verantwortlicher",
        "fr": "proprietaire, responsable, commercial, assigne a, gestionnaire",
        "es": "propietario, responsable, asignado a, comercial, vendedor",
        "pt": "proprietario, responsavel, atribuido a, vendedor",
        "it": "proprietario, responsabile, assegnato a, commerciale, venditore",
        "nl": "eigenaar, verantwoordelijke, toegewezen aan, accountmanager",
        "sv": "agare, ansvarig, saljare",
        "da": "ejer, ansvarlig, saelger",
        "nb": "eier, ansvarlig, selger",
        "pl": "opiekun, wlasciciel, handlowiec",
    },
    "dateOfBirth": {
        "en": "birthday, date of birth, birth date, birthdate, dob, born, birth day, born on, born at, date born, date birth, dateofbirth, d o b",
        "de": "geburtsdatum, geburtstag, geb datum, geboren, geboren am, geb am, gebdatum, geb, geburtsdat, geb dat, geb tag",
        "fr": "date de naissance, naissance, ne le, date naissance, nee le, anniversaire, date naiss, dn",
        "es": "fecha de nacimiento, nacimiento, cumpleanos, fecha nacimiento, f nacimiento, fecha nac, f nac, fec nac, nacido el",
        "pt": "data de nascimento, nascimento, aniversario, data nascimento, data de aniversario, dt nascimento, dt nasc, data nasc, nascido em",
        "it": "data di nascita, nascita, compleanno, data nascita, nato il, nata il, data nasc",
        "nl": "geboortedatum, verjaardag, geboren op, geb datum, gebdatum, geboortedat",
        "sv": "fodelsedatum, fodelsedag, fodd",
        "da": "fodselsdato, fodselsdag, fodt",
        "nb": "fodselsdato, fodselsdag, fodt",
        "pl": "data urodzenia, data ur, urodziny, data urodzin",
    },
    "id": {"en": "id, contact id, ghl contact id, highlevel contact id"},
    "tags": {
        "en": "tags, tag, labels, label, segments, segment, groups, group, categories, category, group membership, tag list, "
        "mailing lists, lists, interest groups",
        "de": "schlagworte, schlagwort, stichworte, gruppen, gruppe, kategorien, kategorie, schlagworter, etiketten",
        "fr": "etiquettes, etiquette, libelles, libelle, mots cles, groupes, groupe, categorie, categories",
        "es": "etiquetas, etiqueta, grupos, grupo, categorias, categoria, segmentos",
        "pt": "etiquetas, etiqueta, grupos, grupo, categorias, categoria, marcadores, rotulos",
        "it": "etichette, etichetta, gruppi, gruppo, categorie, categoria",
        "nl": "groepen, groep, categorieen, categorie, trefwoorden",
        "sv": "taggar, etiketter, grupper, kategorier",
        "da": "etiketter, grupper, kategorier",
        "nb": "etiketter, grupper, kategorier",
        "pl": "tagi, etykiety, grupy, kategorie",
    },
}

PART_OR_WHOLE: Final = {
    # A word for "name" is one half of the name as soon as the other half has a column of its own.
    "name": ("lastName", "firstName", "name"),
    "naam": ("lastName", "firstName", "name"),
    "namn": ("lastName", "firstName", "name"),
    "navn": ("lastName", "firstName", "name"),
    "nom": ("lastName", "firstName", "lastName"),
    "nombre": ("firstName", "lastName", "firstName"),
    "nome": ("firstName", "lastName", "firstName"),
    **dict.fromkeys(further_phrases("name?"), ("firstName", "lastName", "name")),
}
"""word: (the half it is, the other half, what it is alone when its values are single words)."""

CONTACT_PERSONS: Final = word_set(
    "contact person; point of contact; att; attn; attention; ansprechpartner; ansprechpartnerin; ansprechperson; kontaktperson; personne de contact; "
    "personne a contacter; interlocuteur; persona de contacto; pessoa de contato; pessoa de contacto; referente; persona di contatto; contactpersoon; "
    "osoba kontaktowa; osoba do kontaktu; kontaktni osoba",
    "; ",
) | {" ".join(words("\u043a\u043e\u043d\u0442\u0430\u043a\u0442\u043d\u043e\u0435 \u043b\u0438\u0446\u043e"))}
"""Who stands for a company; a column called name beside them is the company's."""

ONLY_SPOKEN: Final = {"ad": "tr", "il": "tr"}
"""Words that name a field only in a file that speaks their language: an ad of Facebook's, the state of Illinois."""

HOUSE_NUMBERS: Final = further_phrases("house numbers") | word_set(
    "house number; house no; building number; huisnummer; huisnr; huis nr; hausnummer; hausnr; haus nr; hnr; numero de rue; numero de voie; "
    "numero exterior; num exterior; numero civico; civico; n civico; nr domu; numer domu; husnummer; husnr",
    "; ",
)
"""What stands behind the street, in a column of its own; joined to it by a space."""

NUMBER_FIRST: Final = word_set("building number; numero de rue; numero de voie", "; ")
"""House numbers of languages that write them in front of the street."""

SURNAME_PREFIXES: Final = word_set(
    "tussenvoegsel; tussenvoegsels; voorvoegsel; voorvoegsels; namensvorsatz; vorsatzwort; surname prefix; last name prefix",
    "; ",
)
"""What stands before the last name and is a part of it: van der, de, von. A prefix of the whole name is a title."""

SECOND_LINES: Final = (
    HOUSE_NUMBERS
    | further_phrases("second lines")
    | word_set(
        "adresszusatz; zusatz; complement d adresse; complement adresse; complement; apartment; suite; apt; unit; apartment suite; "
        "apt suite; extended address; complemento; toevoeging; address line; apartment suite etc; interno; piso; nr lokalu; nr mieszkania; co adress",
        "; ",
    )
)
"""A street's second line; the vendor has one line, so the two are joined."""

NO_NAME: Final = frozenset(
    {
        "user name",
        "username",
        "nick name",
        "nickname",
        "middle name",
        "member name",
        "property name",
        "field name",
        "attribute name",
        "ticket name",
        "link name",
    }
)
"""Headers that would read as a name once their first word is taken for noise."""

CALLED: Final = word_set(
    "preferred name; preferred first name; known as; goes by; nome social",
    "; ",
)
"""What somebody is called by others: the first name beside a last name, where the file has no other."""

NO_PHONE: Final = further("no phone") | word_set(
    "fax telefax pager telex id code extension ext type label country verified status consent optin optout "
    "score tty tdd isdn calls count radio callback"
)
"""Words that make a column of digits no phone number to be called."""


PHONE_WORDS: Final = further("phone words") | word_set(
    "tel telefon phone telephone mobile mobil handy cell cellphone portable movil celular telefono telefone telemovel cellulare "
    "telefoon telefoonnr telefoonnummer mobiel mobiele gsm fon tfno tlf fone mob cel cellulaire tfn mobilnr telefonnr komorka komorkowy telefonu"
)

LOOKALIKES: Final = word_set(
    "department departments dept count counts counter station statement stage status statue course courses contract contracts "
    "pone mode male cites plan form abteilung departamento reparto afdeling departement"
)
"""Words a letter away from a field's name that are words of their own."""


def languages_of(phrase: str) -> frozenset[str]:
    """Give every language that has the phrase for some field."""
    return _languages().get(phrase, frozenset())


@cache
def _languages() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for _, language, phrase in _named():
        found.setdefault(phrase, set()).add(language)
    return {phrase: frozenset(languages) for phrase, languages in found.items()}


def languages_by_field(phrase: str) -> dict[str, frozenset[str]]:
    """Give for each field that the phrase names the languages in which it does."""
    return _languages_by_field().get(phrase, {})


@cache
def _languages_by_field() -> dict[str, dict[str, frozenset[str]]]:
    found: dict[str, dict[str, frozenset[str]]] = {}
    for field, language, phrase in _named():
        fields = found.setdefault(phrase, {})
        fields[field] = fields.get(field, frozenset()) | {language}
    return found


def _named() -> Iterator[tuple[str, str, str]]:
    """Give every name of a field: the field, the language, the phrase."""
    for field, languages in _PHRASES.items():
        for language, listed in languages.items():
            yield from ((field, language, _written(phrase)) for phrase in listed.split(","))
        english = {_written(phrase) for phrase in languages.get("en", "").split(",")}
        for language, said in further_languages.FURTHER.items():
            phrases = filter(None, map(_written, said.get(field, "").split(",")))
            # An e-mail is one in every language: it shows none.
            yield from ((field, language, phrase) for phrase in phrases if phrase not in english)


def _written(phrase: str) -> str:
    return " ".join(part for part in words(phrase) if not part.isdigit())


def fields_of(phrase: str) -> tuple[tuple[str, str], ...]:
    """Give the fields, each with the language, that a phrase can stand for."""
    return _index().get(phrase, ())


def squeezed_fields_of(word: str) -> tuple[tuple[str, str], ...]:
    """Read as ``fields_of`` does a phrase that is written in one word: ``postalcode``."""
    return fields_of(_squeezed().get(word, ""))


@cache
def _squeezed() -> dict[str, str]:
    return {phrase.replace(" ", ""): phrase for phrase in reversed(all_phrases())}


def all_phrases() -> tuple[str, ...]:
    return tuple(_index())


@cache
def _index() -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, dict[str, str]] = {}
    for field, language, phrase in _named():
        found.setdefault(phrase, {}).setdefault(field, language)
    return {phrase: tuple(fields.items()) for phrase, fields in found.items()}
