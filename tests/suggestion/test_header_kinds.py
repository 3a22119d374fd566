"""Headers as people write them: short, double, with a layout, beside others that look alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.mapping import parse_mapping
from importer.reading import open_source
from importer.records import Outcome, Record
from importer.suggestion.doubts import DoubtCode
from importer.suggestion.suggesting import Suggestion, suggest, suggest_from
from tests.suggestion.scoring import run


def of(header: tuple[str, ...], *rows: tuple[str, ...]) -> Suggestion:
    return suggest_from(header, rows)


def mapped(folder: Path, text: str) -> list[Record | Outcome]:
    """Map a file by what is suggested for it."""
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return run(path, suggest(open_source(path)).to_yaml())


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Department", ("Sales", "Finance")),
        ("Count", ("one dozen", "a pair")),
        ("Counts", ("few", "many")),
        ("Station", ("North", "South")),
        ("Statement", ("fine", "late")),
        ("Contract", ("Basic", "Full")),
        ("Course", ("Maths", "Art")),
        ("Sourced", ("locally", "abroad")),
        ("Is a Company", ("False", "True")),
        ("form_name", ("Quote form", "Price form")),
    ],
)
def test_a_word_that_looks_like_a_field_is_none(header: str, cells: tuple[str, str]) -> None:
    rows = zip(("ann@example.com", "bob@example.com"), cells, strict=True)
    assert of(("Email", header), *rows).chosen() == {"Email": "email"}


@pytest.mark.parametrize(
    ("header", "cell", "field"),
    [
        ("State/Prov.", "MA", "state"),
        ("Prov./State", "ON", "state"),
        ("Town/City", "Leeds", "city"),
        ("Zip or Postcode", "02134", "postalCode"),
        ("Ctry", "USA", "country"),
        ("Ctry.", "Canada", "country"),
        ("Country ID", "DE", "country"),
        ("Compnay", "Acme", "companyName"),
        ("Adress", "1 Main St", "address1"),
        ("Address lines", "1 Main St", "address1"),
        ("Given name(s)", "Ann", "firstName"),
        ("Cell.", "(212) 555-0130", "phone"),
        ("Mobil-Tel.-Nr.", "+49 30 23125 140", "phone"),
        ("Tel.Nr. privat", "+49 30 23125 140", "phone"),
        ("Nº de móvil", "+34 910 000 040", "phone"),
        ("geb. am", "03.04.1980", "dateOfBirth"),
        ("Geb.-Dat.", "03.04.1980", "dateOfBirth"),
        ("Né(e) le", "25/09/1971", "dateOfBirth"),
        ("F. nac.", "25/09/1971", "dateOfBirth"),
        ("Nato/a il", "25/09/1971", "dateOfBirth"),
        ("Dt. Nasc.", "25/09/1971", "dateOfBirth"),
        ("Geb.datum", "25-09-1971", "dateOfBirth"),
        ("Telefon (Standard)", "030 23125 140", "phone"),
        ("Telefone residencial", "(11) 2345-6789", "phone"),
        ("Source of Enquiry", "Open day", "source"),
        ("Service address", "8 Pine Way", "address1"),
        ("Location City", "Austin", "city"),
        ("Förnamn", "Åsa", "firstName"),
        ("Født", "14-03-1985", "dateOfBirth"),
        ("Poststed", "Bergen", "city"),
        ("Płeć", "K", "gender"),
        ("Municipio/Alcaldía", "Cuauhtémoc", "city"),
        ("¿Cómo se enteró de nosotros?", "Amigo", "source"),
        ("Nr telefonu", "+48 501 234 501", "phone"),
        ("Hoofdadres - straat en nr.", "Meir 40", "address1"),
        ("Hoofdadres - plaats", "Antwerpen", "city"),
        ("Rechnungsadresse PLZ", "10115", "postalCode"),
        ("Ulica i nr domu", "Długa 5", "address1"),
        ("Adresse (ligne 1)", "3 rue des Pins", "address1"),
        ("Kontaktquelle", "Messe", "source"),
        ("Medio de captación", "Feria", "source"),
        ("Denominazione", "Rossi Impianti Srl", "companyName"),
        ("Osoba kontaktowa", "Anna Wrona", "name"),
        ("Home", "902-555-0141", "phone"),
        ("Day", "9255550132", "phone"),
        ("Alt Phone", "(917) 555-0162", "phone"),
        ("Kundenname", "Ute Brandt", "name"),
        ("Teilnehmertelefon", "+49 30 23125 140", "phone"),
        ("Adresregel 1", "Dorpsstraat 8", "address1"),
        ("Provincia o estado", "Santa Fe", "state"),
        ("Website Link", "www.example.com", "website"),
        ("Comment avez-vous entendu parler de nous ?", "Affiche", "source"),
        ("Festnetznummer", "030 23125 140", "phone"),
        ("Vaste telefoon", "+49 30 23125 140", "phone"),
        ("St. Addr", "1 Main St", "address1"),
        ("Twn", "Leeds", "city"),
        ("Primary Contact", "Ann Lee", "name"),
    ],
)
def test_short_and_double_headers_are_read(header: str, cell: str, field: str) -> None:
    assert of(("Email", header), ("ann@example.com", cell)).chosen()[header] == field


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Location phone", "(512) 555-0100"),
        ("Site e-mail", "front@example.com"),
        ("Location name", "North"),
    ],
)
def test_what_belongs_to_a_place_of_work_is_not_the_contacts(header: str, cell: str) -> None:
    made = of(("Name", "Email", header), ("Ann Lee", "ann@example.com", cell))
    assert made.chosen() == {"Name": "name", "Email": "email"}


def test_of_two_columns_of_one_name_the_better_filled_is_taken() -> None:
    rows = [("Ann", "", "a@example.com"), ("Bob", "", "b@example.com"), ("Cy", "Cyrus", "c@example.com")]
    made = of(("First Name", "Given Name", "Email"), *rows)
    swapped = of(
        ("Given Name", "First Name", "Email"), *((given, first, mail) for first, given, mail in rows)
    )
    assert made.chosen()["First Name"] == swapped.chosen()["First Name"] == "firstName"


@pytest.mark.parametrize(
    ("header", "cell", "field"),
    [
        ("ShipZip", "02134", "postalCode"),
        ("Bill street", "1 Main St", "address1"),
        ("POCountry", "US", "country"),
        ("City (shipping address)", "Leeds", "city"),
        ("Ort (Lieferadresse)", "Köln", "city"),
        ("Straße der Privatanschrift", "Weg 1", "address1"),
        ("Adresse élève", "1 rue Haute", "address1"),
        ("Dirección actual", "Calle 1", "address1"),
        ("Zip/Postcode/Pincode", "02134", "postalCode"),
        ("TOWN_CITY_SUBURB", "Leeds", "city"),
        ("Extra details: Birthday", "1985-03-14", "dateOfBirth"),
        ("properties.city", "Leeds", "city"),
        ("cf_gender", "female", "gender"),
        ("Companies", "Acme", "companyName"),
        ("WkPhone", "(212) 555-0130", "phone"),
    ],
)
def test_the_words_around_a_fields_name_do_not_hide_it(header: str, cell: str, field: str) -> None:
    assert of(("Email", header), ("ann@example.com", cell)).chosen()[header] == field


@pytest.mark.parametrize(
    "header", ["Owner: Birthday", "sender.city", "Manager: Company city", "Ship date", "Mail status"]
)
def test_a_group_in_front_of_a_header_says_whose_it_is(header: str) -> None:
    rows = [("ann@example.com", "Leeds"), ("bob@example.com", "York")]
    assert of(("Email", header), *rows).chosen() == {"Email": "email"}


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        (("Telefono", "Cognome", "Indir."), "address1"),
        (("Teléfono", "Apellidos", "Pobl."), "city"),
        (("Telefone", "Sobrenome", "End."), "address1"),
    ],
)
def test_an_abbreviation_is_read_in_the_language_of_the_other_headers(
    headers: tuple[str, ...], field: str
) -> None:
    cell = "Via Roma 1" if field == "address1" else "Toledo"
    assert of(headers, ("+39 06 5550 140", "Riva", cell)).chosen()[headers[-1]] == field


@pytest.mark.parametrize(
    ("header", "born"),
    [
        ("DOB (DD/MM/YYYY)", "1985-01-02"),
        ("DOB (MM/DD/YYYY)", "1985-02-01"),
        ("Birthday dd-mm-yyyy", "1985-01-02"),
        ("Geburtsdatum (TT.MM.JJJJ)", "1985-01-02"),
        ("Date de naissance (JJ/MM/AAAA)", "1985-01-02"),
        ("Data di nascita GG/MM/AAAA", "1985-01-02"),
    ],
)
def test_a_layout_in_the_header_decides_the_order(header: str, born: str, tmp_path: Path) -> None:
    (made,) = mapped(tmp_path, f"Email,Phone,{header}\na@example.com,(212) 555-0130,02/01/1985\n")
    assert isinstance(made, Record)
    assert made.fields["dateOfBirth"] == born


def test_dates_that_contradict_their_header_are_believed_and_said() -> None:
    suggestion = of(
        ("Email", "DOB (MM/DD/YYYY)"), ("a@example.com", "25/12/1980"), ("b@example.com", "01/02/1980")
    )
    (rule,) = [one for one in suggestion.fields if one.field == "dateOfBirth"]
    assert rule.date_order is None
    assert [doubt.code for doubt in rule.doubts] == [DoubtCode.LAYOUT_CONTRADICTED]
    assert suggestion.date_order is not None
    assert suggestion.date_order.value == "DMY"


def test_an_order_that_another_column_of_dates_proves_is_taken_and_named() -> None:
    suggestion = of(
        ("Email", "Cell", "Date Added", "Birthday"),
        ("a@example.com", "(212) 555-0130", "13/02/2024", "5/6/1980"),
        ("b@example.com", "(212) 555-0131", "14/02/2024", "7/8/1982"),
    )
    assert suggestion.date_order is not None
    assert suggestion.date_order.value == "DMY"
    assert "'Date Added'" in suggestion.date_order.reason


def test_other_columns_of_dates_that_disagree_prove_nothing() -> None:
    suggestion = of(
        ("Email", "Cell", "Added", "Changed", "Birthday"),
        ("a@example.com", "(212) 555-0130", "13/02/2024", "02/14/2024", "5/6/1980"),
        ("b@example.com", "(212) 555-0131", "14/02/2024", "02/15/2024", "7/8/1982"),
    )
    assert suggestion.date_order is not None
    assert suggestion.date_order.guessed


def test_of_several_addresses_one_is_taken_whole_and_said() -> None:
    suggestion = of(
        (
            "Email",
            "Department",
            "Home Street",
            "Home City",
            "Home Zip",
            "Work Street",
            "Work City",
            "Work Zip",
        ),
        ("a@example.com", "Sales", "1 Main St", "Boston", "02134", "9 High St", "Salem", "01970"),
        ("b@example.com", "Finance", "2 Oak Ave", "Lynn", "01901", "", "", ""),
    )
    assert suggestion.chosen() == {
        "Email": "email", "Home Street": "address1", "Home City": "city", "Home Zip": "postalCode",
    }  # fmt: skip
    text = suggestion.to_yaml()
    assert "part of the home address, not of the work one" in text
    assert "#   Work Street: part of the work address; the home one is taken" in text


def test_a_single_street_without_a_place_does_not_cost_the_whole_address_beside_it() -> None:
    chosen = of(
        ("Email", "Address", "Billing Street", "Billing City", "Billing Zip"),
        ("a@example.com", "PO Box 1", "9 High St", "Salem", "01970"),
    ).chosen()
    assert chosen["Billing Street"] == "address1"
    assert chosen["Billing City"] == "city"
    assert "Address" not in chosen


def test_a_country_without_a_place_completes_the_address_that_is_taken() -> None:
    chosen = of(
        ("Email", "Country", "Billing Street", "Billing City", "Billing Zip"),
        ("a@example.com", "US", "9 High St", "Salem", "01970"),
    ).chosen()
    assert chosen["Country"] == "country"


@pytest.mark.parametrize(
    ("names", "sent"),
    [
        (("Lee, Ann", "de la Cruz, María José"), {("Ann", "Lee"), ("María José", "de la Cruz")}),
        (("Smith, John", "Ann Lee"), {("John", "Smith"), ("Ann", "Lee")}),
    ],
)
def test_names_whose_values_show_the_order_are_split(
    names: tuple[str, str], sent: set[tuple[str, str]], tmp_path: Path
) -> None:
    rows = "".join(f'"{name}",p{number}@example.com\n' for number, name in enumerate(names))
    made = mapped(tmp_path, f"Name,Email\n{rows}")
    assert {
        (each.fields["firstName"], each.fields["lastName"]) for each in made if isinstance(each, Record)
    } == sent


def test_names_of_which_some_show_no_order_are_turned_and_never_split(tmp_path: Path) -> None:
    made = mapped(
        tmp_path,
        'Name,Email\n"Smith, John",a@example.com\nMary Ann Lee,b@example.com\n"Acme, Inc.",c@example.com\n',
    )
    names = [each.fields["name"] for each in made if isinstance(each, Record)]
    assert names == ["John Smith", "Mary Ann Lee", "Acme, Inc."]


def test_names_in_the_order_people_speak_are_sent_as_they_stand() -> None:
    text = of(("Name", "Email"), ("Ann Lee", "a@example.com"), ("Acme, Inc.", "b@example.com")).to_yaml()
    assert "  name: Name  " in text


def test_a_header_that_puts_the_last_name_first_is_said_where_no_comma_shows_it() -> None:
    suggestion = of(("Cognome e nome", "Email"), ("Riva Anna", "a@example.com"))
    (rule,) = [one for one in suggestion.fields if one.field == "name"]
    assert [doubt.code for doubt in rule.doubts] == [DoubtCode.NAME_ORDER]


def test_halves_of_a_name_that_nobody_fills_do_not_hide_the_whole_one() -> None:
    header = ("Invitee Name", "Invitee First Name", "Invitee Last Name", "Invitee Email")
    assert of(header, ("Ann Lee", "", "", "a@example.com")).chosen()["Invitee Name"] == "name"


def test_marks_for_nothing_are_no_values_and_read_as_blank(tmp_path: Path) -> None:
    rows = ["a@example.com,(212) 555-0130,1985-03-17,Boston"]
    rows += [f"p{number}@example.com,NULL,NULL,\\N" for number in range(4)]
    made = mapped(tmp_path, "\n".join(["Email,Phone,Birthday,City", *rows, ""]))
    records = [each for each in made if isinstance(each, Record)]
    assert len(records) == 5
    assert records[0].fields["dateOfBirth"] == "1985-03-17"
    assert set(records[1].fields) == {"email"}


def test_a_person_called_null_keeps_the_name() -> None:
    text = of(("Last name", "Email"), ("NULL", "a@example.com"), ("Lee", "b@example.com")).to_yaml()
    assert "lastName: Last name" in text
    parse_mapping(text)


def test_what_stands_before_a_dutch_last_name_is_joined_to_it(tmp_path: Path) -> None:
    text = "Voornaam,Tussenvoegsel,Achternaam,E-mail\nJan,van der,Berg,j@example.com\nPiet,,Jansen,p@example.com\n"
    names = [row.fields["lastName"] for row in mapped(tmp_path, text) if isinstance(row, Record)]
    assert names == ["van der Berg", "Jansen"]


def test_a_title_before_a_name_is_no_part_of_the_last_name() -> None:
    found = of(("Name Prefix", "Last Name", "Email"), ("Dr.", "Lee", "a@example.com"))
    assert [one.template for one in found.fields if one.field == "lastName"] == [None]


@pytest.mark.parametrize(
    ("header", "cell", "code", "town"),
    [
        ("PLZ/Ort", "01067 Dresden", "01067", "Dresden"),
        ("PLZ Ort", "A-1010 Wien", "1010", "Wien"),
        ("PLZ und Wohnort", "D 50667, Köln", "50667", "Köln"),
        ("Postcode / Plaats", "1234 AB Ede", "1234 AB", "Ede"),
        ("Code postal et ville", "75008 Paris 8", "75008", "Paris 8"),
    ],
)
def test_postcode_and_town_are_cut_out_of_one_column(
    tmp_path: Path, header: str, cell: str, code: str, town: str
) -> None:
    (row,) = mapped(tmp_path, f'Email,"{header}"\na@example.com,"{cell}"\n')
    assert isinstance(row, Record)
    assert (row.fields["postalCode"], row.fields["city"]) == (code, town)


def test_a_town_without_a_postcode_stays_whole_beside_those_that_have_one(tmp_path: Path) -> None:
    rows = "".join(f"a{number}@example.com,5066{number} Köln\n" for number in range(5))
    *_, last = mapped(tmp_path, f"Email,PLZ/Ort\n{rows}z@example.com,Sankt Augustin\n")
    assert isinstance(last, Record)
    assert (last.fields.get("postalCode"), last.fields["city"]) == (None, "Sankt Augustin")


def test_a_column_of_both_adds_nothing_where_each_has_its_own() -> None:
    found = of(("Email", "PLZ", "Ort", "PLZ/Ort"), ("a@example.com", "50667", "Köln", "50667 Köln"))
    assert found.chosen() == {"Email": "email", "PLZ": "postalCode", "Ort": "city"}


def test_the_postcodes_of_such_a_column_tell_the_country_of_phone_numbers() -> None:
    found = of(("Email", "PLZ/Ort", "Handy"), ("a@example.com", "50667 Köln", "0171/1234567"))
    assert found.region is not None
    assert found.region.value == "DE"


def test_the_three_names_of_a_datev_file_go_to_their_fields() -> None:
    header = tuple(
        f"{name} (Adressattyp {kind})"
        for name, kind in (("Name", "Unternehmen"), ("Name", "natürl. Person"), ("Vorname", "natürl. Person"))
    )
    rows = [("Groß GmbH", "", "", "g@example.com"), ("", "Größler", "Jörg", "j@example.com")]
    chosen = of((*header, "E-Mail"), *rows).chosen()
    assert [chosen[name] for name in header] == ["companyName", "lastName", "firstName"]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Deceased", ("Yes", "No", "")),
        ("Date of death", ("2021-05-06", "", "")),
        ("Verstorben am", ("06.05.2021", "", "")),
        ("Member status", ("Active", "Deceased", "Lapsed")),
    ],
)
def test_a_column_that_says_who_has_died_is_told_loudly(header: str, cells: tuple[str, ...]) -> None:
    mails = ("a@example.com", "b@example.com", "c@example.com")
    made = of(("Email", header), *zip(mails, cells, strict=True))
    assert [one for one in made.concerns if "died" in one and repr(header) in one]


@pytest.mark.parametrize(
    ("header", "cells"),
    [("Deceased", ("No", "No")), ("Death benefit", ("100,000", "250,000")), ("Deceased", ("", ""))],
)
def test_a_column_by_which_nobody_has_died_is_not(header: str, cells: tuple[str, str]) -> None:
    made = of(("Email", header), *zip(("a@example.com", "b@example.com"), cells, strict=True))
    assert made.concerns == ()


def test_the_country_that_states_and_postcodes_show_says_which_of_day_and_month_is_first() -> None:
    american = of(("Email", "DOB", "State", "Zip"), ("a@example.com", "01/02/1990", "MA", "02134"))
    british = of(("Email", "DOB", "Postcode"), ("a@example.com", "01/02/1990", "SW1A 1AA"))
    orders = [
        made.date_order and (made.date_order.value, made.date_order.guessed) for made in (american, british)
    ]
    assert orders == [("MDY", True), ("DMY", True)]


def test_columns_of_one_header_are_named_by_their_turn() -> None:
    made = of(
        ("Email", "Phone", "Phone", "Note", "Note"),
        ("a@example.com", "(212) 555-0130", "(212) 555-0131", "x", "y"),
    )
    assert "phone: [Phone (1), Phone (2)]" in made.to_yaml()
    assert "#   Note (2): Note (2)" in made.to_yaml()


@pytest.mark.parametrize(("other", "times"), [("vip; lead", 1), ("vip|lead", 1), ("vip", 0), ("a/b", 0)])
def test_a_cell_that_separates_tags_otherwise_is_told(other: str, times: int) -> None:
    made = of(
        ("Email", "Tags"), ("a@example.com", "vip, lead"), ("b@example.com", "a, b"), ("c@example.com", other)
    )
    assert sum("Tags are split at ','" in one for one in made.concerns) == times


def test_the_buyers_address_is_the_contacts_where_the_file_has_nobody_elses() -> None:
    assert (
        of(("E-mailadres koper", "Voornaam"), ("ann@example.com", "Ann")).chosen()["E-mailadres koper"]
        == "email"
    )


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (("Comprador(a)", "Email do(a) Comprador(a)", "Telefone"), True),
        (("Buyer", "Buyer Email", "Phone"), True),
        # a phone of the buyer's own leaves the other to somebody else
        (("Buyer Phone", "Buyer Email", "Phone"), False),
        # users may be of the staff
        (("User", "User Email", "Phone"), False),
    ],
)
def test_a_phone_alone_is_nobody_beside_the_buyer(header: tuple[str, str, str], *, taken: bool) -> None:
    rows = [
        ("(212) 555-0141" if "Phone" in header[0] else "Ann Lee", "ann@example.com", "(212) 555-0140"),
        ("(212) 555-0151" if "Phone" in header[0] else "Bob Ray", "bob@example.com", "(212) 555-0150"),
    ]
    chosen = of(header, *rows).chosen()
    assert (chosen.get(header[1]) == "email") is taken
    assert chosen[header[2]] == "phone"


@pytest.mark.parametrize("header", ["Primary", "Main"])
def test_a_word_of_rank_alone_names_nobody(header: str) -> None:
    made = of(("Email", header), ("ann@example.com", "Rita Moss"), ("bob@example.com", "Tom Lee"))
    assert made.chosen() == {"Email": "email"}


@pytest.mark.parametrize("header", ["Company Member", "Company Members"])
def test_a_member_of_a_company_is_no_company(header: str) -> None:
    made = of(("Name", header), ("Ann Lee", "Rita Moss"), ("Bob Ray", "Tom Lee"))
    assert made.chosen() == {"Name": "name"}


def test_a_name_beside_contact_persons_is_the_company_s() -> None:
    rows = [
        ("Bakkerij Jansen", "Kees Jansen", "kees@jansen.example"),
        ("Zorg & Co", "Tom Bos", "tom@zorg.example"),
    ]
    made = of(("Naam", "Contactpersoon", "E-mail"), *rows)
    assert made.chosen() == {"Naam": "companyName", "Contactpersoon": "name", "E-mail": "email"}


def test_a_name_beside_few_contact_persons_stays_a_name() -> None:
    rows = [
        ("Mette Holm", "", "a@example.dk"),
        ("Jens Krogh", "", "b@example.dk"),
        ("Nordlys", "Bo Lund", "c@example.dk"),
    ]
    assert of(("Navn", "Kontaktperson", "E-mail"), *rows).chosen()["Navn"] == "name"


def test_a_company_before_a_comma_is_no_last_name() -> None:
    rows = [
        ("Azure Interior, Brandon Freeman", "Azure Interior", "b@example.com"),
        ("Colleen Diaz", "", "c@example.com"),
    ]
    made = of(("Name", "Company", "Email"), *rows)
    assert made.chosen()["Name"] == "name"
    assert "begin with a company and a comma" in made.to_yaml()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        # a table's name in front of every header
        ({"cnBio_First_Name": "Ann", "cnBio_Birth_date": "1990-05-21", "cnAdr_City": "Leeds"}, "firstName dateOfBirth city"),
        ({"Bill To Street": "1 Elm St", "Bill To City": "Leeds", "Ship To City": "York"}, "address1 city -"),
        ({"Line 1": "1 Elm St", "Line 3": "Leeds", "Line 4": "West Yorkshire"}, "address1 city state"),
        ({"Line 1": "1 Elm St", "Line 3": "Rear house", "City": "Leeds"}, "address1 address1 city"),
        ({"Line 1": "1 Elm St", "Line 4": "Rear house", "City": "Leeds"}, "address1 address1 city"),
        ({"Address 1": "1 Elm St", "Address 2": "Flat 2", "Address 3": "Rear house"}, "address1 address1 address1"),
        ({"Estado": "Cliente nuevo", "Provincia": "Madrid", "Ciudad": "Madrid"}, "- state city"),
        ({"Nom": "Garage Petit", "Nom (contact)": "Petit", "Prénom (contact)": "Yves"}, "companyName lastName firstName"),
        ({"Preferred Name": "Pat", "Surname": "Rice"}, "firstName lastName"),
        ({"Preferred Name": "Pat", "First Name": "Patricia", "Surname": "Rice"}, "- firstName lastName"),
        ({"Indirizzo res.": "Via Po 1", "CAP res.": "00198", "Comune res.": "Roma"}, "address1 postalCode city"),
        ({"Previous City": "York", "City": "Leeds"}, "- city"),
        ({"signup_country": "US", "signupSource": "web"}, "country source"),
        ({"Property Name": "Maple Court", "Tenant": "Iris Gray"}, "- name"),
        ({"Addresses": "1 Elm St", "Urls": "lee.example"}, "address1 website"),
        ({"Besøksadresse": "Storgata 1", "Poststed": "Oslo"}, "address1 city"),
        ({"Unit Street": "1 Elm St", "Unit City": "Leeds"}, "address1 city"),
        ({"Sexe (M/F)": "F", "Tel. Büro": "+49 30 1234567"}, "gender phone"),
        ({"Buyer Name": "Ann Lee", "Buyer Email": "ann@example.com"}, "name email"),
        ({"Buyer Name": "Ann Lee", "Buyer Email": "boss@example.com"}, "- -"),
    ],
)  # fmt: skip
def test_parts_of_people_and_addresses_are_found_under_the_names_that_programs_have_for_them(
    columns: dict[str, str], expected: str
) -> None:
    chosen = of(("Email", *columns), ("ann@example.com", *columns.values())).chosen()
    assert [chosen.get(header, "-") for header in columns] == expected.split()


def test_a_student_s_birthday_is_not_the_birthday_of_the_contact_who_pays() -> None:
    header = (
        "Contact 1 First",
        "Contact 1 Last",
        "Contact 1 Email",
        "Student First Name",
        "Student Birth Date",
    )
    rows = [
        ("Tess", "Lang", "tess@example.com", "Zoe", "2015-04-04"),
        ("Ugo", "Moss", "ugo@example.com", "Yan", "2016-05-05"),
    ]
    assert of(header, *rows).chosen() == {
        "Contact 1 First": "firstName",
        "Contact 1 Last": "lastName",
        "Contact 1 Email": "email",
    }


def test_parents_are_the_contacts_of_a_file_that_names_children_and_reaches_parents() -> None:
    header = (
        "Student First Name",
        "Student Last Name",
        "Student Birthday",
        "Parent 1 First Name",
        "Parent 1 Last Name",
        "Parent 1 Email",
    )
    rows = [
        ("Ivy", "Vale", "2021-01-01", "Uma", "Vale", "uma@example.com"),
        ("Jon", "Ward", "2020-02-02", "Vern", "Ward", "vern@example.com"),
    ]
    assert of(header, *rows).chosen() == {
        "Parent 1 First Name": "firstName",
        "Parent 1 Last Name": "lastName",
        "Parent 1 Email": "email",
    }


def test_numbers_for_the_day_and_the_evening_stand_behind_the_mobile_one() -> None:
    header = ("Email", "Day Phone", "Evening Phone", "Cell Phone")
    made = of(header, ("ann@example.com", "614-555-0121", "614-555-0131", "614-555-0141"))
    (phone,) = (one for one in made.fields if one.field == "phone")
    assert phone.headers == ("Cell Phone", "Day Phone", "Evening Phone")


def test_a_building_number_stands_in_front_of_its_street(tmp_path: Path) -> None:
    (made,) = mapped(tmp_path, "Email,Building Number,Street,City\nann@example.com,14,Station Road,Bedford\n")
    assert isinstance(made, Record)
    assert made.fields["address1"] == "14 Station Road"
