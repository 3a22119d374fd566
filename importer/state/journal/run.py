"""What a run is: its sources, mapping and place, and the sessions in which it was worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from importer.records import Json, value_type
from importer.sources import StagedSource
from importer.version import __version__

SAME_IMPORT_OPTIONS: Final = ("limit", "reading", "changed_only")
"""Options that make another import of the same sources; the rest (pace, output, ...) may differ."""
ANEW: Final = "anew"
"""The key under which a run keeps what was said otherwise when it was queued last."""


class RunState(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class SessionKind(StrEnum):
    RUN = "run"
    RESUME = "resume"
    RETRY = "retry"
    UNDO = "undo"


@value_type(frozen=True, slots=True, kw_only=True)
class Run:
    """One import of one or more sources into one place. ``options`` holds what is needed to go on; no token, ever."""

    id: str
    started_at: float
    finished_at: float | None = None
    state: RunState = RunState.RUNNING
    reason: str | None = None
    reason_code: str | None = None
    """The ``StopError.code`` behind the reason, or ``killed``."""
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
    """The run whose corrected failed rows this one imports."""
    undone_at: float | None = None
    """When somebody began to take it back; it is never gone on with then."""

    @property
    def latest_options(self) -> dict[str, Json]:
        """Give what is needed to go on, as it was said last: whoever works on a part was not there to hear it."""
        anew = self.options.get(ANEW)
        return {**self.options, **(anew if isinstance(anew, dict) else {})}

    @property
    def place(self) -> str:
        """Name the vendor, or stand-in, that the rows go to."""
        return place_of(self.base_url, sandbox=self.sandbox)


def place_of(base_url: str, *, sandbox: bool) -> str:
    """Name the vendor, or stand-in, at an address."""
    return "sandbox" if sandbox else base_url.rstrip("/")


@value_type(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells one import from another.

    Kept beside the journal, so that a thousand runs are soon looked through, and a run whose journal is damaged is
    still known for what it was.
    """

    place: str
    location_id: str | None
    options: Mapping[str, Json]
    mapping: str
    mapping_fingerprint: str
    references: tuple[str, ...]
    fingerprints: tuple[str, ...]

    @property
    def contents(self) -> tuple[str, ...]:
        """The SHA-256 of each source's bytes, whatever was laid over them."""
        return tuple(each.partition("+")[0] for each in self.fingerprints)

    @property
    def rows(self) -> tuple[str, ...]:
        """What names the rows that are meant of each source, where not all are: others are another import."""
        return tuple([*each.split("+"), "", ""][2] for each in self.fingerprints)

    @classmethod
    def of(cls, run: Run) -> Self:
        return cls(
            place=run.place,
            location_id=run.location_id,
            options={
                **{name: run.options.get(name) for name in SAME_IMPORT_OPTIONS},
                # not there unless said: what was written down before there were plans is the same import still
                **{name: run.options[name] for name in ("plan", "replan") if run.options.get(name)},
            },
            mapping=str(run.working_folder / run.mapping_path),
            mapping_fingerprint=run.mapping_fingerprint,
            references=tuple(
                str(local_path(source.reference, run.working_folder) or source.reference)
                for source in run.sources
            ),
            fingerprints=tuple(source.fingerprint for source in run.sources),
        )


def local_path(reference: str, working_folder: Path) -> Path | None:
    """Tell which file a reference names; None for standard input and URLs."""
    if reference == "-" or "://" in reference:
        return None
    return Path(working_folder, reference).absolute()


@value_type(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who works on a run, and by which command; no token or password is in it."""

    name: str
    """The user and the machine: ``ann@office-pc``."""
    command: str = ""
    approved_by: str | None = None
    """Who agreed to what is sent, as the operator named them."""


@value_type(frozen=True, slots=True, kw_only=True)
class Session:
    """One process' work on a run. ``ended_at`` is None while it goes on, and after it was killed."""

    kind: SessionKind
    started_at: float
    ended_at: float | None
    state: RunState
    reason: str | None
    operator: Operator | None = None
    """``None``: an older importer did not note it."""
