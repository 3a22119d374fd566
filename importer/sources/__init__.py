"""Where a source comes from: a path, standard input or a URL, copied to a private file and fingerprinted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedSource:
    """A private copy of a source, so that a resume and the results read the very same bytes."""

    index: int
    reference: str
    """What the user named: a path, a URL or ``-``; credentials in a URL are masked."""
    name: str
    path: Path
    fingerprint: str
    """SHA-256 of the bytes, in hex."""
    size: int
