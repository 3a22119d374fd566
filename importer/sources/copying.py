"""A private copy: the bytes go through the hash on their way, into a file that only its owner can read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final, Self

from importer.errors import SettingsError, SourceError
from importer.reading.formats import suffix_of
from importer.records import value_type

CHUNK: Final = 1 << 20
_LONGEST_STEM: Final = 100
_HEAD: Final = 256


@value_type(frozen=True, slots=True, kw_only=True)
class Copy:
    """What became of one source: the copy, and the SHA-256 of its bytes."""

    name: str
    path: Path
    fingerprint: str
    size: int


def _plain(name: str) -> str:
    """Keep the name, since messages about the copy speak of the source; what a file system could trip over goes."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r'[\x00-\x1f<>:"|?*]', "_", last).strip(". ")
    suffixes = suffix_of(plain)
    stem = plain[: len(plain) - len(suffixes)]
    return (stem[:_LONGEST_STEM] or "source") + suffixes


class PrivateFile:
    """The file being written: hashed as it grows, gone again unless the block ends well."""

    def __init__(self, folder: Path, index: int, name: str) -> None:
        self.path = folder / f"{index:04d}" / _plain(name)
        self.name = name
        self.size = 0
        self.head = b""
        """The first bytes, to tell a web page from a file."""
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = open_private(self.path)
        except OSError as cause:
            raise cannot_write(self.path, cause) from None
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        assert self._file is not None  # noqa: S101  (entered before)
        try:
            if kind is None:
                # A resume after a power cut must not find a journal whose source is half there.
                self._file.flush()
                os.fsync(self._file.fileno())
        except OSError as cause:
            kind = cause
            raise cannot_write(self.path, cause) from None
        finally:
            with contextlib.suppress(OSError):
                self._file.close()
            if kind is not None:
                self.path.unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    self.path.parent.rmdir()

    def write(self, chunk: bytes) -> int:
        assert self._file is not None  # noqa: S101  (entered before)
        try:
            self._file.write(chunk)
        except OSError as cause:
            raise cannot_write(self.path, cause) from None
        if not self.size:
            self.head = bytes(chunk[:_HEAD])
        self._hash.update(chunk)
        self.size += len(chunk)
        return len(chunk)

    def restart(self) -> None:
        """Forget what came so far: the next bytes are the first again."""
        assert self._file is not None  # noqa: S101  (entered before)
        self._file.seek(0)
        self._file.truncate()
        self._hash = hashlib.sha256()
        self.size = 0

    def fill(self, chunks: Iterable[bytes]) -> None:
        for chunk in chunks:
            self.write(chunk)

    def sealed(self, shown: str) -> Copy:
        """Tell the hash and the size; SourceError when nothing came."""
        if not self.size:
            raise SourceError(
                f"{shown} is empty: there is not one byte in it. Export it again, with its header row."
            )
        return Copy(name=self.name, path=self.path, fingerprint=self._hash.hexdigest(), size=self.size)


def open_private(path: Path) -> BinaryIO:
    """Open a file for writing that nobody but its owner can read, also when it was there before."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o600)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")


def chunks_of(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def cannot_write(path: Path, cause: OSError) -> SettingsError:
    """Say why a private file of the state folder is not there."""
    reason = cause.strerror or type(cause).__name__
    return SettingsError(
        f"The private copy {path} cannot be written: {reason}. "
        "Make room or give another folder with --state (or IMPORTER_STATE)."
    )
