"""What results need to know of a run, its journal and its sources; the real ones satisfy this as they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from importer.records import Block, Counts, Outcome, Pulse, RowId


class StagedView(Protocol):
    """A source as it was taken in."""

    @property
    def reference(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def content_sha256(self) -> str: ...

    @property
    def corrections_sha256(self) -> str | None: ...


class DetectedView(Protocol):
    """What the reader found out about a source."""

    @property
    def delimiter(self) -> str | None: ...

    @property
    def hidden_rows(self) -> int: ...

    @property
    def hidden_columns(self) -> int: ...

    @property
    def doubts(self) -> Sequence[str]: ...


class SourceView(Protocol):
    """A source that can be read again from its first row."""

    @property
    def name(self) -> str: ...

    @property
    def header(self) -> tuple[str, ...]: ...

    @property
    def detected(self) -> DetectedView: ...

    def blocks(self, size: int = ...) -> Iterator[Block]: ...


class RunView(Protocol):
    """A run; times are seconds since the epoch."""

    @property
    def id(self) -> str: ...

    @property
    def started_at(self) -> float: ...

    @property
    def finished_at(self) -> float | None: ...

    @property
    def state(self) -> str: ...

    @property
    def reason(self) -> str | None: ...

    @property
    def reason_code(self) -> str | None: ...

    @property
    def sources(self) -> Sequence[StagedView]: ...

    @property
    def mapping_path(self) -> Path | str: ...

    @property
    def mapping_fingerprint(self) -> str: ...

    @property
    def location_id(self) -> str | None: ...

    @property
    def base_url(self) -> str: ...

    @property
    def sandbox(self) -> bool: ...

    @property
    def tool_version(self) -> str: ...

    @property
    def follows(self) -> str | None:
        """The run whose failed rows this one imports, corrected."""
        ...


class JournalView(Protocol):
    """The truth of a run, to be read."""

    def outcomes(self, first: RowId, last: RowId) -> Iterable[Outcome]: ...

    def unfinished(self, first: RowId, last: RowId) -> Iterable[Outcome]:
        """Give the rows whose contact is stored while something that follows is still due."""
        ...

    def counts(self) -> Counts: ...

    def seconds(self) -> float: ...

    def pulses(self) -> Iterable[Pulse]: ...
