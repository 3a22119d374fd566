from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.highlevel.catalog import Catalog, CustomField
from importer.mapping.values.numbers import evidence_of
from importer.records import Outcome, Record

Lay = Callable[..., list[Record | Outcome]]


def scores(lay: Lay, cells: list[str], kind: str = "NUMERICAL", before: str = "") -> list[object]:
    field = CustomField(id="f1", name="Score", key="contact.score", data_type=kind)
    rules = f"{before}\nfields: {{email: E}}\ncustom_fields: {{Score: S}}"
    rows = [["E", "S"], *(["a@b.com", cell] for cell in cells)]
    mapped = lay(rules, rows, catalog=Catalog(location_id="loc1", custom_fields=(field,)))
    return [each.custom_fields[0][1] if isinstance(each, Record) else each.code for each in mapped]


@pytest.mark.parametrize(
    ("text", "sign"),
    [("1,234.5", "."), ("1,234,567", "."), ("12.5", "."), ("1.234,5", ","), ("12,5", ","), ("1,234", "?"), ("1.234", "?"),
     ("12", None), ("abc", None), ("$1,234.50", ".")],
)  # fmt: skip
def test_a_number_proves_a_decimal_sign_when_it_has_one_reading(text: str, sign: str | None) -> None:
    assert evidence_of(text) == sign


def test_one_cell_tells_the_decimal_sign_of_the_whole_column(lay: Lay) -> None:
    assert scores(lay, ["1,234", "12.5", "7"]) == [1234, 12.5, 7]
    assert scores(lay, ["1,234", "12,5"]) == [1.234, 12.5]


def test_a_column_that_proves_nothing_or_both_leaves_its_open_cells_failing(lay: Lay) -> None:
    assert scores(lay, ["1,234", "7"]) == ["invalid_number", 7]
    assert scores(lay, ["1,234", "12.5", "12,5"]) == ["invalid_number", 12.5, 12.5]


def test_what_the_mapping_says_goes_before_the_column(lay: Lay) -> None:
    assert scores(lay, ["1,234", "12.5"], before="defaults: {decimal: ','}") == [1.234, 12.5]


def test_amounts_have_cents_or_none_whatever_the_others_prove(lay: Lay) -> None:
    assert scores(lay, ["$1,234", "1.234 €", "12.50"], kind="MONETORY") == [1234, 1234, 12.5]
    assert scores(lay, ["1.234"], kind="MONETORY", before="defaults: {decimal: '.'}") == [1.234]


def test_a_custom_field_may_be_called_as_a_field_is(lay: Lay) -> None:
    rules = (
        "fields: {email: E, source: {column: S, transforms: [upper]}}\ncustom_fields: {source: {column: S}}"
    )
    (record,) = lay(rules, [["E", "S"], ["a@b.com", "web"]])
    assert isinstance(record, Record)
    assert (record.fields["source"], record.custom_fields) == ("WEB", (("contact.source", "web"),))
