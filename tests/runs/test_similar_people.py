"""`check --similar` lists likely same people with the evidence, in bounded work, and changes nothing of the run."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rapidfuzz")

from importer.cli import cli
from importer.records import Record
from importer.results.similar import SimilarRows
from importer.runs.similar_people import MOST_COMPARED, similar_people

PEOPLE = """\
First,Last,Email,Phone,Street,ZIP
Robert,Miller,robert@example.com,+12125550123,12 Main St,10001
Ann,Lee,ann@example.com,+12125550177,1 Oak St,10001
Bob,Miller,bob@other.net,+12125550132,12 Main Street,10001
Cid,Miller,cid@example.com,+12125550144,12 Main St,10001
Dora,Stone,dora@example.com,,,
Dora,Stone,dora@else.net,,,
"""
MAPPING = """\
version: 1
location: place1
fields: {firstName: First, lastName: Last, email: Email, phone: Phone, address1: Street, postalCode: ZIP}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIGHLEVEL_TOKEN", raising=False)
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    return tmp_path


def check(*words: str) -> int:
    command = ["check", "people.csv", "-m", "m.yaml", "--state", "state", *words]
    try:
        return int(cli.main(command, standalone_mode=False) or 0)
    except SystemExit as left:
        return int(left.code or 0)


def test_pairs_are_told_by_their_rows_and_what_they_have_in_common(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("--similar", "--json", "-q") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["similar"]
    assert found["pairs"] == 1
    (pair,) = found["first"]
    assert (pair["rows"], pair["why"]) == ([2, 4], ["nickname", "same_address", "near_phone"])
    assert "Miller" not in json.dumps(found)


def test_who_reads_the_forecast_sees_the_pairs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check("--similar")
    told = " ".join(capsys.readouterr().err.split())
    assert "1 pair of rows may be of the same person; a run takes them for two" in told
    assert "rows 2 and 4: a nickname, the same address, phones that differ in a digit" in told


def test_the_report_has_a_list_beside_it(folder: Path) -> None:
    check("--similar", "--report", str(folder / "report.html"), "-q")
    with (folder / "similar.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["pair"], row["row"], row["name"]) for row in rows] == [
        ("1", "2", "Robert Miller"),
        ("1", "4", "Bob Miller"),
    ]
    assert {row["why"] for row in rows} == {"a nickname, the same address, phones that differ in a digit"}


def test_nobody_is_looked_for_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check("--json", "-q", "--report", str(folder / "report.html"))
    assert "similar" not in json.loads(capsys.readouterr().out)
    assert not (folder / "similar.csv").exists()


def test_nothing_is_left_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(folder / "scratch"))
    (folder / "scratch").mkdir()
    check("--similar", "-q")
    assert not list((folder / "scratch").iterdir())


def person(row: int, **fields: str) -> Record:
    return Record(row=row, location_id="l", fields=dict(fields))


def found_in(records: list[Record]) -> SimilarRows:
    with similar_people() as people:
        people.see(records)
        return people.find(listing=None, sources=("x.csv",))


def test_a_name_that_very_many_have_is_not_compared_each_with_each() -> None:
    common = [
        person(n, firstName="Ann", lastName="Lee", companyName="Acme") for n in range(2, MOST_COMPARED + 3)
    ]
    found = found_in(common)
    assert (found.pairs, found.uncompared_groups) == (0, 1)
    assert found_in(common[:-1]).pairs == MOST_COMPARED * (MOST_COMPARED - 1) / 2


def test_a_pair_that_meets_in_several_groups_is_one() -> None:
    twice = {"firstName": "Ann", "lastName": "Lee", "address1": "1 Oak St", "postalCode": "10001"}
    found = found_in([person(2, **twice, email="annlee@a.com"), person(3, **twice, email="annlee@b.com")])
    assert found.pairs == 1
    assert found.first[0].why == ("same_name", "same_address", "near_email")
