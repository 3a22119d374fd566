from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from importer.jobs.model import SendWindow, Stream
from importer.jobs.patterns import check_pattern, dated
from importer.jobs.schedule import Schedule
from importer.jobs.settling import Afterwards, Fate, parse_afterwards, put_away
from importer.sending.pace.open_hours import closes_at, opens_at
from importer.yaml.kinds import read_section
from importer.yaml.section import SectionError

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")


def moment(text: str, zone: ZoneInfo = NEW_YORK) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def shown(seconds: float, zone: ZoneInfo = NEW_YORK) -> str:
    return datetime.fromtimestamp(seconds, zone).isoformat(timespec="minutes")


def nights(expression: str, start: str, count: int, zone: ZoneInfo = NEW_YORK) -> list[str]:
    schedule = Schedule(expressions=(expression,), zone=zone)
    at, found = moment(start, zone), []
    for _ in range(count):
        at = schedule.after(at)
        found.append(shown(at, zone))
    return found


def test_the_hour_that_comes_twice_runs_a_nightly_job_once() -> None:
    assert nights("30 1 * * *", "2026-10-31T12:00", 3) == [
        "2026-11-01T01:30-04:00",
        "2026-11-02T01:30-05:00",
        "2026-11-03T01:30-05:00",
    ]


def test_the_hour_that_is_missing_runs_a_nightly_job_right_after_it() -> None:
    assert nights("30 2 * * *", "2026-03-07T12:00", 2) == ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]
    assert nights("30 2 * * *", "2026-03-28T12:00", 2, BERLIN) == [
        "2026-03-29T03:00+02:00",
        "2026-03-30T02:30+02:00",
    ]


@pytest.mark.parametrize(
    ("now", "latest"),
    [
        ("2026-11-05T01:29", "2026-11-04T01:30-05:00"),
        ("2026-11-05T01:30", "2026-11-05T01:30-05:00"),
        ("2026-11-05T23:00", "2026-11-05T01:30-05:00"),
        ("2026-11-01T05:00", "2026-11-01T01:30-04:00"),
    ],
)
def test_the_latest_time_that_was_due_is_found(now: str, latest: str) -> None:
    assert shown(Schedule(expressions=("30 1 * * *",), zone=NEW_YORK).latest(moment(now))) == latest


def test_latest_and_next_agree_all_through_a_year() -> None:
    schedule = Schedule(expressions=("30 1 * * *", "30 2 * * 1-5"), zone=NEW_YORK)
    at, end = moment("2026-01-01T00:00"), moment("2027-01-01T00:00")
    while at < end:
        at = schedule.after(at)
        assert schedule.latest(at) == at
        assert schedule.latest(at + 59) == at


WORKDAYS = read_section(SendWindow, {"between": "08:00-20:00", "days": "mon-fri"})
NIGHTS = read_section(SendWindow, {"between": "22:00-06:00"})


@pytest.mark.parametrize(
    ("window", "now", "opens"),
    [
        (WORKDAYS, "2026-11-23T07:00", "2026-11-23T08:00-05:00"),  # a Monday
        (WORKDAYS, "2026-11-23T12:00", "2026-11-23T12:00-05:00"),
        (WORKDAYS, "2026-11-27T20:00", "2026-11-30T08:00-05:00"),
        (NIGHTS, "2026-11-23T03:00", "2026-11-23T03:00-05:00"),
        (NIGHTS, "2026-11-23T06:00", "2026-11-23T22:00-05:00"),
    ],
)
def test_a_window_opens(window: SendWindow, now: str, opens: str) -> None:
    assert shown(opens_at(window, NEW_YORK, moment(now))) == opens


def test_a_window_closes_over_midnight_and_over_a_daylight_saving_night() -> None:
    assert shown(closes_at(NIGHTS, NEW_YORK, moment("2026-10-31T23:00"))) == "2026-11-01T06:00-05:00"
    assert shown(closes_at(NIGHTS, NEW_YORK, moment("2026-11-01T05:00"))) == "2026-11-01T06:00-05:00"
    assert shown(closes_at(WORKDAYS, NEW_YORK, moment("2026-11-23T12:00"))) == "2026-11-23T20:00-05:00"


def test_weekdays_may_go_over_the_weekend() -> None:
    window = read_section(SendWindow, {"between": "08:00-24:00", "days": "fri-mon, wed"})
    assert window.days == {4, 5, 6, 0, 2}
    assert window.between == (time(8), time(0))


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("contacts-{date:%Y-%m-%d}.csv", "contacts-2026-03-01.csv"),
        ("contacts-{date-1:%Y%m%d}.csv", "contacts-20260228.csv"),
        ("contacts-{date+31}.csv", "contacts-2026-04-01.csv"),
        ("{date:%Y}/{date:%m}/*.csv", "2026/03/*.csv"),
    ],
)
def test_dates_are_put_into_patterns(pattern: str, name: str) -> None:
    assert dated(pattern, date(2026, 3, 1)) == name


def test_other_braces_are_refused() -> None:
    with pytest.raises(ValueError, match="only"):
        check_pattern("contacts-{today}.csv")


@pytest.mark.parametrize("source", ["highlevel:abc", "highlevel-notes:abc"])
def test_a_location_is_no_source_of_a_job(source: str) -> None:
    with pytest.raises(SectionError, match=f"importer run {source}"):
        read_section(Stream, {"source": source, "mapping": "highlevel"})


AT = datetime(2026, 11, 23, 2, 30, tzinfo=NEW_YORK)


def test_a_file_is_moved_and_never_over_another(tmp_path: Path) -> None:
    for text in ("first", "second", "third"):
        (tmp_path / "contacts.csv").write_text(text, encoding="utf-8")
        put_away(tmp_path / "contacts.csv", parse_afterwards("move:done/"), at=AT)
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "done").iterdir()} == {
        "contacts.csv": "first",
        "contacts.20261123-023000.csv": "second",
        "contacts.20261123-023000-2.csv": "third",
    }


def test_a_file_is_archived_compressed(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "contacts.csv").write_text("Name\n", encoding="utf-8")
    target = put_away(tmp_path / "contacts.csv", parse_afterwards(f"archive:{tmp_path / 'old'}"), at=AT)
    assert target == tmp_path / "old" / "contacts.csv.gz"
    assert gzip.decompress(target.read_bytes()) == b"Name\n"
    assert not (tmp_path / "contacts.csv").exists()


def test_a_file_is_left_or_deleted(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.touch()
    assert put_away(path, Afterwards(), at=AT) == path
    assert put_away(path, Afterwards(Fate.DELETE), at=AT) is None
    assert not path.exists()


@pytest.mark.parametrize("text", ["move", "move:", "leave:x", "burn", ""])
def test_a_fate_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=":"):
        parse_afterwards(text)
