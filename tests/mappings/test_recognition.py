"""An export is known by headers that no other program writes; what anybody's list has gives nothing away."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.mapping.recognition import fits, recognized
from importer.reading import open_source

EXPORTS = Path(__file__).with_name("exports")


def named(header: tuple[str, ...]) -> str | None:
    found = recognized(header)
    return None if found is None else found.ready.name


@pytest.mark.parametrize(
    ("export", "name"),
    [
        ("hubspot.csv", "hubspot"),
        ("pipedrive.csv", "pipedrive"),
        ("google-contacts.csv", "google-contacts"),
        ("highlevel.csv", "highlevel"),
        ("outlook.csv", "outlook"),
        ("salesforce.csv", "salesforce"),
        ("shopify-customers.csv", "shopify-customers"),
        ("stripe-customers.csv", "stripe-customers"),
        ("woocommerce.csv", "woocommerce"),
        ("zoho.csv", "zoho"),
    ],
)
def test_an_export_is_known_for_what_it_is(export: str, name: str) -> None:
    assert named(tuple(open_source(EXPORTS / export).header)) == name


@pytest.mark.parametrize(
    "header",
    [
        ("First Name", "Last Name", "Email", "Phone"),
        ("Name", "E-mail", "Phone", "Company", "Tags", "SMS opt in"),
        ("Lifecycle Stage", "Email"),
        (),
    ],
)
def test_what_anybodys_list_has_gives_nothing_away(header: tuple[str, ...]) -> None:
    assert named(header) is None


def test_a_mapping_fits_by_the_rules_that_find_their_column() -> None:
    text = "version: 1\nfields: {firstName: First Name, email: [E-mail, Mail], phone: Tel}\n"

    found = fits({"mine": text, "broken": "version: 2\n"}, ("first name", "Mail", "City"))

    assert {name: (fit.rules, fit.found) for name, fit in found.items()} == {"mine": (3, 2)}
