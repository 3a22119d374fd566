"""YAML and JSON of a suggestion are views of the same values: neither says more, less or something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.highlevel.catalog import Catalog, CustomField
from importer.highlevel.fields import FIELDS
from importer.mapping import parse_mapping
from importer.mapping.language.model import MappingModel
from importer.reading import open_source
from importer.settings import ReadingOptions
from importer.suggestion.guesses import Strength
from importer.suggestion.proposal import proposed
from importer.suggestion.suggesting import Suggestion, suggest, suggest_from
from importer.yaml.kinds import read_section
from tests.suggestion.views import assert_views_agree, entries

SAMPLES = Path(__file__).parents[2] / "sample_data"


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.csv")), ids=lambda path: path.stem)
def test_the_mapping_of_the_yaml_is_the_mapping_of_the_values(path: Path) -> None:
    suggestion = suggest(open_source(path))
    assert_views_agree(suggestion)
    assert parse_mapping(suggestion.to_yaml()).model == read_section(MappingModel, proposed(suggestion))


HEADERS = st.one_of(
    st.sampled_from(
        ("E-mail", "Phone", "Tags", "Birthday", "Name", "Country", "Opted out", "Sex", "yes", "PLZ/Ort")
    ),
    st.text(max_size=12),
)
CELLS = st.one_of(
    st.sampled_from(
        ("", "ann@example.com", "Lee, Ann", "+1 212 555 0130", "1990-02-01", "NULL", "yes", "no", "f", "m", "US", "a;b", "* x")
    ),
    st.text(max_size=8),
)  # fmt: skip


@settings(max_examples=60)
@given(table=st.integers(1, 5).flatmap(lambda wide: st.tuples(
    st.lists(HEADERS, min_size=wide, max_size=wide),
    st.lists(st.lists(CELLS, min_size=wide, max_size=wide), max_size=4),
)))  # fmt: skip
def test_whatever_stands_in_a_file_is_written_as_it_is(table: tuple[list[str], list[list[str]]]) -> None:
    header, rows = table
    assert_views_agree(suggest_from(header, rows, name="a\x1b[31m.csv"))


def test_what_the_user_said_of_the_file_is_in_both_views() -> None:
    options = ReadingOptions(sheet="Contacts", header_row=3)
    said = suggest(open_source(SAMPLES / "crm-export.xlsx", options=options), options=options)
    assert_views_agree(said)
    assert proposed(said)["source"] == {"sheet": "Contacts", "header_row": "3"}


def one_of_each() -> Suggestion:
    sizes = CustomField(
        id="f1", key="contact.t_shirt", name="No. 1", data_type="MULTIPLE_OPTIONS", options=("S", "L")
    )
    return suggest_from(
        ("Emial", "Born", "Labels", "Opted out", "No. 1", "Name"),
        [("ann@example.com", "1990-02-31", "a;b", "yes", "S;L", "Ann Lee")],
        catalog=Catalog(location_id="l1", custom_fields=(sizes,)),
    )


def test_a_program_reads_what_a_rule_is_about_and_how_sure_it_is() -> None:
    described = one_of_each().to_json()
    rules = {one["key"]: one for one in entries(described, "rules")}
    assert rules["fields.name"]["label"] == "Full name"
    assert rules["fields.name"]["group"] == "person"
    assert rules["fields.name"]["strength"] == "sure"
    assert rules["fields.email"]["strength"] == "likely"
    assert rules['custom_fields."No. 1"']["group"] == "custom"
    assert rules['custom_fields."No. 1"']["rule"] == {"column": "No. 1", "split": ";"}


def test_doubts_are_codes_for_programs_and_sentences_for_people() -> None:
    (opted_out,) = (
        one
        for one in entries(
            suggest_from(
                ("Email", "Marketing consent"), [("ann@example.com", "level 1"), ("bob@example.com", "x")]
            ).to_json(),
            "left",
        )
    )
    assert opted_out["doubts"] == [
        {
            "code": "consent_unclear",
            "sentence": "Column 'Marketing consent' looks like consent (an opt-in or opt-out), and its values are not "
            "understood: decide what it sets before you import.",
            "loud": True,
        }
    ]


def test_a_column_that_lost_its_field_to_another_can_still_be_put_there() -> None:
    left = suggest_from(
        ("Email", "First name", "First name (again)", "City", "Town"),
        [("ann@example.com", "Ann", "Ann", "Berlin", "Berlin")],
    ).left
    assert [(one.column.header, [each.field for each in one.alternatives]) for one in left][-1] == (
        "Town",
        ["city"],
    )


@pytest.mark.parametrize(
    ("strength", "said"),
    [(1.0, "sure"), (0.92, "sure"), (0.8, "likely"), (0.78, "possible"), (0.6, "possible")],
)
def test_strength_is_said_in_three_words(strength: float, said: str) -> None:
    assert Strength.of(strength) == said


def test_every_field_has_a_label_of_its_own() -> None:
    labels = [facts.label for facts in FIELDS.values()]
    assert len(set(labels)) == len(labels)
