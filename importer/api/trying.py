"""Trying a mapping out: a source opened once, and mappings changed without being written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingOf
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from importer import mapping as mappings
from importer.api import arguments as told
from importer.api.options import Given, ReadOptions, Reference, checked, options_of
from importer.api.wording import errors_in_parameters
from importer.mapping import Mapping

if TYPE_CHECKING:
    from importer.bench.asking import Bench
    from importer.yaml.document import Plain


@errors_in_parameters()
def change_mapping(
    mapping: Mapping | Reference, changes: MappingOf[str, Plain], *, unset: Iterable[str] = ()
) -> Mapping:
    """Set keys of a mapping (``{"fields.phone.region": "GB"}``) and take keys out; ``.text`` is its YAML, comments kept.

    Nothing is written, and the mapping given stays as it is. Raises MappingError.
    """
    from importer.mapping.editing import edited, path_of

    before = mapping if isinstance(mapping, Mapping) else mappings.load_mapping(mapping)
    set_to = [(path_of(key), value) for key, value in changes.items()]
    return edited(before.text, name=before.name, set_to=set_to, unset=map(path_of, unset))


@options_of(ReadOptions)
def open_bench(
    source: Reference,
    mapping: Mapping | None = None,
    *,
    corrections: Reference | None = None,
    **options: Unpack[ReadOptions],
) -> AbstractContextManager[Bench]:
    """Open a source once to ask it many times, in a ``with``: ``.suggestion()``, ``.values(column)``, ``.becomes(mapping, [7])``.

    ``mapping``: opens it as that mapping says of its source (its sheet, its header's row). ``corrections``: a file of them, laid
    over it. Raises SourceError.
    """
    laid = None if corrections is None else Path(corrections)
    return _opened_bench(os.fspath(source), mapping, laid, checked("open_bench", options, ReadOptions))


@contextmanager
def _opened_bench(
    source: str, mapping: Mapping | None, corrections: Path | None, given: Given
) -> Iterator[Bench]:
    from importer.bench.asking import open_bench

    opening = open_bench(source, mapping=mapping, corrections=corrections, options=told.reading(given))
    with errors_in_parameters(), opening as bench:
        yield bench
