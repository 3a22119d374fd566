from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from importer.records import Fault, Pulse, Remedy, Status
from importer.results.forecast import Forecast, LocationForecast
from importer.results.report import render_forecast_report

if TYPE_CHECKING:
    from tests.results.conftest import Story

VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """What a reader of the page meets: text, ids, references, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.named: set[str] = set()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids.add(given.get("id") or "")
        self.named.update((given.get("aria-labelledby") or "").split())
        self.addresses += [given[name] or "" for name in ("src", "href") if name in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (the parser's)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def eventful(story: Story) -> Story:
    story.sheet(
        {
            number: (f"Maria{number}", f"maria{number}@example.com", "+14155550123", "")
            for number in range(2, 12)
        }
    )
    for number in range(2, 8):
        story.settle(number, Status.CREATED)
    story.settle(
        8, Status.FAILED, code="invalid_email", message="'maria8@example.com' is <b>no</b> e-mail address."
    )
    story.settle(9, Status.FAILED, code="service_error", message="502", remedy=Remedy.RUN_AGAIN)
    story.settle(10, Status.SKIPPED, code="duplicate_in_file", message="Row 3 was sent.")
    dropped = Fault(code="dropped_phone", message="'+14155550123' was left out.", column="Phone", fails=False)
    story.settle(11, Status.UPDATED, location_id="second-location", warnings=(dropped,))
    story.pulses = [
        Pulse(location_id="ve9EPM428h8vShlRW1KT", started_at=at * 10.0, seconds=10, requests=98, throttled=at % 2,
              settled=97, latency_p50=100.0 + at, latency_p95=300.0, latency_max=900.0, daily_remaining=190_000)
        for at in range(30)
    ]  # fmt: skip
    return story


def test_the_report_tells_what_ran_and_what_became_of_it(story: Story) -> None:
    page = Outline(eventful(story).write().report.read_text(encoding="utf-8"))

    for told in (
        "7 of 10 rows are in HighLevel",
        "Finished, 2 rows failed",
        "invalid_email",
        "service_error",
        "dropped_phone",
        "duplicate_in_file",
        "exports/contacts.csv",
        "mappings/contacts.yaml",
        "second-location",
        "importer retry 2026-11-23-160000-abcd",
        "highlevel-importer 0.1.0",
        "Refused (429)",
    ):
        assert told in page.text


def test_every_element_is_closed_and_every_name_that_is_referred_to_is_there(story: Story) -> None:
    page = Outline(eventful(story).write().report.read_text(encoding="utf-8"))

    assert page.open == []
    assert page.named <= page.ids
    assert {"header", "main", "footer", "caption", "title", "h1"} <= set(page.tags)


def test_the_page_needs_no_network_and_runs_no_script(story: Story) -> None:
    text = eventful(story).write().report.read_text(encoding="utf-8")
    page = Outline(text)

    assert "script" not in page.tags
    assert page.addresses == ["data:,"]
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text


def test_values_are_masked_by_default_and_shown_when_asked_for(story: Story) -> None:
    masked = eventful(story).write().report.read_text(encoding="utf-8")
    shown = story.write(report_details=True).report.read_text(encoding="utf-8")

    assert "maria8@example.com" not in masked
    assert "14155550123" not in masked
    assert "maria8@example.com" in shown


def test_what_a_file_says_is_shown_as_text_never_as_markup(story: Story) -> None:
    eventful(story)
    story.sheets.clear()
    story.sheet(
        dict.fromkeys(range(2, 12), ("<script>alert(1)</script>", "", "", "")), name="<img src=x>.csv"
    )
    story.run = type(story.run)(reason="<b>", mapping_path="<i>.yaml")

    page = Outline(story.write(report_details=True).report.read_text(encoding="utf-8"))

    assert not {"script", "img", "i"} & set(page.tags)


def test_a_stopped_run_says_how_to_go_on(story: Story) -> None:
    story.sheet({2: ("x", "", "", ""), 3: ("y", "", "", "")}).settle(2, Status.CREATED)
    story.run = type(story.run)(state="stopped", reason="the daily quota is spent")

    page = Outline(story.write().report.read_text(encoding="utf-8"))

    assert "The daily quota is spent. 1 row was not reached" in page.text
    assert "importer resume 2026-11-23-160000-abcd" in page.text


def test_a_run_without_rows_or_requests_has_a_report_too(story: Story) -> None:
    story.sheet({})

    page = Outline(story.write().report.read_text(encoding="utf-8"))

    assert "0 of 0 rows are in HighLevel" in page.text
    assert "svg" not in page.tags


def test_the_report_of_a_large_run_stays_small(story: Story) -> None:
    story.sheet({number: (f"N{number}", "", "", "") for number in range(2, 5002)})
    for number in range(2, 5002):
        story.settle(number, Status.FAILED, code=f"code_{number % 40}", message=f"Something about N{number}.")
    story.pulses = [
        Pulse(location_id=f"location{at % 50}", started_at=at * 10.0, seconds=10, requests=98, settled=97,
              latency_p50=100.0 + at % 7, latency_p95=300.0 + at % 11)
        for at in range(20_000)
    ]  # fmt: skip

    assert story.write().report.stat().st_size < 200_000


@pytest.mark.parametrize("failed", [0, 3])
def test_a_forecast_tells_what_a_run_would_do(failed: int) -> None:
    forecast = Forecast(
        rows_read=10,
        ready=10 - failed,
        skipped=0,
        failed=failed,
        duplicates=2,
        warnings=0,
        rows_with_warnings=0,
        requests=20,
        seconds=3_700,
        daily_share=0.0001,
        errors_by_code={"invalid_email": failed} if failed else {},
        locations={
            name: LocationForecast(rows=5, requests=10, seconds=10, daily_share=0.00005) for name in "ab"
        },
    )

    page = Outline(render_forecast_report(forecast))

    assert f"{10 - failed} of 10 rows are ready to be imported" in page.text
    assert "20 requests and take about 1 h 01 min, < 0.1 % of a day's quota" in page.text
    assert page.open == []
