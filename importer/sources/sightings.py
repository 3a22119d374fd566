"""Which files a pattern stands for right now, with what tells an old one from a new one."""

from __future__ import annotations

import glob
import stat
from pathlib import Path
from urllib.parse import urlsplit

from importer.errors import SourceError
from importer.records import value_type
from importer.sources.masking import is_url, masked
from importer.sources.names import is_leftover

_WILD = frozenset("*?[")


@value_type(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A file as it is listed; size and time are None where the place does not tell (a web address)."""

    reference: str
    name: str
    size: int | None = None
    modified_at: float | None = None


def look(pattern: str) -> tuple[Sighting, ...]:
    """List the files that a path, a pattern or a URL stands for, oldest first; none when there are none.

    Folders, hidden files and the names that programs give to half-written files are passed over.
    So are links: whoever may write to a watched folder could have us read, and send away, what only we may read.
    Raises SourceError when the place cannot be looked at, and for a link that is named itself.
    """
    found = _look_away(pattern) if is_url(pattern) else _look_here(pattern)
    wanted = (each for each in found if not is_leftover(each.name))
    return tuple(sorted(wanted, key=lambda each: (each.modified_at or 0.0, each.name)))


def _look_here(pattern: str) -> list[Sighting]:
    paths = [pattern] if Path(pattern).exists() else glob.glob(pattern, recursive=True)  # noqa: PTH207  (takes absolute patterns too)
    found = []
    for path in map(Path, paths):
        if _leads_away(path, pattern):
            continue
        try:
            facts = path.lstat()
        except FileNotFoundError:
            continue  # taken away between listing and looking
        except OSError as cause:
            raise SourceError(f"{path} cannot be looked at: {cause.strerror}.") from None
        if stat.S_ISREG(facts.st_mode):
            found.append(
                Sighting(reference=str(path), name=path.name, size=facts.st_size, modified_at=facts.st_mtime)
            )
    return found


def _leads_away(path: Path, pattern: str) -> bool:
    """Tell whether a file is a link, or lies behind one in a folder that the pattern did not name."""
    if path == Path(pattern):
        if path.is_symlink():
            raise SourceError(f"{path} is a symbolic link. Name the file that it stands for.")
        return False
    parts = Path(pattern).parts
    named = next((index for index, part in enumerate(parts) if _WILD & set(part)), len(parts))
    found = [path, *path.parents][: len(path.parts) - named]
    return any(each.is_symlink() for each in found)


def _look_away(pattern: str) -> list[Sighting]:
    scheme = urlsplit(pattern).scheme.lower()
    from importer.sources.cloud import SERVICES, list_objects
    from importer.sources.masking import name_in

    if scheme not in SERVICES:
        if _WILD & set(urlsplit(pattern).path):
            raise SourceError(
                f"{masked(pattern)}: the web has no folders to list; use {{date:...}} instead of *."
            )
        return [Sighting(reference=pattern, name=name_in(pattern))]
    return [
        Sighting(
            reference=entry.reference,
            name=name_in(entry.reference),
            size=entry.size,
            modified_at=entry.modified_at,
        )
        for entry in list_objects(pattern)
    ]
