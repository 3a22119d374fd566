from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from importer.records import Remedy, Status
from importer.results.commands import NextCommands
from importer.results.forecast import Forecast
from importer.results.forecast_text import render_forecast
from importer.results.palette import Palette, palette_for
from importer.results.summary_text import render_summary
from importer.results.wording import command, duration, percent

if TYPE_CHECKING:
    from tests.results.conftest import Story

PLAIN = Palette(enabled=False)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_summary_ends_with_the_next_command(story: Story) -> None:
    story.sheet(dict.fromkeys(range(2, 6), ("x", "", "", "")))
    story.settle(2, Status.CREATED).settle(3, Status.FAILED, code="refused", message="No.")
    story.settle(4, Status.FAILED, code="service_error", remedy=Remedy.RUN_AGAIN).settle(5, Status.UPDATED)

    summary = story.write()
    lines = render_summary(summary, PLAIN).splitlines()

    assert lines[0] == "Finished, 2 rows failed: 2 of 4 rows imported in 1 min 00 s."
    assert "  failed           2      50 %  ############" in lines
    assert any(line.startswith("  refused") and line.endswith("row 3") for line in lines)
    assert lines[-4].strip() == "importer retry 2026-11-23-160000-abcd"
    assert lines[-1].strip() == command(
        ["importer", "run", str(summary.failed_workbook), "-m", "mappings/contacts.yaml"]
    )
    assert "Correct the failed rows in failed.xlsx" in lines[-2]


def test_where_no_workbook_holds_the_failed_rows_the_csv_is_advised_with_care(story: Story) -> None:
    story.sheet({2: ("x" * 40_000, "", "", "")}).settle(2, Status.FAILED, code="refused")

    lines = render_summary(story.write(), PLAIN).splitlines()

    assert "failed.csv in a text editor" in lines[-2]
    assert "failed.csv" in lines[-1]


def test_a_stopped_run_is_resumed(story: Story) -> None:
    story.sheet({2: ("x", "", "", ""), 3: ("y", "", "", "")}).settle(2, Status.CREATED)
    story.run = type(story.run)(state="stopped", reason="SIGINT")

    lines = render_summary(story.write(), PLAIN).splitlines()

    assert lines[0] == "Stopped: 1 of 2 rows imported in 1 min 00 s, 1 still to do. SIGINT."
    assert lines[-1].strip() == "importer resume 2026-11-23-160000-abcd"


def test_when_all_is_done_there_is_nothing_to_type(story: Story) -> None:
    story.sheet({2: ("x", "", "", "")}).settle(2, Status.CREATED)

    text = render_summary(story.write(), PLAIN)

    assert "importer " not in text
    assert "pending" not in text


def test_no_value_of_a_person_is_on_the_terminal(story: Story) -> None:
    story.sheet({2: ("Maria", "maria@example", "", "")})
    story.settle(2, Status.FAILED, code="invalid_email", message="'maria@example' is no e-mail.")

    assert "maria" not in render_summary(story.write(), PLAIN).lower()


@pytest.mark.parametrize(
    ("stream", "environment", "coloured"),
    [
        (Screen(), {}, True),
        (io.StringIO(), {}, False),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"NO_COLOR": ""}, True),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals_and_never_against_the_users_wish(
    stream: io.StringIO, environment: dict[str, str], *, coloured: bool
) -> None:
    assert palette_for(stream, environment).enabled is coloured


def test_colours_change_no_word(story: Story) -> None:
    story.sheet({2: ("x", "", "", "")}).settle(2, Status.FAILED, code="refused")
    summary = story.write()

    coloured = render_summary(summary, Palette(enabled=True))

    for code in ("\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m"):
        coloured = coloured.replace(code, "")
    assert coloured == render_summary(summary, PLAIN)


def test_a_forecast_tells_time_quota_and_the_command_to_type() -> None:
    forecast = Forecast(
        rows_read=500_000,
        ready=499_990,
        skipped=7,
        failed=3,
        duplicates=7,
        warnings=0,
        rows_with_warnings=0,
        requests=499_990,
        seconds=50_000,
        daily_share=2.5,
        days=3,
        errors_by_code={},
        commands=NextCommands(mapping=("-m", "my map.yaml"), sources=("a list.csv",)),
    )

    lines = render_forecast(forecast, None, PLAIN).splitlines()

    assert lines[0] == "3 rows of 500,000 would fail; nothing was sent."
    assert (
        "  time         3 days, as each day's quota allows no more: about 13 h 53 min of sending in all"
        in lines
    )
    assert "  requests     499,990, 250 % of a day's quota" in lines
    assert lines[-1].strip() == command(["importer", "run", "a list.csv", "-m", "my map.yaml"])


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (60, "1 min 00 s"), (3_599, "59 min 59 s"), (3_660, "1 h 01 min"),
     (90_000, "1 d 1 h")],
)  # fmt: skip
def test_durations_are_told_with_their_two_largest_units(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.00001, "< 0.1 %"),
        (0.99999, "> 99.9 %"),
        (0.1234, "12.3 %"),
        (2.5, "250 %"),
    ],
)
def test_a_share_never_rounds_to_all_or_nothing(share: float, told: str) -> None:
    assert percent(share) == told


def test_commands_are_quoted_for_the_shell_they_are_pasted_into() -> None:
    words = ["importer", "run", "my file.csv"]

    assert command(words, windows=False) == "importer run 'my file.csv'"
    assert command(words, windows=True) == 'importer run "my file.csv"'
