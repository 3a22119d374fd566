"""The embedded sandbox: started beside a run or a look, and furnished with what the mapping names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.highlevel.follow_ups import wanted_names
from importer.mapping import Mapping
from importer.settings import SANDBOX_LOCATION, Connection, Secret

_BURST: Final = 10_000
"""It is for trying out: a thousand rows a second instead of the vendor's ten."""


@asynccontextmanager
async def embedded_sandbox(
    connection: Connection, mapping: Mapping, location_ids: Iterable[str], *, kept: Path | None = None
) -> AsyncIterator[Connection]:
    """Start a sandbox with these locations, and give the connection to it; ``kept``: the file of its contacts."""
    from importer.sandbox import Sandbox, SandboxSettings

    sandbox = Sandbox(SandboxSettings(burst=_BURST, daily=0, db=kept))
    try:
        await sandbox.start()
    except OSError as cause:
        raise SettingsError(f"The embedded sandbox cannot start: {cause}.") from cause
    try:
        wanted = wanted_names(mapping.follow_ups)
        for location_id in tuple(location_ids) or (SANDBOX_LOCATION,):
            sandbox.furnish(location_id, custom_fields=mapping.needs.custom_field_names, **wanted)
        yield replace(connection, base_url=sandbox.base_url, token=Secret("pit-sandbox"))
    finally:
        await sandbox.stop()
