"""Custom fields that a mapping names are made where the location lacks them: said first, each once, and read back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.errors import InterruptedRunError, SettingsError
from importer.runs.context import RunContext
from importer.runs.fields.creating import FieldsOptions, create_fields, lock_path
from importer.runs.fields.proposing import Wanted
from importer.runtime.clock import SystemClock
from importer.runtime.process_lock import locked, this_process
from importer.runtime.progress import SilentProgress
from importer.runtime.stopping import StopSignal
from importer.sandbox import Account, Fault, FaultKind, SandboxSettings
from importer.sandbox.routes import ROUTES
from importer.settings import Connection, RunSettings, Secret
from tests.flow.conftest import Desk, Ended, open_vendor

if TYPE_CHECKING:
    from importer.sandbox import Sandbox

MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields: {email: Mail}
custom_fields:
  Plan: Plan
  Joined: Joined
  Visits: Visits
  contact.account_code: Code
  Likes: {column: Likes, split: ";"}
tags: {columns: [Tags]}
"""
PLANS = ("Gold", "Silver", "gold", "Gold", "Silver", "Gold")
HEAD = "Mail,Plan,Joined,Visits,Code,Likes,Tags"


def rows(*plans: str) -> list[str]:
    return [
        f"p{place}@example.com,{plan},2024-0{place + 1}-05,{place * 7},00{place}7,tea;{'milk' if place % 2 else 'Tea'},spring"
        for place, plan in enumerate(plans)
    ]


@pytest.fixture
def file(desk: Desk) -> str:
    desk.write("mapping.yaml", MAPPING)
    return desk.write("people.csv", "\n".join((HEAD, *rows(*PLANS), "")))


def created(desk: Desk, file: str, *words: str) -> Ended:
    return desk.importer("fields", "create", file, "-m", "mapping.yaml", "--json", "--no-progress", *words)


def lines(ended: Ended) -> dict[str, dict[str, Any]]:
    return {line["name"]: line for line in ended.summary["fields"]}


def held(vendor: Sandbox) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Give the location's fields that were not seeded, by name."""
    fields = vendor.location("loc1").custom_fields.values()
    return {each.name: (each.data_type, each.options) for each in fields if each.name in NAMES}


NAMES = {"Plan", "Joined", "Visits", "Account Code", "Likes"}
MADE = {
    "Plan": ("SINGLE_OPTIONS", ("Gold", "Silver")),
    "Joined": ("DATE", ()),
    "Visits": ("NUMERICAL", ()),
    "Account Code": ("TEXT", ()),
    "Likes": ("MULTIPLE_OPTIONS", ("tea", "milk")),
}


def test_what_the_location_lacks_is_made_of_the_type_that_its_values_have(
    desk: Desk, vendor: Sandbox, file: str
) -> None:
    ended = created(desk, file, "--yes")
    assert (ended.code, ended.summary["created"], ended.summary["failed"]) == (0, 5, 0)
    assert held(vendor) == MADE
    imported = desk.run(file, "-m", "mapping.yaml")
    assert (imported.code, imported.summary["created"]) == (0, 6), imported.err


def test_what_a_run_makes_by_itself_is_only_told(desk: Desk, vendor: Sandbox, file: str) -> None:
    (note,) = created(desk, file, "--dry-run").summary["notes"]
    assert note == "Location loc1 does not have 1 tag that the rows name; a run makes them: 'spring'."


def test_given_again_it_makes_nothing(desk: Desk, vendor: Sandbox, file: str) -> None:
    created(desk, file, "--yes")
    count = len(vendor.location("loc1").custom_fields)
    ended = created(desk, file, "--yes")
    assert (ended.code, ended.summary["there"], ended.summary["created"]) == (0, 5, 0)
    assert len(vendor.location("loc1").custom_fields) == count


def test_a_dry_run_says_what_would_be_made_and_writes_nothing(desk: Desk, vendor: Sandbox, file: str) -> None:
    ended = created(desk, file, "--dry-run")
    assert (ended.code, ended.summary["missing"], held(vendor)) == (0, 5, {})
    assert (
        "'Plan': to be created as SINGLE_OPTIONS, 2 different values in 6 rows: 'Gold', 'Silver'" in ended.err
    )


@pytest.mark.parametrize("said", [(), ("IMPORTER_YES",)], ids=["nothing", "IMPORTER_YES"])
def test_where_nobody_can_be_asked_only_the_command_itself_says_yes(
    desk: Desk, vendor: Sandbox, file: str, said: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in said:
        monkeypatch.setenv(name, "1")
    ended = created(desk, file)
    assert (ended.code, held(vendor)) == (2, {})
    assert "--yes on this very command" in " ".join(ended.err.split())


def test_the_type_that_somebody_says_goes_before_what_the_values_tell(
    desk: Desk, vendor: Sandbox, file: str
) -> None:
    assert created(desk, file, "--yes", "--type", "Plan=text", "--type", "Visits=RADIO").code == 0
    assert held(vendor)["Plan"] == ("TEXT", ())
    assert held(vendor)["Visits"] == ("RADIO", ("0", "7", "14", "21", "28", "35"))


@pytest.mark.parametrize("said", ["Shirt=TEXT", "Plan=MAGIC", "Plan"])
def test_a_type_that_is_none_or_of_no_field_is_refused_before_anything_is_made(
    desk: Desk, vendor: Sandbox, file: str, said: str
) -> None:
    assert (created(desk, file, "--yes", "--type", said).code, held(vendor)) == (2, {})


def test_options_that_a_field_lacks_are_added_only_when_that_is_said(
    desk: Desk, vendor: Sandbox, file: str
) -> None:
    created(desk, file, "--yes")
    desk.write("people.csv", "\n".join((HEAD, *rows("Gold", "Bronze", "bronze "), "")))
    ended = created(desk, file, "--yes")
    assert (ended.code, lines(ended)["Plan"]["options"]) == (1, ["Bronze"])
    assert "--add-options adds them" in " ".join(ended.err.split())
    assert held(vendor)["Plan"] == ("SINGLE_OPTIONS", ("Gold", "Silver"))
    added = created(desk, file, "--yes", "--add-options")
    assert (added.code, lines(added)["Plan"]["status"]) == (0, "options_added")
    assert held(vendor)["Plan"] == ("SINGLE_OPTIONS", ("Gold", "Silver", "Bronze"))


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.GARBAGE, FaultKind.STORED])
def test_a_field_whose_reply_was_lost_is_found_and_not_made_twice(
    desk: Desk, vendor: Sandbox, file: str, kind: FaultKind
) -> None:
    usual = Fault(path="customFields", times=2)  # the list, and the look for the scope
    status = 500 if kind is FaultKind.STORED else None
    vendor.script([usual, Fault(kind=kind, path="customFields", status=status)])
    ended = created(desk, file, "--yes")
    assert (ended.code, ended.summary["created"], held(vendor)) == (0, 5, MADE)


def test_killed_in_the_middle_the_same_command_makes_the_rest(desk: Desk, vendor: Sandbox, file: str) -> None:
    # what a killed process leaves behind: some fields made, nothing written down
    location = vendor.location("loc1")
    location.add_custom_field("Plan", data_type="SINGLE_OPTIONS", options=("Gold", "Silver"))
    location.add_custom_field("Joined", data_type="DATE")
    count = len(location.custom_fields)
    ended = created(desk, file, "--yes")
    assert (ended.code, ended.summary["there"], ended.summary["created"]) == (0, 2, 3)
    assert (held(vendor), len(location.custom_fields)) == (MADE, count + 3)


def test_a_refusal_is_told_in_the_vendors_words_and_the_others_are_made(
    desk: Desk, vendor: Sandbox, file: str
) -> None:
    usual = Fault(path="customFields", times=2)
    vendor.script([usual, Fault(path="customFields", status=422, body=b'{"message": ["no more fields"]}')])
    ended = created(desk, file, "--yes")
    assert (ended.code, ended.summary["created"], ended.summary["failed"]) == (1, 4, 1)
    assert "no more fields" in lines(ended)["Plan"]["reason"]


def test_a_token_that_may_not_make_fields_is_told_before_anything_is_asked(desk: Desk, file: str) -> None:
    scopes = frozenset(route.scope for route in ROUTES if route.scope) - {"locations/customFields.write"}
    accounts = (Account(token="pit-flow", scopes=scopes),)
    with open_vendor(SandboxSettings(burst=0, accounts=accounts)) as vendor:
        ended = created(desk, file, "--yes")
        assert (ended.code, held(vendor)) == (2, {})
        assert "locations/customFields.write" in ended.err


def test_a_name_that_is_an_id_of_another_location_is_left(desk: Desk, vendor: Sandbox, file: str) -> None:
    desk.write("mapping.yaml", MAPPING.replace("  Plan: Plan", "  3sv6UEo51C9Bmpo1cKTq: Plan"))
    ended = created(desk, file, "--yes")
    assert (ended.code, ended.summary["left"], ended.summary["created"]) == (1, 1, 4)
    assert "it is named by an id" in lines(ended)["3sv6UEo51C9Bmpo1cKTq"]["reason"]


def test_a_mapping_without_custom_fields_leaves_nothing_to_create(desk: Desk, vendor: Sandbox) -> None:
    file = desk.write("people.csv", "First,Mail,Phone,Tags\nAnn,a@example.com,,\n")
    ended = created(desk, file, "--yes")
    assert (ended.code, "names no custom fields" in ended.err) == (2, True)


class PatientClock(SystemClock):
    """Waits for nothing, and knows for how long it would have."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds == 5.0:  # the wait for what may be late; the sender's own are short
            self.waited.append(seconds)
        await asyncio.sleep(0 if seconds == 5.0 else seconds)


def settings_for(vendor: Sandbox, file: str, tmp_path: Path) -> RunSettings:
    connection = Connection(base_url=vendor.base_url, token=Secret("pit-flow"), location_id="loc1")
    return RunSettings(
        sources=(file,), mapping=Path("mapping.yaml"), connection=connection, state=tmp_path / "state"
    )


WHOLE = FieldsOptions(wanted=Wanted(types={}, add_options=False))


def test_a_field_that_never_arrived_is_asked_for_again_once_it_cannot_be_late(
    desk: Desk, vendor: Sandbox, file: str, tmp_path: Path
) -> None:
    usual = Fault(path="customFields", times=2)
    vendor.script([usual, Fault(kind=FaultKind.DROP, path="customFields")])
    context = RunContext(clock=(clock := PatientClock()))
    summary = asyncio.run(create_fields(settings_for(vendor, file, tmp_path), WHOLE, context=context))
    assert (summary.exit_code, held(vendor), clock.waited) == (0, MADE, [5.0])


def test_a_person_sees_what_will_be_made_and_may_say_no(
    desk: Desk, vendor: Sandbox, file: str, tmp_path: Path
) -> None:
    asked: list[str] = []

    async def say_no(question: str) -> bool:
        asked.append(question)
        return False

    context = RunContext(confirm=say_no)
    with pytest.raises(SettingsError, match="Nothing was made"):
        asyncio.run(create_fields(settings_for(vendor, file, tmp_path), WHOLE, context=context))
    assert held(vendor) == {}
    assert "Sandbox loc1 (loc1)" in asked[0]
    assert "'Likes': to be created as MULTIPLE_OPTIONS" in asked[0]


def test_stopped_in_the_middle_it_says_so_and_shows_what_was_not_reached(
    desk: Desk, vendor: Sandbox, file: str, tmp_path: Path
) -> None:
    stop = StopSignal()

    class Progress(SilentProgress):
        def requested(self, location_id: str, seconds: float, throttled: bool) -> None:  # noqa: ARG002, FBT001  (an agreed signature)
            if "Plan" in held(vendor):
                stop.request(InterruptedRunError("Stopped by SIGINT."))

    context = RunContext(stop=stop, progress=Progress())
    summary = asyncio.run(create_fields(settings_for(vendor, file, tmp_path), WHOLE, context=context))
    assert (summary.exit_code, summary.reason_code) == (3, "interrupted")
    assert "Likes" not in held(vendor)
    assert created(desk, file, "--yes").code == 0
    assert held(vendor) == MADE


def test_two_that_make_fields_of_one_location_do_not_work_at_once(
    desk: Desk, vendor: Sandbox, file: str, tmp_path: Path
) -> None:
    path = lock_path(tmp_path / "state", vendor.base_url, "loc1")
    with locked(path, this_process("fields create", 0.0)):
        ended = created(desk, file, "--yes")
    assert (ended.code, held(vendor)) == (2, {})
    assert f"process {os.getpid()}" in ended.err
    assert created(desk, file, "--yes").code == 0


def test_a_field_that_is_to_hold_files_is_not_made_for_texts(desk: Desk, file: str, vendor: Sandbox) -> None:
    desk.write(
        "mapping.yaml",
        f"{MAPPING}  CV: Code\nfiles: {{fields: [CV]}}\n".replace("tags: {columns: [Tags]}\n", ""),
    )
    ended = created(desk, file, "--yes")
    (line,) = [each for each in ended.summary["fields"] if each["name"] == "CV"]
    assert (ended.code, line["status"], "File Upload" in line["reason"]) == (1, "left", True)
    assert vendor.location("loc1").find_custom_field("CV") is None
