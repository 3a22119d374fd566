"""What a run is: its sources, mapping and place, and the sessions in which it was worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from importer import __version__
from importer.records import Json
from importer.sources import StagedSource


class RunState(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class SessionKind(StrEnum):
    RUN = "run"
    RESUME = "resume"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One import of one or more sources into one place. ``options`` holds what is needed to go on; no token, ever."""

    id: str
    started_at: float
    finished_at: float | None = None
    state: RunState = RunState.RUNNING
    reason: str | None = None
    sources: tuple[StagedSource, ...]
    mapping_path: Path
    mapping_text: str = field(repr=False)
    mapping_fingerprint: str
    location_id: str | None = None
    """``None``: the mapping takes it from a column."""
    base_url: str
    sandbox: bool = False
    """The embedded sandbox: its port, and so ``base_url``, is another one each time."""
    options: Mapping[str, Json] = field(default_factory=dict)
    tool_version: str = __version__
    working_folder: Path = field(default_factory=Path.cwd)
    """What relative references are relative to."""
    follows: str | None = None
    """The run whose corrected ``failed.csv`` this one imports."""

    @property
    def place(self) -> str:
        """Name the vendor, or stand-in, that the rows go to."""
        return "sandbox" if self.sandbox else self.base_url.rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One process' work on a run. ``ended_at`` is None while it goes on, and after it was killed."""

    kind: SessionKind
    started_at: float
    ended_at: float | None
    state: RunState
    reason: str | None
