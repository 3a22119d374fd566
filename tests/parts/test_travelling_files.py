"""What a run is sent by besides its rows: it comes along to whichever machine works on a part."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from importer.errors import SettingsError, StateError
from importer.mapping.suppression import Suppression
from importer.parts.closing import write_results_if_over
from importer.parts.submitting import submit_again
from importer.parts.suppression import read_suppression_of, write_suppression
from tests.parts.cluster import MAPPING, Cluster

SUPPRESSING = f"{MAPPING}suppress: {{file: optout.csv}}\n"


def ends(cluster: Cluster, run_id: str) -> Counter[tuple[str, str]]:
    lines = cluster.results(run_id)
    return Counter((line["Sub"], line["import_error_code"] or line["import_status"]) for line in lines)


async def test_whoever_is_on_the_list_is_sent_nothing_by_machines_that_have_no_such_file(
    cluster: Cluster,
) -> None:
    cluster.write({"A": 3, "B": 2}, mapping=SUPPRESSING)
    people = cluster.folder / "optout.csv"
    people.write_text("E-mail\nn1@A.example.com\nn0@B.example.com\n", encoding="utf-8")
    run_id = (await cluster.submit()).run_id
    people.unlink()
    assert (await cluster.work()).tally.exit_code == 0
    assert ends(cluster, run_id) == {
        ("A", "created"): 2,
        ("A", "suppressed"): 1,
        ("B", "created"): 1,
        ("B", "suppressed"): 1,
    }


async def test_the_list_of_now_counts_where_a_run_is_queued_again_and_the_old_one_where_it_is_not_at_hand(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    cluster.write({"A": 2, "B": 1}, mapping=SUPPRESSING)
    people = cluster.folder / "optout.csv"
    people.write_text("E-mail\nsomebody@example.com\n", encoding="utf-8")
    run_id = (await cluster.submit()).run_id
    people.write_text("E-mail\nn0@A.example.com\n", encoding="utf-8")
    await cluster.submit()
    people.unlink()
    await submit_again(run_id, cluster.store("two"), {})
    assert "stays as it was when the run was queued before" in caplog.text
    await cluster.work()
    assert ends(cluster, run_id)["A", "suppressed"] == 1


async def test_without_the_list_nothing_is_queued(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1}, mapping=SUPPRESSING)
    with pytest.raises(SettingsError, match=r"optout\.csv cannot be used"):
        await cluster.submit()
    assert list(cluster.store().folder.run_ids()) == []


def test_the_people_of_a_list_are_known_again_and_not_told(tmp_path: Path) -> None:
    people = Suppression.of(["email:ann@example.com", "phone:1"], name="optout.csv", fingerprint="f")
    write_suppression(people, tmp_path / "people")
    again = read_suppression_of(tmp_path / "people")
    assert (again.name, again.fingerprint, len(again)) == ("optout.csv", "f", 2)
    assert again.has("email:ann@example.com")
    assert not again.has("email:bob@example.com")
    assert b"ann" not in (tmp_path / "people").read_bytes()
    assert (tmp_path / "people").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("cut", [0, 30, -1, -8])
def test_a_list_that_is_not_whole_lets_nobody_be_sent_to(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "people"
    write_suppression(Suppression.of(["email:a", "email:b"], name="n", fingerprint="f"), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(StateError, match="are sent nothing"):
        read_suppression_of(path)


def gone(cluster: Cluster, run_id: str) -> list[tuple[str, str]]:
    path = cluster.folder / "two" / "results" / run_id / "missing.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [(line["location_id"], line["files_missed"]) for line in csv.DictReader(file)]


async def test_who_left_the_file_is_listed_once_its_last_part_has_ended(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 3})
    first = await cluster.submit(changed_only=True)
    await cluster.work()
    assert gone(cluster, first.run_id) == []
    for nights in (1, 2):
        cluster.write({"A": 2, "B": 1}, more="".join(f"B,Neu,neu{nights}@example.com\n"))
        again = await cluster.submit(changed_only=True)
        # A is through before B begins: nobody of B is missing for that
        await cluster.part(again.run_id, "A")
        assert gone(cluster, again.run_id) == []
        await cluster.work()
        listed = gone(cluster, again.run_id)
        assert listed.count(("A", str(nights))) == 1
        assert listed.count(("B", str(nights))) == 2
        # whoever else ends the run counts the same file not twice
        assert write_results_if_over(again.run_id, cluster.store("three")) is not None
        assert gone(cluster, again.run_id) == listed


CORRECTED = '{"row": 5, "column": "Mail", "before": "no e-mail", "after": "ann@example.com"}\n'


async def test_corrections_come_along_too(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1}, more="A,Ann,no e-mail\n")
    (cluster.folder / "corrections.jsonl").write_text(CORRECTED, encoding="utf-8")
    run_id = (await cluster.submit(corrections=cluster.folder / "corrections.jsonl")).run_id
    (cluster.folder / "corrections.jsonl").unlink()
    (cluster.folder / "contacts.csv").unlink()
    assert (await cluster.work()).tally.exit_code == 0
    assert [line["Mail"] for line in cluster.results(run_id)][-1] == "ann@example.com"
