"""A disk that is full, without one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let this process write no file beyond so many bytes, as on a disk that is full then."""
    if sys.platform == "win32":
        pytest.skip("Windows knows no limit of a file's size")
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    compiles, sys.dont_write_bytecode = (
        sys.dont_write_bytecode,
        True,
    )  # a module kept cut off is worse than none
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = compiles
