from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from importer.sandbox import Sandbox, SandboxSettings
from importer.state.postgres.address import Address
from tests.parts.cluster import Cluster


@pytest.fixture
async def cluster(tmp_path: Path, postgres: str) -> AsyncIterator[Cluster]:
    async with Sandbox(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        yield Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor)
