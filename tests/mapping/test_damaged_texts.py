"""Texts that exports and spreadsheets damaged: read as people mean them, or told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from importer.highlevel.catalog import Catalog, CustomField
from importer.mapping.values.texts import clean, clean_column
from importer.records import Outcome, Record, TypedText

Lay = Callable[..., list[Record | Outcome]]


def field(lay: Lay, text: str, name: str = "companyName", **options: object) -> tuple[object, list[str]]:
    """Give a field's value and the codes of what was told."""
    (each,) = lay(f"fields: {{email: {{value: a@b.com}}, {name}: C}}", [["C"], [text]], **options)
    if isinstance(each, Outcome):
        return None, [fault.code for fault in each.faults]
    return each.fields.get(name), [fault.code for fault in each.warnings]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="02134"', "02134"), ('="Ann"', "Ann"), (' ="Ann" ', "Ann"), ('= "Ann"', "Ann"), ('="say ""hi"""', 'say "hi"'), ('=""', ""),
        ('="Müller"', "Müller"), ('=T("02134")', "02134"), ('=HYPERLINK("https://example.com","Acme")', "Acme"), ('=" Ann "', "Ann"),
        ("=Salem", "=Salem"), ('="a"&"b"', '="a"&"b"'), ("Beta = Gamma", "Beta = Gamma"), ("=1+1", "=1+1"),
    ],
)  # fmt: skip
def test_a_text_that_an_export_kept_from_being_a_number_is_what_stands_between_the_quotes(
    cell: str, text: str
) -> None:
    assert clean(cell) == text
    assert clean_column([cell, "x"], typed=False) == [text, "x"]


@pytest.mark.parametrize("rule", ["phone", "email", "postalCode", "dateOfBirth", "website"])
def test_it_is_the_same_in_every_column(lay: Lay, rule: str) -> None:
    cells = {
        "phone": "+12125550130",
        "email": "a@b.com",
        "postalCode": "02134",
        "dateOfBirth": "1990-01-02",
        "website": "https://x.com",
    }
    name = "phone: C, email" if rule == "email" else rule
    (each,) = lay(
        f"fields: {{email: {{value: a@b.com}}, {name}: C}}" if rule != "email" else "fields: {email: C}",
        [["C"], [f'="{cells[rule]}"']],
    )
    assert isinstance(each, Record)
    assert each.fields[rule] == cells[rule]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("12 Main St\x0bApt 4", "12 Main St\nApt 4"), ("12 Main St\x0cApt 4", "12 Main St\nApt 4"), ("a\x85b", "a\nb"), ("a\u2028b", "a\nb"),
        ("vip\x1dnew", "vip\nnew"), ("de\x1fRay", "de\nRay"), ("a\x1eb", "a\nb"), ("a\x01b", "a b"), ("a\x02\x03b", "a b"), ("a\x01 b", "a b"),
        ("O\x92Hara", "O’Hara"), ("\x93Acme\x94", "“Acme”"), ("a\x00b", "ab"), ("a\x0b", "a"),
    ],
)  # fmt: skip
def test_a_control_character_parts_words_and_never_glues_them(cell: str, text: str) -> None:
    assert clean(cell) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [("O&#039;Hara", "O'Hara"), ("Lee &amp; Sons", "Lee & Sons"), ("Montr&eacute;al", "Montréal"), ("&quot;Acme&quot;", '"Acme"'), ("a&#x27;b", "a'b"),
     ("Müller &amp; Co", "Müller & Co"), ("AT&amp;amp;T", "AT&amp;T")],
)  # fmt: skip
def test_entities_of_a_web_form_are_told_with_what_they_mean(lay: Lay, text: str, meant: str) -> None:
    (each,) = lay("fields: {email: {value: a@b.com}, companyName: C}", [["C"], [text]])
    assert isinstance(each, Record)
    (told,) = each.warnings
    assert (told.code, each.fields["companyName"]) == ("html_entities", text)
    assert meant in told.message
    assert field(lay, text, "lastName") == (text, ["html_entities"])


@pytest.mark.parametrize(
    "text", ["AT&T", "Fox & Co", "a&b;c", "R&D; sales", "&", "Smith &Sons;", "?a=1&copy=2"]
)
def test_a_plain_ampersand_is_no_entity(lay: Lay, text: str) -> None:
    assert field(lay, text) == (text, [])


CERTAIN = ["\\N", "(null)", "<null>", "[NULL]", "#N/A", "#REF!", "#NV", "NaT", "(blank)", "[object Object]"]
LIKELY = ["NULL", "null", "nan", "NaN", "N/A", "n/a", "-", "--", "\u2014", "undefined"]


@pytest.mark.parametrize("name", ["lastName", "companyName", "city", "state", "postalCode", "source"])
def test_what_can_only_mean_nothing_is_left_out_and_told(lay: Lay, name: str) -> None:
    left_out = dict.fromkeys(CERTAIN, (None, ["blank_marker"]))
    assert {text: field(lay, text, name) for text in CERTAIN} == left_out


@pytest.mark.parametrize("name", ["lastName", "companyName", "postalCode"])
def test_what_may_be_a_text_is_sent_and_told(lay: Lay, name: str) -> None:
    assert {text: field(lay, text, name) for text in LIKELY} == {
        text: (text, ["blank_marker"]) for text in LIKELY
    }


@pytest.mark.parametrize("name", ["phone", "dateOfBirth", "timezone", "dnd", "website"])
def test_where_it_can_be_no_value_it_is_left_out_and_does_not_fail_the_row(lay: Lay, name: str) -> None:
    texts = [*CERTAIN, *LIKELY, "None", "unknown", "NA", "not available"]
    assert {text: field(lay, text, name) for text in texts} == dict.fromkeys(texts, (None, ["blank_marker"]))


@pytest.mark.parametrize("text", ["N/A", "n/a", "N.A.", "#N/A", "D/K", "NULL"])
def test_a_country_that_nobody_knows_is_none_and_gives_the_phone_no_region(lay: Lay, text: str) -> None:
    rules = "defaults: {region: US}\nfields: {phone: P, country: C}"
    (each,) = lay(rules, [["P", "C"], ["(212) 555-0130", text]])
    assert isinstance(each, Record)
    assert dict(each.fields) == {"phone": "+12125550130"}
    assert [fault.code for fault in each.warnings] == ["blank_marker"]


@pytest.mark.parametrize("text", ["Null", "Nan", "Nullarbor", "Nil", "Na"])
def test_people_and_places_keep_their_names(lay: Lay, text: str) -> None:
    assert field(lay, text, "lastName") == (text, [])


def test_a_required_value_that_says_that_there_is_none_is_missing(lay: Lay) -> None:
    (each,) = lay("fields: {email: {column: C, required: true}}", [["C"], ["NULL"]])
    assert isinstance(each, Outcome)
    assert each.code == "missing_value"


def test_a_marker_in_one_column_does_not_hide_the_next(lay: Lay) -> None:
    rules = "defaults: {region: US}\nfields: {phone: {columns: [Mobile, Phone]}}"
    header = ["Mobile", "Phone"]
    first, second, third = lay(
        rules + "\nmatch: {require: [phone]}",
        [header, ["N/A", "212-555-0130"], ["212-555-0131", "N/A"], ["212-555-0132", "-"]],
    )
    for each, number in ((first, "0130"), (second, "0131"), (third, "0132")):
        assert isinstance(each, Record)
        assert (each.fields["phone"], each.warnings) == (f"+1212555{number}", ())


def test_the_mapping_names_texts_that_are_blank(lay: Lay) -> None:
    rules = (
        'defaults: {empty: [NULL, "-", nobody@example.com]}\nrows: {skip_if: {column: Status, blank: true}}\n'
        "fields: {email: E, lastName: {column: L, default: Friend}, companyName: C}\ntags: T\ncustom_fields: {Note: N}"
    )
    header = ["E", "L", "C", "T", "N", "Status"]
    mapped = lay(
        rules,
        [header, ["a@b.com", "NULL", "-", "NULL", "-", "x"], ["b@b.com", "Null", "--", "vip", "null", "x"],
         ["nobody@example.com", "Lee", "", "", "", "x"], ["c@b.com", "Lee", "", "", "", " NULL "]],
    )  # fmt: skip
    first, second, third, fourth = mapped
    assert isinstance(first, Record)
    assert (dict(first.fields), first.tags, first.custom_fields) == (
        {"email": "a@b.com", "lastName": "Friend"},
        (),
        (),
    )
    assert first.warnings == ()
    assert isinstance(second, Record)
    assert (second.fields["lastName"], second.fields["companyName"], second.tags) == ("Null", "--", ("vip",))
    assert [each.code for each in (third, fourth) if isinstance(each, Outcome)] == [
        "no_identifier",
        "row_filter",
    ]


def test_a_custom_field_of_numbers_takes_what_programs_write_for_none_and_refuses_what_nobody_knows(
    lay: Lay,
) -> None:
    known = CustomField(id="f1", name="Amount", key="contact.amount", data_type="NUMERICAL")
    catalog = Catalog(location_id="loc1", custom_fields=(known,))
    mapped = lay(
        "fields: {email: {value: a@b.com}}\ncustom_fields: {Amount: C}",
        [["C"], ["NULL"], ["-"], ["#N/A"], ["5"], ["unknown"], ["n/a"]],
        catalog=catalog,
    )
    assert [each.custom_fields for each in mapped if isinstance(each, Record)] == [(), (), (), (("f1", 5),)]
    assert {fault.code for each in mapped for fault in each.warnings} == {"blank_marker"}
    assert [each.code for each in mapped if isinstance(each, Outcome)] == ["invalid_number"] * 2


@pytest.mark.parametrize(
    "cell",
    [TypedText("2024-03-12", date(2024, 3, 12)), TypedText("2024-03-12 00:00:00", datetime(2024, 3, 12)), "12-Mar", "Mar-12", "3-Dec", "12. Mrz"],  # noqa: DTZ001
)  # fmt: skip
@pytest.mark.parametrize("name", ["address1", "companyName", "city", "lastName", "postalCode"])
def test_an_address_that_became_a_date_is_told(lay: Lay, cell: str, name: str) -> None:
    assert field(lay, cell, name) == (str(cell), ["turned_into_date"])


@pytest.mark.parametrize("text", ["9 Oak Ave", "12-3", "March 12", "Mar", "12-Maroon", "1st of May Street"])
def test_other_addresses_are_not(lay: Lay, text: str) -> None:
    assert field(lay, text, "address1") == (text, [])


def test_a_custom_field_may_hold_a_date(lay: Lay) -> None:
    (each,) = lay("fields: {email: {value: a@b.com}}\ncustom_fields: {Day: C}", [["C"], ["12-Mar"]])
    assert isinstance(each, Record)
    assert each.warnings == ()


def test_what_the_mappings_own_map_does_not_list_is_refused_all_the_same(lay: Lay) -> None:
    (each,) = lay(
        "fields: {email: {value: a@b.com}, gender: {column: C, map: {M: male}}}", [["C"], ["unknown"]]
    )
    assert isinstance(each, Outcome)
    assert each.code == "unmapped_value"


def test_an_owner_that_nobody_is_leaves_the_contact_without(lay: Lay) -> None:
    catalog = Catalog(location_id="loc1", users=())
    (each,) = lay("fields: {email: {value: a@b.com}, assignedTo: C}", [["C"], ["N/A"]], catalog=catalog)
    assert isinstance(each, Record)
    assert "assignedTo" not in each.fields
