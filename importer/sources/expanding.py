"""From what a user names to the files that are meant: folders, patterns, plain paths, ``-`` and URLs."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from importer.errors import SourceError
from importer.sources.locations import scheme_of
from importer.sources.masking import is_url
from importer.sources.names import is_leftover, is_taken


def expand_sources(patterns: Sequence[str]) -> tuple[str, ...]:
    """Name the files meant, in order and each once; raise SourceError when one pattern means none."""
    return tuple(dict.fromkeys(found for pattern in patterns for found in _expanded(pattern)))


def _expanded(pattern: str) -> list[str]:
    if not pattern.strip():
        raise SourceError("A source is empty; as a path that would mean the working folder. Name a file.")
    try:
        return list(_expand(pattern))
    except OSError as cause:
        raise SourceError(
            f"{pattern} cannot be looked into: {(cause.strerror or str(cause)).lower()}. Allow this user to read it, "
            "and the folders it stands in."
        ) from None


def _expand(pattern: str) -> Iterator[str]:
    if pattern == "-" or is_url(pattern) or scheme_of(pattern):
        yield pattern
        return
    place = Path(pattern).expanduser()
    if not place.exists() and in_archive(place):
        yield str(place)
    elif place.is_dir():
        yield from _folder(place)
    elif place.exists() or not glob.has_magic(pattern):
        yield str(place)  # whoever opens it says what is wrong with it, and what is near
    else:
        yield from _glob(str(place), pattern)


def in_archive(path: Path) -> bool:
    """Tell a path such as ``exports.zip/june.csv``, which goes on behind a file."""
    return any(parent.is_file() for parent in path.parents)


def _folder(folder: Path) -> list[str]:
    found = sorted(str(place) for place in folder.iterdir() if place.is_file() and is_taken(place.name))
    if not found:
        raise SourceError(f"The folder {folder} holds no CSV or Excel file.")
    return found


def _glob(expanded: str, pattern: str) -> list[str]:
    found = sorted(name for name in glob.glob(expanded, recursive=True) if Path(name).is_file())  # noqa: PTH207  (absolute patterns, too)
    found = [name for name in found if not is_leftover(Path(name).name)]
    if not found:
        raise SourceError(f"No file matches {pattern}.")
    return found
