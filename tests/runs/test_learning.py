"""What a mapping learns from corrected rows: only what mends several of them and harms none, and never unasked."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest

import importer
from importer.cli import cli
from importer.errors import MappingError, SourceError
from importer.mapping import load_mapping
from importer.mapping.lessons import LessonKind
from importer.runs.learning import Learnt, learn
from importer.state import StateFolder
from importer.yaml.editing import dotted

TODAY = date(2026, 3, 15)
MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}   # ours
fields:
  firstName: Name
  email: Email          # the address
  phone: {column: Phone}
  country: Country
  dateOfBirth: Born
"""
Row = dict[str, str]


def people() -> list[str]:
    fine = [f"Ann {n},p{n}@example.com,+1212555{n:04d},US,ok,1990-02-{n % 27 + 1:02d}" for n in range(40)]
    return [
        "Name,Email,Phone,Country,Status,Born",
        *fine,
        *(f"Bob {n},b{n}(at)example.com,+12125550100,US,ok," for n in range(5)),
        *(f"Cid {n},c{n}@example.com,0161 496 000{n},US,ok," for n in range(4)),
        *(f"Dee {n},d{n}@example.com,,Germoney,ok," for n in range(3)),
        *(f"Eve {n},nope,,US,test," for n in range(4)),
        "Fay,fay@example.com,,Utopia,ok,",
        "Gus,gus@example,,US,ok,",
    ]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file, a mapping, and a run of the two of which 18 rows failed."""
    folder = tmp_path_factory.mktemp("learning")
    (folder / "people.csv").write_text("\n".join(people()) + "\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(MAPPING, encoding="utf-8")
    summary = importer.run(
        folder / "people.csv",
        folder / "mine.yaml",
        sandbox=True,
        state=folder / "state",
        output=folder / "out",
    )
    assert summary.failed == 18
    return folder


@pytest.fixture
def failed(desk: Path) -> Path:
    (path,) = desk.glob("out/*/failed.csv")
    return path


def corrected(failed: Path, into: Path, correct: Callable[[Row], Row | None]) -> Path:
    """Write the failed rows as a person would leave them; None takes a row out."""
    with failed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [row for row in map(correct, rows) if row is not None]
    with into.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(kept)
    return into


def lessons(desk: Path, path: Path, *, mapping: Path | None = None) -> Learnt:
    state = StateFolder(desk / "state")
    return learn(state.find(None), state, today=TODAY, mapping=mapping, corrected=path)


def changes(learnt: Learnt) -> dict[str, Any]:
    return {dotted(path): value for lesson in learnt.lessons for path, value in lesson.changes}


def all_of_it(row: Row) -> Row | None:
    if row["Status"] == "test":
        return None
    return {
        **row,
        "Email": row["Email"].replace("(at)", "@").replace("gus@example", "gus@example.com"),
        "Phone": row["Phone"].replace("0161", "+44 161"),
        "Country": row["Country"].replace("Germoney", "Germany"),
    }


def test_each_way_of_correcting_becomes_a_rule_of_its_kind(desk: Path, failed: Path, tmp_path: Path) -> None:
    learnt = lessons(desk, corrected(failed, tmp_path / "ready.csv", all_of_it))
    assert changes(learnt) == {
        "fields.email.transforms": [{"replace": {"(at)": "@"}}],
        "fields.phone.region": "GB",
        "fields.country.map": {"Germoney": "Germany"},
        "fields.country.unmapped": "keep",
        "rows.skip_if": {"column": "Status", "in": ["test"]},
    }
    assert [(one.kind, one.mended, one.of) for one in learnt.lessons] == [
        (LessonKind.TRANSFORMS, 5, 6),
        (LessonKind.REGION, 4, 4),
        (LessonKind.MAP, 3, 3),
        (LessonKind.SKIP_IF, 4, 4),
    ]
    assert (learnt.corrected_rows, learnt.dropped_rows, learnt.compared_rows) == (13, 4, 40)


def test_what_one_row_shows_is_no_rule(desk: Path, failed: Path, tmp_path: Path) -> None:
    path = corrected(
        failed, tmp_path / "ready.csv", lambda row: {**row, "Country": row["Country"].replace("Utopia", "US")}
    )
    assert not lessons(desk, path).lessons


def test_a_text_that_was_corrected_to_different_ones_is_not_mapped(
    desk: Path, failed: Path, tmp_path: Path
) -> None:
    other = {"d0@example.com": "Germany", "d1@example.com": "Austria", "d2@example.com": "Germany"}
    path = corrected(
        failed,
        tmp_path / "ready.csv",
        lambda row: {**row, "Country": other.get(row["Email"], row["Country"])},
    )
    assert not lessons(desk, path).lessons


def test_a_rule_that_would_change_rows_that_were_fine_is_not_proposed(
    desk: Path, failed: Path, tmp_path: Path
) -> None:
    """Those people moved from US to CA; whoever stands for US in 40 rows is not moved with them."""

    def move(row: Row) -> Row:
        email = row["Email"].replace("(at)", "@")
        return {**row, "Email": email, "Country": row["Country"].replace("US", "CA")}

    learnt = lessons(desk, corrected(failed, tmp_path / "ready.csv", move))
    assert list(changes(learnt)) == ["fields.email.transforms"]


def test_rows_that_were_taken_out_teach_nothing_where_others_are_like_them(
    desk: Path, failed: Path, tmp_path: Path
) -> None:
    path = corrected(
        failed, tmp_path / "ready.csv", lambda row: None if row["Name"].startswith("Bob") else row
    )
    assert "rows.skip_if" not in changes(lessons(desk, path))


def test_what_a_spreadsheet_rewrote_teaches_nothing(desk: Path, failed: Path, tmp_path: Path) -> None:
    path = corrected(
        failed,
        tmp_path / "ready.csv",
        lambda row: {**row, "Phone": row["Phone"].replace("+12125550100", "1.21256E+10")},
    )
    learnt = lessons(desk, path)
    assert (learnt.corrected_rows, learnt.lessons) == (0, ())


def test_a_rule_is_added_to_what_the_mapping_says_already(desk: Path, failed: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        MAPPING.replace("email: Email ", "email: {column: Email, transforms: lower} ").replace(
            "country: Country", "country: {column: Country, map: {Oz: AU}, unmapped: keep}"
        )
        + "rows: {skip_if: {column: Status, in: [old]}}\n",
        encoding="utf-8",
    )
    found = changes(lessons(desk, corrected(failed, tmp_path / "ready.csv", all_of_it), mapping=mine))
    assert found["fields.email.transforms"] == [{"replace": {"(at)": "@"}}, "lower"]
    assert found["rows.skip_if"] == [
        {"column": "Status", "in": ["old"]},
        {"column": "Status", "in": ["test"]},
    ]


def test_rows_of_another_run_are_refused(desk: Path, failed: Path, tmp_path: Path) -> None:
    strange = corrected(
        failed, tmp_path / "ready.csv", lambda row: {**row, "import_run": "20200101-000000-0000"}
    )
    with pytest.raises(SourceError, match="names no row of a run that is known here"):
        lessons(desk, strange)


def call(desk: Path, *words: str) -> int:
    return int(cli.main(["learn", *words, "--state", str(desk / "state")], standalone_mode=False) or 0)


def test_nothing_came_back_is_said(desk: Path, failed: Path) -> None:
    with pytest.raises(SourceError, match="came back corrected"):
        call(desk, failed.parent.name)


@pytest.fixture
def own_mapping(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def test_proposals_are_shown_with_their_evidence_and_change_nothing(
    desk: Path, failed: Path, tmp_path: Path, own_mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = corrected(failed, tmp_path / "ready.csv", all_of_it)
    call(desk, failed.parent.name, "--corrected", str(ready), "-m", str(own_mapping))
    told = capsys.readouterr()
    assert 'fields.email.transforms=[{replace: {"(at)": "@"}}]' in told.out
    assert "mends 5 of 6 rows that were corrected in column 'Email'" in told.out
    assert "40 rows that were fine stay as they were" in told.out
    assert "4 of 4 rows that were taken out have 'test' in column 'Status', and no other row has." in told.out
    assert "From 13 corrected and 4 dropped rows" in told.err
    assert own_mapping.read_text(encoding="utf-8") == MAPPING


def test_proposals_are_had_as_json(
    desk: Path, failed: Path, tmp_path: Path, own_mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = corrected(failed, tmp_path / "ready.csv", all_of_it)
    call(desk, failed.parent.name, "--corrected", str(ready), "-m", str(own_mapping), "--json")
    described = json.loads(capsys.readouterr().out)
    assert [one["kind"] for one in described["lessons"]] == ["transforms", "region", "map", "skip_if"]
    assert described["lessons"][1]["changes"] == [{"key": "fields.phone.region", "value": "GB"}]


def test_applied_rules_mend_the_file_and_leave_the_comments(
    desk: Path, failed: Path, tmp_path: Path, own_mapping: Path
) -> None:
    ready = corrected(failed, tmp_path / "ready.csv", all_of_it)
    call(desk, failed.parent.name, "--corrected", str(ready), "-m", str(own_mapping), "--apply", "--yes")
    text = own_mapping.read_text(encoding="utf-8")
    assert "# ours" in text
    assert "# the address" in text
    assert load_mapping(own_mapping).headers
    forecast = importer.check(desk / "people.csv", own_mapping, sandbox=True, state=tmp_path / "state")
    assert (forecast.failed, forecast.skipped) == (2, 4)


def test_nobody_is_changed_where_nobody_can_be_asked(desk: Path, failed: Path, own_mapping: Path) -> None:
    with pytest.raises(click.UsageError, match="--yes"):
        call(desk, failed.parent.name, "-m", str(own_mapping), "--apply")


def test_a_mapping_that_does_not_fit_is_named_and_not_said_to_have_nothing_to_learn(
    desk: Path, failed: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\nfields: {email: Courriel}\n", encoding="utf-8")
    with pytest.raises(MappingError, match="has no column 'Courriel'"):
        lessons(desk, corrected(failed, tmp_path / "ready.csv", all_of_it), mapping=other)


def test_a_mapping_that_is_gone_is_told_of_before_anything_is_proposed_for_it(
    desk: Path, failed: Path, tmp_path: Path, own_mapping: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = corrected(failed, tmp_path / "ready.csv", all_of_it)
    words = (failed.parent.name, "--corrected", str(ready), "--apply", "--yes")
    call(desk, *words, "-m", str(own_mapping))
    told = capsys.readouterr().err
    assert "--apply puts them" not in told
    (desk / "mine.yaml").rename(desk / "away.yaml")
    try:
        with pytest.raises(MappingError, match="cannot be read"):
            call(desk, *words)
    finally:
        (desk / "away.yaml").rename(desk / "mine.yaml")
    assert capsys.readouterr().out == ""


def test_rows_that_were_imported_corrected_since_teach_as_the_file_did(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("\n".join(people()) + "\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(MAPPING, encoding="utf-8")
    options: dict[str, Any] = {"sandbox": True, "state": tmp_path / "state", "output": tmp_path / "out"}
    first = importer.run(tmp_path / "people.csv", tmp_path / "mine.yaml", **options)
    (failed,) = tmp_path.glob("out/*/failed.csv")
    importer.run(corrected(failed, tmp_path / "ready.csv", all_of_it), tmp_path / "mine.yaml", **options)
    state = StateFolder(tmp_path / "state")
    learnt = learn(state.find(first.run_id), state, today=TODAY)
    assert {one.kind for one in learnt.lessons} == {
        LessonKind.TRANSFORMS,
        LessonKind.REGION,
        LessonKind.MAP,
        LessonKind.SKIP_IF,
    }


def test_rows_that_were_corrected_over_the_same_source_teach_as_well(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("\n".join(people()) + "\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(MAPPING, encoding="utf-8")
    options: dict[str, Any] = {"sandbox": True, "state": tmp_path / "state", "output": tmp_path / "out"}
    first = importer.run(tmp_path / "people.csv", tmp_path / "mine.yaml", **options)
    laid = tmp_path / "corrections.jsonl"
    cells = [
        {"row": 42 + n, "column": "Email", "before": f"b{n}(at)example.com", "after": f"b{n}@example.com"}
        for n in range(5)
    ]
    laid.write_text("".join(json.dumps(cell) + "\n" for cell in cells), encoding="utf-8")
    importer.run(tmp_path / "people.csv", tmp_path / "mine.yaml", corrections=laid, only_rows=laid, **options)
    state = StateFolder(tmp_path / "state")
    learnt = learn(state.find(first.run_id), state, today=TODAY)
    assert changes(learnt) == {"fields.email.transforms": [{"replace": {"(at)": "@"}}]}
