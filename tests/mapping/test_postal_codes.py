"""Postal codes whose zeros a spreadsheet took off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.errors import MappingError
from importer.mapping import parse_mapping
from importer.records import Outcome, Record

Lay = Callable[..., list[Record | Outcome]]


def codes(
    lay: Lay, rows: list[tuple[str, str]], *, rule: str = "Zip", before: str = "defaults: {region: US}"
) -> list[object]:
    """Give each row's code, behind it ! where the row is warned; rows are code and country."""
    rules = f"{before}\nfields: {{email: {{value: a@b.com}}, postalCode: {rule}, country: Country}}"
    mapped = lay(rules, [["Zip", "Country"], *map(list, rows)])
    return [_shown(each) for each in mapped]


def _shown(each: Record | Outcome) -> object:
    assert isinstance(each, Record), each
    told = [fault.code for fault in each.warnings]
    assert told in ([], ["lost_zeros"])
    return f"{each.fields.get('postalCode')}{'!' * len(told)}"


def test_a_code_too_short_for_the_country_of_its_row_is_told(lay: Lay) -> None:
    rows = [
        ("2134", "US"),
        ("01970", "US"),
        ("8001", "CH"),
        ("1067", "DE"),
        ("210", "US"),
        ("2134-1234", "US"),
        ("0800", "AU"),
        ("800", "AU"),
    ]
    assert codes(lay, rows) == ["2134!", "01970", "8001", "1067!", "210!", "2134-1234!", "0800", "800!"]


def test_the_dash_of_a_code_of_brazil_or_japan_is_a_part_of_it(lay: Lay) -> None:
    rows = [("1310100", ""), ("01310-100", ""), ("20040-020", "")]
    assert codes(lay, rows, before="defaults: {region: BR}") == ["1310100!", "01310-100", "20040-020"]
    rows = [("600001", ""), ("060-0001", ""), ("100-0001", "")]
    assert codes(lay, rows, before="defaults: {region: JP}") == ["600001!", "060-0001", "100-0001"]


def test_without_a_country_the_neighbours_tell(lay: Lay) -> None:
    assert codes(lay, [("2134", ""), ("01970", ""), ("10001", "")]) == ["2134!", "01970", "10001"]
    assert codes(lay, [("2134", ""), ("1970", "")]) == ["2134", "1970"]
    assert codes(lay, [("2134", ""), ("01970", "")], before="") == ["2134", "01970"]


@pytest.mark.parametrize("code", ["SW1A 1AA", "12", "K1A 0B6", "2134 AB", "1010-Wien", "02134", "021341234"])
def test_other_codes_are_left_alone(lay: Lay, code: str) -> None:
    assert codes(lay, [(code, "US"), ("01970", "US")])[0] == code


def test_pad_puts_the_zeros_back_where_the_country_has_such_codes(lay: Lay) -> None:
    rows = [
        ("2134", "US"),
        ("2134", ""),
        ("210", "US"),
        ("2134-1234", "US"),
        ("8001", "CH"),
        ("1067", "DE"),
        ("10001", "US"),
        ("EC1A", "GB"),
    ]
    padded = ["02134", "02134", "00210", "02134-1234", "8001", "01067", "10001", "EC1A"]
    assert codes(lay, rows, rule="{column: Zip, pad: 5}") == padded


def test_a_fixed_country_is_the_country_of_every_row(lay: Lay) -> None:
    rules = "fields: {email: {value: a@b.com}, postalCode: Zip, country: {value: US}}"
    (one,) = lay(rules, [["Zip"], ["2134"]])
    assert isinstance(one, Record)
    assert not one.warnings
    first, _ = lay(rules, [["Zip"], ["2134"], ["10001"]])
    assert isinstance(first, Record)
    assert [fault.code for fault in first.warnings] == ["lost_zeros"]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("fields: {email: E, city: {column: C, pad: 5}}", "'pad' does nothing for city"),
        (
            "fields: {email: E}\ncustom_fields: {Zip: {column: Z, pad: 5}}",
            "'pad' is for the field postalCode",
        ),
        ("fields: {email: E, postalCode: {column: Z, pad: 50}}", "8"),
    ],
)
def test_pad_where_it_can_do_nothing_is_a_fault(rules: str, said: str) -> None:
    with pytest.raises(MappingError) as refused:
        parse_mapping(f"version: 1\n{rules}")
    assert said in " ".join(refused.value.faults)
