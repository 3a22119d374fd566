"""The package as a library: read a file, load a mapping, run an import."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer import pipeline
from importer.errors import SettingsError
from importer.mapping import Mapping, load_mapping
from importer.reading import Source, open_source
from importer.runtime import environment
from importer.settings import Connection, RunSettings, Secret

if TYPE_CHECKING:
    from importer.results.summary import Summary

__all__ = ["load_mapping", "read", "run", "run_async"]

Reference = str | os.PathLike[str]


def read(source: Reference) -> Source:
    """Open a spreadsheet: ``.header``, ``.detected``, and rows by iteration. Raises SourceError."""
    return open_source(source)


async def run_async(
    source: Reference | Iterable[Reference],
    mapping: Mapping | Reference,
    *,
    token: str | None = None,
    location_id: str | None = None,
    base_url: str | None = None,
    sandbox: bool = False,
    state: Reference | None = None,
    **options: Any,
) -> Summary:
    """Import one or more sources and return the summary; ``options`` are further fields of RunSettings.

    Token, location and address default to the environment, as on the command line. A run that stopped before the
    end returns with ``state="stopped"`` and its reason; an ImporterError is raised only when nothing was sent.
    """
    sources = (source,) if isinstance(source, str | os.PathLike) else tuple(source)
    connection = Connection(
        base_url=environment.base_url(base_url),
        token=Secret(token) if token else environment.read_token(),
        tokens={} if token else environment.read_tokens(),
        location_id=location_id,
        sandbox=sandbox,
    )
    settings = RunSettings(
        sources=tuple(os.fspath(each) for each in sources),
        mapping=Path(mapping.name) if isinstance(mapping, Mapping) else Path(mapping),
        connection=connection,
        state=environment.state_folder(Path(state) if state is not None else None),
        **options,
    )
    return await pipeline.run(settings, mapping=mapping if isinstance(mapping, Mapping) else None)


def run(source: Reference | Iterable[Reference], mapping: Mapping | Reference, **options: Any) -> Summary:
    """Import as ``run_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise SettingsError(
            "An event loop is running here (a notebook, a web server): use `await importer.run_async(...)`."
        )
    return asyncio.run(run_async(source, mapping, **options))
