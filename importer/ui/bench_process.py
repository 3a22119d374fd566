"""The process that opens a file somebody uploaded, and answers questions about it: parsers are kept out of the screen.

A line of JSON in, a line of JSON out. It has no token, a limit of memory, and is killed where an answer takes too long.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from importer.errors import ImporterError, MappingError, SettingsError, SourceError
from importer.records import Json
from importer.settings import ReadingOptions
from importer.ui.words import without_flags

if TYPE_CHECKING:
    from importer.bench.asking import Bench
    from importer.highlevel.catalog import Catalog
    from importer.mapping import Mapping
    from importer.reading import Detected, Source
    from importer.ui.copies import ReturnedRows
    from importer.yaml.document import Plain, YamlPath

    Opened: TypeAlias = Callable[[Path | None], AbstractContextManager[Bench]]
    """Opens the same file once more, with corrections laid over it."""

_MEMORY_LIMIT: Final = 3 * 1024**3
"""Of address space, not of memory used: a workbook parser reserves much more than it fills."""
_LONGEST_CELL: Final = 400
_NICENESS: Final = 10
_NAME: Final = "mapping.yaml"
_MOST_LOCATIONS: Final = 200
_MOST_SHEETS: Final = 30
_HEAD: Final = 30
_HEAD_CELLS: Final = 12
_MATCH: Final = ("in_file_duplicates", "shared_key", "ambiguous")


class Answers:
    """What is asked of one open file; every public method is a question."""

    def __init__(
        self, bench: Bench, opened: Opened, sources: Callable[..., Source], *, undecided: bool = False
    ) -> None:
        self._bench = bench
        self._undecided = undecided
        self._opened = opened
        self._sources = sources
        self._returned: ReturnedRows | None = None

    def describe(self, rows: int = 5) -> Any:
        """Say what was detected, with the header and the first rows."""
        found = self._bench.detected
        return {
            "format": found.format,
            "encoding": found.encoding,
            "encoding_rivals": list(found.encoding_rivals),
            "delimiter": found.delimiter,
            "sheet": found.sheet,
            "sheet_undecided": self._undecided,
            "sheets": [{"name": name, "visible": visible} for name, visible in _sheets_of(found)],
            "header_row": found.header_row,
            "hidden_rows": found.hidden_rows,
            "hidden_columns": [self._bench.header[place] for place in self._hidden()],
            "doubts": [*map(without_flags, found.doubts)],
            "notes": list(found.notes),
            "header": list(self._bench.header),
            "rows": [
                {"row": row.number, "cells": [cell[:_LONGEST_CELL] for cell in row.cells]}
                for row in islice(self._bench.first_rows(), rows)
            ],
        }

    def _hidden(self) -> list[int]:
        """Give the places of columns that the workbook hides."""
        from importer.reading.workbooks.columns import letters_of

        letters = frozenset(self._bench.detected.hidden_letters)
        return [place for place in range(len(self._bench.header)) if letters_of(place) in letters]

    def count(self) -> Json:
        """Count the rows, and those that cannot be read as they stand."""
        rows = failing = 0
        for block in self._bench.blocks():
            rows += len(block)
            failing += sum(any(fault.fails for fault in faults) for faults in block.faults.values())
        return {"rows": rows, "failing": failing}

    def sheets(self) -> Any:
        """Count the rows of each sheet as it would be read by itself; None for one that holds no table."""
        found = {}
        for name, _ in _sheets_of(self._bench.detected)[:_MOST_SHEETS]:
            with contextlib.suppress(ImporterError):
                found[name] = sum(map(len, self._sources(sheet=name, header_row=None).blocks()))
        return {"rows": found}

    def head(self) -> Any:
        """Give the first rows as they stand, so that somebody can say which of them names the columns."""
        with contextlib.suppress(ImporterError):
            first = self._sources(header_row=1, sheet=self._bench.detected.sheet)
            rows = islice((row for block in first.blocks() for row in block), _HEAD - 1)
            shown = [(1, first.header), *((row.number, row.cells) for row in rows)]
            return [
                {"row": number, "cells": [cell[:_LONGEST_CELL] for cell in cells[:_HEAD_CELLS]]}
                for number, cells in shown
            ]
        return []

    def suggest(self, fields: list[dict[str, Any]] | None = None) -> Any:
        """Suggest a mapping, with the reason of each guess; ``fields`` are the location's own, to be mapped to as well."""
        suggestion = self._bench.suggestion(catalog=_catalog_of(fields) if fields else None)
        return {"yaml": suggestion.to_yaml(), "suggestion": suggestion.to_json()}

    def known_mappings(self, texts: dict[str, str]) -> Any:
        """Say how well mappings fit the file, and which program it was exported by, if it shows."""
        from importer.mapping.recognition import fits, recognized

        header = self._bench.header
        export = recognized(header)
        return {
            "shares": {name: fit.share for name, fit in fits(texts, header).items()},
            "export": None
            if export is None
            else {
                "name": export.ready.name,
                "title": export.ready.title,
                "rules": export.fit.rules,
                "found": export.fit.found,
                "telling": list(export.telling[:5]),
            },
        }

    def samples(self) -> Any:
        """Give of each column three values that differ, the longest, how much of it is filled, by the first rows, and if it shows."""
        from importer.mapping.compiled.headers import column_names

        header = column_names(self._bench.header)
        sampled = _samples(self._bench.first_rows(), len(header))
        hidden = self._hidden()
        return [
            {"header": name, "values": values, "filled": filled, "hidden": place in hidden}
            for place, (name, (values, filled)) in enumerate(zip(header, sampled, strict=True))
        ]

    def values(self, column: str, prefix: str = "", most: int = 50) -> Any:
        """Count what stands in a column."""
        return self._bench.values(column, prefix=prefix, most=min(most, 200)).to_json()

    def rules(self, text: str) -> Any:
        """Say which column goes where by a mapping's text, with every fault of it."""
        from importer.mapping import parse_mapping
        from importer.mapping.assigning import assigned_rules, read_elsewhere

        faults: list[str] = []
        elsewhere: dict[int, tuple[str, ...]] = {}
        location_column: str | None = None
        skips_hidden = False
        try:
            mapping = parse_mapping(text, name=_NAME)
            model, location_column = mapping.model, mapping.location_column
            skips_hidden = model.rows.hidden == "skip"
            elsewhere = read_elsewhere(model, self._bench.header)
            defaults = {"region": model.defaults.region, "date_order": model.defaults.date_order}
            match = {name: str(getattr(model.match, name)) for name in _MATCH}
        except MappingError as refused:
            faults, defaults, match = [*(refused.faults or (str(refused),))], {}, {}
        return {
            "faults": faults,
            "defaults": {name: None if value is None else str(value) for name, value in defaults.items()},
            "match": match,
            "location_column": location_column,
            "skips_hidden": skips_hidden,
            "elsewhere": {str(place): list(keys) for place, keys in elsewhere.items()},
            "rules": [
                {
                    "path": list(each.path),
                    "key": each.key,
                    "columns": list(each.columns),
                    "places": list(each.places),
                    "rule": _json(each.rule),
                    "by_hand": list(each.by_hand),
                }
                for each in assigned_rules(text, self._bench.header)
            ],
        }

    def locations(self, text: str) -> Any:
        """Count the rows by what stands in the column that names their location, with the location that is meant."""
        from importer.mapping import parse_mapping
        from importer.mapping.compiled.locations import LocationTexts

        rule = parse_mapping(text, name=_NAME).model.location
        if rule is None or rule.column is None:
            return None
        counted = self._bench.values(rule.column, most=_MOST_LOCATIONS)
        blank = [("", counted.blank)] if counted.blank else []
        texts = LocationTexts(rule)
        return {
            "column": rule.column,
            "more": max(0, counted.distinct - len(counted.most)),
            "texts": [
                {"text": text, "rows": rows, "location": texts.find(text)}
                for text, rows in (*counted.most, *blank)
            ],
        }

    def assign(
        self, text: str, place: int, target: list[str] | None, instead_of: list[list[str]] | None = None
    ) -> Json:
        """Let a column go somewhere else; gives the text that says so."""
        from importer.mapping.assigning import assign

        if not 0 <= place < len(self._bench.header):
            raise SettingsError("The file has no such column. Load the page again.")
        path = None if target is None else tuple(target)
        rules = None if instead_of is None else [tuple(each) for each in instead_of]
        return {"text": assign(text, self._bench.header, place, path, name=_NAME, instead_of=rules)}

    def order(self, text: str, target: list[str], columns: list[str]) -> Json:
        """Write the columns of a rule in another order."""
        from importer.mapping.assigning import in_order

        return {"text": in_order(text, tuple(target), columns, name=_NAME)}

    def edit(self, text: str, set_to: list[tuple[list[str], Plain]], unset: list[list[str]]) -> Json:
        """Set keys of a mapping, and take others out."""
        from importer.mapping.editing import edited_text
        from importer.yaml.editing import value_at

        there: list[YamlPath] = [path for each in unset if value_at(text, path := tuple(each)) is not None]
        wanted = [(tuple(path), value) for path, value in set_to]
        return {"text": edited_text(text, name=_NAME, set_to=wanted, unset=there)}

    def skip(self, text: str, column: str, cell: str) -> Json:
        """Let rows be skipped whose column holds a text, or nothing; those that are skipped already stay so."""
        from importer.mapping.editing import edited_text
        from importer.yaml.editing import value_at

        path = ("rows", "skip_if")
        found = value_at(text, path)
        conditions: list[Plain] = found if isinstance(found, list) else [] if found is None else [found]
        condition: Plain = {"column": column, **({"equals": cell} if cell.strip() else {"blank": "true"})}
        return {"text": edited_text(text, name=_NAME, set_to=[(path, [*conditions, condition])])}

    def becomes(self, text: str, rows: list[int] | None = None) -> Any:
        """Say what rows would send; without numbers, the first three of the file."""
        from importer.mapping import parse_mapping
        from importer.mapping.assigning import assigned_rules, used_column

        mapping: Mapping = parse_mapping(text, name=_NAME)
        numbers = rows or [row.number for row in islice(self._bench.first_rows(), 3)]
        several = [each for each in assigned_rules(text, self._bench.header) if len(each.columns) > 1]
        return [
            {
                **shown,
                "cells": self._cells(number),
                "used": {each.key: used_column(each, self._bench.row(number).cells) for each in several},
            }
            for number, shown in zip(numbers, self._bench.becomes(mapping, numbers), strict=True)
        ]

    def cells(self, rows: list[int]) -> Any:
        """Give rows whole, to be put right."""
        return [list(self._bench.row(row).cells) for row in rows]

    def outlooks(self, text: str, rows: list[tuple[int, list[str]]]) -> Any:
        """Say whether rows can be sent if they hold these cells, with what is found of each."""
        from importer.mapping import parse_mapping

        mapping = parse_mapping(text, name=_NAME)
        return [self._outlook_of(mapping, row, cells) for row, cells in rows]

    def meant(self, code: str, texts: list[str]) -> Any:
        """Say of values that have a fault what may be meant by each."""
        from importer.mapping.values.meant import meant_by

        return [meant_by(text, code) for text in texts]

    def write_rest(self, arrived: str, out: str) -> Json:
        """List the rows of the whole file but for those that arrived, a number a line."""
        from importer.runtime.private_files import write_private

        done = {int(line) for line in Path(arrived).read_text(encoding="ascii").split()}
        numbers = [each for block in self._bench.blocks() for each in block.numbers if each not in done]
        write_private(Path(out), "".join(f"{each}\n" for each in numbers).encode())
        return {"rows": len(numbers)}

    def write_failing(self, findings: str, folder: str, out: str, form: str) -> Json:
        """Write the rows that fail as a file."""
        from importer.ui.copies import write_failing

        return write_failing(Path(findings), Path(folder), Path(out), form=form)

    def write_copy(self, corrections: str | None, out: str) -> Json:
        """Write all rows as they were put right."""
        from importer.reading.corrections import read_corrections
        from importer.ui.copies import write_copy

        laid = None if corrections is None else Path(corrections)
        rows: frozenset[int] = frozenset()
        if laid is not None:
            with laid.open("rb") as file:
                rows = frozenset(each.row for each in read_corrections(file, name=laid.name).corrections)
        with self._opened(laid) as bench:
            return write_copy(iter(bench.blocks()), bench.header, rows, Path(out))

    def open_returned(self, path: str, called: str) -> Json:
        """Open a file of failing rows that somebody corrected."""
        from importer.ui.copies import ReturnedRows

        self._returned = ReturnedRows(Path(path), self._bench.header, name=called)
        return None

    def returned(self, count: int) -> Any:
        """Give the next of its rows."""
        if (found := self._returned.next(count) if self._returned else []) == []:
            self._returned = None
        return found

    def _outlook_of(self, mapping: Mapping, row: int, cells: list[str]) -> Json:
        if len(cells) != len(self._bench.header):
            wrong = f"The row has {len(cells)} cells, and the header {len(self._bench.header)} columns."
            return {"status": "failed", "faults": [["column_count", True, None, wrong]]}
        shown = self._bench.would_become(mapping, row, cells)
        errors, warnings = shown.get("errors"), shown.get("warnings", [])
        status = "failed" if errors else "skipped" if "skipped" in shown else "ready"
        return {"status": status, "faults": [*_faults(errors, fails=True), *_faults(warnings, fails=False)]}

    def _cells(self, number: int) -> list[Json]:
        return [cell[:_LONGEST_CELL] for cell in self._bench.row(number).cells]


def _sheets_of(found: Detected) -> Sequence[tuple[str, bool]]:
    """Give a workbook's sheets; tables of a web page are none to it, and seen all the same."""
    others = [(name, True) for name in (found.sheet, *found.sheets_left) if name]
    return found.sheets or others


def _catalog_of(fields: list[dict[str, Any]]) -> Catalog:
    from importer.highlevel.catalog import Catalog, CustomField

    known = (
        CustomField(**{**each, "options": tuple(each["options"]), "accepts": tuple(each["accepts"])})
        for each in fields
    )
    return Catalog(location_id="", custom_fields=tuple(known))


def _faults(said: Any, *, fails: bool) -> list[Json]:
    return [[each["code"], fails, each["column"], each["message"]] for each in said or ()]


def _samples(rows: Iterable[Any], width: int) -> list[tuple[list[str], float]]:
    firsts: list[dict[str, None]] = [{} for _ in range(width)]
    longest = [""] * width
    filled = [0] * width
    seen = 0
    for row in rows:
        if any(fault.fails for fault in row.faults):
            continue
        seen += 1
        for place, cell in enumerate(row.cells):
            if text := cell.strip():
                filled[place] += 1
                if len(firsts[place]) < 3:
                    firsts[place].setdefault(text[:_LONGEST_CELL])
                if len(text) > len(longest[place]):
                    longest[place] = text[:_LONGEST_CELL]
    return [
        (list(dict.fromkeys([*first, *([odd] if odd else [])])), count / seen if seen else 0.0)
        for first, odd, count in zip(firsts, longest, filled, strict=True)
    ]


def _json(value: Plain) -> Json:
    match value:
        case str():
            return value
        case list():
            return [_json(each) for each in value]
        case dict():
            return {key: _json(each) for key, each in value.items()}


@contextlib.contextmanager
def _answering(path: str, reading: dict[str, Any]) -> Iterator[Answers]:
    try:
        with _opened_by(path, ReadingOptions(**reading), undecided=False) as answers:
            yield answers
            return
    except SourceError as refused:
        if not refused.sheets:
            raise
        sheet = refused.sheets[0]
    # Somebody can say which sheet is meant only where they are shown.
    with _opened_by(path, ReadingOptions(**{**reading, "sheet": sheet}), undecided=True) as answers:
        yield answers


@contextlib.contextmanager
def _opened_by(path: str, options: ReadingOptions, *, undecided: bool) -> Iterator[Answers]:
    from importer.bench.asking import open_bench
    from importer.reading import open_source

    def opened(corrections: Path | None) -> AbstractContextManager[Bench]:
        return open_bench(path, options=options, corrections=corrections)

    def read_otherwise(**changes: Any) -> Source:
        return open_source(path, options=replace(options, **changes))

    with opened(None) as bench:
        yield Answers(bench, opened, read_otherwise, undecided=undecided)


def main() -> None:
    """Answer questions until standard input ends."""
    _limit_memory()
    _load()
    with contextlib.ExitStack() as open_files:
        answers: Answers | None = None
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                if asked["do"] == "open":
                    if asked.get("beside"):
                        _step_back()
                    answers = open_files.enter_context(_answering(asked["path"], asked["reading"]))
                    said: dict[str, Json] = {"answer": {}}
                else:
                    question: Callable[..., Json] = getattr(answers, asked["do"])
                    said = {"answer": question(**asked["with"])}
            except MappingError as refused:
                said = {"refused": str(refused)}
            except ImporterError as known:
                said = {"refused": str(known)}
            except MemoryError:
                said = {
                    "refused": "The file needs more memory than it may have here. Save it as CSV, or split it."
                }
            sys.stdout.write(json.dumps(said, ensure_ascii=True) + "\n")
            sys.stdout.flush()


def _load() -> None:
    """Load what every file needs before there is one: a process that waits for it answers the sooner."""
    import importer.bench.asking
    import importer.mapping.assigning
    import importer.mapping.recognition  # noqa: F401


def _step_back() -> None:
    """Leave the processor to processes whose answer somebody waits for."""
    with contextlib.suppress(AttributeError, OSError):  # Windows knows no niceness
        os.nice(_NICENESS)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
