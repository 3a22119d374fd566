"""A run split by location: each row is in one part, under its own number, and mapped there as the whole run maps it."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from importer.errors import InterruptedRunError, StateError
from importer.mapping import parse_mapping
from importer.mapping.suppression import Suppression
from importer.parts import splitting
from importer.parts.attached import list_attached, read_list
from importer.parts.part_rows import open_part
from importer.parts.preparation import survey_part
from importer.parts.splitting import NOWHERE, SplitPart, part_file_name, split_run
from importer.reading import open_source
from importer.records import FileContent, Outcome, Record, RowId, Status, number_of, row_id
from importer.runs.intake import Intake, SurveyOptions, survey
from importer.settings import ReadingOptions
from importer.sources.attachments import Attachments

MAPPING = """\
version: 1
location: {column: Sub}
fields: {firstName: First, email: Mail}
"""
ROWS = "Sub,First,Mail\nA,Ann,ann@example.com\nB,Bob,bob@example.com\n\nA,Al,al@example.com\n"
TODAY = date(2026, 11, 27)


def taken(paths: Sequence[Path], mapping_text: str, **options: object) -> Sequence[Intake]:
    mapping = parse_mapping(mapping_text)
    reading = mapping.reading_options(ReadingOptions())
    sources = [open_source(path, index=index, options=reading) for index, path in enumerate(paths)]
    return survey(sources, mapping, _options(**options))


def _options(**more: object) -> SurveyOptions:
    return SurveyOptions(location_id=None, today=TODAY, **more)  # type: ignore[arg-type]


def mapped(intakes: Iterable[Intake]) -> dict[RowId, Record | Outcome]:
    return {each.row: each for intake in intakes for piece in intake.mapped() for each in piece}


def by_parts(
    parts: Iterable[SplitPart], mapping_text: str, **options: object
) -> dict[str, dict[RowId, Record | Outcome]]:
    mapping = parse_mapping(mapping_text)
    return {
        part.location: mapped(survey_part(open_part(part.path), mapping, _options(**options)))
        for part in parts
    }


def assert_as_a_whole(tmp_path: Path, paths: Sequence[Path], mapping_text: str, **options: object) -> None:
    """Hold what the parts make of their rows against what one process makes of all."""
    intakes = taken(paths, mapping_text, **options)
    parts = split_run(intakes, tmp_path / "parts")
    found = by_parts(parts, mapping_text, **options)
    assert sum(map(len, found.values())) == sum(part.rows for part in parts)
    together = {row: each for rows in found.values() for row, each in rows.items()}
    assert together == mapped(intakes)


def csv(folder: Path, text: str, name: str = "contacts.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_keeps_its_number_in_the_source(tmp_path: Path) -> None:
    parts = split_run(taken([csv(tmp_path, ROWS)], MAPPING), tmp_path / "parts")
    numbers = {
        part.location: [
            number for source in open_part(part.path) for block in source.blocks() for number in block.numbers
        ]
        for part in parts
    }
    assert numbers == {"A": [2, 5], "B": [3]}


def test_the_largest_part_comes_first(tmp_path: Path) -> None:
    parts = split_run(taken([csv(tmp_path, ROWS)], MAPPING), tmp_path / "parts")
    assert [(part.location, part.rows) for part in parts] == [("A", 2), ("B", 1)]


def test_rows_without_a_location_go_with_the_largest_part(tmp_path: Path) -> None:
    source = csv(tmp_path, ROWS + ",Nobody,nobody@example.com\nB,Too,many@example.com,cells\n")
    parts = split_run(taken([source], MAPPING), tmp_path / "parts")
    found = by_parts(parts, MAPPING)
    ended = {number_of(row): each.code for row, each in found["A"].items() if isinstance(each, Outcome)}
    assert ended == {6: "unknown_location", 7: "column_count"}
    assert list(found["B"]) == [row_id(0, 3)]


def test_a_run_without_any_location_is_one_part(tmp_path: Path) -> None:
    source = csv(tmp_path, "Sub,First,Mail\n,Ann,ann@example.com\n,Bob,bob@example.com\n")
    (part,) = split_run(taken([source], MAPPING), tmp_path / "parts")
    assert (part.location, part.rows) == (NOWHERE, 2)


def test_rows_of_several_sources_stand_in_one_part(tmp_path: Path) -> None:
    first = csv(tmp_path, ROWS)
    second = csv(tmp_path, "Mail,First,Sub\ncid@example.com,Cid,A\n", name="more.csv")
    assert_as_a_whole(tmp_path, [first, second], MAPPING)
    sources = open_part(tmp_path / "parts" / splitting.part_file_name("A"))
    assert [(each.name, each.header) for each in sources] == [
        ("contacts.csv", ("Sub", "First", "Mail")),
        ("more.csv", ("Mail", "First", "Sub")),
    ]


DATES = MAPPING.replace("fields: {", "fields: {dateOfBirth: Born, ")
LEFT_OPEN = "Sub,First,Mail,Born\nA,Ann,ann@example.com,03/04/1990\nB,Bob,bob@example.com,25/04/1990\n"


def test_dates_are_read_as_the_whole_file_is_written(tmp_path: Path) -> None:
    assert_as_a_whole(tmp_path, [csv(tmp_path, LEFT_OPEN)], DATES)
    found = by_parts(split_run(taken([csv(tmp_path, LEFT_OPEN)], DATES), tmp_path / "again"), DATES)
    (ann,) = found["A"].values()
    assert isinstance(ann, Record)
    assert ann.fields["dateOfBirth"] == "1990-04-03"


def test_dates_that_a_column_proves_which_nobody_maps_are_read_by_it(tmp_path: Path) -> None:
    text = (
        "Sub,First,Mail,Born,Seen\nA,Ann,ann@example.com,03/04/1990,01/02/2020\n"
        "B,Bob,bob@example.com,05/06/1990,25/02/2020\n"
    )
    assert_as_a_whole(tmp_path, [csv(tmp_path, text)], DATES)


def test_amounts_are_read_as_the_whole_file_is_written(tmp_path: Path) -> None:
    mapping = MAPPING + "custom_fields: {Score: {column: Score, transforms: [number]}}\n"
    text = 'Sub,First,Mail,Score\nA,Ann,ann@example.com,"1,234"\nB,Bob,bob@example.com,"1,5"\n'
    assert_as_a_whole(tmp_path, [csv(tmp_path, text)], mapping)


@pytest.mark.parametrize("policy", ["in_order", "first", "last", "merge", "fail"])
def test_duplicates_of_a_location_are_found_in_its_part(tmp_path: Path, policy: str) -> None:
    mapping = MAPPING + f"match: {{in_file_duplicates: {policy}}}\n"
    text = (
        "Sub,First,Mail\nA,Ann,ann@example.com\nB,Ann,ann@example.com\nA,Anne,ann@example.com\n"
        "B,Bob,bob@example.com\nA,,ann@example.com\n"
    )
    assert_as_a_whole(tmp_path, [csv(tmp_path, text)], mapping)


def test_a_total_below_all_rows_is_skipped_in_its_part(tmp_path: Path) -> None:
    mapping = MAPPING.replace("fields: {", "fields: {companyName: Firm, ")
    text = "Sub,First,Mail,Firm,Owed\n" + "".join(
        f"{'AB'[number % 2]},N{number},n{number}@example.com,F,{number}\n" for number in range(1, 5)
    )
    source = csv(tmp_path, text + "Total,,,,10\n")
    assert_as_a_whole(tmp_path, [source], mapping)
    found = by_parts(split_run(taken([source], mapping), tmp_path / "again"), mapping)
    ends = {each.status for rows in found.values() for each in rows.values() if isinstance(each, Outcome)}
    assert ends == {Status.SKIPPED}


def test_cells_of_a_workbook_keep_the_values_behind_their_texts(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Sub", "First", "Mail", "Born", "Paid", "Member", "At"])
    born, seen = datetime(1990, 4, 3), datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001  (a workbook knows no zones)
    sheet.append(["A", "Ann", "ann@example.com", born, 12.5, True, seen])
    sheet.append(["B", "Bob", "bob@example.com", born, 7, False, seen])
    path = tmp_path / "contacts.xlsx"
    book.save(path)
    mapping = DATES + "custom_fields: {Paid: Paid, Member: Member, At: At}\n"
    assert_as_a_whole(tmp_path, [path], mapping)


def test_people_who_are_sent_nothing_are_known_in_each_part(tmp_path: Path) -> None:
    listed = Suppression.of(["email:bob@example.com"], name="stop.csv", fingerprint="f")
    assert_as_a_whole(tmp_path, [csv(tmp_path, ROWS)], MAPPING, suppression=listed)


def test_rows_past_the_limit_are_in_no_part(tmp_path: Path) -> None:
    parts = split_run(taken([csv(tmp_path, ROWS)], MAPPING, limit=2), tmp_path / "parts")
    assert sum(part.rows for part in parts) == 2


def test_halves_of_surrogate_pairs_and_breaks_of_lines_come_through(tmp_path: Path) -> None:
    source = csv(tmp_path, 'Sub,First,Mail\nA,"An\nn\u2028\u0085",ann@example.com\n')
    assert_as_a_whole(tmp_path, [source], MAPPING)


def test_what_does_not_fit_into_memory_is_put_behind_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "_MOST_BUFFERED_BYTES", 1)
    assert_as_a_whole(tmp_path, [csv(tmp_path, ROWS)], MAPPING)


def test_the_rows_are_for_their_owner_alone(tmp_path: Path) -> None:
    for part in split_run(taken([csv(tmp_path, ROWS)], MAPPING), tmp_path / "parts"):
        assert part.path.stat().st_mode & 0o077 == 0
        assert part.path.parent.stat().st_mode & 0o077 == 0


def test_a_stop_ends_the_splitting(tmp_path: Path) -> None:
    def stopped() -> None:
        raise InterruptedRunError("Stopped.")

    with pytest.raises(InterruptedRunError):
        split_run(taken([csv(tmp_path, ROWS)], MAPPING), tmp_path / "parts", keep_going=stopped)


@pytest.mark.parametrize(
    "damage",
    [lambda packed: packed[: len(packed) // 2], lambda _: b"not gzip", lambda _: gzip.compress(b"{\n")],
    ids=["cut", "other bytes", "no JSON"],
)
def test_damaged_rows_are_refused_and_nothing_of_them_is_sent(tmp_path: Path, damage: object) -> None:
    part, *_ = split_run(taken([csv(tmp_path, ROWS)], MAPPING), tmp_path / "parts")
    assert callable(damage)
    part.path.write_bytes(damage(part.path.read_bytes()))
    with pytest.raises(StateError, match="cannot be read"):
        by_parts([part], MAPPING)


def test_the_files_of_very_many_rows_are_all_listed_though_few_names_are_remembered(tmp_path: Path) -> None:
    names = [f"{number}.pdf" for number in range(7)]
    for name in names[:-1]:
        (tmp_path / name).write_bytes(b"%PDF of " + name.encode())
    lines = [f"{place},N,n@example.com,{name}\n" for _ in range(2) for name in names for place in "AB"]
    path = csv(tmp_path, "Sub,First,Mail,File\n" + "".join(lines))
    intakes = taken([path], f"{MAPPING}custom_fields: {{Contract: File}}\nfiles: {{fields: Contract}}\n")
    kept: list[FileContent] = []
    origin = Attachments(folder=tmp_path, hosts=frozenset(), largest=1_000)
    list_attached(intakes, [origin], tmp_path / "lists", kept.append, most_known=3)
    for location in "AB":
        listed = {
            each.reference: each.found for each in read_list(tmp_path / "lists" / part_file_name(location))
        }
        contents = {each.digest: each.content for each in kept}
        assert {name: contents.get(str(found)) for name, found in listed.items()} == {
            **{name: b"%PDF of " + name.encode() for name in names[:-1]},
            names[-1]: None,
        }


def test_a_file_that_many_rows_name_is_read_and_listed_once_for_each_part(tmp_path: Path) -> None:
    (tmp_path / "same.pdf").write_bytes(b"%PDF")
    lines = [f"{place},N,n@example.com,same.pdf\n" for _ in range(20) for place in "AB"]
    path = csv(tmp_path, "Sub,First,Mail,File\n" + "".join(lines))
    intakes = taken([path], f"{MAPPING}custom_fields: {{Contract: File}}\nfiles: {{fields: Contract}}\n")
    kept: list[FileContent] = []
    origin = Attachments(folder=tmp_path, hosts=frozenset(), largest=1_000)
    list_attached(intakes, [origin], tmp_path / "lists", kept.append)
    listed = [list(read_list(tmp_path / "lists" / part_file_name(location))) for location in "AB"]
    assert (len(kept), [len(each) for each in listed]) == (1, [1, 1])
