"""Files that rows name for custom fields: from the source's own folder, or from addresses that the mapping allows.

Cells are hostile: neither a path nor an address may lead anywhere else, and each is looked at where it is opened.
"""

from __future__ import annotations

import mimetypes
import os
import stat
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

from importer.records import Fault, FileContent, value_type
from importer.sources.attached import (
    UNREADABLE,
    AddressPolicy,
    attachment,
    not_allowed,
    refused_address,
    sized,
)


@value_type(frozen=True, slots=True)
class Attachments:
    """Where files may come from. ``folder``: None where the source has none; ``hosts``: names, with a port where it is not 443."""

    folder: Path | None
    hosts: frozenset[str] = frozenset()
    largest: int = 50 << 20
    accepts: tuple[str, ...] = ()
    policy: AddressPolicy = AddressPolicy()

    def look(self, reference: str) -> Fault | None:
        """Tell what is wrong with a reference as far as can be seen without a network."""
        if "://" in reference:
            return refused_address(reference, self.hosts)
        place = self._place(reference)
        return place if isinstance(place, Fault) else _look_at(place, reference, self.largest)

    def load(self, reference: str) -> FileContent | Fault:
        """Read a file whole, or say why it cannot be."""
        if (fault := self.look(reference)) is not None:
            return fault
        if "://" in reference:
            from importer.sources.downloads import (
                Download,  # brings http and ssl: a fiftieth of a small check
            )

            return Download(
                reference, hosts=self.hosts, largest=self.largest, accepts=self.accepts, policy=self.policy
            ).load()
        place = self._place(reference)
        return place if isinstance(place, Fault) else _read(place, reference, self.largest)

    def sum_up(self, reference: str) -> tuple[str, str] | Fault:
        """Give a file's name and the digest of what it holds, or say why it cannot be had."""
        read = self.load(reference)
        return read if isinstance(read, Fault) else (read.name, read.digest)

    def accepting(self, suffixes: tuple[str, ...]) -> Attachments:
        """Give the same for a field that takes files of these suffixes alone."""
        return replace(self, accepts=suffixes)

    def _place(self, reference: str) -> Path | Fault:
        """Find a path below the folder; what leads out of it, by whatever way, is refused."""
        parts = PurePosixPath(reference.replace("\\", "/")).parts
        absolute = reference.startswith(("/", "\\")) or bool(PureWindowsPath(reference).drive)
        if self.folder is None:
            return not_allowed(
                f"{reference!r} is a path, and the source has no folder of its own: name one with `files: folder`"
            )
        if absolute or ".." in parts or not parts or UNREADABLE.search(reference):
            return not_allowed(f"{reference!r} leads out of the folder {self.folder}")
        place = self.folder
        for part in parts:
            place = place / part
            if place.is_symlink():
                return not_allowed(f"{reference!r} is a link, or lies behind one")
        try:
            inside = place.resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError):
            inside = False
        return place if inside else not_allowed(f"{reference!r} leads out of the folder {self.folder}")


def _look_at(place: Path, reference: str, largest: int) -> Fault | None:
    try:
        found = place.lstat()
    except (OSError, ValueError) as cause:
        return _not_there(reference, cause)
    if not stat.S_ISREG(found.st_mode):
        return Fault(code="file_not_found", message=f"{reference!r} is no plain file")
    if not os.access(place, os.R_OK):
        return Fault(code="file_not_found", message=f"{reference!r} cannot be read: permission denied")
    return sized(reference, found.st_size, largest)


def _not_there(reference: str, cause: Exception) -> Fault:
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return Fault(code="file_not_found", message=f"{reference!r} cannot be read: {reason.lower()}")


def _read(place: Path, reference: str, largest: int) -> FileContent | Fault:
    """Read a file that was looked at; one that was put in its place since is not followed anywhere."""
    # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    flags = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
    try:
        handle = os.open(place, os.O_RDONLY | flags)
        with os.fdopen(handle, "rb") as file:
            same = os.path.samestat(os.fstat(file.fileno()), place.resolve().stat())
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) or not same:
                return Fault(code="file_not_found", message=f"{reference!r} is no plain file")
            content = file.read(largest + 1)
    except OSError as cause:
        return _not_there(reference, cause)
    fault = sized(reference, len(content), largest)
    return fault or attachment(place.name, content, mimetypes.guess_type(place.name)[0])
