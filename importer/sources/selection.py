"""The rows that a run is limited to: read from a file of numbers, of JSON lines or of results, and kept beside the copy."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from importer.errors import SourceError
from importer.reading.corrections import lines_of
from importer.reading.selection import LARGEST_ROW, MOST_ROWS, RowNumbers
from importer.records import value_type
from importer.runtime.regex import regex
from importer.sources.copying import cannot_write, open_private

if TYPE_CHECKING:
    from importer.sources import StagedSource

_NUMBER: Final = regex(r"\d{1,10}")
_PACKED: Final = (b"PK", b"\xd0\xcf\x11\xe0")
_OUR_COLUMN: Final = b"import_row"
_SHOWN: Final = 8
_MOST_LINES: Final = 2 * MOST_ROWS
"""Remarks and blank ones among them."""


@value_type(frozen=True, slots=True, kw_only=True)
class _NamedRow:
    """A row as a file names it: where in the file, its number, and its source where that is said."""

    line: int
    number: int
    source: str | None = None


class _NoRowError(Exception):
    """A line names no row; the text says why."""


_NamedRows: TypeAlias = Iterator[_NamedRow]


def select(staged: Sequence[StagedSource], path: Path | None) -> tuple[StagedSource, ...]:
    """Keep beside the copies which rows are meant, and in their fingerprints.

    Raises SourceError where a line names no row, or it cannot be told of which source. A source of which no row is
    named has none for this run.
    """
    if path is None:
        return tuple(staged)
    numbers: dict[int, list[int]] = {each.index: [] for each in staged}
    for count, named in enumerate(_rows_of(path)):
        if count >= MOST_ROWS:
            raise SourceError(
                f"{path.name} names more than {MOST_ROWS:,} rows: import the file without --rows."
            )
        numbers[_index_of(named, staged, path.name)].append(named.number)
    if not any(numbers.values()):
        raise SourceError(f"{path.name} names no row: there is nothing to import.")
    return tuple(_keep(each, RowNumbers(numbers[each.index])) for each in staged)


def kept_rows(staged: StagedSource) -> RowNumbers | None:
    """Read which rows of a source are meant; None: all. Raises SourceError."""
    if staged.rows_sha256 is None:
        return None
    with suppress(OSError, ValueError, OverflowError), staged.rows_path.open("rb") as file:
        kept = RowNumbers(map(int, file))
        if kept.fingerprint == staged.rows_sha256:
            return kept
    # Without them the whole file would be sent.
    raise SourceError(
        f"The list of the rows of {staged.name} that this run is limited to ({staged.rows_path}) is gone, or was changed. "
        "Begin a run of these rows anew, with --fresh."
    )


def _keep(staged: StagedSource, rows: RowNumbers) -> StagedSource:
    try:
        with open_private(staged.rows_path) as file:
            file.writelines(b"%d\n" % number for number in rows)
            file.flush()
            os.fsync(file.fileno())
    except OSError as cause:
        raise cannot_write(staged.rows_path, cause) from None
    return staged.laid(rows=rows.fingerprint)


def _index_of(named: _NamedRow, staged: Sequence[StagedSource], file: str) -> int:
    found = [each.index for each in staged if named.source in {None, each.name}]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.name for each in staged[:3])
    why = (
        f"there are {len(staged)} sources ({names}); take JSON lines: "
        f'{{"row": {named.number}, "source": {json.dumps(staged[0].name)}}}'
        if named.source is None
        else f"{'several sources have' if found else 'no source has'} the name that it says ({names})"
    )
    raise SourceError(f"{file} line {named.line}: row {named.number}: {why}. Nothing was sent.")


def _rows_of(path: Path) -> _NamedRows:
    try:
        with path.open("rb") as file:
            # Looked at and left where it is: what comes through a pipe can be read only once.
            head = file.peek(1 << 16)
            if head.startswith(_PACKED) or _OUR_COLUMN in head.replace(b"\0", b"").split(b"\n", 1)[0]:
                if not file.seekable():  # opened again, it would be waited for without end
                    raise SourceError(
                        f"{path} is a pipe, and a file of results is read more than once. Name the file itself."
                    )
                yield from _of_results(path)
                return
            yield from _of_lines(lines_of(file), path.name)
    except OSError as cause:
        raise SourceError(f"The rows {path} cannot be read: {cause.strerror or cause}.") from None


def _of_results(path: Path) -> _NamedRows:
    """Take the rows that a file of ours lists, whatever became of them."""
    from importer.reading import open_results

    source = open_results(path)
    if "import_row" not in source.header:
        raise SourceError(
            f"{path.name} is no list of rows: its columns do not include import_row. Give row numbers, one a line, JSON lines "
            'with "row", or a file of results, such as failed.csv.'
        )
    number = source.header.index("import_row")
    name = source.header.index("import_source") if "import_source" in source.header else None
    for block in source.blocks():
        for line, cells in zip(block.numbers, block.rows, strict=True):
            said = cells[number].strip() if number < len(cells) else ""
            try:
                yield _NamedRow(
                    line=line, number=_number(said), source=None if name is None else str(cells[name]) or None
                )
            except _NoRowError as fault:
                raise _refusal(path.name, line, fault) from None


def _of_lines(lines: Iterator[bytes], name: str) -> _NamedRows:
    faults: list[str] = []
    for line, raw in enumerate(lines, 1):
        if line > _MOST_LINES:
            raise SourceError(f"{name} has more than {_MOST_LINES:,} lines: it is no list of rows.")
        try:
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
            if text and not text.startswith("#") and (named := _named(line, text)) is not None:
                yield named
        except (UnicodeDecodeError, _NoRowError) as fault:
            faults.append(f"line {line}: {fault if isinstance(fault, _NoRowError) else 'it is no text'}")
            if len(faults) == _SHOWN:
                break
    if faults:
        raise SourceError(f"{name} is no list of rows. {'; '.join(faults)}. Nothing was sent.")


def _refusal(name: str, line: int, fault: _NoRowError) -> SourceError:
    return SourceError(f"{name} is no list of rows. row {line}: {fault}. Nothing was sent.")


def _named(line: int, text: str) -> _NamedRow | None:
    if not text.startswith("{"):
        return _NamedRow(line=line, number=_number(text))
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise _NoRowError("it is no JSON object") from None
    if "row" not in said and "source_sha256" in said:  # the first line of a file of corrections
        return None
    number, source = said.get("row"), said.get("source")
    if isinstance(number, bool) or not isinstance(number, int) or not isinstance(source, str | None):
        raise _NoRowError('its "row" is no number, or its "source" no text')
    return _NamedRow(line=line, number=_number(str(number)), source=source)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or not text.isascii() or not 1 <= int(text) <= LARGEST_ROW:
        raise _NoRowError("it is no row number; one a line, as a spreadsheet counts")
    return int(text)
