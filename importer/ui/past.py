"""Past runs as a list that can be searched: each is read once, and again when something happened to it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from importer.errors import ImporterError
from importer.records import Counts, Json, Remedy, value_type
from importer.state import StateFolder
from importer.state.ended import CauseKind, ended_of
from importer.state.journal import Identity, Journal, Run, RunState, read_identity
from importer.state.lineage import successors_of

_MOST_WORDS: Final = 12


@value_type(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in a list."""

    run: Run
    counts: Counts
    retryable: int

    @property
    def state(self) -> str:
        return self.run.state.value if self.run.undone_at is None else "undone"

    @property
    def source(self) -> str:
        return ", ".join(source.name for source in self.run.sources)

    def to_json(self) -> dict[str, Json]:
        run = self.run
        return {
            "run_id": run.id,
            "state": self.state,
            "reason": run.reason,
            "reason_code": run.reason_code,
            "started_at": run.started_at,
            "source": self.source,
            "mapping": run.mapping_path.name,
            "location_id": run.location_id,
            "sandbox": run.sandbox,
            "follows": run.follows,
            "rows": self.counts.read,
            "created": self.counts.created,
            "updated": self.counts.updated,
            "skipped": self.counts.skipped,
            "failed": self.counts.failed,
            "pending": self.counts.pending,
            "retryable": self.retryable,
        }


@value_type(frozen=True, slots=True, kw_only=True)
class RunSearch:
    """What somebody looks for: all of these words, and one state or any."""

    words: tuple[str, ...] = ()
    state: str = ""

    @classmethod
    def of(cls, said: str, state: str) -> RunSearch:
        return cls(words=tuple(said.casefold().split()[:_MOST_WORDS]), state=state)

    @property
    def anything(self) -> bool:
        return not self.words and not self.state

    def may_hold(self, run_id: str, identity: Identity | None, names: Mapping[str, str]) -> bool:
        """Tell of a run whose journal nobody opened yet whether it may be one that is looked for.

        What names it is kept beside its journal; its state is not, and any word of a state may be its own.
        """
        if identity is None or any("://" in each for each in identity.references):
            return True
        location = identity.location_id or ""
        named = (*identity.references, location, names.get(location, ""), Path(identity.mapping).name)
        states = (names.get(state, "") for state in ("undone", *RunState))
        searched = " ".join((*named, identity.place, run_id, "undone", *RunState, *states)).casefold()
        return all(word in searched for word in self.words)

    def holds(self, line: RunLine, names: Mapping[str, str]) -> bool:
        """Look into a run's file, place, mapping and id; ``names``: of locations and states, as people read them."""
        if self.state and line.state != self.state:
            return False
        run = line.run
        place = (
            "sandbox" if run.sandbox else f"{run.location_id or ''} {names.get(run.location_id or '', '')}"
        )
        searched = f"{line.source} {place} {run.mapping_path.name} {run.id} {names.get(line.state, line.state)}".casefold()
        return all(word in searched for word in self.words)


@value_type(frozen=True, slots=True, kw_only=True)
class FoundRuns:
    """One page of those that were looked for, the newest first."""

    lines: tuple[RunLine, ...]
    found: int
    of: int


class PastLines:
    """The runs of a state folder; what was read of one is kept until its folder is another one."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder
        self._kept: dict[str, tuple[int, RunLine]] = {}
        self._identities: dict[str, Identity | None] = {}

    def warm(self) -> None:
        """Read all runs beforehand, so that the first search need not."""
        for run_id in self._folder.run_ids():
            self._line(run_id)

    def page(
        self, wanted: RunSearch, *, names: Callable[[], Mapping[str, str]], first: int, count: int
    ) -> FoundRuns:
        """Give one page; only a search reads more runs than it shows."""
        ids = self._folder.run_ids()
        for gone in set(self._kept) - set(ids):
            self._kept.pop(gone, None)
        for gone in set(self._identities) - set(ids):
            self._identities.pop(gone, None)
        if wanted.anything:
            shown = filter(None, map(self._line, ids[first : first + count]))
            return FoundRuns(lines=tuple(shown), found=len(ids), of=len(ids))
        known = names()
        likely = (each for each in ids if wanted.may_hold(each, self._identity(each), known))
        found = [line for line in map(self._line, likely) if line is not None and wanted.holds(line, known)]
        return FoundRuns(lines=tuple(found[first : first + count]), found=len(found), of=len(ids))

    def _identity(self, run_id: str) -> Identity | None:
        """Tell what a run was, without its journal; it is never another one."""
        if run_id not in self._identities:
            self._identities[run_id] = read_identity(self._folder.run_folder(run_id))
        return self._identities[run_id]

    def _line(self, run_id: str) -> RunLine | None:
        """Read a run, unless nothing happened in its folder since; None for one that cannot be read."""
        folder = self._folder.run_folder(run_id)
        with contextlib.suppress(ImporterError, OSError):
            kept = self._kept.get(run_id)
            if kept is not None and kept[0] == folder.stat().st_mtime_ns:
                return kept[1]
            line = line_of(self._folder, run_id)
            # Opening a journal changes its folder, too; who works on a run changes it again in the end.
            if line.run.state is not RunState.RUNNING:
                self._kept[run_id] = folder.stat().st_mtime_ns, line
            return line
        return None


def line_of(folder: StateFolder, run_id: str) -> RunLine:
    """Read what a list shows of a run, its journal opened once. Raises ImporterError."""
    with Journal.open(folder.run_folder(run_id), thorough=False) as journal:
        if journal.run.state is RunState.RUNNING and folder.holder(run_id) is not None:
            # What its last session came to is not what it stands at.
            return RunLine(run=journal.run, counts=journal.counts(), retryable=0)
        ended = ended_of(journal)
        run = folder.as_it_stands(journal.run)
    again = sum(
        cause.rows
        for cause in ended.causes
        if cause.kind is CauseKind.FAILED and cause.remedy is Remedy.RUN_AGAIN
    )
    return RunLine(run=run, counts=ended.counts, retryable=again)


@value_type(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What is kept of a run, and goes with it or stays."""

    copies: tuple[str, ...]
    copied_bytes: int
    results: str | None
    """The folder of its results, which is the user's and stays."""
    unfinished: int
    """Contacts that wait for their tags, or what else follows: nothing else can finish them."""
    state: str = ""
    followed_by: tuple[str, ...] = ()


def holdings_of(folder: StateFolder, line: RunLine, *, results: str | None) -> Holdings:
    """Say what forgetting a run would take, and what not."""
    copies = [source for source in line.run.sources if source.path.is_file()]
    return Holdings(
        copies=tuple(source.name for source in copies),
        copied_bytes=sum(source.path.stat().st_size for source in copies),
        results=results,
        unfinished=folder.unfinished_rows(line.run.id),
        state=line.state,
        followed_by=successors_of(folder.run_folder(line.run.id)),
    )
