"""S4: what a check found is put right where it stands, asked as the page asks, with the commands behind it."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

from importer.reading import open_source
from importer.ui.handling.checking import keep_known, state_key
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor

MAPPING = "version: 1\nfields: {firstName: Name, email: E-mail, phone: {column: Phone, region: US}}\n"
HEAD = b"Name,E-mail,Phone\n"
DIRTY = HEAD + (
    b"Ada,ada@example.com,(213) 373-4253\n"
    b"Ben,ben(at)example.com,not a phone\n"
    b"Cyd,nobody,\n"
    b"Dee,dee(at)example.com,=1+1\n"
    b"Eve,eve@example.com,(213) 373-4254,too much\n"
)


async def overview(visitor: Visitor, draft: str) -> dict[str, Any]:
    found: dict[str, Any] = await visitor.ask(f"/api/d/{draft}/causes")
    return found


async def rows_of(visitor: Visitor, draft: str, code: str, fails: str = "true") -> list[dict[str, Any]]:
    found = await visitor.ask(f"/api/d/{draft}/rows?code={code}&fails={fails}&first=0&count=50")
    rows: list[dict[str, Any]] = found["rows"]
    return rows


async def correct(visitor: Visitor, draft: str, **said: Any) -> dict[str, Any]:
    status, found = await visitor.post(f"/api/d/{draft}/correct", said)
    assert status == 200, found
    told: dict[str, Any] = found
    return told


def causes(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Rows of each failing cause as they were checked, and by now."""
    return {each["code"]: (each["rows"], each["now"]) for each in found["causes"] if each["fails"]}


async def test_failing_rows_stand_by_cause_and_a_row_with_two_faults_under_both(visitor: Visitor) -> None:
    draft = await visitor.draft(DIRTY, MAPPING)

    found = await overview(visitor, draft)

    assert (found["read"], found["ready"], found["failed"]) == (5, 1, 4)
    assert causes(found) == {"invalid_email": (3, 3), "invalid_phone": (2, 2), "column_count": (1, 1)}
    email = next(each for each in found["causes"] if each["code"] == "invalid_email")
    assert (email["columns"], bool(email["mend"])) == ({"E-mail": 3}, True)
    assert sum(rows for rows, _ in causes(found).values()) > found["failing"]
    rows = await rows_of(visitor, draft, "invalid_email")
    assert [(row["n"], row["row"], row["cells"][1]) for row in rows] == [
        (0, 3, "ben(at)example.com"),
        (1, 4, "nobody"),
        (2, 5, "dee(at)example.com"),
    ]
    assert rows[0]["faults"][0]["place"] == 1


async def test_a_cell_put_right_is_told_at_once_and_the_counts_follow(visitor: Visitor) -> None:
    draft = await visitor.draft(DIRTY, MAPPING)
    await overview(visitor, draft)

    told = await correct(visitor, draft, row=3, place=1, after="ben@example.com")
    assert (told["row"]["status"], told["row"]["edited"], told["overview"]["failed"]) == ("failed", [1], 4)
    assert causes(told["overview"])["invalid_email"] == (3, 2)
    told = await correct(visitor, draft, row=3, place=2, after="")
    assert (told["row"]["status"], told["overview"]["failed"], told["overview"]["ready"]) == ("ready", 3, 2)

    # the list of the cause keeps the row where it stood, so that nothing jumps under somebody's hands
    assert [row["status"] for row in await rows_of(visitor, draft, "invalid_email")] == [
        "ready",
        "failed",
        "failed",
    ]
    made = (await visitor.ask(f"/api/d/{draft}/edits"))["edits"]
    assert [(each["row"], each["place"], each["before"], each["after"]) for each in made] == [
        (3, 2, "not a phone", ""),
        (3, 1, "ben(at)example.com", "ben@example.com"),
    ]
    standing = await visitor.ask(f"/api/d/{draft}/check")
    assert (standing["state"], standing["stale"]) == ("known", True)
    assert (await visitor.ask(f"/api/d/{draft}/forecast"))["failed"] == 3
    found = await overview(visitor, draft)
    assert (found["failed"], causes(found)["invalid_email"]) == (3, (2, 2))


async def test_what_was_taken_back_is_as_the_file_has_it_even_after_a_check(visitor: Visitor) -> None:
    draft = await visitor.draft(DIRTY, MAPPING)
    await correct(visitor, draft, row=4, place=1, after="still nobody")
    await visitor.ask(f"/api/d/{draft}/forecast")

    _, undone = await visitor.post(f"/api/d/{draft}/take-back")

    assert (undone["rows"], undone["overview"]["failed"]) == (1, 4)
    assert [row["cells"][1] for row in await rows_of(visitor, draft, "invalid_email")][1] == "nobody"
    assert (await visitor.post(f"/api/d/{draft}/take-back"))[1]["rows"] == 0
    await visitor.post(f"/api/d/{draft}/make-again")
    assert [row["cells"][1] for row in await rows_of(visitor, draft, "invalid_email")][1] == "still nobody"


async def test_a_row_with_cells_too_many_is_repaired_as_a_whole(visitor: Visitor) -> None:
    draft = await visitor.draft(DIRTY, MAPPING)
    await overview(visitor, draft)
    (row,) = await rows_of(visitor, draft, "column_count")
    assert (row["ragged"], row["faults"][0]["place"], len(row["cells"])) == (True, None, 4)

    status, answer = await visitor.post(
        f"/api/d/{draft}/correct", {"row": 6, "cells": [*row["cells"], "more"]}
    )
    assert (status, "more cells" in answer["error"]) == (422, True)
    told = await correct(visitor, draft, row=6, cells=["Eve, too much", "eve@example.com", "(213) 373-4254"])

    assert (told["row"]["status"], told["row"]["ragged"]) == ("ready", False)
    told = await correct(visitor, draft, row=6, place=0, after="Eve")
    assert told["row"]["cells"][0] == "Eve"
    assert (await visitor.ask(f"/api/d/{draft}/forecast"))["failed"] == 3


async def test_what_other_rows_tell_of_a_row_is_true_until_what_it_is_about_is_changed(
    visitor: Visitor,
) -> None:
    people = (
        HEAD + b"Ann Lee,ann@example.com,(213) 373-4253\nBob Fox,bob(at)example.com,(213) 373-4253\n"
        b"Bob Fox,bob@example.com,(213) 373-4253\n"
    )
    draft = await visitor.draft(people, MAPPING + "match: {shared_key: fail}\n")
    assert causes(await overview(visitor, draft))["shared_key"] == (1, 1)

    told = await correct(visitor, draft, row=4, place=0, after="Bob Foxx")
    assert (told["row"]["status"], causes(told["overview"])["shared_key"]) == ("failed", (1, 1))
    told = await correct(visitor, draft, row=4, place=2, after="(213) 373-4299")
    assert (told["row"]["status"], causes(told["overview"])["shared_key"]) == ("ready", (1, 0))


async def test_all_alike_are_put_right_and_taken_back_at_once(visitor: Visitor) -> None:
    people = HEAD + b"".join(b"P%d,nobody,\n" % n for n in range(450)) + b"Q,q(at)example.com,\n"
    draft = await visitor.draft(people, MAPPING)
    await overview(visitor, draft)
    counted = await visitor.ask(f"/api/d/{draft}/alike?code=invalid_email&place=1")
    assert counted["values"] == [
        {"value": "nobody", "rows": 450, "meant": None},
        {"value": "q(at)example.com", "rows": 1, "meant": "q@example.com"},
    ]
    alike = {"code": "invalid_email", "place": 1, "old": "nobody", "new": "x@example.com"}

    assert (await visitor.post(f"/api/d/{draft}/correct-alike", {**alike, "count": True}))[1] == {"rows": 450}
    assert (await visitor.ask(f"/api/d/{draft}/edits"))["count"] == 0
    _, done = await visitor.post(f"/api/d/{draft}/correct-alike", alike)
    assert (done["rows"], done["overview"]["failed"]) == (450, 1)
    meant = {"code": "invalid_email", "place": 1}
    _, done = await visitor.post(f"/api/d/{draft}/correct-alike", meant)
    assert (done["rows"], done["overview"]["failed"]) == (1, 0)

    _, undone = await visitor.post(f"/api/d/{draft}/take-back")
    assert (undone["rows"], undone["overview"]["failed"]) == (1, 1)
    _, undone = await visitor.post(f"/api/d/{draft}/take-back")
    assert (undone["rows"], undone["overview"]["failed"]) == (450, 451)
    listed = (await visitor.ask(f"/api/d/{draft}/edits"))["edits"]
    assert [(each["cells"], each["undone"]) for each in listed] == [(1, True), (450, True)]


async def test_rows_are_skipped_by_the_mapping_which_keeps_what_it_skipped(
    visitor: Visitor, screen: Screen
) -> None:
    draft = await visitor.draft(DIRTY, MAPPING + "rows: {skip_if: {column: Name, equals: Ada}}\n")
    rules = await visitor.ask(f"/api/d/{draft}/rules")

    status, _ = await visitor.post(
        f"/api/d/{draft}/mapping",
        {"do": "skip", "column": "E-mail", "text": "nobody", "version": rules["version"]},
    )

    assert status == 200
    found = await overview(visitor, draft)
    assert (found["skipped"], found["failed"]) == (2, 3)


async def test_corrections_that_come_at_once_are_all_kept(visitor: Visitor) -> None:
    people = HEAD + b"".join(b"P%d,nobody%d@,\n" % (n, n) for n in range(12))
    draft = await visitor.draft(people, MAPPING)
    await overview(visitor, draft)

    answers = await asyncio.gather(
        *(
            visitor.post(f"/api/d/{draft}/correct", {"row": n + 2, "place": 1, "after": f"p{n}@example.com"})
            for n in range(12)
        )
    )

    assert {status for status, _ in answers} == {200}
    assert (await overview(visitor, draft))["failed"] == 0


async def test_a_correction_during_a_check_is_checked_again(visitor: Visitor, screen: Screen) -> None:
    draft = await visitor.draft(DIRTY, MAPPING)
    opened = screen.drafts.open(draft)
    before = state_key(screen, opened)
    await correct(visitor, draft, row=4, place=1, after="cyd@example.com")

    keep_known(screen, opened, "forecast.json", {"failed": 4}, key=before)
    assert (await visitor.ask(f"/api/d/{draft}/forecast"))["failed"] == 3

    kept = screen.drafts.folder(draft) / "forecast.json"
    first = kept.stat().st_mtime_ns
    await visitor.ask(f"/api/d/{draft}/forecast")
    assert kept.stat().st_mtime_ns == first


UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"row": 3, "place": 1, "after": "\0"}, "no file can hold"),
    ({"row": 3, "cells": ["", " ", ""]}, "nothing of the row"),
    ({"row": 999, "place": 0, "after": "x"}, "no row 999"),
    ({"row": 3, "place": 7, "after": "x"}, "no such cell"),
    ({"row": 3, "cells": [1, 2, 3]}, "texts"),
]


async def test_a_correction_that_could_not_be_laid_over_the_file_is_refused_and_not_kept(
    visitor: Visitor,
) -> None:
    draft = await visitor.draft(DIRTY, MAPPING)

    for said, sentence in UNFIT:
        status, answer = await visitor.post(f"/api/d/{draft}/correct", said)
        assert (status in {400, 422}, sentence in answer["error"]) == (True, True), answer

    assert (await visitor.ask(f"/api/d/{draft}/edits"))["count"] == 0


async def test_failing_rows_are_taken_along_and_taken_back_corrected(
    visitor: Visitor, tmp_path: Path
) -> None:
    people = DIRTY + b"Fay,fay(at)example.com,0161 496 0000\n"
    draft = await visitor.draft(people, MAPPING)
    await overview(visitor, draft)
    await correct(visitor, draft, row=4, place=1, after="cyd@example.com")

    name, content = await visitor.fetch(f"/d/{draft}/failing-rows?form=csv")
    assert name == 'attachment; filename="failing-rows.csv"'
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert lines[0] == ["Name", "E-mail", "Phone", "import_row", "import_status", "import_error"]
    assert [line[3] for line in lines[1:]] == ["3", "5", "6", "7"]
    assert lines[2][2] == "'=1+1"
    assert (await visitor.fetch(f"/d/{draft}/failing-rows?form=xlsx"))[1].startswith(b"PK")

    back = content.decode("utf-8-sig").replace("(at)", "@").replace("not a phone", "").replace("'=1+1", "")
    back = "\n".join(line for line in back.splitlines() if "too much" not in line)
    status, taken = await visitor.upload("back.csv", back.encode(), to=f"/api/d/{draft}/returned")

    assert status == 200, taken
    assert (taken["rows"], taken["left"]) == (3, 0)
    assert (await visitor.ask(f"/api/d/{draft}/forecast"))["failed"] == taken["overview"]["failed"]
    _, copied = await visitor.fetch(f"/d/{draft}/corrected.csv")
    (tmp_path / "copy.csv").write_bytes(copied)
    copy = open_source(tmp_path / "copy.csv")
    assert copy.header == ("Name", "E-mail", "Phone")
    assert [row.cells[1] for row in copy][:4] == [
        "ada@example.com",
        "ben@example.com",
        "cyd@example.com",
        "dee@example.com",
    ]
    _, corrections = await visitor.fetch(f"/d/{draft}/corrections.jsonl")
    assert corrections.count(b"\n") == 6
    status, answer = await visitor.upload("x.csv", b"Name,E-mail\nA,b\n", to=f"/api/d/{draft}/returned")
    assert (status, "import_row" in answer["error"]) == (422, True)


async def test_what_a_spreadsheet_rewrote_is_not_taken_for_a_correction(visitor: Visitor) -> None:
    people = b"Name,E-mail,Code\nAda,nobody,00123\n"
    draft = await visitor.draft(people, "version: 1\nfields: {firstName: Name, email: E-mail}\n")
    await overview(visitor, draft)
    _, content = await visitor.fetch(f"/d/{draft}/failing-rows?form=csv")

    status, taken = await visitor.upload(
        "back.csv",
        content.replace(b"nobody", b"ada@example.com", 1).replace(b"00123", b"123"),
        to=f"/api/d/{draft}/returned",
    )

    assert status == 200, taken
    assert (taken["rows"], taken["left"]) == (1, 1)
    assert taken["overview"]["failed"] == 0
