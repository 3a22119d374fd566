"""Corrections as values: cells and rows of a source that a person put right, one JSON object a line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from typing import IO, Any, Final, TypeAlias

from importer.errors import SourceError
from importer.records import value_type
from importer.runtime.regex import regex

Where: TypeAlias = "str | int | None"
"""A column by its header, or by its number from 1 where the header cannot tell; None: the whole row."""
Content: TypeAlias = "str | tuple[str, ...]"
"""What a cell holds, or all cells of a row."""

LONGEST_LINE: Final = 1 << 20
MOST_BYTES: Final = 256 << 20
MOST_LINES: Final = 2_000_000
"""Blank ones and corrections upon corrections among them; nobody wrote a file of more."""
MOST_CORRECTIONS: Final = 200_000
"""They are held in memory, as rows must be found by number; so many take some 100 MB."""
_LARGEST_ROW: Final = 0xFFFF_FFFF
_SHOWN: Final = 8
_MOST_FAULTS: Final = 100
_SHA256: Final = regex(r"[0-9a-f]{64}", re.IGNORECASE)
_UNSTORABLE: Final = regex("[\x00\ud800-\udfff]")
_REQUIRED: Final = ("row", "before", "after")
_KNOWN: Final = frozenset({*_REQUIRED, "column", "why", "at", "source"})


@value_type(frozen=True, slots=True, kw_only=True)
class Correction:
    """One cell, or one whole row, put right. ``line`` is where it stands in the file of corrections."""

    line: int
    row: int
    column: Where = None
    before: Content = field(repr=False)
    after: Content = field(repr=False)
    source: str | None = None
    """The name of the source, where there are several."""

    @property
    def changes(self) -> bool:
        """Tell one that puts something else there; of another, such as one that was taken back, only ``before`` counts."""
        return self.before != self.after

    @property
    def place(self) -> str:
        """Say what it corrects, without any of what it holds."""
        match self.column:
            case None:
                return f"row {self.row}"
            case int():
                return f"row {self.row}, column {self.column}"
            case str():
                return f"row {self.row}, {self.column[:60]!r}"


@value_type(frozen=True, slots=True, kw_only=True)
class CorrectionsFile:
    """All corrections of one file, in its order. ``source_sha256`` names the source that they are for."""

    name: str
    corrections: tuple[Correction, ...] = field(repr=False)
    source_sha256: str | None = None


class Corrections:
    """The corrections of one source, by row; within a row each is laid upon those before it."""

    def __init__(self, name: str, corrections: Iterable[Correction]) -> None:
        self.name = name
        self.by_row: dict[int, list[Correction]] = {}
        for each in corrections:
            self.by_row.setdefault(each.row, []).append(each)

    def __bool__(self) -> bool:
        return bool(self.by_row)

    def __iter__(self) -> Iterator[Correction]:
        for row in sorted(self.by_row):
            yield from self.by_row[row]

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of what they change: the same for another order of rows, other reasons and other white space; None: nothing."""
        changing = [each for each in self if each.changes]
        digest = hashlib.sha256()
        for each in changing:
            words = [each.row, each.column, each.before, each.after]
            digest.update(json.dumps(words).encode() + b"\n")
        return digest.hexdigest() if changing else None


def read_corrections(lines: Iterable[bytes], *, name: str, most: int = MOST_CORRECTIONS) -> CorrectionsFile:
    """Read JSON lines. Raises SourceError with each line that is no correction, or contradicts one before it."""
    reader = _LineReader(name, most)
    for number, line in enumerate(lines, 1):
        if number > MOST_LINES:
            raise SourceError(f"{name} has more than {MOST_LINES:,} lines: it is no file of corrections.")
        reader.take(number, line)
    return reader.finish()


def written_correction(correction: Correction) -> str:
    """Write a correction as ``read_corrections`` reads it."""
    said: dict[str, object] = {"row": correction.row}
    if correction.column is not None:
        said["column"] = correction.column
    said |= {"before": correction.before, "after": correction.after}
    return json.dumps(said if correction.source is None else {**said, "source": correction.source})


def keep_corrections(corrections: Corrections) -> Iterator[bytes]:
    """Write the corrections of one source as they are kept beside its copy: with the lines that people know them by."""
    yield json.dumps(corrections.name).encode() + b"\n"
    for each in corrections:
        yield json.dumps([each.line, each.row, each.column, each.before, each.after]).encode() + b"\n"


def kept_corrections(lines: Iterable[bytes]) -> Corrections:
    """Read what ``keep_corrections`` wrote. Raises ValueError for anything else."""
    name, *kept = map(json.loads, lines)
    corrections = []
    for line, row, column, before, after in kept:
        cells = [each if isinstance(each, str) else tuple(each) for each in (before, after)]
        corrections.append(Correction(line=line, row=row, column=column, before=cells[0], after=cells[1]))
    return Corrections(name, corrections)


def refusal(name: str, faults: Sequence[tuple[int, str]], *, cells: Sequence[str] = ()) -> SourceError:
    """Say which lines of a file of corrections cannot be used. ``cells``: what is in the source instead."""
    shown = "; ".join(f"line {line}: {sentence}" for line, sentence in faults[:_SHOWN])
    more = f"; and {len(faults) - _SHOWN:,} more" if len(faults) > _SHOWN else ""
    return SourceError(
        f"The corrections {name} cannot be laid over the source. {shown}{more}. Nothing was sent: put these lines right, or "
        "take them out.",
        cells=tuple(cells[:_SHOWN]),
    )


def lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """Give the lines of a file; of one that is too long no more than shows that it is, and nothing behind one without end."""
    while line := file.readline(LONGEST_LINE + 2):
        yield line
        skipped = 0
        while len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 2)
            skipped += len(line)
            if skipped > MOST_BYTES:  # a device, say: nobody could wait for its end
                return


class _FaultError(Exception):
    """One line is no correction; the text says why."""


class _LineReader:
    """Takes one line after the other, and keeps what was wrong with which."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._sha256: str | None = None
        self._begun = False
        self._faults: list[tuple[int, str]] = []
        self._kept: dict[int, Correction] = {}
        # By source and row: where the last correction of each column stands, as a second one is laid upon the first.
        self._last: dict[tuple[str | None, int], dict[Where, int]] = {}
        self._bytes = 0

    def take(self, number: int, line: bytes) -> None:
        self._bytes += len(line)
        if self._bytes > MOST_BYTES:
            raise self._too_many()
        try:
            if said := _parsed(number, line):
                self._add(number, said)
        except _FaultError as fault:
            self._faults.append((number, str(fault)))
        if len(self._faults) >= _MOST_FAULTS:
            raise refusal(self._name, self._faults)

    def _add(self, number: int, said: dict[str, Any]) -> None:
        first, self._begun = not self._begun, True
        if "source_sha256" in said:
            if not first or len(said) > 1:
                raise _FaultError("`source_sha256` stands alone, on the first line")
            self._sha256 = _sha256(said["source_sha256"])
            return
        correction = _correction(number, said)
        if len(self._kept) >= self._most:
            raise self._too_many()
        self._keep(correction)

    def _too_many(self) -> SourceError:
        return SourceError(
            f"{self._name} has more than {self._most:,} corrections, or {MOST_BYTES >> 20} MB of them. What is wrong so "
            "often is better put right by a rule of the mapping (map, transforms), or in the file itself."
        )

    def _keep(self, correction: Correction) -> None:
        """Keep a correction; one upon an earlier one of the same cell becomes one with it."""
        last = self._last.setdefault((correction.source, correction.row), {})
        earlier = last.get(correction.column)
        if earlier is None:
            # A whole row and its cells are laid one upon the other, in the file's order.
            for other in [each for each in last if (each is None) is not (correction.column is None)]:
                del last[other]
            last[correction.column] = correction.line
            self._kept[correction.line] = correction
            return
        before = self._kept[earlier]
        if before.after != correction.before:
            raise _FaultError(
                f"{correction.place} was corrected on line {earlier} already, and `before` is not what that left"
            )
        self._kept[earlier] = replace(before, after=correction.after)

    def finish(self) -> CorrectionsFile:
        if self._faults:
            raise refusal(self._name, self._faults)
        kept = tuple(self._kept.values())
        return CorrectionsFile(name=self._name, corrections=kept, source_sha256=self._sha256)


def _parsed(number: int, line: bytes) -> dict[str, Any] | None:
    if len(line) > LONGEST_LINE:
        raise _FaultError(f"it is longer than {LONGEST_LINE:,} bytes")
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        said = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once) if text else None
    except UnicodeDecodeError:
        raise _FaultError("it is no UTF-8 text") from None
    except (ValueError, RecursionError):
        raise _FaultError("it is no JSON object") from None
    if said is not None and not isinstance(said, dict):
        raise _FaultError("it is no JSON object")
    return said


def _no_number(word: str) -> float:
    raise ValueError(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise _FaultError("it says a key twice")
    return said


def _sha256(said: object) -> str:
    if not isinstance(said, str) or not _SHA256.fullmatch(said):
        raise _FaultError("`source_sha256` is no SHA-256, which has 64 hexadecimal digits")
    return said.lower()


def _correction(number: int, said: dict[str, Any]) -> Correction:
    if unknown := sorted(said.keys() - _KNOWN):
        raise _FaultError(f"{unknown[0][:40]!r} is no key of a correction ({', '.join(sorted(_KNOWN))})")
    if missing := [key for key in _REQUIRED if key not in said]:
        raise _FaultError(f"{missing[0]!r} is missing")
    for key in ("why", "at", "source"):
        if not isinstance(said.get(key, ""), str):
            raise _FaultError(f"{key!r} is no text")
    column = _column(said.get("column"))
    content = _row_content if column is None else _cell_content
    return Correction(
        line=number,
        row=_row(said["row"]),
        column=column,
        before=content("before", said["before"]),
        after=content("after", said["after"]),
        source=said.get("source"),
    )


def _row(said: object) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 1 <= said <= _LARGEST_ROW:
        raise _FaultError("`row` is no row number; a spreadsheet's first row is 1")
    return said


def _column(said: object) -> Where:
    number = isinstance(said, int) and not isinstance(said, bool) and said >= 1
    if said is None or isinstance(said, str) or number:
        return said  # type: ignore[return-value]  # a number by the line before
    raise _FaultError("`column` is neither a header nor the number of a column, from 1")


def _cell_content(key: str, said: object) -> str:
    if not isinstance(said, str):
        raise _FaultError(f"{key!r} is no text")
    if _UNSTORABLE.search(said):
        raise _FaultError(f"{key!r} has a sign that no file can hold")
    return said


def _row_content(key: str, said: object) -> tuple[str, ...]:
    if not isinstance(said, list):
        raise _FaultError(f"{key!r} is no list of cells, as it is where no `column` is named")
    return tuple(_cell_content(key, cell) for cell in said)
