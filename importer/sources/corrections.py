"""The corrections of a run: which source each is for, and the private file beside its copy that keeps them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from importer.errors import SourceError
from importer.reading import corrections
from importer.reading.corrections import (
    Correction,
    Corrections,
    CorrectionsFile,
    keep_corrections,
    lines_of,
    read_corrections,
    refusal,
)
from importer.sources.copying import cannot_write, open_private

if TYPE_CHECKING:
    from importer.sources import StagedSource


def correct(staged: Sequence[StagedSource], path: Path | None) -> tuple[StagedSource, ...]:
    """Keep a file's corrections beside the copies of the sources that they are for, and in their fingerprints.

    Raises SourceError where a line is no correction, or it cannot be told which source it is for.
    """
    if path is None:
        return tuple(staged)
    found = corrections_by_source(path, staged)
    return tuple(_keep(each, found[each.index]) if each.index in found else each for each in staged)


def corrections_by_source(path: Path, staged: Sequence[StagedSource]) -> dict[int, Corrections]:
    """Read a file of corrections, and sort them by the index of their source. Raises SourceError."""
    file = read_corrections_file(path)
    found: dict[int, list[Correction]] = {}
    faults: list[tuple[int, str]] = []
    among = _named_by_content(file, staged)
    for each in file.corrections:
        indexes = [one.index for one in among if each.source in {None, one.name}]
        if len(indexes) == 1:
            found.setdefault(indexes[0], []).append(each)
        else:
            faults.append((each.line, _which(each, among)))
    if faults:
        raise refusal(file.name, faults)
    return {index: Corrections(file.name, some) for index, some in found.items()}


def read_corrections_file(path: Path) -> CorrectionsFile:
    """Read a file of corrections, whichever sources they are for. Raises SourceError."""
    try:
        with path.open("rb") as file:
            return read_corrections(lines_of(file), name=path.name)
    except OSError as cause:
        raise SourceError(f"The corrections {path} cannot be read: {cause.strerror or cause}.") from None


def kept_corrections(staged: StagedSource) -> Corrections | None:
    """Read the corrections that are kept beside a copy; None where there are none. Raises SourceError."""
    if staged.corrections_sha256 is None and not staged.corrections_path.is_file():
        return None
    with suppress(OSError, ValueError, TypeError), staged.corrections_path.open("rb") as file:
        kept = corrections.kept_corrections(file)
        if kept.fingerprint == staged.corrections_sha256:
            return kept
    raise SourceError(
        f"The corrections that the run keeps of {staged.name} ({staged.corrections_path}) are gone, or were changed. Import the "
        "source anew with --fresh."
    )


def _named_by_content(file: CorrectionsFile, staged: Sequence[StagedSource]) -> Sequence[StagedSource]:
    """Give the sources that a file of corrections may be for: that of its first line, or all."""
    wanted = file.source_sha256
    if wanted is None:
        return staged
    if named := [each for each in staged if each.content_sha256 == wanted]:
        return named[:1]
    names = ", ".join(each.name for each in staged)
    raise SourceError(
        f"The corrections {file.name} are for another file than {names}: its SHA-256 is {wanted[:12]}... by their first line. "
        "Name the file that they were made for, or take that line out where it is meant so. Nothing was sent."
    )


def _which(correction: Correction, staged: Sequence[StagedSource]) -> str:
    names = ", ".join(each.name for each in staged[:3])
    if correction.source is None:
        return f'{correction.place}: there are {len(staged)} sources; say which, as in "source": "{staged[0].name}"'
    same = sum(each.name == correction.source for each in staged)
    return f"{correction.place}: {'several sources have' if same else 'no source has'} that name ({names})"


def _keep(staged: StagedSource, laid: Corrections) -> StagedSource:
    path = staged.corrections_path
    try:
        with open_private(path) as file:
            file.writelines(keep_corrections(laid))
            file.flush()
            os.fsync(file.fileno())
    except OSError as cause:
        raise cannot_write(path, cause) from None
    return staged.laid(corrections=laid.fingerprint)
