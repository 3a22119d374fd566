"""A sender that only looks: within what earlier runs left of the quota, leaving word of what it used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from importer.errors import StateError
from importer.runtime.clock import Clock
from importer.runtime.progress import SendingProgress
from importer.sending import Sender, SendingPolicy
from importer.sending.looking import LOOKING, NoRows
from importer.settings import Connection
from importer.state import StateFolder
from importer.state.secrets import secrets_in


@asynccontextmanager
async def open_looker(
    connection: Connection,
    state_path: Path,
    *,
    clock: Clock | None = None,
    policy: SendingPolicy = LOOKING,
    progress: SendingProgress | None = None,
) -> AsyncIterator[Sender]:
    """Open a sender to which no row comes. Raises SettingsError for an address that cannot be one."""
    journal = NoRows()
    state = StateFolder(state_path)
    connection = replace(connection, grants=connection.grants or secrets_in(state_path))
    async with Sender(
        connection=connection,
        journal=journal,
        policy=policy,
        clock=clock,
        quota_marks=state.quota_marks(connection.base_url),
        progress=progress,
    ) as sender:
        yield sender
    if not connection.sandbox:
        with suppress(StateError):  # a look needs no folder that can be written to
            state.remember_quota(connection.base_url, journal.marks)
