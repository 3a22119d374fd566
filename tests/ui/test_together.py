"""S1: files that were chosen together, and what a workbook hides."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from importer.ui.drafts import Draft
from importer.ui.handling.together import lined_up, next_in_line
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.test_handling import uploaded

MAPPING = "version: 1\n# ours\nfields: {firstName: Name, email: E-mail, city: City}\n"


def workbook() -> bytes:
    """Make a workbook in which two of four rows are hidden, and one of three columns."""
    book = openpyxl.Workbook()
    people: Any = book.active
    for row in (
        ["Name", "E-mail", "City"],
        *([name, f"{name}@example.com", "Bonn"] for name in ("ada", "ben", "cyd", "dot")),
    ):
        people.append(row)
    for hidden in (3, 4):
        people.row_dimensions[hidden].hidden = True
    people.column_dimensions["C"].hidden = True
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def chosen(screen: Screen, *names: str) -> list[Draft]:
    """Make drafts as they are of files that were chosen together."""
    drafts: list[Draft] = []
    for name in names:
        made = screen.drafts.create()
        behind = drafts[-1].id if drafts else None
        drafts.append(screen.drafts.change(made.id, name=name, source="file/x.csv", behind=behind))
    return drafts


def names(drafts: list[Draft]) -> list[str]:
    return [each.name for each in drafts]


def test_files_that_were_chosen_together_stand_in_their_order(screen: Screen) -> None:
    line = chosen(screen, "a.csv", "b.csv", "c.csv")
    alone = chosen(screen, "z.csv")

    assert {tuple(names(lined_up(screen.drafts, each))) for each in line} == {("a.csv", "b.csv", "c.csv")}
    assert names(lined_up(screen.drafts, alone[0])) == ["z.csv"]


def test_a_file_that_was_discarded_parts_the_line(screen: Screen) -> None:
    first, second, third, fourth = chosen(screen, "a.csv", "b.csv", "c.csv", "d.csv")

    screen.drafts.discard(second.id)

    assert names(lined_up(screen.drafts, first)) == ["a.csv"]
    assert (
        names(lined_up(screen.drafts, fourth)) == names(lined_up(screen.drafts, third)) == ["c.csv", "d.csv"]
    )


def test_drafts_that_somebody_let_stand_behind_each_other_are_walked_once(screen: Screen) -> None:
    first, second = chosen(screen, "a.csv", "b.csv")
    first = screen.drafts.change(first.id, behind=second.id)

    assert sorted(names(lined_up(screen.drafts, first))) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("imported", "asked", "following"),
    [((0,), 0, "b.csv"), ((0, 1), 1, "c.csv"), ((1, 2), 2, "a.csv"), ((0, 1, 2), 1, None)],
)
def test_the_next_file_is_the_next_in_line_that_was_not_imported(
    screen: Screen, imported: tuple[int, ...], asked: int, following: str | None
) -> None:
    line = chosen(screen, "a.csv", "b.csv", "c.csv")
    for place in imported:
        line[place] = screen.drafts.change(line[place].id, run_id="20260101-000000-aaaa")

    found = next_in_line(screen.drafts, line[asked])

    assert (found and found.name) == following


async def test_a_file_begins_with_place_and_mapping_of_the_one_it_was_chosen_with(visitor: Visitor) -> None:
    first = await visitor.draft(b"Name,E-mail,City\nada,ada@example.com,Bonn\n", MAPPING)
    status, answer = await visitor.upload(
        "more.csv", b"E-mail,Name,City\nben@example.com,ben,Ulm\n", behind=first
    )
    assert status == 200

    _, text = await visitor.get(f"/d/{answer['draft']}/file")

    assert "begins with the columns and the place of people.csv" in text
    described = await visitor.ask(f"/api/d/{answer['draft']}/file")
    assert [each["name"] for each in described["together"]] == ["people.csv", "more.csv"]
    columns = await visitor.ask(f"/api/d/{answer['draft']}/columns")
    assert columns["text"] == MAPPING
    assert [each["payload"]["firstName"] for each in columns["sent"]] == ["ben"]


async def test_a_file_that_somebody_worked_at_already_stays_as_it_is(
    visitor: Visitor, screen: Screen
) -> None:
    first = await uploaded(visitor)
    _, answer = await visitor.upload("more.csv", b"Name,E-mail\nben,ben@example.com\n", behind=first)
    draft = answer["draft"]
    suggested = (await visitor.ask(f"/api/d/{draft}/columns"))["text"]
    version = (await visitor.ask(f"/api/d/{first}/columns"))["version"]
    await visitor.post(f"/api/d/{first}/mapping", {"do": "text", "text": MAPPING, "version": version})

    _, text = await visitor.get(f"/d/{draft}/file")

    assert "begins with" not in text
    assert screen.drafts.mapping_text(screen.drafts.open(draft)) == suggested


async def test_no_file_stands_behind_one_that_is_not_there(visitor: Visitor, screen: Screen) -> None:
    status, _ = await visitor.upload("a.csv", b"E-mail\na@example.com\n", behind="20260101-000000-aaaaaaaa")

    assert status == 422
    assert screen.drafts.list() == ()


async def test_hidden_rows_are_left_out_by_a_choice_that_outlives_the_mapping(visitor: Visitor) -> None:
    draft = await uploaded(visitor, workbook(), "people.xlsx")
    described = await visitor.ask(f"/api/d/{draft}/file")
    assert (described["found"]["hidden_rows"], described["found"]["hidden_columns"]) == (2, ["City"])
    assert described["skip_hidden"] is False

    said = {"skip": True, "version": described["version"]}
    status, answer = await visitor.post(f"/api/d/{draft}/hidden-rows", said)
    assert (status, answer["skip_hidden"]) == (200, True)
    assert (await visitor.post(f"/api/d/{draft}/hidden-rows", said))[0] == 409
    columns = await visitor.ask(f"/api/d/{draft}/columns")
    assert [each["hidden"] for each in columns["samples"]] == [False, False, True]

    again = {"do": "suggested", "version": columns["version"]}
    _, columns = await visitor.post(f"/api/d/{draft}/mapping", again)

    found = await visitor.ask(f"/api/d/{draft}/forecast")
    assert (found["rows_read"], found["ready"], found["skipped"]) == (4, 2, 2)


async def test_hidden_rows_are_imported_after_all_once_the_mapping_says_so(visitor: Visitor) -> None:
    draft = await uploaded(visitor, workbook(), "people.xlsx")
    version = (await visitor.ask(f"/api/d/{draft}/columns"))["version"]
    text = f"{MAPPING}rows: {{hidden: skip}}\n"
    _, columns = await visitor.post(
        f"/api/d/{draft}/mapping", {"do": "text", "text": text, "version": version}
    )
    described = await visitor.ask(f"/api/d/{draft}/file")
    assert described["skip_hidden"] is True

    await visitor.post(f"/api/d/{draft}/hidden-rows", {"skip": False, "version": columns["version"]})

    assert (await visitor.ask(f"/api/d/{draft}/file"))["skip_hidden"] is False
    found = await visitor.ask(f"/api/d/{draft}/forecast")
    assert (found["ready"], found["skipped"]) == (4, 0)
