"""S8: how each row ended, with its contact; and an undo that was stopped before its end."""

from __future__ import annotations

from typing import Any

import pytest

from importer.highlevel.connections import ConnectionBook, StoredConnection
from importer.settings import DEFAULT_BASE_URL, Secret
from importer.state import StateFolder
from importer.state.journal import Journal
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import past_run

ACME = "ve9EPM428h8vShlRW1KT"


async def rows(visitor: Visitor, run_id: str, query: str = "") -> Any:
    return await visitor.ask(f"/api/r/{run_id}/rows?{query}")


async def test_rows_are_found_by_status_and_number_with_a_link_to_their_contact(
    visitor: Visitor, screen: Screen
) -> None:
    run = past_run(screen.state, base_url=DEFAULT_BASE_URL)

    found = await rows(visitor, run.id)
    failed = await rows(visitor, run.id, "status=failed")
    third = await rows(visitor, run.id, "from=3")

    assert [(each["row"], each["status"]) for each in found["rows"]] == [(2, "created"), (3, "failed")]
    assert found["rows"][0]["link"] == f"https://app.gohighlevel.com/v2/location/{ACME}/contacts/detail/c1"
    assert (found["rows"][1]["link"], found["more"]) == (None, False)
    assert failed["rows"] == third["rows"] == [found["rows"][1]]
    assert (await visitor.get(f"/api/r/{run.id}/rows?status=x"))[0] == 400


async def test_a_contact_of_a_stand_in_has_no_address_at_the_vendors(
    visitor: Visitor, screen: Screen
) -> None:
    elsewhere = past_run(screen.state, base_url="http://127.0.0.1:1")
    sandbox = past_run(screen.state, base_url=DEFAULT_BASE_URL, sandbox=True)

    for run in (elsewhere, sandbox):
        assert [each["link"] for each in (await rows(visitor, run.id))["rows"]] == [None, None]


async def test_an_undo_that_was_stopped_before_its_end_can_be_gone_on_with(
    visitor: Visitor, screen: Screen
) -> None:
    run = past_run(screen.state)
    assert (await visitor.ask(f"/api/r/{run.id}"))["undo_open"] is False
    with Journal.open(screen.state / "runs" / run.id) as journal:
        journal.undo.begin(None)

    found = await visitor.ask(f"/api/r/{run.id}")

    assert (found["state"], found["undo_open"], found["undoing"]) == ("undone", True, False)


@pytest.mark.parametrize(
    ("known", "parts", "wanted"),
    [
        ("Acme  Dental, US", {}, "Acme Dental, US"),
        ("", {}, ACME),
        ("Acme Dental, US", {"location_id": None}, "{run}"),
    ],
)
async def test_an_import_is_taken_back_once_the_name_of_its_place_was_typed(
    visitor: Visitor, screen: Screen, known: str, parts: dict[str, Any], wanted: str
) -> None:
    run = past_run(screen.state, base_url="http://127.0.0.1:1", **parts)
    acme = StoredConnection(location_id=ACME, name=known, base_url="https://x", stored_at=0, in_keyring=False)
    ConnectionBook(screen.state / "grants").store(acme, Secret("pit-1"))
    wanted = wanted.format(run=run.id)

    _, page = await visitor.get(f"/r/{run.id}")
    refused = [
        await visitor.post(f"/api/r/{run.id}/undo", {"dry": False, "confirmed": said})
        for said in {"", "Acme", ACME, "Acme Dental, US", run.id} - {wanted}
    ]
    with StateFolder(screen.state).lock(
        run, undoing=True
    ):  # somebody takes it back already: nothing is begun twice
        agreed = await visitor.post(
            f"/api/r/{run.id}/undo", {"dry": False, "confirmed": f" {wanted.upper()} "}
        )

    assert f'"confirm": "{wanted}"' in page
    assert {(status, answer["error"]) for status, answer in refused} == {
        (400, f"To take the import back, type: {wanted}")
    }
    assert agreed == (200, {"run": run.id})
