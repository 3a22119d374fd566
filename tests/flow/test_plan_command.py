"""`importer plan`: what would become of each row, and what changes of each contact."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.flow.conftest import read_table

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

WRITES = {"POST contacts/upsert", "POST contacts", "PUT contacts/*"}


class Planned:
    """A plan as its files tell it."""

    def __init__(self, desk: Desk, *words: str) -> None:
        self.ended = desk.importer("plan", *words, "--json", "--no-progress")
        self.summary: dict[str, Any] = json.loads(self.ended.out) if self.ended.out else {}

    @property
    def rows(self) -> list[dict[str, str]]:
        return read_table(Path(self.summary["plan"]))

    @property
    def actions(self) -> list[str]:
        return [row["plan_action"] for row in self.rows]

    def changes(self, row: int) -> dict[str, Any]:
        text = self.rows[row]["plan_changes"]
        return json.loads(text) if text else {}


def people(desk: Desk, *rows: str) -> str:
    return desk.write("people.csv", "\n".join(["First,Mail,Phone,Tags", *rows, ""]))


def test_rows_are_created_changed_or_left_alone(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann", tags=["vip"])
    bob = vendor.add_contact("loc1", email="bob@example.com", firstName="Bob", phone="+14155550101")
    plan = Planned(
        desk,
        people(
            desk,
            "Anna,ANN@example.com,(415) 555-0100,VIP;New",
            "Bob,bob@example.com,+1 415 555 0101,",
            "Cid,cid@example.com,,",
            "Dan,nonsense,,",
        ),
        "-m",
        "mapping.yaml",
    )
    assert plan.ended.code == 1
    assert plan.actions == ["update", "unchanged", "create", "fail"]
    assert [row["plan_contact_id"] for row in plan.rows] == [ann, bob, "", ""]
    assert plan.changes(0) == {
        "firstName": {"old": "Ann", "new": "Anna"},
        "phone": {"old": None, "new": "+14155550100"},
        "tags": {"added": ["new"], "removed": []},
    }
    assert plan.rows[3]["plan_code"] == "invalid_email"
    assert plan.rows[3]["First"] == "Dan"


def test_nothing_is_written(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    Planned(desk, people(desk, "Anna,ann@example.com,,", "Cid,cid@example.com,,"), "-m", "mapping.yaml")
    assert WRITES.isdisjoint(vendor.state()["paths"])


def test_the_counts_add_up_and_the_calls_are_told(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    told = Planned(
        desk, people(desk, "Anna,ann@example.com,,", "Cid,cid@example.com,,", "Eve,,,"), "-m", "mapping.yaml"
    ).summary
    assert told["rows_read"] == 3
    assert sum(told[action] for action in ("create", "update", "unchanged", "skip", "fail", "ambiguous")) == 3
    assert told["changes"] == {"firstName": {"set": 0, "changed": 1, "cleared": 0}}
    assert told["mirror"]["loc1"]["contacts"] == 1
    assert told["requests"] >= 3  # a look and an update, and a new contact
    assert told["requests_made"] == sum(vendor.state()["paths"].values())


def test_rows_of_one_person_are_planned_one_upon_the_other(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(
        desk,
        people(desk, "Ann,ann@example.com,,", "Anna,ANN@example.com,,a", "Anna,ann@example.com,,A"),
        "-m",
        "mapping.yaml",
    )
    assert plan.actions == ["create", "update", "unchanged"]
    assert plan.changes(1) == {
        "firstName": {"old": "Ann", "new": "Anna"},
        "tags": {"added": ["a"], "removed": []},
    }
    assert "made by row 2" in plan.rows[1]["plan_reason"]


def test_who_could_be_several_people_is_ambiguous_and_named(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com")
    bob = vendor.add_contact("loc1", email="bob@example.com", phone="+14155550101", firstName="Bob")
    dan = vendor.add_contact("loc1", email="dan@example.com", phone="+14155550102", firstName="Dan")
    vendor.add_contact("loc1", email="fay@example.com", phone="+14155550103", firstName="Fay")
    vendor.add_contact("loc1", email="eve@example.com", additional_emails=["eve@work.example"])
    plan = Planned(
        desk,
        people(
            desk,
            "Ann,ann@example.com,+14155550101,",
            "Eve,eve@work.example,,",
            "Zoe,zoe@example.com,+14155550102,",
            "Fay,fay@new.example,+14155550103,",
        ),
        "-m",
        "mapping.yaml",
    )
    assert plan.actions == ["ambiguous", "ambiguous", "ambiguous", "update"]
    assert {row["plan_code"] for row in plan.rows[:3]} == {"ambiguous"}
    assert ann in plan.rows[0]["plan_reason"]
    assert bob in plan.rows[0]["plan_reason"]
    assert dan in plan.rows[2]["plan_reason"]
    assert "additional one" in plan.rows[1]["plan_reason"]
    assert "e-mail and name both differ" in plan.rows[2]["plan_reason"]
    assert plan.ended.code == 1


def test_a_lifted_opt_out_is_counted_and_told(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", dnd=True)
    desk.write(
        "dnd.yaml",
        "version: 1\nlocation: ${HIGHLEVEL_LOCATION_ID}\nfields: {email: Mail, dnd: Out}\n",
    )
    plan = Planned(desk, desk.write("p.csv", "Mail,Out\nann@example.com,no\n"), "-m", "dnd.yaml")
    assert plan.summary["lifts"] == 1
    assert "do-not-disturb" in plan.ended.err


def test_the_page_masks_values_and_runs_nothing(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Annabel")
    plan = Planned(desk, people(desk, "<b>Zo</b>,ann@example.com,,"), "-m", "mapping.yaml")
    page = Path(plan.summary["report"]).read_text(encoding="utf-8")
    assert "Annabel" not in page
    assert "<b>Z" not in page
    assert "firstName" in page


def test_a_plan_as_a_workbook(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(
        desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml", "--results-format", "xlsx"
    )
    assert plan.summary["plan"].endswith("plan.xlsx")
    read = desk.importer("read", plan.summary["plan"], "--format", "jsonl")
    assert '"create"' in read.out


def test_the_embedded_sandbox_has_nobody_to_compare_with(desk: Desk) -> None:
    ended = desk.importer("plan", people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml", "--sandbox")
    assert ended.code == 2
    assert "begins empty" in ended.err


def test_a_plan_read_again_gives_the_cells_of_the_source(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "=1+1,ann@example.com,,"), "-m", "mapping.yaml")
    assert plan.rows[0]["First"] == "'=1+1"
    read = desk.importer("read", plan.summary["plan"], "--format", "jsonl")
    assert '"=1+1"' in read.out


def test_a_plan_that_nobody_applied_is_forgotten_after_a_month(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    plans = desk.folder.parent / "state" / "plans"
    (kept,) = plans.iterdir()
    old = datetime.now(UTC) - timedelta(days=31)
    older = kept.rename(plans / f"plan-{old:%Y%m%d-%H%M%S}-0000")
    young = shutil.copytree(older, kept)
    desk.run(people(desk, "Bob,bob@example.com,,"), "-m", "mapping.yaml")
    assert (older.exists(), young.exists()) == (False, True), plan.summary
