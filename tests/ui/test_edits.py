"""Corrections of a draft: what they make of the file, in what order they are taken back, and what they count."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from importer.reading import open_source
from importer.reading.corrections import Corrections, read_corrections
from importer.ui.edits import CellEdit, DraftEdits, Judged, forget_edits
from tests.state.conftest import HandClock

HEADER = ("Name", "E-mail", "E-mail")
ROWS = {2: ["Ada", "a@example.com", ""], 3: ["Ben", "", "b@example.com"], 4: ["Cyd", "", ""]}


def edit(edits: DraftEdits, row: int, place: int | None, after: str | tuple[str, ...]) -> CellEdit:
    cells = tuple(edits.current([row]).get(row, ROWS[row]))
    return CellEdit(row=row, place=place, after=after, cells=cells)


def test_a_change_is_taken_back_and_made_again_after_the_program_ended(tmp_path: Path) -> None:
    with DraftEdits.open(tmp_path, clock=HandClock(1_800_000_000.0)) as edits:
        edits.make([edit(edits, 2, 0, "Adah")], HEADER)
        edits.make([edit(edits, 3, 0, "Benn"), edit(edits, 4, 0, "Cydd")], HEADER)
        both = edits.key
        assert edits.rows_of_last(undone=False) == (3, 4)
        edits.take_back()

    with DraftEdits.open(tmp_path) as edits:
        assert edits.current([2, 3]) == {2: ["Adah", *ROWS[2][1:]], 3: ROWS[3]}
        assert [(each["row"], each["cells"], each["undone"]) for each in edits.listed(most=9)] == [
            (3, 2, True),
            (2, 1, False),
        ]
        assert edits.key != both
        edits.make_again()
        assert (edits.key, edits.can_make_again) == (both, False)
        edits.take_back()
        edits.make([edit(edits, 4, 1, "c@example.com")], HEADER)
        assert (edits.can_make_again, edits.key != both) == (False, True)
        assert edits.listed(most=1)[0]["at"] > 1_700_000_000


def test_a_column_whose_name_stands_twice_is_called_by_its_number(tmp_path: Path) -> None:
    with DraftEdits.open(tmp_path, clock=HandClock(1_800_000_000.0)) as edits:
        edits.make(
            [edit(edits, 2, 0, "x"), edit(edits, 2, 2, "y"), edit(edits, 3, None, ("B", "", ""))], HEADER
        )
        path = edits.written()
        assert path is not None
        before = path.stat()
        assert edits.written() == path
        assert path.stat().st_mtime_ns == before.st_mtime_ns
        edits.take_back()
        assert (edits.written(), path.exists()) == (None, False)
        edits.make_again()
        path = edits.written()
        assert path is not None

    said = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each.get("column") for each in said] == ["Name", 3, None]
    assert (said[2]["before"], said[2]["after"]) == (ROWS[3], ["B", "", ""])
    assert said[0]["at"] == "2027-01-15T08:00:00.000+00:00"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "edits.db").stat().st_mode) == 0o600
    forget_edits(tmp_path)
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.sampled_from([2, 3, 4]), st.integers(0, 2), st.sampled_from(["", "x", 'a "b", c'])),
            st.tuples(
                st.sampled_from([2, 3, 4]), st.none(), st.sampled_from([("n", "m", "o"), ("n", "", "")])
            ),
            st.sampled_from(["undo", "redo"]),
        ),
        max_size=12,
    )
)
def test_the_file_of_corrections_makes_of_the_rows_what_the_screen_shows(
    tmp_path_factory: Any, steps: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("edits")
    source = folder / "people.csv"
    source.write_text("Name,E-mail,E-mail\n" + "".join(",".join(cells) + "\n" for cells in ROWS.values()))
    with DraftEdits.open(folder) as edits:
        for step in steps:
            if step == "undo":
                edits.take_back()
            elif step == "redo":
                edits.make_again()
            elif (made := edit(edits, *step)).before != made.after and "".join(_laid(made)).strip():
                edits.make([made], HEADER)
        shown = {**ROWS, **edits.current(list(ROWS))}
        path = edits.written()

    laid = None
    if path is not None:
        with path.open("rb") as file:
            laid = Corrections(path.name, read_corrections(file, name=path.name).corrections)
    read = {row.number: list(map(str, row.cells)) for row in open_source(source, corrections=laid)}
    assert read == shown


def _laid(made: CellEdit) -> list[str]:
    if isinstance(made.after, tuple):
        return list(made.after)
    cells = list(made.cells)
    cells[made.place or 0] = made.after
    return cells


def outlook(status: str, *codes: str) -> dict[str, Any]:
    return {"status": status, "faults": [[code, status == "failed", None, code] for code in codes]}


def test_what_became_of_rows_is_counted_once_however_often_they_change(tmp_path: Path) -> None:
    failed = outlook("failed", "invalid_email", "invalid_phone")
    with DraftEdits.open(tmp_path) as edits:
        edits.judge([Judged(row=2, found=failed, now=outlook("failed", "invalid_phone"))])
        edits.judge([Judged(row=3, found=failed, now=outlook("ready"))])
        assert edits.shifts() == {
            "failed": -1,
            "ready": 1,
            "fails:invalid_email": -2,
            "fails:invalid_phone": -1,
        }
        edits.judge([Judged(row=3, found=failed, now=failed), Judged(row=2, found=failed, now=failed)])
        assert edits.shifts() == {}
        assert edits.outlooks([2, 3, 4]).keys() == {2, 3}
        edits.forget_outlooks()
        assert edits.outlooks([2, 3]) == {}
