"""S1: sheets with their rows, the row that names the columns, and a file that was imported before."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import openpyxl
import pytest

from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import past_run
from tests.ui.test_handling import until


def workbook() -> bytes:
    """Make a workbook of people, of prices worked out by formulas, and of people on a sheet that is hidden."""
    book = openpyxl.Workbook()
    people: Any = book.active
    people.title = "People"
    for row in (
        ["Exported today"],
        ["Name", "E-mail"],
        ["Ada", "ada@example.com"],
        ["Ben", "ben@example.com"],
    ):
        people.append(row)
    prices = book.create_sheet("Prices")
    for line in (["Item", "Price", "With tax"], ["Tea", 2, "=B2*1.2"]):
        prices.append(line)
    hidden = book.create_sheet("Old people")
    for row in (["Name", "E-mail"], ["Cy", "cy@example.com"]):
        hidden.append(row)
    hidden.sheet_state = "hidden"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


async def uploaded(visitor: Visitor, name: str, content: bytes) -> str:
    status, answer = await visitor.upload(name, content)
    assert status == 200, answer
    return str(answer["draft"])


async def test_all_sheets_can_be_chosen_with_their_rows_and_a_hidden_one_is_marked(visitor: Visitor) -> None:
    draft = await uploaded(visitor, "book.xlsx", workbook())
    described = await visitor.ask(f"/api/d/{draft}/file")
    assert described["found"]["sheets"] == [
        {"name": "People", "visible": True},
        {"name": "Prices", "visible": True},
        {"name": "Old people", "visible": False},
    ]
    assert await visitor.ask(f"/api/d/{draft}/sheets") == {
        "rows": {"People": 2, "Prices": 1, "Old people": 1}
    }

    _, other = await visitor.post(
        f"/api/d/{draft}/reading", {"sheet": "Old people", "version": described["version"]}
    )

    assert other["found"]["rows"] == [{"row": 2, "cells": ["Cy", "cy@example.com"]}]
    assert len(other["found"]["sheets"]) == 3


def alike_sheets() -> bytes:
    """Make a workbook of which nobody but its owner can tell which sheet is meant."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title in ("constructor", "Blatt 2", "Blatt 3"):
        sheet = book.create_sheet(title)
        for row in (["Name", "E-mail"], [title, f"{title.replace(' ', '')}@example.com"]):
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


async def test_of_sheets_that_are_alike_the_first_is_shown_until_somebody_chooses(visitor: Visitor) -> None:
    draft = await uploaded(visitor, "book.xlsx", alike_sheets())

    described = await visitor.ask(f"/api/d/{draft}/file")

    found = described["found"]
    assert (found["sheet"], found["sheet_undecided"], len(found["sheets"])) == ("constructor", True, 3)
    columns = await visitor.ask(f"/api/d/{draft}/columns")
    assert "sheet: constructor" in columns["text"]
    _, chosen = await visitor.post(
        f"/api/d/{draft}/reading", {"sheet": "Blatt 2", "version": described["version"]}
    )
    assert (chosen["found"]["sheet"], chosen["found"]["sheet_undecided"]) == ("Blatt 2", False)
    assert (await visitor.ask(f"/api/d/{draft}/forecast"))["ready"] == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [("list.csv", b"Exported today\n\nName,E-mail\nAda,ada@example.com\n"), ("book.xlsx", workbook())],
)
async def test_the_first_rows_are_shown_as_they_stand(visitor: Visitor, name: str, content: bytes) -> None:
    draft = await uploaded(visitor, name, content)

    rows = (await visitor.ask(f"/api/d/{draft}/head"))["rows"]

    assert rows[0]["cells"][0] == "Exported today"
    named = next(each for each in rows if "Name" in each["cells"])
    assert named["cells"][:2] == ["Name", "E-mail"]
    assert named["row"] == (3 if name == "list.csv" else 2)


async def test_a_file_that_was_imported_before_says_so_and_where(visitor: Visitor, screen: Screen) -> None:
    content = b"Name,E-mail\nAda,ada@example.com\n"
    past_run(screen.state, "another.csv")
    draft = await visitor.draft(content, "version: 1\nfields: {firstName: Name, email: E-mail}\n")
    assert (await visitor.ask(f"/api/d/{draft}/met-before"))["runs"] == []
    version = screen.drafts.open(draft).version
    _, begun = await visitor.post(f"/api/d/{draft}/start", {"trial": 0, "version": version, "confirmed": ""})
    await until(visitor, begun["run"])

    again = await uploaded(visitor, "under-another-name.csv", content)

    (met,) = (await visitor.ask(f"/api/d/{again}/met-before"))["runs"]
    assert (met["run_id"], met["created"], met["sandbox"]) == (begun["run"], 1, True)
    assert (await visitor.ask(f"/api/d/{await uploaded(visitor, 'x.csv', content + b'x')}/met-before"))[
        "runs"
    ] == []


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Serve a list on loopback."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content = b"Name,E-mail\nAda,ada@example.com\n"
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/export/people.csv?key=secret"


async def test_a_file_is_taken_from_an_address(visitor: Visitor, screen: Screen, address: str) -> None:
    status, answer = await visitor.post("/api/fetch", {"address": address})

    assert status == 200, answer
    found = (await visitor.ask(f"/api/d/{answer['draft']}/file"))["found"]
    assert found["rows"] == [{"row": 2, "cells": ["Ada", "ada@example.com"]}]
    draft = screen.drafts.open(answer["draft"])
    assert draft.name == "people.csv"
    assert screen.drafts.source(draft).is_relative_to(screen.drafts.folder(draft.id))
    assert "secret" not in (screen.drafts.folder(draft.id) / "draft.json").read_text()


@pytest.mark.parametrize(
    "said", ["/etc/passwd", "-", "file:///etc/passwd", "highlevel:ve9EPM428h8vShlRW1KT", ""]
)
async def test_no_path_of_this_computer_is_taken_for_an_address(
    visitor: Visitor, screen: Screen, said: str
) -> None:
    status, answer = await visitor.post("/api/fetch", {"address": said})

    assert (status, bool(answer["error"])) == (422, True)
    assert list(screen.drafts.list()) == []
    assert not any(screen.drafts.path.iterdir())
