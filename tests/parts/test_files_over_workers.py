"""Files that rows name beside their source, on their way to machines that have none of them."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import Any

import psycopg
import pytest

from importer.parts.submitting import submit_again
from importer.parts.worker import Worker
from importer.state.kept_files import KeptFiles
from tests.parts.cluster import MAPPING, Cluster

FILES = 'custom_fields: {Contract: {column: File, split: ";"}}\nfiles: {fields: Contract}\n'
PDF = b"%PDF-1.4 of Ann"


def furnished(cluster: Cluster, *rows: str, mapping: str = f"{MAPPING}{FILES}") -> Cluster:
    for location in "AB":
        cluster.vendor.location(location).add_custom_field("Contract", data_type="FILE_UPLOAD", most_files=3)
    (cluster.folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    lines = "".join(f"{row}\n" for row in rows)
    (cluster.folder / cluster.source).write_text(f"Sub,First,Mail,File\n{lines}", encoding="utf-8")
    return cluster


def scan(cluster: Cluster, name: str, content: bytes = PDF) -> None:
    place = cluster.folder / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(content)


def held(cluster: Cluster, location: str) -> list[dict[str, Any]]:
    """Give the files that a location's contacts hold, in the order of the contacts' names."""
    contacts = sorted(cluster.vendor.contacts(location), key=lambda each: each["properties"]["firstName"])
    return [file for each in contacts for field in each["customFields"] for file in field["value"].values()]


def uploads(cluster: Cluster) -> int:
    found: int = cluster.vendor.state()["items"].get("file", 0)
    return found


def codes(cluster: Cluster, run_id: str, machine: str = "two") -> list[str]:
    return [line["import_error_code"] for line in cluster.results(run_id, machine)]


async def submitted(cluster: Cluster) -> str:
    """Submit, and take away what the other machines do not have."""
    run_id = (await cluster.submit()).run_id
    for path in (*cluster.folder.glob("*.pdf"), *cluster.folder.glob("scans/*")):
        path.unlink()
    return run_id


async def worked(cluster: Cluster, machine: str = "two") -> Worker:
    worker = await cluster.work(machine)
    left = [
        path for path in (cluster.folder / machine).rglob("*") if path.is_file() and PDF in path.read_bytes()
    ]
    assert left == [], "a copy of a person's file stayed on the machine that worked"
    return worker


async def test_files_beside_the_source_reach_contacts_from_machines_that_have_none_of_them(
    cluster: Cluster, postgres: str
) -> None:
    furnished(
        cluster,
        "A,Ann,ann@example.com,ann.pdf;scans/more.pdf",
        "A,Bob,bob@example.com,same.pdf",
        "B,Cid,cid@example.com,ann.pdf",
        "B,Dan,dan@example.com,",
    )
    scan(cluster, "ann.pdf")
    scan(cluster, "same.pdf")
    scan(cluster, "scans/more.pdf", b"%PDF more")
    run_id = await submitted(cluster)
    names = KeptFiles(cluster.store().folder.run_folder(run_id)).names()
    assert sum(name.startswith("attached/files/") for name in names) == 2
    assert (await worked(cluster)).tally.exit_code == 0
    assert [each["meta"]["originalname"] for each in held(cluster, "A")] == [
        "ann.pdf",
        "more.pdf",
        "same.pdf",
    ]
    assert [each["meta"]["originalname"] for each in held(cluster, "B")] == ["ann.pdf"]
    assert [each["meta"]["size"] for each in held(cluster, "A")] == [len(PDF), 9, len(PDF)]
    assert uploads(cluster) == 3  # two contents for A's field, one for B's
    cluster.store("three").folder.forget(run_id)
    with psycopg.connect(postgres) as database:
        found = database.execute("SELECT 1 FROM pg_namespace WHERE nspname LIKE %s", (f"%{run_id}%",))
        assert found.fetchall() == []


async def test_what_a_cell_may_not_name_fails_its_row_as_on_one_machine(cluster: Cluster) -> None:
    (cluster.folder / "elsewhere").mkdir()
    scan(cluster, "elsewhere/secret.pdf")
    (cluster.folder / "link.pdf").symlink_to("elsewhere/secret.pdf")
    scan(cluster, "empty.pdf", b"")
    furnished(
        cluster,
        "A,Ann,ann@example.com,../ann.pdf",
        "A,Bob,bob@example.com,link.pdf",
        "A,Cid,cid@example.com,/etc/hostname",
        "A,Dan,dan@example.com,gone.pdf",
        "A,Eve,eve@example.com,empty.pdf",
        "A,Fay,fay@example.com,https://files.example.com/a.pdf",
        "B,Gus,gus@example.com,",
    )
    run_id = await submitted(cluster)
    assert (await worked(cluster)).tally.exit_code == 1
    assert Counter(codes(cluster, run_id)) == {"file_not_allowed": 4, "file_not_found": 2, "": 1}
    assert uploads(cluster) == 0


async def test_one_that_is_too_large_stays_where_it_is(cluster: Cluster) -> None:
    furnished(cluster, "A,Ann,ann@example.com,large.pdf", "B,Bob,bob@example.com,")
    with (cluster.folder / "large.pdf").open("wb") as file:
        file.truncate((50 << 20) + 1)
    run_id = await submitted(cluster)
    names = KeptFiles(cluster.store().folder.run_folder(run_id)).names()
    assert not any(name.startswith("attached/files/") for name in names)
    await worked(cluster)
    assert codes(cluster, run_id)[0] == "file_too_large"


@pytest.mark.parametrize("again", ["submit", "resume"])
async def test_a_file_that_came_late_is_taken_along_when_the_run_is_queued_again(
    cluster: Cluster, again: str
) -> None:
    furnished(cluster, "A,Ann,ann@example.com,late.pdf", "B,Bob,bob@example.com,")
    run_id = await submitted(cluster)
    scan(cluster, "late.pdf")
    if again == "resume":
        await submit_again(run_id, cluster.store(), {})
    else:
        await cluster.submit()
    (cluster.folder / "late.pdf").unlink()
    assert (await worked(cluster)).tally.exit_code == 0
    assert [each["meta"]["originalname"] for each in held(cluster, "A")] == ["late.pdf"]


async def test_where_the_source_is_gone_nothing_above_its_folder_is_taken_for_its_files(
    cluster: Cluster,
) -> None:
    (cluster.folder / "in").mkdir()
    cluster.source = "in/contacts.csv"
    furnished(cluster, "A,Ann,ann@example.com,secret.pdf", "B,Bob,bob@example.com,")
    run_id = await submitted(cluster)
    shutil.rmtree(cluster.folder / "in")
    scan(cluster, "secret.pdf")
    await submit_again(run_id, cluster.store(), {})
    assert (await cluster.work()).tally.exit_code == 1
    assert (codes(cluster, run_id)[0], uploads(cluster)) == ("file_not_found", 0)


async def test_a_file_that_is_not_as_it_was_kept_is_sent_to_nobody(cluster: Cluster, postgres: str) -> None:
    furnished(cluster, "A,Ann,ann@example.com,ann.pdf", "B,Bob,bob@example.com,")
    scan(cluster, "ann.pdf")
    run_id = await submitted(cluster)
    with psycopg.connect(postgres) as database:
        database.execute(f'SET search_path = "importer_run_{run_id}_kept"')
        spoilt = "UPDATE pieces SET content = %s WHERE content = %s"
        assert database.execute(spoilt, (b"%PDF-1.4 of Bob", PDF)).rowcount == 1
    end = await cluster.part(run_id, "A")
    assert (end.reason_code, "is not as it was kept" in str(end.reason)) == ("state", True)
    assert (uploads(cluster), cluster.vendor.contacts("A")) == (0, [])


async def test_a_field_that_the_mapping_does_not_name_keeps_its_part_waiting_for_a_person(
    cluster: Cluster,
) -> None:
    unnamed = f"{MAPPING}custom_fields: {{Contract: File}}\n"
    furnished(cluster, "A,Ann,ann@example.com,ann.pdf", mapping=unnamed)
    scan(cluster, "ann.pdf")
    run_id = (await cluster.submit()).run_id
    assert (await cluster.work()).tally.exit_code == 3
    (line,) = cluster.store().lines(run_id)
    assert "Say that it holds files, and submit anew: files: {fields: [Contract]}" in str(line.reason)
    assert cluster.vendor.contacts("A") == []
    (cluster.folder / "mapping.yaml").write_text(f"{unnamed}files: {{fields: Contract}}\n", encoding="utf-8")
    assert (await cluster.submit(fresh=True)).parts == 1
    assert (await worked(cluster)).tally.exit_code == 0
    assert len(held(cluster, "A")) == 1


async def test_files_in_a_folder_that_all_machines_have_are_read_there(cluster: Cluster) -> None:
    shared = cluster.folder / "shared"
    scan(cluster, "shared/ann.pdf")
    mapping = f"{MAPPING}{FILES}".replace("{fields: Contract}", f"{{fields: Contract, folder: {shared}}}")
    furnished(cluster, "A,Ann,ann@example.com,ann.pdf", "B,Bob,bob@example.com,", mapping=mapping)
    run_id = (await cluster.submit()).run_id
    names = KeptFiles(cluster.store().folder.run_folder(run_id)).names()
    assert not any(name.startswith("attached/") for name in names)
    assert (await cluster.work()).tally.exit_code == 0
    assert len(held(cluster, "A")) == 1
