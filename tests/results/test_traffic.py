from __future__ import annotations

from typing import Any

import pytest

from importer.records import Pulse
from importer.results.traffic import gather


def pulse(at: float, **given: Any) -> Pulse:
    given.setdefault("location_id", "a")
    given.setdefault("requests", 100)
    return Pulse(started_at=at, seconds=10.0, **given)


def test_a_run_without_pulses_has_no_course() -> None:
    traffic = gather([])

    assert (traffic.requests, traffic.seconds, traffic.steps) == (0, 0.0, [])


def test_totals_are_exact_and_by_location() -> None:
    traffic = gather(
        [
            pulse(0, throttled=2, verified=3, differing=1),
            pulse(5, location_id="b", requests=7, daily_remaining=12, verified=1),
            pulse(10),
        ]
    )

    assert (traffic.requests, traffic.throttled) == (207, 2)
    assert (traffic.verified, traffic.differing) == (4, 1)
    assert traffic.locations["b"].requests == 7
    assert traffic.last_remaining == 12


@pytest.mark.parametrize("pulses", [1, 16, 17, 500, 20_000])
def test_the_course_is_bounded_and_loses_no_request(pulses: int) -> None:
    traffic = gather(pulse(index * 10.0) for index in range(pulses))

    assert len(traffic.steps) <= 160
    assert sum(step.requests for step in traffic.steps) == pytest.approx(pulses * 100)
    assert traffic.steps[0].requests / traffic.step_seconds == pytest.approx(10.0)


def test_a_pause_between_stop_and_resume_is_cut_out() -> None:
    traffic = gather([pulse(0), pulse(86_400), pulse(86_410)])

    assert traffic.pauses == [10.0]
    assert traffic.seconds == pytest.approx(30.0)


def test_latencies_weigh_by_requests() -> None:
    traffic = gather(
        [pulse(0, requests=300, latency_p50=100.0), pulse(10, latency_p50=500.0, latency_max=900.0)]
    )

    assert traffic.whole.p50 == pytest.approx(200.0)
    assert traffic.latency_max == 900.0


def test_a_stretch_without_answers_has_no_latency() -> None:
    traffic = gather([pulse(0, requests=0), pulse(10, latency_p50=80.0)])

    assert traffic.steps[0].p50 is None
    assert traffic.steps[-1].p50 == 80.0


def test_a_last_step_that_was_not_run_to_its_end_keeps_the_pace() -> None:
    traffic = gather(pulse(index * 10.0) for index in range(33))

    assert traffic.per_second([step.requests for step in traffic.steps]) == pytest.approx(
        [10.0] * len(traffic.steps)
    )
