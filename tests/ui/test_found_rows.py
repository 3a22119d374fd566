"""Rows of a past import are found by what stands in them, and by what was said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from importer.errors import SettingsError
from importer.records import Outcome, Status, row_id
from importer.results.columns import join_columns
from importer.results.csv_file import CsvTable
from importer.ui.found_rows import RowMatches, search_rows
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import past_run

HEADER = ("Name", "E-mail")
ANN, BEN, CID = ("Ann Müller", "ann@example.com"), ("=Ben", "x;=y"), ("Cid", "cid@example.com", "too many")


def outcome(number: int, status: Status = Status.CREATED, **parts: Any) -> Outcome:
    return Outcome(row=number, status=status, **parts)


def table(folder: Path, *, run_id: str = "20260101-000000-aaaa", sources: int = 1) -> Path:
    """Write results as a run does: the same three rows of each source."""
    columns = join_columns([("people.csv", HEADER)] * sources, run_id=run_id)
    path = folder / "results.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = CsvTable(file)
        lines.write(columns.head)
        for source in range(sources):
            lines.write(columns.row(source, 2, outcome(2, contact_id="c-1"), ANN))
            failed = outcome(3, Status.FAILED, code="service_down", message="Nobody answered.")
            lines.write(columns.row(source, 3, failed, BEN))
            lines.write(columns.row(source, 4, None, CID))
    return path


def look(path: Path, text: str, *, sources: int = 1, **wanted: Any) -> RowMatches:
    return search_rows(
        path, text, **{"sources": ["people.csv"] * sources, "status": "", "after": 0, "count": 20, **wanted}
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MÜLLER", [(2, "Name", "Ann Müller")]),
        ("=ben", [(3, "Name", "=Ben")]),
        ("x;=y", [(3, "E-mail", "x;=y")]),
        ("too many", [(4, "", "too many")]),
        ("c-1", [(2, "import_contact_id", "c-1")]),
        ("nobody", [(3, "import_error", "Nobody answered.")]),
        ("20260101", []),
        ("failed", []),
        ("Ann Müller\0ann", []),
    ],
)
def test_a_text_is_found_in_cells_and_in_what_was_said_but_not_in_what_every_row_has(
    tmp_path: Path, text: str, found: list[tuple[int, str, str]]
) -> None:
    rows = look(table(tmp_path), text).rows

    assert [(each.id, each.column, each.cell) for each in rows] == found


def test_a_look_is_bounded_and_the_next_one_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = table(tmp_path, sources=2)

    first = look(path, "example", sources=2, count=1)
    short = look(path, "cid@", sources=2, looked_at=2)
    second = look(path, "example", sources=2, after=row_id(0, 4))

    assert ([each.id for each in first.rows], first.looked_to) == ([2], 2)
    assert ([each.id for each in short.rows], short.looked_to) == ([], 3)
    assert [each.id for each in second.rows] == [row_id(1, 2), row_id(1, 4)]
    assert second.looked_to is None


@pytest.mark.parametrize("content", [b"", b"E-mail\nann@example.com\n", b'import_row,"\xff'])
def test_a_table_that_somebody_changed_is_no_table_of_results(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "results.csv"
    path.write_bytes(content)

    with pytest.raises(SettingsError, match=r"results\.csv of this import was changed"):
        look(path, "ann")


async def test_the_page_of_a_run_finds_its_rows_by_text_and_status(visitor: Visitor, screen: Screen) -> None:
    run = past_run(screen.state, "people.csv")
    (folder := screen.output / run.id).mkdir(parents=True)

    async def found(**query: str) -> Any:
        return await visitor.ask(f"/api/r/{run.id}/rows?{urlencode(query)}")

    lacking, said = await visitor.get(f"/api/r/{run.id}/rows?text=ann")
    table(folder, run_id=run.id)
    ann = await found(text=" ANN@ ")

    assert (lacking, "folder of results has none" in said) == (404, True)
    assert [(each["row"], each["contact_id"], each["cell"]) for each in ann["rows"]] == [
        (2, "c1", "ann@example.com")
    ]
    assert (ann["more"], ann["after"]) == (False, None)
    assert (await found(text="ann@", status="failed"))["rows"] == []
    assert [each["row"] for each in (await found(text="ben", status="failed"))["rows"]] == [3]
    assert (await found(text="ann@", after="2"))["rows"] == []
