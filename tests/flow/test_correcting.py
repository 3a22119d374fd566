"""Corrections laid over a source: the same rows, formats and numbers, and what was put right is sent."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import importer

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk, Ended

CONTACTS = """\
First,Mail,Phone,Tags
Ann,ann@example,,vip
Bob,bob@example.com,,
Cid,cid@example.com,,new;old;older
Dora,dora@example,,
Eve,eve,example.com,,
"""
ANN = {"row": 2, "column": "Mail", "before": "ann@example", "after": "ann@example.com", "why": "asked her"}
EVE = {"row": 6, "before": ["Eve", "eve", "example.com", "", ""], "after": ["Eve", "eve@example.com", "", ""]}
WORDS = ("contacts.csv", "-m", "mapping.yaml", "--corrections", "c.jsonl")


def correct(desk: Desk, *lines: object) -> str:
    return desk.write("c.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.fixture
def corrected(desk: Desk) -> str:
    """A file of five rows of which three are wrong, and corrections of two; gives the SHA-256 of the file."""
    desk.write("contacts.csv", CONTACTS)
    correct(desk, ANN, EVE)
    return hashlib.sha256(CONTACTS.encode()).hexdigest()


def statuses(ended: Ended) -> dict[str, str]:
    return {row["import_row"]: row["import_status"] for row in ended.rows}


def source_of(ended: Ended) -> dict[str, Any]:
    (source,) = ended.summary["sources"]
    return dict(source)


def test_what_was_put_right_is_sent_under_its_own_row_number(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    ended = desk.run(*WORDS)
    assert statuses(ended) == {"2": "created", "3": "created", "4": "created", "5": "failed", "6": "created"}
    assert {row["Mail"] for row in ended.rows} >= {"ann@example.com", "eve@example.com"}
    warned = {row["import_row"]: row["import_warnings"] for row in ended.rows if row["import_warnings"]}
    assert warned == {
        "2": "corrected: Other than in the file, since it was corrected: Mail.",
        "6": "corrected: The whole row is another than in the file: it was corrected.",
    }
    assert ended.summary["warnings_by_code"] == {"corrected": 2}
    source = source_of(ended)
    assert source["sha256"] == corrected
    assert len(source["corrections_sha256"]) == 64
    assert {contact["email"] for contact in vendor.contacts("loc1")} >= {"ann@example.com", "eve@example.com"}


def test_check_preview_and_read_show_what_a_run_would_send(desk: Desk, corrected: str) -> None:
    offline = [*WORDS, "--location", "loc1"]
    checked = desk.importer("check", *offline, "--json").summary
    assert (checked["ready"], checked["failed"]) == (4, 1)
    lines = [json.loads(line) for line in desk.importer("preview", *offline).out.splitlines()]
    assert lines[0]["payload"]["email"] == "ann@example.com"
    assert lines[0]["warnings"][0]["code"] == "corrected"
    read = desk.importer("read", "contacts.csv", "--corrections", "c.jsonl", "-n", "0", "--format", "csv").out
    assert "Ann,ann@example.com,,vip" in read
    assert "Eve,eve@example.com,," in read


def test_the_library_takes_corrections_and_rows(desk: Desk, corrected: str) -> None:
    forecast = importer.check(
        "contacts.csv", "mapping.yaml", location_id="loc1", corrections="c.jsonl", only_rows="c.jsonl"
    )
    assert (forecast.rows_read, forecast.ready) == (2, 2)
    with pytest.raises(importer.SourceError, match=r"The corrections nowhere\.jsonl cannot be read"):
        importer.check("contacts.csv", "mapping.yaml", location_id="loc1", corrections="nowhere.jsonl")


def test_a_run_of_two_processes_corrects_as_one_of_one_does(
    desk: Desk, vendor: Sandbox, corrected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_PROCESSES", "2")
    two = desk.run(*WORDS, "--location", "loc2")
    monkeypatch.setenv("IMPORTER_PROCESSES", "1")
    one = desk.run(*WORDS, "--location", "loc1")
    assert statuses(one) == statuses(two)
    assert [row["Mail"] for row in one.rows] == [row["Mail"] for row in two.rows]


def test_a_correction_that_is_not_true_of_the_file_keeps_anything_from_being_sent(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    correct(desk, ANN, {**ANN, "row": 3})
    ended = desk.run(*WORDS)
    assert ended.code == 2
    assert "c.jsonl" in ended.err
    assert "line 2: row 3, 'Mail': it does not hold what `before` says" in " ".join(ended.err.split())
    assert "bob@example.com" not in ended.err
    assert vendor.contacts("loc1") == []
    assert not list((desk.folder.parent / "state" / "runs").glob("[0-9]*"))


def test_the_same_command_is_the_same_import_and_other_corrections_are_another(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    first = desk.run(*WORDS).summary
    correct(desk, EVE, {**ANN, "why": "she wrote"})
    again = desk.run(*WORDS).summary
    assert (again["repeated"], again["run_id"]) == (True, first["run_id"])
    correct(desk, ANN)
    other = desk.run(*WORDS).summary
    assert (other["repeated"], other["run_id"] != first["run_id"]) == (False, True)


def test_a_stopped_run_is_not_gone_on_with_by_other_corrections(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    stopped = desk.run(*WORDS, "--trial", "1").summary
    correct(desk, {**ANN, "after": "ann@example.org"}, EVE)
    for words in (("run", *WORDS), ("resume",)):
        ended = desk.importer(*words, "--no-progress")
        assert ended.code == 2
        assert "since then the corrections have changed" in " ".join(ended.err.split())
    went_on = desk.importer("resume", "--from-copies", "--json", "--no-progress")
    assert went_on.summary["run_id"] == stopped["run_id"]
    assert went_on.summary["created"] == 4
    assert "ann@example.com" in {contact["email"] for contact in vendor.contacts("loc1")}


def test_results_can_be_written_again_without_the_file_of_corrections(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    first = desk.run(*WORDS)
    Path("c.jsonl").unlink()
    Path("contacts.csv").unlink()
    again = desk.importer("results", first.summary["run_id"], "--json")
    assert again.rows == first.rows


def test_corrections_name_their_source_where_there_are_several(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    desk.write("more.csv", "First,Mail,Phone,Tags\nFay,fay@example,,\nGil,gil@example.com,,\n")
    words = ("contacts.csv", "more.csv", *WORDS[1:])
    said = " ".join(desk.run(*words).err.split())
    assert 'line 1: row 2, \'Mail\': there are 2 sources; say which, as in "source": "contacts.csv"' in said
    fay = {**ANN, "source": "more.csv", "before": "fay@example", "after": "fay@example.com"}
    correct(desk, {**ANN, "source": "contacts.csv"}, fay)
    mails = [row["Mail"] for row in desk.run(*words).rows]
    assert {"ann@example.com", "fay@example.com"} <= set(mails)


def test_a_first_line_may_name_the_file_that_the_corrections_are_for(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    correct(desk, {"source_sha256": "0" * 64}, ANN)
    ended = desk.run(*WORDS)
    assert ended.code == 2
    assert "are for another file than contacts.csv" in " ".join(ended.err.split())
    correct(desk, {"source_sha256": corrected}, ANN)
    assert desk.run(*WORDS).summary["warnings_by_code"] == {"corrected": 1}


def test_the_copy_of_the_corrections_is_private_and_goes_with_the_person(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    run_id = desk.run(*WORDS).summary["run_id"]
    folder = desk.folder.parent / "state" / "runs" / run_id / "sources"
    (kept,) = folder.glob("*.corrections.jsonl")
    assert kept.stat().st_mode & 0o077 == 0
    assert "eve@example.com" in kept.read_text()
    ended = desk.importer("forget", "--person", "eve@example.com", "--yes")
    assert ended.code == 0, ended.err
    assert not kept.exists()


def test_a_person_who_stands_in_a_correction_alone_is_found_and_forgotten(
    desk: Desk, vendor: Sandbox, corrected: str
) -> None:
    desk.write("rows", "3\n")
    run_id = desk.run(*WORDS, "--rows", "rows").summary["run_id"]
    sources = desk.folder.parent / "state" / "runs" / run_id / "sources"
    assert "eve@example.com" in "".join(path.read_text() for path in sources.glob("*.jsonl"))
    assert desk.importer("forget", "--person", "eve@example.com", "--yes").code == 0
    assert not [path for path in sources.rglob("*") if path.is_file()]


def test_a_plan_of_corrected_rows_is_applied_to_them(desk: Desk, vendor: Sandbox, corrected: str) -> None:
    planned = desk.importer("plan", *WORDS, "--json").summary
    assert (planned["create"], planned["fail"]) == (4, 1)
    applied = desk.importer("apply", planned["plan_id"], "--json", "--no-progress")
    assert applied.summary["created"] == 4
    correct(desk, ANN)
    refused = desk.importer("apply", planned["plan_id"], "--json", "--no-progress")
    assert refused.code == 2
