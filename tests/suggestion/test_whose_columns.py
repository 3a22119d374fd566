"""Columns about somebody else, or about nobody, are never the contact's."""

from __future__ import annotations

import pytest

from importer.mapping import parse_mapping
from importer.suggestion.doubts import DoubtCode
from importer.suggestion.suggesting import Suggestion, suggest_from

PEOPLE = ("ann", "bob", "cy", "di")


def of(header: tuple[str, ...], *rows: tuple[str, ...]) -> Suggestion:
    return suggest_from(header, rows)


def beside_the_contact(header: str, *cells: str) -> Suggestion:
    """A column beside the contact's own e-mail; its cells, one a row."""
    rows = [(cell, f"{name}@example.com") for name, cell in zip(PEOPLE, cells, strict=True)]
    return of((header, "Email"), *rows)


@pytest.mark.parametrize(
    "header",
    [
        "Host Email", "Organiser e-mail", "Teacher E-mail", "Owner's address", "Assistant mail", "Emergency Email",
        "Parent email", "Store Email", "School e-mail", "IM 1 - Value", "Skype", "Booked by", "Lehrerin E-Mail",
        "E-Mail der Praxis", "Courriel du médecin", "Mail organisateur", "Correo del profesor", "Correo de la madre",
        "E-mail responsável", "E-mail dell'insegnante", "E-mail genitore", "E-mail ouder", "E-mailadres trainer",
    ],
)  # fmt: skip
def test_an_address_of_somebody_else_is_not_the_contact_s(header: str) -> None:
    cells = [f"other{number}@example.net" for number in range(4)]
    assert beside_the_contact(header, *cells).chosen() == {"Email": "email"}


@pytest.mark.parametrize(
    "header", ["Clinic Phone", "Shop phone", "Tel. médecin", "Notfall Telefon", "Tel. ouder"]
)
def test_a_number_of_somebody_else_is_not_the_contact_s(header: str) -> None:
    cells = ("(212) 555-0150", "(212) 555-0151", "(212) 555-0152", "(212) 555-0153")
    assert beside_the_contact(header, *cells).chosen() == {"Email": "email"}


@pytest.mark.parametrize("header", ["Booked by", "Invité par", "Eingetragen von"])
def test_who_did_something_is_not_the_contact_even_where_nobody_else_is_known(header: str) -> None:
    suggestion = of((header, "Name"), ("pat@example.net", "Ann Lee"), ("kim@example.net", "Bob Ray"))
    assert suggestion.chosen() == {"Name": "name"}


def test_an_address_in_every_row_identifies_nobody_whatever_it_is_called() -> None:
    suggestion = of(
        ("Email", "Reach at"),
        ("shop@example.com", "ann@example.com"),
        ("shop@example.com", "bob@example.com"),
        ("shop@example.com", "cy@example.com"),
    )
    assert suggestion.chosen() == {"Reach at": "email"}
    (left,) = suggestion.left
    assert left.doubt is not None
    assert left.doubt.code is DoubtCode.IDENTIFIES_NOBODY


def test_two_people_who_share_a_phone_keep_it() -> None:
    shared = of(("Name", "Phone"), ("Ann Lee", "(212) 555-0130"), ("Bob Lee", "(212) 555-0130"))
    assert shared.chosen()["Phone"] == "phone"


def test_a_whole_name_in_every_row_is_nobody_s() -> None:
    rows = [("Pat Host", f"{name}@example.com") for name in PEOPLE]
    assert of(("Name", "Email"), *rows).chosen() == {"Email": "email"}


def test_a_few_addresses_on_many_rows_are_not_the_contacts_beside_one_of_each() -> None:
    rows = [(f"desk{number % 2}@example.net", f"person{number}@example.com") for number in range(8)]
    suggestion = of(("Calendar", "Address"), *rows)
    assert suggestion.chosen() == {"Address": "email"}
    assert "#   email: Calendar  # it may be somebody else" in suggestion.to_yaml()


def test_a_user_is_the_contact_where_the_file_knows_nobody_else() -> None:
    users = of(("User Email", "Plan"), ("ann@example.com", "Basic"), ("bob@example.com", "Pro"))
    assert users.chosen() == {"User Email": "email"}
    guests = of(
        ("User Email", "Guest Email"),
        ("pat@example.net", "ann@example.com"),
        ("kim@example.net", "bob@example.com"),
    )
    assert guests.chosen() == {"Guest Email": "email"}


def test_a_user_who_is_the_contact_in_every_row_is_the_contact() -> None:
    rows = [(f"{name}@example.com", f"{name}@example.com") for name in PEOPLE]
    assert of(("user_email", "billing_email"), *rows).chosen() == {
        "user_email": "email",
        "billing_email": "email",
    }


def test_whose_a_column_is_stands_beside_it_and_it_can_be_taken_by_hand() -> None:
    text = beside_the_contact("Parent email", *(f"p{number}@example.net" for number in range(4))).to_yaml()
    assert (
        "#   email: Parent email  # somebody else's, by the word 'parent'; map it if that is the contact"
        in text
    )
    parse_mapping(text)


@pytest.mark.parametrize("role", ["Requester", "Coachee", "Stagiaire", "Kandidat"])
def test_a_word_that_the_file_alone_has_for_its_contacts_is_understood(role: str) -> None:
    header = (f"{role} name", f"{role} email", f"{role} phone", "Agent email")
    rows = [
        (f"{name.title()} Lee", f"{name}@example.com", "+12125550130", "pat@example.net") for name in PEOPLE
    ]
    chosen = of(
        header, *[(*row[:2], f"+1212555013{place}", row[3]) for place, row in enumerate(rows)]
    ).chosen()
    assert chosen == {f"{role} name": "name", f"{role} email": "email", f"{role} phone": "phone"}


def test_an_unknown_somebody_is_not_the_contact_in_a_file_of_several_people() -> None:
    header = ("Guest Email", "Agent Phone", "Concierge Phone")
    rows = [
        (f"{name}@example.com", f"+1212555013{place}", f"+1212555014{place}")
        for place, name in enumerate(PEOPLE)
    ]
    suggestion = of(header, *rows)
    assert suggestion.chosen() == {"Guest Email": "email"}
    assert "#   phone: Concierge Phone  # it may be somebody else's" in suggestion.to_yaml()


def test_a_bill_s_address_is_the_contact_s_where_there_is_no_other() -> None:
    bills = of(("Billing Email", "Name"), ("ann@example.com", "Ann Lee"), ("bob@example.com", "Bob Ray"))
    assert bills.chosen()["Billing Email"] == "email"
    beside = of(
        ("Billing Email", "Email"),
        ("accounts@example.net", "ann@example.com"),
        ("office@example.net", "bob@example.com"),
    )
    assert beside.chosen() == {"Email": "email"}


def test_parents_are_the_contacts_of_a_file_that_reaches_nobody_else_and_names_them() -> None:
    header = ("Child", "Parent Name", "Parent Email", "Teacher Email")
    rows = [
        ("Ava", "Amy Ames", "amy@example.com", "ora@example.net"),
        ("Ben", "Bo Boyd", "bo@example.com", "ivo@example.net"),
    ]
    assert of(header, *rows).chosen() == {"Parent Name": "name", "Parent Email": "email"}
    named = of(("Student Name", *header[1:]), *[("Ava Ames", *row[1:]) for row in rows])
    assert named.chosen() == {"Parent Name": "name", "Parent Email": "email"}
    nameless = of(
        ("Student Name", "Parent Email"), ("Ava Ames", "amy@example.com"), ("Ben Boyd", "bo@example.com")
    )
    assert "Parent Email" not in nameless.chosen()


@pytest.mark.parametrize(
    ("header", "rows", "kept"),
    [
        (("First Name 1", "Email 1", "First Name 2", "Email 2"), (("Ann", "", "Bo", "b@example.com"),), ("Email 1",)),
        (("Name 1", "Email 1", "Name 2", "Email 2"), (("Ann Lee", "", "Bo Ray", "b@example.com"),), ("Email 1",)),
        (("Vorname 1", "E-Mail 1", "Vorname 2", "E-Mail 2"), (("Ann", "", "Bo", "b@example.com"),), ("E-Mail 1",)),
        (("Invitee Email", "Guest Email(s)"), (("", "b@example.com"),), ("Invitee Email",)),
        (("Customer Email", "Recipient Email"), (("", "b@example.com"),), ("Customer Email",)),
        (("E-Mail", "E-Mail Begleitung"), (("", "b@example.com"),), ("E-Mail",)),
        (("Name", "Email 1", "Email 2"), (("Ann Lee", "", "b@example.com"),), ("Email 1", "Email 2")),
        (("Nombre", "Apellido 1", "Apellido 2", "Email 1", "Email 2"), (("Ana", "Gil", "Paz", "", "b@example.com"),), ("Email 1", "Email 2")),
        (("Email", "Customer Email"), (("", "b@example.com"),), ("Email", "Customer Email")),
        (("Guest Name", "Guest Email"), (("Ann Lee", "a@example.com"),), ("Guest Email",)),
    ],
)  # fmt: skip
def test_an_address_stands_in_for_a_blank_one_of_the_same_person_only(
    header: tuple[str, ...], rows: tuple[tuple[str, ...], ...], kept: tuple[str, ...]
) -> None:
    filled = tuple("" if "mail" in title.lower() else "Cy" for title in header)
    filled = tuple(
        "a@example.com" if title == kept[0] else cell for title, cell in zip(header, filled, strict=True)
    )
    (email,) = [one for one in of(header, filled, *rows).fields if one.field == "email"]
    assert email.headers == kept


def test_the_phone_of_a_parcel_s_receiver_stands_in_only_where_that_is_the_buyer() -> None:
    header = ("Billing Name", "Billing Phone", "Shipping Name", "Shipping Phone")
    other = of(header, ("Ann Lee", "4155552671", "Bo Ray", "4155552672"))
    same = of(header, ("Ann Lee", "4155552671", "Ann Lee", "4155552672"))
    assert "Shipping Phone" not in other.chosen()
    assert same.chosen()["Shipping Phone"] == "phone"
    assert "'Shipping Phone', which may be another's" in same.concerns[0]


@pytest.mark.parametrize(("own", "shared"), [("Mobile", "Main Phone"), ("Mobil", "Company Phone")])
def test_a_company_s_line_that_stands_in_is_pointed_out(own: str, shared: str) -> None:
    suggestion = of((own, shared), ("4155552671", "4155552672"), ("", "4155552673"))
    assert any(shared in said for said in suggestion.concerns), suggestion.concerns


def test_who_keeps_an_animal_is_the_contact_of_a_file_that_has_no_other() -> None:
    suggestion = of(
        (
            "Owner Name",
            "Owner Email",
            "Owner City",
            "Animal Name",
            "Animal Birthday",
            "Vet Name",
            "Vet Phone",
        ),
        ("Ann Lee", "ann@example.com", "Aurora", "Taco", "2019-05-01", "Dr. Ames", "(303) 555-0181"),
        ("Bob Ray", "bob@example.com", "Parker", "Luna", "2021-02-03", "Dr. Orr", "(303) 555-0182"),
    )
    assert suggestion.chosen() == {"Owner Name": "name", "Owner Email": "email", "Owner City": "city"}


def test_the_owners_of_deals_are_users_and_no_contacts() -> None:
    suggestion = of(
        ("Deal", "Owner Name", "Owner Email"),
        ("Roof", "Pat Kim", "pat@example.net"),
        ("Barn", "Kim Orr", "kim@example.net"),
    )
    assert suggestion.chosen() == {}
