"""Locations as sources: read first where one is named, by runs and by what has no event loop, as checks and previews."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from importer.sources.locations import scheme_of

if TYPE_CHECKING:
    from importer.mapping import Mapping
    from importer.runs.context import RunContext
    from importer.settings import RunSettings


@contextlib.asynccontextmanager
async def located_sources(
    settings: RunSettings, mapping: Mapping, context: RunContext
) -> AsyncIterator[RunSettings]:
    """Read the locations that are named as sources, if any, as long as this is open. Raises SetupError."""
    if not any(map(scheme_of, settings.sources)):
        yield settings
        return
    # what reads locations takes long to import, and a file needs none of it
    from importer.runs.planning.fetching import fetched

    async with fetched(settings, context, mapping=mapping) as readable:
        yield readable


@contextlib.contextmanager
def located(settings: RunSettings, *, mapping: Mapping | None = None) -> Iterator[RunSettings]:
    """Read the locations that are named as sources, if any, as long as this is open. Raises SetupError as a run does."""
    if not any(map(scheme_of, settings.sources)):
        yield settings
        return
    import asyncio  # a look at a file has no loop

    from importer.runs.context import RunContext
    from importer.runs.planning.fetching import fetched

    opened = fetched(settings, RunContext(), mapping=mapping)
    with asyncio.Runner() as runner:
        ready = runner.run(opened.__aenter__())
        try:
            yield ready
        finally:
            runner.run(opened.__aexit__(None, None, None))
