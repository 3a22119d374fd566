"""A mapping's examples say what becomes of rows, and fail with their place where something else does."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from importer.cli import cli
from importer.errors import MappingError
from importer.mapping import json_schema, load_mapping, parse_mapping
from importer.mapping.examples import JudgedExample, judge_examples, refuse_failing
from importer.mapping.ready import mappings_folder
from importer.runs.forecast import check
from importer.settings import Connection, ReadingOptions, RunSettings

MAPPING = """\
version: 1
location: {column: Account, map: {Acme: place1}, default: place2}
defaults: {region: GB}
fields:
  firstName: First Name
  email: E-mail
  phone: {columns: [Mobile, Phone], on_invalid: drop}
  dateOfBirth: Birthday
  dnd: {column: Opted out}
  dndSettings.SMS: {column: No texts}
tags: {columns: [Tags], split: ";", always: x}
custom_fields: {Size: Size, Sports: {column: Sports, split: ";"}}
rows: {skip_if: {column: Status, in: [test]}}
tests:
"""
TODAY = date(2026, 3, 15)


def judged(*examples: str, mapping: str = MAPPING) -> tuple[JudgedExample, ...]:
    text = mapping + "".join(f"  - {example}\n" for example in examples)
    return judge_examples(parse_mapping(text, name="mine.yaml"), today=TODAY)


def faults(example: str, *, mapping: str = MAPPING) -> list[str]:
    (one,) = judged(example, mapping=mapping)
    return [fault.removeprefix("mine.yaml:").partition(": ")[2] for fault in one.faults]


@pytest.mark.parametrize(
    "example",
    [
        '{row: {E-mail: a@example.com, Mobile: 0161 496 0000}, sends: {phone: "+441614960000"}}',
        '{row: {E-mail: a@example.com, Phone: 0161 496 0000}, sends: {phone: "+441614960000"}}',
        "{row: {e mail: a@example.com}, sends: {email: a@example.com}}",
        "{row: {E-mail: a@example.com, Tags: b; a}, sends: {tags: [a, b, x]}}",
        "{row: {E-mail: a@example.com}, sends: {tags: x}}",
        '{row: {E-mail: a@example.com}, sends: {phone: "", custom_fields: {Size: ""}}}',
        "{row: {E-mail: a@example.com, Size: M}, sends: {custom_fields: {Size: M}}}",
        "{row: {E-mail: a@example.com, Opted out: yes}, sends: {dnd: true}}",
        "{row: {E-mail: a@example.com, No texts: yes}, sends: {dndSettings.SMS: active}}",
        "{row: {E-mail: a@example.com, Account: Acme}, sends: {location: place1}}",
        "{row: {E-mail: a@example.com}, sends: {location: place2}}",
        "{row: {E-mail: a@example.com, Birthday: 1990-04-03}, sends: {dateOfBirth: 1990-04-03}}",
        '{row: {E-mail: a@example.com, Phone: 12}, sends: {phone: ""}, warns: invalid_phone}',
        "{row: {E-mail: nope}, code: invalid_email}",
        "{row: {First Name: Ann}, code: no_identifier}",
        "{row: {E-mail: a@example.com, Status: Test}, code: row_filter}",
    ],
)
def test_an_example_holds_where_the_mapping_makes_of_the_row_what_it_says(example: str) -> None:
    assert faults(example) == []


@pytest.mark.parametrize(
    ("example", "fault"),
    [
        (
            "{row: {E-mail: a@example.com, Mobile: 0161 496 0000}, sends: {phone: 0161 496 0000}}",
            "phone is '+441614960000', not '0161 496 0000'.",
        ),
        ("{row: {E-mail: a@example.com}, sends: {firstName: Ann}}", "firstName is not sent, not 'Ann'."),
        ('{row: {E-mail: a@example.com, First Name: Ann}, sends: {firstName: ""}}', "firstName is 'Ann', not not sent."),
        ("{row: {E-mail: a@example.com, Tags: a}, sends: {tags: [a, b, x]}}", "tags is 'a', 'x', not 'a', 'b', 'x'."),
        ("{row: {E-mail: a@example.com, Size: M}, sends: {custom_fields: {Size: L}}}", "custom_fields 'Size' is 'M', not 'L'."),
        ("{row: {E-mail: nope}, sends: {email: nope}}", "nothing is sent: invalid_email."),
        ("{row: {E-mail: nope}, code: no_identifier}", "the row ends with invalid_email, not with no_identifier."),
        ("{row: {E-mail: a@example.com}, code: no_identifier}", "the row is sent, and should end with no_identifier."),
        ("{row: {E-mail: a@example.com}, sends: {email: a@example.com}, warns: invalid_phone}", "there is no warning invalid_phone."),
        ("{row: {E-mail: a@example.com}, sends: {fone: x}}", "no rule of the mapping fills 'fone'. Did you mean 'phone'?"),
        ("{row: {Emai: a@example.com}, code: no_identifier}", "no rule of the mapping looks at a column 'Emai'. Did you mean 'E-mail'?"),
        ("{row: {E-mail: a@example.com, email: b@example.com}, sends: {tags: x}}", "'email' and 'E-mail' are the same column."),
    ],
)  # fmt: skip
def test_what_becomes_of_a_row_instead_is_said(example: str, fault: str) -> None:
    (said,) = faults(example)
    assert said.startswith(f"'example 1': {fault}")


def test_a_fault_stands_where_the_example_says_otherwise() -> None:
    (one,) = judged("name: by its name\n    row: {E-mail: a@example.com}\n    sends:\n      firstName: Ann")
    assert one.faults == ("mine.yaml:18:18: 'by its name': firstName is not sent, not 'Ann'.",)
    assert one.place == "mine.yaml:15:5"


def test_each_example_stands_by_itself() -> None:
    """The date of one does not show how that of another is read, and two rows of one person are no duplicates."""
    open_date, shown = judged(
        "{row: {E-mail: a@example.com, Birthday: 03/04/1990}, sends: {dateOfBirth: 1990-04-03}}",
        "{row: {E-mail: a@example.com, Birthday: 13/04/1990}, sends: {dateOfBirth: 1990-04-13}}",
        mapping=MAPPING.replace("rows:", "match: {in_file_duplicates: fail}\nrows:"),
    )
    assert [one.holds for one in (open_date, shown)] == [False, True]
    assert "The mapping leaves the dates open." in open_date.faults[0]


@pytest.mark.parametrize(
    ("example", "fault"),
    [
        (
            "{row: {E-mail: x}, code: invalid_emial}",
            "'invalid_emial' is no code. Did you mean 'invalid_email'?",
        ),
        ("{row: {E-mail: x}}", "An example says what the row sends, or the code that it ends with."),
        ("{row: {E-mail: x}, code: invalid_email, sends: {email: x}}", "An example says what the row sends"),
        ("{row: {}, code: invalid_email}", "row"),
        ("{row: {E-mail: x}, code: invalid_email, out: x}", "'out' is no key here"),
    ],
)
def test_an_example_that_says_nothing_is_a_fault_of_the_mapping(example: str, fault: str) -> None:
    with pytest.raises(MappingError) as refused:
        judged(example)
    assert fault in str(refused.value)


def test_examples_of_another_object_say_what_is_added() -> None:
    mapping = "version: 1\nobject: note\nlocation: place1\nfields: {email: E-mail}\nnotes: [{column: Note, title: {column: Title}}]\ntests:\n"
    assert (
        faults(
            "{row: {E-mail: a@example.com, Note: Hello}, sends: {email: a@example.com, body: Hello}}",
            mapping=mapping,
        )
        == []
    )
    (said,) = faults("{row: {E-mail: a@example.com, Note: Hello}, sends: {body: Goodbye}}", mapping=mapping)
    assert "'Hello'" in said


def test_examples_change_nothing_of_what_a_mapping_means() -> None:
    """A run goes on, and a memory is known again, whatever examples were added since."""
    plain = parse_mapping(MAPPING.removesuffix("tests:\n"))
    tested = parse_mapping(MAPPING + "  - {row: {E-mail: nope}, code: invalid_email}\n")
    assert plain.fingerprint == tested.fingerprint


def test_own_functions_are_called_by_examples_only_where_that_is_allowed() -> None:
    mapping = "version: 1\nlocation: l\nfields: {email: {column: E-mail, transforms: [{python: 'os.path:basename'}]}}\ntests:\n"
    with pytest.raises(MappingError):
        refuse_failing(
            parse_mapping(mapping + "  - {row: {E-mail: a@example.com}, sends: {}}\n"), today=TODAY
        )


def settings(folder: Path, mapping: str) -> RunSettings:
    (folder / "mine.yaml").write_text(mapping, encoding="utf-8")
    (folder / "people.csv").write_text("E-mail\na@example.com\n", encoding="utf-8")
    return RunSettings(
        sources=(str(folder / "people.csv"),),
        mapping=folder / "mine.yaml",
        connection=Connection(base_url="https://services.leadconnectorhq.com", location_id="place1"),
        reading=ReadingOptions(),
        state=folder / "state",
    )


def test_a_check_refuses_a_mapping_whose_example_does_not_hold(tmp_path: Path) -> None:
    mapping = "version: 1\nfields: {email: E-mail}\ntests: [{row: {E-mail: a@example.com}, sends: {email: %s@example.com}}]\n"
    assert check(settings(tmp_path, mapping % "a")).ready == 1
    with pytest.raises(MappingError, match="The example of the mapping does not hold") as refused:
        check(settings(tmp_path, mapping % "b"))
    assert f"{tmp_path / 'mine.yaml'}:3:" in refused.value.faults[0]


def test_the_examples_of_ready_mappings_hold() -> None:
    with_examples = [
        path for path in mappings_folder().glob("*.yaml") if "\ntests:" in path.read_text("utf-8")
    ]
    assert with_examples
    for path in with_examples:
        refuse_failing(load_mapping(path), today=TODAY)


def call(*words: str) -> int:
    return int(cli.main([*words], standalone_mode=False) or 0)


def test_the_command_lists_each_example_and_leaves_with_1_where_one_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    examples = (
        "  - {name: good, row: {E-mail: nope}, code: invalid_email}\n"
        "  - {name: bad, row: {E-mail: a@example.com}, code: invalid_email}\n"
    )
    mine.write_text(MAPPING + examples, encoding="utf-8")
    assert call("test", "-m", str(mine)) == 1
    told = capsys.readouterr()
    assert [line.split(maxsplit=1)[0] for line in told.out.splitlines()] == ["ok", "fails", f"{mine}:16:53:"]
    assert "2 examples, 1 does not hold." in told.err
    assert call("test", "-m", str(mine), "--json") == 1
    assert [one["holds"] for one in json.loads(capsys.readouterr().out)] == [True, False]


def test_the_name_of_an_example_cannot_write_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.yaml"
    example = '  - {name: "\\e[2J\\nok     good", row: {E-mail: nope}, code: invalid_email}\n'
    mine.write_text(MAPPING + example, encoding="utf-8")
    assert call("test", "-m", str(mine)) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "\x1b" not in line


def test_the_command_leaves_with_0_where_all_hold(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("test", "-m", "sample") == 0
    assert "all of them hold" in capsys.readouterr().err


def test_a_mapping_without_examples_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("version: 1\nfields: {email: E-mail}\n", encoding="utf-8")
    with pytest.raises(MappingError, match="carries no examples"):
        call("test", "-m", str(tmp_path / "mine.yaml"))


def test_editors_know_the_keys_of_an_example() -> None:
    assert set(json_schema()["$defs"]["RowExample"]["properties"]) == {
        "name",
        "row",
        "sends",
        "code",
        "warns",
    }
