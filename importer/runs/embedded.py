"""The embedded sandbox: started beside a run or a look, and furnished with what the mapping names."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.highlevel.follow_ups import wanted_names
from importer.mapping import Mapping
from importer.settings import SANDBOX_LOCATION, Connection, Secret
from importer.state.secrets import secrets_in

_STAGES: Final = ("New", "Won", "Lost")
_BURST: Final = 10_000
"""It is for trying out: a thousand rows a second instead of the vendor's ten."""
_UNTYPED: Final = (
    "The sandbox cannot know which custom fields hold files and keeps what their cells say as text: "
    "name them in the mapping, `files: {fields: [...]}`."
)


@asynccontextmanager
async def reachable(
    connection: Connection, mapping: Mapping, location_ids: Iterable[str], *, folder: Path, state: Path
) -> AsyncIterator[Connection]:
    """Give the connection as it is, or start the embedded sandbox of a run's folder and point it there."""
    if not connection.sandbox:
        yield replace(connection, grants=connection.grants or secrets_in(state))
        return
    kept = folder / "sandbox.db"  # so that a resumed try meets the same contacts
    os.close(os.open(kept, os.O_CREAT | os.O_RDWR, 0o600))  # it holds people's data as the journal does
    async with embedded_sandbox(connection, (mapping,), location_ids, kept=kept) as furnished:
        yield furnished


def untyped_files(mapping: Mapping, connection: Connection) -> tuple[str, ...]:
    """Say where the embedded sandbox cannot know which custom fields hold files: it would keep their names as texts."""
    if not connection.sandbox or not mapping.model.files.untyped:
        return ()
    return (_UNTYPED,)


def _pipelines_named(mapping: Mapping) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give the pipelines that a mapping names, with the stages that it names itself: those of cells nobody knows yet."""
    deal = mapping.model.opportunity
    if deal is None:
        return ()
    rule = deal.stage
    named = () if rule is None else (rule.value, rule.default, *(rule.map or {}).values())
    stages = tuple(dict.fromkeys(name for name in named if name))
    return tuple((name, stages or _STAGES) for name in deal.named_pipelines)


@asynccontextmanager
async def embedded_sandbox(
    connection: Connection,
    mappings: Sequence[Mapping],
    location_ids: Iterable[str],
    *,
    kept: Path | None = None,
) -> AsyncIterator[Connection]:
    """Start a sandbox with these locations and what the mappings name, and give the connection to it; ``kept``: the file of its contacts."""
    from importer.sandbox import Sandbox, SandboxSettings

    settings = SandboxSettings(burst=_BURST, daily=0, db=kept, allow_duplicate_opportunities=True)
    sandbox = Sandbox(settings)
    try:
        await sandbox.start()
    except OSError as cause:
        raise SettingsError(f"The embedded sandbox cannot start: {cause}.") from cause
    try:
        places = tuple(location_ids) or (SANDBOX_LOCATION,)
        for location_id, mapping in product(places, mappings):
            sandbox.furnish(
                location_id,
                file_fields=mapping.model.files.fields,
                custom_fields=mapping.needs.custom_field_names,
                deal_fields=()
                if mapping.model.opportunity is None
                else mapping.model.opportunity.custom_fields,
                pipelines=_pipelines_named(mapping),
                **wanted_names(mapping.follow_ups),
            )
        yield replace(connection, base_url=sandbox.base_url, token=Secret("pit-sandbox"))
    finally:
        await sandbox.stop()
