from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from importer.sandbox import Sandbox, SandboxSettings
from tests.sending.runs import PLACE, AheadClock, Run, StartRun


@pytest.fixture
async def start() -> AsyncIterator[StartRun]:
    async with AsyncExitStack() as stack:

        async def start_run(**settings: Any) -> Run:
            settings.setdefault("burst", 1_000_000)
            settings.setdefault("daily", 0)
            clock = AheadClock()
            sandbox = await stack.enter_async_context(Sandbox(SandboxSettings(**settings), clock=clock))
            sandbox.furnish(PLACE, custom_fields=["Shirt Size"], workflows=["Welcome"])
            return Run(sandbox, clock)

        yield start_run
