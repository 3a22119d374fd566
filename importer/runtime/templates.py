"""Jinja's templates, compiled once: what becomes of them lies where Python keeps its own compiled modules.

Compiling the report took a fifteenth of a run of ten rows. Where the package's folder cannot be written to, or Python was told
to write no byte code, they are compiled each time as before.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from importlib.util import cache_from_source
from pathlib import Path
from typing import TypeAlias

import jinja2
from jinja2.bccache import Bucket

Templates: TypeAlias = jinja2.Environment


def templates_in(folder: Path) -> Templates:
    """Make what finds the templates of a folder; a name that a template is not given is a mistake, and no blank."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_BesideModules(),
    )


class _BesideModules(jinja2.BytecodeCache):
    """Keeps a template's byte code as Python keeps a module's."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Name the file: ``__pycache__/report.html.cpython-311.pyc`` beside the template."""
        return cache_from_source(filename or name)

    def get_source_checksum(self, source: str) -> str:
        """Tell what byte code was made of: the template, the options above, and this copy of Jinja."""
        makers = (Path(made).stat() for made in (__file__, str(jinja2.__file__)))
        made_of = (source, *((maker.st_size, maker.st_mtime_ns) for maker in makers))
        return hashlib.sha256(repr(made_of).encode()).hexdigest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is there; Jinja itself passes over what is damaged, of another source or of another Python."""
        with contextlib.suppress(OSError), Path(bucket.key).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write it whole or not at all: another run may be reading."""
        if sys.dont_write_bytecode:
            return
        place = Path(bucket.key)
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=place.parent, prefix=place.name)
            with os.fdopen(handle, "wb") as file:
                bucket.write_bytecode(file)
            Path(draft).replace(place)
