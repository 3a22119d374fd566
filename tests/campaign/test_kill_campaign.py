"""Real runs, killed at random moments and resumed, against a sandbox that misbehaves; then every row is reconciled.

    IMPORTER_KILLS=500 pytest -m campaign tests/campaign

prints its figures. ``IMPORTER_SEED`` repeats a campaign's dice (not its timing).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.campaign.people import Kind
from tests.campaign.rounds import KILLS_A_ROUND, RetryRound, Round, Tally, Vendor

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(7_200)]

KILLS: Final = int(os.environ.get("IMPORTER_KILLS", "25"))
SEED: Final = int(os.environ.get("IMPORTER_SEED", "0")) or random.randrange(1, 1_000_000)  # noqa: S311  (dice)
FAULTS: Final = ("reset:3%", "drop:2%", "500:1%", "502:1%", "503:1%", "429:0.5%", "slow:1%", "garbage:1%")
STOP_SECONDS: Final = 10.0


@contextmanager
def sandbox(folder: Path, *more: str) -> Iterator[Vendor]:
    """Start a sandbox in a process of its own. Its quota is wide, so that a run is over in seconds."""
    words = [sys.executable, "-m", "importer", "sandbox", "--port", "0", "--json", "--daily", "0"]
    words += ["--burst", "5000/0.5", "--latency", "1-20", "--slow-seconds", "0.7", "--seed", str(SEED)]
    words += ["--db", str(folder / "sandbox.db"), *more]
    words += [word for fault in FAULTS for word in ("--fault", fault)]
    with (
        (folder / "stderr").open("w") as stderr,
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=stderr, text=True) as process,
    ):
        assert process.stdout is not None
        yield Vendor(url=json.loads(process.stdout.readline())["base_url"])
        process.terminate()


@pytest.fixture
def campaign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[Kind, int], Tally]:
    """Kill so many processes, run after run, and reconcile each run."""

    def lead(kind: Kind, kills: int) -> Tally:
        dice, tally = random.Random(f"{SEED} {kind}"), Tally()  # noqa: S311  (dice)
        duplicates = ("--allow-duplicates",) if kind is Kind.UNREPEATABLE else ()
        with sandbox(tmp_path, *duplicates) as vendor:
            while (left := kills - sum(tally.kills.values())) > 0:
                folder = tmp_path / f"{tally.rounds + 1:03d}"
                folder.mkdir()
                turn = (RetryRound if kind is Kind.RETRY else Round)(vendor, folder, dice, tally, kind)
                turn.go(min(left, KILLS_A_ROUND))
                turn.reconcile()
            state = vendor.get("/_sandbox/state")
        with capsys.disabled():
            print(  # noqa: T201  (the figures are what the campaign is for)
                f"\nkill campaign ({kind}, seed {SEED}): {tally.figures()}\n"
                f"{state['requests']:,} requests, faults: {state['faults']}"
            )
        return tally

    return lead


def test_no_row_is_lost_doubled_or_mislabelled_however_often_the_run_is_killed(
    campaign: Callable[[Kind, int], Tally],
) -> None:
    tally = campaign(Kind.UPSERT, KILLS)
    assert (tally.lost, tally.doubled, tally.mislabelled) == ([], [], [])
    assert tally.slowest_stop < STOP_SECONDS


def test_rows_that_only_create_are_told_from_contacts_that_were_there(
    campaign: Callable[[Kind, int], Tally],
) -> None:
    tally = campaign(Kind.CREATE_ONLY, max(1, KILLS // 5))
    assert (tally.lost, tally.doubled, tally.mislabelled) == ([], [], [])


def test_a_row_that_cannot_be_repeated_is_never_doubled(campaign: Callable[[Kind, int], Tally]) -> None:
    tally = campaign(Kind.UNREPEATABLE, max(1, KILLS // 5))
    assert (tally.lost, tally.doubled, tally.mislabelled) == ([], [], [])


def test_a_retry_that_is_killed_neither_doubles_a_row_nor_puts_an_older_one_over_a_newer(
    campaign: Callable[[Kind, int], Tally],
) -> None:
    tally = campaign(Kind.RETRY, max(1, KILLS // 5))
    assert (tally.lost, tally.doubled, tally.mislabelled) == ([], [], [])
