"""A folder of exports goes over in one command: in order, asked once, gone on with where it stopped."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from importer.errors import SettingsError
from importer.jobs.migrating import migrate
from importer.jobs.migration import MigrationStep, load_migration
from importer.mapping.ready import ready_migrations
from importer.runs.context import RunContext
from importer.sandbox import Sandbox, SandboxSettings
from importer.sandbox.items import Kind
from importer.settings import Connection, RunSettings, Secret
from tests.flow.conftest import ROOT, open_vendor

if TYPE_CHECKING:
    from importer.results.forecast import Forecast
    from importer.results.summary import Summary
    from tests.flow.conftest import Desk, Ended

EXPORTS = ROOT / "tests" / "mappings" / "migration_exports"
HUBSPOT = ROOT / "sample_data" / "hubspot"
FILE = """\
version: 1
steps:
  - {files: d*.csv, mapping: deals.yaml}
  - {files: [People.csv], mapping: people.yaml}
"""
PEOPLE = "version: 1\nfields: {email: Mail}\n"
DEALS = "version: 1\nobject: opportunity\nfields: {email: Mail}\nopportunity: {pipeline: Sales, name: Deal}\n"


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    settings = SandboxSettings(burst=0, search_lag_seconds=0, allow_duplicate_opportunities=True)
    with open_vendor(settings) as sandbox:
        sandbox.furnish("loc1", pipelines=[("Sales Pipeline", ("Qualified To Buy", "Contract Sent"))])
        yield sandbox


@pytest.fixture
def folder(desk: Desk) -> Path:
    place = desk.folder / "old"
    place.mkdir()
    for name, text in (("migration.yaml", FILE), ("people.yaml", PEOPLE), ("deals.yaml", DEALS)):
        desk.write(name, text)
    (place / "people.csv").write_text("Mail\nann@example.com\nbob@example.com\n")
    (place / "deals.csv").write_text("Mail,Deal\nann@example.com,Roof\nbob@example.com,Cellar\n")
    (place / "readme.txt.bak").write_text("no export")
    return place


def migrated(desk: Desk, *words: str, by: str = "migration.yaml") -> Ended:
    return desk.importer("migrate", "old", "-m", by, "--json", "--no-progress", *words)


def told(ended: Ended) -> list[tuple[str, int | None]]:
    """Give what became of each step: its object, and how many rows were created."""
    steps: list[dict[str, Any]] = ended.summary["steps"]
    return [(step["object"], step["summary"] and step["summary"]["created"]) for step in steps]


def stored(vendor: Sandbox, kind: Kind) -> list[dict[str, Any]]:
    return [item.body for item in vendor.vendor.items if item.kind is kind]


def test_a_hubspot_folder_goes_over_with_everything_linked(desk: Desk, vendor: Sandbox) -> None:
    shutil.copytree(HUBSPOT, desk.folder / "old")
    ended = migrated(desk, by="hubspot")
    assert told(ended) == [("company", 3), ("contact", 5), ("opportunity", 4), ("note", 3)], ended.err
    assert ended.code == 1, "one deal has no contact"
    people = {each["id"]: each for each in vendor.contacts()}
    firms = {each["id"]: each["name"] for each in stored(vendor, Kind.BUSINESS)}
    linked = {each["email"]: firms.get(each["properties"].get("businessId", "")) for each in people.values()}
    assert linked["goran.volkov@example.com"] == "Volkov Logistics"
    assert linked["hana.sato@example.org"] is None
    deals = {each["name"]: each for each in stored(vendor, Kind.OPPORTUNITY)}
    assert {name: people[deal["contactId"]]["email"] for name, deal in deals.items()} == {
        "Warehouse roof": "dmitri.volkov@example.com",
        "Fleet tracking": "goran.volkov@example.com",
        "Studio booking system": "erin.oneil@example.net",
        "Brand refresh": "farah.haddad@example.com",
    }
    assert [deals[name]["status"] for name in ("Fleet tracking", "Studio booking system")] == ["won", "lost"]
    assert len(stored(vendor, Kind.NOTE)) == 3


def test_every_ready_migration_takes_the_exports_that_it_is_for(desk: Desk) -> None:
    migrations = {each.name: each.text() for each in ready_migrations()}
    assert list(migrations) == ["hubspot", "hubspot-by-id", "pipedrive"]
    for name, text in migrations.items():
        place = desk.folder / f"all-of-{name}"
        place.mkdir()
        for step in yaml.safe_load(text)["steps"]:
            mapping = str(step["mapping"])
            shutil.copy(EXPORTS / f"{mapping}.csv", place / f"{mapping.split('-')[1]}.csv")
        ended = desk.importer("migrate", place.name, "-m", name, "--sandbox", "--json", "--no-progress")
        assert [step for step, _ in told(ended)][:3] == ["company", "contact", "opportunity"], ended.err
        assert all(created for _, created in told(ended)), ended.err
        assert "Left alone" not in ended.err


def test_a_folder_that_names_contacts_by_their_old_ids_alone_goes_over_by_these(
    desk: Desk, vendor: Sandbox
) -> None:
    place = desk.folder / "old"
    place.mkdir()
    for name in ("contacts", "deals", "notes"):
        shutil.copy(EXPORTS / f"hubspot-{name}-by-id.csv", place / f"{name}.csv")
    by_mail = migrated(desk, by="hubspot")
    assert (by_mail.code, vendor.contacts()) == (2, [])
    assert "'Associated Contact IDs' seems to name contacts by the old system's numbers" in by_mail.err
    assert "hubspot-by-id" in by_mail.err
    lacking = migrated(desk, by="hubspot-by-id")
    assert (lacking.code, "`importer fields create`" in lacking.err) == (2, True), lacking.err
    words = ("old/contacts.csv", "-m", "hubspot-contacts-by-id", "--yes")
    assert desk.importer("fields", "create", *words).code == 0
    ended = migrated(desk, by="hubspot-by-id")
    assert told(ended) == [("contact", 5), ("opportunity", 4), ("note", 3)], ended.err
    people = {each["id"]: each["email"] for each in vendor.contacts()}
    deals = {each["name"]: people[each["contactId"]] for each in stored(vendor, Kind.OPPORTUNITY)}
    assert (deals["Fleet tracking"], deals["Brand refresh"]) == (
        "goran.volkov@example.com",
        "farah.haddad@example.com",
    )
    assert "Nothing was left to do" in migrated(desk, by="hubspot-by-id").err


def test_contacts_come_before_deals_however_the_file_says_it(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    ended = migrated(desk)
    assert told(ended) == [("contact", 2), ("opportunity", 2)], ended.err
    assert ended.code == 0
    assert "1. contacts: 2 rows to send (people.csv)\n2. deals: 2 rows to send (deals.csv)" in ended.err
    assert "1 of 2: contacts (people.csv)" in ended.err


def test_the_same_command_sends_nothing_twice(desk: Desk, vendor: Sandbox, folder: Path) -> None:
    migrated(desk)
    again = migrated(desk)
    assert again.code == 0, again.err
    assert "Nothing was left to do" in again.err
    assert (len(vendor.contacts()), len(stored(vendor, Kind.OPPORTUNITY))) == (2, 2)


def test_where_no_contact_came_through_the_deals_are_not_begun_until_they_do(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    whole = (folder / "people.csv").read_text()
    (folder / "people.csv").write_text("Mail\nno address\n")
    ended = migrated(desk)
    assert (ended.code, told(ended)) == (3, [("contact", 0), ("opportunity", None)])
    assert "None of the contacts of people.csv came through" in ended.summary["reason"]
    assert stored(vendor, Kind.OPPORTUNITY) == []
    (folder / "people.csv").write_text(whole)
    mended = migrated(desk)
    assert (mended.code, told(mended)) == (0, [("contact", 2), ("opportunity", 2)]), mended.err


def test_rows_that_were_corrected_meanwhile_count_for_what_depends_on_them(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    (folder / "people.csv").write_text("Mail\nann@example\n")
    ended = migrated(desk)
    failed = Path(ended.summary["steps"][0]["summary"]["failed_rows"])
    failed.write_text(failed.read_text(encoding="utf-8-sig").replace("ann@example", "ann@example.com"))
    assert desk.run(str(failed), "-m", "people.yaml").code == 0
    gone_on = migrated(desk)
    assert (gone_on.code, told(gone_on)[1]) == (1, ("opportunity", 1)), gone_on.err


def test_what_keeps_a_later_step_from_beginning_is_no_word_that_nothing_was_sent(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    (folder / "deals.csv").write_text("Mail,Deal\n" + "no address,Roof\n" * 3 + "ann@example.com,Cellar\n")
    migrated(desk, "--stop-after-failures", "2")
    (folder / "deals.csv").write_text("Mail,Deal\nann@example.com,Roof\n")
    ended = migrated(desk)
    assert (ended.code, told(ended)) == (3, [("contact", 2), ("opportunity", None)])
    assert "deals.csv: " in ended.summary["reason"]
    assert "changed" in ended.summary["reason"]


def test_a_step_that_stops_stops_the_migration_and_the_command_goes_on_there(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    (folder / "people.csv").write_text("Mail\n" + "no address\n" * 3 + "ann@example.com\nbob@example.com\n")
    stopped = migrated(desk, "--stop-after-failures", "2")
    assert (stopped.code, stopped.summary["state"]) == (3, "stopped")
    assert told(stopped)[1] == ("opportunity", None)
    gone_on = migrated(desk)
    assert told(gone_on) == [("contact", 2), ("opportunity", 2)], gone_on.err


def test_all_is_checked_before_the_first_call_of_any_step(desk: Desk, vendor: Sandbox, folder: Path) -> None:
    desk.write("deals.yaml", DEALS.replace("Sales", "Nowhere"))
    ended = desk.importer("migrate", "old", "-m", "migration.yaml")
    assert ended.code == 2
    assert "no pipeline named 'Nowhere'" in ended.err
    assert vendor.contacts() == []


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    (folder / "deals.csv").write_text("Mail,Deal\nann@example.com,Roof\nann@example.com,\n")
    ended = migrated(desk, "--dry-run")
    assert ended.code == 1
    assert "1. contacts: 2 rows to send (people.csv)" in ended.err
    assert "2. deals: 1 row to send, 1 would fail (deals.csv)" in ended.err
    assert [step["forecast"]["ready"] for step in ended.summary["steps"]] == [2, 1]
    assert vendor.contacts() == []


def test_what_is_wrong_with_one_of_the_files_is_said_with_its_name(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    (folder / "deals.csv").write_text("Contact IDs,Deal\n101,Roof\n")
    ended = migrated(desk, "--dry-run")
    assert ended.code == 2
    assert "deals.csv: The mapping does not fit the file." in " ".join(ended.err.split())
    assert vendor.contacts() == []


def test_columns_that_a_mapping_looks_for_in_vain_are_told_before_the_question(
    desk: Desk, vendor: Sandbox
) -> None:
    (desk.folder / "old").mkdir()
    (desk.folder / "old" / "contacts.csv").write_text("Vorname,Nachname,E-Mail\nAnn,Lee,ann@example.com\n")
    ended = migrated(desk, "--dry-run", by="hubspot")
    assert "contacts.csv: 15 of the 16 rules that read a column find none" in " ".join(ended.err.split())
    assert vendor.contacts() == []


def test_a_try_needs_no_account_and_leaves_no_run_behind(desk: Desk, folder: Path, tmp_path: Path) -> None:
    ended = migrated(desk, "--sandbox")
    assert (ended.code, told(ended)) == (0, [("contact", 2), ("opportunity", 2)]), ended.err
    assert "not checked" not in ended.err
    assert not (tmp_path / "state" / "runs").exists()


def test_files_that_no_step_takes_and_steps_without_a_file_are_told(
    desk: Desk, vendor: Sandbox, folder: Path
) -> None:
    (folder / "tickets.csv").write_text("Mail\nann@example.com\n")
    desk.write("migration.yaml", FILE + "  - {files: notes.csv, mapping: deals.yaml}\n")
    ended = migrated(desk, "--dry-run")
    assert "Left alone, since no step takes them: tickets.csv." in ended.err
    assert "is called notes.csv" in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nsteps:\n  - {files: a.csv, maping: x}\n", "migration.yaml:3:20: "),
        ("version: 1\nsteps: []\n", "migration.yaml:2:8: "),
        ("version: 1\nsteps:\n  - {files: a.csv, mapping: people.yaml}\n", "names (a.csv)"),
        (FILE.replace("d*.csv", '"*.csv"'), "two steps take people.csv"),
        (FILE.replace("deals.yaml", "gone.yaml"), "gone.yaml cannot be read"),
    ],
)
def test_a_migration_file_that_cannot_be_is_refused_with_its_place(
    desk: Desk, vendor: Sandbox, folder: Path, text: str, said: str
) -> None:
    desk.write("migration.yaml", text)
    ended = desk.importer("migrate", "old", "-m", "migration.yaml")
    assert ended.code == 2
    assert said in ended.err
    assert vendor.state()["requests"] == 0


class Silent:
    def checked(self, step: MigrationStep, forecast: Forecast) -> None: ...

    def begins(self, step: MigrationStep, place: int, of: int) -> None: ...

    def ended(self, step: MigrationStep, summary: Summary) -> None: ...


@pytest.mark.parametrize("answer", [True, False])
def test_one_question_is_asked_for_all_of_it(
    desk: Desk, vendor: Sandbox, folder: Path, tmp_path: Path, *, answer: bool
) -> None:
    asked: list[str] = []

    async def confirm(question: str) -> bool:
        asked.append(question)
        return answer

    connection = Connection(base_url=vendor.base_url, token=Secret("pit-flow"), location_id="loc1")
    settings = RunSettings(
        sources=(), mapping=Path("migration.yaml"), connection=connection, state=tmp_path / "state"
    )
    work = migrate(load_migration("migration.yaml", folder), settings, RunContext(confirm=confirm), Silent())
    if answer:
        assert asyncio.run(work).exit_code == 0
    else:
        with pytest.raises(SettingsError, match="Nothing was sent"):
            asyncio.run(work)
    (question,) = asked
    assert "1. contacts: 2 rows to send (people.csv)\n2. deals: 2 rows to send (deals.csv)" in question
    assert "Into Sandbox loc1 (loc1)" in question
    assert len(vendor.contacts()) == (2 if answer else 0)
