"""What was imported before: the run that the same command would repeat, and what has changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.errors import RunConflictError
from importer.journal import Run, RunState
from importer.sources import StagedSource

SAME_IMPORT_OPTIONS: Final = ("limit", "reading", "changed_only")
"""Options that make another import of the same sources; the rest (pace, output, ...) may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The newest run of the same sources, mapping, location and place; ``differences`` name what changed since."""

    run: Run
    differences: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        return self.run.state is RunState.FINISHED

    def conflict(self) -> RunConflictError:
        """Say what changed under a stopped run, and the two ways on."""
        return RunConflictError(
            f"Run {self.run.id} of the same source was stopped before its end, and since then "
            f"{' and '.join(self.differences)}. To go on with what it began, from its own copies: "
            f"importer resume {self.run.id} --from-copies. To start afresh: the same command with --fresh."
        )


def find_previous(candidate: Run, runs: Iterable[Run]) -> Previous | None:
    """Look, newest first, for a run that ``candidate`` would repeat.

    A finished run whose source or mapping changed since is no obstacle, and None; a stopped one is, and comes
    with the differences.
    """
    for run in runs:
        if run.id == candidate.id or not _related(run, candidate):
            continue
        differences = _differences(run, candidate)
        if differences and run.state is RunState.FINISHED:
            return None
        return Previous(run=run, differences=differences)
    return None


def changes_since(run: Run) -> tuple[str, ...]:
    """Tell what changed on the disk since a run took its copies; what is gone or elsewhere counts as unchanged."""
    changes = [
        f"{source.reference} has changed"
        for source in run.sources
        if (path := _local_path(source, run.working_folder)) is not None
        and path.is_file()
        and fingerprint_of(path) != source.fingerprint
    ]
    mapping = run.working_folder / run.mapping_path
    if mapping.is_file() and _mapping_changed(mapping, run):
        changes.append(f"the mapping {run.mapping_path} has changed")
    return tuple(changes)


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


def _related(run: Run, candidate: Run) -> bool:
    return (
        run.place == candidate.place
        and run.location_id == candidate.location_id
        and all(run.options.get(name) == candidate.options.get(name) for name in SAME_IMPORT_OPTIONS)
        and (_mapping_place(run) == _mapping_place(candidate) or _same_mapping(run, candidate))
        and (_same_bytes(run, candidate) or _same_references(run, candidate))
    )


def _differences(run: Run, candidate: Run) -> tuple[str, ...]:
    found = [
        f"{after.reference} has changed"
        for before, after in zip(run.sources, candidate.sources, strict=False)
        if before.fingerprint != after.fingerprint
    ]
    if not _same_mapping(run, candidate):
        found.append(f"the mapping {candidate.mapping_path} has changed")
    return tuple(found)


def _same_mapping(run: Run, candidate: Run) -> bool:
    return run.mapping_fingerprint == candidate.mapping_fingerprint


def _mapping_place(run: Run) -> Path:
    return run.working_folder / run.mapping_path


def _same_bytes(run: Run, candidate: Run) -> bool:
    return _fingerprints(run) == _fingerprints(candidate)


def _fingerprints(run: Run) -> list[str]:
    return [source.fingerprint for source in run.sources]


def _same_references(run: Run, candidate: Run) -> bool:
    before, after = _references(run), _references(candidate)
    # Standard input is another thing each time.
    return "-" not in before and before == after


def _references(run: Run) -> list[str]:
    return [
        str(path) if (path := _local_path(source, run.working_folder)) else source.reference
        for source in run.sources
    ]


def _local_path(source: StagedSource, working_folder: Path) -> Path | None:
    if source.reference == "-" or "://" in source.reference:
        return None
    return Path(working_folder, source.reference).absolute()
