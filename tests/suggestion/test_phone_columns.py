"""A column called Phone is taken when the import itself reads its cells; else somebody is told."""

from __future__ import annotations

import pytest

from importer.suggestion.suggesting import suggest_from


@pytest.mark.parametrize(
    "cell",
    [
        "cell: 415-555-2670", "415-555-2670 (home)", "415-555-2670 / 415-555-2770", "+34 612 345 670; +34 912 345 670",
        "+34 612 345 670\n+34 912 345 670", "415.555.2672 x12 / 415-555-2673", '="+14155552671"', "4.915112345678E+11",
        "491511234567.0", "tel. 4155552674 (home)", "+34 612 345 670 ::: 912 345 670",
        "\u202a+1 415-555-2670\u202c", "\u200b+14155552671\u200e",
    ],
)  # fmt: skip
def test_what_the_import_reads_is_a_phone_number(cell: str) -> None:
    rows = [("ann@example.com", cell), ("bob@example.com", cell.replace("67", "68"))]
    assert suggest_from(("Email", "Phone"), rows).chosen().get("Phone") == "phone"


@pytest.mark.parametrize(("header", "cell"), [("Phone", "none"), ("Email", "on file"), ("Handynummer", "ja")])
def test_a_field_s_own_name_above_other_values_is_pointed_out(header: str, cell: str) -> None:
    suggestion = suggest_from(("Name", header), [("Ann Lee", cell), ("Bob Ray", f"{cell} too")])
    assert any(header in said for said in suggestion.concerns)


@pytest.mark.parametrize("mobile", ["Mobilfunk", "Handynummer", "SMS", "Mobiel", "GSM", "Mob."])
def test_a_number_that_can_be_texted_comes_first(mobile: str) -> None:
    suggestion = suggest_from(("Telefon", mobile), [("030 901820", "0171 2345678")])
    (phone,) = [one for one in suggestion.fields if one.field == "phone"]
    assert phone.headers == (mobile, "Telefon")
