"""read: the rows of a file as the reader sees them, and on stderr what it found out."""

from __future__ import annotations

import csv
import io
import itertools
import json
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from importer.cli.options import (
    corrections_option,
    examples,
    load_environment,
    read_reading_options,
    reading_options,
)

if TYPE_CHECKING:
    from importer.bench.column_values import ColumnValues
    from importer.reading import Source
    from importer.records import Row
    from importer.sources import StagedSource

_WIDEST_COLUMN: Final = 32
_SHOWN_FAULTS: Final = 10


@click.command(
    "read",
    epilog=examples(
        "importer sample",
        "importer read importer-sample/crm-export.xlsx --sheet Contacts -n 20",
        "importer read importer-sample/contacts.csv --values Country",
    ),
    short_help="Show the rows as the reader sees them.",
)
@click.argument("source", metavar="SOURCE")
@click.option(
    "-n", "count", type=click.IntRange(min=0), default=10, show_default=True, help="Rows to show; 0 for all."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "jsonl"]),
    default="table",
    show_default=True,
    help="Form of the rows on stdout.",
)
@click.option(
    "--values",
    "column",
    metavar="COLUMN",
    help="Show the values of a column (its header, or its number from 1) instead, those of the most rows first, with "
    "their number of rows.",
)
@click.option("--prefix", metavar="TEXT", help="With --values: those that begin with TEXT, in any case.")
@corrections_option
@reading_options
def read_command(
    source: str,
    *,
    count: int,
    form: str,
    column: str | None,
    prefix: str | None,
    corrections: Path | None,
    **given: Any,
) -> None:
    """Show the rows of SOURCE before any mapping: a file, - for standard input, or a URL.

    The header comes first. What was detected, and why, goes to stderr. Nothing is sent.
    """
    if prefix is not None and column is None:
        raise click.UsageError("--prefix narrows the values of a column: name it with --values.")
    from importer.sources import stage_each
    from importer.sources.corrections import correct
    from importer.sources.expanding import expand_sources

    load_environment()
    references = expand_sources([source])
    with tempfile.TemporaryDirectory(prefix="importer-", ignore_cleanup_errors=True) as folder:
        staged: list[StagedSource] = []
        for reference in references:
            staged.extend(stage_each(reference, Path(folder), len(staged)))
        for each in correct(staged, corrections):
            if len(staged) > 1:
                click.echo(f"== {each.reference}", err=True)
            opened = _opened(each, given)
            if column is None:
                _show(opened, count=count, form=form)
            else:
                _show_values(opened, column, prefix or "", count=count, form=form)


def _opened(staged: StagedSource, given: dict[str, Any]) -> Source:
    from importer.reading import open_source
    from importer.sources.corrections import kept_corrections

    return open_source(
        staged.path,
        options=read_reading_options(**given),
        index=staged.index,
        name=staged.name,
        corrections=kept_corrections(staged),
    )


def _show_values(opened: Source, column: str, prefix: str, *, count: int, form: str) -> None:
    from importer.bench.asking import column_place
    from importer.bench.column_values import ValueCounter

    place = column_place(opened.header, column)
    counter, seen = ValueCounter(prefix=prefix), _Seen()
    cells = (row.cells[place] for row in seen.watch(opened) if not any(fault.fails for fault in row.faults))
    while some := list(itertools.islice(cells, 1000)):
        counter.see(some)
    found = counter.values(opened.header[place], most=count or sys.maxsize)
    for line in _VALUE_FORMS[form](found):
        click.echo(line)
    click.echo(_counted_values(found, prefix), err=True)
    _describe(opened, seen)


def _counted_values(found: ColumnValues, prefix: str) -> str:
    about = "" if found.exact else "about "
    begin = f" that begin with {prefix!r}" if prefix else ""
    line = f"{found.column}: {found.filled:,} filled, {found.blank:,} blank, {about}{found.distinct:,} different values{begin}"
    if found.exact:
        return line
    return f"{line}; a value may stand in up to {found.missed:,} rows more than shown (--prefix counts fewer of them, exactly)"


def _show(opened: Source, *, count: int, form: str) -> None:
    seen = _Seen()
    rows = seen.watch(opened)
    shown = itertools.islice(rows, count or None)
    for line in _FORMS[form](opened.header, shown):
        click.echo(line)
    for _ in rows:
        pass  # all rows are read, so that the count and the faults said below are of the whole file
    _describe(opened, seen)


class _Seen:
    """Counts rows as they pass, and keeps the first faults."""

    def __init__(self) -> None:
        self.rows = 0
        self.failing = 0
        self.warned = 0
        self.faults: list[str] = []

    def watch(self, rows: Source) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            self.failing += any(fault.fails for fault in row.faults)
            self.warned += any(not fault.fails for fault in row.faults)
            if len(self.faults) < _SHOWN_FAULTS:
                self.faults.extend(f"row {row.number}: {fault.code}: {fault.message}" for fault in row.faults)
            yield row


def _describe(source: Source, seen: _Seen) -> None:
    from importer.results.wrapping import fitted

    lines = [*source.detected.describe(), f"rows: {seen.rows:,}"]
    if seen.failing:
        lines.append(f"rows that cannot be imported as they are: {seen.failing:,}")
    if seen.warned:
        lines.append(f"rows with a warning: {seen.warned:,}")
    click.echo(fitted("\n".join([*lines, *seen.faults[:_SHOWN_FAULTS]]), sys.stderr), err=True)


def _as_csv(header: Sequence[str], rows: Iterator[Row]) -> Iterator[str]:
    return _csv_lines(header, (row.cells for row in rows))


def _csv_lines(header: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    for cells in itertools.chain([header], rows):
        line = io.StringIO()
        # With this line end, and only with one that has both signs, the module quotes line breaks of either kind.
        csv.writer(line, lineterminator="\r\n").writerow(cells)
        yield line.getvalue().removesuffix("\r\n")


def _as_jsonl(header: Sequence[str], rows: Iterator[Row]) -> Iterator[str]:
    yield json.dumps({"header": list(header)}, ensure_ascii=False)
    for row in rows:
        faults = [
            {"code": fault.code, "message": fault.message, "fails": fault.fails} for fault in row.faults
        ]
        yield json.dumps({"row": row.number, "cells": list(row.cells), "faults": faults}, ensure_ascii=False)


def _as_table(header: Sequence[str], rows: Iterator[Row]) -> Iterator[str]:
    """Lay rows out in columns; the widths come from the first thousand, so that a long file is not held."""
    return _table(["row", *header], ((str(row.number), *row.cells) for row in rows))


def _table(header: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    lines = [header, *itertools.islice(rows, 1000)]
    lines = [[_one_line(cell) for cell in line] for line in lines]
    widths = [
        min(max(map(_width, column)), _WIDEST_COLUMN)
        for column in itertools.zip_longest(*lines, fillvalue="")
    ]
    yield _table_line(lines[0], widths)
    yield "  ".join("-" * width for width in widths)
    for line in lines[1:]:
        yield _table_line(line, widths)
    for row in rows:
        yield _table_line([_one_line(cell) for cell in row], widths)


def _table_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    fitted = (_fit(cell, width) for cell, width in itertools.zip_longest(cells, widths, fillvalue=""))
    return "  ".join(fitted).rstrip()


def _fit(cell: str, width: int | str) -> str:
    room = width if isinstance(width, int) else _WIDEST_COLUMN
    while _width(cell) > room:
        cell = cell[: room - 1] + "\u2026" if len(cell) > room else cell[:-2] + "\u2026"
    return cell + " " * (room - _width(cell))


def _one_line(cell: str) -> str:
    """Show line breaks, and keep control characters of a file from reaching the terminal."""
    text = cell.replace("\r\n", "\u23ce").replace("\n", "\u23ce").replace("\r", "\u23ce").replace("\t", " ")
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def _values_as_table(found: ColumnValues) -> Iterator[str]:
    return _table(["rows", found.column], ((f"{rows:,}", value) for value, rows in found.most))


def _values_as_csv(found: ColumnValues) -> Iterator[str]:
    return _csv_lines(["value", "rows"], ((value, str(rows)) for value, rows in found.most))


def _values_as_jsonl(found: ColumnValues) -> Iterator[str]:
    """Say what holds for the column on the first line, and a value on each that follows."""
    described = found.to_json()
    yield json.dumps({name: said for name, said in described.items() if name != "values"}, ensure_ascii=False)
    for value, rows in found.most:
        yield json.dumps({"value": value, "rows": rows}, ensure_ascii=False)


_VALUE_FORMS: Final = {"table": _values_as_table, "csv": _values_as_csv, "jsonl": _values_as_jsonl}
_FORMS: Final = {"table": _as_table, "csv": _as_csv, "jsonl": _as_jsonl}
