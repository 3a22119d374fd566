"""S9: the runs of a state folder as the screen lists them, lets them go, and begins others like them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from importer.highlevel.connections import ConnectionBook, StoredConnection
from importer.records import Intent, Landed, Status
from importer.settings import Secret
from importer.state import StateFolder
from importer.state.journal import Journal, RunState
from importer.state.lineage import add_successor
from importer.ui.past import PastLines, RunSearch
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import MAPPING, past_run, spoil

ACME = "ve9EPM428h8vShlRW1KT"


def named(state: Path, said: str = "", chosen: str = "") -> list[str]:
    names = {ACME: "Acme Dental", "finished": "Finished", "stopped": "Stopped"}
    found = PastLines(StateFolder(state)).page(
        RunSearch.of(said, chosen), names=lambda: names, first=0, count=50
    )
    return [line.source for line in found.lines]


@pytest.fixture
def three(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    past_run(state, "old/Leads.csv")
    past_run(state, "members.xlsx", location_id="zzzEPM428h8vShlRW1KT", ended=RunState.STOPPED)
    past_run(state, "leads-2.csv", location_id=None, sandbox=True)
    return state


def test_runs_are_found_by_file_place_and_state(three: Path) -> None:
    wanted = {
        ("", ""): ["leads-2.csv", "members.xlsx", "Leads.csv"],
        ("leads", ""): ["leads-2.csv", "Leads.csv"],
        ("acme DENTAL", ""): ["Leads.csv"],
        ("zzzEPM", ""): ["members.xlsx"],
        ("sandbox", ""): ["leads-2.csv"],
        ("stopped", ""): ["members.xlsx"],
        ("leads acme finished", ""): ["Leads.csv"],
        ("", "stopped"): ["members.xlsx"],
        ("leads", "stopped"): [],
    }

    assert {each: named(three, *each) for each in wanted} == wanted


def test_a_run_is_read_once_and_again_when_something_happened_to_it(three: Path) -> None:
    lines = PastLines(StateFolder(three))
    every = RunSearch.of("csv", "")

    def found() -> int:
        return lines.page(every, names=dict, first=0, count=50).found

    assert found() == 2
    newest = StateFolder(three).run_ids()[0]
    spoil(three, newest)
    assert found() == 2
    (three / "runs" / newest / "a-session-came").touch()
    assert found() == 1


def test_a_search_opens_no_journal_of_a_run_that_cannot_be_meant(three: Path) -> None:
    newest, middle, _ = StateFolder(three).run_ids()
    stamps = {each: (three / "runs" / each).stat().st_mtime_ns for each in (newest, middle)}

    assert named(three, "leads-2 sandbox finished") == ["leads-2.csv"]

    # opening a journal changes its folder
    assert (three / "runs" / middle).stat().st_mtime_ns == stamps[middle]
    assert (three / "runs" / newest).stat().st_mtime_ns != stamps[newest]


def test_a_run_of_an_address_or_without_a_note_beside_it_is_looked_into(three: Path) -> None:
    past_run(three, "https://example.test/export?id=1")
    oldest = StateFolder(three).run_ids()[-1]
    (three / "runs" / oldest / "identity.json").unlink(missing_ok=True)

    assert "Leads.csv" in named(three, "leads acme")
    assert len(named(three, "export")) == 1


def test_a_page_reads_no_more_runs_than_it_shows(three: Path) -> None:
    oldest = StateFolder(three).run_ids()[-1]
    spoil(three, oldest)

    page = PastLines(StateFolder(three)).page(RunSearch(), names=dict, first=0, count=2)

    assert ([line.source for line in page.lines], page.of) == (["leads-2.csv", "members.xlsx"], 3)


def test_a_list_counts_what_is_worth_another_try(three: Path) -> None:
    (line,) = PastLines(StateFolder(three)).page(RunSearch(), names=dict, first=2, count=1).lines

    assert (line.counts.created, line.counts.failed, line.retryable) == (1, 1, 1)


async def test_the_page_finds_a_run_by_the_name_of_a_connected_location(
    visitor: Visitor, screen: Screen
) -> None:
    past_run(screen.state, "leads.csv")
    past_run(screen.state, "members.csv", location_id="zzzEPM428h8vShlRW1KT")
    book = ConnectionBook(screen.state / "grants")
    acme = StoredConnection(
        location_id=ACME, name="Acme Dental, US", base_url="https://x", stored_at=0, in_keyring=False
    )
    book.store(acme, Secret("pit-1"))

    _, text = await visitor.get("/history?q=acme")

    assert "leads.csv" in text
    assert "Acme Dental" in text
    assert "members.csv" not in text
    assert "1 to 1 of 1; 2 imports are kept." in text


async def test_what_is_looked_for_is_text_and_stays_in_the_address(visitor: Visitor, screen: Screen) -> None:
    past_run(screen.state)

    _, text = await visitor.get(f"/history?q={quote('<b>&x')}&state=finished")

    assert 'value="&lt;b&gt;&amp;x"' in text
    assert "None of the 1 imports is like that." in text
    assert '<option value="finished" selected>' in text


async def test_runs_that_were_taken_back_and_that_follow_others_are_marked(
    visitor: Visitor, screen: Screen
) -> None:
    first = past_run(screen.state)
    second = past_run(screen.state, "failed.csv", follows=first.id)
    add_successor(screen.state / "runs" / first.id, second.id)
    with Journal.open(screen.state / "runs" / second.id) as journal:
        journal.undo.begin(None)

    _, text = await visitor.get("/history")

    assert "Taken back" in text
    assert f'sends again rows of <a href="/r/{first.id}">' in text
    assert f'rows of it were sent again by <a href="/r/{second.id}">' in text
    told = await visitor.ask(f"/api/r/{first.id}")
    assert told["followed_by"] == [second.id]


async def test_what_goes_and_what_stays_is_said_before_a_run_is_forgotten(
    visitor: Visitor, screen: Screen
) -> None:
    run = past_run(screen.state)
    results = screen.output / run.id
    results.mkdir(parents=True)

    left = await visitor.ask(f"/api/r/{run.id}/holdings")
    assert (left["copies"], left["copied_bytes"], left["results"]) == (["contacts.csv"], 23, str(results))
    status, _ = await visitor.post(f"/api/r/{run.id}/forget")

    assert (status, StateFolder(screen.state).run_ids(), results.is_dir()) == (200, (), True)


async def test_contacts_that_wait_for_their_tags_are_given_up_by_a_word_of_its_own_alone(
    visitor: Visitor, screen: Screen
) -> None:
    run = past_run(screen.state, ended=None)
    with Journal.open(screen.state / "runs" / run.id) as journal:
        unfinished(journal)

    assert (await visitor.ask(f"/api/r/{run.id}/holdings"))["unfinished"] == 1
    refused, answer = await visitor.post(f"/api/r/{run.id}/forget")
    assert (refused, "go on with it first" in answer["error"]) == (409, True)
    assert (await visitor.post(f"/api/r/{run.id}/forget", {"unfinished": True}))[0] == 200


def unfinished(journal: Journal) -> None:
    journal.intend([Intent(row=9, location_id=ACME, first_attempt_at=1.0, attempts=1, exact=True)])
    stored = Landed(
        row=9, location_id=ACME, status=Status.CREATED, contact_id="c9", http_status=201, attempts=1
    )
    journal.append(landed=[stored])


async def test_another_file_goes_where_a_run_went_by_its_very_mapping(
    visitor: Visitor, screen: Screen
) -> None:
    run = past_run(screen.state, options={"output": "", "reading": {"delimiter": ";", "sheet": None}})

    status, answer = await visitor.upload(
        "next.csv", b"First Name;E-mail\nAda;ada@example.com\n", like=run.id
    )

    draft = screen.drafts.open(answer["draft"])
    assert (status, draft.sandbox, draft.location_id, draft.reading) == (200, False, ACME, {"delimiter": ";"})
    assert (await visitor.ask(f"/api/d/{draft.id}/columns"))["text"] == MAPPING


async def test_a_file_like_a_run_that_is_gone_makes_no_draft(visitor: Visitor, screen: Screen) -> None:
    status, _ = await visitor.upload("next.csv", b"E-mail\na@example.com\n", like="20260101-000000-aaaa")

    assert (status, screen.drafts.list()) == (422, ())
