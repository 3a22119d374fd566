"""What is suggested is a mapping that loads, fits its file, maps the rows and lifts no block that somebody set meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.highlevel.catalog import Catalog, CustomField
from importer.mapping import parse_mapping
from importer.reading import open_source
from importer.records import Outcome, Record
from importer.settings import ReadingOptions
from importer.suggestion.suggesting import Suggestion, suggest, suggest_file, suggest_from
from tests.mappings.lifting import lifting
from tests.suggestion.scoring import FOLDERS, LABELS, export, run, score_set, suggested
from tests.suggestion.views import assert_views_agree

TESTS = Path(__file__).parent.parent
SAMPLES = TESTS.parent / "sample_data"
EXPORTS = [(kind, name) for kind, exports in LABELS.items() for name in exports]


def of(header: tuple[str, ...], *rows: tuple[str, ...], catalog: Catalog | None = None) -> Suggestion:
    return suggest_from(header, rows, catalog=catalog)


@pytest.mark.parametrize(("kind", "name"), EXPORTS, ids=[name for _, name in EXPORTS])
def test_a_suggestion_runs_on_the_file_it_was_made_from(kind: str, name: str) -> None:
    suggestion = suggested(kind, name)
    assert_views_agree(suggestion)
    results = run(export(kind, name), suggestion.to_yaml())
    assert results
    assert any(isinstance(result, Record) for result in results)


@pytest.mark.parametrize("kind", list(LABELS))
def test_no_suggestion_lifts_a_block(kind: str) -> None:
    texts = {name: suggested(kind, name).to_yaml() for name in LABELS[kind]}
    by_mail = {name: text for name, text in texts.items() if "email" in parse_mapping(text).model.fields}
    assert {name: rows for name, text in by_mail.items() if (rows := lifting(text))} == {}


def test_every_export_of_a_set_is_labelled() -> None:
    kept = {kind: {path.stem for path in folder.glob("*.csv")} for kind, folder in FOLDERS.items()}
    assert kept == {kind: set(names) for kind, names in LABELS.items()}


@pytest.mark.parametrize("kind", list(LABELS))
def test_guesses_over_the_headers_of_common_exports_are_right_and_complete(kind: str) -> None:
    total = score_set(kind)
    assert total.precision >= 0.97, total.wrong
    assert total.recall >= 0.95, total.missed
    assert not total.wrong_identifiers
    assert not total.wrong_consents


@pytest.mark.parametrize(
    ("name", "options", "failed"),
    [
        ("contacts.csv", ReadingOptions(), 0),
        # As with the written mapping, which drops the phone that is none and keeps the date that is none.
        ("newsletter.csv", ReadingOptions(), 5),
        ("crm-export.xlsx", ReadingOptions(sheet="Contacts"), 5),
    ],
)
def test_samples_run_with_what_is_suggested_for_them(name: str, options: ReadingOptions, failed: int) -> None:
    text = suggest(open_source(SAMPLES / name, options=options), options=options).to_yaml()
    results = run(SAMPLES / name, text)
    assert sum(isinstance(result, Outcome) for result in results) == failed


def test_of_several_sheets_the_one_with_contacts_is_taken_and_named() -> None:
    text = suggest_file(SAMPLES / "crm-export.xlsx").to_yaml()
    assert "source:\n  sheet: Contacts\n" in text
    assert len(run(SAMPLES / "crm-export.xlsx", text)) == 12


def test_a_workbook_without_contacts_is_refused_as_reading_refuses_it(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    first = book.create_sheet("Stock")
    first.append(["Colour", "Weight"])
    first.append(["red", 12])
    second = book.create_sheet("Other")
    second.append(["Size", "Price"])
    second.append(["L", 3])
    book.save(tmp_path / "stock.xlsx")
    with pytest.raises(SourceError, match="--sheet"):
        suggest_file(tmp_path / "stock.xlsx")


def test_a_column_of_addresses_is_email_whatever_it_is_called() -> None:
    suggestion = of(
        ("Reach at", "Who"), ("ada@example.com", "Ada Okafor"), ("ben@example.org", "Ben Castillo")
    )
    assert suggestion.chosen()["Reach at"] == "email"


def test_a_header_that_says_email_is_not_believed_over_its_values() -> None:
    assert (
        "Email" not in of(("Email", "Mail"), ("yes", "ada@example.com"), ("no", "ben@example.org")).chosen()
    )


def test_last_contacted_is_no_last_name_and_stage_no_state() -> None:
    header = ("E-mail", "Last Contacted", "Stage", "Status", "State")
    chosen = of(
        header,
        ("ada@example.com", "2026-01-02", "Won", "Active", "NY"),
        ("ben@example.org", "2026-01-03", "Lost", "Inactive", "MA"),
    ).chosen()
    assert chosen == {"E-mail": "email", "State": "state"}


def test_headers_alone_do_not_make_stage_a_state() -> None:
    assert of(("Last Contacted", "Stage", "Status")).chosen() == {}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Email Opt Out", "dndSettings.Email"),
        ("Do Not Call", "dndSettings.Call"),
        ("No texts", "dndSettings.SMS"),
        ("HasOptedOutOfEmail", "dndSettings.Email"),
        ("No WhatsApp", "dndSettings.WhatsApp"),
        ("DONOTCALL", "dndSettings.Call"),
        ("Do not contact", "dnd"),
        ("Opted out", "dnd"),
        ("DND", "dnd"),
        ("Unsubscribed", "dndSettings.Email"),
        ("Abgemeldet", "dndSettings.Email"),
        ("Désinscrit", "dndSettings.Email"),
    ],
)
def test_an_opt_out_is_do_not_disturb_on_its_channel(header: str, field: str) -> None:
    assert of((header,), ("yes",), ("no",)).chosen() == {header: field}


@pytest.mark.parametrize("header", ["Newsletters sent", "No of calls", "Mobile no", "Subscription price"])
def test_what_is_no_opt_out_of_a_channel_is_left_alone(header: str) -> None:
    suggestion = of((header,), ("yes",), ("no",))
    assert suggestion.chosen() == {}
    assert suggestion.consents_left == ()


def test_a_column_of_contacts_holds_their_names_or_nothing_we_know() -> None:
    assert of(("Contact", "Email"), ("Ada Okafor", "ada@example.com")).chosen()["Contact"] == "name"
    assert "Customer" not in of(("Customer", "Email"), ("K-1001", "ada@example.com")).chosen()


def test_a_no_to_an_opt_out_is_left_unsaid_so_that_it_lifts_no_block(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Email,Email Opt Out\nada@example.com,Yes\nben@example.org,No\n", encoding="utf-8")
    out, quiet = run(path, suggest(open_source(path)).to_yaml())
    assert isinstance(out, Record)
    assert isinstance(quiet, Record)
    assert out.fields["dndSettings"] == {"Email": {"status": "active"}}
    assert "dndSettings" not in quiet.fields


def test_an_opt_in_is_turned_round_even_where_the_sample_shows_one_answer(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "Email,Accepts Email Marketing\nada@example.com,yes\nben@example.org,yes\n", encoding="utf-8"
    )
    text = suggest(open_source(path)).to_yaml()
    path.write_text(
        "Email,Accepts Email Marketing\nada@example.com,yes\nben@example.org,no\n", encoding="utf-8"
    )
    agreed, refused = run(path, text)
    assert isinstance(agreed, Record)
    assert isinstance(refused, Record)
    assert "dndSettings" not in agreed.fields
    assert refused.fields["dndSettings"] == {"Email": {"status": "active"}}


def test_owners_of_contacts_are_no_contacts() -> None:
    rows = [(f"person{number}@example.com", "rep@example.com") for number in range(20)]
    suggestion = of(("Address", "Contact owner"), *rows)
    assert suggestion.chosen() == {"Address": "email"}
    assert "assignedTo: Contact owner" in suggestion.to_yaml()


def test_name_is_the_last_name_beside_a_first_name_and_whole_when_alone() -> None:
    assert of(("Vorname", "Name"), ("Ada", "Okafor")).chosen()["Name"] == "lastName"
    assert of(("Name", "E-mail"), ("Ada Okafor", "ada@example.com")).chosen()["Name"] == "name"
    assert of(("Nombre", "Apellidos"), ("Ana", "Díaz")).chosen()["Nombre"] == "firstName"


def test_region_and_date_order_come_from_the_values() -> None:
    suggestion = of(
        ("Telefon", "Geburtsdatum"), ("030 23125 101", "17.11.1975"), ("0171 3920 011", "03.04.1980")
    )
    assert suggestion.region is not None
    assert suggestion.region.value == "DE"
    assert suggestion.date_order is not None
    assert suggestion.date_order.value == "DMY"


def test_an_order_that_no_date_shows_is_said_to_be_a_guess() -> None:
    suggestion = of(("Phone", "Birthday"), ("212-555-0101", "03/04/1980"), ("212-555-0102", "05/06/1981"))
    assert suggestion.date_order is not None
    assert suggestion.date_order.guessed
    assert "please check" in suggestion.to_yaml()


def test_birthdays_without_a_year_are_left_with_the_reason() -> None:
    suggestion = of(("Email", "Birthday"), ("ada@example.com", "03/14"), ("ben@example.org", "12/01"))
    assert "Birthday" not in suggestion.chosen()
    assert "Birthday: its header says dateOfBirth, its values do not" in suggestion.to_yaml()


def test_columns_named_like_a_custom_field_of_the_location_go_there() -> None:
    catalog = Catalog(
        location_id="location1",
        custom_fields=(
            CustomField(id="f1", name="Shirt Size", key="contact.shirt_size", data_type="TEXT"),
            CustomField(id="f2", name="Interests", key="contact.interests", data_type="MULTIPLE_OPTIONS"),
            CustomField(id="f3", name="Seats", key="contact.seats", data_type="NUMERICAL"),
        ),
    )
    suggestion = of(
        ("Email", "shirt size", "Interests", "Seats"),
        ("ada@example.com", "M", "News; Offers", "a few"),
        ("ben@example.org", "L", "Events", "many"),
        catalog=catalog,
    )
    assert suggestion.chosen() == {
        "Email": "email",
        "shirt size": "custom:Shirt Size",
        "Interests": "custom:Interests",
    }
    assert 'Interests: {column: Interests, split: ";"}' in suggestion.to_yaml()
    parse_mapping(suggestion.to_yaml())


def test_a_second_street_line_joins_the_first() -> None:
    suggestion = of(("Email", "Address 1", "Address 2"), ("ada@example.com", "1 Main St", "Apt 4"))
    assert 'address1: {template: "{Address 1}, {Address 2}"}' in suggestion.to_yaml()


def test_a_column_without_a_header_is_said_and_left() -> None:
    text = of(("Email", "Phone", ""), ("ada@example.com", "212-555-0101", "x")).to_yaml()
    assert "Who may not be written to" not in text
    assert "column 3: it has no header" in text
    parse_mapping(text)


@pytest.mark.parametrize(
    "header",
    [
        "E-mail: [work]",
        "- Email",
        "Email # 1",
        "*Email",
        "{Email}",
        "Email\tAddress",
        'The "Email"',
        "yes",
        "@mail",
        "Email\\Work",
        "Email's, all",
        "\u202eEmail",
        "Email\u2028",
        "null",
        "1",
    ],
)
def test_a_header_of_any_spelling_survives_the_yaml(header: str) -> None:
    suggestion = of((header,), ("ada@example.com",), ("ben@example.org",))
    assert suggestion.chosen() == {header: "email"}
    assert parse_mapping(suggestion.to_yaml()).headers == (header,)


def test_nobody_s_values_stand_in_the_mapping() -> None:
    path = SAMPLES / "newsletter.csv"
    text = suggest(open_source(path)).to_yaml()
    for value in ("Müller", "example.com", "30 23125", "Hauptstraße"):
        assert value not in text


def test_a_file_without_rows_is_suggested_for_by_its_headers() -> None:
    suggestion = of(("First Name", "Last Name", "E-mail", "Mobile"))
    assert list(suggestion.chosen().values()) == ["firstName", "lastName", "email", "phone"]
    parse_mapping(suggestion.to_yaml())


def test_a_file_of_nothing_we_know_is_still_a_mapping_that_says_so() -> None:
    text = of(("Colour", "Weight"), ("red", "12"), ("blue", "13")).to_yaml()
    assert "HighLevel refuses contacts without" in text


def test_cells_of_any_length_are_looked_at_in_no_time() -> None:
    hostile = ("a-" * 100_000, "1 " * 100_000, "(" * 100_000, "a@" * 100_000)
    began = time.perf_counter()
    of(("Email", "Phone", "Website", "Birthday"), *[(text,) * 4 for text in hostile] * 20)
    assert time.perf_counter() - began < 5


def test_the_vendor_s_own_ids_are_offered_and_not_used() -> None:
    """Rows with ids of another location would all fail."""
    suggestion = of(
        ("Contact Id", "Email"),
        ("aB3dE5gH7jK9mN1pQ3rS", "ada@example.com"),
        ("zY8xW6vU4tS2rQ0pO8nM", "ben@example.org"),
    )
    assert suggestion.chosen() == {"Email": "email"}
    assert "#   id: Contact Id  # only to change contacts" in suggestion.to_yaml()


def test_google_s_own_groups_lose_their_stars_and_the_one_of_everybody_goes() -> None:
    text = of(("Email", "Labels"), ("ada@example.com", "* myContacts ::: * starred ::: Friends")).to_yaml()
    assert 'map: {"* myContacts": "", "* starred": starred}' in text
    parse_mapping(text)


def test_a_detail_that_does_not_read_does_not_cost_the_row(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        "Email,Birthday\nada@example.com,1985-03-14\nben@example.org,45/45/85\ncy@example.net,1990-01-02\n",
        encoding="utf-8",
    )
    text = suggest(open_source(path)).to_yaml()
    assert "on_invalid: drop}  # its header; 1 of 3 values do not read" in text
    assert all(isinstance(result, Record) for result in run(path, text))


@pytest.mark.parametrize(
    ("street", "number"),
    [("Straat", "Huisnummer"), ("Straße", "Hausnr."), ("Strasse", "Hausnummer"), ("Street", "House number"), ("Via", "Numero civico")],
)  # fmt: skip
def test_a_house_number_of_its_own_is_joined_to_the_street(street: str, number: str) -> None:
    suggestion = of((street, number, "Email"), ("Dorpsstraat", "12", "a@b.co"), ("Kerkweg", "5", "b@b.co"))
    (address,) = [one for one in suggestion.fields if one.field == "address1"]
    assert address.template == f"{{{street}}} {{{number}}}"
