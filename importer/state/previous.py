"""What was imported before: the run that the same command would repeat, and what has changed since."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from importer.errors import ImporterError, RunConflictError, StateError
from importer.records import value_type
from importer.state.journal import Identity, NeverBegunError, Run, RunState
from importer.state.journal.run import local_path

History: TypeAlias = Iterable[tuple[Identity, Callable[[], Run]]]
"""Past runs, newest first: what tells them apart, and the way to read one."""


@value_type(frozen=True, slots=True, kw_only=True)
class Previous:
    """The newest run of the same sources, mapping, location and place; ``differences`` name what changed since."""

    run: Run
    differences: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return self.run.state is RunState.FINISHED

    @property
    def _how_far(self) -> str:
        # Nobody holds a run over workers as a whole, so that one under way is met here, too.
        by_workers = self.run.state is RunState.RUNNING
        return "waits for its workers, or is under way there" if by_workers else "was stopped before its end"

    def conflict(self, resume: str) -> RunConflictError:
        """Say what changed under a stopped run, and the two ways on; ``resume``: the command that goes on with it."""
        return RunConflictError(
            f"Run {self.run.id} of the same source {self._how_far}, and since then "
            f"{' and '.join(self.differences)}. To go on with what it began, from its own copies: "
            f"{resume}. To start afresh: the same command with --fresh."
        )


def find_previous(candidate: Run, history: History) -> Previous | None:
    """Look, newest first, for a run that ``candidate`` would repeat.

    A finished run whose source or mapping changed since is no obstacle, and None; a stopped one is, and comes
    with the differences. Raises StateError when the journal of a run of the same bytes is damaged: it may have sent
    half of them.
    """
    wanted = Identity.of(candidate)
    for identity, read in history:
        if not _related(identity, wanted):
            continue
        try:
            run = read()
        except NeverBegunError:
            continue
        except StateError:
            if identity.fingerprints == wanted.fingerprints:
                raise
            continue
        if run.undone_at is not None:
            return None  # what it did is taken back: the same command begins anew
        differences = _differences(run, candidate)
        if differences and run.state is RunState.FINISHED:
            return None
        return Previous(run=run, differences=differences)
    return None


def find_last_of_mapping(place: str, mapping: Path, history: History) -> Run | None:
    """Look, newest first, for a run by a mapping file in a place, whatever its sources were."""
    for identity, read in history:
        if (identity.place, identity.mapping) == (place, str(mapping)):
            with contextlib.suppress(ImporterError):
                return read()
    return None


def changes_since(run: Run) -> tuple[str, ...]:
    """Tell what changed on the disk since a run took its copies; what is gone or elsewhere counts as unchanged."""
    changes = [
        f"{source.reference} has changed"
        for source in run.sources
        if (path := local_path(source.reference, run.working_folder)) is not None
        and path.is_file()
        and fingerprint_of(path) != source.content_sha256
    ]
    if _corrections_changed(run):
        changes.append("the corrections have changed")
    mapping = run.working_folder / run.mapping_path
    if mapping.is_file() and _mapping_changed(mapping, run):
        changes.append(f"the mapping {run.mapping_path} has changed")
    return tuple(changes)


def _corrections_changed(run: Run) -> bool:
    path = run.working_folder / str(run.options.get("corrections") or "")
    if not path.is_file():
        return False
    from importer.errors import SourceError
    from importer.sources.corrections import corrections_by_source

    try:
        found = corrections_by_source(path, run.sources)
    except SourceError:
        return True
    now = {index: corrections.fingerprint for index, corrections in found.items()}
    return any(now.get(source.index) != source.corrections_sha256 for source in run.sources)


def fingerprint_of(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _mapping_changed(path: Path, run: Run) -> bool:
    # Byte for byte first: reading a mapping costs an import of the YAML parser and all transforms.
    if path.read_bytes().decode("utf-8", errors="replace") == run.mapping_text:
        return False
    from importer.errors import MappingError
    from importer.mapping import load_mapping

    try:
        return load_mapping(path).fingerprint != run.mapping_fingerprint
    except MappingError:
        return True


def _related(one: Identity, other: Identity) -> bool:
    return (
        (one.place, one.location_id, one.options) == (other.place, other.location_id, other.options)
        and (one.mapping == other.mapping or one.mapping_fingerprint == other.mapping_fingerprint)
        and (one.fingerprints == other.fingerprints or _same_references(one, other))
        and one.rows == other.rows
    )


def _same_references(one: Identity, other: Identity) -> bool:
    # Standard input is another thing each time.
    return "-" not in one.references and one.references == other.references


def _differences(run: Run, candidate: Run) -> tuple[str, ...]:
    found = [
        f"{after.reference} has changed"
        for before, after in zip(run.sources, candidate.sources, strict=False)
        if before.content_sha256 != after.content_sha256
    ]
    if _corrections_of(run) != _corrections_of(candidate):
        found.append("the corrections have changed")
    if run.mapping_fingerprint != candidate.mapping_fingerprint:
        found.append(f"the mapping {candidate.mapping_path} has changed")
    return tuple(found)


def _corrections_of(run: Run) -> list[str | None]:
    return [source.corrections_sha256 for source in run.sources]
