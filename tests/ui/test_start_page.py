"""S0 and S1 as their pages begin: what is offered, what is said of runs that stopped, and of a workbook."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import openpyxl
import pytest

from importer.state import StateFolder
from importer.state.journal import Journal, RunState
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import past_run


async def test_who_has_nothing_yet_is_offered_a_file_and_the_sample_alone(visitor: Visitor) -> None:
    _, page = await visitor.get("/")

    assert '<div id="upload"></div>' in page
    assert "Try it with sample data" in page
    assert "<section" not in page


async def test_the_start_page_says_why_a_run_stopped(visitor: Visitor, screen: Screen) -> None:
    run = past_run(screen.state, ended=None)
    with Journal.open(StateFolder(screen.state).run_folder(run.id)) as journal:
        journal.set_state(RunState.STOPPED, "The day's allowance is used up.", code="quota_spent")

    _, page = await visitor.get("/")

    assert "Stopped" in page
    assert "reason: quota_spent" in page
    assert (await visitor.ask(f"/api/r/{run.id}"))["reason"] == "The day's allowance is used up."


def workbook(change: Callable[[Any], None] = lambda _: None) -> bytes:
    """Make a workbook with one sheet to be seen, and a hidden one."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, name in (("Leads", "ann"), ("Customers", "cyd")):
        sheet = book.create_sheet(title)
        sheet.append(["Name", "E-mail"])
        for number in range(4):
            sheet.append([f"{name.title()} {number}", f"{name}{number}@example.com"])
    book["Customers"].sheet_state = "hidden"
    change(book)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


async def test_another_sheet_of_a_workbook_is_taken_and_stays_taken(visitor: Visitor) -> None:
    _, answer = await visitor.upload("people.xlsx", workbook())
    path = f"/api/d/{answer['draft']}"
    first = await visitor.ask(f"{path}/file")
    assert first["found"]["sheet"] == "Leads"

    await visitor.post(f"{path}/reading", {"sheet": "Customers", "version": first["version"]})

    again = (await visitor.ask(f"{path}/file"))["found"]
    assert (again["sheet"], again["rows"][0]["cells"]) == ("Customers", ["Cyd 0", "cyd0@example.com"])


async def test_hidden_rows_of_a_workbook_are_told_with_their_number(visitor: Visitor) -> None:
    def hide(book: Any) -> None:
        book["Leads"].row_dimensions[3].hidden = True
        book["Leads"].row_dimensions[4].hidden = True

    _, answer = await visitor.upload("people.xlsx", workbook(hide))

    found = (await visitor.ask(f"/api/d/{answer['draft']}/file"))["found"]
    assert found["hidden_rows"] == 2


@pytest.mark.parametrize("page", ["/", "/history", "/schedule", "/d/{draft}/file", "/d/{draft}/rows"])
async def test_every_page_says_that_it_needs_scripts(visitor: Visitor, page: str) -> None:
    _, answer = await visitor.upload("a.csv", b"E-mail\na@example.com\n")

    _, text = await visitor.get(page.format(draft=answer["draft"]))

    assert '<noscript><p class="notice bad">This screen needs JavaScript.' in text
