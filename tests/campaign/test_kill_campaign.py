"""Real runs, killed at random moments and resumed, against a sandbox that misbehaves; then every row is reconciled.

    IMPORTER_KILLS=500 pytest -m campaign tests/campaign

prints its figures. ``IMPORTER_SEED`` repeats a campaign's dice (not its timing).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from importer.sandbox import SandboxSettings, sandbox_aside
from tests.campaign.people import Kind
from tests.campaign.rounds import KILLS_A_ROUND, RetryRound, Round, Tally, Vendor

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(7_200)]

KILLS: Final = int(os.environ.get("IMPORTER_KILLS", "25"))
SEED: Final = int(os.environ.get("IMPORTER_SEED", "0")) or random.randrange(1, 1_000_000)  # noqa: S311  (dice)
FAULTS: Final[Mapping[str, float]] = {
    **dict.fromkeys(("reset", "drop", "reset-50ms", "truncated", "garbage"), 0.007),
    **dict.fromkeys(("500", "502", "503", "429", "slow"), 0.005),
}
LYING: Final[Mapping[str, float]] = {
    f"stored-{status}": 0.0015 for status in (302, 404, 405, 408, 410, 500, 502, 503)
}
"""It stores, and says that it did not."""
CROSSED: Final[Mapping[str, float]] = {"swap": 0.007, "repeat": 0.007, "stray": 0.007, "stray-408": 0.005}
"""It gives people each other's replies."""
ATOMIC: Final = (0.0, 0.0)
LATE: Final = (400.0, 2_500.0)
"""Looks up when it hears of a row and stores later, longer than a killed run takes to be started again."""
SHARES: Final = {Kind.UPSERT: 0.35, Kind.CREATE_ONLY: 0.1, Kind.UNREPEATABLE: 0.1, Kind.RETRY: 0.05}
"""Of all kills, for each vendor; after each, rows in doubt wait until the vendor is surely done with them."""
ALL: Final = [
    (Kind.UPSERT, ATOMIC),
    (Kind.UPSERT, LATE),
    (Kind.CREATE_ONLY, ATOMIC),
    (Kind.UNREPEATABLE, ATOMIC),
    (Kind.RETRY, ATOMIC),
    (Kind.RETRY, LATE),
]
STOP_SECONDS: Final = 15.0
"""Ten are promised, and 7.3 were the most beside a whole test run; the rest is room for a busier machine."""

Campaign: TypeAlias = Callable[..., Tally]


def settings(kind: Kind, store_ms: tuple[float, float]) -> SandboxSettings:
    """Make a sandbox of bad manners. Its quota is wide, so that a run is over in seconds."""
    return SandboxSettings(
        burst=5_000,
        interval_seconds=0.5,
        daily=0,
        latency_ms=(1, 20),
        slow_seconds=0.7,
        seed=SEED,
        faults={**FAULTS, **LYING, **CROSSED},
        allow_duplicates=kind is Kind.UNREPEATABLE,
        store_delay_ms=store_ms,
        racy=store_ms == LATE,
    )


def lead(folder: Path, kind: Kind, store_ms: tuple[float, float]) -> Tally:
    """Kill so many processes, run after run, and reconcile each run."""
    dice, tally = random.Random(f"{SEED} {kind}"), Tally()  # noqa: S311  (dice)
    kills = max(1, round(KILLS * SHARES[kind]))
    with sandbox_aside(settings(kind, store_ms)) as sandbox:
        while (left := kills - sum(tally.kills.values())) > 0:
            place = folder / f"{tally.rounds + 1:03d}"
            place.mkdir()
            turn = (RetryRound if kind is Kind.RETRY else Round)(
                Vendor(sandbox=sandbox), place, dice, tally, kind
            )
            turn.go(min(left, KILLS_A_ROUND))
            turn.reconcile()
        tally.vendor = sandbox.state()
    return tally


class Campaigns:
    """All campaigns, two at a time: they wait more than they work. Each begins when the first is asked for."""

    def __init__(self, pool: Executor, folder: Path) -> None:
        self._tallies = {
            (kind, store_ms): pool.submit(lead, self._folder(folder, number), kind, store_ms)
            for number, (kind, store_ms) in enumerate(ALL)
        }

    def __call__(self, kind: Kind, store_ms: tuple[float, float] = ATOMIC) -> Tally:
        return self._tallies[kind, store_ms].result()

    @staticmethod
    def _folder(folder: Path, number: int) -> Path:
        own = folder / str(number)
        own.mkdir()
        return own


@pytest.fixture(scope="module")
def campaigns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaigns]:
    with ThreadPoolExecutor(2) as pool:
        yield Campaigns(pool, tmp_path_factory.mktemp("campaigns"))
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def campaign(campaigns: Campaigns, capsys: pytest.CaptureFixture[str]) -> Campaign:
    """Tell how a campaign went, and print its figures."""

    def told(kind: Kind, store_ms: tuple[float, float] = ATOMIC) -> Tally:
        tally = campaigns(kind, store_ms)
        vendor = "racy" if store_ms == LATE else "atomic"
        with capsys.disabled():
            print(  # noqa: T201  (the figures are what the campaign is for)
                f"\nkill campaign ({kind}, {vendor} vendor, seed {SEED}): {tally.figures()}\n"
                f"{tally.vendor['requests']:,} requests, faults: {tally.vendor['faults']}"
            )
        return tally

    return told


@pytest.mark.parametrize("store_ms", [ATOMIC, LATE], ids=["atomic", "racy"])
def test_no_row_is_lost_doubled_or_mislabelled_however_often_the_run_is_killed(
    campaign: Campaign, store_ms: tuple[float, float]
) -> None:
    tally = campaign(Kind.UPSERT, store_ms)
    assert tally.broken == [], f"IMPORTER_SEED={SEED}"
    assert tally.slowest_stop < STOP_SECONDS


def test_rows_that_only_create_are_told_from_contacts_that_were_there(campaign: Campaign) -> None:
    assert campaign(Kind.CREATE_ONLY).broken == [], f"IMPORTER_SEED={SEED}"


def test_a_row_that_cannot_be_repeated_is_never_doubled(campaign: Campaign) -> None:
    assert campaign(Kind.UNREPEATABLE).broken == [], f"IMPORTER_SEED={SEED}"


@pytest.mark.parametrize("store_ms", [ATOMIC, LATE], ids=["atomic", "racy"])
def test_a_retry_that_is_killed_neither_doubles_a_row_nor_puts_an_older_one_over_a_newer(
    campaign: Campaign, store_ms: tuple[float, float]
) -> None:
    assert campaign(Kind.RETRY, store_ms).broken == [], f"IMPORTER_SEED={SEED}"
