"""A folder that others may write to: no link that they plant there leads us out of it, and nothing is written over.

Where the system has no handles of folders (Windows), paths do; links need a privilege there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import BinaryIO, Final, Self

_HANDLES: Final = {os.open, os.mkdir, os.link, os.unlink, os.rename, os.stat} <= os.supports_dir_fd
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_FOLDER: Final = _NO_LINK | getattr(os, "O_DIRECTORY", 0) | os.O_RDONLY
_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_HARD_LINKS: Final = frozenset({errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class DropFolder:
    """An open folder; what is done to its files is done to them by their names in it, wherever its path leads by now."""

    def __init__(self, path: Path, handle: int | None) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Open a folder that whoever set up the job has named."""
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)) if _HANDLES else None
        with _closing(handle):
            yield cls(path, handle)

    @contextlib.contextmanager
    def inside(self, folder: str) -> Iterator[Self]:
        """Open a folder beneath, making it where it is missing; OSError for one that is a link."""
        parts = PurePath(folder).parts
        with contextlib.ExitStack() as opened:
            here = self
            for part in parts:
                here = opened.enter_context(here._step(part))
            yield here

    @contextlib.contextmanager
    def _step(self, name: str) -> Iterator[Self]:
        path = self.path / name
        if self._handle is None:
            path.mkdir(exist_ok=True)
            yield type(self)(path, None)
            return
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=self._handle)
        handle = os.open(name, _FOLDER if name != os.pardir else os.O_RDONLY, dir_fd=self._handle)
        with _closing(handle):
            yield type(self)(path, handle)

    def has(self, name: str) -> bool:
        """Tell whether a name is taken, by a link that leads nowhere as well."""
        try:
            os.stat(self._at(name), dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str) -> BinaryIO:
        return os.fdopen(os.open(self._at(name), os.O_RDONLY | _NO_LINK | _BINARY, dir_fd=self._handle), "rb")

    @contextlib.contextmanager
    def written(self, name: str) -> Iterator[BinaryIO]:
        """Write a new file for its owner's eyes under a name that nobody can foresee; it has its own when it is whole."""
        draft = f".{secrets.token_hex(8)}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY
        try:
            with os.fdopen(os.open(self._at(draft), flags, 0o600, dir_fd=self._handle), "wb") as file:
                yield file
            self.move(draft, self, name)
        except BaseException:
            with contextlib.suppress(OSError):
                self.delete(draft)
            raise

    def move(self, name: str, target: DropFolder, new_name: str) -> None:
        """Give a file another place, never another file's; OSError (EXDEV) where that is another disk."""
        try:
            os.link(
                self._at(name),
                target._at(new_name),
                src_dir_fd=self._handle,
                dst_dir_fd=target._handle,
                follow_symlinks=False,
            )
        except OSError as refused:
            if refused.errno not in _NO_HARD_LINKS or target.has(new_name):
                raise
            os.rename(
                self._at(name), target._at(new_name), src_dir_fd=self._handle, dst_dir_fd=target._handle
            )
        else:
            self.delete(name)

    def delete(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self._handle)

    def _at(self, name: str) -> str:
        return name if self._handle is not None else str(self.path / name)


@contextlib.contextmanager
def _closing(handle: int | None) -> Iterator[None]:
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)
