"""The file of findings: every failing row and every warning by cause, a page at a time."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.records import Block, Contradiction, Fault, Outcome, Record, Remedy, Status, row_id
from importer.state.findings import Cause, CheckedSource, Findings, FindingsWriter, require_place
from importer.state.grouped_rows import GroupKind
from importer.state.memory.same_contacts import ListedRow

SOURCE = CheckedSource(name="contacts.csv", header=("First", "Mail"), sha256="ab" * 32)


def block(first: int, count: int, source: int = 0) -> Block:
    numbers = range(first, first + count)
    return Block(source=source, numbers=numbers, rows=[(f"P{n}", f"p{n}") for n in numbers])


def fault(code: str, column: str | None = None, *, fails: bool = True) -> Fault:
    return Fault(code=code, message=f"{code} it is", column=column, fails=fails)


def failed(number: int, *faults: Fault) -> Outcome:
    return Outcome(
        row=row_id(0, number),
        status=Status.FAILED,
        code=faults[0].code,
        message=faults[0].message,
        remedy=Remedy.FIX_ROW,
        faults=tuple(each for each in faults if each.fails),
        warnings=tuple(each for each in faults if not each.fails),
    )


def good(number: int, *warnings: Fault) -> Record:
    return Record(row=row_id(0, number), location_id="loc1", fields={}, warnings=warnings)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "findings.db"


def write(path: Path, *items: Record | Outcome) -> None:
    with FindingsWriter(path, [SOURCE]) as writer:
        writer.see(block(2, len(items)), items)


def cut_off(path: Path) -> None:
    with FindingsWriter(path, [SOURCE]) as writer:
        writer.see(block(2, 1), [failed(2, fault("invalid_phone"))])
        raise KeyboardInterrupt


def test_rows_are_found_under_each_of_their_causes_with_how_many_there_are(path: Path) -> None:
    write(
        path,
        failed(2, fault("invalid_email", "Mail"), fault("invalid_phone", "Phone")),
        good(3, fault("invalid_phone", "Phone", fails=False)),
        failed(4, fault("invalid_email", "Mail"), fault("invalid_email", "Other")),
        good(5),
    )
    with Findings.open(path) as findings:
        assert findings.causes() == (
            Cause(code="invalid_email", fails=True, rows=2, columns={"Mail": 2, "Other": 1}),
            Cause(code="invalid_phone", fails=True, rows=1, columns={"Phone": 1}),
            Cause(code="invalid_phone", fails=False, rows=1, columns={"Phone": 1}),
        )
        totals = findings.totals
        assert (totals.rows, totals.failing, totals.warned) == (4, 2, 1)
        assert findings.sources == (SOURCE,)
        first, second = findings.page("invalid_email")
        assert [(each.n, each.source, each.number) for each in (first, second)] == [(0, 0, 2), (1, 0, 4)]
        assert first.cells == ("P2", "p2")
        assert second.faults == (fault("invalid_email", "Mail"), fault("invalid_email", "Other"))
        (warned,) = findings.page("invalid_phone", fails=False)
        assert (warned.number, warned.cells, warned.faults[0].fails) == (3, None, False)


def test_any_page_of_a_cause_is_read_alone(path: Path) -> None:
    with FindingsWriter(path, [SOURCE]) as writer:
        for first in range(2, 5_002, 1_000):
            numbers = range(first, first + 1_000)
            writer.see(block(first, 1_000), [failed(n, fault(f"c{n % 3}")) for n in numbers])
    with Findings.open(path) as findings:
        assert {cause.code: cause.rows for cause in findings.causes()} == {"c0": 1667, "c1": 1666, "c2": 1667}
        c1 = [number for number in range(2, 5_002) if number % 3 == 1]
        assert [each.number for each in findings.page("c1", first=1_000, count=10)] == c1[1_000:1_010]
        assert [each.number for each in findings.page("c1", first=1_660, count=10)] == c1[1_660:]
        assert len(findings.page("c0", count=1_000_000)) == 1_000
        assert findings.page("c0", first=1_667) == ()
        assert findings.page("c9") == ()


def test_a_row_that_fails_without_a_list_of_faults_keeps_its_sentence(path: Path) -> None:
    write(
        path,
        Outcome(row=row_id(0, 2), status=Status.FAILED, code="shared_key", message="It is somebody else's."),
        Outcome(row=row_id(0, 3), status=Status.SKIPPED, code="filtered", message="Skipped."),
    )
    with Findings.open(path) as findings:
        (row,) = findings.page("shared_key")
        assert row.faults == (Fault(code="shared_key", message="It is somebody else's."),)
        assert [cause.code for cause in findings.causes()] == ["shared_key"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    write(path, failed(2, fault("invalid_email")))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_check_that_is_cut_off_leaves_the_findings_of_the_one_before(path: Path) -> None:
    write(path, failed(2, fault("invalid_email")))
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        cut_off(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"First,Mail\nAnn,ann@example.com\n", b""])
def test_a_file_that_no_check_wrote_is_not_written_over(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SettingsError):
        require_place(path)
    assert path.read_bytes() == content


def test_another_programs_database_is_not_opened_nor_written_over(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE people (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="no check wrote it"):
        require_place(path)
    with pytest.raises(SettingsError, match="is no file of findings"):
        Findings.open(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told_in_a_sentence(path: Path) -> None:
    blocked = path.parent / "contacts.csv"
    blocked.write_text("x")
    with pytest.raises(SettingsError, match="could not be written"):
        write(blocked / "findings.db", failed(2, fault("invalid_email")))


# rows that share an e-mail or phone


def link(
    group: int, row: int, *, key: str = "phone", apart: bool = False, what: Contradiction | None = None
) -> ListedRow:
    return ListedRow(group, row, key, None, apart, "", "", "", "", what)


def write_groups(path: Path, *linked: ListedRow) -> None:
    wanted = sorted({each.row for each in linked})
    cells = Block(source=0, numbers=wanted, rows=[[f"cell {row}"] for row in wanted])
    with FindingsWriter(path, [SOURCE]) as writer:
        writer.see(block(2, 1), [failed(2, fault("invalid_email"))])
        writer.see_groups(linked, [cells])


def test_groups_stand_by_what_their_rows_have_to_do_with_each_other(path: Path) -> None:
    write_groups(
        path,
        *(link(1, 2), link(1, 3, apart=True), link(1, 4)),
        *(link(2, 5, key="email"), link(2, 6, key="email", apart=True)),
        *(link(3, 7), link(3, 8, what=Contradiction.NAME)),
        *(link(4, 9), link(4, 10)),
        *(link(5, 11), link(5, 12)),
    )

    with Findings.open(path) as findings:
        kinds = [(each.kind.value, each.groups, each.rows) for each in findings.group_kinds()]
        again = findings.groups(GroupKind.AGAIN, first=1)
        apart = findings.groups(GroupKind.APART_PHONE, members=2)

    assert kinds == [("apart_phone", 1, 3), ("apart_email", 1, 2), ("taken_as_one", 1, 2), ("again", 2, 4)]
    assert [(each.n, [member.number for member in each.members]) for each in again] == [(1, [11, 12])]
    (group,) = apart
    assert (group.key, group.rows) == ("phone", 3)
    assert [(each.number, each.apart, each.fails, each.cells) for each in group.members] == [
        (2, False, True, ("cell 2",)),
        (3, True, False, ("cell 3",)),
    ]


def test_a_check_that_looked_for_no_groups_has_none(path: Path) -> None:
    write(path, good(2))
    with Findings.open(path) as findings:
        assert (findings.group_kinds(), findings.groups(GroupKind.AGAIN)) == ((), ())
    with sqlite3.connect(path) as older:
        older.executescript(
            "DROP TABLE group_kinds; DROP TABLE groups; DROP TABLE members; DROP TABLE grouped_cells"
        )

    with Findings.open(path) as findings:
        assert (findings.group_kinds(), findings.groups(GroupKind.AGAIN)) == ((), ())
