"""What stands around a phone number: faxes, extensions, addresses that begin with tel:."""

from __future__ import annotations

import pytest

from importer.mapping.values.fault import ValueFault
from importer.mapping.values.phones import read_phone

PHONE, FAX = "(212) 555-0130", "212-555-0199"


def read(text: str, *regions: str, several: str = "first") -> tuple[object, str | None]:
    """Give the number and the code of what was found about it."""
    found = read_phone(text, regions or ("US",), several=several)
    return (found.value, found.code) if isinstance(found, ValueFault) else (found, None)


@pytest.mark.parametrize(
    "text",
    ["Fax: {0}", "{0} (fax)", "{0} Fax", "FAX {0}", "Fax:\n{0}", "Home Fax: {0}", "Business fax {0}", "F: {0}", "fax. {0}",
     "Telefax {0}", "Télécopie : {0}", "Facsimile: {0}", "Faxnummer: {0}", "Fax No. {0}", "fax: {0}, {0} fax", "факс {0}"],
)  # fmt: skip
def test_a_number_that_is_said_to_be_a_fax_is_no_phone_and_does_not_fail_the_row(text: str) -> None:
    found = read_phone(text.format(FAX), ("US",))
    assert isinstance(found, ValueFault)
    assert (found.code, found.value, found.fails) == ("fax_number", None, False)


@pytest.mark.parametrize(
    "text",
    ["Fax: {1}, Tel: {0}", "Tel: {0}, Fax: {1}", "{0}, Fax: {1}", "{1} (fax), {0}", "{0} Fax {1}", "Fax {1} Tel {0}",
     "{0} (cell) {1} (fax)", "{1} (fax) {0} (cell)", "Telefax {1} / Telefon {0}", "T: {0} F: {1}", "Home: {0}\nHome Fax: {1}",
     "{1} fax; {0} mobile", "Phone {0} | Fax {1}"],
)  # fmt: skip
def test_beside_a_fax_the_phone_is_taken_whatever_their_order(text: str) -> None:
    assert read(text.format(PHONE, FAX)) == ("+12125550130", "fax_number")
    assert read(text.format(PHONE, FAX), several="fail") == ("+12125550130", "fax_number")


@pytest.mark.parametrize(
    "text", ["Tel/Fax: {0}", "Phone & Fax: {0}", "Tel / Fax {0}", "Fax/Tel: {0}", "{0} (phone/fax)"]
)
def test_a_number_for_both_is_a_phone(text: str) -> None:
    assert read(text.format(PHONE))[0] == "+12125550130"


@pytest.mark.parametrize(
    "text",
    ["tel:+1-212-555-0130;ext=12", "+1 212 555 0130;ext=12", "212-555-0130,,12", "212-555-0130;12", "212-555-0130p12",
     "212-555-0130,,12#", "212.555.0130 x12", "2125550130 ext:12", "(212) 555-0130 ext-12", "212-555-0130 extension 12",
     "212-555-0130 #12", "(212) 555-0130 (ext. 12)", "212 555 0130 / x12", "+1 212 555 0130 w12", "tel:+1(212)555-0130;ext=12;isub=3",
     "212-555-0130 Durchwahl 12", "212-555-0130 ramal 12", "Office: 212-555-0130 ext 12"],
)  # fmt: skip
def test_an_extension_in_any_notation_is_left_out_and_told(text: str) -> None:
    found = read_phone(text, ("US",))
    assert isinstance(found, ValueFault)
    assert (found.code, found.value, found.fails) == ("phone_extension", "+12125550130", False)
    assert "the extension 12" in found.sentence


@pytest.mark.parametrize(
    "text",
    [
        "tel:+12125550130",
        "tel:212-555-0130;phone-context=+1",
        "TEL:212-555-0130",
        "p:+12125550130",
    ],
)
def test_what_is_no_extension_is_not_told_as_one(text: str) -> None:
    assert read(text) == ("+12125550130", None)


def test_two_whole_numbers_behind_a_comma_are_two_numbers() -> None:
    assert read("2125550130,2125550131") == ("+12125550130", "several_values")
    assert read("212-555-0130 x9, 212-555-0131 x8") == ("+12125550130", "several_values")


@pytest.mark.parametrize(
    "text", ["+1 212-555-0130 ::: 212-555-0131", "2125550130:::2125550131", "2125550130 ::: "]
)
def test_google_s_sign_between_phones_is_no_part_of_them(text: str) -> None:
    assert read(text)[0] == "+12125550130"


def test_of_phones_between_google_s_signs_the_first_is_taken_and_the_others_are_told() -> None:
    assert read("+1 212-555-0130 ::: 212-555-0131") == ("+12125550130", "several_values")
    assert read("(212) 555-0130 ::: Fax 212-555-0131") == ("+12125550130", "fax_number")
