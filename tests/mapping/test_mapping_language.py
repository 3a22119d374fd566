from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import MappingError
from importer.mapping import load_mapping, parse_mapping
from importer.records import FollowUpFor, ImportMode, TagMode
from importer.settings import ReadingOptions

WHOLE = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
source: {sheet: Contacts, header_row: 3, encoding: cp1252, delimiter: ";"}
defaults: {region: us, date_order: DMY}
fields:
  firstName: First Name
  lastName: [Last Name, Surname]
  email: {column: E-mail, required: true}
  phone: {columns: [Mobile, Phone], region: GB, on_invalid: drop}
  dateOfBirth: {column: DOB, format: "%d/%m/%Y"}
  companyName: {template: "{Company} ({Branch})"}
  source: {value: Spring migration}
  country: {column: Country, default: US}
  gender: {column: Sex, map: {M: male, F: female}}
  dnd: {column: Opted out}
  dndSettings.SMS: {column: No texts}
tags: {columns: [Tags, Segment], split: ";", always: [spring-import], mode: replace}
custom_fields:
  Shirt Size: {column: Shirt}
match: {require: [email, phone], in_file_duplicates: first}
mode: create_only
rows: {skip_if: {column: Status, in: [test, deleted]}}
empty_cells: leave
after: {workflow: Welcome, for: created}
"""


def faults(text: str) -> list[str]:
    with pytest.raises(MappingError) as refused:
        parse_mapping(text, name="m.yaml")
    return list(refused.value.faults)


def fault(body: str) -> str:
    """Give the one fault of a mapping that is sound but for ``body``."""
    (only,) = faults(f"version: 1\nfields:\n  email: E-mail\n{body}\n")
    return only


def test_the_whole_language_is_taken() -> None:
    mapping = parse_mapping(WHOLE)
    assert mapping.headers[:4] == ("First Name", "Last Name", "Surname", "E-mail")
    assert {"Company", "Branch", "Status", "Tags", "Shirt"} <= set(mapping.headers)
    assert mapping.mode is ImportMode.CREATE_ONLY
    assert mapping.tag_mode is TagMode.REPLACE
    assert mapping.follow_ups.workflow == "Welcome"
    assert mapping.follow_ups.applies_to is FollowUpFor.CREATED
    assert mapping.needs.custom_field_names == ("Shirt Size",)
    assert [listing.name for listing in mapping.needs.listings] == ["workflows"]
    assert not mapping.needs.users


def test_what_flags_say_wins_over_what_the_mapping_says_of_its_source() -> None:
    options = parse_mapping(WHOLE).reading_options(ReadingOptions(sheet="Other"))
    assert (options.sheet, options.header_row, options.encoding, options.delimiter) == (
        "Other",
        3,
        "cp1252",
        ";",
    )
    assert "E-mail" in options.wanted_headers


def test_a_delimiter_may_be_said_in_a_word() -> None:
    for text in ("tab", '"\\t"', "\\t"):
        mapping = parse_mapping(f"version: 1\nsource: {{delimiter: {text}}}\nfields: {{email: E}}")
        assert mapping.reading_options(ReadingOptions()).delimiter == "\t"


def test_the_location_comes_from_the_environment_when_it_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("HIGHLEVEL_LOCATION_ID", raising=False)
    mapping = parse_mapping(WHOLE)
    assert mapping.fixed_location is None
    monkeypatch.setenv("HIGHLEVEL_LOCATION_ID", "abc")
    assert mapping.fixed_location == "abc"


def test_the_environment_stands_nowhere_but_in_the_location() -> None:
    mapping = parse_mapping("version: 1\nfields: {email: E, source: {value: '${HOME}'}}")
    assert mapping.model.fields["source"].value == "${HOME}"


def test_the_fingerprint_follows_the_meaning_and_not_the_spelling() -> None:
    one = parse_mapping("version: 1\nfields: {email: E-mail}")
    same = parse_mapping("# a comment\nversion: '1'\nfields:\n  email: {column: E-mail}\nmode: upsert\n")
    other = parse_mapping("version: 1\nfields: {email: Mail}")
    assert one.fingerprint == same.fingerprint != other.fingerprint


def test_all_faults_of_a_file_are_told_at_once_in_its_order() -> None:
    told = faults(
        "version: 2\nloction: x\nfields:\n  firstNam: A\n  email: {colum: B}\n  email: C\nmode: upser\n"
    )
    assert told == [
        "m.yaml:1:10: '2' is none of 1.",
        "m.yaml:2:1: 'loction' is no key here. Did you mean 'location'?",
        "m.yaml:4:3: 'firstNam' is no field of a contact. Did you mean 'firstName'?",
        "m.yaml:5:11: 'colum' is no key here. Did you mean 'column'?",
        "m.yaml:6:3: The key 'email' is here a second time (first in line 5).",
        "m.yaml:7:7: 'upser' is none of upsert, create_only, update_only. Did you mean 'upsert'?",
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("  city: {column: A, columns: [B]}", "4:9: A rule has one of column, columns, value, template; here column and"),
        ("  city: {default: A}", "4:9: A rule has one of column, columns, value, template; here none is given."),
        ("  city: {value: A, default: B}", "4:9: A fixed value takes no default"),
        ("  city: {column: A, split: ','}", "4:28: 'split' does nothing for city"),
        ("  city: {column: A, region: US}", "4:29: 'region' does nothing for city"),
        ("  city: {column: A, map: {'': x}}", "4:9: What a blank cell stands for is said by `default`"),
        ("  city: {column: A, required: true, optional: true}", "4:9: A rule is required or optional"),
        ("  city: {column: A, unmapped: keep}", "4:9: 'unmapped' says what happens"),
        ("  city: {template: 'no header'}", "4:20: The template 'no header' names no header"),
        ("  city: {template: '{A'}", "4:20: The brace '{' has no partner"),
        ("  city: {column: A, transforms: [lowr]}", "4:34: 'lowr' is no transform. Did you mean 'lower'?"),
        ("  city: {column: A, transforms: [{split: {prt: 1}}]}", "4:34: 'split' takes no 'prt'. Did you mean 'part'?"),
        ("  city: {column: A, transforms: [{regex: '(a+)+b'}]}", "4:34: The pattern '(a+)+b' repeats a group"),
        ("  city: {column: A, transforms: [{regex: '(a'}]}", "4:34: The pattern '(a' is not valid"),
        ("  city: {column: A, transforms: [{regex: {pattern: a, replace: '\\1'}}]}", "4:34: The replacement"),
        ("  country: {column: A, default: Narnia}", "4:33: 'Narnia' is no country that the vendor knows."),
        ("  dateOfBirth: {column: A, format: '%d.%m'}", "4:36: '%d.%m' needs a day, a month and a year, such as"),
        ("  dateOfBirth: {column: A, format: '%d/%m/%Y %Q'}", "4:36: '%d/%m/%Y %Q' is no date format"),
        ("  dateOfBirth: {column: A, format: 'soon'}", "4:36: 'soon' needs a day"),
        ("  phone: {column: A, empty_cells: clear}", "4:35: Contacts are matched by phone, so a blank cell never clears it."),
        ("  postalCode: {column: A, empty_cells: clear}", "4:40: The API takes no null for postalCode"),
        ("  dndSettings.SMS.code: A", "4:25: 'dndSettings.SMS.code' needs a rule for 'dndSettings.SMS'"),
        ("  additionalEmails: A", "4:3: 'additionalEmails' cannot be written"),
        ("  tags: A", "4:3: 'tags' cannot be written: tags have their own section"),
        ("tags: {split: ';'}", "4:7: Tags need columns, marked, always, or several of them."),
        ("defaults: {region: XX}", "4:20: 'XX' is no country code"),
        ("defaults: {region: UK}", "4:20: 'UK' is no country code; write two letters, such as US or GB. Did you mean 'GB'?"),
        ("source: {encoding: utf-9}", "4:20: 'utf-9' is no text encoding"),
        ("match: {require: [phone]}", "4:18: No rule fills phone, so every row would fail."),
        ("rows: {skip_if: {column: A}}", "4:17: A condition has one of in, equals, contains, blank."),
        ("location: {column: A, fixed: B}", "4:11: A location is an id, or has a column."),
        ("custom_fields: {A: {column: B, empty_cells: clear}}", "4:45: The API takes no null for custom fields."),
        ("custom_fields: [A]", "4:16: 'custom_fields': keys with values are expected here (key: value), not a list."),
    ],
)  # fmt: skip
def test_each_mistake_is_told_at_its_place(body: str, told: str) -> None:
    assert fault(body).startswith(f"m.yaml:{told}")


def test_a_mapping_without_any_identity_is_refused() -> None:
    assert faults("version: 1\nfields: {city: City}") == [
        "m.yaml:2:9: No rule fills email or phone (or id); the vendor refuses contacts without."
    ]


def test_a_fixed_email_that_is_none_is_refused_before_any_row() -> None:
    (told,) = faults("version: 1\nfields: {email: {value: nobody}}")
    assert told == "m.yaml:2:25: 'nobody' has no @ and is no e-mail address."


def test_a_file_that_is_missing_or_not_utf8_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read: No such file"):
        load_mapping(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("version: 1 # é".encode("cp1252"))
    with pytest.raises(MappingError, match="is not UTF-8 text"):
        load_mapping(tmp_path / "latin.yaml")
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path)


def test_a_file_is_loaded_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("version: 1\nfields: {email: E-mail}\n", encoding="utf-8")
    assert load_mapping(path).name == str(path)
    assert load_mapping(path).text.startswith("version: 1")


def refused_or_taken(text: str) -> bool:
    """Tell that loading ended in a mapping, or in a MappingError with its faults: whatever else is raised gets through."""
    try:
        parse_mapping(text)
    except MappingError as refusal:
        return bool(refusal.faults)
    return True


@given(st.text(max_size=300))
def test_loading_any_text_raises_nothing_but_a_mapping_error(text: str) -> None:
    assert refused_or_taken(text)


LINES = [line for line in WHOLE.splitlines() if line]


@given(st.lists(st.sampled_from(LINES), max_size=25), st.integers(0, 10_000), st.text(max_size=5))
def test_loading_a_damaged_mapping_raises_nothing_but_a_mapping_error(
    lines: list[str], at: int, noise: str
) -> None:
    text = "\n".join(lines)
    assert refused_or_taken(text[:at] + noise + text[at:])


def test_a_rule_that_cannot_work_is_told_together_with_the_faults_of_others() -> None:
    text = """version: 1
locaton: abc
fields:
  email: {colum: E-mail}
  country: {value: Atlantis}
  city: {column: City, date_order: DMY}
custom_fields:
  Size: {column: S, codes: true}
"""
    with pytest.raises(MappingError) as refused:
        parse_mapping(text, name="m.yaml")
    places = [fault.split(" ")[0] for fault in refused.value.faults]
    assert places == ["m.yaml:2:1:", "m.yaml:4:11:", "m.yaml:5:20:", "m.yaml:6:36:", "m.yaml:8:28:"]


@pytest.mark.parametrize("text", ["- a", "word", "fields: [a]", "fields: {email: {colum: x}}\ndefaults: [a]"])
def test_a_file_that_is_no_mapping_at_all_is_refused(text: str) -> None:
    with pytest.raises(MappingError, match=r"mapping.yaml:1:"):
        parse_mapping(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nsteps: [{files: deals.csv, mapping: deals.yaml}]", "is a migration file, not a mapping. It is for: importer migrate FOLDER -m x.yaml"),
        ("jobs: {nightly: {source: a.csv}}", "is a jobs file, not a mapping. It is for: importer serve x.yaml"),
    ],
)  # fmt: skip
def test_a_file_for_another_command_is_named(text: str, said: str) -> None:
    with pytest.raises(MappingError) as refused:
        parse_mapping(text, name="x.yaml")
    assert (str(refused.value), refused.value.faults) == (f"x.yaml {said}", ())
