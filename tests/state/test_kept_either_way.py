"""What outlives a run, in files and in a Postgres: the same is kept, by the same statements."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.records import PlanAction, PlannedRow, QuotaMark
from importer.state.memory.uploads import KnownUpload, KnownUploads, UploadKey
from importer.state.named_files import NamedFiles
from importer.state.plans import Approval, Decision, PlanFacts, Plans, StoredPlan
from importer.state.quota import QuotaMemory

pytestmark = pytest.mark.versions

PLACE = "https://one.example"
OTHER = "https://other.example"
FACTS = PlanFacts(
    plan_id="plan-20260101-120000-abcd",
    made_at=1.0,
    sources=("people.csv",),
    fingerprints=("f",),
    mapping_path="m.yaml",
    mapping_fingerprint="m",
    location_id=None,
    base_url=PLACE,
)


def mark(at: float, *, used: int, slowest: float = 0.0) -> QuotaMark:
    return QuotaMark(location_id="loc1", at=at, in_window=1, used_today=used, slowest_seconds=slowest)


def test_an_upload_is_known_from_its_beginning_to_its_end(store_folder: Path) -> None:
    letter = UploadKey(location_id="loc1", field_id="f1", digest="d")
    assert KnownUploads.open_if_there(store_folder, place=PLACE) is None
    with KnownUploads.open(store_folder, place=PLACE) as known:
        known.begin(letter, "run1")
        assert known.find(letter) == KnownUpload(run_id="run1")
        known.finish(letter, "run1", "https://stored")
    with ExitStack() as opened:
        known = opened.enter_context(KnownUploads.open(store_folder, place=PLACE))
        elsewhere = opened.enter_context(KnownUploads.open(store_folder, place=OTHER))
        assert known.find(letter) == KnownUpload(run_id="run1", stored="https://stored")
        assert elsewhere.find(letter) is None
        known.withdraw(letter)
        assert known.find(letter) is None
    again = KnownUploads.open_if_there(store_folder, place=PLACE)
    assert again is not None
    with again:
        assert again.find(letter) is None


def test_the_files_that_rows_name_are_found_by_what_the_rows_call_them(store_folder: Path) -> None:
    folder = store_folder / "runs" / "20260101-120000-abcd"
    assert not NamedFiles.is_in(folder)
    with NamedFiles.open(folder) as named:
        named.note("loc1", "f1", "a.pdf", name="a.pdf", stored="https://first")
        named.note("loc1", "f1", "a.pdf", name="a.pdf", stored="https://second")
        assert named.find("loc1", "f1", "a.pdf") == ("a.pdf", "https://second")
        assert named.find("loc1", "f2", "a.pdf") is None
    assert NamedFiles.is_in(folder)
    assert not NamedFiles.is_in(folder.with_name("20260101-120000-beef"))


def test_of_a_location_s_quota_the_newer_mark_is_remembered_and_the_slowest_reply(store_folder: Path) -> None:
    memory = QuotaMemory(store_folder)
    assert memory.marks(PLACE) == {}
    memory.remember(PLACE, {"loc1": mark(10.0, used=5, slowest=3.0)})
    memory.remember(PLACE, {"loc1": mark(20.0, used=9, slowest=1.0)})
    memory.remember(PLACE, {"loc1": mark(15.0, used=7)})
    assert memory.marks(PLACE) == {"loc1": mark(20.0, used=9, slowest=3.0)}
    assert memory.marks(OTHER) == {}


def test_a_plan_is_found_once_it_is_whole_and_gone_once_it_is_discarded(store_folder: Path) -> None:
    plans = Plans(store_folder)
    assert plans.ids() == ()
    rows = [
        PlannedRow(row=row, action=action, location_id="l", contact_id=None)
        for row, action in enumerate((*PlanAction, PlanAction.CREATE), 2)
    ]
    with StoredPlan.create(plans.new_folder(FACTS.plan_id)) as stored:
        assert not stored.whole
        stored.add(rows)
        with pytest.raises(SettingsError, match="cut off"):
            _ = stored.facts
        stored.finish(FACTS)
    assert plans.ids() == (FACTS.plan_id,)
    with StoredPlan.open(plans.find("plan-2026")) as stored:
        assert (stored.whole, stored.facts) == (True, FACTS)
        assert stored.rows(3, 4) == {each.row: each for each in rows[1:3]}
        assert stored.count_actions() == {action: 1 + (action is PlanAction.CREATE) for action in PlanAction}
    plans.discard(FACTS.plan_id)
    assert plans.ids() == ()
    with pytest.raises(SettingsError):
        StoredPlan.open(store_folder / "plans" / FACTS.plan_id)


def test_the_first_word_on_a_plan_stands(store_folder: Path) -> None:
    with StoredPlan.create(Plans(store_folder).new_folder(FACTS.plan_id)) as stored:
        assert stored.approval == Approval()
        stored.ask("nightly", "too many")
        assert stored.approval == Approval(job="nightly", why="too many")
        stored.say(Decision.APPROVED, by="Ada", at=5.0)
        said = stored.say(Decision.REFUSED, by="Bob", at=6.0)
    assert said == Approval(job="nightly", why="too many", decision=Decision.APPROVED, by="Ada", at=5.0)


def test_plans_are_swept_a_month_after_they_were_made(store_folder: Path) -> None:
    plans, day = Plans(store_folder), 86_400.0
    for plan_id in ("plan-19700102-000000-0000", "plan-19700120-000000-0000"):
        with StoredPlan.create(plans.new_folder(plan_id)):
            pass
    plans.sweep(31.5 * day)
    assert plans.ids() == ("plan-19700120-000000-0000",)


def test_a_plan_that_somebody_reads_is_not_taken_away_from_them(store_folder: Path) -> None:
    plans = Plans(store_folder)
    with StoredPlan.create(plans.new_folder(FACTS.plan_id)) as stored:
        stored.add([PlannedRow(row=2, action=PlanAction.CREATE, location_id="l", contact_id=None)])
        plans.discard(FACTS.plan_id)
        assert list(stored.rows(0, 9)) == [2]
