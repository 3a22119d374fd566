"""What the screen does, asked as its pages ask, with real files and real commands behind it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from importer.highlevel.connections import ConnectionBook, StoredConnection, token_of
from importer.runtime.environment import read_tokens, variable_token
from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import Connection, Secret
from importer.ui.handling.account import secrets_of
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor

LOCATION = "ve9EPM428h8vShlRW1KT"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"
PEOPLE = b"First Name,E-mail,Phone,SMS opt in\nAda,ada@example.com,(213) 373-4253,maybe\nBen,ben@example,2133734254,maybe\n"


async def uploaded(visitor: Visitor, content: bytes = PEOPLE, name: str = "people.csv") -> str:
    status, answer = await visitor.upload(name, content)
    assert status == 200, answer
    return str(answer["draft"])


async def with_columns(visitor: Visitor, content: bytes = PEOPLE) -> tuple[str, Any]:
    draft = await uploaded(visitor, content)
    return draft, await visitor.ask(f"/api/d/{draft}/columns")


async def until(visitor: Visitor, run: str) -> Any:
    """Ask how a run is, as its page does, until it has ended."""
    async with asyncio.timeout(60):
        while (found := await visitor.ask(f"/api/r/{run}"))["under_way"] or found["undoing"]:  # noqa: ASYNC110  (another process)
            await asyncio.sleep(0.05)
    return found


# S1


async def test_a_file_is_described_in_the_words_of_the_reader(visitor: Visitor) -> None:
    draft = await uploaded(visitor, "Name;Ort\nBjörn;Köln\n".encode("cp1252"))

    found = (await visitor.ask(f"/api/d/{draft}/file"))["found"]

    assert (found["delimiter"], found["header"], found["rows"]) == (
        ";",
        ["Name", "Ort"],
        [{"row": 2, "cells": ["Björn", "Köln"]}],
    )
    assert await visitor.ask(f"/api/d/{draft}/count") == {"rows": 1, "failing": 0}


async def test_a_file_is_read_otherwise_when_somebody_knows_better(visitor: Visitor) -> None:
    draft = await uploaded(visitor, b"made by hand\nEmail,Name\na@example.com,Ada\n")
    version = (await visitor.ask(f"/api/d/{draft}/file"))["version"]

    status, found = await visitor.post(f"/api/d/{draft}/reading", {"header_row": 1, "version": version})

    assert (status, found["found"]["header_row"]) == (200, 1)


async def test_a_reading_that_fails_is_not_kept(visitor: Visitor) -> None:
    draft = await uploaded(visitor)
    version = (await visitor.ask(f"/api/d/{draft}/file"))["version"]

    status, answer = await visitor.post(
        f"/api/d/{draft}/reading", {"encoding": "nonsense", "version": version}
    )

    assert status == 422
    assert "nonsense" in answer["error"]
    assert (await visitor.ask(f"/api/d/{draft}/file"))["reading"] == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 400),
        ("a.xlsx", b"PK\x03\x04 and no more"),
        ("a.csv", b"\n\n\n"),
    ],
)
async def test_what_is_no_list_is_refused_in_a_sentence_and_the_draft_stays(
    visitor: Visitor, name: str, content: bytes
) -> None:
    draft = await uploaded(visitor, content, name)

    async with visitor.session.get(visitor.url(f"/api/d/{draft}/file")) as reply:
        answer = await reply.json()

    assert reply.status == 422
    assert len(answer["error"]) > 20
    assert (await visitor.upload("good.csv", PEOPLE, draft=draft))[0] == 200
    assert (await visitor.ask(f"/api/d/{draft}/file"))["found"]["header"][0] == "First Name"


# S3


async def test_columns_come_with_their_guess_their_values_and_what_they_send(visitor: Visitor) -> None:
    _, found = await with_columns(visitor)

    assert [rule["key"] for rule in found["rules"]] == ["fields.firstName", "fields.email", "fields.phone"]
    assert found["samples"][1]["values"] == ["ada@example.com", "ben@example"]
    assert found["sent"][0]["payload"]["phone"] == "+12133734253"
    assert found["sent"][1]["errors"][0]["code"] == "invalid_email"


async def test_a_change_of_the_form_is_a_change_of_the_mapping_file(visitor: Visitor, screen: Screen) -> None:
    draft, found = await with_columns(visitor)

    status, changed = await visitor.post(
        f"/api/d/{draft}/mapping",
        {"do": "assign", "place": 0, "target": ["fields", "companyName"], "version": found["version"]},
    )

    assert status == 200
    assert "companyName: First Name" in screen.drafts.mapping(screen.drafts.open(draft)).read_text()
    assert changed["sent"][0]["payload"]["companyName"] == "Ada"


async def test_a_comment_that_somebody_wrote_survives_the_form(visitor: Visitor) -> None:
    draft, found = await with_columns(visitor)
    text = found["text"].replace("version: 1", "# mind the phones\nversion: 1")
    _, found = await visitor.post(
        f"/api/d/{draft}/mapping", {"do": "text", "text": text, "version": found["version"]}
    )

    _, found = await visitor.post(
        f"/api/d/{draft}/mapping",
        {
            "do": "edit",
            "set_to": [[["fields", "email", "on_update"], "if_blank"]],
            "unset": [],
            "version": found["version"],
        },
    )

    assert "# mind the phones" in found["text"]
    assert "on_update: if_blank" in found["text"]


async def test_a_faulty_mapping_is_kept_with_its_faults_told(visitor: Visitor) -> None:
    draft, found = await with_columns(visitor)

    _, found = await visitor.post(
        f"/api/d/{draft}/mapping",
        {"do": "text", "text": "version: 1\nfields: {emial: E-mail}\n", "version": found["version"]},
    )

    assert found["faults"] == [fault for fault in found["faults"] if fault.startswith("mapping.yaml:2:")]
    assert found["sent"] == []


async def test_a_change_in_a_second_window_is_refused(visitor: Visitor) -> None:
    draft, found = await with_columns(visitor)
    said = {"do": "assign", "place": 0, "target": None, "version": found["version"]}
    await visitor.post(f"/api/d/{draft}/mapping", said)

    status, answer = await visitor.post(f"/api/d/{draft}/mapping", said)

    assert status == 409
    assert "another window" in answer["error"]


async def test_changes_that_no_form_makes_are_refused_and_the_file_is_not_blamed(visitor: Visitor) -> None:
    draft, found = await with_columns(visitor)
    told = []
    for said in (
        {"do": "assign"},
        {"do": "assign", "place": -5, "target": ["fields", "email"]},
        {"do": "assign", "place": 10**30, "target": ["fields", "email"]},
        {"do": "assign", "place": 0, "target": [5]},
        {"do": "order", "target": ["fields", "email"], "columns": 5},
        {"do": "edit", "set_to": 5, "unset": []},
        {"do": "edit", "set_to": [[["fields", "email"], None]], "unset": []},
        {"do": "edit", "set_to": [["ab"]], "unset": []},
        {"do": "edit", "set_to": [], "unset": [[]]},
    ):
        status, answer = await visitor.post(f"/api/d/{draft}/mapping", {**said, "version": found["version"]})
        if status not in {400, 422} or "broke down" in answer.get("error", ""):
            told.append((said, status, answer))

    assert told == []
    whatever_else = {"do": "assign", "place": 0, "target": None, "text": "x", "draft": 1, "screen": 1}
    status, _ = await visitor.post(f"/api/d/{draft}/mapping", {**whatever_else, "version": found["version"]})
    assert status == 200


async def test_rows_that_are_not_there_are_told(visitor: Visitor) -> None:
    draft, _ = await with_columns(visitor)
    numbers = ("9" * 5000, "99999999999999", "x", "-1")

    told = {number[:15]: (await visitor.get(f"/api/d/{draft}/row?row={number}"))[0] for number in numbers}

    assert {number: status for number, status in told.items() if status not in {400, 422}} == {}


async def test_rows_of_a_draft_that_is_not_mapped_yet_point_to_the_columns(visitor: Visitor) -> None:
    draft = await uploaded(visitor)

    status, answer = await visitor.post(f"/api/d/{draft}/correct", {"row": 2, "place": 0, "after": "x"})

    assert (status, "Columns" in answer["error"]) == (422, True)
    assert (await visitor.ask(f"/api/d/{draft}/edits"))["edits"] == []


async def test_values_of_a_column_are_counted(visitor: Visitor) -> None:
    draft, _ = await with_columns(visitor)

    found = await visitor.ask(f"/api/d/{draft}/values?column=SMS opt in")

    assert found["values"] == [{"value": "maybe", "rows": 2}]


async def test_columns_can_be_left_out_on_purpose(visitor: Visitor, screen: Screen) -> None:
    draft, found = await with_columns(visitor)

    await visitor.post(
        f"/api/d/{draft}/acknowledge", {"columns": ["SMS opt in"], "version": found["version"]}
    )

    assert screen.drafts.open(draft).acknowledged == ("SMS opt in",)


# S2, S5 to S8


@pytest.fixture
async def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    """A sandbox that answers as the vendor would, at the address that the environment names."""
    sandbox = Sandbox(SandboxSettings(burst=1000, daily=0))
    await sandbox.start()
    sandbox.furnish(LOCATION)
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
    monkeypatch.delenv("HIGHLEVEL_TOKEN", raising=False)
    yield sandbox
    await sandbox.stop()


async def test_a_token_is_in_no_page_no_draft_no_log_and_no_argument(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft, found = await with_columns(visitor)
    status, answer = await visitor.post(
        f"/api/d/{draft}/account",
        {
            "sandbox": False,
            "location": f"https://app.gohighlevel.com/v2/location/{LOCATION}/dashboard",
            "token": TOKEN,
            "version": found["version"],
        },
    )
    assert (status, answer["good"]) == (200, True), answer
    assert screen.drafts.open(draft).location_id == LOCATION

    pages = [await visitor.get(f"/d/{draft}/{name}") for name in ("account", "columns", "rows", "forecast")]

    assert all(LOCATION in text for _, text in pages)
    everything = [text for _, text in pages]
    everything += [path.read_text(errors="replace") for path in screen.state.rglob("*") if path.is_file()]
    assert not any(TOKEN in text for text in everything)
    assert json.dumps(answer).find(TOKEN) == -1
    assert os.environ.get("HIGHLEVEL_TOKEN") is None
    assert vendor is not None


@pytest.mark.parametrize("location", [TOKEN, "--help", "--state=/tmp/elsewhere", "a b", "<b>", ""])
async def test_what_is_no_sub_account_is_not_kept_as_one(
    visitor: Visitor, screen: Screen, location: str
) -> None:
    draft = await uploaded(visitor)
    version = screen.drafts.open(draft).version

    status, answer = await visitor.post(
        f"/api/d/{draft}/account", {"sandbox": False, "location": location, "version": version}
    )

    assert (status, "names no sub-account" in answer["error"]) == (422, True)
    assert screen.drafts.open(draft).location_id is None


async def test_nothing_is_sent_before_the_sub_account_was_confirmed(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft, found = await with_columns(visitor)
    await visitor.post(
        f"/api/d/{draft}/account",
        {"sandbox": False, "location": LOCATION, "token": TOKEN, "version": found["version"]},
    )
    version = screen.drafts.open(draft).version

    status, answer = await visitor.post(
        f"/api/d/{draft}/start", {"trial": 0, "version": version, "confirmed": "another"}
    )

    assert (status, vendor.contacts(LOCATION)) == (400, [])
    assert "Confirm" in answer["error"]


async def test_two_clicks_start_one_import(visitor: Visitor, screen: Screen) -> None:
    draft, found = await with_columns(visitor)
    said = {"trial": 0, "version": found["version"], "confirmed": ""}

    answers = await asyncio.gather(*(visitor.post(f"/api/d/{draft}/start", said) for _ in range(3)))

    runs = {answer["run"] for _, answer in answers}
    assert len(runs) == 1
    ended = await until(visitor, runs.pop())
    assert (ended["state"], ended["created"], ended["failed"]) == ("finished", 1, 1)
    assert len(list((screen.state / "runs").iterdir())) == 1
    (cause,) = ended["causes"]
    assert (cause["code"], cause["rows"], bool(cause["title"] and cause["mend"])) == (
        "invalid_email",
        1,
        True,
    )


async def test_what_was_changed_after_an_import_is_imported_and_not_the_old_import_shown(
    visitor: Visitor, screen: Screen
) -> None:
    draft, found = await with_columns(visitor)
    said = {"trial": 0, "version": found["version"], "confirmed": ""}
    _, first = await visitor.post(f"/api/d/{draft}/start", said)
    assert (await until(visitor, first["run"]))["failed"] == 1
    await visitor.post(f"/api/d/{draft}/correct", {"row": 3, "place": 1, "after": "ben@example.com"})
    said["version"] = screen.drafts.open(draft).version

    _, second = await visitor.post(f"/api/d/{draft}/start", said)

    assert second["run"] != first["run"]
    ended = await until(visitor, second["run"])
    assert (ended["state"], ended["failed"], ended["pending"]) == ("finished", 0, 0)


async def test_an_import_started_anew_is_shown_and_not_the_one_that_ended_just_before(
    visitor: Visitor, screen: Screen
) -> None:
    draft, found = await with_columns(visitor)
    said = {"trial": 0, "version": found["version"], "confirmed": "", "fresh": True}
    _, first = await visitor.post(f"/api/d/{draft}/start", said)
    await until(visitor, first["run"])
    said["version"] = screen.drafts.open(draft).version

    _, second = await visitor.post(f"/api/d/{draft}/start", said)

    assert second["run"] != first["run"]
    assert (await until(visitor, second["run"]))["state"] == "finished"


async def test_corrections_go_with_the_file_that_they_were_made_for(visitor: Visitor) -> None:
    draft, _ = await with_columns(visitor)
    await visitor.post(f"/api/d/{draft}/correct", {"row": 3, "place": 1, "after": "ben@example.com"})

    await visitor.upload("people.csv", PEOPLE.splitlines()[0] + b"\nCy,cy@example.com,,\n", draft=draft)

    assert (await visitor.ask(f"/api/d/{draft}/edits"))["edits"] == []
    assert (await visitor.ask(f"/api/d/{draft}/forecast"))["failed"] == 0


async def test_a_trial_stops_and_goes_on_without_a_row_sent_twice(visitor: Visitor) -> None:
    people = b"Name,E-mail\n" + b"".join(b"P%d,p%d@example.com\n" % (n, n) for n in range(8))
    draft, found = await with_columns(visitor, people)
    _, begun = await visitor.post(
        f"/api/d/{draft}/start", {"trial": 5, "version": found["version"], "confirmed": ""}
    )
    tried = await until(visitor, begun["run"])
    assert (tried["state"], tried["reason_code"], tried["created"]) == ("stopped", "trial_done", 5)
    shown = (await visitor.ask(f"/api/r/{begun['run']}/rows"))["rows"]
    assert [(each["row"], each["status"]) for each in shown if each["contact_id"]] == [
        (row, "created") for row in range(2, 7)
    ]

    await visitor.post(f"/api/r/{begun['run']}/resume")
    ended = await until(visitor, begun["run"])

    assert (ended["state"], ended["created"], ended["pending"]) == ("finished", 8, 0)


async def test_an_import_stops_once_as_many_rows_failed_as_somebody_said(visitor: Visitor) -> None:
    people = b"Name,E-mail\n" + b"".join(b"P%d,nobody\n" % n for n in range(4)) + b"Ann,ann@example.com\n"
    draft, found = await with_columns(visitor, people)
    _, begun = await visitor.post(
        f"/api/d/{draft}/start",
        {"trial": 0, "version": found["version"], "confirmed": "", "stop_after": 2},
    )

    ended = await until(visitor, begun["run"])

    assert (ended["state"], ended["reason_code"]) == ("stopped", "too_many_failures")
    assert ended["failed"] >= 2


async def test_an_import_is_looked_at_before_it_is_taken_back(visitor: Visitor) -> None:
    draft, found = await with_columns(visitor)
    _, begun = await visitor.post(
        f"/api/d/{draft}/start", {"trial": 0, "version": found["version"], "confirmed": ""}
    )
    await until(visitor, begun["run"])

    _, foreseen = await visitor.post(f"/api/r/{begun['run']}/undo", {"dry": True})
    assert foreseen["deleted"] == 1
    assert (await until(visitor, begun["run"]))["state"] == "finished"
    await visitor.post(f"/api/r/{begun['run']}/undo", {"dry": False, "confirmed": ""})

    ended = await until(visitor, begun["run"])
    assert (ended["state"], ended["undo_open"]) == ("undone", False)
    came_to = await visitor.ask(f"/api/r/{begun['run']}/taken-back")
    assert (came_to["deleted"], came_to["reasons"]) == (foreseen["deleted"], {})


async def test_a_runs_files_are_a_fixed_list(visitor: Visitor) -> None:
    draft, found = await with_columns(visitor)
    _, begun = await visitor.post(
        f"/api/d/{draft}/start", {"trial": 0, "version": found["version"], "confirmed": ""}
    )
    ended = await until(visitor, begun["run"])

    assert {"results.csv", "failed.csv", "report.html"} <= set(ended["files"])
    async with visitor.session.get(visitor.url(f"/r/{begun['run']}/files/results.csv")) as kept:
        assert kept.headers["Content-Disposition"] == 'attachment; filename="results.csv"'
        assert "ada@example.com" in await kept.text()
    async with visitor.session.get(visitor.url(f"/r/{begun['run']}/files/report.html")) as report:
        assert report.headers["Content-Security-Policy"].startswith("sandbox;")
    assert (await visitor.get(f"/r/{begun['run']}/files/journal.db"))[0] == 422


async def test_a_mapping_that_nobody_made_yet_starts_nothing(visitor: Visitor) -> None:
    draft = await uploaded(visitor)
    version = (await visitor.ask(f"/api/d/{draft}/file"))["version"]

    status, answer = await visitor.post(
        f"/api/d/{draft}/start", {"trial": 0, "version": version, "confirmed": ""}
    )

    assert status == 422
    assert "Columns" in answer["error"]


# looking before writing


async def aimed(visitor: Visitor, screen: Screen, content: bytes = PEOPLE) -> tuple[str, int]:
    draft, found = await with_columns(visitor, content)
    await visitor.post(
        f"/api/d/{draft}/account",
        {"sandbox": False, "location": LOCATION, "token": TOKEN, "version": found["version"]},
    )
    return draft, screen.drafts.open(draft).version


async def test_what_a_plan_says_is_what_is_sent(visitor: Visitor, screen: Screen, vendor: Sandbox) -> None:
    draft, version = await aimed(visitor, screen)

    status, plan = await visitor.post(f"/api/d/{draft}/plan")
    assert (status, plan["create"], plan["fail"]) == (200, 1, 1)
    shown, text = await visitor.get(f"/d/{draft}/plan.html")
    assert (shown, "<title>" in text) == (200, True)
    assert vendor.contacts(LOCATION) == []
    _, begun = await visitor.post(
        f"/api/d/{draft}/start", {"trial": 0, "version": version, "confirmed": LOCATION, "plan": True}
    )

    ended = await until(visitor, begun["run"])
    assert (ended["created"], ended["failed"]) == (1, 1)
    assert [each["email"] for each in vendor.contacts(LOCATION)] == ["ada@example.com"]


async def test_a_plan_is_not_applied_once_a_row_was_changed(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft, version = await aimed(visitor, screen)
    await visitor.post(f"/api/d/{draft}/plan")
    await visitor.ask(f"/api/d/{draft}/causes")
    await visitor.post(f"/api/d/{draft}/correct", {"row": 3, "place": 1, "after": "ben@example.com"})

    status, answer = await visitor.post(
        f"/api/d/{draft}/start", {"trial": 0, "version": version, "confirmed": LOCATION, "plan": True}
    )

    assert (status, vendor.contacts(LOCATION)) == (422, [])
    assert "once more" in answer["error"]


async def test_rows_that_failed_are_put_right_and_sent_again_and_no_others(
    visitor: Visitor, screen: Screen
) -> None:
    draft, found = await with_columns(visitor)
    said = {"trial": 0, "confirmed": ""}
    _, first = await visitor.post(f"/api/d/{draft}/start", {**said, "version": found["version"]})
    ended = await until(visitor, first["run"])
    assert (ended["failed"], ended["draft"], ended["changed_since"]) == (1, draft, False)

    await visitor.post(f"/api/d/{draft}/correct", {"row": 3, "place": 1, "after": "ben@example.com"})
    assert (await visitor.ask(f"/api/r/{first['run']}"))["changed_since"] is True
    assert '"rows": 1' in (await visitor.get(f"/d/{draft}/forecast"))[1]
    version = screen.drafts.open(draft).version
    _, again = await visitor.post(f"/api/d/{draft}/start", {**said, "version": version, "only_failed": True})

    assert again["run"] != first["run"]
    ended = await until(visitor, again["run"])
    assert (ended["rows"], ended["created"], ended["failed"]) == (1, 1, 0)


async def test_what_was_corrected_after_a_trial_comes_along_when_it_goes_on(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    content = PEOPLE + b"Cy,cy@example.com,2133734255,maybe\nDee,dee@example.com,2133734256,maybe\n"
    draft, found = await with_columns(visitor, content)
    aim = {"sandbox": False, "location": LOCATION, "token": TOKEN, "version": found["version"]}
    await visitor.post(f"/api/d/{draft}/account", aim)
    said = {"confirmed": LOCATION, "version": screen.drafts.open(draft).version}
    _, trial = await visitor.post(f"/api/d/{draft}/start", {**said, "trial": 1})
    assert (await until(visitor, trial["run"]))["reason_code"] == "trial_done"
    await visitor.ask(f"/api/d/{draft}/causes")
    await visitor.post(f"/api/d/{draft}/correct", {"row": 3, "place": 1, "after": "ben@example.com"})
    await visitor.post(f"/api/d/{draft}/correct", {"row": 5, "place": 0, "after": "Deedee"})
    stopped = await visitor.ask(f"/api/r/{trial['run']}")
    assert (stopped["changed_since"], stopped["rest_can_be_changed"]) == (True, True)
    assert '"stopped": true' in (await visitor.get(f"/d/{draft}/forecast"))[1]

    said["version"] = screen.drafts.open(draft).version
    _, rest = await visitor.post(f"/api/d/{draft}/start", {**said, "trial": 0, "only_failed": True})

    ended = await until(visitor, rest["run"])
    assert (ended["rows"], ended["created"], ended["follows"]) == (3, 3, trial["run"])
    sent = {each.properties["firstName"]: each.upserts for each in vendor.vendor.contacts}
    assert sent == {"Ada": 1, "Ben": 1, "Cy": 1, "Deedee": 1}
    assert (await visitor.ask(f"/api/r/{trial['run']}"))["followed_by"] == [rest["run"]]


async def test_a_token_that_was_entered_goes_ahead_of_one_that_is_stored(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    book = ConnectionBook(tmp_path)
    kept = StoredConnection(
        location_id=LOCATION, name="", base_url="http://127.0.0.1:1", stored_at=0.0, in_keyring=False
    )
    book.store(kept, Secret("pit-stored"))
    screen.tokens.keep(LOCATION, Secret(TOKEN))

    for name, value in secrets_of(screen, LOCATION).items():
        monkeypatch.setenv(name, value)

    child = Connection(
        base_url=kept.base_url, token=variable_token("HIGHLEVEL_TOKEN"), tokens=read_tokens(), grants=tmp_path
    )
    found = token_of(child, LOCATION)
    assert found is not None
    assert found.reveal() == TOKEN


async def test_a_token_is_remembered_on_request_alone_and_only_once_it_proved_good(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft = await uploaded(visitor)
    said = {"sandbox": False, "location": LOCATION, "token": TOKEN}
    book = ConnectionBook(screen.state / "grants")

    async def enter(**more: Any) -> Any:
        version = screen.drafts.open(draft).version
        return (await visitor.post(f"/api/d/{draft}/account", {**said, **more, "version": version}))[1]

    assert (await enter())["kept"] is None
    bad = await enter(remember=True, token="pit-invalid")
    assert (bad["good"], bad["kept"], list(book.all())) == (False, None, [])
    good = await enter(remember=True)

    name = good["name"]
    (line,) = [each for each in good["findings"] if each["subject"] == "location"]
    assert line["text"].startswith(f"{LOCATION} ({name}, {line['country']}, {line['timezone']})")
    assert (good["kept"], screen.drafts.open(draft).location_name) == ("file", name)
    (stored,) = book.all()
    assert (stored.name, stored.base_url) == (name, vendor.base_url)
    assert mode_of(book.where(LOCATION)) == 0o600
    screen.tokens.by_location.clear()
    assert (await enter(token=""))["good"] is True
    page = (await visitor.get(f"/d/{draft}/account"))[1]
    assert ('"kept": "file"' in page, TOKEN in page) == (True, False)


async def test_a_stored_token_is_deleted_with_what_the_screen_remembers(
    visitor: Visitor, screen: Screen
) -> None:
    book = ConnectionBook(screen.state / "grants")
    kept = StoredConnection(
        location_id=LOCATION, name="Acme", base_url="https://x", stored_at=0.0, in_keyring=False
    )
    book.store(kept, Secret(TOKEN))
    screen.tokens.keep(LOCATION, Secret(TOKEN))

    status, answer = await visitor.post("/api/connections/forget", {"location": LOCATION})

    assert (status, answer) == (200, {"known": []})
    assert (list(book.all()), screen.tokens.by_location) == ([], {})
    assert (await visitor.post("/api/connections/forget", {"location": "../x"}))[0] == 422


async def test_an_agencys_token_and_missing_scopes_are_told_in_words(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft = await uploaded(visitor)
    said = {"sandbox": False, "location": LOCATION, "token": "pit-agency-1", "remember": True}
    version = screen.drafts.open(draft).version
    agency = (await visitor.post(f"/api/d/{draft}/account", {**said, "version": version}))[1]

    assert (agency["good"], agency["kept"]) == (False, None)
    assert any("is the agency's" in each["text"] for each in agency["findings"])
    version = screen.drafts.open(draft).version
    narrow = {**said, "token": "pit-no-scope", "version": version}
    found = (await visitor.post(f"/api/d/{draft}/account", narrow))[1]["findings"]
    refused = " ".join(f"{each['subject']} {each['text']}" for each in found if each["grade"] != "ok")
    assert "contacts.write" in refused
    assert "customFields.readonly" in refused


def mode_of(path: str) -> int:
    return Path(path).stat().st_mode & 0o777
