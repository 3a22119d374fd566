from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.records import Fault, Pulse, Remedy, Status

if TYPE_CHECKING:
    from tests.results.conftest import Story

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = os.environ.get("IMPORTER_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: set IMPORTER_CHROMIUM to one"),
]

Browse = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def browse(tmp_path: Path) -> Browse:
    """Open a page in a Chromium of its own; its console comes on standard error, the page on standard output."""

    def opened(page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
        quiet = [
            f"--disable-{what}"
            for what in ("gpu", "quic", "sync", "background-networking", "component-update")
        ]
        return subprocess.run(
            [
                str(CHROMIUM),
                "--headless",
                "--no-sandbox",  # Chromium refuses its sandbox to root; the page is our own
                "--no-first-run",
                "--enable-logging=stderr",
                f"--user-data-dir={tmp_path / 'profile'}",
                *quiet,
                *flags,
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            timeout=90,
            check=True,
        )

    return opened


@pytest.fixture
def report(story: Story) -> Path:
    story.sheet({number: (f"N{number}", f"n{number}@example.com", "", "") for number in range(2, 9)})
    story.settle(2, Status.CREATED).settle(3, Status.UPDATED).settle(
        4, Status.SKIPPED, code="duplicate_in_file"
    )
    story.settle(5, Status.FAILED, code="invalid_email", message="'n5@example.com' <is> odd.")
    story.settle(6, Status.FAILED, code="service_down", remedy=Remedy.RUN_AGAIN)
    story.settle(
        7, Status.CREATED, warnings=(Fault(code="not_stored", message="City was not stored.", fails=False),)
    )
    story.pulses = [
        Pulse(location_id=name, started_at=at * 10.0, seconds=10, requests=90, throttled=at, settled=88,
              latency_p50=100.0, latency_p95=300.0, latency_max=900.0)
        for at in range(6) for name in ("a", "b")
    ]  # fmt: skip
    return story.write().report


def complaints(ended: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in ended.stderr.splitlines() if "CONSOLE" in line]


def test_the_report_is_drawn_without_a_complaint(browse: Browse, report: Path) -> None:
    drawn = browse(report, "--dump-dom")

    assert complaints(drawn) == []
    assert "3 of 7 rows are in HighLevel" in drawn.stdout
    assert drawn.stdout.count("<svg") == 3
    assert drawn.stdout.count("<section") == 8


def test_a_complaint_would_be_heard(browse: Browse, report: Path) -> None:
    broken = report.with_name("broken.html")
    page = report.read_text(encoding="utf-8")
    broken.write_text(page.replace("</main>", "<script>1</script></main>"), encoding="utf-8")

    assert any("Content Security Policy" in line for line in complaints(browse(broken, "--dump-dom")))


@pytest.mark.parametrize(("width", "scheme"), [(1280, 0), (500, 1)])
def test_the_report_can_be_seen_wide_and_narrow_in_dark_and_light(
    browse: Browse, report: Path, tmp_path: Path, width: int, scheme: int
) -> None:
    picture = tmp_path / "seen.png"
    flags = (
        f"--screenshot={picture}",
        f"--window-size={width},2000",
        f"--blink-settings=preferredColorScheme={scheme}",
    )

    assert complaints(browse(report, *flags)) == []
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 30_000


def test_the_report_can_be_printed(browse: Browse, report: Path, tmp_path: Path) -> None:
    paper = tmp_path / "report.pdf"

    browse(report, f"--print-to-pdf={paper}", "--no-pdf-header-footer")

    assert paper.read_bytes().startswith(b"%PDF")
