"""A bench answers what is asked of a file by what a run would do, and reads the file once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from importer.bench.asking import Bench, column_place, open_bench
from importer.errors import MappingError, SourceError
from importer.mapping import Mapping, load_mapping, parse_mapping
from importer.mapping.editing import edited, path_of
from importer.reading import Source, open_source
from importer.reading.detection import detect
from importer.records import Block, Json
from importer.runs.preview import preview
from importer.runtime.clock import SystemClock
from importer.settings import Connection, ReadingOptions, RunSettings
from importer.suggestion.sampling import SAMPLED_ROWS

SAMPLES = Path(__file__).parents[2] / "sample_data"
MAPPINGS = Path(__file__).parents[2] / "mappings"
MAPPING = parse_mapping(
    "version: 1\nlocation: place1\ndefaults: {region: US}\n"
    "fields: {email: Email, phone: Phone, firstName: Name, country: Country}\n"
)
FAR = SAMPLED_ROWS + 1500
DAMAGED = FAR - 100


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "long.csv"
    lines = [
        f"p{n}@example.com,Ann {n},0161 496 {n:04d},{'DE' if n % 3 else 'FR'}" for n in range(2, FAR + 1)
    ]
    lines[DAMAGED - 2] = "one,cell,too,many,here"
    path.write_text("\n".join(["Email,Name,Phone,Country", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def bench(long_file: Path) -> Iterator[Bench]:
    with open_bench(str(long_file)) as opened:
        yield opened


def changed(mapping: Mapping, key: str, value: str) -> Mapping:
    return edited(mapping.text, name="mapping.yaml", set_to=[(path_of(key), value)])


def errors(line: dict[str, Json]) -> list[str]:
    found = line.get("errors")
    assert isinstance(found, list)
    return [str(each["code"]) for each in found if isinstance(each, dict)]


@pytest.mark.parametrize("number", [5, FAR - 5], ids=["in memory", "behind the sample"])
def test_a_row_is_shown_under_the_mapping_and_under_a_changed_one(bench: Bench, number: int) -> None:
    (american,) = bench.becomes(MAPPING, [number])
    assert errors(american) == ["invalid_phone"]
    (british,) = bench.becomes(changed(MAPPING, "defaults.region", "GB"), [number])
    payload = british["payload"]
    assert isinstance(payload, dict)
    assert payload["phone"] == f"+44161496{number:04d}"
    assert payload["email"] == f"p{number}@example.com"


class CountedSource(Source):
    """Counts how often its rows are walked over."""

    walks = 0

    def blocks(self, size: int = 1000) -> Iterator[Block]:
        self.walks += 1
        return super().blocks(size)


@pytest.fixture
def counted(long_file: Path, tmp_path: Path) -> Iterator[tuple[CountedSource, Bench]]:
    source = CountedSource(detect(long_file, ReadingOptions()), index=0)
    bench = Bench(source, options=ReadingOptions(), folder=tmp_path, clock=SystemClock())
    yield source, bench
    bench.close()


def test_questions_about_the_first_rows_read_nothing_more(counted: tuple[CountedSource, Bench]) -> None:
    source, bench = counted
    bench.becomes(MAPPING, [7, SAMPLED_ROWS])
    bench.becomes(changed(MAPPING, "defaults.region", "GB"), [7])
    assert source.walks == 1


def test_many_questions_about_all_rows_read_the_file_once(counted: tuple[CountedSource, Bench]) -> None:
    source, bench = counted
    assert bench.values("Country").distinct == 2
    assert bench.values("Name", prefix="Ann 34").distinct == 110
    for number in (FAR, FAR - 5, SAMPLED_ROWS + 2):
        assert bench.becomes(MAPPING, [number])[0]["row"] == number
    assert source.walks == 2


def test_a_beginning_is_counted_exactly_where_all_values_are_too_many(
    long_file: Path, tmp_path: Path
) -> None:
    source = open_source(long_file)
    bench = Bench(source, options=ReadingOptions(), folder=tmp_path, clock=SystemClock(), most_kept=200)
    assert not bench.values("Name").exact
    found = bench.values("Name", prefix="ann 34", most=2)
    assert (found.exact, found.distinct, found.most) == (True, 110, (("Ann 34", 1), ("Ann 340", 1)))
    bench.close()


def test_the_file_may_be_gone_once_it_is_opened(tmp_path: Path, long_file: Path) -> None:
    moved = tmp_path / "moved.csv"
    moved.write_bytes(long_file.read_bytes())
    with open_bench(str(moved)) as bench:
        moved.unlink()
        assert bench.values("Country").distinct == 2


def test_corrections_are_laid_over_the_file(tmp_path: Path, long_file: Path) -> None:
    laid = tmp_path / "corrections.jsonl"
    laid.write_text('{"row": 5, "column": "Country", "before": "DE", "after": "IT"}\n', encoding="utf-8")
    with open_bench(str(long_file), corrections=laid) as bench:
        assert ("IT", 1) in bench.values("Country").most


def test_values_are_those_of_all_rows_but_the_damaged_ones(bench: Bench) -> None:
    countries = bench.values("country")
    assert countries.column == "Country"
    assert countries.filled == FAR - 2
    assert dict(countries.most) == {"DE": 2332, "FR": 1166}


def test_a_damaged_row_says_what_is_wrong_with_it(bench: Bench) -> None:
    assert errors(bench.becomes(MAPPING, [DAMAGED])[0]) == ["column_count"]


@pytest.mark.parametrize("number", [1, FAR + 1, 10**9])
def test_a_row_that_is_not_there_is_named(bench: Bench, number: int) -> None:
    with pytest.raises(SourceError, match=f"no row {number}"):
        bench.becomes(MAPPING, [number])


def test_a_column_that_is_not_there_is_named_with_the_nearest(bench: Bench) -> None:
    with pytest.raises(SourceError, match=r"no column 'Contry'.*'Country'"):
        bench.values("Contry")


@pytest.mark.parametrize(
    ("column", "place"), [("2", 1), ("3", 2), ("7", 0), ("Name", None), ("4", None), ("0", None)]
)
def test_columns_of_one_name_are_named_by_their_numbers(column: str, place: int | None) -> None:
    header = ("7", "Name", "Name")
    if place is not None:
        assert column_place(header, column) == place
        return
    with pytest.raises(SourceError, match=r"by its number, from 1|has no column '[04]'"):
        column_place(header, column)


def test_a_mapping_that_does_not_fit_is_refused_as_a_run_refuses_it(bench: Bench) -> None:
    with pytest.raises(MappingError, match="E-mail"):
        bench.becomes(changed(MAPPING, "fields.firstName", "E-mail 2"), [5])


@pytest.mark.parametrize(
    ("file", "mapping"),
    [
        ("contacts.csv", "sample.yaml"),
        ("newsletter.csv", "sample-newsletter.yaml"),
    ],
)
def test_rows_become_what_preview_shows(file: str, mapping: str, tmp_path: Path) -> None:
    loaded = load_mapping(MAPPINGS / mapping)
    settings = RunSettings(
        sources=(str(SAMPLES / file),),
        mapping=MAPPINGS / mapping,
        connection=Connection(base_url="https://services.leadconnectorhq.com", location_id="place1"),
        reading=ReadingOptions(),
        state=tmp_path,
    )
    shown = [line for line in preview(settings, rows=0, mapping=loaded) if "skipped" not in line]
    with open_bench(str(SAMPLES / file), mapping=loaded) as bench:
        lines = bench.becomes(loaded, [int(str(line["row"])) for line in shown])
    assert [placed(line) for line in lines] == [placed(line) for line in shown]


def placed(line: dict[str, Json]) -> dict[str, Json]:
    """Leave out where the row goes: a bench needs no location."""
    payload = line.get("payload")
    rest = (
        {key: value for key, value in payload.items() if key != "locationId"}
        if isinstance(payload, dict)
        else {}
    )
    return {key: value for key, value in line.items() if key not in {"location_id", "payload"}} | {
        "sent": rest
    }


def test_the_sheet_that_looks_most_like_contacts_is_opened_and_suggested_from(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, header in (("Stock", ["Colour", "Weight"]), ("People", ["Name", "Email"])):
        sheet = book.create_sheet(title)
        sheet.append(header)
        sheet.append(["a", "a@example.com"])
        sheet.append(["b", "b@example.com"])
    book.save(tmp_path / "book.xlsx")
    with open_bench(str(tmp_path / "book.xlsx")) as bench:
        assert bench.suggestion().chosen()["Email"] == "email"
        assert "sheet: People" in bench.suggestion().to_yaml()
        assert bench.values("Name").most == (("a", 1), ("b", 1))
