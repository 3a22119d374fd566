"""What a spreadsheet does to a CSV is told from what a person does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.reading.rewriting import Rewriting, rewriting_of


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        ("01067", "1067", Rewriting.ZEROS),
        ("00", "0", Rewriting.ZEROS),
        ("0049301234567", "49301234567", Rewriting.ZEROS),
        ("007.50", "7.5", Rewriting.ZEROS),
        ("14155550123", "1.41556E+10", Rewriting.POWER),
        ("14155550123", "1.4E+10", Rewriting.POWER),
        ("14155550123", "1,41556E+10", Rewriting.POWER),
        ("14155550123456789", "1.41555501234568E+016", Rewriting.POWER),
        ("10000000000", "1E+10", Rewriting.POWER),
        ("4111111111111111234", "4111111111111110000", Rewriting.DIGITS),
        ("4111111111111111", "4111111111111110", Rewriting.DIGITS),
        ("3/14/1985", "03/14/85", Rewriting.DATE),
        ("1985-03-14", "3/14/1985", Rewriting.DATE),
        ("1985-03-14", "14.03.1985", Rewriting.DATE),
        ("14.03.1985", "1985-03-14", Rewriting.DATE),
        ("1E10", "10000000000", Rewriting.NUMBER),
        ("12E4", "1.20E+05", Rewriting.NUMBER),
        ("Mar 5, 1985", "5-Mar-85", Rewriting.DATE),
        ("Mar 5 1985", "03/05/1985", Rewriting.DATE),
        ("5th March 1985", "1985-03-05", Rewriting.DATE),
        ("5-Mar-1985", "5-Mar-85", Rewriting.DATE),
        ("1985-03-05", "5-Mar-85", Rewriting.DATE),
        ("1-2", "2-Jan", Rewriting.DATE),
        ("3/4", "4-Mar", Rewriting.DATE),
        ("MAR1", "1-Mar", Rewriting.DATE),
        ("1-2", "02. Jan", Rewriting.DATE),
    ],
)
def test_what_a_spreadsheet_rewrites_is_named(before: str, after: str, how: Rewriting) -> None:
    assert rewriting_of(before, after) is how


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nobody", "bob@example.com"),
        ("01067", "01076"),
        ("01067", "1068"),
        ("01067", ""),
        ("", "0"),
        ("01067", " 01067 "),
        ("14155550123", "14155550124"),
        ("14155550123", "1.5E+10"),
        ("14155550123", "+1 415 555 0123"),
        ("1.50", "1.5"),
        ("12", "1.2E+10"),
        ("3/14/1985", "03/14/1985"),
        ("1E10", "1E11"),
        ("1E10", "1 E10"),
        ("Mar 5, 1985", "Mar 6, 1985"),
        ("Mar 5, 1985", "Mar 5, 1986"),
        ("Mar 5, 1985", "May 5, 1985"),
        ("Mar 5, 1985", "03/06/1985"),
        ("5 Mar 1985", "05 Mar 1985"),
        ("3/4/1985", "4/3/1985"),
        ("3/14/1985", "3/15/85"),
        ("1-2", "3-Jan"),
        ("MAR1", "1-May"),
        ("14155550123456789", "14155550123456788"),
        ("Ann", "Anne"),
    ],
)
def test_what_a_person_corrects_is_not(before: str, after: str) -> None:
    assert rewriting_of(before, after) is None


@given(st.text("0123456789.,-/ eE+Jan", max_size=20), st.text("0123456789.,-/ eE+Jan", max_size=20))
def test_any_two_texts_can_be_compared(before: str, after: str) -> None:
    assert rewriting_of(before, before) is None
    assert rewriting_of(before, after) in {None, *Rewriting}
