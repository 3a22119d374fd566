"""Checks under way: one a draft, watched and cancelled, whatever the command says meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from importer.errors import SettingsError
from importer.ui.checks import Check, Checks, Hear
from importer.ui.children import last_words


class Work:
    """A check that goes on until it is let end."""

    def __init__(self) -> None:
        self.begun = 0
        self.end = asyncio.Event()
        self.cancelled = False
        self.hear: Hear = print

    async def __call__(self, hear: Hear) -> dict[str, Any]:
        self.begun += 1
        self.hear = hear
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return {"failed": 0}


async def begun(checks: Checks, work: Work) -> Check:
    check = checks.begin("d", work)
    await asyncio.sleep(0)
    return check


async def test_two_windows_watch_one_check_and_the_next_begins_anew() -> None:
    checks, work = Checks(), Work()

    first = await begun(checks, work)
    assert checks.begin("d", work) is first is checks.find("d")
    work.end.set()
    assert await first.task == {"failed": 0}

    assert (await begun(checks, work)) is not first
    assert work.begun == 2


async def test_how_far_a_check_is_is_taken_from_what_the_command_says_and_from_nothing_else() -> None:
    checks, work = Checks(), Work()
    check = await begun(checks, work)

    for line in ("", "Reading ...", "[1]", '{"check": 3}', '{"check": {"phase": "surveying", "rows": 5000}}'):
        work.hear(line)
    assert (check.phase, check.rows, check.total) == ("surveying", 5000, None)
    work.hear('{"check": {"phase": "mapping", "rows": 1000}}')
    work.hear('{"check": {"phase": "mapping", "rows": 2000}}')
    assert (check.phase, check.rows, check.total) == ("mapping", 2000, 5000)
    await checks.cancel_all()


async def test_a_check_that_is_cancelled_is_told_so_and_has_no_trouble() -> None:
    checks, work = Checks(), Work()
    check = await begun(checks, work)

    await checks.cancel("d")
    await checks.cancel("another")

    assert (work.cancelled, check.task.cancelled(), check.trouble) == (True, True, None)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("importer: The disk is full.\n", "The disk is full."),
        ("reading\nError: No such option.\n", "Error: No such option."),
        ("killed\n", "killed"),
        ("", "The command ended without a word."),
        (
            (
                "importer: The mapping has 5 faults.\n"
                "/tmp/a b/mapping.yaml:4:3: 'cty' is no field.\nC:\\d\\mapping.yaml:5:1: No. Or yes.\nnot a fault\n"
                "m.yaml:6:1: six\nm.yaml:7:1: seven\n"
            ),
            "The mapping has 5 faults. Line 4: 'cty' is no field. Line 5: No. Or yes. Line 6: six",
        ),
    ],
)
def test_what_a_command_said_last_is_told_with_the_first_faults_of_the_mapping(
    said: str, sentence: str
) -> None:
    assert last_words(said) == sentence


async def test_why_a_check_came_to_nothing_is_kept_in_a_sentence() -> None:
    async def refused(_: Hear) -> dict[str, Any]:
        raise SettingsError("The file is not there.")

    async def broken(_: Hear) -> dict[str, Any]:
        raise ZeroDivisionError

    check, mistake = Checks().begin("d", refused), Checks().begin("d", broken)
    await asyncio.wait({check.task, mistake.task})

    assert check.trouble == "The file is not there."
    with pytest.raises(ZeroDivisionError):
        _ = mistake.trouble
