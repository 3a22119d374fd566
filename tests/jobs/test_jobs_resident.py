from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from importer.errors import CredentialsError
from importer.jobs.context import PipelineRuns
from importer.jobs.health import health_endpoint, metrics, status
from importer.jobs.job_state import Result
from importer.jobs.location_locks import LocationLocks
from importer.jobs.model import Notify
from importer.jobs.notifying import linked
from importer.jobs.places import location_zone
from importer.jobs.resident import Resident
from importer.results.forecast import Forecast
from importer.results.summary import Summary
from importer.runtime.stopping import StopSignal
from importer.sandbox import Fault
from importer.settings import RunSettings
from importer.yaml.kinds import read_section
from tests.jobs.jobs_house import NEW_YORK, House, moment
from tests.jobs.test_jobs_turns import JOBS, People

CELL = "Ada Lovelace, ada@example.com"


async def test_runs_missed_while_nothing_was_running_are_made_up_for_once(
    house: House, people: People
) -> None:
    house.write_jobs(JOBS)
    await house.resident().look_around()
    house.clock.move_to(moment("2026-10-19T12:00"))
    house.put("in/contacts-1.csv", people)
    resident = house.resident()
    await house.live(resident, moment("2026-10-19T20:00"))
    (occasion,) = resident.context.jobs_state.occasions()
    assert (occasion.result, occasion.due_at) == (Result.FINISHED, moment("2026-10-19T02:30"))


async def test_a_job_that_does_not_catch_up_lets_missed_runs_go(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("    changed_only", "    catch_up: false\n    changed_only"))
    await house.resident().look_around()
    house.clock.move_to(moment("2026-10-19T12:00"))
    house.put("in/contacts-1.csv", people)
    resident = house.resident()
    await house.live(resident, moment("2026-10-19T20:00"))
    assert resident.context.jobs_state.occasions() == []
    await house.live(resident, moment("2026-10-20T03:00"))
    assert [each.result for each in resident.context.jobs_state.occasions()] == [Result.FINISHED]


async def test_one_turn_waits_for_what_a_turn_waits_for(house: House, people: People) -> None:
    waits = "    wait_for_file: 2h\n    send_window: {between: 13:00-20:00}\n    schedule"
    house.write_jobs(JOBS.replace("    schedule: 30 2 * * *", f"{waits}: 0 12 * * *"))
    resident = house.resident()
    turn = asyncio.create_task(resident.take_one_turn())
    await house.clock.sleep(60)
    house.clock.move_to(moment("2026-10-12T13:05"))
    await house.clock.sleep(120)
    assert not turn.done()
    house.put("in/contacts-1.csv", people)
    await turn
    (occasion,) = resident.context.jobs_state.occasions()
    assert (occasion.result, occasion.due_at) == (Result.FINISHED, moment("2026-10-12T12:00"))


async def test_a_disabled_job_never_runs(house: House) -> None:
    house.write_jobs(JOBS.replace("    changed_only", "    enabled: false\n    changed_only"))
    resident = house.resident()
    await house.live(resident, house.clock.now() + 3 * 86_400)
    assert resident.context.jobs_state.occasions() == []


class Dying(PipelineRuns):
    """A machine that loses power while a file is being judged."""

    async def check(self, settings: RunSettings, stop: StopSignal) -> Forecast:  # noqa: ARG002  (the seam's form)
        raise asyncio.CancelledError


async def test_a_process_that_dies_before_the_run_has_its_turn_again(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    house.put("in/contacts-1.csv", people)
    dying = Resident(house.jobs(), replace(house.context(), runs=Dying(house.clock)))
    await dying.look_around()
    house.clock.move_to(moment("2026-10-13T02:31"))
    await dying.look_around()
    with pytest.raises(asyncio.CancelledError):
        await dying.quiet()
    resident = house.resident()
    await house.live(resident, moment("2026-10-13T03:00"))
    assert [each.result for each in resident.context.jobs_state.occasions()] == [Result.FINISHED]


class LockedOut(PipelineRuns):
    """An account that is closed after the first import."""

    runs = 0

    async def run(self, settings: RunSettings, stop: StopSignal) -> Summary:
        self.runs += 1
        if self.runs > 1:
            raise CredentialsError("The token is refused.")
        return await super().run(settings, stop)


async def test_what_was_done_is_told_when_the_next_file_cannot_be(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("    mapping:", "    take: all\n    mapping:"))
    house.put("in/contacts-1.csv", people, at=house.clock.now() - 7200)
    house.put("in/contacts-2.csv", {**people, "new@example.com": ("New", "Rome")})
    resident = Resident(house.jobs(), replace(house.context(), runs=LockedOut(house.clock)))
    occasions = await house.once(resident)
    assert [each.result for each in occasions] == [Result.FINISHED, Result.FAILED]
    assert [notice.event for notice in house.told] == ["success"]  # the failure is tried again first


class Listening(PipelineRuns):
    """Looks, whenever a run begins, at what was written down before it."""

    def __init__(self, house: House) -> None:
        super().__init__(house.clock)
        self.house = house
        self.heard: list[list[str]] = []

    async def run(self, settings: RunSettings, stop: StopSignal) -> Summary:
        state = self.house.context().jobs_state
        self.heard.append([each.notice.file for each in state.parcels(due_by=float("inf"))])
        return await super().run(settings, stop)


async def test_how_a_file_ended_is_written_down_before_the_next_begins(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("    mapping:", "    take: all\n    mapping:"))
    house.put_text("in/contacts-1.csv", "Wrong\n1\n", at=house.clock.now() - 7200)
    house.put("in/contacts-2.csv", people)
    runs = Listening(house)
    resident = Resident(house.jobs(), replace(house.context(), runs=runs))
    await house.once(resident)
    assert runs.heard == [["contacts-1.csv"]]
    assert [notice.event for notice in house.told] == ["failure", "recovery"]


async def test_a_process_that_dies_when_all_is_done_misses_no_file(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    house.put("in/contacts-1.csv", people)
    resident, due_at = house.resident(), house.clock.now()
    resident.start(resident.jobs[0], due_at)
    await resident.quiet()
    state = resident.context.jobs_state
    job_state = state.job_state("crm", now=due_at)
    state.put(
        replace(job_state, next_at=due_at, open_due=due_at)
    )  # the last that a dying process had written
    anew = house.resident()
    await anew.look_around()
    await anew.quiet()
    assert [each.result for each in state.occasions()] == [Result.NOTHING_NEW, Result.FINISHED]


class Buggy(PipelineRuns):
    async def check(self, settings: RunSettings, stop: StopSignal) -> Forecast:  # noqa: ARG002  (the seam's form)
        raise ZeroDivisionError(CELL)


async def test_a_fault_of_ours_ends_one_turn_and_quotes_nobody(
    house: House, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    house.write_jobs(JOBS)
    house.put("in/contacts-1.csv", people)
    resident = Resident(house.jobs(), replace(house.context(), runs=Buggy(house.clock)))
    (occasion,) = await house.once(resident)
    assert (occasion.result, "ZeroDivisionError" in occasion.sentence) == (Result.FAILED, True)
    assert "Ada" not in occasion.sentence + caplog.text + str(house.told[0].to_json())
    assert "test_jobs_resident.py" in caplog.text


async def test_rows_that_the_vendor_refuses_count_against_the_threshold(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    house.put("in/contacts-1.csv", people)
    refusal = Fault(
        status=422, body=b'{"message": ["email must be an email"]}', path="/contacts/upsert", times=3
    )
    house.sandbox.fates.script([refusal])
    (occasion,) = await house.once(house.resident())
    assert (occasion.result, occasion.counts["failed"]) == (Result.CROSSED, 3)
    assert "3 of 20 rows failed, more than 10 % of the rows" in occasion.sentence
    assert [notice.event for notice in house.told] == ["threshold"]
    assert (house.folder / "in" / "failed" / "contacts-1.csv").exists()


async def test_a_window_goes_by_the_locations_own_clock(house: House, people: People) -> None:
    house.sandbox.location("ve9EPM428h8vShlRW1KT").timezone = "Asia/Tokyo"
    house.write_jobs(JOBS.replace("    mapping:", "    send_window: {between: 08:00-20:00}\n    mapping:"))
    house.put("in/contacts-1.csv", people)
    zone = location_zone(house.sandbox.base_url, state=house.folder, clock=house.clock)
    resident = Resident(house.jobs(), replace(house.context(), location_zone=zone))
    assert await house.once(resident) == []  # noon in New York, one at night in Tokyo
    await house.live(resident, moment("2026-10-12T20:00"))
    (occasion,) = resident.context.jobs_state.occasions()
    assert f"{datetime.fromtimestamp(occasion.began_at, NEW_YORK):%H:%M}" == "19:00"


async def test_a_location_that_cannot_be_asked_has_the_jobs_zone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invalid")
    house.write_jobs(JOBS)
    assert (
        await location_zone(house.sandbox.base_url, state=house.folder, clock=house.clock)(house.jobs()[0])
        is None
    )


async def test_another_process_in_the_same_location_is_waited_for_and_named_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.write_jobs(JOBS)
    (named,) = house.jobs()
    here, there = (LocationLocks(house.state / "locks", "https://x", house.clock) for _ in range(2))
    order: list[str] = []

    async def second() -> None:
        async with there.alone(named):
            order.append("second")

    with caplog.at_level("INFO", logger="importer.jobs"):
        async with here.alone(named):
            waiting = asyncio.create_task(second())
            await house.clock.sleep(50)
            order.append("first")
        await waiting
    assert order == ["first", "second"]
    (told,) = [record.getMessage() for record in caplog.records if "waits" in record.getMessage()]
    assert told.startswith(f"Job {named.name} waits: job {named.name} (process {os.getpid()} on ")


async def test_of_two_services_that_share_their_state_one_takes_a_turn(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    one, other = house.resident(), house.resident()
    await one.look_around()
    house.clock.move_to(moment("2026-10-19T12:00"))
    house.put("in/contacts-1.csv", people)
    # both see that the job is due, before either has begun
    await asyncio.gather(one.look_around(), other.look_around())
    assert (one.busy, other.busy) == (("crm",), ("crm",))
    await asyncio.gather(one.quiet(), other.quiet())
    assert [each.result for each in one.context.jobs_state.occasions()] == [Result.FINISHED]
    assert await house.once(other) != []  # a turn that is asked for is taken all the same


async def test_metrics_and_status_tell_how_jobs_are(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    resident = house.resident()
    house.put("in/contacts-1.csv", people)
    await house.once(resident)
    await house.once(resident)
    families = {family.name: family for family in text_string_to_metric_families(metrics(resident))}
    turns = {
        sample.labels["result"]: sample.value for sample in families["highlevel_importer_job_turns"].samples
    }
    assert turns == {"finished": 1, "failed": 1}
    rows = {
        sample.labels["status"]: sample.value for sample in families["highlevel_importer_job_rows"].samples
    }
    assert rows == {"created": 20}
    assert families["highlevel_importer_job_failing"].samples[0].value == 1
    told = status(resident)
    assert "ada" not in str(told)
    async with health_endpoint(resident, port=0) as port:
        assert port > 0


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("localhost", 200),
        ("127.0.0.1:8710", 200),
        ("[::1]", 200),
        ("evil.example.com", 403),
        ("127.0.0.1.nip.io", 403),
    ],
)
async def test_the_health_port_answers_only_who_asks_for_this_machine(
    house: House, host: str, answer: int
) -> None:
    house.write_jobs(JOBS)
    async with health_endpoint(house.resident(), port=0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        said = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()
    assert said.startswith(f"HTTP/1.1 {answer} ")
    assert ("jobs" in said) == (answer == 200)


def test_a_report_can_be_linked() -> None:
    from tests.jobs.test_jobs_delivery import NOTICE

    channel = read_section(
        Notify,
        {"webhook": "https://example.com", "report_link": "https://files.example.com/{run_id}/report.html"},
    )
    assert linked(NOTICE, channel).report == "https://files.example.com/20261123-023000-ab12/report.html"
